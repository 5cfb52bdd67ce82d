"""The verdict of an assessment, with its findings, and when time alone will change it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from governance.actuals_seen import booking_sentences
from governance.assessment import Assessment
from governance.breach_times import MAX_REVERTS, breach_times
from governance.capital import capitalised
from governance.delay_cost import DelayCost, cost_of_a_day, delay_cost, waiting_since
from governance.deviations import next_escalation_at
from governance.explain import blockers_of
from governance.facts import Unknown, known
from governance.figures import figures_of
from governance.findings import FindingContext, detect_findings
from governance.gate_outcome import (
    allowed_stages,
    breach_of,
    gate_due_of,
    gate_state_of,
    highest_stage,
    open_stages,
)
from governance.gates import RoleChangeRule
from governance.handoffs import observed
from governance.kill_switch import criterion_at, kill_switch_at
from governance.late_commands import facts_seen
from governance.locked_terms import as_locked
from governance.measure_state import (
    MeasureState,
    OwnerActivity,
    is_cancelled,
    is_new_breach,
)
from governance.money import Period
from governance.ownership import inactive_at, observe_owner
from governance.plan_rates import converter_of
from governance.priorities import highest_priorities
from governance.progress_seen import observe_progress
from governance.reporting_amounts import ReportingAmount, ReportingCurrency
from governance.role_change import (
    pending,
)
from governance.schedule import tolerated_days
from governance.value_waits import value_waits
from governance.verdict import Blocker, Event, EventKind, GateState, Status, Verdict
from governance.waits import ValueWaits


def _currency(assessment: Assessment) -> ReportingCurrency:
    rates = converter_of(assessment.plan.rates if assessment.plan is not None else None, assessment.rates)
    return ReportingCurrency(assessment.policy.currency, rates)


def _a_day(assessment: Assessment, *, waits: bool) -> ReportingAmount | Unknown | None:
    """What a day of waiting costs; nothing where nobody waits, or nothing is lost by it."""
    plan = assessment.effects.plan if assessment.effects else None
    closed = assessment.stage() == assessment.policy.closing_stage
    if not waits or plan is None or closed or is_cancelled(assessment.off_ramp):
        return None
    return cost_of_a_day(plan, _currency(assessment))


def _delay(
    assessment: Assessment, a_day: ReportingAmount | Unknown | None, since: Mapping[str, datetime]
) -> DelayCost | None:
    """Of tickets that a valuable measure waits for; nothing where an amount is not known."""
    plan = assessment.effects.plan if assessment.effects else None
    if not since or plan is None or not isinstance(a_day, ReportingAmount):
        return None
    value = _currency(assessment).net(plan)
    if not isinstance(value, ReportingAmount):
        return None
    return delay_cost(assessment.evidence, a_day, value, assessment.policy.thresholds.high_value, since)


def verdict_of(assessment: Assessment, implementation: Status, potential: Status) -> Verdict:
    policy, before = assessment.policy, assessment.evidence.measure_state
    due = gate_due_of(assessment)
    stage, gate = assessment.stage(), gate_state_of(assessment, due)
    not_due_before = due if gate is GateState.NOT_DUE else None
    following = policy.stages[assessment.granted + 1] if assessment.granted + 1 < len(policy.stages) else None
    blockers = blockers_of(
        gate,
        assessment.granted,
        assessment.checklist,
        assessment.off_ramp,
        assessment.measure,
        assessment.evidence,
        policy,
        assessment.now,
        not_due_before,
    )
    owner_activity = observe_owner(assessment.measure, assessment.evidence, assessment.commands, assessment.now)
    since = waiting_since(assessment.evidence, assessment.now)
    waits = bool(since) or gate.holds_up or bool(assessment.evidence.timelines)
    a_day = _a_day(assessment, waits=waits)
    delay = _delay(assessment, a_day, since)
    findings = detect_findings(
        FindingContext(
            assessment.measure,
            assessment.evidence,
            policy,
            assessment.effects,
            stage,
            assessment.off_ramp,
            potential,
            assessment.now,
            assessment.role_holders,
            assessment.commands,
            assessment.plan,
            assessment.rates,
            assessment.criteria,
            assessment.agreed_criteria.unreadable,
            assessment.children_moved,
            assessment.estimate,
            assessment.deviation,
            owner_activity,
            assessment.relapse,
            delay,
            a_day,
            implementation,
            assessment.overclaim,
        )
    )
    assessment.events += [
        Event(EventKind.COMMAND_ALTERED, one.sentence)
        for one in findings
        if one.code == "COMMAND_ALTERED" and one.key not in before.findings_since
    ]
    breach = breach_of(assessment, gate)
    if breach is not None and is_new_breach(breach, before.breach):
        text = f"{breach.text} while the gate into {breach.gate} is shut"
        assessment.events.append(Event(EventKind.BREACHED, capitalised(text), by=breach.by))
    times = breach_times(before, assessment.now, in_breach=gate is GateState.BREACH)
    if len(times) > max(MAX_REVERTS, len(before.breach_times)):
        text = f"Past a shut gate {len(times)} times within a day: it is not moved back any more for now"
        assessment.events.append(Event(EventKind.BREACH_STAYS, text))
    assessment.events += [
        Event(EventKind.ACTUALS_BOOKED, text)
        for text in booking_sentences(before.actuals_seen, assessment.evidence.actuals_seen, before.read_at)
    ]
    read_at = assessment.evidence.read_at or assessment.now
    measure_state = MeasureState(
        stage=stage,
        blockers_since={blocker.key: blocker.since for blocker in blockers},
        granted_at=assessment.granted_at,
        off_ramp=assessment.off_ramp,
        plan=assessment.plan,
        closed_on=assessment.closed_on,
        closed_through=assessment.evidence.closed_through,
        lost_months=assessment.lost_months,
        relapsed_from=assessment.relapsed_from if stage != policy.closing_stage else None,
        reopened_at=assessment.reopened_at,
        deviation=assessment.deviation,
        red_since=assessment.red.since,
        red_interrupted=assessment.red.interrupted,
        criteria_since={one.text: one.clock.since for one in assessment.criteria if one.clock.since is not None},
        criteria_interrupted={
            one.text: one.clock.interrupted for one in assessment.criteria if one.clock.interrupted is not None
        },
        overridden_criteria=assessment.overridden_criteria,
        findings_since={finding.key: finding.since for finding in findings},
        waiting_since=since,
        highest_priorities=highest_priorities(assessment.evidence),
        tickets_seen=observed(known(assessment.evidence.timelines) or ()),
        breach=breach,
        breach_times=times,
        in_breach=gate is GateState.BREACH,
        facts_seen=facts_seen(assessment.measure, before.facts_seen, read_at),
        read_at=read_at,
        role_holders=assessment.role_holders,
        changed_terms=assessment.changed_terms,
        progress_seen=assessment.progress_seen,
        actuals_seen=assessment.evidence.actuals_seen,
        owner_activity=owner_activity,
        item_version=assessment.evidence.item_version,
    )
    return Verdict(
        stage=stage,
        stage_label=policy.label(stage),
        newly_granted=tuple(assessment.newly_granted),
        next_stage=following.key if following else None,
        next_stage_label=following.label if following else "",
        gate=gate,
        checklist=assessment.checklist,
        blockers=blockers,
        implementation=implementation,
        potential=potential,
        figures=figures_of(
            assessment.effects,
            assessment.estimate,
            assessment.plan,
            policy.thresholds,
            assessment.original_checks(),
            assessment.validation,
        ),
        policy_version=policy.version,
        gate_due=not_due_before,
        gate_name=policy.gate_names.get(gate.value, ""),
        off_ramp=assessment.off_ramp,
        without_value=assessment.off_ramp is None and assessment.lost is not None,
        deviation=assessment.deviation,
        findings=findings,
        legacy_lines=assessment.legacy.lines,
        relapse=assessment.relapse,
        relapse_lines=assessment.relapse_lines,
        allowed_stages=allowed_stages(assessment, gate),
        highest_stage=highest_stage(assessment, gate),
        open_stages=open_stages(assessment),
        delay=delay,
        kill_criteria=assessment.criteria,
        reason_requests=assessment.deviation.reason_requests
        if assessment.deviation and not assessment.deviation.reason
        else (),
        events=tuple(assessment.events),
        steady_from=assessment.steady_from,
        signed=tuple(line for _, line in sorted(assessment.validation.signed.items())),
        commands=assessment.commands,
        measure_state=measure_state,
        value_waits=_value_waits(assessment, a_day, gate, following.label if following else "", blockers),
        reassess_at=_reassess_at(assessment, due, owner_activity),
    )


def _value_waits(
    assessment: Assessment,
    a_day: ReportingAmount | Unknown | None,
    gate: GateState,
    next_stage: str,
    blockers: tuple[Blocker, ...],
) -> ValueWaits | None:
    """What is implemented waits for nothing: its benefit flows."""
    implemented = assessment.granted >= len(assessment.policy.stages) - 2
    if implemented or not isinstance(a_day, ReportingAmount):
        return None
    return value_waits(a_day, gate, next_stage, blockers, known(assessment.evidence.timelines) or ())


def _reassess_at(assessment: Assessment, due: date | None, owner_activity: OwnerActivity | None) -> datetime | None:
    """When time alone will change something: the escalation, the kill switch, the end date, the ageing."""
    if is_cancelled(assessment.off_ramp):
        return None
    kill_at = kill_switch_at(assessment.red.running_since, assessment.policy.thresholds.kill_red_months)
    moments = [
        next_escalation_at(assessment.deviation, assessment.policy),
        kill_at if assessment.off_ramp is None else None,
        assessment.off_ramp.decide_by if assessment.off_ramp is not None else None,
        *(criterion_at(state) for state in assessment.criteria),
        inactive_at(owner_activity, assessment.policy.thresholds.owner_inactive_days),
    ]
    if assessment.policy.role_change is RoleChangeRule.COOLING:
        moments += [
            held.changed_at + assessment.policy.cooling
            for _, held in pending(assessment.role_holders)
            if held.changed_at
        ]
    end = known(as_locked(assessment.measure, assessment.terms).end)
    if end is not None and not assessment.evidence.done:
        passed = datetime(end.year, end.month, end.day, tzinfo=assessment.now.tzinfo) + timedelta(days=1)
        moments += [passed, passed + timedelta(days=tolerated_days(assessment.terms, assessment.policy.thresholds))]
    if end is not None and assessment.evidence.legacy:
        # From the month after the agreed end on, what is still paid for the legacy counts.
        following = Period.of(max(end, assessment.now.date())).plus(1).first_day
        moments.append(datetime(following.year, following.month, 1, tzinfo=assessment.now.tzinfo))
    if due is not None:
        moments.append(datetime(due.year, due.month, due.day, tzinfo=assessment.now.tzinfo))
    if assessment.relapse is not None or assessment.stage() == assessment.policy.closing_stage:
        # Another month is over then.
        following = Period.of(assessment.now).plus(1).first_day
        moments.append(datetime(following.year, following.month, 1, tzinfo=assessment.now.tzinfo))
    granted = assessment.granted_at.get(assessment.stage() or "")
    if granted is not None:
        moments.append(granted + timedelta(days=assessment.policy.thresholds.ageing_days + 1))
    return min((moment for moment in moments if moment is not None and moment > assessment.now), default=None)


def read_progress(assessment: Assessment) -> None:
    """Notice what people have reported on the work since the last assessment."""
    refused = assessment.evidence.measure_state.breach
    assessment.progress_seen = observe_progress(
        assessment.evidence, assessment.now, refused, in_breach=assessment.is_breach()
    )
