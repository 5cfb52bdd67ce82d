"""Who may approve, and which of the statements given count.

An approval counts for a role only when the person who gave it holds that role now, in the tool's own records, or
was the holder's delegate when it was given; nobody fills two approvals of one gate in two roles; a rejection
takes back what was approved before it; and when the facts that it rests on change, it has to be given again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from governance.condition_context import Context
from governance.effects import Effects
from governance.evidence import Statement, Verb
from governance.facts import Unknown
from governance.fingerprint import Basis, readable, stamp
from governance.gates import ApprovalKind, ApprovalRule, Policy
from governance.measure import Committee, Measure, Person, Role
from governance.money import Money
from governance.responsible import ADMINISTRATOR, Responsible, responsible
from governance.verdict import Approval, ConditionResult, Outcome
from governance.verdict import ApprovalState as State

WORDS = {
    ApprovalKind.APPROVAL: "approval",
    ApprovalKind.SIZE_AND_TIMING: "confirmation of size and timing",
    ApprovalKind.ACTUAL_EFFECT: "confirmation of the actual effect",
}
CONFIRMING = frozenset({Verb.CONFIRM, Verb.WRITE_DOWN})


@dataclass(frozen=True, slots=True)
class Hearing:
    """What is there to judge approvals by."""

    measure: Measure
    policy: Policy
    effects: Effects | None
    statements: tuple[Statement, ...]
    since: datetime | None = None
    """Statements from before this moment no longer count."""
    used: set[str] = field(default_factory=set)
    """Ids of the people who already fill an approval of this gate."""

    def counting(self, verbs: Iterable[Verb], stage: str) -> list[Statement]:
        wanted = frozenset(verbs)
        return [
            one
            for one in self.statements
            if one.verb in wanted
            and (one.stage == stage or one.verb in CONFIRMING)
            and one.accepted
            and (self.since is None or one.at > self.since)
        ]


def judge_approvals(stage: str, rules: Sequence[ApprovalRule], hearing: Hearing) -> list[ConditionResult]:
    """One result per approval that the gate into ``stage`` asks for."""
    return [_judge(stage, rule, hearing) for rule in rules if is_asked(rule, hearing)]


def is_asked(rule: ApprovalRule, hearing: Hearing) -> bool:
    """Some approvals are only asked for above a limit; an unknown plan asks for them as well."""
    if not rule.above_limit:
        return True
    limit = hearing.policy.thresholds.committee_limit
    if limit is None:
        return False
    plan = hearing.effects.plan if hearing.effects else None
    return plan is None or plan.total_benefit() >= limit


def holders(measure: Measure, role: Role) -> Person | Committee | Unknown | None:
    return measure.committee if role is Role.STEERING_COMMITTEE else measure.roles.of(role)


def may_speak_for(person: Person, role: Role, measure: Measure, statements: Iterable[Statement], at: datetime) -> bool:
    """Whether the person holds the role, or is its holder's delegate on that day."""
    holder = holders(measure, role)
    if isinstance(holder, Committee):
        return holder.has(person)
    if not isinstance(holder, Person):
        return False
    return person.id == holder.id or any(
        one.verb is Verb.DELEGATE
        and one.accepted
        and one.person.id == holder.id
        and one.until is not None
        and one.at <= at
        and at.date() <= one.until
        and person.is_called(one.delegate)
        for one in statements
    )


def write_down(context: Context) -> Statement | None:
    """The controller's write-down that holds for the actuals of now."""
    return next(
        (
            one
            for one in reversed(context.statements)
            if one.verb is Verb.WRITE_DOWN
            and one.accepted
            and may_speak_for(one.person, Role.CONTROLLER, context.measure, context.statements, one.at)
            and _holds(one, context.measure)
        ),
        None,
    )


def _holds(statement: Statement, measure: Measure) -> bool:
    given = statement.ruling.stamps if statement.ruling else {}
    return all(stamp(measure, Basis(name)) == text for name, text in given.items())


