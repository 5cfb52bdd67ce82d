"""What a portfolio page asks for, from roll-ups where they know the answer and from single measures where not.

All of it runs on a connection of :func:`connector.store.database.row_level_access.reading`, so that a sum is the sum
of what its reader may see.  Lists of single measures and lines are in :mod:`connector.store.reporting.portfolio_lists`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache, reduce
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Numeric,
    Select,
    and_,
    case,
    func,
    literal_column,
    select,
    true,
    tuple_,
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
from connector.store.database.tables.rollups import LEAKS, NUMBERS, SUMS, YEAR_LEAKS
from connector.store.reporting.portfolio_filters import (
    HIERARCHY_LEVELS,
    PortfolioFilters,
    can_use_sums,
    counted,
    counts_everything,
    live,
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
from governance.definitions.leakage import LeakReason
from governance.definitions.years import FiscalYear, YearName
from governance.effects import ZERO, Version
from governance.left_out import LeftOut
from governance.money import Period
from governance.portfolio import OPEN_AMOUNTS
from governance.roll_up import Amounts


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
        if row is None:
            return None
        return figure_settings_of(row, row.refreshed_at)

    def rebuild_progress(self) -> RebuildProgress | None:
        row = self._connection.execute(select(FIGURES_PROGRESS)).first()
        return RebuildProgress(row.reason, row.done, row.total, row.started_at) if row else None

    def overview(self) -> PortfolioOverview:
        """All sums of the page in one pass: in all, by hierarchy, by stage, by both statuses."""
        filters = self._filters
        depth = len(filters.hierarchy)
        # Without a place the programs are wanted as well as the portfolios; under one, what lies right beneath it.
        places = HIERARCHY_LEVELS[:2] if depth == 0 else HIERARCHY_LEVELS[min(depth, len(HIERARCHY_LEVELS) - 1) :][:1]
        shape, wanted = self._source(places[-1])
        keys = [_COLUMNS[shape][name] for name in (*places, *LIGHTS, "left_out")]
        # Added up once over everything, and from there, a hundredth of the rows, in all the ways.
        once = select(*keys, *_summed(shape)).where(wanted).group_by(*keys).cte("once")
        at = [_COLUMNS["once"][name] for name in places]
        lights = [_COLUMNS["once"][name] for name in LIGHTS]
        sets = [tuple_(), tuple_(*at), tuple_(*lights)]
        if depth == 0:
            sets.append(tuple_(at[0]))
        which = func.grouping(*at, *lights)
        query = select(which, *at, *lights, *self._totals("once"))
        query = query.select_from(once.prefix_with("MATERIALIZED", dialect="postgresql"))
        rows = self._connection.execute(query.group_by(func.grouping_sets(*sets))).all()
        return _overview(rows, len(places), filters.hierarchy, *self._by_step())

    def amounts(self, names: Sequence[str]) -> dict[str, Decimal | None]:
        """These amounts in all, the same as those of :meth:`overview`; ``measures`` is how many there are."""
        shape, wanted = self._source("program")
        totals = self._totals(shape)
        amounts = dict(zip(NUMBERS, totals[COUNTS:], strict=True))
        query = select(totals[0], *(amounts[name] for name in names)).where(wanted)
        measures, *found = self._connection.execute(query).one()
        return {"measures": Decimal(measures or 0)} | dict(zip(names, found, strict=True))

    def total(self, *names: str) -> PortfolioSums:
        """The counts and these amounts of the total of :meth:`overview`, without adding up anything else."""
        shape, wanted = self._source("program")
        totals = self._totals(shape)
        amounts = dict(zip(NUMBERS, totals[COUNTS:], strict=True))
        query = select(*totals[:COUNTS], *(amounts[name] for name in names)).where(wanted)
        row = self._connection.execute(query).one()
        return replace(_sums(row), amounts=Amounts(**dict(zip(names, row[COUNTS:], strict=True))))

    def _by_step(self) -> tuple[_ByStep, _ByReason]:
        """By stage and by why it is left out, also of measures that have ended."""
        shape, wanted = self._source("program", ended=True)
        keys = [_COLUMNS[shape][name] for name in ("step", "left_out")]
        query = select(*keys, *_totals(shape, every=True)[: COUNTS + len(SUMS)]).where(wanted).group_by(*keys)
        by_step: _ByStep = {}
        by_reason: _ByReason = {}
        for step, reason, *row in self._connection.execute(query):
            sums = _sums(row)
            if not reason:
                sums = replace(sums, counted=sums.measures)
            else:
                sums = replace(sums, counted=0)
                by_reason[LeftOut(reason)] = _added(by_reason.get(LeftOut(reason)), sums)
            by_step.setdefault(step, []).append((not reason, sums))
        return by_step, {reason: by_reason[reason] for reason in LeftOut if reason in by_reason}

    def children(self, path: tuple[str, ...]) -> tuple[HierarchySums, ...]:
        """The places right under a place, by name; nothing under a package but its measures."""
        if len(path) >= len(HIERARCHY_LEVELS):
            return ()
        level = HIERARCHY_LEVELS[len(path)]
        shape, wanted = self._source(level, self._filters.at_path(path))
        place = _COLUMNS[shape][level]
        query = select(place, *self._totals(shape)[: COUNTS + len(SUMS)]).where(wanted)
        query = query.group_by(place).order_by(place)
        return tuple(HierarchySums((*path, row[0]), _sums(row[1:])) for row in self._connection.execute(query))

    def choices(self) -> FilterChoices:
        """The names that filters offer: whatever the viewer sees, and the programs of the portfolio that is chosen."""
        shape, wanted = self._source("program", PortfolioFilters(), ended=True)
        names = select(*(_COLUMNS[shape][name] for name in ("portfolio", "program", "legal_entity")))
        rows = self._connection.execute(names.where(wanted).distinct()).all()
        chosen = self._filters.portfolio
        return FilterChoices(
            portfolios=tuple(sorted({row.portfolio for row in rows})),
            programs=tuple(sorted({row.program for row in rows if chosen in {None, row.portfolio}})),
            legal_entities=tuple(sorted({row.legal_entity for row in rows})),
        )

    def curve(self) -> tuple[CurvePoint, ...]:
        """EBITDA and cash effect by month: plan, latest estimate, actual, with what exchange rates made of each."""
        points: dict[date, CurvePoint] = {}
        for row in self._connection.execute(self._curve()):
            point, version = (
                points.setdefault(row.month, CurvePoint(Period.of(row.month), {}, {})),
                Version(row.version),
            )
            point.ebitda[version], point.cash[version] = row.ebitda, row.cash
            point.ebitda_fx[version], point.cash_fx[version] = row.ebitda_fx, row.cash_fx
        return tuple(points[month] for month in sorted(points))

    def _curve(self) -> Select[Any]:
        filters = self._filters
        if filters.needs_measures or not self._grouped:
            return _summed_series(
                and_(measures_where(filters), visible_measures(self._viewer), counted(filters, MEASURE_FIGURES))
            )
        if filters.filters_by_status:
            wanted = and_(sums_where(filters), visible_sums(self._viewer), counted(filters, ROLLUP_GROUP))
            return _by_month(
                ROLLUP_MONTH.join(ROLLUP_GROUP, ROLLUP_GROUP.c.group_id == ROLLUP_MONTH.c.group_id), ROLLUP_MONTH
            ).where(wanted)
        wanted = and_(sums_where(filters, ROLLUP_CURVE), visible_sums(self._viewer, ROLLUP_CURVE))
        return _by_month(ROLLUP_CURVE, ROLLUP_CURVE).where(wanted)

    def _source(
        self, level: str, filters: PortfolioFilters | None = None, *, ended: bool = False
    ) -> tuple[str, ColumnElement[bool]]:
        """Groups when they know enough, else the measures in the shape of groups of one; and which of them.

        The first is one of :data:`_COLUMNS`.  ``ended`` are those of which nothing comes any more as well.
        """
        filters = filters or self._filters
        groups = self._grouped and not filters.needs_measures and level not in {"project", "package"}
        table = ROLLUP_GROUP if groups else MEASURE_FIGURES
        shown = true() if ended else live(filters, table)
        if groups:
            return "groups", and_(sums_where(filters), visible_sums(self._viewer), shown)
        return "measures", and_(measures_where(filters), visible_measures(self._viewer), shown)

    def _totals(self, shape: str) -> tuple[ColumnElement[Any], ...]:
        return _totals(shape, every=counts_everything(self._filters))


COUNTED = ("measures", "held_up")
LIGHTS = ("implementation", "potential")
COUNTS = 5
"""Columns of counts before those of amounts."""


def figure_settings_of(row: Any, at: datetime) -> FigureSettings:
    """The settings of a row, with the moment that the figures are of."""
    year = FiscalYear(Period.of(row.first_month), YearName(row.year_named_by))
    return FigureSettings(row.currency, year, Period.of(row.closed_month), row.committed_from, at)


_ByStep: TypeAlias = "dict[str, list[tuple[bool, PortfolioSums]]]"
"""By stage: sums, and whether totals hold them."""
_ByReason: TypeAlias = "dict[LeftOut, PortfolioSums]"


# Made once: of the hundreds of columns of these queries nothing depends on a request but the condition of each.
_COLUMNS: Mapping[str, Mapping[str, ColumnElement[Any]]] = {
    "groups": dict(ROLLUP_GROUP.c),
    "measures": dict(MEASURE_FIGURES.c)
    | {
        "measures": literal_column("1", Integer),
        "held_up": case((MEASURE_FIGURES.c.is_held_up, literal_column("1")), else_=literal_column("0")),
    },
    "once": {column.name: literal_column(f"once.{column.name}", column.type) for column in MEASURE_FIGURES.c}
    | {name: literal_column(f"once.{name}", Numeric) for name in COUNTED},
}


@cache
def _summed(shape: str) -> tuple[ColumnElement[Any], ...]:
    return tuple(func.sum(_COLUMNS[shape][name]).label(name) for name in (*COUNTED, *NUMBERS))


@cache
def _totals(shape: str, *, every: bool) -> tuple[ColumnElement[Any], ...]:
    """Counts, then :data:`NUMBERS`; ``every``: of what committed totals leave out as well."""
    columns = _COLUMNS[shape]
    measures = func.sum(columns["measures"])

    def in_totals(one: Any) -> Any:
        return one if every else one.filter(columns["left_out"] == literal_column("''"))

    return (
        measures,
        in_totals(measures),
        func.sum(columns["held_up"]),
        *(measures.filter(columns[light] == literal_column("'red'")) for light in LIGHTS),
        *(func.sum(columns[name]) if name in OPEN_AMOUNTS else in_totals(func.sum(columns[name])) for name in NUMBERS),
    )


def _sums(row: Sequence[Any]) -> PortfolioSums:
    """Five counts, then the amounts."""
    measures, counted_, held_up, implementation, potential = (int(count or 0) for count in row[:COUNTS])
    amounts = Amounts(*row[COUNTS : COUNTS + len(SUMS)])
    return PortfolioSums(measures, counted_, held_up, implementation, potential, amounts)


def _added(one: PortfolioSums | None, other: PortfolioSums) -> PortfolioSums:
    if one is None:
        return other
    counts = {name: getattr(one, name) + getattr(other, name) for name in COUNT_NAMES}
    pairs = ((name, getattr(one.amounts, name), getattr(other.amounts, name)) for name in SUMS)
    amounts = {name: (a or ZERO) + (b or ZERO) for name, a, b in pairs if a is not None or b is not None}
    return PortfolioSums(**counts, amounts=Amounts(**amounts))


COUNT_NAMES = ("measures", "counted", "held_up", "red_implementation", "red_potential")


def _overview(
    rows: Sequence[Any], depth: int, path: tuple[str, ...], by_step: _ByStep, by_reason: _ByReason
) -> PortfolioOverview:
    """``rows`` begin with the bits of the columns that they are *not* grouped by."""
    width = depth + 2
    every = (1 << width) - 1
    total = PortfolioSums()
    losses: tuple[dict[LeakReason, Decimal], dict[LeakReason, Decimal]] = ({}, {})
    places: dict[int, list[HierarchySums]] = {}
    lights: dict[tuple[str, str], PortfolioSums] = {}
    for row in rows:
        grouped, keys, sums = every & ~row[0], row[1 : 1 + width], _sums(row[1 + width :])
        if grouped == 0:
            total = sums
            losses = _losses(row[-len(LEAKS) - len(YEAR_LEAKS) : -len(YEAR_LEAKS)]), _losses(row[-len(YEAR_LEAKS) :])
        elif grouped == 0b011:
            lights[keys[depth], keys[depth + 1]] = sums
        else:
            named = tuple(name for name in keys[:depth] if name is not None)
            places.setdefault(len(named), []).append(HierarchySums((*path, *named), sums))
    for found in places.values():
        found.sort(key=lambda node: node.path)
    children = places.get(1, ()) if len(path) < len(HIERARCHY_LEVELS) else ()
    return PortfolioOverview(
        total=total,
        run_rate_losses=losses[0],
        in_year_losses=losses[1],
        children=tuple(children),
        programs=tuple(places.get(depth, ())),
        by_stage={step: reduce(_added, (sums for _, sums in found)) for step, found in by_step.items()},
        counted_by_stage={step: sums for step, found in by_step.items() for is_counted, sums in found if is_counted},
        by_status=lights,
        left_out=by_reason,
    )


def _losses(amounts: Sequence[Decimal | None]) -> dict[LeakReason, Decimal]:
    return {reason: amount for reason, amount in zip(LeakReason, amounts, strict=True) if amount}


def _by_month(source: FromClause, months: FromClause) -> Select[Any]:
    return (
        select(months.c.version, months.c.month, *_monthly(months))
        .select_from(source)
        .group_by(months.c.version, months.c.month)
    )


def _monthly(months: FromClause) -> tuple[ColumnElement[Any], ...]:
    ebitda = func.sum(months.c.recurring + months.c.one_off).label("ebitda")
    return ebitda, *(func.sum(months.c[name]).label(name) for name in ("cash", "ebitda_fx", "cash_fx"))


def _summed_series(wanted: ColumnElement[bool]) -> Select[Any]:
    """Month by month out of the measures' own series."""
    series = MEASURE_SERIES.c
    names = ("recurring", "one_off", "cash", "ebitda_fx", "cash_fx")
    unnested = func.unnest(series.months, *(series[name] for name in names)).table_valued(
        "month", *names, name="u", joins_implicitly=True
    )
    months = unnested.render_derived()
    return (
        select(series.version, months.c.month, *_monthly(months))
        .select_from(MEASURE_FIGURES.join(MEASURE_SERIES, MEASURE_FIGURES.c.measure_id == series.measure_id), months)
        .where(wanted)
        .group_by(series.version, months.c.month)
    )
