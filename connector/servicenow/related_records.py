"""Related records of a batch: comments, attachments, changes, incidents, tasks, approvals.

Each kind is one query for the records of all tables together; :mod:`connector.servicenow.batched_queries` sends them in
one call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import structlog

from connector.errors import ToolError
from connector.http.json_values import JsonObject
from connector.servicenow.approvals import APPROVALS, DelegationReader, approvals_of, approvals_query, set_by_others
from connector.servicenow.batched_queries import NO_ROWS, QueryResults, TableQuery, TableRows
from connector.servicenow.fields import Column, ColumnCatalogue, TableFields
from connector.servicenow.hidden_rows import RowsHidden
from connector.servicenow.payloads import (
    change_is_open,
    column_value,
    comment,
    display_value,
    is_true,
    moment,
    open_item,
    raw_value,
    status_category,
)
from connector.servicenow.query import Query
from connector.servicenow.users import Users
from governance.evidence import Children, ChildState, OpenItem
from governance.facts import Unknown
from mapping.reply_comment import TITLE
from mapping.work_item import Approval, ChildItem, Comment, ConnectionName, FieldName, FieldValue, StatusCategory

WITH_TASKS = frozenset({"pm_project"})
WITH_CHANGES = frozenset({"pm_project", "dmn_demand"})
MAX_OPEN_SHOWN = 20

COMMENTS, ATTACHMENTS, CHANGES, INCIDENTS, TASKS = "comments", "attachments", "changes", "incidents", "project tasks"

T = TypeVar("T")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RelatedRecords:
    """Related records of a batch, by sys_id."""

    comments: Mapping[str, tuple[Comment, ...]]
    reply_comments: Mapping[str, str]
    attachments: Mapping[str, int | Unknown] | Unknown
    changes: Mapping[str, tuple[OpenItem, ...] | Unknown] | Unknown
    incidents: Mapping[str, tuple[OpenItem, ...] | Unknown] | Unknown
    children: Mapping[str, Children | Unknown] | Unknown
    child_items: Mapping[str, tuple[ChildItem, ...]]
    approvals: Mapping[str, tuple[Approval, ...]]
    unheard: Mapping[str, RowsHidden]
    """Records of which comments or approvals are hidden: what somebody has said there is not known."""


class RelatedRecordReader:
    def __init__(
        self,
        connection: ConnectionName,
        fields: TableFields,
        people: Users,
        delegations: DelegationReader,
        own_user: str,
    ) -> None:
        self._connection = connection
        self._fields = fields
        self._people = people
        self._delegations = delegations
        self._own_user = own_user

    def queries(
        self, ids: Mapping[str, Sequence[str]], child_fields: frozenset[FieldName], *, approvals: bool
    ) -> dict[str, TableQuery]:
        """The queries, by name; ``ids`` are sys_ids by table."""
        every = [sys_id for some in ids.values() for sys_id in some]
        queries = {
            COMMENTS: TableQuery(
                "sys_journal_field",
                Query()
                .one_of("element_id", every)
                .one_of("element", ("comments", "work_notes"))
                .ordered_by("sys_created_on"),
                ("sys_id", "element_id", "value", "sys_created_by", "sys_created_on"),
                owner="element_id",
            ),
            ATTACHMENTS: TableQuery(
                "sys_attachment",
                Query().one_of("table_sys_id", every),
                ("sys_id", "table_sys_id"),
                owner="table_sys_id",
            ),
            INCIDENTS: TableQuery(
                "incident", Query().one_of("parent", every).ordered_by("number"), _INCIDENT, "parent"
            ),
        }
        with_changes = [sys_id for table, some in ids.items() if table in WITH_CHANGES for sys_id in some]
        if with_changes:
            queries[CHANGES] = TableQuery(
                "change_request", Query().one_of("parent", with_changes).ordered_by("number"), _CHANGE, "parent"
            )
        with_tasks = [sys_id for table, some in ids.items() if table in WITH_TASKS for sys_id in some]
        if with_tasks:
            columns = (
                *_TASK,
                *(("assignment_group",) if child_fields else ()),
                *(name for column in self._child_columns(child_fields).values() for name in query_columns(column)),
            )
            query = Query().one_of("top_task", with_tasks).ordered_by("number")
            queries[TASKS] = TableQuery(CHILD_TABLE, query, columns, "top_task")
        if approvals:
            queries[APPROVALS] = approvals_query(every)
        return queries

    def collect(
        self, results: QueryResults, child_fields: frozenset[FieldName], currency: str | None
    ) -> RelatedRecords:
        """Raises the error of the comments: without them no command would count."""
        tasks = self._rows_or_unknown(results, TASKS)
        comments, reply_comments = self._comments(results)
        approvals = self._rows_or_unknown(results, APPROVALS)
        grouped = tasks if isinstance(tasks, Unknown) else _group_by(tasks.rows, "top_task")
        child_columns = self._child_columns(child_fields)
        return RelatedRecords(
            comments=comments,
            reply_comments=reply_comments,
            attachments=_by_owner(self._rows_or_unknown(results, ATTACHMENTS), ATTACHMENTS, _attachments),
            changes=_by_owner(self._rows_or_unknown(results, CHANGES), CHANGES, _open_changes),
            incidents=_by_owner(self._rows_or_unknown(results, INCIDENTS), INCIDENTS, _open_incidents),
            children=_by_owner(tasks, TASKS, _children),
            child_items={}
            if isinstance(grouped, Unknown) or not child_columns
            else {key: tuple(_child(row, child_columns, currency) for row in rows) for key, rows in grouped.items()},
            approvals=self._approvals(approvals if isinstance(approvals, Unknown) else approvals.rows),
            unheard={**_hidden(results.get(APPROVALS)), **_hidden(results.get(COMMENTS))},
        )

    def _approvals(self, rows: Sequence[JsonObject] | Unknown) -> dict[str, tuple[Approval, ...]]:
        others = set_by_others(rows)
        if not others or isinstance(rows, Unknown):
            return approvals_of(rows)
        people = self._people.by_login({raw_value(row.get("sys_updated_by")) for row in rows})
        return approvals_of(rows, self._delegations.read(others), people)

    def _child_columns(self, below: frozenset[FieldName]) -> dict[FieldName, Column]:
        return resolve_columns(self._fields.catalogue(CHILD_TABLE), below) if below else {}

    def _comments(self, results: QueryResults) -> tuple[dict[str, tuple[Comment, ...]], dict[str, str]]:
        """People's comments, and Gatepost's newest reply comment, by record."""
        read = results.get(COMMENTS, NO_ROWS)
        if isinstance(read, ToolError):
            raise read
        rows = read.rows
        people = self._people.by_login({raw_value(row.get("sys_created_by")) for row in rows})
        by_record: dict[str, tuple[Comment, ...]] = {}
        reply_comments: dict[str, str] = {}
        for row in rows:
            owner, entry = raw_value(row.get("element_id")), comment(row, people)
            if raw_value(row.get("sys_created_by")) == self._own_user:
                if entry is not None and entry.text.startswith(TITLE):
                    reply_comments[owner] = entry.text
            elif entry is not None:
                by_record[owner] = (*by_record.get(owner, ()), entry)
        return by_record, reply_comments

    def _rows_or_unknown(self, results: QueryResults, what: str) -> TableRows | Unknown:
        """Rows, or unknown when this account may not read them."""
        rows = results.get(what, NO_ROWS)
        if not isinstance(rows, ToolError):
            return rows
        _log.warning("related records not readable", connection=self._connection, what=what, why=str(rows))
        return Unknown(f"the {what} could not be read: {rows}")


CHILD_TABLE = "pm_project_task"
_INCIDENT = ("sys_id", "number", "short_description", "state", "active", "parent", "priority")
_CHANGE = ("sys_id", "number", "short_description", "state", "close_code", "parent", "priority")
_TASK = ("sys_id", "number", "short_description", "state", "active", "top_task", "priority", "sys_updated_on")


def resolve_columns(catalogue: ColumnCatalogue, names: Iterable[FieldName]) -> dict[FieldName, Column]:
    # A mapping has rules for several tables; a name that only another table has is no problem here.
    columns = {name: catalogue.resolve(name) for name in sorted(names)}
    return {name: column for name, column in columns.items() if isinstance(column, Column)}


def values_of(
    row: JsonObject, columns: Mapping[FieldName, Column], currency: str | None
) -> dict[FieldName, FieldValue]:
    """A row's columns by label; a column that the response lacks is hidden by an ACL: unknown, not empty."""
    return {
        name: column_value(row[column.name], column.type, column.reference, row.get(f"{column.name}.active"), currency)
        for name, column in columns.items()
        if column.name in row
    }


