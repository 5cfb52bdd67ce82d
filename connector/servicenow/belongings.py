"""What belongs to the records of a batch: comments, attachments, changes, tasks; a call each for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from connector.errors import AuthenticationFailed, RetryLater, ToolError
from connector.jsons import JsonObject
from connector.servicenow.client import ServiceNowClient
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
from governance.evidence import Children, OpenItem
from governance.facts import Unknown
from governance.measure import Person
from mapping.answer import TITLE
from mapping.work_item import ChildItem, Comment, ConnectionName, FieldName, FieldValue, StatusCategory

WITH_TASKS = frozenset({"pm_project"})
WITH_CHANGES = frozenset({"pm_project", "dmn_demand"})
SHOWN_OPEN = 20

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


class Belongings:
    def __init__(
        self, connection: ConnectionName, client: ServiceNowClient, fields: TableFields, own_user: str
    ) -> None:
        self._connection = connection
        self._client = client
        self._fields = fields
        self._own_user = own_user

    def of(self, table: str, ids: Sequence[str], below: frozenset[FieldName]) -> Around:
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
        wanted = resolved(self._fields.catalogue("pm_project_task"), below) if below else {}
        columns = (
            *("sys_id", "number", "short_description", "state", "active", "top_task"),
            *("priority", "sys_updated_on"),
            *(name for column in wanted.values() for name in asked_columns(column)),
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


def resolved(catalogue: ColumnCatalogue, names: Iterable[FieldName]) -> dict[FieldName, Column]:
    # A mapping has rules for several tables; a name that only another table has is no problem here.
    found = {name: catalogue.resolve(name) for name in sorted(names)}
    return {name: column for name, column in found.items() if isinstance(column, Column)}


def _child(row: JsonObject, columns: Mapping[FieldName, Column]) -> ChildItem:
    return ChildItem(not is_true(row.get("active")), values_of(row, columns))


def values_of(row: JsonObject, columns: Mapping[FieldName, Column]) -> dict[FieldName, FieldValue]:
    """A row's columns by label; one that the answer lacks is hidden by an ACL: unknown, not empty."""
    return {
        name: column_value(row[column.name], column.type, column.reference, row.get(f"{column.name}.active"))
        for name, column in columns.items()
        if column.name in row
    }


def asked_columns(column: Column) -> tuple[str, ...]:
    is_person = column.type == "reference" and column.reference == "sys_user"
    return (column.name, f"{column.name}.active") if is_person else (column.name,)


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
