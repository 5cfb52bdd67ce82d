"""Columns by label or name, from the instance's own dictionary.

A misspelt column in a query would be ignored and everything be returned, so nothing is asked for that the
dictionary does not have.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import TypeAlias

from connector.jsons import JsonObject
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.payloads import display, raw
from connector.servicenow.query import Query
from mapping.problems import nearest

KEPT = timedelta(minutes=5)

PARENTS = ("planned_task", "task")
"""Tables that projects, demands and changes inherit columns from."""


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    label: str
    type: str
    reference: str = ""


@dataclass(frozen=True, slots=True)
class ColumnProblem:
    name: str
    message: str


Resolved: TypeAlias = Column | ColumnProblem


class ColumnCatalogue:
    """The columns of one table; letter case does not count, the table's own come before inherited ones."""

    def __init__(self, table: str, rows: list[tuple[str, Column]]) -> None:
        self._table = table
        order = {name: place for place, name in enumerate((table, *PARENTS))}
        self._by_name: dict[str, Column] = {}
        self._by_label: dict[str, list[Column]] = {}
        for _, column in sorted(rows, key=lambda row: order.get(row[0], len(order))):
            if column.name in self._by_name:
                continue
            self._by_name[column.name] = column
            self._by_label.setdefault(column.label.casefold(), []).append(column)

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def unique(self) -> tuple[Column, ...]:
        """The columns that a label alone tells apart."""
        return tuple(found[0] for found in self._by_label.values() if len(found) == 1)

    def resolve(self, name: str) -> Resolved:
        labelled = self._by_label.get(name.casefold(), [])
        if len(labelled) == 1:
            return labelled[0]
        if name in self._by_name:
            return self._by_name[name]
        if labelled:
            names = ", ".join(sorted(column.name for column in labelled))
            return ColumnProblem(name, f'{len(labelled)} columns of {self._table} are labelled "{name}" ({names})')
        hint = nearest(name, [column.label for column in self._by_name.values()])
        return ColumnProblem(name, f'{self._table} has no column "{name}"{". " + hint if hint else ""}')


class TableFields:
    """Catalogues by table, read when they are needed and kept for some minutes."""

    def __init__(self, client: ServiceNowClient, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._clock = clock
        self._lock = Lock()
        self._kept: dict[str, tuple[datetime, ColumnCatalogue]] = {}

    def catalogue(self, table: str) -> ColumnCatalogue:
        """Raises ToolError when the dictionary cannot be read."""
        with self._lock:
            now = self._clock()
            kept = self._kept.get(table)
            if kept is None or now - kept[0] > KEPT:
                kept = (now, self._read(table))
                self._kept[table] = kept
            return kept[1]

    def _read(self, table: str) -> ColumnCatalogue:
        query = Query().one_of("name", (table, *PARENTS)).not_empty("element").ordered_by("element")
        rows = self._client.query(
            "sys_dictionary", query, ("name", "element", "column_label", "internal_type", "reference")
        )
        return ColumnCatalogue(table, [(raw(row.get("name")), _column(row)) for row in rows])


def _column(row: JsonObject) -> Column:
    return Column(
        name=raw(row.get("element")),
        label=display(row.get("column_label")) or raw(row.get("element")),
        type=raw(row.get("internal_type")),
        reference=raw(row.get("reference")),
    )
