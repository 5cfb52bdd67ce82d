"""Statements from comments: the author is the one whom the tool has authenticated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from governance.command_grammar import Command, parse_commands
from governance.evidence import CommandOrigin, CommandSource, Statement
from governance.gates import Policy
from mapping.work_item import Approval, ApprovalDecision, Comment


def statements_in(comments: Iterable[Comment], policy: Policy) -> tuple[Statement, ...]:
    """Every command, well formed or not; whether its author may give it is for the domain to say."""
    return tuple(
        _statement(comment, number, command)
        for comment in comments
        if "/" in comment.text
        for number, command in enumerate(parse_commands(comment.text, policy), 1)
    )


def words_of(approvals: Iterable[Approval], stage: str) -> tuple[Comment, ...]:
    """The tool's own approvals as what their approvers would have said; whether they may is for the domain to say.

    One that is open again says nothing, and so takes back what it said.
    """
    commands = {
        ApprovalDecision.APPROVED: f"/approve {stage}",
        ApprovalDecision.REJECTED: f"/reject {stage} rejected in the tool",
        ApprovalDecision.OPEN: "",
    }
    return tuple(
        Comment(one.id, one.person, one.at, commands[one.decision], CommandOrigin.APPROVAL) for one in approvals
    )


def _statement(comment: Comment, number: int, command: Command) -> Statement:
    return Statement(
        verb=command.verb,
        person=comment.author,
        at=comment.at,
        source=CommandSource(comment.origin, comment.id, number),
        stage=command.stage,
        amount=command.amount,
        month=command.month,
        text=command.text,
        problem=command.problem,
        usage=command.usage,
        delegate=command.delegate,
        until=command.until,
    )


def merge(comments: Sequence[Comment], found: Sequence[Statement], kept: Sequence[Statement]) -> tuple[Statement, ...]:
    """What was heard before, with its ruling, and what is new.

    What was said stays said when its comment is deleted, or is no longer among those that the tool returns; who
    changes the text of a comment has said something else instead.
    """
    shown = {(comment.origin, comment.id) for comment in comments}
    now: Mapping[CommandSource, Statement] = {one.source: one for one in found}
    merged = [
        one
        for one in kept
        if (one.source.origin, one.source.id) not in shown or (one.source in now and _same(one, now[one.source]))
    ]
    heard = {one.source for one in merged}
    return (*merged, *(one for one in found if one.source not in heard))


def _same(one: Statement, other: Statement) -> bool:
    """Whether two readings of one source say the same; the moment is not looked at."""
    return (
        one.verb is other.verb
        and one.person.id == other.person.id
        and (one.stage, one.amount, one.month, one.text, one.delegate, one.until)
        == (other.stage, other.amount, other.month, other.text, other.delegate, other.until)
    )
