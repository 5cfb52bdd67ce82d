"""Checks a mapping rule against an instance: do its tables, columns, states and people exist?

Whether a column may be written is decided by ACLs that no read shows; the first write shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from connector.errors import NotFound, PermissionDenied
from connector.http.json_values import JsonObject
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.fields import Column, TableFields
from connector.servicenow.payloads import display_value, is_true, raw_value
from connector.servicenow.query import Query
from connector.servicenow.ticket_history import state_category
from connector.servicenow.verdict_table import VerdictTable
from connector.sync.ports import DirectoryPerson
from mapping.config import MeasureRule
from mapping.live_check import RuleInspection, selected_names
from mapping.starter import FieldKind, Survey, SurveyField
from mapping.work_item import ConnectionName, StatusCategory, Tool

GOVERNABLE_TABLES = ("pm_project", "dmn_demand", "change_request")
NUMBERS = frozenset({"decimal", "currency", "price", "currency2", "float", "integer"})


class ServiceNowInspector:
    def __init__(self, connection: ConnectionName, client: ServiceNowClient, fields: TableFields) -> None:
        self._connection = connection
        self._client = client
        self._fields = fields
        self._verdict_table = VerdictTable(client, fields)

    def inspect(self, rule: MeasureRule, fields: Sequence[str], people: Sequence[str]) -> RuleInspection:
        """Raises ToolError."""
        existing, problems, statuses, done = set(), dict[str, str](), dict[str, None](), dict[str, None]()
        for table in selected_names(rule.match.table):
            catalogue = self._fields.catalogue(table)
            if "sys_id" not in catalogue:
                continue
            existing.add(table)
            for name in fields:
                found = self._verdict_table.resolve(table, name)
                if found.problem is not None:
                    problems[name] = found.problem.message
            states, closed = self._states(table), self._closed_states(table, "active" in catalogue)
            statuses |= dict.fromkeys(label for _, label in states)
            done |= dict.fromkeys(label for state, label in states if closed(state))
        return RuleInspection(
            problems=problems,
            statuses=tuple(statuses) or None,
            done=tuple(done),
            projects=frozenset(existing),
            people=self._people(people),
            notes=(f"rule {rule.name}: whether its columns can be written shows with the first write",),
        )

    def item_kinds(self) -> Mapping[str, Sequence[str]]:
        """The tables that are usually governed, as far as they exist."""
        return {table: () for table in GOVERNABLE_TABLES if "sys_id" in self._fields.catalogue(table)}

    def survey(self, project: str, kind: str) -> Survey:  # noqa: ARG002 - a table needs no project
        """Columns and states of a table; whether a column may be written shows with the first write."""
        columns = self._fields.catalogue(kind).unique()
        fields = tuple(SurveyField(column.label, _kind(column), editable=True) for column in columns)
        statuses = tuple((label, StatusCategory.UNKNOWN) for _, label in self._states(kind))
        return Survey(Tool.SERVICENOW, self._connection, "", kind, statuses, fields)

    def find_people(self, text: str, limit: int) -> Sequence[DirectoryPerson]:
        """Nobody for a text that no query can hold."""
        if set(text) & {"^", "\n", "\r"}:
            return ()
        query = Query().any_contains(("name", "user_name", "email"), text).ordered_by("name")
        rows = self._client.query("sys_user", query, ("sys_id", "user_name", "name", "email", "active"), limit)
        return tuple(
            DirectoryPerson(
                raw_value(row.get("sys_id")),
                raw_value(row.get("name")),
                raw_value(row.get("email")) or raw_value(row.get("user_name")),
                is_true(row.get("active")),
            )
            for row in rows
        )

    def _states(self, table: str) -> list[tuple[str, str]]:
        """Stored value and label of each state of a table, in every language that the instance has."""
        query = Query().equals("name", table).equals("element", "state").ordered_by("sequence")
        rows = self._client.query("sys_choice", query, ("label", "value"))
        return [(raw_value(row.get("value")), display_value(row.get("label"))) for row in rows]

    def _closed_states(self, table: str, can_be_inactive: bool) -> Callable[[str], bool]:
        """Whether a state closes a record: by the records that are not active, and by what the platform ships.

        Which states close a record is an instance's own choice, so its records say it; what none of them has been in
        yet is told by the states of the platform's own tables.
        """
        seen: Mapping[str, int] = {}
        if can_be_inactive:
            with suppress(NotFound, PermissionDenied):
                seen = self._client.counts(table, Query().equals("active", "false"), "state")
        shipped = table in GOVERNABLE_TABLES
        return lambda state: state in seen or (shipped and state_category(table, state) is StatusCategory.DONE)

    def _people(self, people: Sequence[str]) -> dict[str, str]:
        plain = [person for person in people if not set(person) & {"^", ",", "\n", "\r"}]
        if not plain:
            return {}
        rows: list[JsonObject] = []
        for column in ("sys_id", "user_name"):
            query = Query().one_of(column, plain).ordered_by("sys_id")
            rows += self._client.query("sys_user", query, ("sys_id", "user_name", "name", "active"))
        wrong = {person: f'the instance has no user "{person}"' for person in people}
        for row in rows:
            for identity in (raw_value(row.get("sys_id")), raw_value(row.get("user_name"))):
                wrong.pop(identity, None)
                if identity in people and not is_true(row.get("active")):
                    wrong[identity] = f"the account of {raw_value(row.get('name'))} is inactive"
        return wrong


def _kind(column: Column) -> FieldKind:
    if column.type == "reference":
        return FieldKind.PERSON if column.reference == "sys_user" else FieldKind.OTHER
    if column.type in {"glide_date", "glide_date_time", "due_date"}:
        return FieldKind.DATE
    return (
        FieldKind.NUMBER if column.type in NUMBERS else FieldKind.TEXT if column.type == "string" else FieldKind.OTHER
    )
