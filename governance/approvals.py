"""Who may approve, and which of the commands given count.

An approval counts for a role only when the person who gave it holds that role now, in the tool's own records and by
a change that was accepted, or was the holder's delegate when it was given; nobody fills two approvals of one gate in
two roles, whatever account they use; a rejection takes back what was approved before it; and when the facts that it
rests on change, it has to be given again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from governance.altered_commands import overwritten_after
from governance.condition_context import ConditionContext
from governance.effects import ZERO, EffectLine, Effects, Series, sum_up
from governance.evidence import Command, Verb
from governance.facts import Unknown
from governance.fingerprint import FactGroup, fingerprint, readable_part
from governance.gates import ApprovalKind, ApprovalRule, Policy
from governance.latest_estimate import COSTS, SPEND, months_text
from governance.locked_plan import LockedPlan
from governance.measure import Committee, Measure, Person, Role
from governance.money import CurrencyMismatch, Period
from governance.number_words import number_of
from governance.plan_rates import converter_of
from governance.rates import Converter, Rates
from governance.reporting_amounts import NO_RATES, ReportingAmount, ReportingCurrency
from governance.responsible import ADMINISTRATOR, Responsible, correcting_role, responsible
from governance.role_change import acceptors, unaccepted_reason
from governance.role_holders import HeldRole
from governance.separation import conflicting_role, same_person
from governance.time_text import day_text
from governance.validation import CONFIRMATION_VERBS, ended_reason, validation_of
from governance.verdict import Approval, ConditionResult, Outcome
from governance.verdict import ApprovalState as State

APPROVAL_NAMES = {
    ApprovalKind.APPROVAL: "approval",
    ApprovalKind.SIZE_AND_TIMING: "confirmation of size and timing",
    ApprovalKind.ACTUAL_EFFECT: "confirmation of the actual effect",
}
OWN_FIGURES = "nobody checks their own figures"


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
    approvers: list[Person] = field(default_factory=list)
    """Who already fills an approval of this gate: who spoke, and whom they spoke for."""
    role_holders: Mapping[str, HeldRole] = field(default_factory=dict)
    plan: LockedPlan | None = None
    months_to_sign: tuple[Period, ...] = ()
    """The months that a confirmation of the actual effect has to be of; empty where there is none yet."""

    def has_approved(self, person: Person) -> bool:
        return any(same_person(person, other) for other in self.approvers)

    def counted_commands(self, verbs: Iterable[Verb], stage: str) -> list[Command]:
        wanted_verbs = frozenset(verbs)
        return [
            command
            for command in self.commands
            if command.verb in wanted_verbs
            and (command.stage == stage or command.verb in CONFIRMATION_VERBS)
            and command.accepted
            and not command.withdrawn
            and (self.since is None or command.at > self.since)
        ]

    def rejections(self, rule: ApprovalRule, stage: str) -> list[Command]:
        """Of whoever gives this approval now, and of whoever gave it at the time: a new holder inherits them.

        Those that were taken back are among them: nothing but a new approval of the role ends a rejection.
        """
        return [
            command
            for command in self.commands
            if command.verb is Verb.REJECT
            and command.stage == stage
            and command.accepted
            and (self.since is None or command.at > self.since)
            and (
                (command.ruling is not None and command.ruling.role == rule.role)
                or may_act_as(command.person, rule.role, self.measure, self.commands, command.at)
            )
        ]


def evaluate_approvals(stage: str, rules: Sequence[ApprovalRule], context: ApprovalContext) -> list[ConditionResult]:
    """One result per approval that the gate into ``stage`` asks for, in their order."""
    required = [rule for rule in rules if is_required(rule, context.policy, context.effects, context.rates)]
    # The committee comes last: whoever fills another approval has no vote, and a quorum may do without them.
    committee_last = sorted(range(len(required)), key=lambda one: required[one].role == Role.STEERING_COMMITTEE)
    results = {number: _evaluate(stage, required[number], context) for number in committee_last}
    return [results[number] for number in range(len(required))]


def is_required(rule: ApprovalRule, policy: Policy, effects: Effects | None, rates: Converter = NO_RATES) -> bool:
    """Some approvals are only asked for above a limit, of benefit or of cost; an unknown plan asks for them as well."""
    if not rule.above_limit:
        return True
    limit = policy.thresholds.committee_limit
    return limit is not None and reaches_limit(limit, policy, effects, rates)


def reaches_limit(limit: Decimal, policy: Policy, effects: Effects | None, rates: Converter = NO_RATES) -> bool:
    """Whether the planned benefit or the planned cost reaches an amount; an unknown plan does."""
    plan = effects.plan if effects else None
    if plan is None:
        return True
    # A benefit that is written as a negative cost, or taken back in a later year, is one all the same.
    months = {month: max(plan.benefit.get(month, ZERO), net, ZERO) for month, net in plan.net.items()}
    reporting = ReportingCurrency(policy.currency, rates)
    amounts = (reporting.total(each, plan.currency) for each in (months, _spent(plan, policy.thresholds.contingency)))
    return any(not isinstance(one, ReportingAmount) or one.money.amount >= limit for one in amounts)


def _spent(plan: Series, contingency: Decimal) -> dict[int, Decimal]:
    """All planned cost by month, with the contingency; a negative cost takes nothing off."""
    months: dict[int, Decimal] = {}
    for kind in COSTS:
        share = 1 + contingency if kind in SPEND else Decimal(1)
        for month, amount in plan.kinds.get(kind, {}).items():
            months[month] = months.get(month, ZERO) + max(amount, ZERO) * share
    return months


def rebaseline_rules(
    measure: Measure, policy: Policy, plan: LockedPlan | None, rates: Rates = NO_RATES
) -> tuple[ApprovalRule, ...]:
    """The approvals of the decision: by the size of its plan, of the present one, or of the one that is to come.

    So a plan that is lowered under the committee's limit first is not raised again without it.
    """
    locked = [] if plan is None else [plan.lines] if plan.original is None else [plan.original, plan.lines]
    sizes = [_size(lines) for lines in (*locked, measure.effects)]
    # A re-baseline is measured with the rates that it will have: those of the decision.
    kept = converter_of(plan.rates if plan is not None else None, rates)
    return tuple(
        rule for rule in policy.rebaseline if any(is_required(rule, policy, effects, kept) for effects in sizes)
    )


def _size(lines: Iterable[EffectLine]) -> Effects | None:
    try:
        return sum_up(lines)
    except CurrencyMismatch:
        return None


def role_holder(measure: Measure, role: Role) -> Person | Committee | Unknown | None:
    return measure.committee if role == Role.STEERING_COMMITTEE else measure.roles.of(role)


def may_act_as(person: Person, role: Role, measure: Measure, commands: Iterable[Command], at: datetime) -> bool:
    """Whether the person holds the role, by a change that was accepted, or is its holder's delegate on that day."""
    holder = role_holder(measure, role)
    if isinstance(holder, Committee):
        return holder.has_member(person)
    if not isinstance(holder, Person) or role in measure.roles.unaccepted:
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


