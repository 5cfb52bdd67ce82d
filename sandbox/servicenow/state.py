"""The one way to change an instance: rights, rules, policies, journal, counters, events."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from uuid import uuid4

from sandbox.delivery import EventSender
from sandbox.servicenow import app_tables, policies
from sandbox.servicenow.events import EventPublisher
from sandbox.servicenow.instance import Instance
from sandbox.servicenow.metadata_sync import CHANGED, REMOVED
from sandbox.servicenow.model import BeforeRule, Record, RecordChange, Refusal, flag
from sandbox.servicenow.schema.task import AUDITED, CLOSED_STATES
from sandbox.servicenow.store import no_table

_SYS_ID = re.compile(r"[0-9a-f]{32}")
WRITABLE_BY_NOBODY = frozenset(
    {
        "sys_id",
        "sys_created_on",
        "sys_created_by",
        "sys_updated_on",
        "sys_updated_by",
        "sys_mod_count",
        "sys_class_name",
    }
)


class ServiceNowState(Instance):
    def __init__(
        self,
        base_url: str = "http://127.0.0.1",
        *,
        deliverer: EventSender,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(base_url, deliverer=deliverer, clock=clock)
        self._events = EventPublisher(self)

    def gate_rule(
        self,
        table: str,
        guarded: Sequence[str],
        *,
        gate: str = "u_gatepost_gate",
        blockers: str = "u_gatepost_blockers",
    ) -> None:
        """The plainest gate: abort a move to a guarded state while the gate is not open."""

        def check(change: RecordChange) -> str | None:
            before, values = change.before, change.values
            moves = "state" in values and values["state"] != before.get("state") and values["state"] in guarded
            if not moves or before.get(gate) == "Open":
                return None
            return before.get(blockers) or "The gate has not been assessed yet."

        self.before_rules.append(BeforeRule("Gatepost gate", table, uuid4().hex, check))

    # --- changing --------------------------------------------------------------------------------

    def insert(self, table: str, values: Mapping[str, str], by: str, *, checked: bool = False) -> Record:
        """Add a record.  ``checked`` applies the user's column rights.  Raises Refusal."""
        with self.lock:
            if table not in self.columns:
                raise no_table(table)
            given = {
                name: value for name, value in values.items() if not checked or self._may_write(table, name, by, {})
            }
            given |= self._own_id(table, values.get("sys_id", ""))
            self._require_unique(table, given)
            blank = self._store.new_record(table)
            self._check(RecordChange(table, blank, given, by), inserts=True)
            if self.scripts(table, "before", "insert") and not app_tables.is_writer(self, by):
                # A copied or typed verdict is none: only Gatepost gives one.
                given = {name: value for name, value in given.items() if name not in app_tables.OWNED_COLUMNS}
            record = self.store(table, given, by)
            self._events.publish(table, record, "insert", (), {})
            return record

    def _own_id(self, table: str, sys_id: str) -> dict[str, str]:
        """The id given by the creator of a record; an installer recognises its records by their ids."""
        if not _SYS_ID.fullmatch(sys_id):
            return {}
        if sys_id in self.tables[table]:
            raise Refusal(403, "Operation Failed", f"Error during insert of {table}: Unique Key violation")
        return {"sys_id": sys_id}

    def _require_unique(self, table: str, values: Mapping[str, str]) -> None:
        column = app_tables.UNIQUE.get(table, "")
        if column and any(row[column] == values.get(column, "") for row in self.tables[table].values()):
            raise Refusal(403, "Operation Failed", f"Error during insert of {table}: Unique Key violation")

    def update(self, table: str, sys_id: str, values: Mapping[str, str], by: str, *, workflow: bool = True) -> Record:
        """Set the columns that exist and that this user may write.  Raises Refusal 403 when a rule aborts.

        Without ``workflow`` no rule runs and no event is sent, as after ``setWorkflow(false)``.
        """
        with self.lock:
            record = self.record(table, sys_id)
            table = self._store.class_of(record, table)
            allowed = {name: value for name, value in values.items() if self._may_write(table, name, by, record)}
            if workflow:
                self._check(RecordChange(table, record, allowed, by), inserts=False)
            before = dict(record)
            if self._apply(table, record, allowed, by):
                self._sync_metadata(table, record, CHANGED)
                if workflow:
                    changed = [name for name in record if record[name] != before.get(name) and name[:4] != "sys_"]
                    noted = [
                        name
                        for name, value in allowed.items()
                        if value and self.columns[table][name].type == "journal_input"
                    ]
                    self._events.publish(table, record, "update", changed + noted, before)
            return record

    def decide_approval(self, table: str, sys_id: str, approver: str, state: str, *, by: str = "") -> None:
        """Approve or reject a record with the tool's own approvals, which counts as an update and sends an event.

        ``by`` is who saves the approver's row: a delegate, or somebody who may write every approval.
        """
        with self.lock:
            people = {row["user_name"]: row["sys_id"] for row in self.tables["sys_user"].values()}
            values = {"sysapproval": sys_id, "approver": people[approver], "state": state}
            saver = by or approver
            approval = self.store("sysapproval_approver", values, saver)
            record = self.record(table, sys_id)
            self._touch(record, saver if self.find_user(saver) else record["sys_updated_by"])
            self._events.publish("sysapproval_approver", approval, "insert", (), {})
            self._events.publish(table, record, "update", ("approval",), record)

    def change_approval(self, approval: str, state: str, *, by: str) -> None:
        """Set the state of an approver's row that exists; its task is touched as well."""
        with self.lock:
            row = self.update("sysapproval_approver", approval, {"state": state}, by)
            record = self.record("task", row["sysapproval"])
            table = self._store.class_of(record, "task")
            self._touch(record, by)
            self._events.publish(table, record, "update", ("approval",), record)

    def rewrite_journal(self, entry: str, value: str) -> None:
        """What a script of an administrator can do to a journal entry: no rule runs, and nothing says who it was."""
        with self.lock:
            self.record("sys_journal_field", entry)["value"] = value

    def delete(self, table: str, sys_id: str, by: str = "") -> None:
        with self.lock:
            record = self.record(table, sys_id)
            table = self._store.class_of(record, table)
            self._store.remove(table, sys_id)
            self._sync_metadata(table, record, REMOVED)
            self._events.publish(table, record | ({"sys_updated_by": by} if by else {}), "delete", (), {})

    def convert_demand(self, sys_id: str, by: str) -> Record:
        """A demand becomes a project.  Its plans follow without any rule or event: the platform's script has it so."""
        with self.lock:
            demand = self.record("dmn_demand", sys_id)
            inherited = (
                "short_description",
                "description",
                "business_unit",
                "primary_program",
                "start_date",
                "end_date",
            )
            values = {name: demand.get(name, "") for name in inherited} | {"demand": sys_id, "state": "-5"}
            self._check(RecordChange("dmn_demand", demand, {"state": "8"}, by), inserts=False)
            project = self.insert("pm_project", values, by)
            for table in ("cost_plan", "cost_plan_breakdown", "benefit_plan", "benefit_plan_breakdown"):
                for plan in [row for row in self.tables[table].values() if row["task"] == sys_id]:
                    self.update(
                        table,
                        plan["sys_id"],
                        {name: project["sys_id"] for name in ("task", "top_task") if name in self.columns[table]},
                        by,
                        workflow=False,
                    )
            self.update("dmn_demand", sys_id, {"project": project["sys_id"], "state": "8", "stage": "project"}, by)
            return project

    # --- the parts of a change ---------------------------------------------------------------------

    def _check(self, change: RecordChange, *, inserts: bool) -> None:
        table = change.table
        if not inserts:
            for rule in self.before_rules:
                message = rule.check(change) if rule.table == table else None
                if message is not None:
                    raise _rule_refusal(table, rule.name, rule.sys_id, message)
        for script in self.scripts(table, "before", "insert" if inserts else "update"):
            message = self._run(script, change, inserts=inserts)
            if message is not None:
                raise _rule_refusal(table, script["name"], script["sys_id"], message)
        policies.check_policies(self._store, table, {**change.before, **change.values}, self._condition_holds)

    def _run(self, script: Record, change: RecordChange, *, inserts: bool) -> str | None:
        if "GatepostGuard.check" in script["script"]:
            return app_tables.check(self, change, inserts=inserts)
        return policies.check_states(change) if script["name"] == policies.STATE_RULE else None

    def _apply(self, table: str, record: Record, values: Mapping[str, str], by: str) -> bool:
        changed = False
        for name, value in values.items():
            column = self.columns[table][name]
            if column.type == "journal_input":
                if value:
                    self._journal(table, record, name, value, by)
                    changed = True
            elif record.get(name) != value:
                if name in AUDITED and "number" in record:
                    self._audit(table, record, name, value, by)
                record[name] = value[: column.max_length] if name.startswith("u_") else value
                changed = True
        if changed:
            if "state" in values and table in CLOSED_STATES:
                record["active"] = flag(record["state"] not in CLOSED_STATES[table])
            self._touch(record, by)
        return changed

    def _audit(self, table: str, record: Record, name: str, value: str, by: str) -> None:
        row = {
            "tablename": table, "documentkey": record["sys_id"], "fieldname": name, "oldvalue": record.get(name, ""),
            "newvalue": value, "user": by, "record_checkpoint": record["sys_mod_count"],
        }  # fmt: skip
        self._store.add("sys_audit", row, by, self._now())

    def _may_write(self, table: str, name: str, by: str, record: Record) -> bool:
        if name not in self.columns[table] or name in WRITABLE_BY_NOBODY:
            return False
        return self.access.column(table, name, "write", by, record)


def _rule_refusal(table: str, name: str, sys_id: str, shown: str) -> Refusal:
    detail = (
        f"Operation against file '{table}' was aborted by Business Rule '{name}^{sys_id}'. Business Rule Stack:{name}"
    )
    return Refusal(403, "Operation Failed", detail, shown)
