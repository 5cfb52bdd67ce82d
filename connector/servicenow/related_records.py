"""What belongs to the records of a batch: comments, attachments, changes, incidents, tasks, approvals.

Each kind is one look for the records of all tables together; :mod:`connector.servicenow.batched_queries` makes one
call of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from connector.errors import ToolError
from connector.http.json_values import JsonObject
from connector.servicenow.approvals import APPROVALS, approvals_look, approvals_of
from connector.servicenow.batched_queries import Look, Seen
from connector.servicenow.fields import Column, ColumnCatalogue, TableFields
from connector.servicenow.payloads import (
    change_is_open,
    column_value,
    comment,
    is_true,
    moment,
    open_item,
    raw,
    status_category,
)
from connector.servicenow.query import Query
from connector.servicenow.users import People
from governance.evidence import Children, OpenItem
from governance.facts import Unknown
from mapping.reply_comment import TITLE
from mapping.work_item import Approval, ChildItem, Comment, ConnectionName, FieldName, FieldValue, StatusCategory

WITH_TASKS = frozenset({"pm_project"})
WITH_CHANGES = frozenset({"pm_project", "dmn_demand"})
SHOWN_OPEN = 20

COMMENTS, ATTACHMENTS, CHANGES, INCIDENTS, TASKS = "comments", "attachments", "changes", "incidents", "project tasks"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Around:
    """What belongs to the records of a batch, by sys_id."""

    comments: Mapping[str, tuple[Comment, ...]]
    answers: Mapping[str, str]
    attachments: Mapping[str, int] | Unknown
    changes: Mapping[str, tuple[OpenItem, ...]] | Unknown
    incidents: Mapping[str, tuple[OpenItem, ...]] | Unknown
    children: Mapping[str, Children] | Unknown
    child_items: Mapping[str, tuple[ChildItem, ...]]
    approvals: Mapping[str, tuple[Approval, ...]]


class Belongings:
    def __init__(self, connection: ConnectionName, fields: TableFields, people: People, own_user: str) -> None:
        self._connection = connection
        self._fields = fields
        self._people = people
        self._own_user = own_user

    def looks(
        self, ids: Mapping[str, Sequence[str]], below: frozenset[FieldName], *, approvals: bool
    ) -> dict[str, Look]:
        """What has to be asked, by name; ``ids`` are sys_ids by table."""
        every = [sys_id for some in ids.values() for sys_id in some]
        found = {
            COMMENTS: Look(
                "sys_journal_field",
                Query()
                .one_of("element_id", every)
                .one_of("element", ("comments", "work_notes"))
                .ordered_by("sys_created_on"),
                ("sys_id", "element_id", "value", "sys_created_by", "sys_created_on"),
            ),
            ATTACHMENTS: Look("sys_attachment", Query().one_of("table_sys_id", every), ("sys_id", "table_sys_id")),
            INCIDENTS: Look("incident", Query().one_of("parent", every).ordered_by("number"), _INCIDENT),
        }
        with_changes = [sys_id for table, some in ids.items() if table in WITH_CHANGES for sys_id in some]
        if with_changes:
            found[CHANGES] = Look(
                "change_request", Query().one_of("parent", with_changes).ordered_by("number"), _CHANGE
            )
        with_tasks = [sys_id for table, some in ids.items() if table in WITH_TASKS for sys_id in some]
        if with_tasks:
            columns = (*_TASK, *(name for column in self._below(below).values() for name in asked_columns(column)))
            query = Query().one_of("top_task", with_tasks).ordered_by("number")
            found[TASKS] = Look("pm_project_task", query, columns)
        if approvals:
            found[APPROVALS] = approvals_look(every)
        return found

    def of(self, seen: Seen, below: frozenset[FieldName], currency: str | None) -> Around:
        """Raises the error of the comments: without them nobody would have said anything."""
        tasks = self._known(seen, TASKS)
        comments, answers = self._comments(seen)
        grouped = tasks if isinstance(tasks, Unknown) else _by(tasks, "top_task")
        wanted = self._below(below)
        return Around(
            comments=comments,
            answers=answers,
            attachments=_attachments(self._known(seen, ATTACHMENTS)),
            changes=_open_items(self._known(seen, CHANGES)),
            incidents=_open_items(self._known(seen, INCIDENTS)),
            children=grouped if isinstance(grouped, Unknown) else {key: _sum(rows) for key, rows in grouped.items()},
            child_items={}
            if isinstance(grouped, Unknown) or not wanted
            else {key: tuple(_child(row, wanted, currency) for row in rows) for key, rows in grouped.items()},
            approvals=approvals_of(self._known(seen, APPROVALS)),
        )

    def _below(self, below: frozenset[FieldName]) -> dict[FieldName, Column]:
        return resolved(self._fields.catalogue("pm_project_task"), below) if below else {}

    def _comments(self, seen: Seen) -> tuple[dict[str, tuple[Comment, ...]], dict[str, str]]:
        """What people said, and Gatepost's newest own entry, by record."""
        rows = seen.get(COMMENTS, ())
        if isinstance(rows, ToolError):
            raise rows
        people = self._people.named({raw(row.get("sys_created_by")) for row in rows})
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

    def _known(self, seen: Seen, what: str) -> Sequence[JsonObject] | Unknown:
        """Rows, or unknown when this account may not read them."""
        rows = seen.get(what, ())
        if not isinstance(rows, ToolError):
            return rows
        _log.warning("not readable", connection=self._connection, what=what, why=str(rows))
        return Unknown(f"the {what} could not be read: {rows}")


