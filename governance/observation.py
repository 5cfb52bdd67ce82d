"""What has to be seen before a measure is closed: months in a row in which the plan is in steady state, all booked.

Not any three months: months that only cost, a ramp of small amounts and hand-picked good months show nothing of what
was planned.  What counts is what is left of the benefit after running cost, in the same months on both sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from governance.effects import RECURRING, ZERO, EffectKind, Effects, Series, period
from governance.latest_estimate import LATE_MONTHS, net_recurring, sum_of
from governance.money import Period
from governance.steady_state import steady_window


@dataclass(frozen=True, slots=True)
class Observation:
    """The observed months: what was planned for them, and what is booked."""

    first: Period
    last: Period
    length: int
    booked: int
    """Of these months, how many have every recurring kind booked that is planned for them."""
    planned: Decimal
    """Planned net recurring; above zero."""
    reached: Decimal
    """Booked net recurring, less legacy cost since the first of these months."""
    legacy: Decimal


def observation(effects: Effects, plan: Series, months: int, today: date, closed: Period | None) -> Observation | None:
    """The latest closed months at planned steady state; ``None`` when there are not so many yet."""
    planned, actual = net_recurring(plan.kinds), effects.actual
    limit = _number(closed) if closed is not None else today.year * 12 + today.month - 2
    booked = actual.kinds.get(EffectKind.BENEFIT, {}) if actual is not None else {}
    newest = max((month for month in booked if month <= limit), default=limit)
    # Bookings come late; the observed months end two months ago at the earliest, so that nothing stopped closes.
    until = limit if closed is not None else max(newest, limit - LATE_MONTHS)
    window = steady_window(planned, months, until)
    if window is None:
        return None
    kinds = actual.kinds if actual is not None else {}
    reached = net_recurring(kinds)
    legacy = sum(
        (amount for month, amount in kinds.get(EffectKind.LEGACY_COST, {}).items() if month >= window[0]), ZERO
    )
    return Observation(
        period(window[0]),
        period(window[-1]),
        len(window),
        sum(_is_booked(month, plan, effects) for month in window),
        sum((planned.get(month, ZERO) for month in window), ZERO),
        sum((reached.get(month, ZERO) for month in window), ZERO) - legacy,
        legacy,
    )


def earns_once(plan: Series) -> Decimal:
    """Planned one-off benefit."""
    return sum_of(plan.kinds, EffectKind.ONE_OFF_BENEFIT)


def earns_regularly(plan: Series) -> bool:
    return any(amount > 0 for amount in plan.kinds.get(EffectKind.BENEFIT, {}).values())


def _is_booked(month: int, plan: Series, effects: Effects) -> bool:
    """A running cost that nobody books would make the net better than it is."""
    booked = effects.actual.kinds if effects.actual is not None else {}
    return all(month in booked.get(kind, {}) for kind in RECURRING if plan.kinds.get(kind, {}).get(month))


def _number(month: Period) -> int:
    return month.year * 12 + month.month - 1
