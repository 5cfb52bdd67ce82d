"""How key figures moved: what they were known to be at the end of each of the last months.

Each point is the portfolio of that day as it is kept, by the rules and rates of then; nothing is calculated anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection

from connector.people.permissions import Viewer
from connector.store.reporting.figures_history import PastPortfolio, currencies_at
from connector.store.reporting.portfolio_filters import PortfolioFilters
from governance import constant_currency
from governance.constant_currency import RatesView
from governance.money import Period
from governance.roll_up import Amounts

MONTHS = 6
"""Ends of months that a sparkline shows before the present value."""


@dataclass(frozen=True, slots=True)
class MonthEnd:
    """What was known when a month ended."""

    month: Period
    amounts: Amounts


@dataclass(frozen=True, slots=True)
class FigureMovement:
    """One figure now and before; ``None`` where it was not known."""

    month: Period
    """The last month that had ended."""
    before: Decimal | None
    """At its end."""
    points: tuple[Decimal, ...]
    """The values that were known, the oldest first; the last one is the present."""

    @property
    def line(self) -> str:
        """The points of a sparkline in a box of 96 by 20; empty for fewer than two."""
        if len(self.points) < 2:
            return ""
        least, most = min(self.points), max(self.points)
        height, step = most - least, Decimal(92) / (len(self.points) - 1)
        return " ".join(
            f"{2 + step * number:.1f},{18 - (16 * (value - least) / height if height else Decimal(8)):.1f}"
            for number, value in enumerate(self.points)
        )


def month_ends(
    connection: Connection,
    viewer: Viewer,
    filters: PortfolioFilters,
    now: datetime,
    names: Sequence[str],
    *,
    currency: str,
    rates: RatesView = RatesView.MONTH,
) -> tuple[MonthEnd, ...]:
    """The ends of the last months at which these figures were known in this currency, the oldest first."""
    asked = dict.fromkeys(
        [*names, *(constant_currency.FX_OF[name] for name in names if name in constant_currency.FX_OF)]
    )
    months = {_last_moment(month): month for month in map(Period.of(now.date()).plus, range(-MONTHS, 0))}
    known_in = currencies_at(connection, list(months))
    found = []
    for at, month in months.items():
        if known_in.get(at) != currency:
            continue
        known = PastPortfolio(connection, viewer, filters, at).amounts(tuple(asked))
        if not known.pop("measures"):
            continue
        amounts = Amounts(**known)
        if rates is RatesView.BUDGET:
            amounts = constant_currency.in_constant_currency(amounts)
        found.append(MonthEnd(month, amounts))
    return tuple(found)


def _last_moment(month: Period) -> datetime:
    """What is stored with the first moment of the next month is not of it."""
    first = month.plus(1).first_day
    return datetime(first.year, first.month, 1, tzinfo=UTC) - timedelta(microseconds=1)


def movements(ends: Sequence[MonthEnd], present: Amounts, names: Sequence[str]) -> Mapping[str, FigureMovement]:
    """By the figure's name; nothing without an end of a month."""
    if not ends:
        return {}
    last = ends[-1]
    shown = {}
    for name in names:
        values = [getattr(end.amounts, name) for end in ends] + [getattr(present, name)]
        points = tuple(value for value in values if value is not None)
        shown[name] = FigureMovement(last.month, getattr(last.amounts, name), points)
    return shown
