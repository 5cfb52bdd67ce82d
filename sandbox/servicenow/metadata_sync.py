"""Rows that change the instance: a new row of sys_dictionary is a column, one of sys_user_has_role a right."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from sandbox.servicenow.model import Column, Record, Refusal, Table
from sandbox.servicenow.store import Store

ADDED, CHANGED, REMOVED = "insert", "update", "delete"


class MetadataSync:
    """Keeps the instance's behaviour in line with its metadata rows."""

    def __init__(self, store: Store, roles: dict[str, set[str]], passwords: dict[str, str]) -> None:
        self._store = store
        self._roles = roles
        self._passwords = passwords
        self._followers: dict[str, Callable[[Record, str], None]] = {
            "sys_db_object": self._table,
            "sys_dictionary": self._column,
            "sys_choice": self._choice,
            "sys_user_has_role": self._role,
            "sys_user": self._user,
        }

    def apply(self, table: str, record: Record, operation: str) -> None:
        """After a row of this table was added, changed or removed.  Raises Refusal 400 for what makes no sense."""
        follower = self._followers.get(table)
        if follower is not None:
            follower(record, operation)

    def _table(self, row: Record, operation: str) -> None:
        store = self._store
        if operation == REMOVED:
            self._drop_table(row["name"])
            return
        row["name"] = name = row["name"] or f"u_{_slug(row['label'])}"
        if operation == CHANGED:
            return
        if name in store.columns or not re.fullmatch(r"[a-z][a-z0-9_]{1,79}", name):
            raise Refusal(400, "Invalid table", f"The table {name!r} is there already, or is no name of a table")
        parent = store.tables["sys_db_object"].get(row["super_class"], {}).get("name", row["super_class"])
        if parent and parent not in store.columns:
            raise Refusal(400, "Invalid table", f"Table {parent} does not exist")
        above = store.columns.table(parent) if parent else None
        shown_by = above.shown_by if above else "name"
        prefix = above.prefix if above else ""
        store.define(Table(name, row["label"] or name, (), parent, prefix, shown_by))
        if parent:
            row["super_class"] = next(
                key for key, one in store.tables["sys_db_object"].items() if one["name"] == parent
            )
        store.describe(name)
        objects = store.tables["sys_db_object"]
        for key in [key for key, other in objects.items() if other["name"] == name and key != row["sys_id"]]:
            del objects[key]

    def _drop_table(self, table: str) -> None:
        if table not in self._store.columns:
            return
        self._store.drop_table(table)
        for where in ("sys_dictionary", "sys_choice"):
            rows = self._store.tables[where]
            for key in [key for key, row in rows.items() if row["name"] == table]:
                del rows[key]

    def _column(self, row: Record, operation: str) -> None:
        table, columns = row["name"], self._store.columns
        if row["internal_type"] == "collection":
            return
        if operation == REMOVED:
            if table in columns:
                columns.remove(table, row["element"])
                for record in self._store.rows(table).values():
                    record.pop(row["element"], None)
            return
        if table not in columns:
            raise Refusal(400, "Invalid table", f"Table {table} does not exist")
        row["element"] = row["element"] or f"u_{_slug(row['column_label'])}"
        there = columns[table].get(row["element"], Column(row["element"], row["element"]))
        columns.add(
            table,
            replace(
                there,
                label=row["column_label"] or row["element"],
                type=row["internal_type"] or "string",
                max_length=int(row["max_length"] or 40),
                reference=row["reference"],
                default=row["default_value"],
            ),
        )
        for record in self._store.rows(table).values():
            record.setdefault(row["element"], row["default_value"])

    def _choice(self, row: Record, operation: str) -> None:
        del operation
        table, element = row["name"], row["element"]
        if table not in self._store.columns or element not in self._store.columns[table]:
            return
        rows = [
            one
            for one in self._store.tables["sys_choice"].values()
            if (one["name"], one["element"]) == (table, element) and one["inactive"] != "true"
        ]
        rows.sort(key=lambda one: float(one["sequence"] or 0))
        choices = tuple((one["value"], one["label"]) for one in rows)
        self._store.columns.add(table, replace(self._store.columns[table][element], choices=choices))

    def _role(self, row: Record, operation: str) -> None:
        user = self._store.tables["sys_user"].get(row["user"], {}).get("user_name", "")
        role = self._store.tables["sys_user_role"].get(row["role"], {}).get("name", row["role"])
        held = self._roles.setdefault(user, set())
        if operation == REMOVED:
            held.discard(role)
        else:
            held.add(role)

    def _user(self, row: Record, operation: str) -> None:
        if operation == REMOVED:
            self._passwords.pop(row["user_name"], None)
        elif row["user_password"]:
            # A password is stored separately, and cannot be read.
            self._passwords[row["user_name"]] = row["user_password"]
            row["user_password"] = ""


def _slug(label: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", label.casefold()).strip("_")
