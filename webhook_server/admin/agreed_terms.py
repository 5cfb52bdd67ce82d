"""What somebody agrees to with an approval: the size, when it pays back, and what it will be measured by."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from connector.store.measures.measure_details import MeasureSnapshot
from governance.available_actions import AvailableAction
from governance.effects import ZERO, Effects, sum_up
from governance.facts import Fact, Unknown
from governance.gates import Policy
from governance.investment import cash_of, payback_months
from governance.locked_plan import net_of
from governance.money import CurrencyMismatch, Money, Period
from governance.validation import claimed_of

MAX_MONTHS = 120


@dataclass(frozen=True, slots=True)
class AgreedTerms:
    """The terms as they stand in the tool now; ``None`` where nothing is stated."""

    size: Money | None
    """Net of all years, in the measure's currency."""
    cost: Money | None
    """What is spent before it pays back: the lowest point of the cumulative cash, as a positive amount."""
    first_month: Period | None
    last_month: Period | None
    payback_months: int | None
    baseline: str
    objective: str
    kill_criteria: str
    locked: Money | None
    """What was agreed to before, where a plan is locked."""

    @property
    def change(self) -> Decimal | None:
        """How much the plan differs from what was agreed to before."""
        if self.size is None or self.locked is None or self.size.currency != self.locked.currency:
            return None
        return self.size.amount - self.locked.amount


def agreed_to(snapshot: MeasureSnapshot, policy: Policy) -> AgreedTerms:
    measure, plan = snapshot.measure, None
    try:
        effects: Effects | None = sum_up(measure.effects)
    except CurrencyMismatch:
        effects = None
    plan = effects.plan if effects is not None else None
    cash = cash_of(plan, policy.thresholds.contingency) if plan is not None else {}
    months = sorted(cash)
    running, lowest = ZERO, ZERO
    for month in months:
        running += cash[month]
        lowest = min(lowest, running)
    return AgreedTerms(
        Money(plan.net_total, plan.currency) if plan is not None else None,
        Money(-lowest, plan.currency) if plan is not None else None,
        plan.first if plan is not None else None,
        plan.last if plan is not None else None,
        payback_months(cash) if cash else None,
        _stated(measure.baseline),
        _stated(measure.objective),
        _stated(measure.kill_criteria),
        net_of(snapshot.plan.lines) if snapshot.plan else None,
    )


def _stated(fact: Fact[Money] | Fact[str]) -> str:
    if isinstance(fact, Unknown):
        return f"not readable: {fact.reason}"
    return "" if fact is None else str(fact)


def months_without_bookings(snapshot: MeasureSnapshot, action: AvailableAction) -> tuple[Period, ...]:
    """Months of a confirmation for which nothing is booked."""
    if action.month is None:
        return ()
    first, last = action.first_month or action.month, action.month
    booked = {key.month for key in claimed_of(snapshot.measure.effects).of(first, last)}
    return tuple(month for month in islice(first.until(last), MAX_MONTHS) if month not in booked)
