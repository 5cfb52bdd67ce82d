"""A measure's figures as the books of its legal entity have them: in their currency, by their fiscal year.

Each month is converted with the rate that was valid on its first day, straight from the currency of the line: a rate by
way of a third currency is another one than the books have.  Where one is missing nothing is shown but which one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from governance.definitions.years import MONTHS
from governance.effects import ZERO, EffectLine, Version, is_in_net
from governance.estimate_lines import estimate_lines
from governance.line_rates import LineRates
from governance.money import Period
from governance.plan_rates import FrozenRates
from governance.rates import MissingRate, Rates


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

    @property
    def variance(self) -> Decimal | None:
        """Estimate less plan, favourable positive."""
        return None if self.estimate is None or self.plan is None else self.estimate - self.plan


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
    lines: Iterable[EffectLine], books: Books, today: date, rates: Rates, frozen: FrozenRates | None = None
) -> BooksFigures:
    """``lines`` are those that count, with the locked plan, which has the rates ``frozen``; the year is the one of
    ``today``."""
    counted = tuple(line for line in lines if is_in_net(line))
    year = books.year_of(Period.of(today))
    line_rates = LineRates(rates, frozen)
    series = (
        _version(counted, Version.PLAN),
        estimate_lines(counted, today),
        _version(counted, Version.ACTUAL),
    )
    found: list[tuple[Decimal | None, Decimal | None]] = []
    for some in series:
        if some is None:
            found.append((None, None))
            continue
        total, in_year = ZERO, ZERO
        for line in some:
            converted = line_rates.convert(line, books.currency)
            if isinstance(converted, MissingRate):
                return BooksFigures(books, year, None, None, converted)
            amount = converted.money.amount if line.kind.is_benefit else -converted.money.amount
            total += amount
            if 0 <= year.months_to(line.month) < MONTHS:
                in_year += amount
        found.append((total, in_year))
    plan, estimate, actual = found
    return BooksFigures(
        books, year, BookSums(plan[0], estimate[0], actual[0]), BookSums(plan[1], estimate[1], actual[1])
    )


def _version(lines: tuple[EffectLine, ...], version: Version) -> tuple[EffectLine, ...] | None:
    return tuple(line for line in lines if line.version is version) or None
