"""Steady state: the months in which a plan brings what it brings from then on, after its ramp and before its end.

A plan is in steady state over some months in a row when they bring at least three quarters of what so many months of
the plan bring on average.  Months that only cost, and a ramp of small ones, are none of them; a benefit that comes once
a quarter is in steady state although two months of three bring nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from governance.effects import ZERO

STEADY_SHARE = Decimal("0.75")


def steady_window(recurring: Mapping[int, Decimal], length: int, until: int | None = None) -> range | None:
    """The latest ``length`` months in a row at steady state, none later than ``until``; ``None`` without any.

    ``recurring`` is planned net recurring by number of the month.  A plan of fewer months is taken whole.
    """
    earning = [month for month, amount in recurring.items() if amount > 0]
    if not earning:
        return None
    first, last = min(earning), max(earning)
    months = last - first + 1
    length = min(length, months)
    counted: Iterable[Decimal] = recurring.values()
    if len(earning) != len(recurring):
        counted = [amount for month, amount in recurring.items() if first <= month <= last]
    mean = sum(counted, ZERO) / months
    least = mean * length * STEADY_SHARE
    latest = last if until is None else min(last, until)
    for start in range(latest - length + 1, first - 1, -1):
        window = range(start, start + length)
        planned = sum([recurring[month] for month in window if month in recurring], ZERO)
        if planned > 0 and planned >= least:
            return window
    return None
