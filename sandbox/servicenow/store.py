"""The rows of all tables, and an order of their ids that is not worked out anew with each page."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from hashlib import md5
from uuid import uuid4

from sandbox.servicenow.dictionary import Dictionary
from sandbox.servicenow.model import Column, Record, Refusal, Table
from sandbox.servicenow.schema import CLASS, TABLES


def no_table(table: str) -> Refusal:
    return Refusal(400, f"Invalid table {table}", f"Table {table} does not exist")


class Store:
    """No rules and no rights; :class:`ServiceNowState` has them."""

    def __init__(self) -> None:
        self.columns = Dictionary()
        self.tables: dict[str, dict[str, Record]] = {}
        self._numbers: dict[str, itertools.count[int]] = {}
        self._sorted: dict[str, tuple[int, list[str]]] = {}
        self._turn = 0
        for table in TABLES:
            self.define(table)
        for table in TABLES:
            self.describe(table.name)

    # --- tables ----------------------------------------------------------------------------------

    def define(self, table: Table) -> None:
        self.columns.define(table)
        self.tables.setdefault(table.name, {})
        self._numbers.setdefault(table.name, itertools.count(1))
        self._turn += 1

    def drop_table(self, table: str) -> None:
        """Remove a table and all its rows."""
        self.columns.drop(table)
        self.tables.pop(table, None)
        self._turn += 1

    def describe(self, name: str) -> None:
        """The rows of the platform's own tables that describe this table and its columns."""
        table = self.columns.table(name)
        above = _id(table.parent) if table.parent else ""
        self._describe("sys_db_object", name, {"name": name, "label": table.label, "super_class": above})
        entry = {"name": name, "column_label": table.label, "internal_type": "collection"}
        self._describe("sys_dictionary", name, entry)
        for column in self.columns.own(name).values():
            self.describe_column(name, column)

    def describe_column(self, table: str, column: Column) -> None:
        self._describe(
            "sys_dictionary",
            f"{table}.{column.element}",
            {
                "name": table, "element": column.element, "column_label": column.label, "internal_type": column.type,
                "reference": column.reference, "max_length": str(column.max_length), "default_value": column.default,
                "choice": "1" if column.choices else "0",
            },
        )  # fmt: skip
        choices = self.tables["sys_choice"]
        for old in [key for key, row in choices.items() if (row["name"], row["element"]) == (table, column.element)]:
            del choices[old]
        for place, (value, label) in enumerate(column.choices):
            row = {"name": table, "element": column.element, "value": value, "label": label, "sequence": f"{place:03d}"}
            self._describe("sys_choice", f"{table}.{column.element}.{value}", row)
        self._turn += 1

    def _describe(self, table: str, identity: str, values: Record) -> None:
        self.tables[table][_id(identity)] = self.new_record(table) | values | {"sys_id": _id(identity)}

    # --- rows ------------------------------------------------------------------------------------

    def new_record(self, table: str) -> Record:
        """A record of a table with nothing in it but defaults."""
        record = {name: column.default for name, column in self.columns[table].items()}
        record["sys_mod_count"] = "0"
        if CLASS.element in record:
            record[CLASS.element] = table
        return record

    def add(self, table: str, values: Mapping[str, str], by: str, now: str) -> Record:
        record = self.new_record(table) | {
            "sys_id": uuid4().hex,
            "sys_created_on": now,
            "sys_created_by": by,
            "sys_updated_on": now,
            "sys_updated_by": by,
        }
        known = self.columns[table]
        record |= {name: value for name, value in values.items() if name in known}
        prefix = self.columns.prefix(table)
        if prefix and not record.get("number"):
            record["number"] = f"{prefix}{next(self._numbers[table]):07d}"
        self.tables[table][record["sys_id"]] = record
        self._turn += 1
        return record

    def remove(self, table: str, sys_id: str) -> None:
        del self.tables[table][sys_id]
        self._turn += 1

    def rows(self, table: str) -> Mapping[str, Record]:
        """Records by sys_id, those of the tables that extend this one among them.  Raises Refusal 400."""
        if table not in self.columns:
            raise no_table(table)
        classes = self.columns.classes(table)
        if len(classes) == 1:
            return self.tables[table]
        return {key: row for name in classes for key, row in self.tables[name].items()}

    def find(self, table: str, sys_id: str) -> Record | None:
        if table not in self.columns:
            return None
        for name in self.columns.classes(table):
            found = self.tables[name].get(sys_id)
            if found is not None:
                return found
        return None

    def sorted_ids(self, table: str) -> list[str]:
        cached = self._sorted.get(table)
        count = sum(len(self.tables[name]) for name in self.columns.classes(table))
        if cached is None or cached[0] != self._turn or len(cached[1]) != count:
            cached = (self._turn, sorted(self.rows(table)))
            self._sorted[table] = cached
        return cached[1]

    def class_of(self, record: Record, table: str) -> str:
        return record.get(CLASS.element) or table

    def property(self, name: str, default: str = "") -> str:
        """A system property."""
        return next((row["value"] for row in self.tables["sys_properties"].values() if row["name"] == name), default)

    def set_property(self, name: str, value: str) -> None:
        for row in self.tables["sys_properties"].values():
            if row["name"] == name:
                row["value"] = value
                return
        self._describe("sys_properties", f"property.{name}", {"name": name, "value": value})
        self._turn += 1


def _id(identity: str) -> str:
    """The platform's own rows have the same ids on every instance."""
    return md5(identity.encode(), usedforsecurity=False).hexdigest()
