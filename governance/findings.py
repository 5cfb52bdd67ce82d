"""Findings: what boards and tickets hide.  Each is a pure function over evidence with its numbers in the policy.

Sources: the practice's list of failures (``reference/practice.md``, DESIGN §5).  A finding is no condition: it is
reported, with who must act; where it has to stop something, a condition of a gate does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

from governance.altered_commands import altered_drafts
from governance.claims import Overclaim, overclaim
from governance.effects import Effects
from governance.evidence import Command, Evidence, OpenItem, Service
from governance.facts import Unknown, known
from governance.finding_draft import FindingDraft
from governance.gates import Policy
from governance.kill_criteria import FORMS
from governance.kill_evaluation import CriterionState
from governance.legacy import running_services
from governance.lock_findings import scope_changed, terms_changed
from governance.locked_plan import LockedPlan
from governance.locked_terms import as_locked
from governance.measure import Measure, Person, Role
from governance.measure_state import OffRamp, OffRampKind, is_cancelled
from governance.money import Money, Period
from governance.named_sentence import ELSEWHERE, NamedSentence, connection_of
from governance.rates import Rates
from governance.reporting_amounts import NO_RATES, ReportingAmount, ReportingCurrency
from governance.responsible import ADMINISTRATOR, Responsible, responsible
from governance.role_change import acceptors, granted_on, pending, unaccepted_reason
from governance.role_holders import HeldRole
from governance.verdict import Finding, Status

QUARTER = 3

AFTER_CANCELLATION = frozenset({"CREEP", "COMMAND_ALTERED"})
"""What is still reported of a cancelled measure: that work goes on all the same, and what was done to people's words.
Nobody is asked for anything else any more; after ``/resume`` everything counts again."""

PRIORITY_RANKS: Mapping[str, int] = {
    name: rank
    for rank, names in enumerate(
        (
            ("highest", "blocker", "1 - critical"),
            ("high", "critical", "2 - high"),
            ("medium", "major", "3 - moderate"),
            ("low", "minor", "4 - low"),
            ("lowest", "trivial", "5 - planning"),
        )
    )
    for name in names
}
"""Priority names of Jira and ServiceNow by urgency, 0 the most urgent."""


@dataclass(frozen=True, slots=True)
class FindingContext:
    """What a finding may use."""

    measure: Measure
    evidence: Evidence
    policy: Policy
    effects: Effects | None
    stage: str | None
    off_ramp: OffRamp | None
    potential: Status
    now: datetime
    role_holders: Mapping[str, HeldRole] = field(default_factory=dict)
    commands: tuple[Command, ...] = ()
    """All commands, with their rulings."""
    plan: LockedPlan | None = None
    rates: Rates = NO_RATES
    criteria: tuple[CriterionState, ...] = ()
    unreadable_criteria: tuple[str, ...] = ()
    """Agreed kill criteria that are of no form that can be checked."""
    children_moved: datetime | None = None
    """When a child item was moved last from one status to another, or a moment not long after."""

    def holder(self, role: Role = Role.OWNER) -> tuple[Responsible, ...]:
        return (responsible(self.measure, role),)


FindingRule: TypeAlias = "Callable[[FindingContext], Iterator[FindingDraft]]"


def detect_findings(context: FindingContext) -> tuple[Finding, ...]:
    """Everything that is to be reported, each with the moment when it was detected first."""
    since = context.evidence.measure_state.findings_since
    found = []
    cancelled = is_cancelled(context.off_ramp)
    for code, rule in FINDING_RULES.items():
        if context.policy.is_on(code) and (not cancelled or code in AFTER_CANCELLATION):
            for raised in rule(context):
                key = f"{code}:{raised.subject}"
                first = since.get(key, context.now)
                found.append(Finding(code, raised.subject, raised.sentence, raised.responsible, first, raised.named))
    return tuple(found)


def zombie(context: FindingContext) -> Iterator[FindingDraft]:
    """Green on paper; the people of the measure work on something else, and nothing of it moves."""
    diverted = diversion(context.evidence, context.policy, context.now, context.children_moved)
    if diverted:
        yield FindingDraft("team", diverted, context.holder(Role.SPONSOR), _named_diversion(diverted, context))


def _named_diversion(neutral: str, context: FindingContext) -> NamedSentence | None:
    """The sentence with the other project's name; ``None`` where the neutral one has it."""
    projects = _hidden_projects(context)
    if not projects:
        return None
    text = diversion(context.evidence, context.policy, context.now, context.children_moved, named=True)
    return NamedSentence(text, areas=projects) if text != neutral else None


