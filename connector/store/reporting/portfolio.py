"""What a portfolio page asks for, from roll-ups where they know the answer and from single measures where not.

All of it runs on a connection of :func:`connector.store.database.row_level_access.reading`, so that a sum is the sum
of what its reader may see.  Lists of single measures and lines are in :mod:`connector.store.reporting.portfolio_lists`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    case,
    func,
    literal,
    null,
    select,
    tuple_,
    union,
)

from connector.people.permissions import Viewer
from connector.store.database.tables import (
    FIGURES_PROGRESS,
    FIGURES_SETTINGS,
    MEASURE_FIGURES,
    MEASURE_SERIES,
    ROLLUP_CURVE,
    ROLLUP_GROUP,
    ROLLUP_MONTH,
)
from connector.store.database.tables.rollups import LEAKS, SUMS
from connector.store.reporting.portfolio_filters import (
    HIERARCHY_LEVELS,
    PortfolioFilters,
    can_use_sums,
    counted,
    measures_where,
    sums_where,
    visible_measures,
    visible_sums,
)
from connector.store.reporting.portfolio_results import (
    CurvePoint,
    FigureSettings,
    FilterChoices,
    HierarchySums,
    PortfolioOverview,
    PortfolioSums,
    RebuildProgress,
)
from governance.effects import Version
from governance.money import Period
from governance.roll_up import LEFT_OUT
from governance.sums import LeakReason


class Portfolio:
    """One part of the portfolio, as one viewer sees it."""

    def __init__(self, connection: Connection, viewer: Viewer, filters: PortfolioFilters) -> None:
        self._connection = connection
        self._viewer = viewer
        self._filters = filters
        self._grouped = can_use_sums(viewer)

    def settings(self) -> FigureSettings | None:
        """``None`` before the first figures were made."""
        row = self._connection.execute(select(FIGURES_SETTINGS)).first()
        return FigureSettings(row.currency, row.fiscal_year_start, row.year, row.refreshed_at) if row else None

    def rebuild_progress(self) -> RebuildProgress | None:
        row = self._connection.execute(select(FIGURES_PROGRESS)).first()
        return RebuildProgress(row.reason, row.done, row.total, row.started_at) if row else None

    def overview(self) -> PortfolioOverview:
        """All sums of the page in one pass: in all, by hierarchy, by stage, by both statuses."""
        filters = self._filters
        depth = len(filters.hierarchy)
        # Without a place the programs are wanted as well as the portfolios; under one, what lies right beneath it.
        places = HIERARCHY_LEVELS[:2] if depth == 0 else HIERARCHY_LEVELS[min(depth, len(HIERARCHY_LEVELS) - 1) :][:1]
        source = self._source(places[-1])
        keys = [source.c[name] for name in (*places, "step", "implementation", "potential")]
        summed = [func.sum(source.c[name]).label(name) for name in (*COUNTED, *SUMS, *LEAKS)]
        # Added up once over everything, and from there, a hundredth of the rows, in all the ways.
        once = select(*keys, *summed).group_by(*keys).cte("once").prefix_with("MATERIALIZED", dialect="postgresql")
        at = [once.c[name] for name in places]
        lights = (once.c.implementation, once.c.potential)
        sets = [tuple_(), tuple_(*at), tuple_(once.c.step), tuple_(*lights)]
        if depth == 0:
            sets.append(tuple_(at[0]))
        which = func.grouping(*at, once.c.step, *lights)
        query = select(which, *at, once.c.step, *lights, *_counts(once), *_amounts(once, (*SUMS, *LEAKS)))
        rows = self._connection.execute(query.group_by(func.grouping_sets(*sets))).all()
        overview = _overview(rows, len(places), filters.hierarchy)
        return replace(overview, by_stage={**overview.by_stage, **self._beside()})

    def _beside(self) -> dict[str, PortfolioSums]:
        """What the headline leaves out: cancelled, and closed without value, each with its own sums."""
        source = self._source("program", beside=True)
        query = select(source.c.step, *_counts(source), *_amounts(source, SUMS)).group_by(source.c.step)
        return {row[0]: _sums(row[1:]) for row in self._connection.execute(query)}

    def children(self, path: tuple[str, ...]) -> tuple[HierarchySums, ...]:
        """The places right under a place, by name; nothing under a package but its measures."""
        if len(path) >= len(HIERARCHY_LEVELS):
            return ()
        level = HIERARCHY_LEVELS[len(path)]
        source = self._source(level, self._filters.at_path(path))
        place = source.c[level]
        query = select(place, *_counts(source), *_amounts(source, SUMS)).group_by(place).order_by(place)
        return tuple(HierarchySums((*path, row[0]), _sums(row[1:])) for row in self._connection.execute(query))

    def choices(self) -> FilterChoices:
        """The names that filters offer: whatever the viewer sees, and the programs of the portfolio that is chosen."""
        sources = (self._source("program", PortfolioFilters(), beside=beside).alias() for beside in (False, True))
        names = union(*(select(source.c.portfolio, source.c.program, source.c.legal_entity) for source in sources))
        rows = self._connection.execute(names).all()
        chosen = self._filters.portfolio
        return FilterChoices(
            portfolios=tuple(sorted({row.portfolio for row in rows})),
            programs=tuple(sorted({row.program for row in rows if chosen in {None, row.portfolio}})),
            legal_entities=tuple(sorted({row.legal_entity for row in rows})),
        )

    def curve(self) -> tuple[CurvePoint, ...]:
        """Net by month: plan, forecast, actual."""
        points: dict[date, dict[Version, Decimal]] = {}
        for row in self._connection.execute(self._curve()):
            points.setdefault(row.month, {})[Version(row.version)] = row.net
        return tuple(CurvePoint(Period.of(month), points[month]) for month in sorted(points))

    def _curve(self) -> Select[Any]:
        filters = self._filters
        if filters.needs_measures or not self._grouped:
            return _summed_series(
                and_(measures_where(filters), visible_measures(self._viewer), counted(filters, MEASURE_FIGURES))
            )
        if filters.filters_by_status:
            wanted = and_(sums_where(filters), visible_sums(self._viewer), counted(filters, ROLLUP_GROUP))
            return _net(
                ROLLUP_MONTH.join(ROLLUP_GROUP, ROLLUP_GROUP.c.group_id == ROLLUP_MONTH.c.group_id), ROLLUP_MONTH
            ).where(wanted)
        wanted = and_(sums_where(filters, ROLLUP_CURVE), visible_sums(self._viewer, ROLLUP_CURVE))
        return _net(ROLLUP_CURVE, ROLLUP_CURVE).where(wanted)

    def _source(self, level: str, filters: PortfolioFilters | None = None, *, beside: bool = False) -> FromClause:
        """Groups when they know enough, else the measures in the shape of groups of one.

        ``beside`` are those that the headline leaves out; without it those that it counts.
        """
        filters = filters or self._filters
        groups = self._grouped and not filters.needs_measures and level not in {"project", "package"}
        table = ROLLUP_GROUP if groups else MEASURE_FIGURES
        shown = table.c.step.in_(LEFT_OUT) if beside else counted(filters, table)
        if groups:
            wanted = and_(sums_where(filters), visible_sums(self._viewer), shown)
            return select(ROLLUP_GROUP).where(wanted).subquery()
        wanted = and_(measures_where(filters), visible_measures(self._viewer), shown)
        return select(*_as_group_columns()).where(wanted).subquery()


def _as_group_columns() -> Iterable[ColumnElement[Any]]:
    columns = MEASURE_FIGURES.c
    yield from (columns[name] for name in (*HIERARCHY_LEVELS, "legal_entity", "step", "implementation", "potential"))
    yield literal(1).label("measures")
    yield case((columns.missing_rate.is_(None), 0), else_=1).label("excluded")
    yield case((columns.is_held_up, 1), else_=0).label("held_up")
    yield from (columns[name] for name in SUMS)
    for reason in LeakReason:
        yield case((columns.leak_reason == reason.value, columns.leakage), else_=null()).label(f"leak_{reason.value}")


COUNTED = ("measures", "excluded", "held_up")


def _counts(source: FromClause) -> list[ColumnElement[int]]:
    counted: list[ColumnElement[int]] = [func.sum(source.c[name]) for name in COUNTED]
    counted += [
        func.sum(source.c.measures).filter(source.c[light] == "red") for light in ("implementation", "potential")
    ]
    return counted


def _amounts(source: FromClause, names: Sequence[str]) -> list[ColumnElement[Decimal]]:
    return [func.sum(source.c[name]) for name in names]


def _sums(row: Sequence[Any]) -> PortfolioSums:
    measures, excluded, held_up, red_implementation, red_potential, *amounts = row
    counts = (int(count or 0) for count in (measures, excluded, held_up, red_implementation, red_potential))
    return PortfolioSums(*counts, *amounts[: len(SUMS)])  # type: ignore[arg-type]  # five counts, then the amounts


def _overview(rows: Sequence[Any], depth: int, path: tuple[str, ...]) -> PortfolioOverview:
    """``rows`` begin with the bits of the columns that they are *not* grouped by."""
    width = depth + 3
    every = (1 << width) - 1
    total, leaks = _sums([0] * 5 + [None] * len(SUMS)), {}
    places: dict[int, list[HierarchySums]] = {}
    steps: dict[str, PortfolioSums] = {}
    lights: dict[tuple[str, str], PortfolioSums] = {}
    for row in rows:
        grouped, keys, sums = every & ~row[0], row[1 : 1 + width], _sums(row[1 + width :])
        if grouped == 0:
            total = sums
            leaks = {reason: value for reason, value in zip(LeakReason, row[-len(LEAKS) :], strict=True) if value}
        elif grouped == 0b100:
            steps[keys[depth]] = sums
        elif grouped == 0b011:
            lights[keys[depth + 1], keys[depth + 2]] = sums
        else:
            named = tuple(name for name in keys[:depth] if name is not None)
            places.setdefault(len(named), []).append(HierarchySums((*path, *named), sums))
    for found in places.values():
        found.sort(key=lambda node: node.path)
    children = places.get(1, ()) if len(path) < len(HIERARCHY_LEVELS) else ()
    return PortfolioOverview(total, leaks, tuple(children), tuple(places.get(depth, ())), steps, lights)


def _net(source: FromClause, months: FromClause) -> Select[Any]:
    net = func.sum(months.c.recurring + months.c.one_off).label("net")
    return select(months.c.version, months.c.month, net).select_from(source).group_by(months.c.version, months.c.month)


def _summed_series(wanted: ColumnElement[bool]) -> Select[Any]:
    """Month by month out of the measures' own series."""
    series = MEASURE_SERIES.c
    unnested = func.unnest(series.months, series.recurring, series.one_off).table_valued(
        "month", "recurring", "one_off", name="u", joins_implicitly=True
    )
    months = unnested.render_derived()
    net = func.sum(months.c.recurring + months.c.one_off).label("net")
    return (
        select(series.version, months.c.month, net)
        .select_from(MEASURE_FIGURES.join(MEASURE_SERIES, MEASURE_FIGURES.c.measure_id == series.measure_id), months)
        .where(wanted)
        .group_by(series.version, months.c.month)
    )
