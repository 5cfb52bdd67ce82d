"""Reads the present state of up to 100 records in six calls per table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import structlog

from connector.errors import AuthenticationFailed, Refused, RetryLater, ToolError
from connector.jsons import JsonObject
from connector.servicenow.approvals import ServiceNowApprovals
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.fields import Column, ColumnCatalogue, Resolved, TableFields
from connector.servicenow.payloads import (
    change_is_open,
    column_value,
    comment,
    display,
    is_true,
    moment,
    open_item,
    raw,
    status_category,
)
from connector.servicenow.plans import Plans, ServiceNowPlans
from connector.servicenow.query import Query
from connector.sync.ports import Reading
from governance.evidence import Children, OpenItem
from governance.facts import Unknown
from governance.measure import Person
from mapping.answer import TITLE
from mapping.work_item import (
    ChildItem,
    Comment,
    ConnectionName,
    FieldName,
    FieldValue,
    NativeId,
    StatusCategory,
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
)
WITH_PLANS = frozenset({"pm_project", "dmn_demand"})
WITH_TASKS = frozenset({"pm_project"})
WITH_CHANGES = frozenset({"pm_project", "dmn_demand"})
SHOWN_OPEN = 20
BATCH = 100

T = TypeVar("T")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Around:
    """What belongs to the records of a batch, by sys_id."""

    comments: Mapping[str, tuple[Comment, ...]]
    answers: Mapping[str, str]
    attachments: Mapping[str, int] | Unknown
    changes: Mapping[str, tuple[OpenItem, ...]] | Unknown
    children: Mapping[str, Children] | Unknown
    child_items: Mapping[str, tuple[ChildItem, ...]]


@dataclass(frozen=True, slots=True)
class Tasks:
    """Project tasks by their project: how they stand, and the columns that were asked for."""

    sums: Mapping[str, Children]
    items: Mapping[str, tuple[ChildItem, ...]]


class ServiceNowReader:
    def __init__(
        self, connection: ConnectionName, base_url: str, client: ServiceNowClient, fields: TableFields, own_user: str
    ) -> None:
        self._connection = connection
        self._base_url = base_url.rstrip("/")
        self._client = client
        self._fields = fields
        self._own_user = own_user
        self._plans = ServiceNowPlans(client, fields)

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
        by_table: dict[str, list[str]] = {}
        for item in items:
            table, _, sys_id = item.partition(":")
            by_table.setdefault(table, []).append(sys_id)
        found: dict[NativeId, WorkItem] = {}
        for table, sys_ids in by_table.items():
            found |= self._read_table(table, sys_ids, fields, child_fields, plans)
        if approvals:
            found = self._with_approvals(found)
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

    def _read_table(
        self,
        table: str,
        sys_ids: Sequence[str],
        fields: frozenset[FieldName],
        below: frozenset[FieldName],
        plans: str | None,
    ) -> dict[NativeId, WorkItem]:
        catalogue = self._fields.catalogue(table)
        columns = self._resolve(catalogue, fields)
        asked = [name for name in BASE_COLUMNS if name in catalogue or name.startswith("sys_")]
        asked += [name for column in columns.values() for name in _asked(column)]
        rows = self._client.query(
            table, Query().one_of("sys_id", sys_ids).ordered_by("sys_id"), list(dict.fromkeys(asked))
        )
        if not rows:
            return {}
        ids = [raw(row.get("sys_id")) for row in rows]
        around = self._around(table, ids, below)
        planned: Plans | Unknown = Unknown("cost and benefit plans were not asked for")
        if plans is not None and table in WITH_PLANS:
            planned = self._plans.lines(ids, plans)
        items = (self._item(table, row, columns, around, planned) for row in rows)
        return {item.native_id: item for item in items}

    def _with_approvals(self, items: Mapping[NativeId, WorkItem]) -> dict[NativeId, WorkItem]:
        """The items with what their approvers decided.  Where that cannot be read, nobody has approved."""
        given = ServiceNowApprovals(self._client).of([item.partition(":")[2] for item in items])
        return {
            item: replace(record, approvals=given.get(item.partition(":")[2], ())) for item, record in items.items()
        }

    def _resolve(self, catalogue: ColumnCatalogue, names: Iterable[FieldName]) -> dict[FieldName, Column]:
        # A mapping has rules for several tables; a name that only another table has is no problem here.
        resolved = {name: catalogue.resolve(name) for name in sorted(names)}
        return {name: column for name, column in resolved.items() if isinstance(column, Column)}

    def _around(self, table: str, ids: Sequence[str], below: frozenset[FieldName]) -> Around:
        no_changes: Mapping[str, tuple[OpenItem, ...]] = {}
        tasks: Tasks | Unknown = self._tasks(ids, below) if table in WITH_TASKS else Tasks({}, {})
        comments, answers = self._comments(ids)
        return Around(
            comments=comments,
            answers=answers,
            attachments=self._attachments(ids),
            changes=self._changes(ids) if table in WITH_CHANGES else no_changes,
            children=tasks if isinstance(tasks, Unknown) else tasks.sums,
            child_items={} if isinstance(tasks, Unknown) else tasks.items,
        )

    def _item(
        self,
        table: str,
        row: JsonObject,
        columns: Mapping[FieldName, Column],
        around: Around,
        planned: Plans | Unknown,
    ) -> WorkItem:
        sys_id = raw(row.get("sys_id"))
        fields = _values(row, columns)
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
            children=_of(around.children, sys_id, Children(0, 0)),
            plan_lines=planned if isinstance(planned, Unknown) else planned.get(sys_id, ()),
            child_items=around.child_items.get(sys_id, ()),
            # ServiceNow's tasks have no "blocks" link; what blocks them are their changes.
            blocking_links=(),
            changes=_of(around.changes, sys_id, ()),
            attachments=_of(around.attachments, sys_id, 0),
            comments=around.comments.get(sys_id, ()),
            answer=around.answers.get(sys_id),
            created=moment(raw(row.get("sys_created_on"))),
            updated=moment(raw(row.get("sys_updated_on"))),
            version=raw(row.get("sys_mod_count")),
        )

    def _comments(self, ids: Sequence[str]) -> tuple[dict[str, tuple[Comment, ...]], dict[str, str]]:
        """What people said, and Gatepost's newest own entry, by record."""
        query = (
            Query().one_of("element_id", ids).one_of("element", ("comments", "work_notes")).ordered_by("sys_created_on")
        )
        rows = self._client.query(
            "sys_journal_field", query, ("sys_id", "element_id", "value", "sys_created_by", "sys_created_on")
        )
        people = self._people({raw(row.get("sys_created_by")) for row in rows})
        found: dict[str, tuple[Comment, ...]] = {}
        answers: dict[str, str] = {}
        for row in rows:
            owner, entry = raw(row.get("element_id")), comment(row, people)
            if raw(row.get("sys_created_by")) == self._own_user:
                if entry is not None and entry.text.startswith(TITLE):
                    answers[owner] = entry.text
            elif entry is not None:
                found[owner] = (*found.get(owner, ()), entry)
        return found, answers

    def _people(self, logins: set[str]) -> dict[str, Person]:
        """Users by user name, which is what a journal entry knows of its author."""
        plain = sorted(login for login in logins if login and not set(login) & {"^", ","})
        if not plain:
            return {}
        rows = self._client.query(
            "sys_user", Query().one_of("user_name", plain), ("sys_id", "user_name", "name", "active")
        )
        return {
            raw(row.get("user_name")): Person(
                raw(row.get("sys_id")), raw(row.get("name")), is_true(row.get("active")), raw(row.get("user_name"))
            )
            for row in rows
        }

    def _attachments(self, ids: Sequence[str]) -> dict[str, int] | Unknown:
        rows = self._try(
            "attachments", "sys_attachment", Query().one_of("table_sys_id", ids), ("sys_id", "table_sys_id")
        )
        if isinstance(rows, Unknown):
            return rows
        counts: dict[str, int] = {}
        for row in rows:
            owner = raw(row.get("table_sys_id"))
            counts[owner] = counts.get(owner, 0) + 1
        return counts

    def _changes(self, ids: Sequence[str]) -> dict[str, tuple[OpenItem, ...]] | Unknown:
        columns = ("sys_id", "number", "short_description", "state", "close_code", "parent", "priority")
        rows = self._try("changes", "change_request", Query().one_of("parent", ids).ordered_by("number"), columns)
        if isinstance(rows, Unknown):
            return rows
        found: dict[str, tuple[OpenItem, ...]] = {}
        for row in rows:
            if change_is_open(row):
                owner = raw(row.get("parent"))
                found[owner] = (*found.get(owner, ()), open_item(row))
        return found

    def _tasks(self, ids: Sequence[str], below: frozenset[FieldName]) -> Tasks | Unknown:
        wanted = self._resolve(self._fields.catalogue("pm_project_task"), below) if below else {}
        columns = (
            *("sys_id", "number", "short_description", "state", "active", "top_task"),
            *("priority", "sys_updated_on"),
            *(name for column in wanted.values() for name in _asked(column)),
        )
        rows = self._try(
            "project tasks", "pm_project_task", Query().one_of("top_task", ids).ordered_by("number"), columns
        )
        if isinstance(rows, Unknown):
            return rows
        grouped: dict[str, list[JsonObject]] = {}
        for row in rows:
            grouped.setdefault(raw(row.get("top_task")), []).append(row)
        return Tasks(
            {owner: _sum(group) for owner, group in grouped.items()},
            {owner: tuple(_child(row, wanted) for row in group) for owner, group in grouped.items() if wanted},
        )

    def _try(self, what: str, table: str, query: Query, columns: Sequence[str]) -> Sequence[JsonObject] | Unknown:
        """Rows, or unknown when this account may not read them; an outage is raised."""
        try:
            return self._client.query(table, query, columns)
        except (RetryLater, AuthenticationFailed):
            raise
        except ToolError as error:
            _log.warning("not readable", connection=self._connection, what=what, why=str(error))
            return Unknown(f"the {what} could not be read: {error}")


