"""Steady state: what a plan brings a month from then on, after its ramp and before its end.

One rule for the run-rate of the sheet, for the light, for the months that are seen before a measure is closed, and for
those that are watched afterwards.  Months in a row are in steady state when they bring at least three quarters of what
so many months of the plan bring on average.  Months that only cost, and a ramp of small ones, are none of them; a
benefit that comes once a quarter is in steady state although two months of three bring nothing.  The steady month is
the last at which three of them bring most; whoever closes a measure sees the latest of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from governance.definitions.parts import Months
from governance.definitions.years import TRAILING, yearly_mean
from governance.effects import ZERO

STEADY_SHARE = Decimal("0.75")


def steady_month(recurring: Months) -> int | None:
    """Steady month.

    Formula: the last month at which the mean of the three months up to it is greatest; of an effect that only costs
    its last month.
    Source: ours, for the run-rate of an effect whose steady month nobody declared.
    """
    # Three months with the greatest mean bring more than three quarters of the average: they are in steady state.
    if not recurring:
        return None
    first, last = min(recurring), max(recurring)
    best, greatest = last, ZERO
    amounts = [recurring.get(month, ZERO) for month in range(first, last + 1)]
    if amounts.count(amounts[0]) == len(amounts):
        return last  # The same every month, as most plans are.
    for end in range(TRAILING, len(amounts) + 1):
        rate = yearly_mean(amounts[end - TRAILING : end])
        if rate > 0 and rate >= greatest:
            best, greatest = first + end - 1, rate
    return best


def declared_month(recurring: Months, declared: int | None) -> int | None:
    """The declared steady month, where the effect has it: a month before or after it declares nothing."""
    return declared if declared is not None and recurring.get(declared, ZERO) > 0 else None


def steady_window(
    recurring: Months, length: int, until: int | None = None, declared: int | None = None
) -> range | None:
    """The latest ``length`` months in a row at steady state, none later than ``until``; ``None`` without any.

    ``recurring`` is planned net recurring by number of the month.  A plan of fewer months is taken whole.  None of them
    is before the ``declared`` beginning of the steady state; declaring one makes no ramp and no small month steady.
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
    earliest = first if declared is None else max(first, declared)
    for start in range(latest - length + 1, earliest - 1, -1):
        window = range(start, start + length)
        planned = sum([recurring[month] for month in window if month in recurring], ZERO)
        if planned > 0 and planned >= least:
            return window
    return None
