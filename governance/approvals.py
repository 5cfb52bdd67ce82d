"""Who may approve, and which of the commands given count.

An approval counts for a role only when the person who gave it holds that role now, in the tool's own records, or
was the holder's delegate when it was given; nobody fills two approvals of one gate in two roles; a rejection
takes back what was approved before it; and when the facts that it rests on change, it has to be given again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from governance.condition_context import ConditionContext
from governance.effects import Effects
from governance.evidence import Command, Verb
from governance.facts import Unknown
from governance.fingerprint import FactGroup, fingerprint, readable_part
from governance.gates import ApprovalKind, ApprovalRule, Policy
from governance.measure import Committee, Measure, Person, Role
from governance.money import Money
from governance.rates import Rates
from governance.reporting_amounts import NO_RATES, ReportingAmount, ReportingCurrency
from governance.responsible import ADMINISTRATOR, Responsible, responsible
from governance.verdict import Approval, ConditionResult, Outcome
from governance.verdict import ApprovalState as State

APPROVAL_NAMES = {
    ApprovalKind.APPROVAL: "approval",
    ApprovalKind.SIZE_AND_TIMING: "confirmation of size and timing",
    ApprovalKind.ACTUAL_EFFECT: "confirmation of the actual effect",
}
CONFIRMATION_VERBS = frozenset({Verb.CONFIRM, Verb.WRITE_DOWN})


@dataclass(frozen=True, slots=True)
class ApprovalContext:
    """What approvals are evaluated with."""

    measure: Measure
    policy: Policy
    effects: Effects | None
    commands: tuple[Command, ...]
    since: datetime | None = None
    """Commands from before this moment no longer count."""
    rates: Rates = NO_RATES
    approver_ids: set[str] = field(default_factory=set)
    """Ids of the people who already fill an approval of this gate."""

    def counted_commands(self, verbs: Iterable[Verb], stage: str) -> list[Command]:
        wanted_verbs = frozenset(verbs)
        return [
            command
            for command in self.commands
            if command.verb in wanted_verbs
            and (command.stage == stage or command.verb in CONFIRMATION_VERBS)
            and command.accepted
            and (self.since is None or command.at > self.since)
        ]


def evaluate_approvals(stage: str, rules: Sequence[ApprovalRule], context: ApprovalContext) -> list[ConditionResult]:
    """One result per approval that the gate into ``stage`` asks for."""
    return [_evaluate(stage, rule, context) for rule in rules if is_required(rule, context)]


def is_required(rule: ApprovalRule, context: ApprovalContext) -> bool:
    """Some approvals are only asked for above a limit; an unknown plan asks for them as well."""
    if not rule.above_limit:
        return True
    limit = context.policy.thresholds.committee_limit
    if limit is None:
        return False
    plan = context.effects.plan if context.effects else None
    benefit = None if plan is None else ReportingCurrency(context.policy.currency, context.rates).benefit(plan)
    return not isinstance(benefit, ReportingAmount) or benefit.money.amount >= limit


def role_holder(measure: Measure, role: Role) -> Person | Committee | Unknown | None:
    return measure.committee if role is Role.STEERING_COMMITTEE else measure.roles.of(role)


def may_act_as(person: Person, role: Role, measure: Measure, commands: Iterable[Command], at: datetime) -> bool:
    """Whether the person holds the role, or is its holder's delegate on that day."""
    holder = role_holder(measure, role)
    if isinstance(holder, Committee):
        return holder.has_member(person)
    if not isinstance(holder, Person):
        return False
    return person.id == holder.id or any(
        command.verb is Verb.DELEGATE
        and command.accepted
        and command.person.id == holder.id
        and command.until is not None
        and command.at <= at
        and at.date() <= command.until
        and person.matches(command.delegate)
        for command in commands
    )


def current_write_down(context: ConditionContext) -> Command | None:
    """The controller's write-down that holds for the actuals of now."""
    return next(
        (
            command
            for command in reversed(context.commands)
            if command.verb is Verb.WRITE_DOWN
            and command.accepted
            and may_act_as(command.person, Role.CONTROLLER, context.measure, context.commands, command.at)
            and _is_current(command, context.measure)
        ),
        None,
    )


def _is_current(command: Command, measure: Measure) -> bool:
    given = command.ruling.fingerprints if command.ruling else {}
    return all(fingerprint(measure, FactGroup(name)) == text for name, text in given.items())


