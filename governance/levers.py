"""What it does to the money of one measure to defer, pause or stop it.

Formulas, over the months of the latest estimate (of the plan before there is one) in the reporting currency; ``f`` is
the first month that is not closed and ``n`` the months by which something is put off::

    defer or pause   recurring'(m) = recurring(m − n)      for m − n ≥ f, up to the last month of the estimate
                     recurring'(m) = recurring(f − 1)      for the n months from f on: what flows already goes on
                     spend'(m)     = spend(m − n)          for m − n ≥ f, as far as it goes: nothing becomes cheaper
                     spend'(m)     = 0                     for the n months from f on
    stop             recurring'(m) = spend'(m) = 0         for m ≥ f

``spend`` is the one-off effect and capex, shown below zero.  What recurs past the last month of the estimate is lost,
so that no horizon grows by waiting; what is to be spent is spent all the same.  A measure that is stopped loses what
flows already as well: nobody has said that it stays.  Closed months never change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from governance.definitions.years import FiscalYear, in_year, number_of
from governance.effects import ZERO
from governance.money import Period


class Lever(StrEnum):
    """What may be done with a measure, in the order of how much it takes away."""

    DEFER = "defer"
    """It has not begun: everything comes later."""
    PAUSE = "pause"
    """It is under way: spending stops for some months, and the rest comes later."""
    STOP = "stop"

    @property
    def puts_off(self) -> bool:
        return self is not Lever.STOP


def lever_text(lever: Lever, months: int) -> str:
    """``Defer by 3 months``, ``Stop``"""
    if not lever.puts_off:
        return "Stop"
    return f"{lever.value.capitalize()} by {'1 month' if months == 1 else f'{months} months'}"


@dataclass(frozen=True, slots=True)
class Flows:
    """The latest estimate of a measure by number of the month (year × 12 + month − 1)."""

    recurring: Mapping[int, Decimal] = field(default_factory=dict)
    """Recurring benefit − running cost."""
    one_off: Mapping[int, Decimal] = field(default_factory=dict)
    """One-off benefit − one-off cost."""
    capex: Mapping[int, Decimal] = field(default_factory=dict)
    """Below zero."""

    def from_month(self, first: int) -> bool:
        """Whether anything is to come from that month on."""
        every = (self.recurring, self.one_off, self.capex)
        return any(amount and month >= first for months in every for month, amount in months.items())


@dataclass(frozen=True, slots=True)
class LeverEffect:
    """What a lever changes; positive amounts are better for the result or the budget."""

    in_year_recurring: Decimal = ZERO
    """Of the fiscal year; below zero is benefit that does not come."""
    in_year_one_off: Decimal = ZERO
    in_year_capex: Decimal = ZERO
    all_recurring: Decimal = ZERO
    """Of all months: what is lost for good."""
    all_spend: Decimal = ZERO
    """One-off effect and capex of all months."""

    @property
    def in_year_result(self) -> Decimal:
        """EBITDA effect of the fiscal year."""
        return self.in_year_recurring + self.in_year_one_off

    @property
    def in_year_spend(self) -> Decimal:
        """Freed budget of the fiscal year."""
        return self.in_year_one_off + self.in_year_capex

    @property
    def all_months(self) -> Decimal:
        return self.all_recurring + self.all_spend

    @property
    def later(self) -> Decimal:
        """Recurring result that the year does not have and that comes in another one; below zero it comes earlier."""
        return self.all_recurring - self.in_year_recurring


NO_CHANGE = LeverEffect()


def effect_of(lever: Lever, flows: Flows, months: int, first: Period, year: FiscalYear) -> LeverEffect:
    """``months`` counts for what is put off; ``first`` is the first month that is not closed.

    Raises ValueError for a deferral or pause of less than a month.
    """
    if lever.puts_off and months < 1:
        raise ValueError("something is put off by at least one month")
    start = number_of(first)
    recurring = _changed(lever, flows.recurring, months, start, recurs=True)
    one_off, capex = (_changed(lever, each, months, start, recurs=False) for each in (flows.one_off, flows.capex))
    return LeverEffect(
        in_year(recurring, year),
        in_year(one_off, year),
        in_year(capex, year),
        sum(recurring.values(), ZERO),
        sum(one_off.values(), ZERO) + sum(capex.values(), ZERO),
    )


def _changed(
    lever: Lever, before: Mapping[int, Decimal], months: int, start: int, *, recurs: bool
) -> dict[int, Decimal]:
    """By month, what is afterwards less what was before."""
    if not before:
        return {}
    after: dict[int, Decimal] = {}
    if lever.puts_off:
        last, flowing = max(before), before.get(start - 1, ZERO)
        for month, amount in before.items():
            if month >= start and (not recurs or month + months <= last):
                after[month + months] = amount
        if recurs and flowing:
            after |= dict.fromkeys(range(start, min(start + months, last + 1)), flowing)
    every = {month for month in (*before, *after) if month >= start}
    return {month: change for month in sorted(every) if (change := after.get(month, ZERO) - before.get(month, ZERO))}
