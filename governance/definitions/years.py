"""What falls into a fiscal year, and what a measure brings once it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from governance.definitions.parts import Months
from governance.effects import ZERO
from governance.money import Period

MONTHS = 12
TRAILING = 3
"""Months whose mean stands for the steady month where nobody declared one."""


class YearName(StrEnum):
    """Which calendar year a fiscal year is called by."""

    FIRST = "first"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class FiscalYear:
    """Twelve months from ``first``."""

    first: Period
    named_by: YearName = YearName.FIRST

    @classmethod
    def of(cls, day: date, start: int, named_by: YearName = YearName.FIRST) -> FiscalYear:
        """The fiscal year of a day; ``start`` is the number of its first month."""
        return cls(Period(day.year - (day.month < start), start), named_by)

    @classmethod
    def named(cls, name: int, start: int, named_by: YearName = YearName.FIRST) -> FiscalYear:
        """The fiscal year that people call ``name``."""
        begins = name - 1 if named_by is YearName.LAST and start > 1 else name
        return cls(Period(begins, start), named_by)

    @property
    def last(self) -> Period:
        return self.first.plus(MONTHS - 1)

    @property
    def name(self) -> int:
        return self.last.year if self.named_by is YearName.LAST else self.first.year

    @property
    def label(self) -> str:
        """``FY 2027``"""
        return f"FY {self.name}"

    @property
    def following(self) -> FiscalYear:
        return FiscalYear(self.first.plus(MONTHS), self.named_by)

    @property
    def numbers(self) -> range:
        """Its months as numbers."""
        begin = number_of(self.first)
        return range(begin, begin + MONTHS)


def number_of(month: Period) -> int:
    """The month as a number: ``year × 12 + month − 1``."""
    return month.year * 12 + month.month - 1


def in_year(months: Months, year: FiscalYear) -> Decimal:
    """In-year.

    Formula: Σ of the months of the fiscal year.
    Source: McKinsey Wave, calendarised impacts.
    """
    wanted = year.numbers
    return sum((amount for month, amount in months.items() if month in wanted), ZERO)


def run_rate(recurring: Months, at: int, steady: int | None = None) -> Decimal:
    """Run-rate.

    Formula: 12 × the declared steady month, or 12 × the mean of the three months up to the date; 0 before it begins
    and after it has ended.
    Source: McKinsey Wave, annualised impacts; common practice of controllers.
    """
    if not recurring:
        return ZERO
    first, last = min(recurring), max(recurring)
    if not first <= at <= last:
        return ZERO
    if steady is not None:
        return recurring.get(steady, ZERO) * MONTHS
    window = range(max(first, at - TRAILING + 1), at + 1)
    return yearly_mean([recurring.get(month, ZERO) for month in window])


def yearly_mean(amounts: Sequence[Decimal]) -> Decimal:
    """12 × the mean of some months."""
    return sum(amounts, ZERO) * MONTHS / len(amounts)


def exit_rate(recurring: Months, year: FiscalYear) -> Decimal:
    """Exit rate.

    Formula: 12 × the last month of the fiscal year.
    Source: common practice of controllers.
    """
    return recurring.get(number_of(year.last), ZERO) * MONTHS


def carry_over(recurring: Months, year: FiscalYear) -> Decimal:
    """Carry-over.

    Formula: recurring EBITDA of the next fiscal year − recurring EBITDA of this one, of measures that are live in
    this one.
    Source: common practice of controllers.
    """
    if not any(amount for month, amount in recurring.items() if month in year.numbers):
        return ZERO
    return in_year(recurring, year.following) - in_year(recurring, year)