def _evaluate(stage: str, rule: ApprovalRule, context: ApprovalContext) -> ConditionResult:
    if rule.role is Role.STEERING_COMMITTEE:
        return _committee(stage, rule, context)
    holder = context.measure.roles.of(rule.role)
    name, label = APPROVAL_NAMES[rule.kind], context.policy.label(stage)
    result = _result_builder(stage, rule, f"{name} by the {rule.role.value}")
    who = (responsible(context.measure, rule.role),)
    if isinstance(holder, Unknown):
        return result(Outcome.UNKNOWN, "unknown", holder.reason, State.UNKNOWN, ADMINISTRATOR)
    if holder is None:
        reason = f"the {name} by the {rule.role.value} is missing, and nobody is named as {rule.role.value}"
        return result(Outcome.UNMET, "nobody named", reason, State.NOBODY, who)
    verbs = CONFIRMATION_VERBS if rule.kind is ApprovalKind.ACTUAL_EFFECT else {Verb.APPROVE}
    given = [
        command
        for command in context.counted_commands(verbs, stage)
        if may_act_as(command.person, rule.role, context.measure, context.commands, command.at)
    ]
    if not given and holder.active is False:
        reason = f"{holder.name} has to give the {name}, but that account is inactive: name another {rule.role.value}"
        return result(Outcome.UNMET, "inactive account", reason, State.INACTIVE, who)
    rejected = _newest(
        command
        for command in context.counted_commands({Verb.REJECT}, stage)
        if may_act_as(command.person, rule.role, context.measure, context.commands, command.at)
    )
    newest = _newest(given)
    if rejected is not None and (newest is None or newest.at <= rejected.at):
        reason = f"{rejected.person.name} rejected {label} on {rejected.at:%d %b %Y}: {rejected.text}"
        # Whoever rejected it has decided: the owner must change something before it is approved again.
        return result(Outcome.UNMET, "rejected", reason, State.REJECTED, (responsible(context.measure, Role.OWNER),))
    if newest is None:
        if holder.id in context.approver_ids:
            reason = f"{holder.name} has already approved in another role: the {name} needs a second person"
            return result(Outcome.UNMET, "same person", reason, State.SAME_PERSON, who)
        reason = f"{holder.name} has not yet given the {name}"
        return result(Outcome.UNMET, "not given", reason, State.NOT_GIVEN, who)
    if newest.person.id in context.approver_ids:
        reason = f"{newest.person.name} has already approved in another role: the {name} needs a second person"
        return result(Outcome.UNMET, "same person", reason, State.SAME_PERSON, who)
    expired_reason = _expired(newest, rule, context)
    if expired_reason:
        return result(Outcome.UNMET, "expired", expired_reason, State.EXPIRED, who)
    context.approver_ids.add(newest.person.id)
    instead = "" if newest.person.id == holder.id else f" for {holder.name}"
    when = f"given by {newest.person.name}{instead} on {newest.at:%d %b %Y}"
    return result(Outcome.MET, when, f"the {name} into {label} was {when}", State.GIVEN)


def _committee(stage: str, rule: ApprovalRule, context: ApprovalContext) -> ConditionResult:
    """As many members as the quorum asks for; of each member the newest command counts."""
    committee = context.measure.committee
    result = _result_builder(stage, rule, "decision of the steering committee")
    if isinstance(committee, Unknown):
        return result(Outcome.UNKNOWN, "unknown", committee.reason, State.UNKNOWN, ADMINISTRATOR)
    if committee is None:
        reason = "the steering committee has to decide, and the program names none"
        return result(Outcome.UNMET, "nobody named", reason, State.NOBODY, ADMINISTRATOR)
    newest: dict[str, Command] = {}
    for command in context.counted_commands({Verb.APPROVE, Verb.REJECT}, stage):
        if committee.has_member(command.person) and command.person.id not in context.approver_ids:
            newest[command.person.id] = command
    against = next((command for command in newest.values() if command.verb is Verb.REJECT), None)
    who = (responsible(context.measure, rule.role),)
    if against is not None:
        reason = f"{against.person.name} of the steering committee rejected it: {against.text}"
        return result(Outcome.UNMET, "rejected", reason, State.REJECTED, who)
    valid = [command for command in newest.values() if not _expired(command, rule, context)]
    if len(valid) < committee.quorum:
        expired = len(newest) - len(valid)
        stale = f", and {expired} were given for other figures" if expired else ""
        reason = f"{len(valid)} of {committee.quorum} members of {committee.name} have approved{stale}"
        return result(Outcome.UNMET, f"{len(valid)} of {committee.quorum}", reason, State.QUORUM, who)
    names = ", ".join(sorted(command.person.name for command in valid))
    return result(Outcome.MET, f"approved by {names}", f"{committee.name} has decided: {names}", State.GIVEN)


def _expired(command: Command, rule: ApprovalRule, context: ApprovalContext) -> str:
    """Why an approval is no longer valid; empty when it is."""
    given = command.ruling.fingerprints if command.ruling else {}
    for group in rule.depends_on:
        now = fingerprint(context.measure, group)
        then = given.get(group.value, now)
        if then != now:
            was, is_ = readable_part(then), readable_part(now)
            change = f"{was} then, {is_} now" if was != is_ else f"{is_}, but in other parts"
            return (
                f"{command.person.name} gave the {APPROVAL_NAMES[rule.kind]} for another {group.label} "
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


def _newest(commands: Iterable[Command]) -> Command | None:
    return max(commands, key=lambda command: command.at, default=None)


class _ResultBuilder(Protocol):
    def __call__(
        self, outcome: Outcome, actual: str, reason: str, state: State, who: tuple[Responsible, ...] = (), /
    ) -> ConditionResult: ...


def _result_builder(stage: str, rule: ApprovalRule, expected: str) -> _ResultBuilder:
    def make(
        outcome: Outcome, actual: str, reason: str, state: State, who: tuple[Responsible, ...] = ()
    ) -> ConditionResult:
        approval = Approval(rule.kind, state)
        return ConditionResult(stage, rule.code, rule.role.value, outcome, expected, actual, reason, who, approval)

    return make
