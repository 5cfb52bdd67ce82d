"""A measure's figures as the books of its legal entity have them: in their currency, by their fiscal year.

Each month is converted with the rate that was valid on its first day, straight from the currency of the line: a rate by
way of a third currency is another one than the books have.  Where one is missing nothing is shown but which one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from governance.definitions.variance import exchange_effect
from governance.definitions.years import MONTHS
from governance.effects import ZERO, EffectLine, Version, is_in_net
from governance.estimate_lines import estimate_lines
from governance.line_rates import LineRates
from governance.money import Period
from governance.plan_rates import FrozenRates
from governance.rates import Conversion, MissingRate, Rates


@dataclass(frozen=True, slots=True)
class Books:
    """Whose books: the currency in which they are kept, and the month in which their fiscal year begins."""

    currency: str
    fiscal_year_start: int = 1

    def year_of(self, month: Period) -> Period:
        """The first month of the fiscal year in which a month lies."""
        return Period(month.year - (month.month < self.fiscal_year_start), self.fiscal_year_start)


@dataclass(frozen=True, slots=True)
class BookSums:
    """Net of all costs; ``None`` where there is no such line."""

    plan: Decimal | None
    estimate: Decimal | None
    """What is booked, and the forecast after it."""
    actual: Decimal | None
    fx: Decimal | None = None
    """What exchange rates made of the estimate since the decision; ``None`` before one, or without its rates."""

    @property
    def variance(self) -> Decimal | None:
        """Estimate less plan, favourable positive; both at the rates of the decision."""
        if self.estimate is None or self.plan is None:
            return None
        return self.estimate - (self.fx or ZERO) - self.plan


@dataclass(frozen=True, slots=True)
class BooksFigures:
    """One measure in one set of books; not rounded."""

    books: Books
    year: Period
    """The first month of the fiscal year."""
    whole: BookSums | None
    """All years; ``None`` while a rate is missing."""
    in_year: BookSums | None
    missing: MissingRate | None = None

    @property
    def last_month(self) -> Period:
        """Of the fiscal year."""
        return self.year.plus(MONTHS - 1)


def books_figures(
    lines: Iterable[EffectLine],
    books: Books,
    today: date,
    rates: Rates,
    frozen: FrozenRates | None = None,
    closed: Period | None = None,
) -> BooksFigures:
    """``lines`` are those that count, with the locked plan, which has the rates ``frozen``; the year is the one of
    ``today``.  ``closed``: the last month that the legal entity has closed, where it closes months."""
    counted = tuple(line for line in lines if is_in_net(line))
    year = books.year_of(Period.of(today))
    line_rates = LineRates(rates, frozen)
    expected = estimate_lines(counted, today, closed)
    found: list[_Sums] = []
    for some in (_version(counted, Version.PLAN), expected, _version(counted, Version.ACTUAL)):
        sums = _added(some, year, lambda line: line_rates.convert(line, books.currency))
        if isinstance(sums, MissingRate):
            return BooksFigures(books, year, None, None, sums)
        found.append(sums)
    plan, estimate, actual = found
    fx = _exchange_effect(expected, estimate, year, line_rates, books.currency)
    return BooksFigures(
        books, year, BookSums(plan[0], estimate[0], actual[0], fx[0]), BookSums(plan[1], estimate[1], actual[1], fx[1])
    )


_Sums: TypeAlias = "tuple[Decimal | None, Decimal | None]"
"""Of all months, and of the fiscal year."""


def _added(
    lines: Iterable[EffectLine] | None, year: Period, convert: Callable[[EffectLine], Conversion | MissingRate]
) -> _Sums | MissingRate:
    if lines is None:
        return None, None
    total, in_year = ZERO, ZERO
    for line in lines:
        converted = convert(line)
        if isinstance(converted, MissingRate):
            return converted
        amount = converted.money.amount if line.kind.is_benefit else -converted.money.amount
        total += amount
        if 0 <= year.months_to(line.month) < MONTHS:
            in_year += amount
    return total, in_year


def _exchange_effect(
    expected: Iterable[EffectLine] | None, estimate: _Sums, year: Period, line_rates: LineRates, currency: str
) -> _Sums:
    budget = line_rates.budget
    if budget is None:
        return None, None
    agreed = _added(expected, year, lambda line: budget.convert(line.money, currency, line.month))
    if isinstance(agreed, MissingRate):
        return None, None
    found = [
        None if now is None or then is None else exchange_effect(now, then)
        for now, then in zip(estimate, agreed, strict=True)
    ]
    return found[0], found[1]


def _version(lines: tuple[EffectLine, ...], version: Version) -> tuple[EffectLine, ...] | None:
    return tuple(line for line in lines if line.version is version) or None