def delegate_conflict(person: Person, role: Role, measure: Measure, policy: Policy) -> Role | None:
    """The role that bars somebody from standing in for another, or from a vote; ``None`` also for the holder."""
    holder = measure.roles.of(role)
    if role == Role.STEERING_COMMITTEE or (isinstance(holder, Person) and holder.id != person.id):
        return conflicting_role(person, role, measure, policy)
    return None


def current_lower_value(context: ConditionContext, months: Iterable[Period] = ()) -> Command | None:
    """The controller's newest lower value that stands, when it is of all these months."""
    wanted = tuple(months)
    return next(
        (
            command
            for command, signature in reversed(context.validation.valid)
            if command.verb is Verb.CONFIRM_LOWER
            and not signature.pl_line
            and may_act_as(command.person, Role.CONTROLLER, context.measure, context.commands, command.at)
            and is_current(command, context.measure)
            and all(signature.first <= month <= signature.last for month in wanted)
        ),
        None,
    )


def is_current(command: Command, measure: Measure) -> bool:
    """Whether the facts that the command relied on are still those of now."""
    given = command.ruling.fingerprints if command.ruling else {}
    return all(fingerprint(measure, FactGroup(name)) == text for name, text in given.items())


def _evaluate(stage: str, rule: ApprovalRule, context: ApprovalContext) -> ConditionResult:
    if rule.role == Role.STEERING_COMMITTEE:
        return _committee(stage, rule, context)
    if rule.role in context.measure.roles.unaccepted:
        return _not_accepted(stage, rule, context)
    return _by_holder(stage, rule, context)


