"""Reads the current state of up to 200 records, with their related records, in one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from connector.errors import ToolError, ValuesRejected
from connector.http.json_values import JsonObject
from connector.servicenow.account import OwnAccountReader
from connector.servicenow.approvals import DelegationReader
from connector.servicenow.batched_queries import NO_ROWS, BatchedQueries, TableQuery, TableRows
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.fields import Column, ResolvedColumn, TableFields
from connector.servicenow.inspector import GOVERNABLE_TABLES
from connector.servicenow.payloads import (
    change_is_open,
    column_value,
    display_value,
    is_true,
    moment,
    raw_value,
    status_category,
)
from connector.servicenow.plans import Plans, ServiceNowPlans
from connector.servicenow.query import Query
from connector.servicenow.related_records import (
    WITH_CHANGES,
    WITH_TASKS,
    RelatedRecordReader,
    RelatedRecords,
    query_columns,
    resolve_columns,
    values_of,
)
from connector.servicenow.users import Users
from connector.servicenow.verdict_table import TABLE as VERDICTS
from connector.servicenow.verdict_table import TASK, VerdictTable
from connector.sync.ports import ReadResult
from governance.evidence import Children
from governance.facts import Unknown
from mapping.work_item import (
    ConnectionName,
    FieldName,
    FieldValue,
    NativeId,
    StatusCategory,
    Tool,
    WorkItem,
)
from mapping.writeback import canonical

BASE_COLUMNS = (
    "sys_id",
    "number",
    "short_description",
    "state",
    "active",
    "parent",
    "top_task",
    "sys_class_name",
    "name",
    "assignment_group",
    "sys_created_on",
    "sys_updated_on",
    "sys_mod_count",
    "on_hold",
    "on_hold_reason",
    "priority",
    "close_code",
)
CHANGE_TABLE = "change_request"
WITH_PLANS = frozenset({"pm_project", "dmn_demand"})
NO_PLANS = Unknown("only projects and demands have cost and benefit plans")
BATCH = 100

T = TypeVar("T")


class ServiceNowReader:
    def __init__(
        self,
        connection: ConnectionName,
        base_url: str,
        client: ServiceNowClient,
        fields: TableFields,
        queries: BatchedQueries,
        accounts: OwnAccountReader,
        own_user: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._connection = connection
        self._base_url = base_url.rstrip("/")
        self._client = client
        self._fields = fields
        self._queries = queries
        self._accounts = accounts
        self._verdict_table = VerdictTable(client, fields)
        self._plans = ServiceNowPlans(client, fields, clock)
        self._related = RelatedRecordReader(
            connection, fields, Users(client, clock), DelegationReader(client), own_user
        )

    def read(
        self,
        items: Sequence[NativeId],
        fields: frozenset[FieldName],
        child_fields: frozenset[FieldName] = frozenset(),
        plans: str | None = None,
        *,
        approvals: bool = False,
    ) -> ReadResult:
        """``child_fields`` are columns of the project tasks, by label."""
        ids: dict[str, list[str]] = {}
        for item in items:
            table, _, sys_id = item.partition(":")
            ids.setdefault(table, []).append(sys_id)
        columns = {table: resolve_columns(self._fields.catalogue(table), fields) for table in ids}
        queries = {table: self._record_query(table, sys_ids, columns[table]) for table, sys_ids in ids.items()}
        queries |= self._related.queries(ids, child_fields, approvals=approvals)
        verdicts = {table: self._verdict_columns(table, fields) for table in ids}
        queries |= self._verdict_query(ids, verdicts)
        with_plans = [sys_id for table, some in ids.items() if table in WITH_PLANS for sys_id in some]
        planned: dict[str, TableQuery] | Unknown = {}
        if plans is not None and with_plans:
            planned = self._plans.queries(with_plans)
            queries |= planned if isinstance(planned, dict) else {}
        results = self._queries.run(queries)
        read = {table: _rows(results[table]) for table in ids}
        rows = {table: one.rows for table, one in read.items()}
        hidden = {
            NativeId(f"{table}:{sys_id}"): str(error)
            for table, one in read.items()
            for sys_id, error in one.hidden.items()
        }
        if not any(rows.values()):
            return ReadResult({}, tuple(items), hidden)
        currency = self._accounts.currency()
        related = self._related.collect(results, child_fields, currency)
        lines: Plans | Unknown = Unknown("cost and benefit plans were not requested")
        if plans is not None:
            lines = planned if isinstance(planned, Unknown) else self._plans.lines(results, currency, plans)
        given = _Verdicts.of(results.get(VERDICTS, NO_ROWS))
        items_read = (
            self._item(
                table,
                row,
                given.merged(raw_value(row.get("sys_id")), verdicts[table], values_of(row, columns[table], currency)),
                related,
                lines,
            )
            for table in ids
            for row in rows[table]
        )
        unheard = {sys_id: str(error) for sys_id, error in related.unheard.items()}
        by_id = {item.native_id: item for item in items_read if _sys_id(item.native_id) not in unheard}
        # Nothing is decided about a record on which somebody may have said something that is not shown to us.
        hidden |= {item: unheard[_sys_id(item)] for item in items if _sys_id(item) in unheard}
        return ReadResult(by_id, tuple(item for item in items if item not in by_id), hidden)

    def read_joined(
        self, table: str | None, their_field: str | None, keys: Sequence[str], fields: frozenset[FieldName]
    ) -> Mapping[str, tuple[WorkItem, ...]]:
        """Records of a table by a column's value, or by their number.

        ServiceNow compares texts without case and blanks at their end: a record belongs to each key that it so matches.
        """
        if table is None:
            raise ValuesRejected("Records are joined within a table; name it with table.")
        column: ResolvedColumn = Column("number", "Number", "string")
        if their_field is not None:
            column = self._fields.catalogue(table).resolve(their_field)
        if not isinstance(column, Column):
            raise ValuesRejected(column.message, fields={their_field or "": column.message})
        plain = [key for key in keys if not set(key) & {"^", ",", "\n", "\r"}]
        if not plain:
            return {}
        query = Query().one_of(column.name, plain).ordered_by("sys_id")
        rows = self._client.all_rows(table, query, ("sys_id", column.name))
        holders = {raw_value(row.get("sys_id")): raw_value(row.get(column.name)) for row in rows}
        asked: dict[str, list[str]] = {}
        for key in plain:
            asked.setdefault(key.casefold(), []).append(key)
        joined: dict[str, tuple[WorkItem, ...]] = {}
        ids = sorted(holders)
        for start in range(0, len(ids), BATCH):
            batch = [NativeId(f"{table}:{sys_id}") for sys_id in ids[start : start + BATCH]]
            for item in self.read(batch, fields).items.values():
                value = holders[item.native_id.partition(":")[2]]
                for key in asked.get(value.strip().casefold(), ()):
                    joined[key] = (*joined.get(key, ()), item)
        return joined

    def find(self, query: str, limit: int) -> Sequence[NativeId]:
        """The records of a table that were changed last; ``query`` is the table's name."""
        newest = Query().not_empty("sys_id").ordered_by("sys_updated_on", newest_first=True)
        rows = self._client.query(query, newest, ("sys_id",), limit)
        return [NativeId(f"{query}:{raw_value(row.get('sys_id'))}") for row in rows]

    def _verdict_columns(self, table: str, fields: frozenset[FieldName]) -> dict[FieldName, Column]:
        found = {name: self._verdict_table.column(table, name) for name in sorted(fields)}
        return {name: column for name, column in found.items() if column is not None}

    def _verdict_query(
        self, ids: Mapping[str, Sequence[str]], verdicts: Mapping[str, Mapping[FieldName, Column]]
    ) -> dict[str, TableQuery]:
        tasks = [sys_id for table, some in ids.items() if verdicts[table] for sys_id in some]
        if not tasks:
            return {}
        names = dict.fromkeys(column.name for columns in verdicts.values() for column in columns.values())
        query = self._verdict_table.query(tasks)
        return {VERDICTS: TableQuery(self._verdict_table.table, query, ("sys_id", TASK, *names), TASK)}

    def _record_query(self, table: str, sys_ids: Sequence[str], columns: Mapping[FieldName, Column]) -> TableQuery:
        catalogue = self._fields.catalogue(table)
        requested = [name for name in BASE_COLUMNS if name in catalogue or name.startswith("sys_")]
        requested += [name for column in columns.values() for name in query_columns(column)]
        query = Query().one_of("sys_id", sys_ids).ordered_by("sys_id")
        return TableQuery(table, query, list(dict.fromkeys(requested)), "sys_id")

    def _item(
        self,
        table: str,
        row: JsonObject,
        fields: Mapping[FieldName, FieldValue],
        related: RelatedRecords,
        planned: Plans | Unknown,
    ) -> WorkItem:
        sys_id = raw_value(row.get("sys_id"))
        return WorkItem(
            tool=Tool.SERVICENOW,
            connection=self._connection,
            native_id=NativeId(f"{table}:{sys_id}"),
            key=raw_value(row.get("number")) or sys_id,
            url=f"{self._base_url}/nav_to.do?uri={table}.do?sys_id={sys_id}",
            type=table,
            project="",
            assignment_group=display_value(row.get("assignment_group")),
            priority=display_value(row.get("priority")),
            title=raw_value(row.get("short_description")) or raw_value(row.get("name")) or None,
            status=display_value(row.get("state")),
            status_category=_category(table, row),
            fields=fields,
            parent=raw_value(row.get("parent")) or None,
            parents=_parents(row),
            children=_of(related.children, sys_id, Children(0, 0)) if table in WITH_TASKS else Children(0, 0),
            plan_lines=_of(planned, sys_id, ()) if table in WITH_PLANS else NO_PLANS,
            child_items=related.child_items.get(sys_id, ()),
            # ServiceNow's tasks have no "blocks" link; what blocks them are their changes.
            blocking_links=(),
            changes=_of(related.changes, sys_id, ()) if table in WITH_CHANGES else (),
            incidents=_of(related.incidents, sys_id, ()),
            attachments=_of(related.attachments, sys_id, 0),
            comments=related.comments.get(sys_id, ()),
            approvals=related.approvals.get(sys_id, ()),
            reply_comment=related.reply_comments.get(sys_id),
            on_hold_reason=raw_value(row.get("on_hold_reason")) if is_true(row.get("on_hold")) else None,
            created=moment(raw_value(row.get("sys_created_on"))),
            updated=moment(raw_value(row.get("sys_updated_on"))),
            version=raw_value(row.get("sys_mod_count")),
        )


