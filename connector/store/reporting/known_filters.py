"""Values of the portfolio's filters that nothing has, with those that there are: a typing error is no empty page."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, exists, select, true

from connector.people.permissions import Viewer
from connector.store.database.tables import MEASURE_FIGURES
from connector.store.reporting.portfolio_filters import HELD_UP, HIERARCHY_LEVELS, PortfolioFilters, visible_measures
from governance.codes import CODES
from governance.left_out import LeftOut
from governance.verdict import Colour, GateState

MOST_NAMED = 50
"""Known values that are named."""

_COLUMNS: Mapping[str, ColumnElement[str]] = {
    "portfolio": MEASURE_FIGURES.c.portfolio,
    "program": MEASURE_FIGURES.c.program,
    "project": MEASURE_FIGURES.c.project,
    "package": MEASURE_FIGURES.c.package,
    "entity": MEASURE_FIGURES.c.legal_entity,
    "unit": MEASURE_FIGURES.c.business_unit,
    "owner": MEASURE_FIGURES.c.owner,
    "stage": MEASURE_FIGURES.c.step,
}
"""Filters whose values are names of measures; a stage may have been of an older policy."""
_FIXED: Mapping[str, Collection[str]] = {
    "implementation": tuple(Colour),
    "potential": tuple(Colour),
    "gate": (*GateState, HELD_UP),
    "finding": tuple(CODES),
    "left_out": tuple(LeftOut),
}


@dataclass(frozen=True, slots=True)
class UnknownFilter:
    name: str
    """As in PortfolioFilters."""
    value: str
    known: tuple[str, ...]
    """In order, up to :data:`MOST_NAMED`."""


def unknown_filters(
    connection: Connection, viewer: Viewer, filters: PortfolioFilters, stages: Collection[str]
) -> tuple[UnknownFilter, ...]:
    """Of these filters; *not stated* is a question that no measure may answer.

    ``stages`` are those that there are, with the off-ramps.  On a connection of a moment in the past the names of then
    are known.  The reader learns nothing of measures that they do not see.
    """
    given = {name: value for name in (*_COLUMNS, *_FIXED) if (value := getattr(filters, name))}
    named = {name: value for name, value in given.items() if name in _COLUMNS and value not in _fixed(name, stages)}
    missing = _missing(connection, viewer, {name: _COLUMNS[name] == value for name, value in named.items()})
    return tuple(
        UnknownFilter(name, value, _known(connection, viewer, name, true(), stages))
        for name, value in given.items()
        if name in missing or (name in _FIXED and value not in _FIXED[name])
    )


def unknown_place(connection: Connection, viewer: Viewer, path: tuple[str, ...]) -> UnknownFilter | None:
    """The first name of a path of the hierarchy that nothing has in the place above it."""
    above: ColumnElement[bool] = true()
    for level, name in zip(HIERARCHY_LEVELS, path, strict=False):
        here = and_(above, _COLUMNS[level] == name)
        if _missing(connection, viewer, {level: here}):
            return UnknownFilter(level, name, _known(connection, viewer, level, above, ()))
        above = here
    return None


def _fixed(name: str, stages: Collection[str]) -> Collection[str]:
    return stages if name == "stage" else ()


def _missing(connection: Connection, viewer: Viewer, wanted: Mapping[str, ColumnElement[bool]]) -> frozenset[str]:
    if not wanted:
        return frozenset()
    visible = visible_measures(viewer)
    columns = [
        exists(select(1).select_from(MEASURE_FIGURES).where(visible, one)).label(name) for name, one in wanted.items()
    ]
    row = connection.execute(select(*columns)).one()
    return frozenset(name for name, found in zip(wanted, row, strict=True) if not found)


def _known(
    connection: Connection, viewer: Viewer, name: str, above: ColumnElement[bool], stages: Collection[str]
) -> tuple[str, ...]:
    if name in _FIXED:
        return tuple(map(str, _FIXED[name]))[:MOST_NAMED]
    if name == "stage":
        return tuple(one for one in stages if one)
    column = _COLUMNS[name]
    query = select(column).where(visible_measures(viewer), above, column != "").distinct().order_by(column)
    return tuple(connection.execute(query.limit(MOST_NAMED)).scalars())