def _hidden_projects(context: FindingContext) -> tuple[str, ...]:
    team = known(context.evidence.team)
    connection = connection_of(context.measure)
    members = team.members if team is not None else ()
    return tuple(sorted({f"{connection}/{one.main_other_project}" for one in members if one.elsewhere}))


def diversion(evidence: Evidence, policy: Policy, now: datetime, moved: datetime | None, *, named: bool = False) -> str:
    """The sentence about people who log their time elsewhere; empty when there is nothing to say.

    Another project of the tool is only called by its name when that is asked for (``named``).

    ``moved`` is when a child item was moved last from one status to another; a renamed one is as untouched as before.
    """
    team = known(evidence.team)
    if team is None or not team.members or evidence.done:
        return ""
    away = [member for member in team.members if member.hours_elsewhere > member.hours_on_measure]
    if Decimal(len(away)) / len(team.members) < policy.thresholds.diversion_share:
        return ""
    if moved is not None and now - moved < timedelta(days=team.window_days):
        return ""
    hours = sum((member.hours_elsewhere for member in away), Decimal(0))
    hours_by_project: dict[str, Decimal] = {}
    for member in away:
        hours_by_project[member.main_other_project] = (
            hours_by_project.get(member.main_other_project, Decimal(0)) + member.hours_elsewhere
        )
    main_project = max(hours_by_project, key=lambda project: hours_by_project[project])
    since = f" since {moved:%d %b %Y}" if moved else ""
    hidden = not named and any(one.elsewhere and one.main_other_project == main_project for one in away)
    where = f", most of them on {'one other project' if hidden else main_project}" if main_project else ""
    return (
        f"{len(away)} of {len(team.members)} people log their time elsewhere "
        f"({hours:.0f} h in {team.window_days} days{where}), and no milestone was touched{since}"
    )


def orphan(context: FindingContext) -> Iterator[FindingDraft]:
    """Owner, sponsor or controller has left: nobody steers, and nobody notices."""
    for role in (Role.OWNER, Role.SPONSOR, Role.CONTROLLER):
        holder = context.measure.roles.of(role)
        if isinstance(holder, Person) and holder.active is False:
            act = Role.SPONSOR if role is not Role.SPONSOR else Role.STEERING_COMMITTEE
            yield FindingDraft(
                role.value,
                f"the {role.value} {holder.name} has left (the account is inactive): name another {role.value}",
                context.holder(act),
            )
        elif holder is None and role.value in _required_roles(context):
            yield FindingDraft(
                role.value, f"the measure has lost its {role.value}: name one", context.holder(Role.SPONSOR)
            )


def role_changed(context: FindingContext) -> Iterator[FindingDraft]:
    """Somebody else was named owner, sponsor or controller in the tool, and nobody has accepted it."""
    granted = context.policy.index(context.stage)
    for role, held in pending(context.role_holders):
        reason = unaccepted_reason(context.measure, role, held, context.policy)
        rests = granted_on(role, held, context.policy, granted)
        sentence = f"{rests}; {reason}" if rests else reason
        yield FindingDraft(role.value, sentence, acceptors(context.measure, role, held))


def _required_roles(context: FindingContext) -> frozenset[str]:
    """Roles that the granted stages asked for."""
    reached = context.policy.gates[: context.policy.index(context.stage) + 1]
    return frozenset(check.value for gate in reached for check in gate.conditions)


def legacy_still_paid(context: FindingContext) -> Iterator[FindingDraft]:
    """The legacy is active or booked after the measure's end, or after its work is done."""
    services = known(context.evidence.legacy)
    end = known(as_locked(context.measure, context.plan.terms if context.plan else None).end)
    over = context.evidence.done or (end is not None and context.now.date() > end)
    still = running_services(services, context.now.date()) if services and over else None
    if still is not None:
        when = "the work is done" if context.evidence.done else f"the measure ended on {end}"
        actual = context.effects.actual if context.effects else None
        paid = Money(sum(actual.legacy.values(), Decimal(0)), actual.currency) if actual and actual.legacy else None
        total = f"; {paid} paid since" if paid is not None else ""
        yield FindingDraft("legacy", f"{still.sentence()}, although {when}{total}", context.holder())


def priority_mismatch(context: FindingContext) -> Iterator[FindingDraft]:
    """A valuable measure waits for a low-priority ticket."""
    value = _value(context)
    if value is None or isinstance(value, Unknown) or value.money.amount < context.policy.thresholds.high_value:
        return
    low = frozenset(context.policy.thresholds.low_priorities)
    for item in _serving_items(context.evidence):
        if item.priority.casefold() in low:
            yield _about_item(item, f"has priority {item.priority}, but {value} wait for it", context)


