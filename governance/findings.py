"""Findings: what boards and tickets hide.  Each is a pure function over evidence with its numbers in the policy.

Sources: the practice's list of failures (``reference/practice.md``, DESIGN §5).  A finding is no condition: it is
reported, with who must act; where it has to stop something, a condition of a gate does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TypeAlias

from governance.altered_commands import altered_drafts
from governance.claims import NOT_COMPARED, Overclaim
from governance.cost_spike import cost_spike
from governance.delay_cost import DelayCost
from governance.deviations import unnamed_steps
from governance.effects import Effects
from governance.evidence import Command, Evidence, Team
from governance.facts import Unknown, known
from governance.finding_draft import FindingDraft
from governance.gates import Policy
from governance.handoffs import handoff_drafts
from governance.kill_criteria import FORMS
from governance.kill_evaluation import CriterionState
from governance.latest_estimate import LatestEstimate
from governance.legacy import running_services
from governance.lock_findings import scope_changed, terms_changed
from governance.locked_plan import LockedPlan
from governance.locked_terms import as_locked
from governance.measure import Measure, Person, Role
from governance.measure_state import Deviation, OffRamp, OffRampKind, OwnerActivity, is_cancelled
from governance.money import Money, Period
from governance.named_sentence import NamedSentence, connection_of
from governance.number_words import number_of
from governance.overload import not_judged, not_judged_sentence, overload_sentence, overloaded
from governance.ownership import conflict_drafts, inactive_drafts
from governance.plan_rates import converter_of
from governance.priorities import drift_drafts, low_tickets, mismatch_draft, serving_items
from governance.rates import Rates
from governance.relapse import Relapse
from governance.relapse_rules import relapse_drafts
from governance.reporting_amounts import NO_RATES, ReportingAmount, ReportingCurrency
from governance.responsible import ADMINISTRATOR, Responsible, has_left, responsible
from governance.role_change import OFFICE, acceptors, granted_on, pending, unaccepted_reason
from governance.role_holders import HeldRole
from governance.service_notes import SERVICE_CODES, note_drafts
from governance.time_text import day_text
from governance.verdict import Colour, Finding, Status

AFTER_CANCELLATION = frozenset({"CREEP", "COMMAND_ALTERED"})
"""What is still reported of a cancelled measure: that work goes on all the same, and what was done to people's words.
Nobody is asked for anything else any more; after ``/resume`` everything counts again."""


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
    estimate: LatestEstimate | Unknown = Unknown("there is no forecast")
    deviation: Deviation | None = None
    owner_activity: OwnerActivity | None = None
    relapse: Relapse | None = None
    delay: DelayCost | None = None
    """What a day of waiting for tickets costs."""
    a_day: ReportingAmount | Unknown | None = None
    """What a day of waiting costs, whatever the measure is worth."""
    implementation: Status | None = None
    overclaim: Overclaim | Unknown | None = NOT_COMPARED
    """What is claimed beyond the baseline (:mod:`governance.claims`)."""

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
                finding = Finding(
                    code, raised.subject, raised.sentence, raised.responsible, first, raised.tickets, raised.named
                )
                found.append(finding)
    return tuple(found)


def zombie(context: FindingContext) -> Iterator[FindingDraft]:
    """Green on paper; the people of the measure work on something else, and nothing of it moves."""
    diverted = diversion(context.evidence, context.policy, context.now, context.children_moved)
    if diverted:
        yield FindingDraft("team", diverted, context.holder(Role.SPONSOR), named=_named_diversion(diverted, context))


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
    since = f" since {day_text(moved)}" if moved else ""
    hidden = not named and any(one.elsewhere and one.main_other_project == main_project for one in away)
    where = f", most of them on {'one other project' if hidden else main_project}" if main_project else ""
    return (
        f"{len(away)} of {number_of(len(team.members), 'person', 'people')} "
        f"{'logs' if len(away) == 1 else 'log'} their time elsewhere "
        f"({hours:.0f} h in {number_of(team.window_days, 'day')}{where}), and no milestone was touched{since}"
    )


def orphan(context: FindingContext) -> Iterator[FindingDraft]:
    """The holder of a role has left: nobody steers, and nobody notices."""
    for role in context.measure.roles.held:
        holder, label = context.measure.roles.of(role), context.measure.roles.label(role)
        if isinstance(holder, Person) and holder.active is False:
            act = Role.SPONSOR if role != Role.SPONSOR else Role.STEERING_COMMITTEE
            yield FindingDraft(
                role.value,
                f"the {label} {holder.name} has left (the account is inactive): name another {label}",
                context.holder(act),
            )
        elif holder is None and role.value in _required_roles(context):
            yield FindingDraft(role.value, f"the measure has lost its {label}: name one", context.holder(Role.SPONSOR))


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
    asked = (rule.role.value for gate in reached for rule in gate.approvals)
    return frozenset((*(check.value for gate in reached for check in gate.conditions), *asked))


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
    """A valuable measure waits for low-priority tickets."""
    low = low_tickets(context.evidence, context.policy.thresholds.low_priorities)
    value = _value(context) if low else None
    if isinstance(value, ReportingAmount) and value.money.amount >= context.policy.thresholds.high_value:
        measure = (connection_of(context.measure), known(context.measure.title) or "a measure")
        yield mismatch_draft(low, value, measure, context.holder(), _a_day(context))


def priority_drift(context: FindingContext) -> Iterator[FindingDraft]:
    """Somebody lowered the priority of work that the measure waits for."""
    yield from drift_drafts(context.evidence, connection_of(context.measure), context.holder(), _a_day(context))


def _a_day(context: FindingContext) -> str:
    """``3,100 EUR``, of a valuable measure that loses something by waiting; empty for any other."""
    return str(context.delay.a_day) if context.delay is not None else ""


def handoff_wait(context: FindingContext) -> Iterator[FindingDraft]:
    """Work that the measure waits for lies between two teams."""
    timelines = known(context.evidence.timelines) or ()
    limit, connection = context.policy.thresholds.handoff_days, connection_of(context.measure)
    yield from handoff_drafts(timelines, limit, context.a_day, connection, context.holder(), context.now)


def _green_team(context: FindingContext) -> Team | None:
    """The team of work that is under way and counts as green."""
    green = context.implementation is not None and context.implementation.colour is Colour.GREEN
    return known(context.evidence.team) if green and not context.evidence.done else None


def overload(context: FindingContext) -> Iterator[FindingDraft]:
    """The status is green because the same people carry more than their hours."""
    team, limits = _green_team(context), context.policy.thresholds
    if team is None:
        return
    found = overloaded(team, limits.weekly_hours, limits.overload_weeks, context.now.date())
    if found:
        sentence = overload_sentence(found, len(team.members), limits.weekly_hours)
        yield FindingDraft("team", sentence, (*context.holder(), *context.holder(Role.SPONSOR)))


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
    too_much = context.overclaim
    if isinstance(too_much, Overclaim):
        yield FindingDraft("baseline", too_much.sentence, context.holder(), named=too_much.named)


def service_cost_spike(context: FindingContext) -> Iterator[FindingDraft]:
    """A service that the measure retires, or that it watches, costs more by the unit than it did."""
    tolerance = context.policy.thresholds.cost_spike
    decided = Period.of(context.plan.at.date()) if context.plan is not None else None
    services = {
        one.name: one for one in (*(known(context.evidence.watched) or ()), *(known(context.evidence.legacy) or ()))
    }
    for service in services.values():
        spike = cost_spike(service, tolerance, decided, context.rates)
        if spike:
            owner = (Responsible(None, service.owner),) if service.owner else context.holder()
            yield FindingDraft(service.name, spike, owner)


def creep(context: FindingContext) -> Iterator[FindingDraft]:
    """Work continues although the business case no longer holds."""
    children = known(context.evidence.children)
    if children is None or not children.in_progress:
        return
    items = "1 child item is" if children.in_progress == 1 else f"{children.in_progress} child items are"
    if context.off_ramp is not None and context.off_ramp.kind in {OffRampKind.CANCELLED, OffRampKind.KILLED}:
        died = f"was cancelled on {day_text(context.off_ramp.at)}"
        if context.off_ramp.kind is OffRampKind.KILLED:
            died = f"was stopped by the kill switch on {day_text(context.off_ramp.at)}"
        yield FindingDraft("work", f"{items} in progress, although the measure {died}", context.holder())
        return
    plan, estimate = context.effects.plan if context.effects else None, context.estimate
    if plan is not None and not isinstance(estimate, Unknown) and estimate.at_completion <= 0 < plan.total_net():
        gone = Money(estimate.at_completion, plan.currency)
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
        f"{number_of(days, 'day')} in {context.policy.label(context.stage)}, the limit is {limit}",
        context.holder(),
    )


def _value(context: FindingContext) -> ReportingAmount | Unknown | None:
    """The value at stake: the net plan."""
    plan = context.effects.plan if context.effects else None
    rates = converter_of(context.plan.rates if context.plan is not None else None, context.rates)
    return ReportingCurrency(context.policy.currency, rates).net(plan) if plan else None


def unknown_evidence(context: FindingContext) -> Iterator[FindingDraft]:
    """What could not be read: nobody can say that there is nothing."""
    value = _value(context) if serving_items(context.evidence) and context.policy.is_on("PRIORITY_MISMATCH") else None
    facts = (
        ("legacy", context.evidence.legacy),
        ("watched", context.evidence.watched),
        ("team", context.evidence.team),
        ("handoffs", context.evidence.timelines if context.policy.is_on("HANDOFF_WAIT") else None),
        ("value", value),
        ("claims", context.overclaim if context.policy.is_on("OVERCLAIM") else None),
    )
    for subject, fact in facts:
        if isinstance(fact, Unknown):
            yield FindingDraft(subject, fact.reason, ADMINISTRATOR)
    team = _green_team(context) if context.policy.is_on("OVERLOAD") else None
    if team is not None and (some := not_judged(team, context.policy.thresholds.overload_weeks, context.now.date())):
        yield FindingDraft("weekly_hours", not_judged_sentence(some), ADMINISTRATOR)
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


def nobody_named(context: FindingContext) -> Iterator[FindingDraft]:
    """A step of the escalation asks nobody, because the tool names nobody."""
    for role, instead in unnamed_steps(context.measure, context.policy, context.deviation, context.now):
        title, why = context.measure.roles.label(role), "nobody is named"
        if has_left(context.measure, role):
            title, why = responsible(context.measure, role).text, "that account is inactive"
        asked = f"{instead.text} is asked in its place" if instead is not None else "nobody after it is named either"
        sentence = f"the {title} has to be asked for the reason of the deviation, and {why}: {asked}; name one"
        yield FindingDraft(role.value, sentence, (OFFICE,))


def owner_conflict(context: FindingContext) -> Iterator[FindingDraft]:
    """A joined item has another owner."""
    yield from conflict_drafts(context.measure, context.evidence.joined_owners)


def owner_inactive(context: FindingContext) -> Iterator[FindingDraft]:
    """The owner does nothing; nobody is asked while the measure rests."""
    last = context.policy.index(context.stage) + 1 == len(context.policy.stages)
    if context.off_ramp is None and not last:
        limit = context.policy.thresholds.owner_inactive_days
        yield from inactive_drafts(context.measure, context.owner_activity, limit, context.now)


def altered_commands(context: FindingContext) -> Iterator[FindingDraft]:
    """Somebody changed what another person had said."""
    yield from altered_drafts(context.evidence.altered_commands, context.commands, context.measure, context.policy)


def savings_relapse(context: FindingContext) -> Iterator[FindingDraft]:
    """After closure the benefit stopped, or the legacy cost came back."""
    yield from relapse_drafts(context.relapse, context.measure)


def _service_notes(code: str, context: FindingContext) -> Iterator[FindingDraft]:
    """What is reported of a service that the measure is about."""
    hierarchy = context.measure.hierarchy
    place = (known(hierarchy.portfolio) or "", known(hierarchy.program) or "")
    yield from note_drafts(context.evidence.service_notes, code, place, context.holder())


def _cost_spikes(context: FindingContext) -> Iterator[FindingDraft]:
    """Of services that the measure retires or watches, and of those that it is about; of each once."""
    seen = set()
    for draft in (*service_cost_spike(context), *_service_notes("COST_SPIKE", context)):
        if draft.subject.casefold() not in seen:
            seen.add(draft.subject.casefold())
            yield draft


FINDING_RULES: Mapping[str, FindingRule] = {
    "RESOURCE_DIVERSION": zombie,
    "ORPHAN_OWNER": orphan,
    "ROLE_CHANGED": role_changed,
    "LEGACY_COST_RUNNING": legacy_still_paid,
    "SAVINGS_RELAPSE": savings_relapse,
    "PRIORITY_MISMATCH": priority_mismatch,
    "PRIORITY_DRIFT": priority_drift,
    "HANDOFF_WAIT": handoff_wait,
    "OVERLOAD": overload,
    "UNFUNDED_WORK": unfunded_work,
    "OVERCLAIM": double_count,
    "COST_SPIKE": _cost_spikes,
    **{code: partial(_service_notes, code) for code in SERVICE_CODES if code != "COST_SPIKE"},
    "CREEP": creep,
    "AGEING_IN_GATE": ageing,
    "TERMS_CHANGED": _terms_changed,
    "SCOPE_CHANGED": _scope_changed,
    "EVIDENCE_UNKNOWN": unknown_evidence,
    "NOBODY_NAMED": nobody_named,
    "OWNER_CONFLICT": owner_conflict,
    "OWNER_INACTIVE": owner_inactive,
    "COMMAND_ALTERED": altered_commands,
}
