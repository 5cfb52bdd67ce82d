"""Money, months and conversion with dated rates.

Money is :class:`decimal.Decimal` with a currency; a month is a :class:`Period`, never a date.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple, Self

from governance.minor_digits import minor_digits

MAX_DIGITS = 15
"""Digits before the point of the largest amount that is believed."""
MAX_AMOUNT = Decimal(10) ** MAX_DIGITS
MAX_DECIMALS = 100
"""Digits behind the point; a binary fraction as a text has up to 40."""


def is_reasonable(number: Decimal) -> bool:
    """Whether a number can be an amount: finite, and of a size that can be added, stored and shown."""
    if not number.is_finite():
        return False
    exponent = number.as_tuple().exponent
    return number.adjusted() < MAX_DIGITS and isinstance(exponent, int) and exponent >= -MAX_DECIMALS


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies were added or compared without a rate."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in one currency (ISO 4217 code)."""

    amount: Decimal
    currency: str

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.amount < other.amount

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.amount <= other.amount

    def __str__(self) -> str:
        """``1,234,567 EUR``; cents are shown only where they are not zero."""
        whole = self.amount == self.amount.to_integral_value()
        return f"{self.amount:,.{0 if whole else minor_digits(self.currency)}f} {self.currency}"

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} need a rate before they meet")


class _YearMonth(NamedTuple):
    year: int
    month: int


class Period(_YearMonth):
    """One month."""

    # A tuple beneath: an assessment hashes and compares months some hundred times, which a tuple does in C.
    __slots__ = ()

    def __new__(cls, year: int, month: int) -> Self:
        if not 1 <= month <= 12:
            raise ValueError(f"month must be 1 to 12, not {month}")
        return tuple.__new__(cls, (year, month))

    @classmethod
    def of(cls, day: date) -> Period:
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> Period:
        """``2026-10``.  Raises ValueError for anything else."""
        return _parsed(text)

    def plus(self, months: int) -> Period:
        index = self.year * 12 + self.month - 1 + months
        return Period(index // 12, index % 12 + 1)

    def until(self, last: Period) -> Iterator[Period]:
        """Every month from this one to ``last``, both included."""
        step = self
        while step <= last:
            yield step
            step = step.plus(1)

    def months_to(self, other: Period) -> int:
        """Months from this period to another; negative when it lies before."""
        return (other.year - self.year) * 12 + other.month - self.month

    @property
    def first_day(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        return date(self.year, self.month, calendar.monthrange(self.year, self.month)[1])

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


@lru_cache(maxsize=4_096)
def _parsed(text: str) -> Period:
    """What is stored of measures and services names the same few hundred months in every line."""
    year, _, month = text.partition("-")
    if len(year) != 4 or len(month) != 2 or not (year + month).isdigit():
        raise ValueError(f"a month is written YYYY-MM, not {text!r}")
    return Period(int(year), int(month))
