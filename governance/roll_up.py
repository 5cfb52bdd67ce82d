"""One measure's part of every total, in the reporting currency: what the roll-ups are made of.

Every figure is one of :mod:`governance.definitions`.  A total is the sum of these amounts over its measures, so that it
comes to the same along every dimension, and plan, latest estimate and variance are of the same measures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal

from governance.closed_months import NO_CLOSED_MONTHS, ClosedMonths
from governance.definitions.leakage import LeakReason
from governance.definitions.years import (
    FiscalYear,
)
from governance.effects import ZERO, Version
from governance.left_out import LeftOut
from governance.money import Period
from governance.rates import RATE_AGE_DAYS, MissingRate, Rates
from governance.track_record import TrackPart


@dataclass(frozen=True, slots=True)
class RollUpSettings:
    """What every figure depends on; other settings make other figures."""

    currency: str
    year: FiscalYear
    """The fiscal year that *in-year* means."""
    closed: Period
    """The last month that is over: actuals count up to it, forecast after it, unless a close says otherwise."""
    weights: Mapping[str, Decimal]
    """Share of the benefit that the pipeline counts, by stage, in the order of the stages."""
    committed_from: str
    """The stage from which committed totals count a measure."""
    rate_age_days: int = RATE_AGE_DAYS
    """Greatest age of an exchange rate; an older one is missing."""
    closed_months: ClosedMonths = NO_CLOSED_MONTHS
    """What each legal entity has closed, as a measure's verdict takes it."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What the stages are called."""

    def closed_of(self, legal_entity: str | None) -> Period:
        """The last closed month of a legal entity; of one that closes nothing here the last month that is over."""
        found = self.closed_months.through(legal_entity)
        return self.closed if found is None else min(self.closed, found)

    def usable(self, rates: Rates) -> Rates:
        """The rates that are not too old in the month after the last closed one."""
        return rates.aged(self.closed.plus(1).first_day, self.rate_age_days)

    @property
    def stages(self) -> tuple[str, ...]:
        return tuple(self.weights)

    def is_committed(self, stage: str | None) -> bool:
        stages = self.stages
        return stage in stages and stages.index(stage) >= stages.index(self.committed_from)

    def is_open(self, stage: str | None) -> bool:
        """Whether more may come of the stage than is there: all but the last one."""
        return stage != self.stages[-1]