def priority_drift(context: FindingContext) -> Iterator[FindingDraft]:
    """Somebody lowered the priority of work that the measure waits for."""
    first = context.evidence.measure_state.first_priorities
    for item in _serving_items(context.evidence):
        was = first.get(item.key, item.priority)
        if PRIORITY_RANKS.get(item.priority.casefold(), 0) > PRIORITY_RANKS.get(was.casefold(), 9):
            yield _about_item(item, f"was lowered from priority {was} to {item.priority}", context)


def _about_item(item: OpenItem, says: str, context: FindingContext) -> FindingDraft:
    if not item.elsewhere:
        return FindingDraft(item.key, f"{item.key} {says}", context.holder())
    named = NamedSentence(f"{item.key} {says}", (f"{connection_of(context.measure)}/{item.key}",))
    # The subject is shown beside the sentence, and must not tell the key either.
    subject = f"item {hashlib.sha256(item.key.encode()).hexdigest()[:8]}"
    return FindingDraft(subject, f"{ELSEWHERE} {says}", context.holder(), named)


def _serving_items(evidence: Evidence) -> tuple[OpenItem, ...]:
    children = known(evidence.children)
    linked = known(evidence.blocking_links) or ()
    return (*linked, *(children.open if children else ()), *(known(evidence.tickets) or ()))


def first_priorities(evidence: Evidence) -> dict[str, str]:
    """Priorities as they were seen first; a key that is gone is forgotten."""
    first = evidence.measure_state.first_priorities
    return {item.key: first.get(item.key, item.priority) for item in _serving_items(evidence) if item.priority}


def unfunded_work(context: FindingContext) -> Iterator[FindingDraft]:
    """Work or spend that serves no objective, or that no plan pays for."""
    children = known(context.evidence.children)
    working = children.in_progress + children.done if children else 0
    actual = context.effects.actual if context.effects else None
    spent = sum((-amount for amount in actual.own.values() if amount < 0), Decimal(0)) if actual else Decimal(0)
    if not working and not spent:
        return
    what = f"{Money(spent, actual.currency)} spent" if actual and spent else f"{working} child items worked on"
    if context.measure.objective is None:
        yield FindingDraft("objective", f"{what}, and the measure serves no objective", context.holder())
    if context.effects is not None and context.effects.plan is None and not context.measure.unreadable_effects:
        yield FindingDraft("plan", f"{what}, and no plan pays for it", context.holder())


def double_count(context: FindingContext) -> Iterator[FindingDraft]:
    """Several measures claim more on a baseline than it is worth."""
    too_much = overclaim(context.measure, context.evidence, context.rates)
    if isinstance(too_much, Overclaim):
        yield FindingDraft("baseline", too_much.sentence, context.holder(), too_much.named)


def cost_spike(context: FindingContext) -> Iterator[FindingDraft]:
    """The unit cost of a service lies above its trailing quarter."""
    tolerance = context.policy.thresholds.cost_spike
    for service in known(context.evidence.legacy) or ():
        spike = _spike(service, tolerance)
        if spike:
            owner = (Responsible(None, service.owner),) if service.owner else context.holder()
            yield FindingDraft(service.name, spike, owner)


def _spike(service: Service, tolerance: Decimal) -> str:
    costs = {month: _unit_cost(service, month) for month in sorted(service.costs)}
    known_costs = {month: cost for month, cost in costs.items() if cost is not None}
    if len(known_costs) < QUARTER + 1:
        return ""
    *_, newest = known_costs
    before = [known_costs[month] for month in known_costs if newest.plus(-QUARTER) <= month < newest]
    mean = sum(before, Decimal(0)) / QUARTER
    if len(before) < QUARTER or mean <= 0 or known_costs[newest] <= mean * (1 + tolerance):
        return ""
    currency = service.costs[newest].currency
    unit = " per unit" if newest in service.units else ""
    return (
        f"{service.name} cost {Money(round(known_costs[newest], 2), currency)}{unit} in {newest}, "
        f"{known_costs[newest] / mean - 1:.0%} above the quarter before ({Money(round(mean, 2), currency)})"
    )


def _unit_cost(service: Service, month: Period) -> Decimal | None:
    cost = service.costs[month].amount
    if not service.units:
        return cost
    units = service.units.get(month)
    return cost / units if units else None