def query_columns(column: Column) -> tuple[str, ...]:
    is_person = column.type == "reference" and column.reference == "sys_user"
    return (column.name, f"{column.name}.active") if is_person else (column.name,)


def _group_by(rows: Sequence[JsonObject], column: str) -> dict[str, list[JsonObject]]:
    grouped: dict[str, list[JsonObject]] = {}
    for row in rows:
        grouped.setdefault(raw_value(row.get(column)), []).append(row)
    return grouped


def _hidden(read: TableRows | ToolError | None) -> Mapping[str, RowsHidden]:
    return read.hidden if isinstance(read, TableRows) else {}


def _by_owner(
    read: TableRows | Unknown, what: str, of_rows: Callable[[Sequence[JsonObject]], Mapping[str, T]]
) -> Mapping[str, T | Unknown] | Unknown:
    """What the rows say of each record; of one with hidden rows nothing is known."""
    if isinstance(read, Unknown):
        return read
    unknown = {owner: Unknown(f"the {what} could not all be read: {error}") for owner, error in read.hidden.items()}
    return {**of_rows(read.rows), **unknown}


def _attachments(rows: Sequence[JsonObject]) -> dict[str, int]:
    return {owner: len(some) for owner, some in _group_by(rows, "table_sys_id").items()}


def _children(rows: Sequence[JsonObject]) -> dict[str, Children | Unknown]:
    return {
        owner: _without_active(some, TASKS) or _summarize_children(some)
        for owner, some in _group_by(rows, "top_task").items()
    }


