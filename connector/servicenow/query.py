"""Encoded queries, built so that a value can never become a condition.

ServiceNow has no escape character: a value with ``^`` cannot be expressed, nor one with a comma inside IN.
And a condition that it cannot read is silently ignored, so that the rest matches everything.
https://www.servicenow.com/docs, "Encoded query strings"
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

MAX_LISTED = 100
"""Ids in the list of one query that is sent as an address: more would make it too long for proxies."""

_COLUMN = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*")


class Inexpressible(ValueError):
    """A value or column that an encoded query cannot express."""


@dataclass(frozen=True, slots=True)
class Query:
    """Conditions joined by AND."""

    conditions: tuple[str, ...] = ()
    order: str = ""
    columns: tuple[str, ...] = ()
    """Every column that is named; an unknown column would be ignored, and the rest match everything."""

    def equals(self, column: str, value: str) -> Query:
        return self._and(column, f"={_value(value)}")

    def one_of(self, column: str, values: Iterable[str]) -> Query:
        """Raises Inexpressible for an empty list: ServiceNow would match everything or nothing."""
        listed = [_value(value) for value in values]
        if not listed:
            raise Inexpressible(f"there is no value for {column}")
        if any("," in value for value in listed):
            raise Inexpressible(f"a value for {column} contains a comma, which a list cannot express")
        return self._and(column, f"IN{','.join(listed)}")

    def any_contains(self, columns: Sequence[str], text: str) -> Query:
        """One of the columns holds a text, in whatever case."""
        parts = [f"{_column(column)}LIKE{_value(text)}" for column in columns]
        return Query((*self.conditions, "^OR".join(parts)), self.order, (*self.columns, *columns))

    def since(self, column: str, day: date) -> Query:
        return self._and(column, f">={day:%Y-%m-%d}")

    def since_moment(self, column: str, moment: datetime) -> Query:
        """Text in a query of a program is read as UTC; seconds are as fine as it gets."""
        return self._and(column, f">={moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}")

    def after(self, column: str, value: str) -> Query:
        return self._and(column, f">{_value(value)}")

    def not_empty(self, column: str) -> Query:
        return self._and(column, "ISNOTEMPTY")

    def ordered_by(self, column: str, *, newest_first: bool = False) -> Query:
        order = f"ORDERBY{'DESC' if newest_first else ''}{_column(column)}"
        return Query(self.conditions, order, (*self.columns, column))

    def unordered(self) -> Query:
        """Without its order, for what is only counted."""
        return Query(self.conditions, "", self.columns)

    def __str__(self) -> str:
        return "^".join((*self.conditions, *((self.order,) if self.order else ())))

    def _and(self, column: str, condition: str) -> Query:
        return Query((*self.conditions, f"{_column(column)}{condition}"), self.order, (*self.columns, column))


def _column(name: str) -> str:
    if not _COLUMN.fullmatch(name):
        raise Inexpressible(f"{name!r} is not a column name")
    return name


def _value(value: str) -> str:
    if "^" in value or "\n" in value or "\r" in value:
        raise Inexpressible(f"{value!r} contains a character that an encoded query cannot express")
    return value
