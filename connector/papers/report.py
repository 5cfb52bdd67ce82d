"""What a paper is made of: one part of the portfolio, as one reader sees it, now or on a day in the past."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TypeAlias, TypeVar

from sqlalchemy import Connection

from connector.measures.known_on import KnownOn
from connector.people.permissions import Viewer
from connector.store.reporting.figures_history import PastPortfolio, past_lists
from connector.store.reporting.portfolio import Portfolio
from connector.store.reporting.portfolio_filters import PortfolioFilters
from connector.store.reporting.portfolio_lists import ListPage, MeasureRow, PortfolioLists
from connector.store.reporting.portfolio_results import (
    CurvePoint,
    FigureSettings,
    PortfolioOverview,
    in_constant_currency,
)
from governance import constant_currency
from governance.constant_currency import RatesView
from governance.left_out import ENDED
from governance.rates import Rates
from governance.roll_up import Amounts
from governance.time_text import day_text

Progress: TypeAlias = Callable[[str, int, int], None]
"""Is told what is written, how many rows of it are done, and of how many; 0 when that is not known."""

T = TypeVar("T")

BATCH_ROWS = 2_000
"""Rows that are read at once."""


class NoFigures(Exception):
    """Nothing was calculated yet, or nothing by that day."""


@dataclass(frozen=True)
class Report:
    """The reader, the part, the moment and the rates of one paper."""

    connection: Connection
    """Of :func:`connector.store.database.row_level_access.reading`: it shows what the viewer may see."""
    viewer: Viewer
    organization: str
    stages: Mapping[str, str]
    """Labels of the stages, in their order."""
    rates: Rates
    """Those that are not too old."""
    made_at: datetime
    filters: PortfolioFilters = field(default_factory=PortfolioFilters)
    on: KnownOn | None = None
    """The day whose portfolio it shows; ``None`` is now."""
    view: RatesView = RatesView.MONTH

    @cached_property
    def portfolio(self) -> Portfolio:
        if self.on is None:
            return Portfolio(self.connection, self.viewer, self.filters)
        return PastPortfolio(self.connection, self.viewer, self.filters, self.on.at)

    @cached_property
    def lists(self) -> PortfolioLists:
        if self.on is None:
            return PortfolioLists(self.connection, self.viewer, self.filters)
        return past_lists(self.connection, self.viewer, self.filters, self.on.at)

    @cached_property
    def figures(self) -> FigureSettings:
        """Raises NoFigures."""
        found = self.portfolio.settings()
        if found is None:
            raise NoFigures(
                "No figures were known then: Gatepost had not calculated any yet. Ask for a later day."
                if self.on
                else "No figures have been calculated yet. A worker calculates them once a mapping is active."
            )
        return found

    @cached_property
    def overview(self) -> PortfolioOverview:
        """All sums, at the rates that the reader asked for."""
        found = self.portfolio.overview()
        return in_constant_currency(found) if self.view is RatesView.BUDGET else found

    @cached_property
    def months(self) -> tuple[CurvePoint, ...]:
        """EBITDA and cash effect by month, at the rates that the reader asked for."""
        found = self.portfolio.curve()
        return tuple(point.in_constant_currency() for point in found) if self.view is RatesView.BUDGET else found

    @property
    def as_of(self) -> str:
        """``Figures of 28 Nov 2026, 10:15 UTC``"""
        if self.on is not None:
            return f"As known on {self.on}. What was corrected or decided later is not in it."
        return f"Figures of {day_text(self.figures.refreshed_at)}, {self.figures.refreshed_at:%H:%M} UTC."

    def amounts(self, row: MeasureRow) -> Amounts:
        """A measure's amounts at the rates that the reader asked for."""
        return constant_currency.in_constant_currency(row.amounts) if self.view is RatesView.BUDGET else row.amounts

    def measures(self) -> Iterator[MeasureRow]:
        """Every measure of the part, by id; also those that the totals leave out."""
        return every_row(lambda after: self.lists.measures("key", after, BATCH_ROWS))

    @property
    def asks_for_ended(self) -> bool:
        """Whether the part is of measures that have ended, which totals leave out otherwise."""
        return self.filters.stage in ENDED or self.filters.left_out in ENDED

    def is_counted(self, row: MeasureRow) -> bool:
        """Whether the totals hold the measure, as :func:`connector.store.reporting.portfolio_filters.counted` says."""
        return row.left_out is None or self.filters.left_out is not None or self.asks_for_ended


def every_row(page_after: Callable[[str | None], ListPage[T]]) -> Iterator[T]:
    """The rows of all pages of a list."""
    after: str | None = None
    while True:
        page = page_after(after)
        yield from page.rows
        after = page.next_cursor
        if after is None:
            return
