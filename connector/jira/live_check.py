"""What Gatepost takes for granted about Jira Cloud, tried on a real site in a project of its own, which goes again.

Each step says what was expected and what came.  The table in docs/jira-live-check.md says what each step settles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connector.errors import ToolError
from connector.http.json_values import as_list, as_object, as_text
from connector.jira.admin import CloudAdmin
from connector.jira.client import json_object
from connector.jira.cloud import CloudClient
from connector.jira.workflow_gates import WorkflowGate, add_gate_rules, has_gate_rules, remove_gate_rules

NAME = "Gatepost live check"
KEY = "GPLIVE"
TEMPLATE = "com.pyxis.greenhopper.jira:gh-simplified-kanban-classic"
"""A company-managed project with a simplified workflow: into each status from every other one."""
PROPERTY = "gatepost.live.check"


@dataclass(frozen=True, slots=True)
class LiveResult:
    """The result of one step."""

    step: str
    expected: str
    got: str

    @property
    def is_as_expected(self) -> bool:
        return self.expected == self.got


class LiveCheck:
    """Needs *Administer Jira*.  Everything that it makes is removed again, whatever happens."""

    def __init__(self, client: CloudClient, admin: CloudAdmin) -> None:
        self._client = client
        self._jira: Any = client.jira
        self._admin = admin
        self._field = ""
        self._issue = ""
        self._workflow = ""
        self._levels: dict[str, int] = {}
        """Name of a status to its place in the workflow."""

    def run(self) -> Iterator[LiveResult]:
        """Raises ToolError when the project cannot be made; every later refusal is a result."""
        undo: list[Callable[[], object]] = []
        try:
            self._make(undo)
            yield from self._steps()
        finally:
            for one in reversed(undo):
                with suppress(ToolError):
                    one()

    def _make(self, undo: list[Callable[[], object]]) -> None:
        me = as_text(self._client.myself().get("accountId"))
        body = {"key": KEY, "name": NAME, "projectTypeKey": "software", "projectTemplateKey": TEMPLATE}
        project = json_object(self._jira.create_project(data=body | {"leadAccountId": me}), "project")
        identity = as_text(project.get("id"))
        undo.append(lambda: self._jira.delete_project(KEY))
        self._field = self._admin.create_field(NAME, "float", "Made for a check of Gatepost, and removed again.")
        undo.append(lambda: self._admin.trash_field(self._field))
        everywhere = [context for context in self._admin.contexts(self._field) if context.is_global]
        self._admin.add_context(self._field, NAME, [identity])
        for context in everywhere:
            self._admin.drop_context(self._field, context.id)
        kinds = self._admin.issue_types(identity)
        kind = kinds.get("Task") or next(iter(kinds.values()))
        fields = {"project": {"key": KEY}, "issuetype": {"id": kind}, "summary": NAME}
        self._issue = as_text(json_object(self._jira.create_issue(data={"fields": fields}), "issue").get("id"))
        read = self._admin.workflows([(identity, kind)])
        self._workflow = str(read.documents[0]["id"])
        names = [read.status_name(status["statusReference"]) for status in read.documents[0]["statuses"]]
        self._levels = {name: place for place, name in enumerate(names)}

    def _steps(self) -> Iterator[LiveResult]:
        yield self._tried("1 a number on no screen is written", "written", lambda: self._set(0) or "written")
        has = self._field in self._client.writable_fields(self._issue)
        yield LiveResult("2 an issue shows a field that is valid for it", "shown", "shown" if has else "missing")
        yield from self._gate_steps()
        yield self._tried("9 a property alone has a call of its own", "written", self._property)
        yield self._tried("10 and is refused inside an edit", "refused", self._property_in_edit)
        yield self._tried("11 an edit without mails", "written", self._silent)
        yield self._tried("12 a bulk edit offers a field on no screen", "offered", self._bulk)
        yield self._tried("13 admin webhooks answer this sign-in", "answered", self._webhooks)

    def _gate_steps(self) -> Iterator[LiveResult]:
        last = max(self._levels.values())
        yield self._tried("3 the rules are stored as they were written", "same", lambda: self._guard(required=True))
        yield self._offers("4 an empty number shuts", None, [])
        yield self._offers("5 nobody skips a stage", 1, [1])
        yield self._tried("6 the move is taken", "moved", lambda: self._move(1))
        yield self._offers("7 back from an open gate, and no further", 1, [0])
        self._set(0)
        yield self._offers("7 back at a shut gate, by a transition from any status", 0, [0])
        yield self._tried("8 the same with an empty branch", "same", lambda: self._guard(required=False))
        yield self._offers("8 an empty number passes there", None, [0, *range(2, last + 1)])
        yield self._offers("8 and a number is compared all the same", 0, [0])
        yield self._tried("8 the workflow is as it was", "same", self._unguard)

    def _tried(self, step: str, expected: str, act: Callable[[], str]) -> LiveResult:
        try:
            return LiveResult(step, expected, act())
        except ToolError as error:
            return LiveResult(step, expected, "refused" if expected == "refused" else f"refused: {error}")

    def _offers(self, step: str, number: int | None, levels: list[int]) -> LiveResult:
        names = {place: name for name, place in self._levels.items()}
        expected = ", ".join(names[level] for level in levels if level in names) or "nothing"

        def act() -> str:
            self._set(number)
            offered = {as_text(as_object(one.get("to")).get("name")) for one in self._client.transitions(self._issue)}
            # A transition from any status is offered in the one that it leads into as well.
            return ", ".join(name for name in self._levels if name in offered - {self._status()}) or "nothing"

        return self._tried(step, expected, act)

    def _status(self) -> str:
        values = as_object(self._client.issue(self._issue, ["status"]).get("fields"))
        return as_text(as_object(values.get("status")).get("name"))

    def _set(self, number: int | None) -> str:
        value = None if number is None else int(Decimal(number))
        self._client.edit_issue(self._issue, {self._field: value}, {})
        return ""

    def _guard(self, *, required: bool) -> str:
        gate, read = WorkflowGate(self._field, number_required=required), self._admin.workflow(self._workflow)
        level_of = {
            transition["id"]: self._levels.get(read.status_name(transition.get("toStatusReference", "")), 0)
            for transition in read.documents[0]["transitions"]
            if transition.get("type") != "INITIAL"
        }
        changed = [
            add_gate_rules(one, gate, level_of[one["id"]]) if level_of.get(one["id"]) else one
            for one in read.documents[0]["transitions"]
        ]
        self._admin.replace_transitions(read, changed)
        stored = self._admin.workflow(self._workflow).documents[0]["transitions"]
        wrong = [
            str(one["name"])
            for one in stored
            if level_of.get(one["id"]) and not has_gate_rules(one, gate, level_of[one["id"]])
        ]
        return f"other at {', '.join(wrong)}" if wrong else "same"

    def _unguard(self) -> str:
        read = self._admin.workflow(self._workflow)
        bare = [remove_gate_rules(one, self._field) for one in read.documents[0]["transitions"]]
        self._admin.replace_transitions(read, bare)
        stored = self._admin.workflow(self._workflow).documents[0]["transitions"]
        return "same" if not any(one.get("conditions") for one in stored) else "conditions are left"

    def _move(self, level: int) -> str:
        for one in self._client.transitions(self._issue):
            if self._levels.get(as_text(as_object(one.get("to")).get("name"))) == level:
                self._client.transition(self._issue, as_text(one.get("id")), {})
                return "moved"
        return "not offered"

    def _property(self) -> str:
        self._client.edit_issue(self._issue, {}, {PROPERTY: {"at": "now"}})
        self._client.drop_property(self._issue, PROPERTY)
        return "written"

    def _property_in_edit(self) -> str:
        self._jira.edit_issue(self._issue, data={"properties": [{"key": PROPERTY, "value": {}}]})
        return "written"

    def _silent(self) -> str:
        self._jira.edit_issue(self._issue, notify_users="false", data={"fields": {self._field: 1}})
        return "written"

    def _bulk(self) -> str:
        response = json_object(self._jira.get_bulk_editable_fields(issue_ids_or_keys=self._issue), "bulk/issues/fields")
        offered = {as_text(as_object(field).get("id")) for field in as_list(response.get("fields"))}
        return "offered" if self._field in offered else "missing"

    def _webhooks(self) -> str:
        self._client.webhooks()
        return "answered"
