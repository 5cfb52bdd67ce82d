"""Measures of which nobody has reported since a moment: no fact that reports on the work has changed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, DateTime, and_, func, literal_column, or_, select

from connector.store.database.tables import MEASURE_FIGURES
from connector.store.reporting.portfolio_lists import PortfolioLists
from governance.left_out import ON_HOLD


@dataclass(frozen=True, slots=True)
class Unreported:
    """One measure, with whoever owes the report."""

    id: str
    key: str
    title: str
    owner: str
    last: datetime | None
    """When something that reports on the work changed last; ``None`` is not known."""


@dataclass(frozen=True, slots=True)
class UnreportedMeasures:
    measures: int
    """That are to be reported on: neither ended, nor on hold, nor closed."""
    count: int
    """Of them those without a report."""
    rows: tuple[Unreported, ...]
    """The longest ago first."""


class UnreportedRows(PortfolioLists):
    """Of one part of the portfolio, as one viewer sees it, now."""

    def since(self, since: datetime, closing_stage: str, limit: int = 50) -> UnreportedMeasures:
        """Those whose last report is older, or not known; what the owner did on the measure is a report as well."""
        columns = MEASURE_FIGURES.c
        open_ones = and_(self._wanted, self._live, self._listed, columns.step.not_in([ON_HOLD, closing_stage]))
        silent = or_(_last.is_(None), _last < since)
        counts = select(func.count(), func.count().filter(silent)).select_from(self.joined()).where(open_ones)
        measures, count = self._connection.execute(counts).one()
        query = (
            select(columns.measure_id, columns.key, columns.title, columns.owner, _last.label("last"))
            .select_from(self.joined())
            .where(open_ones, silent)
            .order_by(_last.nulls_first(), columns.measure_id)
            .limit(limit)
        )
        rows = tuple(_unreported(row) for row in self._connection.execute(query)) if count and limit else ()
        return UnreportedMeasures(int(measures), int(count), rows)

    def ids_of(self, named: Collection[str]) -> frozenset[str]:
        """Those of the named measures that the viewer sees in the part."""
        if not named:
            return frozenset()
        columns = MEASURE_FIGURES.c
        query = select(columns.measure_id).where(self._wanted, columns.measure_id.in_(sorted(named)))
        return frozenset(self._connection.execute(query).scalars())


def _unreported(row: Any) -> Unreported:
    return Unreported(row.measure_id, row.key, row.title or "", row.owner or "", row.last)


_last: ColumnElement[datetime] = literal_column(
    """(SELECT max(one.at) FROM (
            SELECT CAST(seen.value ->> 'since' AS timestamptz) AS at
            FROM jsonb_each(coalesce(measure.measure_state -> 'progress_seen', '{}')) AS seen (key, value)
            UNION ALL SELECT CAST(measure.measure_state #>> '{owner_activity,acted_at}' AS timestamptz)
        ) AS one)""",
    DateTime(timezone=True),
)
