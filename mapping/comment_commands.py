"""Commands from comments: the author is the one whom the tool has authenticated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from governance.command_grammar import ParsedCommand, parse_commands
from governance.evidence import Command, CommandOrigin, CommandSource
from governance.gates import Policy
from mapping.work_item import Approval, ApprovalDecision, Comment


def commands_in(comments: Iterable[Comment], policy: Policy) -> tuple[Command, ...]:
    """Every command, well formed or not; whether its author may give it is decided by the domain."""
    return tuple(
        _command(comment, number, command)
        for comment in comments
        if "/" in comment.text
        for number, command in enumerate(parse_commands(comment.text, policy), 1)
    )


def approvals_as_comments(approvals: Iterable[Approval], stage: str) -> tuple[Comment, ...]:
    """The tool's own approvals as the commands that their approvers would have given.

    The domain decides whether the approvers may give them.  An approval that is open again gives no command, and so
    withdraws the one that it gave.
    """
    commands = {
        ApprovalDecision.APPROVED: f"/approve {stage}",
        ApprovalDecision.REJECTED: f"/reject {stage} rejected in the tool",
        ApprovalDecision.OPEN: "",
    }
    return tuple(
        Comment(approval.id, approval.person, approval.at, commands[approval.decision], CommandOrigin.APPROVAL)
        for approval in approvals
    )


def _command(comment: Comment, number: int, command: ParsedCommand) -> Command:
    return Command(
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


def merge_commands(
    comments: Sequence[Comment], present: Sequence[Command], stored: Sequence[Command]
) -> tuple[Command, ...]:
    """The commands that were ruled on before, with their rulings, and the new ones.

    A command stays given when its comment is deleted, or is no longer among those that the tool returns; whoever
    changes the text of a comment withdraws its commands and gives others instead.
    """
    present_comments = {(comment.origin, comment.id) for comment in comments}
    now: Mapping[CommandSource, Command] = {command.source: command for command in present}
    merged = [
        command
        for command in stored
        if (command.source.origin, command.source.id) not in present_comments
        or (command.source in now and _same_content(command, now[command.source]))
    ]
    merged_sources = {command.source for command in merged}
    return (*merged, *(command for command in present if command.source not in merged_sources))


def _same_content(command: Command, other: Command) -> bool:
    """Whether two readings of one source have the same content; the moment is not compared."""
    return (
        command.verb is other.verb
        and command.person.id == other.person.id
        and (command.stage, command.amount, command.month, command.text, command.delegate, command.until)
        == (other.stage, other.amount, other.month, other.text, other.delegate, other.until)
    )
