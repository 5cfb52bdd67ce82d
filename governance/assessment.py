"""One assessment while it is made: what is known so far, and what each of its steps reads."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime

from governance.approvals import ApprovalContext
from governance.claims import NOT_COMPARED, Overclaim
from governance.closure import ended_without_value
from governance.deviations import Slip
from governance.effects import EffectLine, Effects, sum_up, with_steady_state
from governance.evidence import Command, Evidence, Report
from governance.facts import Unknown, known
from governance.gates import Policy
from governance.held_clock import HeldClock
from governance.kill_criteria import KillCriteria
from governance.kill_evaluation import CriterionState
from governance.latest_estimate import LatestEstimate, latest_estimate
from governance.legacy_cost import LegacyCost, legacy_cost, own_lines, with_posted
from governance.locked_plan import LockedPlan, with_locked_plan
from governance.locked_scope import is_unscoped, scope_change
from governance.locked_terms import LockedTerms, as_locked, steady_from
from governance.measure import Measure
from governance.measure_state import (
    ClosedOn,
    Deviation,
    OffRamp,
    SeenFact,
    is_cancelled,
)
from governance.money import CurrencyMismatch, Period
from governance.plan_check import PlanCheck
from governance.plan_checks import is_small, plan_checks
from governance.plan_rates import converter_of
from governance.rates import MissingRate, Rates
from governance.relapse import Relapse, nothing_booked
from governance.relapse_rules import posted_legacy
from governance.role_holders import HeldRole
from governance.schedule import slip_in_days, tolerated_days
from governance.status import potential_status
from governance.validation import NOTHING_SIGNED, Validation, digest_of, is_taken_back
from governance.verdict import ConditionResult, Event, Status


@dataclass(slots=True)
class Assessment:
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
    overclaim: Overclaim | Unknown | None = NOT_COMPARED
    """Set before the first stage may be granted."""
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
            self.count_nothing(self.lost_months)
        self.use_plan(before.plan)

    def use_plan(self, plan: LockedPlan | None) -> None:
        """Count with this plan from here on, and with what is paid for the legacy after its end."""
        self.plan = plan
        self._count_legacy_cost()
        try:
            self.effects, self.effects_problem = sum_up(self._counted_lines()), ""
            self.effects = with_steady_state(self.effects, self.steady_from)
        except CurrencyMismatch as error:
            self.effects, self.effects_problem = None, str(error)
        today = self.now.date()
        self.estimate = latest_estimate(self.effects, today, self.evidence.closed_through)
        self.checks = ()
        if self.effects is not None and not isinstance(self.estimate, Unknown):
            self.checks = self._checks(self.effects, today)

    def _count_legacy_cost(self) -> None:
        own = own_lines(self.measure.effects)
        end = as_locked(self.measure, self.terms).end
        # What a cancelled measure was to retire stays; it is no cost of the measure.
        services = None if is_cancelled(self.evidence.measure_state.off_ramp) else self.evidence.legacy
        paid = legacy_cost(services, own, end, self.now.date(), self.rates)
        self.legacy = with_posted(paid, self.posted_legacy, own) if self.posted_legacy else paid
        effects = (*own, *self.posted_legacy, *self.legacy.lines)
        if effects != self.measure.effects:
            self.measure = replace(self.measure, effects=effects)

    def _counted_lines(self) -> tuple[EffectLine, ...]:
        lines = with_locked_plan(self.measure.effects, self.plan)
        return (*lines, *self.relapse_lines) if self.relapse_lines else lines

    def count_nothing(self, months: tuple[Period, ...]) -> None:
        # Not among the measure's own lines: nobody has booked them, and nobody signs them.
        self.relapse_lines = (*self.relapse_lines, *nothing_booked(months, self.measure.effects))

    def original_checks(self) -> tuple[PlanCheck, ...]:
        """The estimate against the plan of the decision, which no re-baseline replaces.

        A plan of another currency is compared at the rates of the decision: a re-baseline into another currency ends no
        shortfall.
        """
        original = None if self.plan is None else self.plan.original
        if original is None or isinstance(self.estimate, Unknown):
            return self.checks
        converter, lines = converter_of(self.plan.rates if self.plan is not None else None, self.rates), []
        for line in original:
            converted = converter.convert(line.money, self.estimate.currency, line.month)
            if isinstance(converted, MissingRate):
                return ()
            lines.append(replace(line, money=converted.money))
        return self._checks(sum_up(lines), self.now.date())

    def _checks(self, effects: Effects, today: date) -> tuple[PlanCheck, ...]:
        if isinstance(self.estimate, Unknown):
            return ()
        policy = self.policy
        return plan_checks(effects, self.estimate, today, policy.fiscal_year_start, policy.fiscal_year_named_by)

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

    @property
    def steady_from(self) -> Period | None:
        return steady_from(self.measure, self.terms)

    def stage(self) -> str | None:
        return self.policy.stages[self.granted].key if self.granted >= 0 else None

    @property
    def lost(self) -> Command | None:
        """The confirmed value of nothing on which the measure was closed; ``None`` for any other measure."""
        if self.stage() is None or self.stage() != self.policy.closing_stage:
            return None
        return ended_without_value(self.validation, self.commands, self.measure)

    def scope_changed(self) -> bool:
        """Whether the child items are others than those that were locked."""
        children, terms = self.evidence.children, self.terms
        return scope_change(children, terms) is not None or is_unscoped(children, terms)

    def has_plan(self) -> bool:
        return self.effects is not None and self.effects.plan is not None and not self.measure.unreadable_effects

    def slip(self) -> Slip:
        implemented = self.granted > self.policy.index(self.policy.lock_at)
        days = slip_in_days(self.measure, self.terms, self.now, implemented=implemented)
        return Slip(days, tolerated_days(self.terms, self.policy.thresholds))

    def approval_context(self, since: datetime | None) -> ApprovalContext:
        return ApprovalContext(
            self.measure, self.policy, self.effects, self.commands, since, self.rates,
            role_holders=self.role_holders, plan=self.plan, months_to_sign=self.months_to_sign,
        )  # fmt: skip

    def booked_for(self, first: Period, last: Period) -> ClosedOn:
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

    def closes_on(self) -> ClosedOn | None:
        signed = [signature for _, signature in self.validation.valid]
        if not signed:
            return None
        return self.booked_for(min(one.first for one in signed), max(one.last for one in signed))

    def is_breach(self) -> bool:
        """An item begins in the first stage's status; it has not gone ahead of anything by being there."""
        claimed = self.policy.index(known(self.evidence.tool_stage))
        return claimed > max(self.granted, 0) and self.policy.is_on("GATE_ORDER")

    @property
    def children_moved(self) -> datetime | None:
        seen = self.progress_seen.get(Report.CHILDREN)
        return seen.since if seen is not None else None
