"""Values of a filter that no visible measure has, with the values that are there: a typing error is no empty list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, select, text, union

from connector.store.database.tables import MEASURE
from connector.store.measures.measure_queries import held_by

MOST_NAMED = 50
"""Known values that are named."""


@dataclass(frozen=True, slots=True)
class UnknownValue:
    column: str
    value: str
    known: tuple[str, ...]
    """In order, up to :data:`MOST_NAMED`."""


def known_values(connection: Connection, visible: ColumnElement[bool], name: str) -> tuple[str, ...]:
    """The first values of a column of ``measure``, in order."""
    column = MEASURE.c[name]
    query = select(column).where(visible, column.is_not(None)).distinct().order_by(column).limit(MOST_NAMED)
    return tuple(connection.execute(query).scalars())


def known_people(connection: Connection, asked: Sequence[str]) -> tuple[str, ...]:
    """Stable ids of the people who have a role of a measure that the reader sees: of ``asked``, else the first ones."""
    there = [one for one in asked if _has_a_role(connection, *one.partition("/")[::2])]
    if len(there) == len(asked):
        return tuple(there)
    roles = [
        select(MEASURE.c.connection + "/" + MEASURE.c[f"{role}_id"])
        .where(MEASURE.c[f"{role}_id"].is_not(None), MEASURE.c[f"{role}_id"] != "")
        .distinct()
        for role in ("owner", "sponsor", "controller")
    ]
    first = connection.execute(union(*roles).order_by(text("1")).limit(MOST_NAMED)).scalars()
    return tuple(dict.fromkeys([*first, *there]))


def _has_a_role(connection: Connection, connection_name: str, account: str) -> bool:
    found = select(1).where(held_by(connection_name, account)).exists()
    return connection.execute(select(1).where(found)).first() is not None


def unknown_values(
    connection: Connection, visible: ColumnElement[bool], equal: Mapping[str, Sequence[str]]
) -> tuple[UnknownValue, ...]:
    """Of these columns of ``measure``; the reader learns nothing of measures that they do not see."""
    unknown: list[UnknownValue] = []
    for name, values in equal.items():
        column = MEASURE.c[name]
        found = set(connection.execute(select(column).where(visible, column.in_(values)).distinct()).scalars())
        missing = [value for value in values if value not in found]
        if not missing:
            continue
        known = known_values(connection, visible, name)
        unknown += [UnknownValue(name, value, known) for value in missing]
    return tuple(unknown)
