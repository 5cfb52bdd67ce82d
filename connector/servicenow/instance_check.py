"""The live check of an instance: assumptions from memory or from documentation alone, tried on a record of its own.

Run it on an instance that is not production, as the integration user.  ``docs/servicenow-live-check.md`` has a row for
each step.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial

from connector.errors import NotFound, PermissionDenied, ToolError
from connector.http.json_values import JsonObject
from connector.servicenow.batched_queries import BatchedQueries, TableQuery, TableRows
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.fields import TableFields
from connector.servicenow.instance_check_by_hand import BY_HAND
from connector.servicenow.payloads import raw_value
from connector.servicenow.plans import START, TABLES, TYPE
from connector.servicenow.query import Query
from connector.servicenow.sender import read_sender
from connector.servicenow.verdict_table import TASK, VerdictTable, VerdictWrite
from connector.sync.instance_check import LiveStep, StepResult

TITLE = "Gatepost live check: delete me"
SAMPLE = 3

Outcome = tuple[StepResult, str]
PROVED, REFUTED, NOT_TRIED = StepResult.PROVED, StepResult.REFUTED, StepResult.NOT_TRIED


class ServiceNowInstanceCheck:
    """Implements :class:`connector.sync.instance_check.InstanceCheck`."""

    def __init__(self, client: ServiceNowClient, fields: TableFields, queries: BatchedQueries) -> None:
        self._client = client
        self._fields = fields
        self._queries = queries
        self._verdicts = VerdictTable(client, fields)

    def instance(self) -> str:
        try:
            rows = self._client.query("sys_properties", Query().equals("name", "instance_name"), ("value",), 1)
        except (NotFound, PermissionDenied):
            rows = []
        return raw_value(rows[0].get("value")) if rows else "an instance that does not tell its name"

    def run(self, table: str) -> Iterator[LiveStep]:
        for key, title, step in (
            ("L1", "a list is counted, in a batch as well", self._counts),
            ("L2", "rows are counted by a column", self._groups),
            ("L3", "sys_id> and its order hold", self._keyset),
            ("L4", "inheritance can be read", self._inheritance),
            ("L5", "breakdowns of plans have the columns and the type", self._breakdowns),
            ("L6", "fiscal periods have a start that can be read", self._periods),
            ("L7", "the app signs as it should", self._sender),
        ):
            yield _tried(key, title, partial(step, table))
        yield from self._on_own_record(table)
        yield from BY_HAND

    # --- what is there already -----------------------------------------------------------------------

    def _counts(self, table: str) -> Outcome:
        query = TableQuery(table, Query().ordered_by("sys_id"), ("sys_id",))
        single, total = self._client.shown_rows(table, Query().equals("sys_id", "0" * 32), ("sys_id",))
        results = self._queries.run({"one": query, "two": query}) if self._client.count(table, Query()) < 1000 else {}
        read = [one for one in results.values() if isinstance(one, TableRows)]
        if single or total:
            return REFUTED, f"a query for no record gives {len(single)} rows and counts {total}"
        return PROVED, f"X-Total-Count is there; {len(read)} of {len(results)} lists in a batch were counted in full"

    def _groups(self, table: str) -> Outcome:
        counts = self._client.counts(table, Query(), "state")
        total = self._client.count(table, Query())
        result = PROVED if sum(counts.values()) == total else REFUTED
        return result, f"{len(counts)} groups with {sum(counts.values())} rows of {total}"

    def _keyset(self, table: str) -> Outcome:
        first = self._ids(self._client.query(table, Query().ordered_by("sys_id"), ("sys_id",), SAMPLE))
        if len(first) < SAMPLE:
            return NOT_TRIED, f"{len(first)} rows are shown; it takes {SAMPLE}"
        after = Query().after("sys_id", first[0]).ordered_by("sys_id")
        following = self._ids(self._client.query(table, after, ("sys_id",), SAMPLE - 1))
        return (PROVED if following == first[1:] else REFUTED), "the second page goes on behind the first record"

    def _inheritance(self, table: str) -> Outcome:
        above = self._fields.parents(table)
        return (PROVED if "task" in above else REFUTED), f"{table} extends {', '.join(above) or 'nothing'}"

    def _breakdowns(self, table: str) -> Outcome:
        del table
        observed: list[str] = []
        for plan in TABLES:
            catalogue = self._fields.catalogue(plan.breakdowns)
            if not catalogue:
                return NOT_TRIED, f"there is no table {plan.breakdowns}"
            names = (TYPE, plan.planned, plan.actual)
            missing = [one.names[0] for one in names if one.of(catalogue) is None]
            if missing:
                return REFUTED, f"{plan.breakdowns} has no column {', '.join(missing)}"
            kind = TYPE.of(catalogue)
            rows = self._client.query(
                "sys_choice", Query().equals("name", plan.breakdowns).equals("element", kind.name if kind else ""),
                ("value", "label"),
            )  # fmt: skip
            values = sorted(raw_value(row.get("value")) for row in rows)
            observed.append(f"{plan.breakdowns}: {', '.join(values) or 'no choices are shown'}")
        return PROVED, "; ".join(observed)

    def _periods(self, table: str) -> Outcome:
        del table
        start = START.of(self._fields.catalogue("fiscal_period"))
        if start is None:
            return REFUTED, "fiscal_period has no column with a start that is known"
        rows = self._client.query("fiscal_period", Query().ordered_by("sys_id"), (start.name,), 1)
        form = raw_value(rows[0].get(start.name)) if rows else ""
        return (
            PROVED if form else NOT_TRIED
        ), f"{start.name} is written like {re.sub(r'[0-9]', '9', form) or 'nothing'}"

    def _sender(self, table: str) -> Outcome:
        del table
        sender = read_sender(self._client, self._fields)
        if sender is None:
            return NOT_TRIED, "the app is not installed, or its sender has never run"
        return (PROVED if sender.works else REFUTED), f"self-test: {sender.self_test}"

    # --- on a record of its own ---------------------------------------------------------------------

    def _on_own_record(self, table: str) -> Iterator[LiveStep]:
        made: list[str] = []
        yield _tried("L8", f"a record of {table} can be made", lambda: self._make(table, made))
        if not made:
            return
        record = made[0]
        try:
            yield _tried("L9", "the verdict has one row for each task", lambda: self._verdict(table, record))
            yield _tried("L14", "a related list can show the verdict", lambda: self._related_list(table, record))
            yield _tried("L10", "a note is added once and shown", lambda: self._note(table, record))
            yield _tried("L11", "how much one write counts", lambda: self._mod_count(table, record))
            yield _tried("L12", "a hold is set and lifted", lambda: self._hold(table, record))
        finally:
            yield _tried("L13", "what was made is deleted", lambda: self._delete(table, record))

    def _make(self, table: str, made: list[str]) -> Outcome:
        row = self._client.insert(table, {"short_description": f"{TITLE} {datetime.now(UTC):%Y-%m-%d %H:%M}"})
        made.append(raw_value(row.get("sys_id")))
        return PROVED, "made with this account"

    def _verdict(self, table: str, record: str) -> Outcome:
        if not self._verdicts.exists_for(table):
            return NOT_TRIED, "the app is not installed"
        self._verdicts.write(VerdictWrite(record, {"u_gate": "Blocked"}))
        changed = self._verdicts.write(VerdictWrite(record, {"u_gate": "Open"}))
        try:
            self._client.insert(self._verdicts.table, {TASK: record, "u_gate": "Open"})
        except ToolError as refused:
            return (PROVED if raw_value(changed.get("u_gate")) == "Open" else REFUTED), f"a second row: {refused}"
        return REFUTED, "a second row for the same task was taken: u_task is not unique"

    def _related_list(self, table: str, record: str) -> Outcome:
        """Of a record's form: rows that refer to it, and columns of the record by way of that reference."""
        if not self._verdicts.exists_for(table):
            return NOT_TRIED, "the app is not installed"
        name, through = self._verdicts.table, f"{TASK}.short_description"
        rows = self._client.query(name, Query().equals(TASK, record), ("sys_id", through))
        shown = [raw_value(row.get(through)) for row in rows]
        reached = len(shown) == 1 and bool(shown[0])
        return (PROVED if reached else REFUTED), f"{len(rows)} rows of {name} refer to the record; {through} " + (
            "is reached" if reached else "is not reached"
        )

    def _note(self, table: str, record: str) -> Outcome:
        self._client.patch(table, record, {"work_notes": TITLE})
        rows, total = self._client.shown_rows(
            "sys_journal_field", Query().equals("element_id", record), ("sys_id", "element", "sys_created_by")
        )
        return (PROVED if len(rows) == total == 1 else REFUTED), f"{total} entries are counted, {len(rows)} shown"

    def _mod_count(self, table: str, record: str) -> Outcome:
        counts = [
            int(raw_value(self._client.patch(table, record, {"description": text}).get("sys_mod_count")) or 0)
            for text in ("one", "two")
        ]
        grown = counts[1] - counts[0]
        return (PROVED if grown == 1 else REFUTED), f"sys_mod_count grows by {grown} with one write"

    def _hold(self, table: str, record: str) -> Outcome:
        if "on_hold" not in self._fields.catalogue(table):
            return NOT_TRIED, f"{table} has no column on_hold"
        held = self._client.patch(table, record, {"on_hold": "true", "on_hold_reason": TITLE})
        lifted = self._client.patch(table, record, {"on_hold": "false", "on_hold_reason": ""})
        states = [raw_value(row.get("on_hold")) for row in (held, lifted)]
        return (PROVED if states == ["true", "false"] else REFUTED), f"on_hold was {states[0]}, then {states[1]}"

    def _delete(self, table: str, record: str) -> Outcome:
        rows = self._verdicts.rows([record]) if self._verdicts.exists_for(table) else {}
        for row in rows.values():
            self._client.delete(self._verdicts.table, raw_value(row.get("sys_id")))
        self._client.delete(table, record)
        return PROVED, "the record and its verdict are gone; notes of a deleted record stay in the journal"

    @staticmethod
    def _ids(rows: Sequence[JsonObject]) -> list[str]:
        return [raw_value(row.get("sys_id")) for row in rows]


def _tried(key: str, title: str, step: Callable[[], Outcome]) -> LiveStep:
    try:
        result, observed = step()
    except ToolError as error:
        result, observed = NOT_TRIED, str(error)
    return LiveStep(key, title, result, observed)
