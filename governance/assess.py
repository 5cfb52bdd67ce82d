"""The entry point of the domain: a measure, its evidence and the policy in; a verdict out.

Decide and explain in one pass: the list of unmet and unknown conditions *is* the decision, and the same
list is what people read.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from governance.actuals_seen import booking_sentences
from governance.altered_commands import withdrawal_events
from governance.approvals import ApprovalContext, evaluate_approvals, rebaseline_rules
from governance.business_case import months_to_sign
from governance.closure import cancelled_status, ended_without_value, without_value_status
from governance.command_rules import CommandContext, apply_commands
from governance.condition_context import ConditionContext
from governance.conditions import evaluate
from governance.deviations import Slip, assess_deviation, next_escalation_at, red_clock
from governance.effects import EffectLine, Effects, sum_up
from governance.evidence import Command, Evidence, Report, Verb
from governance.explain import blockers_of
from governance.facts import Unknown, known
from governance.figures import figures_of
from governance.findings import FindingContext, detect_findings, diversion
from governance.gate_state import GateDueContext, gate_due, shut_state
from governance.gates import REBASELINE, ConditionKind, GrantedStageRule, Policy, RoleChangeRule
from governance.held_clock import HeldClock
from governance.kill_criteria import KillCriteria
from governance.kill_evaluation import CriterionContext, CriterionState, agreed_criteria, evaluate_criteria
from governance.kill_switch import criterion_at, decision_event, kill_switch, kill_switch_at, overdue
from governance.late_commands import facts_seen
from governance.latest_estimate import LatestEstimate, latest_estimate
from governance.legacy import CODE as LEGACY_CODE
from governance.legacy import running_services
from governance.legacy_cost import LegacyCost, legacy_cost, own_lines, with_posted
from governance.locked_plan import LockedPlan, is_changed, lock_plan, rates_of_plan, with_locked_plan
from governance.locked_scope import is_unscoped, scope_change, scope_text, terms_of
from governance.locked_terms import LockedTerms, as_locked, changed_terms
from governance.measure import Measure, Role
from governance.measure_state import (
    Breach,
    ClosedOn,
    Deviation,
    MeasureState,
    OffRamp,
    OffRampKind,
    OwnerActivity,
    SeenFact,
    is_cancelled,
    is_new_breach,
)
from governance.money import CurrencyMismatch, Period
from governance.ownership import inactive_at, observe_owner
from governance.plan_check import PlanCheck
from governance.plan_checks import is_small, past_tolerance, plan_checks
from governance.priorities import highest_priorities
from governance.progress_seen import last_report, observe_progress
from governance.rates import Rates
from governance.relapse import Relapse, find_relapse, months_without_benefit, nothing_booked
from governance.relapse_rules import posted_legacy, relapse_condition, watch_of, watches_legacy
from governance.reporting_amounts import NO_RATES
from governance.role_change import (
    observe_roles,
    pending,
    role_conditions,
    role_event,
    stages_resting_on,
    unaccepted_reason,
    with_acceptance,
)
from governance.role_holders import HeldRole
from governance.schedule import slip_in_days, tolerated_days
from governance.status import implementation_status, potential_status, without_unknown_cost
from governance.validation import NOTHING_SIGNED, Validation, digest_of, is_taken_back, validation_of
from governance.verdict import ConditionResult, Event, EventKind, GateState, Outcome, Status, Verdict


def assess(measure: Measure, evidence: Evidence, policy: Policy, now: datetime, rates: Rates = NO_RATES) -> Verdict:
    """Assess one measure at one moment.  Never raises on what a tool may hold.

    Stages are granted one after another while every condition and approval of the next gate is met.  A stage once
    granted is taken back only when somebody who approves it rejects it, or when the actuals of a closed measure
    change; a fact that was lost shuts the next gate.
    """
    measure = replace(measure, scope=scope_text(evidence.children))
    assessment = _Assessment(measure, evidence, policy, now, rates.aged(now.date(), policy.rate_age_days))
    assessment.observe_roles()
    assessment.apply_commands()
    assessment.rebaseline()
    assessment.read_signatures()
    assessment.report_changed_terms()
    assessment.reopen()
    potential = without_unknown_cost(assessment.potential(), assessment.legacy.problem)
    assessment.assess_deviation()
    assessment.apply_kill_switch(potential)
    assessment.grant()
    assessment.observe_progress()
    moved = assessment.children_moved
    diverted = diversion(evidence, policy, now, moved) if policy.is_on("RESOURCE_DIVERSION") else ""
    reported_at = last_report(assessment.progress_seen, evidence.counted_reports)
    implementation = implementation_status(
        measure, evidence, policy.thresholds, now, diverted, assessment.terms, reported_at=reported_at
    )
    return assessment.verdict(*assessment.final_statuses(implementation, potential))


@dataclass(slots=True)
class _Assessment:
    """One assessment while it is made; each step reads what the steps before it set."""

    measure: Measure
    evidence: Evidence
    policy: Policy
    now: datetime
    rates: Rates
    plan: LockedPlan | None = None
    legacy: LegacyCost = field(default_factory=LegacyCost)
    posted_legacy: tuple[EffectLine, ...] = ()
    relapse: Relapse | None = None
    relapse_lines: tuple[EffectLine, ...] = ()
    relapsed_from: datetime | None = None
    lost_months: tuple[Period, ...] = ()
    effects: Effects | None = None
    effects_problem: str = ""
    estimate: LatestEstimate | Unknown = Unknown("there is no forecast")
    checks: tuple[PlanCheck, ...] = ()
    """The estimate against the plan; empty while it is unknown."""
    granted: int = -1
    newly_granted: list[str] = field(default_factory=list)
    granted_at: dict[str, datetime] = field(default_factory=dict)
    off_ramp: OffRamp | None = None
    deviation: Deviation | None = None
    changed_terms: dict[str, str] = field(default_factory=dict)
    red: HeldClock = field(default_factory=HeldClock)
    agreed_criteria: KillCriteria = field(default_factory=KillCriteria)
    criteria: tuple[CriterionState, ...] = ()
    overridden_criteria: dict[str, datetime] = field(default_factory=dict)
    reopened_at: datetime | None = None
    closed_on: ClosedOn | None = None
    validation: Validation = NOTHING_SIGNED
    commands: tuple[Command, ...] = ()
    role_holders: dict[str, HeldRole] = field(default_factory=dict)
    progress_seen: dict[str, SeenFact] = field(default_factory=dict)
    evaluated_gates: int = 0
    """Gates whose conditions are in ``results``; a gate's facts do not change while stages are granted."""
    results: list[ConditionResult] = field(default_factory=list)
    unmet: bool = False
    next_gate_unmet: bool = False
    """A condition or an approval of the next gate is not met."""
    checklist: tuple[ConditionResult, ...] = ()
    months_to_sign: tuple[Period, ...] = ()
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        before = self.evidence.measure_state
        self.off_ramp, self.deviation, self.closed_on = before.off_ramp, before.deviation, before.closed_on
        self.red, self.reopened_at = HeldClock(before.red_since, before.red_interrupted), before.reopened_at
        self.overridden_criteria = dict(before.overridden_criteria)
        self.granted = self.policy.index(before.stage)
        self.granted_at = dict(before.granted_at)
        self.relapsed_from, self.posted_legacy = before.relapsed_from, posted_legacy(self.measure.effects)
        self.lost_months = before.lost_months
        if self.lost_months:
            self._count_nothing(self.lost_months)
        self._use_plan(before.plan)

    def _use_plan(self, plan: LockedPlan | None) -> None:
        """Count with this plan from here on, and with what is paid for the legacy after its end."""
        self.plan = plan
        self._count_legacy_cost()
        try:
            self.effects, self.effects_problem = sum_up(self._counted_lines()), ""
        except CurrencyMismatch as error:
            self.effects, self.effects_problem = None, str(error)
        today = self.now.date()
        self.estimate = latest_estimate(self.effects, today, self.evidence.closed_through)
        self.checks = ()
        if self.effects is not None and not isinstance(self.estimate, Unknown):
            self.checks = plan_checks(self.effects, self.estimate, today, self.policy.fiscal_year_start)

    def _original_checks(self) -> tuple[PlanCheck, ...]:
        """The estimate against the plan of the decision, which no re-baseline replaces."""
        original = None if self.plan is None else self.plan.original
        if original is None or isinstance(self.estimate, Unknown):
            return self.checks
        try:
            decided = sum_up(original)
        except CurrencyMismatch:
            return ()
        if decided.plan is None or decided.plan.currency != self.estimate.currency:
            return ()
        return plan_checks(decided, self.estimate, self.now.date(), self.policy.fiscal_year_start)

    def potential(self) -> Status:
        """Will the money come: the worst of the checks."""
        today = self.now.date()
        return potential_status(
            self.measure,
            self.effects,
            self.effects_problem,
            self.estimate,
            self.checks,
            lambda check: is_small(check, self.policy, self.rates, today),
            self.policy.thresholds,
        )

    @property
    def terms(self) -> LockedTerms | None:
        """What was locked beside the amounts; ``None`` before the decision."""
        return self.plan.terms if self.plan is not None else None

    def _count_legacy_cost(self) -> None:
        own = own_lines(self.measure.effects)
        end = as_locked(self.measure, self.terms).end
        # What a cancelled measure was to retire stays; it is no cost of the measure.
        services = None if is_cancelled(self.evidence.measure_state.off_ramp) else self.evidence.legacy
        paid = legacy_cost(services, own, end, self.now.date(), self.rates)
        self.legacy = with_posted(paid, self.posted_legacy, own) if self.posted_legacy else paid
        self.measure = replace(self.measure, effects=(*own, *self.posted_legacy, *self.legacy.lines))

    def observe_roles(self) -> None:
        """Notice who holds the roles now; a new holder does not count until the change is accepted."""
        before = self.evidence.measure_state.role_holders
        self.role_holders, changes = observe_roles(self.measure, before, self.policy, self.granted, self.now)
        self.events += map(role_event, changes)
        self.measure = with_acceptance(self.measure, self.role_holders)

    def apply_commands(self) -> None:
        """Rule on the commands that were given since the last assessment."""
        self.events += withdrawal_events(self.evidence.withdrawn_commands, self.policy)
        if not self.evidence.commands:
            return
        seen, changed = self.evidence.measure_state.facts_seen, self.evidence.facts_changed
        context = CommandContext(
            self.measure, self.policy, self.effects, self.granted, self.plan, self.off_ramp, seen, changed,
            role_holders=self.role_holders, officers=self.evidence.officers, scope_changed=self._scope_changed(),
            rates=self.rates, closed_through=self.evidence.closed_through,
        )  # fmt: skip
        apply_commands(self.evidence.commands, context)
        self.measure = context.measure
        killed = self.off_ramp
        self.commands, self.off_ramp = tuple(context.ruled_on), context.off_ramp
        self.events += context.events
        decision = decision_event(killed, self.off_ramp, self.commands)
        if decision is not None:
            self.events.append(decision)
            if self.off_ramp is None:
                holding = self.evidence.measure_state.criteria_since
                self.overridden_criteria |= dict.fromkeys(holding, context.resumed_at or self.now)
        if context.restarted:
            # Whoever resumes a measure has its gates assessed anew, and the kill switch counts from here.
            self.reopened_at, self.red = context.resumed_at, HeldClock()

    def rebaseline(self) -> None:
        """Replace the locked plan by the present one once that was requested and approved as it is now."""
        plan = self.plan
        if plan is None:
            return
        requests = [
            command
            for command in self.commands
            if command.verb is Verb.REBASELINE and command.accepted and command.at > plan.at
        ]
        if not requests or not (is_changed(self.measure, plan) or self._scope_changed()):
            return
        newest = requests[-1]
        rules = [
            replace(rule, above_limit=False) for rule in rebaseline_rules(self.measure, self.policy, plan, self.rates)
        ]
        results = evaluate_approvals(REBASELINE, rules, self._approval_context(newest.at))
        if all(result.outcome is Outcome.MET for result in results):
            by = tuple(result.actual for result in results)
            terms = terms_of(self.measure, self.evidence.children)
            self._use_plan(
                lock_plan(
                    self.measure.effects,
                    self.now,
                    number=plan.number + 1,
                    reason=newest.text,
                    by=by,
                    terms=terms,
                    before=plan,
                    rates=rates_of_plan(self.measure.effects, self.rates, self.now.date(), plan),
                )
            )
            self.events.append(Event(EventKind.REBASELINED, f"Plan {plan.number + 1}: {newest.text}"))

    def read_signatures(self) -> None:
        """What stands of what the controller signed."""
        closing = self.policy.closing_stage
        rejected = [
            one.at
            for one in self.commands
            if one.verb is Verb.REJECT
            and one.stage == closing
            and one.ruling is not None
            and one.ruling.accepted
            and one.ruling.role == Role.CONTROLLER
        ]
        self.validation = validation_of(self.measure, self.plan, self.commands, max(rejected, default=None))

    def _scope_changed(self) -> bool:
        """Whether the child items are others than those that were locked."""
        children, terms = self.evidence.children, self.terms
        return scope_change(children, terms) is not None or is_unscoped(children, terms)

    def report_changed_terms(self) -> None:
        """Record each change of what was agreed, once for each new value."""
        before, plan = self.evidence.measure_state.changed_terms, self.plan
        if plan is None:
            return
        if is_cancelled(self.off_ramp):
            self.changed_terms = dict(before)
            return
        for change in changed_terms(self.measure, plan.terms):
            self.changed_terms[change.subject] = change.present
            if before.get(change.subject) != change.present:
                text = f"Changed after the decision: {change.text}"
                self.events.append(Event(EventKind.TERMS_CHANGED, text))

    def reopen(self) -> None:
        """Take back a stage that was rejected after it was granted, or closed on other actuals."""
        self._reopen_for_relapse()
        stage = self._stage()
        if (
            stage
            and stage == self.policy.closing_stage
            and self.closed_on is not None
            and self.policy.is_on("CONTROLLER_CONFIRM")
            and self._booked_for(self.closed_on.first, self.closed_on.last) != self.closed_on
        ):
            self._take_back(stage, "the actuals have changed since the controller confirmed them")
            self.closed_on = None
        self._reopen_for_legacy()
        if self.policy.after_role_change is GrantedStageRule.TAKE_BACK:
            self._take_back_changed_roles()
        for command in self.commands:
            if command.verb is Verb.REJECT and command.accepted:
                index, when = self.policy.index(command.stage), self.granted_at.get(command.stage)
                while 0 <= index <= self.granted and when is not None and command.at > when:
                    self._take_back(self.policy.stages[self.granted].key, f"{command.person.name}: {command.text}")

    def _reopen_for_relapse(self) -> None:
        """Take back the closing stage when the saving did not stay; what a relapse opened is watched on."""
        stage = self._stage() or ""
        is_closed = stage == self.policy.closing_stage
        closed_at = self.granted_at.get(stage) if is_closed else self.relapsed_from
        if closed_at is None or is_cancelled(self.off_ramp) or self.lost is not None:
            return
        watch = watch_of(self.policy, self.evidence, self.commands, closed_at, self.now.date(), self.rates)
        if watch is None:
            return
        problem = "; ".join(self.measure.unreadable_effects) or self.effects_problem
        services = self.evidence.legacy if watches_legacy(self.policy) else None
        self.relapse = find_relapse(watch, self.effects, problem, services, self.posted_legacy)
        missing = months_without_benefit(self.relapse)
        if missing:
            self._count_nothing(missing)
            self._use_plan(self.plan)
        if is_closed and self.relapse.is_relapse:
            self._take_back(stage, self.relapse.sentence)
            self.closed_on, self.reopened_at, self.relapsed_from = None, self.now, closed_at
            text = self.relapse.sentence
            self.events.append(Event(EventKind.RELAPSED, text[:1].upper() + text[1:]))

    def _counted_lines(self) -> tuple[EffectLine, ...]:
        lines = with_locked_plan(self.measure.effects, self.plan)
        return (*lines, *self.relapse_lines) if self.relapse_lines else lines

    def _count_nothing(self, months: tuple[Period, ...]) -> None:
        # Not among the measure's own lines: nobody has booked them, and nobody signs them.
        self.relapse_lines = (*self.relapse_lines, *nothing_booked(months, self.measure.effects))

    def _booked_for(self, first: Period, last: Period) -> ClosedOn:
        """What is booked of the result for these months; others are signed by themselves.

        A legacy cost that comes back, and a benefit that is taken back, are of what was signed, whenever it is.
        """
        claimed = self.validation.claimed
        lines = {
            key: amount
            for key, amount in claimed.lines.items()
            if first <= key.month <= last or is_taken_back(key, amount)
        }
        return ClosedOn(first, last, "several currencies" if claimed.is_mixed else digest_of(lines, claimed.currency))

    def _closes_on(self) -> ClosedOn | None:
        signed = [signature for _, signature in self.validation.valid]
        if not signed:
            return None
        return self._booked_for(min(one.first for one in signed), max(one.last for one in signed))

    def _reopen_for_legacy(self) -> None:
        """Take back the closing stage when a service that had ended is active or billed again."""
        stage = self._stage()
        gate = self.policy.gate(stage or "")
        asked = gate is not None and ConditionKind.LEGACY_ENDED in gate.conditions
        if stage is None or stage != self.policy.closing_stage or not asked or not self.policy.is_on(LEGACY_CODE):
            return
        services = known(self.evidence.legacy)
        still = running_services(services, self.now.date()) if services else None
        if still is not None:
            self._take_back(stage, still.sentence())
            self.closed_on = None

    def _take_back_changed_roles(self) -> None:
        """Take back every stage that rests on the approval of somebody whose role was changed without acceptance."""
        for role, held in pending(self.role_holders):
            resting = stages_resting_on(role, self.policy, self.granted)
            why = unaccepted_reason(self.measure, role, held, self.policy)
            while resting and self.granted >= self.policy.index(resting[0]):
                self._take_back(self.policy.stages[self.granted].key, why)

    def _take_back(self, stage: str, why: str) -> None:
        self.granted -= 1
        self.granted_at.pop(stage, None)
        label = self.policy.label(stage)
        self.events.append(Event(EventKind.REOPENED, f"{label} taken back: {why}", label=label))

    def assess_deviation(self) -> None:
        """Only a plan that was agreed can be deviated from."""
        if is_cancelled(self.off_ramp) or self.lost is not None:
            # Nobody is asked for the reason any more: why the value does not come has been said.
            self.deviation = None
            return
        if self.plan is None or self.off_ramp is not None:
            return
        past = None
        if self.effects is not None and self.effects.plan is not None and not isinstance(self.estimate, Unknown):
            past = past_tolerance(self.checks, self.policy, self.rates, self.now.date())
        outcome = assess_deviation(
            self.measure, past, self._slip(), self.policy, self.deviation, self.commands, self.now
        )
        self.deviation = outcome.deviation
        self.events += outcome.events

    def _slip(self) -> Slip:
        implemented = self.granted > self.policy.index(self.policy.lock_at)
        days = slip_in_days(self.measure, self.terms, self.now, implemented=implemented)
        return Slip(days, tolerated_days(self.terms, self.policy.thresholds))

    def apply_kill_switch(self, potential: Status) -> None:
        if self.plan is None or self._stage() == self.policy.closing_stage:
            self.red = HeldClock()
            return
        self._evaluate_criteria()
        if self.off_ramp is not None:
            self.off_ramp, events = overdue(self.off_ramp, self.measure, self.now)
            self.events += events
            return
        self.red = red_clock(potential, self.red, self.now)
        self.off_ramp = kill_switch(self.red.running_since, self.criteria, self.policy, self.now)
        if self.off_ramp is not None:
            self.events.append(Event(EventKind.KILLED, self.off_ramp.reason))

    def _evaluate_criteria(self) -> None:
        """What the agreed kill criteria say; an override holds until the criterion no longer does."""
        self.agreed_criteria = agreed_criteria(self.measure, self.plan, self.policy)
        context = CriterionContext(
            self.effects,
            self.evidence.services,
            self._slip().days,
            self.granted,
            self.policy,
            self.now.date(),
            self.rates,
            self.estimate,
        )
        before = self.evidence.measure_state
        clocks = {
            text: HeldClock(since, before.criteria_interrupted.get(text))
            for text, since in before.criteria_since.items()
        }
        self.criteria = evaluate_criteria(self.agreed_criteria, context, clocks, self.overridden_criteria, self.now)
        still = {state.text for state in self.criteria if state.overridden}
        self.overridden_criteria = {text: at for text, at in self.overridden_criteria.items() if text in still}

    def grant(self) -> None:
        """Grant stage after stage until a condition of the next gate is not met."""
        if self.plan is None and self.granted >= self.policy.index(self.policy.lock_at) >= 0 and self._has_plan():
            self._lock("locked when it was found decided")
        self.checklist = self._conditions()
        while self.off_ramp is None and self.checklist and not self.next_gate_unmet:
            self.granted += 1
            stage, label = self.policy.stages[self.granted].key, self.policy.stages[self.granted].label
            self.newly_granted.append(stage)
            self.granted_at[stage] = self.now
            self.events.append(Event(EventKind.GRANTED, f"{label} granted", label=label))
            if stage == self.policy.lock_at and self.plan is None:
                self._lock("locked at the decision")
            if stage == self.policy.closing_stage:
                self.closed_on = self._closes_on()
                # Closed once more, knowing of it; the watch begins anew.
                if self.relapse is not None:
                    self.lost_months = (*self.lost_months, *months_without_benefit(self.relapse))
                self.relapse = None
            self.checklist = self._conditions()

    def _has_plan(self) -> bool:
        return self.effects is not None and self.effects.plan is not None and not self.measure.unreadable_effects

    def _lock(self, reason: str) -> None:
        terms = terms_of(self.measure, self.evidence.children)
        rates = rates_of_plan(self.measure.effects, self.rates, self.now.date())
        self.plan = lock_plan(self.measure.effects, self.now, reason=reason, terms=terms, rates=rates)
        self.events.append(Event(EventKind.PLAN_LOCKED, f"Plan 1 {reason}"))

    def _conditions(self) -> tuple[ConditionResult, ...]:
        """All conditions of the gates up to the next one, and the next one's own approvals."""
        policy = self.policy
        if self.granted + 1 >= len(policy.gates):
            return ()
        for gate in policy.gates[self.evaluated_gates : self.granted + 2]:
            context = ConditionContext(
                gate.into,
                self.measure,
                self.evidence,
                policy,
                self.effects,
                self.effects_problem,
                self.commands,
                self.now,
                self.plan,
                self.deviation,
                self.rates,
                self.validation,
                self.estimate,
            )
            if gate.into == policy.closing_stage:
                self.months_to_sign = months_to_sign(context)
            self.results += self._without_disabled([evaluate(check, context) for check in gate.conditions])
            self.evaluated_gates += 1
        self.unmet = any(result.outcome is not Outcome.MET for result in self.results)
        last = policy.gates[self.granted + 1]
        approval_context = self._approval_context(self.reopened_at)
        approvals = self._without_disabled(evaluate_approvals(last.into, last.approvals, approval_context))
        approvals += role_conditions(self.measure, self.role_holders, policy, self.granted)
        if self.relapse is not None and self.relapse.is_relapse and last.into == policy.closing_stage:
            again = relapse_condition(self.relapse, self.measure, policy, self.commands, self.reopened_at)
            approvals = [*approvals, again]
        self.next_gate_unmet = any(result.outcome is not Outcome.MET for result in approvals) or self.unmet
        return (*self.results, *approvals)

    def _approval_context(self, since: datetime | None) -> ApprovalContext:
        return ApprovalContext(
            self.measure, self.policy, self.effects, self.commands, since, self.rates,
            role_holders=self.role_holders, plan=self.plan, months_to_sign=self.months_to_sign,
        )  # fmt: skip

    def _without_disabled(self, results: list[ConditionResult]) -> list[ConditionResult]:
        """The results of rules that are not switched off."""
        return [result for result in results if result.code not in self.policy.off] if self.policy.off else results

    def _stage(self) -> str | None:
        return self.policy.stages[self.granted].key if self.granted >= 0 else None

    def observe_progress(self) -> None:
        """Notice what people have reported on the work since the last assessment."""
        refused = self.evidence.measure_state.breach
        self.progress_seen = observe_progress(self.evidence, self.now, refused, in_breach=self._is_breach())

    @property
    def children_moved(self) -> datetime | None:
        seen = self.progress_seen.get(Report.CHILDREN)
        return seen.since if seen is not None else None

    def _is_breach(self) -> bool:
        """An item begins in the first stage's status; it has not gone ahead of anything by being there."""
        claimed = self.policy.index(known(self.evidence.tool_stage))
        return claimed > max(self.granted, 0) and self.policy.is_on("GATE_ORDER")

    def _gate(self, due: date | None) -> GateState:
        if isinstance(self.evidence.tool_stage, Unknown):
            return GateState.BLOCKED
        claimed = self.policy.index(self.evidence.tool_stage)
        if self._is_breach():
            return GateState.BREACH
        if self.evidence.ended and not self._may_end():
            return GateState.BREACH
        if is_cancelled(self.off_ramp):
            # Shut, so that no native gate lets it into a later stage; and nobody has to act.
            return GateState.NOT_DUE
        if self.off_ramp is not None:
            return GateState.BLOCKED
        if self.granted > claimed or self.granted + 1 == len(self.policy.stages):
            return GateState.OPEN
        return shut_state(self.checklist, due, self.now)

    def _may_end(self) -> bool:
        """Whether the tool's status may be one in which cancelled work ends."""
        stopped = self.off_ramp is not None and self.off_ramp.kind is not OffRampKind.ON_HOLD
        return stopped or self.lost is not None

    def final_statuses(self, implementation: Status, potential: Status) -> tuple[Status, Status]:
        """Both statuses; what was cancelled, or closed without value, shows no success."""
        if self.off_ramp is not None and is_cancelled(self.off_ramp):
            status = cancelled_status(self.off_ramp)
            return status, status
        if self.lost is not None:
            status = without_value_status(self.lost)
            return status, status
        return implementation, potential

    @property
    def lost(self) -> Command | None:
        """The confirmed value of nothing on which the measure was closed; ``None`` for any other measure."""
        if self._stage() is None or self._stage() != self.policy.closing_stage:
            return None
        return ended_without_value(self.validation, self.commands, self.measure)

    def _gate_due(self) -> date | None:
        if is_cancelled(self.off_ramp):
            return None
        end = known(as_locked(self.measure, self.terms).end)
        context = GateDueContext(self.measure, self.evidence, self.policy, self.granted, self.granted_at, end, self.now)
        return gate_due(context, self.checklist)

    def _allowed_stages(self, gate: GateState) -> tuple[str, ...]:
        claimed = known(self.evidence.tool_stage)
        if gate is not GateState.OPEN or claimed is None:
            return ()
        return tuple(stage.label for stage in self.policy.stages[self.policy.index(claimed) + 1 : self.granted + 1])

    def _open_stages(self) -> tuple[str, ...]:
        """A granted stage is open unless the measure is stopped, or its tool says that it ended or says nothing."""
        stopped = self.off_ramp is not None or (self.evidence.ended and not self._may_end())
        if stopped or isinstance(self.evidence.tool_stage, Unknown):
            return ()
        return tuple(stage.key for stage in self.policy.stages[: self.granted + 1])

    def _breach(self, gate: GateState) -> Breach | None:
        """A breach is reported while the gate stays shut: whoever moved the item finds out why it came back."""
        before = self.evidence.measure_state.breach
        claimed = known(self.evidence.tool_stage)
        if gate is GateState.OPEN:
            return None
        status = self.evidence.tool_status
        if gate is GateState.NOT_DUE and is_cancelled(self.off_ramp):
            return None
        if gate is GateState.BREACH and self.evidence.ended and (before is None or before.status != status):
            into = self.policy.stages[min(self.granted + 1, len(self.policy.stages) - 1)].label
            return Breach(self.now, status, "", into)
        if gate is not GateState.BREACH or claimed is None or (before is not None and before.status == status):
            return before
        into = self.policy.stages[self.granted + 1].label
        return Breach(self.now, status, self.policy.label(claimed), into, self.evidence.moved_by)

    def verdict(self, implementation: Status, potential: Status) -> Verdict:
        policy, before = self.policy, self.evidence.measure_state
        due = self._gate_due()
        stage, gate = self._stage(), self._gate(due)
        not_due_before = due if gate is GateState.NOT_DUE else None
        following = policy.stages[self.granted + 1] if self.granted + 1 < len(policy.stages) else None
        blockers = blockers_of(
            gate, self.granted, self.checklist, self.off_ramp, self.measure, self.evidence, policy, self.now,
            not_due_before,
        )  # fmt: skip
        owner_activity = observe_owner(self.measure, self.evidence, self.commands, self.now)
        findings = detect_findings(
            FindingContext(
                self.measure, self.evidence, policy, self.effects, stage, self.off_ramp, potential, self.now,
                self.role_holders, self.commands, self.plan, self.rates, self.criteria,
                self.agreed_criteria.unreadable, self.children_moved, self.estimate, self.deviation,
                owner_activity, self.relapse,
            )
        )  # fmt: skip
        self.events += [
            Event(EventKind.COMMAND_ALTERED, one.sentence)
            for one in findings
            if one.code == "COMMAND_ALTERED" and one.key not in before.findings_since
        ]
        breach = self._breach(gate)
        if breach is not None and is_new_breach(breach, before.breach):
            text = f"{breach.text} while the gate into {breach.gate} is shut"
            self.events.append(Event(EventKind.BREACHED, text[:1].upper() + text[1:], by=breach.by))
        self.events += [
            Event(EventKind.ACTUALS_BOOKED, text)
            for text in booking_sentences(before.actuals_seen, self.evidence.actuals_seen, before.read_at)
        ]
        read_at = self.evidence.read_at or self.now
        measure_state = MeasureState(
            stage=stage,
            blockers_since={blocker.key: blocker.since for blocker in blockers},
            granted_at=self.granted_at,
            off_ramp=self.off_ramp,
            plan=self.plan,
            closed_on=self.closed_on,
            closed_through=self.evidence.closed_through,
            lost_months=self.lost_months,
            relapsed_from=self.relapsed_from if stage != policy.closing_stage else None,
            reopened_at=self.reopened_at,
            deviation=self.deviation,
            red_since=self.red.since,
            red_interrupted=self.red.interrupted,
            criteria_since={one.text: one.clock.since for one in self.criteria if one.clock.since is not None},
            criteria_interrupted={
                one.text: one.clock.interrupted for one in self.criteria if one.clock.interrupted is not None
            },
            overridden_criteria=self.overridden_criteria,
            findings_since={finding.key: finding.since for finding in findings},
            highest_priorities=highest_priorities(self.evidence),
            breach=breach,
            facts_seen=facts_seen(self.measure, before.facts_seen, read_at),
            read_at=read_at,
            role_holders=self.role_holders,
            changed_terms=self.changed_terms,
            progress_seen=self.progress_seen,
            actuals_seen=self.evidence.actuals_seen,
            owner_activity=owner_activity,
            item_version=self.evidence.item_version,
        )
        return Verdict(
            stage=stage,
            stage_label=policy.label(stage),
            newly_granted=tuple(self.newly_granted),
            next_stage=following.key if following else None,
            next_stage_label=following.label if following else "",
            gate=gate,
            checklist=self.checklist,
            blockers=blockers,
            implementation=implementation,
            potential=potential,
            figures=figures_of(
                self.effects, self.estimate, self.plan, policy.thresholds, self._original_checks(), self.validation
            ),
            policy_version=policy.version,
            gate_due=not_due_before,
            gate_name=policy.gate_names.get(gate.value, ""),
            off_ramp=self.off_ramp,
            without_value=self.off_ramp is None and self.lost is not None,
            deviation=self.deviation,
            findings=findings,
            legacy_lines=self.legacy.lines,
            relapse=self.relapse,
            relapse_lines=self.relapse_lines,
            allowed_stages=self._allowed_stages(gate),
            open_stages=self._open_stages(),
            kill_criteria=self.criteria,
            reason_requests=self.deviation.reason_requests if self.deviation and not self.deviation.reason else (),
            events=tuple(self.events),
            signed=tuple(line for _, line in sorted(self.validation.signed.items())),
            commands=self.commands,
            measure_state=measure_state,
            reassess_at=self._reassess_at(due, owner_activity),
        )

    def _reassess_at(self, due: date | None, owner_activity: OwnerActivity | None) -> datetime | None:
        """When time alone will change something: the escalation, the kill switch, the end date, the ageing."""
        if is_cancelled(self.off_ramp):
            return None
        kill_at = kill_switch_at(self.red.running_since, self.policy.thresholds.kill_red_months)
        moments = [
            next_escalation_at(self.deviation, self.policy),
            kill_at if self.off_ramp is None else None,
            self.off_ramp.decide_by if self.off_ramp is not None else None,
            *(criterion_at(state) for state in self.criteria),
            inactive_at(owner_activity, self.policy.thresholds.owner_inactive_days),
        ]
        if self.policy.role_change is RoleChangeRule.COOLING:
            moments += [
                held.changed_at + self.policy.cooling for _, held in pending(self.role_holders) if held.changed_at
            ]
        end = known(as_locked(self.measure, self.terms).end)
        if end is not None and not self.evidence.done:
            passed = datetime(end.year, end.month, end.day, tzinfo=self.now.tzinfo) + timedelta(days=1)
            moments += [passed, passed + timedelta(days=tolerated_days(self.terms, self.policy.thresholds))]
        if end is not None and self.evidence.legacy:
            # From the month after the agreed end on, what is still paid for the legacy counts.
            following = Period.of(max(end, self.now.date())).plus(1).first_day
            moments.append(datetime(following.year, following.month, 1, tzinfo=self.now.tzinfo))
        if due is not None:
            moments.append(datetime(due.year, due.month, due.day, tzinfo=self.now.tzinfo))
        if self.relapse is not None or self._stage() == self.policy.closing_stage:
            # Another month is over then.
            following = Period.of(self.now).plus(1).first_day
            moments.append(datetime(following.year, following.month, 1, tzinfo=self.now.tzinfo))
        granted = self.granted_at.get(self._stage() or "")
        if granted is not None:
            moments.append(granted + timedelta(days=self.policy.thresholds.ageing_days + 1))
        return min((moment for moment in moments if moment is not None and moment > self.now), default=None)