def _by_holder(stage: str, rule: ApprovalRule, context: ApprovalContext) -> ConditionResult:
    holder = context.measure.roles.of(rule.role)
    name, label = APPROVAL_NAMES[rule.kind], context.policy.label(stage)
    role = context.measure.roles.label(rule.role)
    result = _ResultBuilder(stage, rule, f"{name} by the {role}")
    who = (responsible(context.measure, rule.role),)
    if isinstance(holder, Unknown):
        correct = (responsible(context.measure, correcting_role(context.measure)),) if holder.entered else ADMINISTRATOR
        return result(Outcome.UNKNOWN, "unknown", holder.reason, State.UNKNOWN, correct)
    if holder is None:
        reason = f"the {name} by the {role} is missing, and nobody is named as {role}"
        return result(Outcome.UNMET, "nobody named", reason, State.NOBODY, who)
    verbs = CONFIRMATION_VERBS if rule.kind is ApprovalKind.ACTUAL_EFFECT else {Verb.APPROVE}
    given = [
        command
        for command in context.counted_commands(verbs, stage)
        if may_act_as(command.person, rule.role, context.measure, context.commands, command.at)
    ]
    if not given and holder.active is False:
        reason = f"{holder.name} has to give the {name}, but that account is inactive: name another {role}"
        # Whoever has left names nobody: the owner does, and for an owner who left the sponsor.
        names = Role.SPONSOR if rule.role is Role.OWNER else Role.OWNER
        return result(Outcome.UNMET, "inactive account", reason, State.INACTIVE, (responsible(context.measure, names),))
    rejected = _newest(context.rejections(rule, stage))
    newest = _newest(given)
    if rejected is not None and (newest is None or newest.at <= rejected.at):
        return _rejected(rejected, name, label, who, result, context)
    if newest is None:
        conflict = _conflict(holder, holder, rule, context)
        if conflict:
            return result(Outcome.UNMET, "same person", conflict, State.SAME_PERSON, who)
        reason = f"{holder.name} has not yet given the {name}"
        return result(Outcome.UNMET, "not given", reason, State.NOT_GIVEN, who)
    spoke = _spoke(newest, holder)
    conflict = next((why for one in newest.speakers if (why := _conflict(one, holder, rule, context))), "")
    if conflict:
        return result(Outcome.UNMET, "same person", conflict, State.SAME_PERSON, who)
    expired_reason = _expired(newest, rule, context) or (
        _unsigned(newest, given, rejected, context) if rule.kind is ApprovalKind.ACTUAL_EFFECT else ""
    )
    if expired_reason:
        return result(Outcome.UNMET, "expired", expired_reason, State.EXPIRED, who)
    context.approvers.extend(spoke)
    instead = "" if newest.person.id == holder.id else f" for {holder.name}"
    when = f"given by {newest.person.name}{instead} on {day_text(newest.at)}"
    return result(Outcome.MET, when, f"the {name} into {label} was {when}", State.GIVEN)


def _rejected(
    rejected: Command,
    name: str,
    label: str,
    who: tuple[Responsible, ...],
    result: _ResultBuilder,
    context: ApprovalContext,
) -> ConditionResult:
    if rejected.withdrawn:
        reason = (
            f"{rejected.person.name} took back the rejection of {day_text(rejected.at)}, which revives no earlier "
            f"{name}: it has to be given anew"
        )
        return result(Outcome.UNMET, "rejection taken back", reason, State.NOT_GIVEN, who, anew=True)
    reason = f"{rejected.person.name} rejected {label} on {day_text(rejected.at)}: {rejected.text}"
    # Whoever rejected it has decided: the owner must change something before it is approved again.
    owner = (responsible(context.measure, Role.OWNER),)
    return result(Outcome.UNMET, "rejected", reason, State.REJECTED, owner, asks=_ends_asking(rejected))