def creep(context: FindingContext) -> Iterator[FindingDraft]:
    """Work continues although the business case no longer holds."""
    children = known(context.evidence.children)
    if children is None or not children.in_progress:
        return
    items = "1 child item is" if children.in_progress == 1 else f"{children.in_progress} child items are"
    if context.off_ramp is not None and context.off_ramp.kind in {OffRampKind.CANCELLED, OffRampKind.KILLED}:
        died = f"was cancelled on {context.off_ramp.at:%d %b %Y}"
        if context.off_ramp.kind is OffRampKind.KILLED:
            died = f"was stopped by the kill switch on {context.off_ramp.at:%d %b %Y}"
        yield FindingDraft("work", f"{items} in progress, although the measure {died}", context.holder())
        return
    completion = context.effects.at_completion() if context.effects else None
    plan = context.effects.plan if context.effects else None
    if plan is not None and completion is not None and completion <= 0 < plan.total_net():
        gone = Money(completion, plan.currency)
        yield FindingDraft(
            "work",
            f"{items} in progress, although the business case no longer holds ({gone} at completion)",
            context.holder(),
        )


def ageing(context: FindingContext) -> Iterator[FindingDraft]:
    """Too long in one stage."""
    granted = context.evidence.measure_state.granted_at.get(context.stage or "")
    limit = context.policy.thresholds.ageing_days
    last = context.policy.index(context.stage) + 1 == len(context.policy.stages)
    if granted is None or last or context.off_ramp is not None or (context.now - granted).days <= limit:
        return
    days = (context.now - granted).days
    yield FindingDraft(
        context.stage or "",
        f"{days} days in {context.policy.label(context.stage)}, the limit is {limit}",
        context.holder(),
    )


def _value(context: FindingContext) -> ReportingAmount | Unknown | None:
    """The value at stake: the net plan."""
    plan = context.effects.plan if context.effects else None
    return ReportingCurrency(context.policy.currency, context.rates).net(plan) if plan else None


def unknown_evidence(context: FindingContext) -> Iterator[FindingDraft]:
    """What could not be read: nobody can say that there is nothing."""
    value = _value(context) if _serving_items(context.evidence) and context.policy.is_on("PRIORITY_MISMATCH") else None
    claims = overclaim(context.measure, context.evidence, context.rates)
    facts = (
        ("legacy", context.evidence.legacy),
        ("team", context.evidence.team),
        ("value", value),
        ("claims", claims if context.policy.is_on("OVERCLAIM") else None),
    )
    for subject, fact in facts:
        if isinstance(fact, Unknown):
            yield FindingDraft(subject, fact.reason, ADMINISTRATOR)
    for state in context.criteria:
        if state.holds is None:
            sentence = f'the agreed kill criterion "{state.text}" cannot be checked: {state.present}'
            yield FindingDraft(f"kill_criterion {state.text}", sentence, context.holder())
    for text in context.unreadable_criteria:
        sentence = f'the agreed kill criterion "{text}" cannot be checked: it is none of {FORMS}'
        yield FindingDraft(f"kill_criterion {text}", sentence, context.holder())


def _terms_changed(context: FindingContext) -> Iterator[FindingDraft]:
    """Dates, kill criteria or other terms of the decision are no longer as they were agreed."""
    for subject, sentence in terms_changed(context.measure, context.plan):
        yield FindingDraft(subject, sentence, context.holder(Role.SPONSOR))


def _scope_changed(context: FindingContext) -> Iterator[FindingDraft]:
    """Child items were opened or deleted since the plan was locked."""
    sentence = scope_changed(context.evidence.children, context.plan)
    if sentence:
        yield FindingDraft("scope", sentence, context.holder(Role.SPONSOR))


def altered_commands(context: FindingContext) -> Iterator[FindingDraft]:
    """Somebody changed what another person had said."""
    yield from altered_drafts(context.evidence.altered_commands, context.commands, context.measure, context.policy)


FINDING_RULES: Mapping[str, FindingRule] = {
    "RESOURCE_DIVERSION": zombie,
    "ORPHAN_OWNER": orphan,
    "ROLE_CHANGED": role_changed,
    "LEGACY_COST_RUNNING": legacy_still_paid,
    "PRIORITY_MISMATCH": priority_mismatch,
    "PRIORITY_DRIFT": priority_drift,
    "UNFUNDED_WORK": unfunded_work,
    "OVERCLAIM": double_count,
    "COST_SPIKE": cost_spike,
    "CREEP": creep,
    "AGEING_IN_GATE": ageing,
    "TERMS_CHANGED": _terms_changed,
    "SCOPE_CHANGED": _scope_changed,
    "EVIDENCE_UNKNOWN": unknown_evidence,
    "COMMAND_ALTERED": altered_commands,
}
