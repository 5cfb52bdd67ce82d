"""Ways to lay one amount over months, exact to the cent."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from typing import TypeAlias

from governance.money import Money, Period

CENT = Decimal("0.01")
MAX_MONTHS = 600

MonthlyAmounts: TypeAlias = tuple[tuple[Period, Money], ...]


class SpreadShape(StrEnum):
    LINEAR = "linear"
    """Every month the same."""
    FRONT = "front"
    """Falling: of n months the first weighs n, the last 1."""
    BACK = "back"
    """Rising: of n months the first weighs 1, the last n."""


def spread(total: Money, start: Period, end: Period, shape: SpreadShape = SpreadShape.LINEAR) -> MonthlyAmounts:
    """Lay an amount over the months from ``start`` to ``end``; the last month takes what rounding leaves.

    Raises ValueError when the end lies before the start or 50 years after it.
    """
    if end < start:
        raise ValueError(f"{end} lies before {start}")
    if start.months_to(end) >= MAX_MONTHS:
        raise ValueError(f"{start} to {end} is longer than 50 years")
    months = list(start.until(end))
    count = len(months)
    match shape:
        case SpreadShape.LINEAR:
            weights: Sequence[int] = [1] * count
        case SpreadShape.FRONT:
            weights = range(count, 0, -1)
        case SpreadShape.BACK:
            weights = range(1, count + 1)
    return _by_weight(total, months, weights)


def _by_weight(total: Money, months: Sequence[Period], weights: Sequence[int]) -> MonthlyAmounts:
    whole = Decimal(sum(weights))
    # Most amounts are laid out evenly: each weight is worked out once.
    part_of = {weight: (total.amount * weight / whole).quantize(CENT, ROUND_DOWN) for weight in set(weights)}
    parts = [part_of[weight] for weight in weights[:-1]]
    parts.append(total.amount - sum(parts, Decimal(0)))
    return tuple((month, Money(part, total.currency)) for month, part in zip(months, parts, strict=True))