@dataclass(frozen=True, slots=True)
class _Verdicts:
    """The rows of the verdict's table by task, and the tasks whose row is hidden."""

    rows: Mapping[str, JsonObject]
    hidden: frozenset[str]

    @classmethod
    def of(cls, read: TableRows | ToolError) -> _Verdicts:
        if isinstance(read, ToolError):
            raise read
        return cls({raw_value(row.get(TASK)): row for row in read.rows}, frozenset(read.hidden))

    def merged(
        self, task: str, columns: Mapping[FieldName, Column], own: Mapping[FieldName, FieldValue]
    ) -> Mapping[FieldName, FieldValue]:
        """The record's fields with those of its verdict, which is what the gate reads.

        Without a row nothing is written, whatever a column on the record shows.  Where a row and a column differ, both
        are named: that is neither what was written last nor what should be, and so both are written again.
        """
        merged = dict(own)
        for name, column in columns.items():
            if task in self.hidden:
                merged.pop(name, None)
                continue
            row = self.rows.get(task)
            given = column_value((row or {}).get(column.name), column.type, column.reference, None)
            merged[name] = given
            if row is not None and name in own and canonical(own[name]) != canonical(given):
                shown = canonical(own[name]) or "nothing"
                merged[name] = f"{canonical(given) or 'nothing'}, and {shown} in the record's own column"
        return merged


def _category(table: str, row: JsonObject) -> StatusCategory:
    """A change that is closed and not known to have succeeded is not done, whoever looks at it."""
    category = status_category(row)
    if table == CHANGE_TABLE and category is StatusCategory.DONE and change_is_open(row):
        return StatusCategory.INDETERMINATE
    return category


def _parents(row: JsonObject) -> tuple[str, ...]:
    """What the record belongs to; a reference does not say in which table it is."""
    above = {raw_value(row.get(name)) for name in ("parent", "top_task")} - {"", raw_value(row.get("sys_id"))}
    return tuple(f"{table}:{sys_id}" for sys_id in sorted(above) for table in GOVERNABLE_TABLES)


def _rows(result: TableRows | ToolError) -> TableRows:
    if isinstance(result, ToolError):
        raise result
    return result


def _sys_id(item: NativeId) -> str:
    return item.partition(":")[2]


def _of(values: Mapping[str, T | Unknown] | Mapping[str, T] | Unknown, sys_id: str, empty: T) -> T | Unknown:
    return values if isinstance(values, Unknown) else values.get(sys_id, empty)