_INCIDENT = ("sys_id", "number", "short_description", "state", "active", "parent", "priority")
_CHANGE = ("sys_id", "number", "short_description", "state", "close_code", "parent", "priority")
_TASK = ("sys_id", "number", "short_description", "state", "active", "top_task", "priority", "sys_updated_on")


def resolved(catalogue: ColumnCatalogue, names: Iterable[FieldName]) -> dict[FieldName, Column]:
    # A mapping has rules for several tables; a name that only another table has is no problem here.
    found = {name: catalogue.resolve(name) for name in sorted(names)}
    return {name: column for name, column in found.items() if isinstance(column, Column)}


def values_of(
    row: JsonObject, columns: Mapping[FieldName, Column], currency: str | None
) -> dict[FieldName, FieldValue]:
    """A row's columns by label; one that the answer lacks is hidden by an ACL: unknown, not empty."""
    return {
        name: column_value(row[column.name], column.type, column.reference, row.get(f"{column.name}.active"), currency)
        for name, column in columns.items()
        if column.name in row
    }


def asked_columns(column: Column) -> tuple[str, ...]:
    is_person = column.type == "reference" and column.reference == "sys_user"
    return (column.name, f"{column.name}.active") if is_person else (column.name,)


def _by(rows: Sequence[JsonObject], column: str) -> dict[str, list[JsonObject]]:
    grouped: dict[str, list[JsonObject]] = {}
    for row in rows:
        grouped.setdefault(raw(row.get(column)), []).append(row)
    return grouped


def _attachments(rows: Sequence[JsonObject] | Unknown) -> dict[str, int] | Unknown:
    if isinstance(rows, Unknown):
        return rows
    return {owner: len(some) for owner, some in _by(rows, "table_sys_id").items()}


def _open_items(rows: Sequence[JsonObject] | Unknown) -> dict[str, tuple[OpenItem, ...]] | Unknown:
    """Changes and incidents that are not done, by what they belong to."""
    if isinstance(rows, Unknown):
        return rows
    return {
        owner: found
        for owner, some in _by(rows, "parent").items()
        if (found := tuple(open_item(row) for row in some if _is_open(row)))
    }


def _is_open(row: JsonObject) -> bool:
    return is_true(row.get("active")) if "active" in row else change_is_open(row)


def _child(row: JsonObject, columns: Mapping[FieldName, Column], currency: str | None) -> ChildItem:
    return ChildItem(not is_true(row.get("active")), values_of(row, columns, currency))


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
