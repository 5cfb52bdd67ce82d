"""Approvals from comments: the author is the one whom the tool has authenticated."""

from __future__ import annotations

from collections.abc import Sequence

from governance.commands import Approve, Confirm, parse_commands
from governance.evidence import Approval, Decision
from governance.gates import ApprovalKind, Policy
from mapping.work_item import Comment


def approvals_in(comments: Sequence[Comment], policy: Policy) -> tuple[Approval, ...]:
    """Every well-formed command; whether its author may give it is for the domain to say."""
    found = []
    for comment in comments:
        if "/" not in comment.text:
            continue
        for command in parse_commands(comment.text, policy):
            source = f"comment {comment.id}"
            match command:
                case Approve(stage=stage):
                    found.append(Approval(Decision.APPROVE, stage, comment.author, comment.at, source))
                case Confirm(amount=amount, month=month):
                    stage = _confirmed_stage(policy)
                    found.append(Approval(Decision.CONFIRM, stage, comment.author, comment.at, source, amount, month))
    return tuple(found)


def _confirmed_stage(policy: Policy) -> str:
    """The stage whose gate asks for the confirmation of the actual effect."""
    for gate in policy.gates:
        if any(rule.kind is ApprovalKind.ACTUAL_EFFECT for rule in gate.approvals):
            return gate.into
    return policy.stages[-1].key