def _ends_asking(command: Command) -> bool:
    """Whether what somebody wrote, which a sentence quotes at its end, ends with a question."""
    return command.text.rstrip(".").endswith("?")


def _spoke(command: Command, holder: Person) -> tuple[Person, ...]:
    """Whoever speaks for somebody counts as both."""
    return (*command.speakers, *_beside(command.person, holder))


def _beside(person: Person, holder: Person) -> tuple[Person, ...]:
    return () if person.id == holder.id else (holder,)


def _conflict(person: Person, holder: Person, rule: ApprovalRule, context: ApprovalContext) -> str:
    """Why somebody may not fill this approval, as its holder or the holder's delegate; empty when they may."""
    name = APPROVAL_NAMES[rule.kind]
    twice = next((one for one in (person, *_beside(person, holder)) if context.has_approved(one)), None)
    if twice is not None:
        return f"{twice.name} has already approved in another role: the {name} needs a second person"
    barred = delegate_conflict(person, rule.role, context.measure, context.policy)
    if barred is not None:
        other = context.measure.roles.label(barred)
        return f"{person.name} gave the {name} for {holder.name} and is {other} as well: {OWN_FIGURES}"
    return ""


def _not_accepted(stage: str, rule: ApprovalRule, context: ApprovalContext) -> ConditionResult:
    """The holder of the role may not give the approval before the change of the role is accepted."""
    held, name = context.role_holders[rule.role.value], APPROVAL_NAMES[rule.kind]
    reason = f"the {name} waits: {unaccepted_reason(context.measure, rule.role, held, context.policy)}"
    result = _ResultBuilder(stage, rule, f"{name} by the {context.measure.roles.label(rule.role)}")
    who = acceptors(context.measure, rule.role, held)
    return result(Outcome.UNMET, "role not accepted", reason, State.ROLE_CHANGED, who)


def _committee(stage: str, rule: ApprovalRule, context: ApprovalContext) -> ConditionResult:
    """As many members as the quorum asks for; of each member the newest command counts."""
    committee = context.measure.committee
    result = _ResultBuilder(stage, rule, "decision of the steering committee")
    if isinstance(committee, Unknown):
        return result(Outcome.UNKNOWN, "unknown", committee.reason, State.UNKNOWN, ADMINISTRATOR)
    if committee is None:
        reason = "the steering committee has to decide, and the program names none"
        return result(Outcome.UNMET, "nobody named", reason, State.NOBODY, ADMINISTRATOR)
    rejections = context.rejections(rule, stage)
    newest = _newest_of_members(committee, stage, rejections, context)
    against = next((command for command in newest if command in rejections and not command.withdrawn), None)
    former = _newest(one for one in rejections if not committee.has_member(one.person) and not one.withdrawn)
    who = (responsible(context.measure, rule.role),)
    if against is not None:
        reason = f"{against.person.name} of the steering committee rejected it: {against.text}"
        return result(Outcome.UNMET, "rejected", reason, State.REJECTED, who, asks=_ends_asking(against))
    valid = [
        command
        for command in newest
        if command.verb is Verb.APPROVE
        and not _expired(command, rule, context)
        and (former is None or command.at > former.at)
    ]
    if len(valid) < committee.quorum and former is not None:
        reason = (
            f"{former.person.name} rejected it for the steering committee on {day_text(former.at)} ({former.text}): "
            f"{len(valid)} of {number_of(committee.quorum, 'member has', 'members have')} approved since"
        )
        return result(Outcome.UNMET, "rejected", reason, State.REJECTED, who)
    if len(valid) < committee.quorum:
        expired = len(newest) - len(valid)
        stale = f", and {expired} {'was' if expired == 1 else 'were'} given for other figures" if expired else ""
        members, have = ("member", "has") if committee.quorum == 1 else ("members", "have")
        reason = f"{len(valid)} of {committee.quorum} {members} of {committee.name} {have} approved{stale}"
        return result(Outcome.UNMET, f"{len(valid)} of {committee.quorum}", reason, State.QUORUM, who)
    names = ", ".join(sorted(command.person.name for command in valid))
    return result(Outcome.MET, f"approved by {names}", f"{committee.name} has decided: {names}", State.GIVEN)


