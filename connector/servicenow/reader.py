"""Reads the current state of up to 200 records, with their related records, in one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from connector.errors import ToolError, ValuesRejected
from connector.http.json_values import JsonObject
from connector.servicenow.account import OwnAccountReader
from connector.servicenow.approvals import DelegationReader
from connector.servicenow.batched_queries import BatchedQueries, Rows, TableQuery
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.fields import Column, ResolvedColumn, TableFields
from connector.servicenow.inspector import GOVERNABLE_TABLES
from connector.servicenow.payloads import (
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
from connector.sync.ports import ReadResult
from governance.evidence import Children
from governance.facts import Unknown
from mapping.work_item import (
    ConnectionName,
    FieldName,
    FieldValue,
    NativeId,
    Tool,
    WorkItem,
)

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
)
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
        with_plans = [sys_id for table, some in ids.items() if table in WITH_PLANS for sys_id in some]
        planned: dict[str, TableQuery] | Unknown = {}
        if plans is not None and with_plans:
            planned = self._plans.queries(with_plans)
            queries |= planned if isinstance(planned, dict) else {}
        results = self._queries.run(queries)
        rows = {table: _rows(results[table]) for table in ids}
        if not any(rows.values()):
            return ReadResult({}, tuple(items))
        currency = self._accounts.currency()
        related = self._related.collect(results, child_fields, currency)
        lines: Plans | Unknown = Unknown("cost and benefit plans were not requested")
        if plans is not None:
            lines = planned if isinstance(planned, Unknown) else self._plans.lines(results, currency or plans)
        items_read = (
            self._item(table, row, values_of(row, columns[table], currency), related, lines)
            for table in ids
            for row in rows[table]
        )
        by_id = {item.native_id: item for item in items_read}
        return ReadResult(by_id, tuple(item for item in items if item not in by_id))

    def read_joined(
        self, table: str | None, their_field: str | None, keys: Sequence[str], fields: frozenset[FieldName]
    ) -> Mapping[str, tuple[WorkItem, ...]]:
        """Records of a table by a column's value, or by their number."""
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
        rows = self._client.query(table, query, ("sys_id", column.name))
        holders = {raw_value(row.get("sys_id")): raw_value(row.get(column.name)) for row in rows}
        joined: dict[str, tuple[WorkItem, ...]] = {}
        ids = sorted(holders)
        for start in range(0, len(ids), BATCH):
            batch = [NativeId(f"{table}:{sys_id}") for sys_id in ids[start : start + BATCH]]
            for item in self.read(batch, fields).items.values():
                key = holders[item.native_id.partition(":")[2]]
                joined[key] = (*joined.get(key, ()), item)
        return joined

    def find(self, query: str, limit: int) -> Sequence[NativeId]:
        """The records of a table that were changed last; ``query`` is the table's name."""
        newest = Query().not_empty("sys_id").ordered_by("sys_updated_on", newest_first=True)
        rows = self._client.query(query, newest, ("sys_id",), limit)
        return [NativeId(f"{query}:{raw_value(row.get('sys_id'))}") for row in rows]

    def _record_query(self, table: str, sys_ids: Sequence[str], columns: Mapping[FieldName, Column]) -> TableQuery:
        catalogue = self._fields.catalogue(table)
        requested = [name for name in BASE_COLUMNS if name in catalogue or name.startswith("sys_")]
        requested += [name for column in columns.values() for name in query_columns(column)]
        return TableQuery(table, Query().one_of("sys_id", sys_ids).ordered_by("sys_id"), list(dict.fromkeys(requested)))

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
            status_category=status_category(row),
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


def _parents(row: JsonObject) -> tuple[str, ...]:
    """What the record belongs to; a reference does not say in which table it is."""
    above = {raw_value(row.get(name)) for name in ("parent", "top_task")} - {"", raw_value(row.get("sys_id"))}
    return tuple(f"{table}:{sys_id}" for sys_id in sorted(above) for table in GOVERNABLE_TABLES)


def _rows(result: Rows | ToolError) -> Rows:
    if isinstance(result, ToolError):
        raise result
    return result


def _of(values: Mapping[str, T] | Unknown, sys_id: str, empty: T) -> T | Unknown:
    return values if isinstance(values, Unknown) else values.get(sys_id, empty)
