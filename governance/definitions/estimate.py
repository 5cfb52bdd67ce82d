"""The latest estimate, part by part: what is closed counts as booked, what is open as forecast."""

from __future__ import annotations

from decimal import Decimal

from governance.definitions.parts import Months, Part, Parts
from governance.effects import ZERO

SPENT_ONCE = frozenset({Part.ONE_OFF_BENEFIT, Part.ONE_OFF_COST, Part.CAPEX})
"""Parts of which the rest is still to come while less is booked than forecast, whenever it was forecast for."""


def latest_estimate(actual: Parts, forecast: Parts, closed: int) -> Parts:
    """Latest estimate.

    Formula: actuals of closed months + forecast of the open ones, part by part; a closed month without an actual is
    taken from the forecast; of one-off amounts the rest of the forecast is still to come.
    Source: common practice of controllers; PMI, estimate at completion = actual cost + estimate to complete.
    """
    estimate: dict[Part, Months] = {}
    for part in Part:
        booked, expected = actual.get(part, {}), forecast.get(part, {})
        if not booked and not expected:
            continue
        if part is Part.LEGACY_COST:
            # The forecast holds what is booked of it as well: see governance.legacy_cost.
            estimate[part] = expected or booked
        elif part in SPENT_ONCE and booked:
            estimate[part] = _spent_once(booked, expected, closed)
        else:
            estimate[part] = _recurring(booked, expected, closed)
    return estimate


def _recurring(booked: Months, expected: Months, closed: int) -> dict[int, Decimal]:
    counted = {month: amount for month, amount in booked.items() if month <= closed or month not in expected}
    return {**expected, **counted}


def _spent_once(booked: Months, expected: Months, closed: int) -> dict[int, Decimal]:
    """What is booked, and the rest of the forecast: in the open months that it names, and otherwise in the next."""
    months, whole = dict(booked), sum(expected.values(), ZERO)
    rest = whole - sum(booked.values(), ZERO)
    # More than the forecast is booked, or what nobody forecast: nothing is still to come.
    if rest * whole <= 0:
        return months
    for month in sorted(month for month in expected if month > closed and month not in booked):
        part = expected[month] if abs(expected[month]) < abs(rest) else rest
        months[month] = part
        rest -= part
        if rest == 0:
            return months
    following = max(closed, max(booked)) + 1
    months[following] = months.get(following, ZERO) + rest
    return months
