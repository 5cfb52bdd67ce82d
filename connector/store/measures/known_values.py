"""Values of a filter that no visible measure has, with the values that are there: a typing error is no empty list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, select

from connector.store.database.tables import MEASURE

MOST_NAMED = 50
"""Known values that are named."""


@dataclass(frozen=True, slots=True)
class UnknownValue:
    column: str
    value: str
    known: tuple[str, ...]
    """In order, up to :data:`MOST_NAMED`."""


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
        query = select(column).where(visible, column.is_not(None)).distinct().order_by(column).limit(MOST_NAMED)
        known = tuple(connection.execute(query).scalars())
        unknown += [UnknownValue(name, value, known) for value in missing]
    return tuple(unknown)
