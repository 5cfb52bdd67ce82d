"""Looks at an instance with a rule in hand: do its tables, columns, states and people exist?

Whether a column may be written is decided by ACLs that no read shows; the first write says it.
"""

from __future__ import annotations

from collections.abc import Sequence

from connector.jsons import JsonObject
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.fields import ColumnProblem, TableFields
from connector.servicenow.payloads import display, is_true, raw
from connector.servicenow.query import Query
from mapping.config import MeasureRule
from mapping.live import Looked, listed


class ServiceNowInspector:
    def __init__(self, client: ServiceNowClient, fields: TableFields) -> None:
        self._client = client
        self._fields = fields

    def look(self, rule: MeasureRule, fields: Sequence[str], people: Sequence[str]) -> Looked:
        """Raises ToolError."""
        there, problems, statuses = set(), dict[str, str](), dict[str, None]()
        for table in listed(rule.match.table):
            catalogue = self._fields.catalogue(table)
            if "sys_id" not in catalogue:
                continue
            there.add(table)
            for name in fields:
                found = catalogue.resolve(name)
                if isinstance(found, ColumnProblem):
                    problems[name] = found.message
            query = Query().equals("name", table).equals("element", "state").ordered_by("sequence")
            rows = self._client.query("sys_choice", query, ("label", "value"))
            statuses |= dict.fromkeys(display(row.get("label")) for row in rows)
        return Looked(
            problems=problems,
            statuses=tuple(statuses) or None,
            projects=frozenset(there),
            people=self._people(people),
            notes=(f"rule {rule.name}: whether its columns can be written shows with the first write",),
        )

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
            for identity in (raw(row.get("sys_id")), raw(row.get("user_name"))):
                wrong.pop(identity, None)
                if identity in people and not is_true(row.get("active")):
                    wrong[identity] = f"the account of {raw(row.get('name'))} is inactive"
        return wrong
