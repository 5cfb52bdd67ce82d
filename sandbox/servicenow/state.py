"""The stand-in's state, and the one way to change it: before rules, journal, counters, events."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from threading import RLock
from uuid import uuid4

from sandbox.delivery import Deliverer, hub_signature
from sandbox.servicenow.model import (
    CLOSED_STATES,
    PREFIXES,
    SYSTEM,
    TABLES,
    TASK_TABLES,
    BeforeRule,
    Column,
    EventRule,
    Record,
    Refusal,
)

NO_RECORD = "Record doesn't exist or ACL restricts the record retrieval"


class ServiceNowState:
    def __init__(
        self,
        base_url: str = "http://127.0.0.1",
        *,
        deliverer: Deliverer,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.base_url = base_url
        self.clock = clock
        self.deliverer = deliverer
        self.lock = RLock()
        self.columns: dict[str, dict[str, Column]] = {
            table: {column.element: column for column in (*columns, *SYSTEM)} for table, columns in TABLES.items()
        }
        self.batch_limit = 1_000
        """Requests of a batch that its time suffices for."""
        self.oauth_clients: dict[str, tuple[str, str]] = {}
        """Client id to its secret and the user that it acts as."""
        self.tokens: dict[str, tuple[str, datetime]] = {}
        """Access token to its user and its end."""
        self.hidden: set[str] = set()
        """Ids of records that an ACL hides from Gatepost's user; they are counted all the same."""
        self.tables: dict[str, dict[str, Record]] = {table: {} for table in TABLES}
        self.passwords: dict[str, str] = {}
        self.roles: dict[str, set[str]] = {}
        self.before_rules: list[BeforeRule] = []
        self.event_rules: list[EventRule] = []
        self._numbers = {table: itertools.count(1) for table in PREFIXES}

    # --- seeding ---------------------------------------------------------------------------------

    def add_user(
        self, user_name: str, name: str, password: str | None = None, *, active: bool = True, roles: Sequence[str] = ()
    ) -> str:
        """Returns the sys_id.  Only a user with a password may call the API."""
        values = {"user_name": user_name, "name": name, "active": _bool(active), "time_zone": "GMT"}
        record = self._store("sys_user", values, "system")
        self.roles[user_name] = set(roles)
        if password is not None:
            self.passwords[user_name] = password
        return record["sys_id"]

    def add_column(self, table: str, column: Column) -> None:
        self.columns[table][column.element] = column

    def gate_rule(
        self,
        table: str,
        guarded: Sequence[str],
        *,
        gate: str = "u_gatepost_gate",
        blockers: str = "u_gatepost_blockers",
    ) -> None:
        """What Gatepost's installed app does: abort a move to a guarded state while the gate is not open.

        It reads local columns only and calls nobody.
        """

        def check(before: Mapping[str, str], values: Mapping[str, str]) -> str | None:
            moves = "state" in values and values["state"] != before.get("state") and values["state"] in guarded
            if not moves or before.get(gate) == "Open":
                return None
            return before.get(blockers) or "The gate has not been assessed yet."

        self.before_rules.append(BeforeRule("Gatepost gate", table, uuid4().hex, check))

    # --- reading ---------------------------------------------------------------------------------

    def record(self, table: str, sys_id: str) -> Record:
        """Raises Refusal 404 for a record that is missing, as for one that is hidden."""
        found = self.rows(table).get(sys_id)
        if found is None:
            raise Refusal(404, "No Record found", NO_RECORD)
        return found

    def rows(self, table: str) -> dict[str, Record]:
        """Records by sys_id; ``task`` gives those of all task tables.  Raises Refusal 400."""
        if table == "task":
            return {key: row for name in TASK_TABLES for key, row in self.tables[name].items()}
        if table == "sys_dictionary":
            return {row["sys_id"]: row for row in self._dictionary()}
        if table == "sys_choice":
            return {row["sys_id"]: row for row in self._choices()}
        if table not in self.tables:
            raise Refusal(400, f"Invalid table {table}", f"Table {table} does not exist")
        return self.tables[table]

    def user_name(self, sys_id: str) -> str:
        record = self.tables["sys_user"].get(sys_id)
        return record["name"] if record else ""

    def named(self, user_name: str) -> Record | None:
        return next((row for row in self.tables["sys_user"].values() if row["user_name"] == user_name), None)

    def display(self, column: Column | None, value: str) -> str:
        """What a person sees of a raw value: the choice's label, the name or number behind a reference."""
        if column is None or not value:
            return value
        if column.choices:
            return dict(column.choices).get(value, value)
        if column.reference == "sys_user":
            return self.user_name(value)
        if column.reference == "sys_user_group":
            group = self.tables["sys_user_group"].get(value)
            return group["name"] if group else value
        if column.reference:
            target = self.rows("task").get(value)
            return target["number"] if target else value
        return value

    # --- changing --------------------------------------------------------------------------------

    def insert(self, table: str, values: Mapping[str, str], by: str) -> Record:
        with self.lock:
            if table not in self.tables:
                raise Refusal(400, f"Invalid table {table}", f"Table {table} does not exist")
            numbered = dict(values)
            if table in PREFIXES:
                numbered.setdefault("number", f"{PREFIXES[table]}{next(self._numbers[table]):07d}")
            record = self._store(table, numbered, by)
            self._ring(table, record, "insert")
            return record

    def update(self, table: str, sys_id: str, values: Mapping[str, str], by: str) -> Record:
        """Set the columns that exist and that this user may write.  Raises Refusal 403 when a rule aborts."""
        with self.lock:
            record = self.record(table, sys_id)
            table = record["sys_class_name"] or table
            allowed = {name: value for name, value in values.items() if self._may_write(table, name, by)}
            for rule in self.before_rules:
                message = rule.check(record, allowed) if rule.table == table else None
                if message is not None:
                    raise Refusal(403, "Operation Failed", _aborted(table, rule), message)
            if self._apply(table, record, allowed, by):
                self._ring(table, record, "update")
            return record

    def decide(self, table: str, sys_id: str, approver: str, state: str) -> None:
        """Somebody approves or rejects a record in the tool's own approvals; the record is counted up, and rings."""
        with self.lock:
            people = {row["user_name"]: row["sys_id"] for row in self.tables["sys_user"].values()}
            values = {"sysapproval": sys_id, "approver": people[approver], "state": state}
            self._store("sysapproval_approver", values, approver)
            record = self.record(table, sys_id)
            record["sys_mod_count"] = str(int(record["sys_mod_count"]) + 1)
            record["sys_updated_on"] = f"{self.clock():%Y-%m-%d %H:%M:%S}"
            self._ring(table, record, "update")

    def delete(self, table: str, sys_id: str) -> None:
        with self.lock:
            record = self.record(table, sys_id)
            del self.tables[record["sys_class_name"] or table][sys_id]
            self._ring(table, record, "delete")

    def _store(self, table: str, values: Mapping[str, str], by: str) -> Record:
        now = f"{self.clock():%Y-%m-%d %H:%M:%S}"
        record = dict.fromkeys(self.columns[table], "") | {
            "sys_id": uuid4().hex,
            "sys_class_name": table if table in TASK_TABLES else "",
            "sys_created_on": now,
            "sys_created_by": by,
            "sys_updated_on": now,
            "sys_updated_by": by,
            "sys_mod_count": "0",
        }
        if table in TASK_TABLES:
            record["active"] = "true"
        record |= {name: value for name, value in values.items() if name in self.columns[table]}
        if table in TASK_TABLES:
            record["active"] = _bool(record["state"] not in CLOSED_STATES[table])
        self.tables[table][record["sys_id"]] = record
        return record

    def _apply(self, table: str, record: Record, values: Mapping[str, str], by: str) -> bool:
        changed = False
        for name, value in values.items():
            if self.columns[table][name].type == "journal_input":
                if value:
                    self._journal(table, record, name, value, by)
                    changed = True
            elif record.get(name) != value:
                record[name] = value[: self.columns[table][name].max_length] if name.startswith("u_") else value
                changed = True
        if changed:
            if "state" in values and table in CLOSED_STATES:
                record["active"] = _bool(record["state"] not in CLOSED_STATES[table])
            record["sys_mod_count"] = str(int(record["sys_mod_count"]) + 1)
            record["sys_updated_on"] = f"{self.clock():%Y-%m-%d %H:%M:%S}"
            record["sys_updated_by"] = by
        return changed

    def _journal(self, table: str, record: Record, element: str, value: str, by: str) -> None:
        entry = {"element": element, "element_id": record["sys_id"], "name": table, "value": value}
        self._store("sys_journal_field", entry, by)

    def _may_write(self, table: str, name: str, by: str) -> bool:
        column = self.columns[table].get(name)
        if column is None or name.startswith("sys_"):
            return False
        return not column.write_role or column.write_role in self.roles.get(by, set())

    def _ring(self, table: str, record: Record, operation: str) -> None:
        """https://www.servicenow.com/docs: an asynchronous rule runs after the commit and may see a newer record."""
        for rule in self.event_rules:
            if rule.table != table:
                continue
            identity = f"{record['sys_id']}:{record['sys_mod_count']}"
            body = json.dumps(
                {
                    "event_id": identity,
                    "instance": self.base_url,
                    "table": table,
                    "sys_id": record["sys_id"],
                    "sys_mod_count": record["sys_mod_count"],
                    "sys_updated_on": record["sys_updated_on"],
                    "sys_updated_by": record["sys_updated_by"],
                    "operation": operation,
                }
            ).encode("ascii")
            headers = {
                "Content-Type": "application/json",
                "X-Event-Id": f"{identity}:{operation}",
                "X-Hub-Signature": hub_signature(rule.secret, body),
                "X-Sandbox-Event": f"{table} {operation}",
            }
            self.deliverer.send(rule.url, body, headers)

    def _choices(self) -> list[Record]:
        rows = []
        for table, columns in self.columns.items():
            for column in columns.values():
                for place, (value, label) in enumerate(column.choices):
                    row = dict.fromkeys(self.columns["sys_choice"], "")
                    row |= {"sys_id": uuid4().hex, "name": table, "element": column.element, "sequence": f"{place:03d}"}
                    rows.append(row | {"value": value, "label": label})
        return rows

    def _dictionary(self) -> list[Record]:
        rows = []
        for table, columns in self.columns.items():
            for column in columns.values():
                row = dict.fromkeys(self.columns["sys_dictionary"], "")
                row |= {"sys_id": uuid4().hex, "name": table, "element": column.element, "column_label": column.label}
                row |= {
                    "internal_type": column.type,
                    "reference": column.reference,
                    "max_length": str(column.max_length),
                }
                rows.append(row)
        return rows


def owned(column: Column, role: str) -> Column:
    """The same column, writable by holders of a role only."""
    return replace(column, write_role=role)


def _aborted(table: str, rule: BeforeRule) -> str:
    return (
        f"Operation against file '{table}' was aborted by Business Rule '{rule.name}^{rule.sys_id}'. "
        f"Business Rule Stack:{rule.name}"
    )


def _bool(value: bool) -> str:
    return "true" if value else "false"
