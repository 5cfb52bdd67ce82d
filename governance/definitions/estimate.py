"""The latest estimate, part by part: what is closed counts as booked, what is open as forecast."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from governance.definitions.parts import Months, Part, Parts
from governance.effects import ZERO

FAR = 10**6
"""Later than any month: every month counts as closed."""
SPENT_ONCE = frozenset({Part.ONE_OFF_BENEFIT, Part.ONE_OFF_COST, Part.CAPEX})
"""Parts of which the rest is still to come while less is booked than forecast, whenever it was forecast for."""
BENEFITS = frozenset({Part.RECURRING_BENEFIT, Part.SOFT, Part.AVOIDANCE})
"""Recurring parts that count as booked in closed months alone."""
FORECAST_WITH_THE_PLAN = (
    Part.RECURRING_BENEFIT,
    Part.RUNNING_COST,
    Part.ONE_OFF_BENEFIT,
    Part.ONE_OFF_COST,
    Part.CAPEX,
)
"""Parts that have to be forecast once they are planned: an empty field is no forecast of zero."""


def latest_estimate(plan: Parts, actual: Parts, forecast: Parts, closed: int) -> Parts | None:
    """Latest estimate.

    Formula: actuals of closed months + forecast of the open ones, part by part; a closed month without an actual is
    taken from the forecast; of one-off amounts the rest of the forecast is still to come.
    Source: common practice of controllers; PMI, estimate at completion = actual cost + estimate to complete.
    """
    # ``None`` while a planned part has no forecast.
    if any(any(plan.get(part, {}).values()) and part not in forecast for part in FORECAST_WITH_THE_PLAN):
        return None
    estimate: dict[Part, Months] = {}
    for part in Part:
        booked, expected = actual.get(part, {}), forecast.get(part, {})
        if not booked and not expected:
            continue
        if part is Part.LEGACY_COST:
            # The forecast holds what is booked of it as well: see governance.legacy_cost.
            estimate[part] = expected or booked
        elif not booked:
            estimate[part] = expected
        elif part in SPENT_ONCE:
            estimate[part] = one_off_estimate(booked, expected, closed)
        else:
            estimate[part] = recurring_estimate(booked, expected, closed, _spent(part))
    return estimate


def _spent(part: Part) -> Callable[[Decimal], bool]:
    """Which amounts of an open month count although none was forecast; what costs is below zero here."""
    if part in BENEFITS:
        return never
    return below_zero if part is Part.RUNNING_COST else always


def never(_amount: Decimal) -> bool:
    """Of a benefit: it counts once its month is closed."""
    return False


def always(_amount: Decimal) -> bool:
    return True


def below_zero(amount: Decimal) -> bool:
    return amount < 0


def above_zero(amount: Decimal) -> bool:
    return amount > 0


def recurring_estimate(
    booked: Months, expected: Months, closed: int, spent: Callable[[Decimal], bool] = never
) -> Months:
    """What is booked of closed months, over the forecast.

    A cost of an open month counts as well where none was forecast: it is spent.  What takes a cost back, such as the
    reversal of an accrual before its invoice has come, counts once the month is closed.
    """
    counted = {
        month: amount
        for month, amount in booked.items()
        if month <= closed or (month not in expected and spent(amount))
    }
    return {**expected, **counted}


def one_off_estimate(booked: Months, expected: Months, closed: int) -> Months:
    """What is booked, and the rest of the forecast: in the open months that it names, and otherwise in the next."""
    whole = sum(expected.values(), ZERO)
    rest = whole - sum(booked.values(), ZERO)
    # More than the forecast is booked, or what nobody forecast: nothing is still to come.
    if rest * whole <= 0:
        return booked
    months = dict(booked)
    for month in sorted(month for month in expected if month > closed and month not in booked):
        part = expected[month] if abs(expected[month]) < abs(rest) else rest
        # A month that goes the other way is no part of what is still to come.
        if part * whole > 0:
            months[month] = part
            rest -= part
        if not rest:
            return months
    last = max(booked)
    following = (last if closed >= FAR else max(closed, last)) + 1
    months[following] = months.get(following, ZERO) + rest
    return months