def _child(row: JsonObject, columns: Mapping[FieldName, Column]) -> ChildItem:
    return ChildItem(not is_true(row.get("active")), _values(row, columns))


def _values(row: JsonObject, columns: Mapping[FieldName, Column]) -> dict[FieldName, FieldValue]:
    """A row's columns by label; one that the answer lacks is hidden by an ACL: unknown, not empty."""
    return {
        name: column_value(row[column.name], column.type, column.reference, row.get(f"{column.name}.active"))
        for name, column in columns.items()
        if column.name in row
    }


def _asked(column: Column) -> tuple[str, ...]:
    is_person = column.type == "reference" and column.reference == "sys_user"
    return (column.name, f"{column.name}.active") if is_person else (column.name,)


def _of(found: Mapping[str, T] | Unknown, sys_id: str, empty: T) -> T | Unknown:
    return found if isinstance(found, Unknown) else found.get(sys_id, empty)


def _sum(group: Sequence[JsonObject]) -> Children:
    still_open = [open_item(row) for row in group if is_true(row.get("active"))]
    moments = [at for row in group if (at := moment(raw(row.get("sys_updated_on")))) is not None]
    return Children(
        total=len(group),
        done=len(group) - len(still_open),
        open=tuple(still_open[:SHOWN_OPEN]),
        in_progress=sum(status_category(row) is StatusCategory.INDETERMINATE for row in group),
        touched=max(moments, default=None),
    )
