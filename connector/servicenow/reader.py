"""Reads the present state of up to 200 records, with all that belongs to them, in one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from connector.errors import Refused, ToolError
from connector.http.json_values import JsonObject
from connector.servicenow.account import Accounts
from connector.servicenow.batched_queries import Look, Looks, Rows
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.fields import Column, Resolved, TableFields
from connector.servicenow.payloads import (
    display,
    is_true,
    moment,
    raw,
    status_category,
)
from connector.servicenow.plans import Plans, ServiceNowPlans
from connector.servicenow.query import Query
from connector.servicenow.related_records import (
    WITH_CHANGES,
    WITH_TASKS,
    Around,
    Belongings,
    asked_columns,
    resolved,
    values_of,
)
from connector.servicenow.users import People
from connector.sync.ports import Reading
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
    "sys_class_name",
    "name",
    "assignment_group",
    "sys_created_on",
    "sys_updated_on",
    "sys_mod_count",
    "on_hold",
    "on_hold_reason",
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
        looks: Looks,
        accounts: Accounts,
        own_user: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._connection = connection
        self._base_url = base_url.rstrip("/")
        self._client = client
        self._fields = fields
        self._looks = looks
        self._accounts = accounts
        self._plans = ServiceNowPlans(client, fields, clock)
        self._belongings = Belongings(connection, fields, People(client, clock), own_user)

    def read(
        self,
        items: Sequence[NativeId],
        fields: frozenset[FieldName],
        child_fields: frozenset[FieldName] = frozenset(),
        plans: str | None = None,
        *,
        approvals: bool = False,
    ) -> Reading:
        """``child_fields`` are columns of the project tasks, by label."""
        ids: dict[str, list[str]] = {}
        for item in items:
            table, _, sys_id = item.partition(":")
            ids.setdefault(table, []).append(sys_id)
        columns = {table: resolved(self._fields.catalogue(table), fields) for table in ids}
        looks = {table: self._look(table, sys_ids, columns[table]) for table, sys_ids in ids.items()}
        looks |= self._belongings.looks(ids, child_fields, approvals=approvals)
        with_plans = [sys_id for table, some in ids.items() if table in WITH_PLANS for sys_id in some]
        planned: dict[str, Look] | Unknown = {}
        if plans is not None and with_plans:
            planned = self._plans.looks(with_plans)
            looks |= planned if isinstance(planned, dict) else {}
        seen = self._looks.all(looks)
        rows = {table: _rows(seen[table]) for table in ids}
        if not any(rows.values()):
            return Reading({}, tuple(items))
        currency = self._accounts.currency()
        around = self._belongings.of(seen, child_fields, currency)
        lines: Plans | Unknown = Unknown("cost and benefit plans were not asked for")
        if plans is not None:
            lines = planned if isinstance(planned, Unknown) else self._plans.lines(seen, currency or plans)
        made = (
            self._item(table, row, values_of(row, columns[table], currency), around, lines)
            for table in ids
            for row in rows[table]
        )
        found = {item.native_id: item for item in made}
        return Reading(found, tuple(item for item in items if item not in found))

    def joined(
        self, table: str | None, theirs: str | None, keys: Sequence[str], fields: frozenset[FieldName]
    ) -> Mapping[str, tuple[WorkItem, ...]]:
        """Records of a table by a column's value, or by their number."""
        if table is None:
            raise Refused("Records are joined within a table; name it with table.")
        column: Resolved = Column("number", "Number", "string")
        if theirs is not None:
            column = self._fields.catalogue(table).resolve(theirs)
        if not isinstance(column, Column):
            raise Refused(column.message, fields={theirs or "": column.message})
        plain = [key for key in keys if not set(key) & {"^", ",", "\n", "\r"}]
        if not plain:
            return {}
        query = Query().one_of(column.name, plain).ordered_by("sys_id")
        rows = self._client.query(table, query, ("sys_id", column.name))
        holders = {raw(row.get("sys_id")): raw(row.get(column.name)) for row in rows}
        found: dict[str, tuple[WorkItem, ...]] = {}
        ids = sorted(holders)
        for start in range(0, len(ids), BATCH):
            batch = [NativeId(f"{table}:{sys_id}") for sys_id in ids[start : start + BATCH]]
            for item in self.read(batch, fields).found.values():
                key = holders[item.native_id.partition(":")[2]]
                found[key] = (*found.get(key, ()), item)
        return found

    def find(self, query: str, limit: int) -> Sequence[NativeId]:
        """The records of a table that were changed last; ``query`` is the table's name."""
        newest = Query().not_empty("sys_id").ordered_by("sys_updated_on", newest_first=True)
        rows = self._client.query(query, newest, ("sys_id",), limit)
        return [NativeId(f"{query}:{raw(row.get('sys_id'))}") for row in rows]

    def _look(self, table: str, sys_ids: Sequence[str], columns: Mapping[FieldName, Column]) -> Look:
        catalogue = self._fields.catalogue(table)
        asked = [name for name in BASE_COLUMNS if name in catalogue or name.startswith("sys_")]
        asked += [name for column in columns.values() for name in asked_columns(column)]
        return Look(table, Query().one_of("sys_id", sys_ids).ordered_by("sys_id"), list(dict.fromkeys(asked)))

    def _item(
        self,
        table: str,
        row: JsonObject,
        fields: Mapping[FieldName, FieldValue],
        around: Around,
        planned: Plans | Unknown,
    ) -> WorkItem:
        sys_id = raw(row.get("sys_id"))
        return WorkItem(
            tool=Tool.SERVICENOW,
            connection=self._connection,
            native_id=NativeId(f"{table}:{sys_id}"),
            key=raw(row.get("number")) or sys_id,
            url=f"{self._base_url}/nav_to.do?uri={table}.do?sys_id={sys_id}",
            type=table,
            project="",
            assignment_group=display(row.get("assignment_group")),
            title=raw(row.get("short_description")) or raw(row.get("name")) or None,
            status=display(row.get("state")),
            status_category=status_category(row),
            fields=fields,
            parent=raw(row.get("parent")) or None,
            children=_of(around.children, sys_id, Children(0, 0)) if table in WITH_TASKS else Children(0, 0),
            plan_lines=_of(planned, sys_id, ()) if table in WITH_PLANS else NO_PLANS,
            child_items=around.child_items.get(sys_id, ()),
            # ServiceNow's tasks have no "blocks" link; what blocks them are their changes.
            blocking_links=(),
            changes=_of(around.changes, sys_id, ()) if table in WITH_CHANGES else (),
            incidents=_of(around.incidents, sys_id, ()),
            attachments=_of(around.attachments, sys_id, 0),
            comments=around.comments.get(sys_id, ()),
            approvals=around.approvals.get(sys_id, ()),
            answer=around.answers.get(sys_id),
            hold=raw(row.get("on_hold_reason")) if is_true(row.get("on_hold")) else None,
            created=moment(raw(row.get("sys_created_on"))),
            updated=moment(raw(row.get("sys_updated_on"))),
            version=raw(row.get("sys_mod_count")),
        )


def _rows(seen: Rows | ToolError) -> Rows:
    if isinstance(seen, ToolError):
        raise seen
    return seen


def _of(found: Mapping[str, T] | Unknown, sys_id: str, empty: T) -> T | Unknown:
    return found if isinstance(found, Unknown) else found.get(sys_id, empty)