def _open_changes(rows: Sequence[JsonObject]) -> dict[str, tuple[OpenItem, ...]]:
    """Changes that are not done, by what they belong to."""
    groups = _group_by(rows, "parent").items()
    return {owner: tuple(open_item(row) for row in some if change_is_open(row)) for owner, some in groups}


def _open_incidents(rows: Sequence[JsonObject]) -> dict[str, tuple[OpenItem, ...] | Unknown]:
    return {
        owner: _without_active(some, INCIDENTS) or tuple(open_item(row) for row in some if is_true(row.get("active")))
        for owner, some in _group_by(rows, "parent").items()
    }


def _without_active(rows: Sequence[JsonObject], what: str) -> Unknown | None:
    """A column that is hidden is in no row: what nobody shows to be active is not done for that."""
    if all(raw_value(row.get("active")) for row in rows):
        return None
    return Unknown(f"the {what} do not show whether they are active: let Gatepost's user read the column Active")


def _child(row: JsonObject, columns: Mapping[FieldName, Column], currency: str | None) -> ChildItem:
    return ChildItem(
        not is_true(row.get("active")),
        values_of(row, columns, currency),
        key=raw_value(row.get("number")),
        type=CHILD_TABLE,
        status=display_value(row.get("state")),
        status_category=status_category(row),
        assignment_group=display_value(row.get("assignment_group")),
    )


def _summarize_children(group: Sequence[JsonObject]) -> Children:
    still_open = [open_item(row) for row in group if is_true(row.get("active"))]
    moments = [at for row in group if (at := moment(raw_value(row.get("sys_updated_on")))) is not None]
    return Children(
        total=len(group),
        done=len(group) - len(still_open),
        open=tuple(still_open[:MAX_OPEN_SHOWN]),
        in_progress=sum(status_category(row) is StatusCategory.INDETERMINATE for row in group),
        last_changed=max(moments, default=None),
        items=tuple(
            ChildState(
                raw_value(row.get("sys_id")),
                raw_value(row.get("number")),
                not is_true(row.get("active")),
                raw_value(row.get("state")),
            )
            for row in group
        ),
    )
