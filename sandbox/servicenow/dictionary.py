"""Which tables and columns there are, who inherits what from whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sandbox.servicenow.model import Column, Table
from sandbox.servicenow.schema import CLASS, EXTENDED, SYSTEM


class Dictionary(Mapping[str, Mapping[str, Column]]):
    """Columns by table and element, inherited ones among them."""

    def __init__(self) -> None:
        self._tables: dict[str, Table] = {}
        self._own: dict[str, dict[str, Column]] = {}
        self._cached: dict[str, dict[str, Column]] = {}
        self._classes: dict[str, tuple[str, ...]] = {}

    def __getitem__(self, table: str) -> Mapping[str, Column]:
        cached = self._cached.get(table)
        if cached is None:
            cached = {}
            for name in reversed(self.lineage(table)):
                cached |= self._own[name]
            self._cached[table] = cached
        return cached

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)

    def table(self, name: str) -> Table:
        return self._tables[name]

    def own(self, table: str) -> Mapping[str, Column]:
        """The columns that a table adds to those of its parent, or has in its own form."""
        return self._own[table]

    def lineage(self, table: str) -> tuple[str, ...]:
        """A table, its parent, the parent's parent."""
        line: list[str] = []
        while table and table not in line:
            line.append(table)
            table = self._tables[table].parent
        return tuple(line)

    def classes(self, table: str) -> tuple[str, ...]:
        """A table and all that extend it."""
        if table not in self._classes:
            self._classes[table] = tuple(name for name in self._tables if table in self.lineage(name))
        return self._classes[table]

    def extends(self, table: str) -> bool:
        """Whether a record of this table has a class column."""
        return CLASS.element in self[table]

    def define(self, table: Table) -> None:
        base = () if table.parent else SYSTEM
        classed = (CLASS,) if table.name in EXTENDED else ()
        self._tables[table.name] = replace(table, columns=())
        self._own[table.name] = {column.element: column for column in (*base, *classed, *table.columns)}
        self._changed()

    def drop(self, table: str) -> None:
        self._tables.pop(table, None)
        self._own.pop(table, None)
        self._changed()

    def add(self, table: str, column: Column) -> None:
        """A table that is there gets a column, or its own form of an inherited one."""
        self._own[table][column.element] = column
        self._changed()

    def remove(self, table: str, element: str) -> None:
        self._own[table].pop(element, None)
        self._changed()

    def prefix(self, table: str) -> str:
        return self._tables[table].prefix

    def _changed(self) -> None:
        self._cached.clear()
        self._classes.clear()
