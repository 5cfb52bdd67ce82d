"""What an outcome review reads: the months of a quarter, and what was decided, stopped and answered in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, DateTime, and_, cast, func, or_, select, text

from connector.people.permissions import Viewer
from connector.store.database.tables import MEASURE, MEASURE_FIGURES, MEASURE_SERIES
from connector.store.reconcile.frozen_rates import frozen_from_text
from connector.store.reporting.compared_rows import known_lines
from connector.store.reporting.figures_history import figures_at
from connector.store.reporting.portfolio_filters import PortfolioFilters
from connector.store.reporting.portfolio_lists import PortfolioLists
from governance.converted_parts import converted_parts
from governance.definitions.parts import Parts
from governance.definitions.results import ebitda_effect
from governance.definitions.years import number_of
from governance.effects import ZERO, Version
from governance.hierarchy import RollUpMeasure
from governance.left_out import CANCELLED, ON_HOLD, WITHOUT_VALUE
from governance.measure import HierarchyPath, MeasureId
from governance.money import Period
from governance.outcomes import share
from governance.rates import MissingRate, Rates

PART = 500
"""Measures whose lines are read at once."""
VERSIONS = (Version.PLAN, Version.FORECAST, Version.ACTUAL)


@dataclass(frozen=True, slots=True)
class QuarterRow:
    """One measure of the totals: EBITDA effect of the months of a period; ``None`` where there is no such month."""

    id: str
    key: str
    title: str
    owner: str
    portfolio: str
    program: str
    reason: str
    """Why less comes than was planned, as its owner gave it."""
    plan: Decimal | None
    estimate: Decimal | None
    actual: Decimal | None
    validated: Decimal | None
    """Of all months."""


@dataclass(frozen=True, slots=True)
class StepRow:
    """A measure that was decided, stopped or finished in a period."""

    id: str
    key: str
    title: str
    owner: str
    step: str
    at: datetime
    reason: str
    by: str
    run_rate_plan: Decimal | None
    ebitda_plan: Decimal | None


@dataclass(frozen=True, slots=True)
class AnsweredDemands:
    """Measures that were answered: refused before their decision, or decided."""

    refused: int
    approved: int

    @property
    def requests(self) -> int:
        return self.refused + self.approved

    @property
    def share(self) -> Decimal | None:
        return share(self.refused, self.requests)


@dataclass(frozen=True, slots=True)
class Moments:
    """From when and until when, in UTC."""

    since: datetime
    until: datetime


class OutcomeRows(PortfolioLists):
    """Of one part of the portfolio, as one viewer sees it, now or at a moment in the past."""

    def __init__(
        self, connection: Connection, viewer: Viewer, filters: PortfolioFilters, at: datetime | None = None
    ) -> None:
        super().__init__(connection if at is None else figures_at(connection, at), viewer, filters)
        self._present = connection
        self._at = at

    def months(self, months: Sequence[Period], rates: Rates, currency: str) -> tuple[QuarterRow, ...]:
        """Every measure of the totals, by id: the same amounts as the portfolio's curve by month.

        Months are kept for now alone; those of a moment in the past are made of the lines that were known then.
        """
        columns = MEASURE_FIGURES.c
        names = ("measure_id", "key", "title", "owner", "portfolio", "program", "deviation_reason", "validated",
                 "closed_month")  # fmt: skip
        query = select(*(columns[name] for name in names)).where(self._wanted, self._counted)
        rows = self._connection.execute(query.order_by(columns.measure_id)).all()
        if self._at is None:
            amounts = self._present_months(months)
        else:
            amounts = self._known_months(rows, months, rates, currency)
        none: Mapping[Version, Decimal] = {}
        return tuple(
            QuarterRow(
                row.measure_id, row.key, row.title or "", row.owner or "", row.portfolio, row.program,
                row.deviation_reason or "", amounts.get(row.measure_id, none).get(Version.PLAN),
                amounts.get(row.measure_id, none).get(Version.FORECAST),
                amounts.get(row.measure_id, none).get(Version.ACTUAL), row.validated,
            )
            for row in rows
        )  # fmt: skip

    def _present_months(self, months: Sequence[Period]) -> dict[str, dict[Version, Decimal]]:
        series = MEASURE_SERIES.c
        unnested = func.unnest(series.months, series.recurring, series.one_off).table_valued(
            "month", "recurring", "one_off", name="u", joins_implicitly=True
        )
        by_month = unnested.render_derived()
        query = (
            select(series.measure_id, series.version, func.sum(by_month.c.recurring + by_month.c.one_off).label("sum"))
            .select_from(
                MEASURE_FIGURES.join(MEASURE_SERIES, MEASURE_FIGURES.c.measure_id == series.measure_id), by_month
            )
            .where(self._wanted, self._counted, by_month.c.month.in_([one.first_day for one in months]))
            .group_by(series.measure_id, series.version)
        )
        found: dict[str, dict[Version, Decimal]] = {}
        for row in self._connection.execute(query):
            found.setdefault(row.measure_id, {})[Version(row.version)] = row.sum
        return found

    def _known_months(
        self, rows: Sequence[Any], months: Sequence[Period], rates: Rates, currency: str
    ) -> dict[str, dict[Version, Decimal]]:
        wanted = {number_of(month) for month in months}
        found: dict[str, dict[Version, Decimal]] = {}
        for first in range(0, len(rows), PART):
            part = rows[first : first + PART]
            ids = [row.measure_id for row in part]
            lines = known_lines(self._present, ids, self._at, VERSIONS)
            agreed = {
                row.measure_id: frozen_from_text(row.rates)
                for row in self._present.execute(_PLAN_RATES, {"ids": ids, "at": self._at})
            }
            for row in part:
                place = HierarchyPath("", None, None, None, None)
                entry = RollUpMeasure(
                    MeasureId(row.measure_id), place, None, None, lines.get(row.measure_id, ()),
                    rates=agreed.get(row.measure_id),
                )  # fmt: skip
                parts = converted_parts(entry, currency, Period.of(row.closed_month), rates) if entry.lines else None
                if parts is None or isinstance(parts, MissingRate):
                    continue
                made = zip(VERSIONS, (parts.plan, parts.estimate, parts.actual), strict=True)
                found[row.measure_id] = dict(_summed(made, wanted))
        return found

    def answered(self, committed: Sequence[str], within: Moments | None = None) -> AnsweredDemands:
        """In a time, or ever: as :func:`connector.store.reporting.refused_demands.refused_demands` counts them."""
        columns = MEASURE_FIGURES.c
        refused: ColumnElement[bool] = and_(columns.step == CANCELLED, columns.stage.not_in(list(committed)))
        approved: ColumnElement[bool] = columns.stage.in_(list(committed))
        if within is not None and committed:
            refused = and_(refused, _between(_OFF_AT, within))
            approved = and_(approved, _between(_granted_at(committed[0]), within))
        counts = select(func.count().filter(refused).label("refused"), func.count().filter(approved).label("approved"))
        row = self._connection.execute(counts.select_from(self.joined()).where(self._wanted)).one()
        return AnsweredDemands(row.refused, row.approved)

    def stopped(self, within: Moments) -> tuple[StepRow, ...]:
        """Cancelled, put on hold or closed without value in a time, and still so; the newest first."""
        ended = MEASURE_FIGURES.c.step.in_([CANCELLED, ON_HOLD]) & _between(_OFF_AT, within)
        without = (MEASURE_FIGURES.c.step == WITHOUT_VALUE) & _between(_STAGE_AT, within)
        return self._steps(or_(ended, without), func.coalesce(_OFF_AT, _STAGE_AT))

    def started(self, decided: str, within: Moments) -> tuple[StepRow, ...]:
        """Decided in a time, and not stopped since; the newest first."""
        at = _granted_at(decided)
        live = MEASURE_FIGURES.c.step.not_in([CANCELLED, WITHOUT_VALUE])
        return self._steps(_between(at, within) & live, at)

    def finished(self, closing: str, within: Moments) -> tuple[StepRow, ...]:
        """Closed in a time, with the value that was confirmed; the newest first."""
        at = _granted_at(closing)
        return self._steps(_between(at, within) & (MEASURE_FIGURES.c.step == closing), at)

    def _steps(self, wanted: ColumnElement[bool], at: ColumnElement[datetime]) -> tuple[StepRow, ...]:
        columns, off = MEASURE_FIGURES.c, MEASURE.c.measure_state["off_ramp"]
        query = (
            select(
                columns.measure_id, columns.key, columns.title, columns.owner, columns.step, at.label("at"),
                off["reason"].astext.label("reason"), off["by"].astext.label("by"), columns.run_rate_plan,
                columns.ebitda_plan,
            )
            .select_from(self.joined())
            .where(and_(self._wanted, wanted))
            .order_by(at.desc(), columns.measure_id)
        )  # fmt: skip
        return tuple(
            StepRow(
                row.measure_id, row.key, row.title or "", row.owner or "", row.step, row.at, row.reason or "",
                row.by or "", row.run_rate_plan, row.ebitda_plan,
            )
            for row in self._connection.execute(query)
        )  # fmt: skip


def _summed(made: Iterable[tuple[Version, Parts | None]], wanted: set[int]) -> Iterable[tuple[Version, Decimal]]:
    for version, parts in made:
        amounts = [] if parts is None else [
            amount for month, amount in ebitda_effect(parts).items() if month in wanted
        ]  # fmt: skip
        if amounts:
            yield version, sum(amounts, ZERO)


def _granted_at(stage: str) -> ColumnElement[datetime]:
    return cast(MEASURE.c.measure_state[("granted_at", stage)].astext, DateTime(timezone=True))


def _between(at: ColumnElement[datetime], within: Moments) -> ColumnElement[bool]:
    return and_(at >= within.since, at < within.until)


_OFF_AT = cast(MEASURE.c.measure_state[("off_ramp", "at")].astext, DateTime(timezone=True))
_STAGE_AT = MEASURE_FIGURES.c.stage_since
_PLAN_RATES = text("""
    SELECT DISTINCT ON (p.measure_id) p.measure_id, CAST(p.rates AS text) AS rates FROM plan_version AS p
    WHERE p.measure_id = ANY(:ids) AND p.locked_at <= :at ORDER BY p.measure_id, p.number DESC
""")
