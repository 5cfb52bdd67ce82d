"""Who may approve, and which of the statements given count.

An approval counts for a role only when the person who gave it holds that role now, in the tool's own
records, and nobody fills two approvals of one gate in two roles.
"""

from __future__ import annotations

from collections.abc import Sequence

from governance.effects import Effects
from governance.evidence import Approval, Decision
from governance.facts import Unknown
from governance.gates import ApprovalKind, ApprovalRule, Policy
from governance.measure import Person, Roles
from governance.money import Money
from governance.verdict import ConditionResult, Outcome

_WORDS = {
    ApprovalKind.APPROVAL: "approval",
    ApprovalKind.SIZE_AND_TIMING: "confirmation of size and timing",
    ApprovalKind.ACTUAL_EFFECT: "confirmation of the actual effect",
}


def judge_approvals(
    stage: str,
    rules: Sequence[ApprovalRule],
    roles: Roles,
    given: Sequence[Approval],
    effects: Effects | None,
    policy: Policy,
) -> list[ConditionResult]:
    """One result per approval that the gate into ``stage`` asks for."""
    used: set[str] = set()
    results = []
    for rule in rules:
        result, person = _judge(stage, rule, roles, given, effects, policy, used)
        if person is not None:
            used.add(person.id)
        results.append(result)
    return results


def _judge(
    stage: str,
    rule: ApprovalRule,
    roles: Roles,
    given: Sequence[Approval],
    effects: Effects | None,
    policy: Policy,
    used: set[str],
) -> tuple[ConditionResult, Person | None]:
    holder = roles.of(rule.role)
    word, label = _WORDS[rule.kind], policy.label(stage)

    def result(outcome: Outcome, actual: str, reason: str, who: str) -> ConditionResult:
        expected = f"{word} by the {rule.role.value}"
        return ConditionResult(stage, rule.code, rule.role.value, outcome, expected, actual, reason, who)

    if isinstance(holder, Unknown):
        return result(Outcome.UNKNOWN, "unknown", holder.reason, "administrator"), None
    if holder is None:
        reason = f"the {word} by the {rule.role.value} is missing, and nobody is named as {rule.role.value}"
        return result(Outcome.UNMET, "nobody named", reason, f"{rule.role.value} (nobody named)"), None
    who = f"{rule.role.value} {holder.name}"
    if holder.active is False:
        reason = f"{holder.name} has to give the {word}, but that account is inactive: name another {rule.role.value}"
        return result(Outcome.UNMET, "inactive account", reason, who), None
    if holder.id in used:
        reason = f"{holder.name} has already approved in another role: the {word} needs a second person"
        return result(Outcome.UNMET, "same person", reason, who), None
    wanted = Decision.CONFIRM if rule.kind is ApprovalKind.ACTUAL_EFFECT else Decision.APPROVE
    statements = [a for a in given if a.person.id == holder.id and a.stage == stage and a.decision is wanted]
    if not statements:
        return result(Outcome.UNMET, "not given", f"{holder.name} has not yet given the {word}", who), None
    newest = max(statements, key=lambda approval: approval.at)
    if rule.kind is ApprovalKind.ACTUAL_EFFECT:
        mismatch = _mismatch(newest, effects)
        if mismatch:
            return result(Outcome.UNMET, mismatch, mismatch, who), None
    when = f"given by {holder.name} on {newest.at:%d %b %Y}"
    return result(Outcome.MET, when, f"the {word} into {label} was {when}", who), holder


def _mismatch(confirmation: Approval, effects: Effects | None) -> str | None:
    """What is wrong with a confirmation of the actual effect; ``None`` when it holds."""
    actual = effects.actual if effects else None
    if actual is None:
        return "an actual effect was confirmed, but no actuals are booked"
    booked = Money(actual.total_net(), actual.currency)
    if confirmation.amount is None or confirmation.amount != booked:
        return f"{confirmation.amount} was confirmed, but {booked} is booked: the controller has to confirm again"
    if confirmation.month is not None and confirmation.month < actual.last:
        return f"the confirmation reaches to {confirmation.month}, the actuals to {actual.last}"
    return None