def _newest_of_members(
    committee: Committee, stage: str, rejections: Sequence[Command], context: ApprovalContext
) -> list[Command]:
    """Of each member the newest approval or rejection; one person has one vote, with however many accounts."""
    given = sorted(
        [*context.counted_commands({Verb.APPROVE}, stage), *rejections],
        key=lambda one: (one.at, one.verb is Verb.REJECT),
    )
    newest: list[Command] = []
    for command in given:
        person = command.person
        barred = command.verb is Verb.APPROVE and any(
            context.has_approved(one)
            or delegate_conflict(one, Role.STEERING_COMMITTEE, context.measure, context.policy)
            for one in command.speakers
        )
        if committee.has_member(person) and not context.has_approved(person) and not barred:
            newest = [earlier for earlier in newest if not _is_one_vote(earlier, command)]
            newest.append(command)
    return newest


def _is_one_vote(earlier: Command, later: Command) -> bool:
    """Of one member; or two approvals that one person gave for two members, where a rejection of either stands."""
    if same_person(earlier.person, later.person):
        return True
    return earlier.verb is later.verb is Verb.APPROVE and any(
        same_person(one, other) for one in earlier.speakers for other in later.speakers
    )


def _expired(command: Command, rule: ApprovalRule, context: ApprovalContext) -> str:
    """Why an approval is no longer valid; empty when it is."""
    lost = overwritten_after(command, context.commands)
    if lost is not None:
        return (
            f"what {command.person.name} wrote on {day_text(lost.at)}, after the {APPROVAL_NAMES[rule.kind]}, is not "
            f"known, because {lost.problem}: it has to be given again"
        )
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


def _unsigned(newest: Command, given: list[Command], rejected: Command | None, context: ApprovalContext) -> str:
    """Why the months that count for closing are not all signed; empty when they are."""
    measure, plan = context.measure, context.plan
    counted = [
        one
        for one in given
        if (rejected is None or one.at > rejected.at)
        and is_current(one, measure)
        and overwritten_after(one, context.commands) is None
    ]
    validation = validation_of(measure, plan, counted)
    months = context.months_to_sign
    missing = [month for month in months if not validation.is_covered(month)]
    if months and not missing:
        return ""
    signature = newest.ruling.signature if newest.ruling is not None else None
    why = ended_reason(signature, validation.claimed, measure, plan) if signature is not None else ""
    if why:
        name = APPROVAL_NAMES[ApprovalKind.ACTUAL_EFFECT]
        return f"{newest.person.name} gave the {name} for other facts ({why}): it has to be given again"
    if not months:
        # Nothing of nothing is no success: a lower value says so, with a reason.
        nothing = any(one.verb is Verb.CONFIRM_LOWER for one, _ in validation.valid)
        return "" if nothing else "there is no closed month that could be confirmed"
    return f"{newest.person.name} has not confirmed the actual effect of {months_text(missing)}"


def _newest(commands: Iterable[Command]) -> Command | None:
    return max(commands, key=lambda command: command.at, default=None)


@dataclass(frozen=True, slots=True)
class _ResultBuilder:
    """Makes the result of one approval."""

    stage: str
    rule: ApprovalRule
    expected: str

    def __call__(
        self,
        outcome: Outcome,
        actual: str,
        reason: str,
        state: State,
        who: tuple[Responsible, ...] = (),
        *,
        anew: bool = False,
        asks: bool = False,
    ) -> ConditionResult:
        rule, approval = self.rule, Approval(self.rule.kind, state, anew)
        return ConditionResult(
            self.stage, rule.code, rule.role.value, outcome, self.expected, actual, reason, who, approval, asks=asks
        )