def _judge(stage: str, rule: ApprovalRule, hearing: Hearing) -> ConditionResult:
    if rule.role is Role.STEERING_COMMITTEE:
        return _committee(stage, rule, hearing)
    holder = hearing.measure.roles.of(rule.role)
    word, label = WORDS[rule.kind], hearing.policy.label(stage)
    result = _maker(stage, rule, f"{word} by the {rule.role.value}")
    who = (responsible(hearing.measure, rule.role),)
    if isinstance(holder, Unknown):
        return result(Outcome.UNKNOWN, "unknown", holder.reason, State.UNKNOWN, ADMINISTRATOR)
    if holder is None:
        reason = f"the {word} by the {rule.role.value} is missing, and nobody is named as {rule.role.value}"
        return result(Outcome.UNMET, "nobody named", reason, State.NOBODY, who)
    verbs = CONFIRMING if rule.kind is ApprovalKind.ACTUAL_EFFECT else {Verb.APPROVE}
    given = [
        one
        for one in hearing.counting(verbs, stage)
        if may_speak_for(one.person, rule.role, hearing.measure, hearing.statements, one.at)
    ]
    if not given and holder.active is False:
        reason = f"{holder.name} has to give the {word}, but that account is inactive: name another {rule.role.value}"
        return result(Outcome.UNMET, "inactive account", reason, State.INACTIVE, who)
    rejected = _newest(
        one
        for one in hearing.counting({Verb.REJECT}, stage)
        if may_speak_for(one.person, rule.role, hearing.measure, hearing.statements, one.at)
    )
    newest = _newest(given)
    if rejected is not None and (newest is None or newest.at <= rejected.at):
        reason = f"{rejected.person.name} rejected {label} on {rejected.at:%d %b %Y}: {rejected.text}"
        # Whoever rejected it has spoken: the owner answers, and then it is approved again.
        return result(Outcome.UNMET, "rejected", reason, State.REJECTED, (responsible(hearing.measure, Role.OWNER),))
    if newest is None:
        if holder.id in hearing.used:
            reason = f"{holder.name} has already approved in another role: the {word} needs a second person"
            return result(Outcome.UNMET, "same person", reason, State.SAME_PERSON, who)
        reason = f"{holder.name} has not yet given the {word}"
        return result(Outcome.UNMET, "not given", reason, State.NOT_GIVEN, who)
    if newest.person.id in hearing.used:
        reason = f"{newest.person.name} has already approved in another role: the {word} needs a second person"
        return result(Outcome.UNMET, "same person", reason, State.SAME_PERSON, who)
    gone = _expired(newest, rule, hearing)
    if gone:
        return result(Outcome.UNMET, "expired", gone, State.EXPIRED, who)
    hearing.used.add(newest.person.id)
    instead = "" if newest.person.id == holder.id else f" for {holder.name}"
    when = f"given by {newest.person.name}{instead} on {newest.at:%d %b %Y}"
    return result(Outcome.MET, when, f"the {word} into {label} was {when}", State.GIVEN)


def _committee(stage: str, rule: ApprovalRule, hearing: Hearing) -> ConditionResult:
    """As many members as the quorum asks for, each heard once, by their newest word."""
    committee = hearing.measure.committee
    result = _maker(stage, rule, "decision of the steering committee")
    if isinstance(committee, Unknown):
        return result(Outcome.UNKNOWN, "unknown", committee.reason, State.UNKNOWN, ADMINISTRATOR)
    if committee is None:
        reason = "the steering committee has to decide, and the program names none"
        return result(Outcome.UNMET, "nobody named", reason, State.NOBODY, ADMINISTRATOR)
    newest: dict[str, Statement] = {}
    for one in hearing.counting({Verb.APPROVE, Verb.REJECT}, stage):
        if committee.has(one.person) and one.person.id not in hearing.used:
            newest[one.person.id] = one
    against = next((one for one in newest.values() if one.verb is Verb.REJECT), None)
    who = (responsible(hearing.measure, rule.role),)
    if against is not None:
        reason = f"{against.person.name} of the steering committee rejected it: {against.text}"
        return result(Outcome.UNMET, "rejected", reason, State.REJECTED, who)
    standing = [one for one in newest.values() if not _expired(one, rule, hearing)]
    if len(standing) < committee.quorum:
        expired = len(newest) - len(standing)
        stale = f", and {expired} were given for other figures" if expired else ""
        reason = f"{len(standing)} of {committee.quorum} members of {committee.name} have approved{stale}"
        return result(Outcome.UNMET, f"{len(standing)} of {committee.quorum}", reason, State.QUORUM, who)
    names = ", ".join(sorted(one.person.name for one in standing))
    return result(Outcome.MET, f"approved by {names}", f"{committee.name} has decided: {names}", State.GIVEN)


def _expired(statement: Statement, rule: ApprovalRule, hearing: Hearing) -> str:
    """Why a statement no longer holds; empty when it does."""
    given = statement.ruling.stamps if statement.ruling else {}
    for basis in rule.rests_on:
        now = stamp(hearing.measure, basis)
        then = given.get(basis.value, now)
        if then != now:
            was, is_ = readable(then), readable(now)
            change = f"{was} then, {is_} now" if was != is_ else f"{is_}, but in other parts"
            return (
                f"{statement.person.name} gave the {WORDS[rule.kind]} for another {basis.noun} "
                f"({change}): it has to be given again"
            )
    return ""


def mismatch(amount: Money | None, effects: Effects | None) -> str:
    """What is wrong with a confirmed amount; empty when it is what is booked."""
    actual = effects.actual if effects else None
    if actual is None:
        return "no actuals are booked" if amount is None or amount.amount else ""
    booked = Money(actual.total_net(), actual.currency)
    return "" if amount == booked else f"{booked} is booked until {actual.last}"


def _newest(statements: Iterable[Statement]) -> Statement | None:
    return max(statements, key=lambda one: one.at, default=None)


class _Maker(Protocol):
    def __call__(
        self, outcome: Outcome, actual: str, reason: str, state: State, who: tuple[Responsible, ...] = (), /
    ) -> ConditionResult: ...


def _maker(stage: str, rule: ApprovalRule, expected: str) -> _Maker:
    def make(
        outcome: Outcome, actual: str, reason: str, state: State, who: tuple[Responsible, ...] = ()
    ) -> ConditionResult:
        approval = Approval(rule.kind, state)
        return ConditionResult(stage, rule.code, rule.role.value, outcome, expected, actual, reason, who, approval)

    return make
