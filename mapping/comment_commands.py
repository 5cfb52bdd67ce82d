"""Commands from comments: the author is the one whom the tool has authenticated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from governance.command_grammar import ParsedCommand, parse_commands
from governance.evidence import Command, CommandOrigin, CommandSource
from governance.gates import Policy
from mapping.neutral_text import neutral
from mapping.work_item import Approval, ApprovalDecision, Comment, CommentEdit

RESTRICTED = "in a comment that not everybody may read"
"""Stands for the text of a restricted comment, which is repeated nowhere."""


def commands_in(comments: Iterable[Comment], policy: Policy) -> tuple[Command, ...]:
    """Every command, well formed or not; whether its author may give it is decided by the domain."""
    return tuple(
        as_command(comment, number, command)
        for comment in comments
        if "/" in comment.text
        for number, command in enumerate(parse_commands(comment.text, policy), 1)
    )


def approvals_as_comments(approvals: Iterable[Approval], stage: str) -> tuple[Comment, ...]:
    """The tool's own approvals as the commands that their approvers would have given.

    The domain decides whether the approvers may give them.  An approval that is open again gives no command, and so
    withdraws the one that it gave, whoever opened it: that shuts a gate and never opens one.  A decision that somebody
    other than the approver and their delegates has set is nobody's word.
    """
    commands = {
        ApprovalDecision.APPROVED: f"/approve {stage}",
        ApprovalDecision.REJECTED: f"/reject {stage} rejected in the tool",
        ApprovalDecision.OPEN: "",
    }
    return tuple(
        Comment(
            approval.id,
            approval.person,
            approval.at,
            commands[approval.decision],
            CommandOrigin.APPROVAL,
            edit=None
            if approval.is_own or approval.decision is ApprovalDecision.OPEN
            else CommentEdit(approval.at, approval.set_by),
            set_by=None if approval.set_by is None or approval.set_by.id == approval.person.id else approval.set_by,
        )
        for approval in approvals
    )


def as_command(comment: Comment, number: int, command: ParsedCommand) -> Command:
    """People's own text is made neutral here, once: it is repeated in replies, fields, mails and chats."""
    text, problem = neutral(command.text), neutral(command.problem)
    if comment.restricted:
        text = RESTRICTED if text else ""
        problem = "it cannot be read as a command" if problem else ""
    return Command(
        verb=command.verb,
        person=replace(comment.author, name=neutral(comment.author.name)),
        at=comment.given_at,
        source=CommandSource(comment.origin, comment.id, number),
        stage=command.stage,
        amount=command.amount,
        month=command.month,
        first_month=command.first_month,
        pl_line=command.pl_line,
        text=text,
        problem=problem,
        usage=command.usage,
        delegate=command.delegate,
        until=command.until,
        set_by=replace(comment.set_by, name=neutral(comment.set_by.name)) if comment.set_by is not None else None,
    )