@dataclass(frozen=True, slots=True)
class Amounts:
    """What a measure adds to the totals; ``None`` where it has no such figure.  Below zero is less than nothing.

    ``plan`` is the locked plan at the rates of its decision, ``estimate`` the latest estimate and ``actual`` what is
    booked, both at the rates of their months.  ``…_fx`` is the part of an estimate or actual that exchange rates made
    since the decision: without it the amount is at the rates of the decision.
    """

    recurring_plan: Decimal | None = None
    recurring_estimate: Decimal | None = None
    one_off_plan: Decimal | None = None
    one_off_estimate: Decimal | None = None
    budget: Decimal | None = None
    """Cost that was approved, of the ledger's entries of the version budget."""
    ebitda_original: Decimal | None = None
    ebitda_plan: Decimal | None = None
    ebitda_estimate: Decimal | None = None
    ebitda_actual: Decimal | None = None
    variance: Decimal | None = None
    """EBITDA effect: latest estimate − plan, both at the rates of the decision."""
    ebit_plan: Decimal | None = None
    ebit_estimate: Decimal | None = None
    capex_plan: Decimal | None = None
    capex_estimate: Decimal | None = None
    capex_actual: Decimal | None = None
    cash_plan: Decimal | None = None
    cash_estimate: Decimal | None = None
    cash_actual: Decimal | None = None
    in_year_plan: Decimal | None = None
    """EBITDA effect of the fiscal year."""
    in_year_estimate: Decimal | None = None
    in_year_actual: Decimal | None = None
    in_year_cash_plan: Decimal | None = None
    in_year_cash_estimate: Decimal | None = None
    run_rate_plan: Decimal | None = None
    """In the plan's steady month."""
    run_rate_estimate: Decimal | None = None
    """At the same age."""
    run_rate_closed: Decimal | None = None
    """Of the latest estimate in the last closed month."""
    exit_rate_plan: Decimal | None = None
    exit_rate_estimate: Decimal | None = None
    carry_over_plan: Decimal | None = None
    carry_over_estimate: Decimal | None = None
    in_year_original: Decimal | None = None
    """EBITDA effect of the fiscal year in the plan of the decision, from which leakage is counted."""
    run_rate_original: Decimal | None = None
    """In the steady month of the plan of the decision."""
    run_rate_loss: Decimal | None = None
    run_rate_gain: Decimal | None = None
    in_year_loss: Decimal | None = None
    in_year_gain: Decimal | None = None
    committed_run_rate: Decimal | None = None
    """The planned run-rate if the measure is past the commitment, whatever became of it."""
    committed_in_year: Decimal | None = None
    pipeline: Decimal | None = None
    avoidance_plan: Decimal | None = None
    avoidance_estimate: Decimal | None = None
    soft_plan: Decimal | None = None
    soft_estimate: Decimal | None = None
    delayed_benefit: Decimal | None = None
    """Benefit of the open months of the fiscal year that a shut gate before the implementation delays."""
    claimed: Decimal | None = None
    """Booked EBITDA effect of all months."""
    validated: Decimal | None = None
    """What of it the controller has signed."""
    unvalidated: Decimal | None = None
    """What of it nobody has signed."""
    recurring_fx: Decimal | None = None
    one_off_fx: Decimal | None = None
    ebitda_fx: Decimal | None = None
    ebitda_actual_fx: Decimal | None = None
    ebit_fx: Decimal | None = None
    capex_fx: Decimal | None = None
    capex_actual_fx: Decimal | None = None
    cash_fx: Decimal | None = None
    cash_actual_fx: Decimal | None = None
    in_year_fx: Decimal | None = None
    in_year_actual_fx: Decimal | None = None
    in_year_cash_fx: Decimal | None = None
    run_rate_fx: Decimal | None = None
    run_rate_closed_fx: Decimal | None = None
    run_rate_original_fx: Decimal | None = None
    """Of the latest estimate at the age of the original plan in its steady month."""
    exit_rate_fx: Decimal | None = None
    carry_over_fx: Decimal | None = None
    avoidance_fx: Decimal | None = None
    soft_fx: Decimal | None = None


AMOUNTS = tuple(each.name for each in fields(Amounts))


@dataclass(frozen=True, slots=True)
class MonthlyFigures:
    """One month of plan, latest estimate (``forecast``) or actual."""

    version: Version
    month: Period
    recurring: Decimal
    one_off: Decimal
    capex: Decimal
    cash: Decimal
    """The whole cash effect."""
    avoidance: Decimal
    soft: Decimal
    ebitda_fx: Decimal = ZERO
    """Of the EBITDA effect the part that exchange rates made since the decision."""
    cash_fx: Decimal = ZERO

    @property
    def ebitda(self) -> Decimal:
        return self.recurring + self.one_off


@dataclass(frozen=True, slots=True)
class MeasureFigures:
    """A measure's figures, all in one currency."""

    left_out: LeftOut | None
    """Why the committed totals do not hold it."""
    amounts: Amounts
    run_rate_losses: Mapping[LeakReason, Decimal] = field(default_factory=dict)
    in_year_losses: Mapping[LeakReason, Decimal] = field(default_factory=dict)
    months: tuple[MonthlyFigures, ...] = ()
    missing: MissingRate | None = None
    """The first rate that it lacks; then it has no amounts."""
    track: TrackPart | None = None
    """Its part of a track record; ``None`` before it is decided."""
    pipeline_benefit: Decimal = ZERO
    """What of the pipeline is benefit."""
    validated_months: Mapping[Period, Decimal] = field(default_factory=dict)
    """The validated value by month."""
