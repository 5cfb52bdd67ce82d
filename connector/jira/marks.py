"""What Gatepost leaves at an issue beside its fields: property, remote link, flag, blocker, a status put back."""

from __future__ import annotations

import json
from collections.abc import Mapping

from connector.errors import Refused, RuleRefused
from connector.http.json_values import Json, JsonObject, items, obj, text
from connector.jira.client import JiraClient
from connector.jira.fields import Field, FieldProblem, SiteFields
from connector.jira.payloads import BLOCKS, FLAGGED
from mapping.marks import IMPEDIMENT, TAKEN_AWAY, Mark
from mapping.work_item import ConnectionName, NativeId

Marks = Mapping[str, str | None]

_PROPERTY = f"{Mark.PROPERTY}:"


class MarkWriter:
    def __init__(self, connection: ConnectionName, client: JiraClient, fields: SiteFields) -> None:
        self._connection = connection
        self._client = client
        self._fields = fields

    def fields(self, marks: Marks) -> dict[str, Json]:
        """The flag is a custom field, whose id differs from site to site."""
        field = self._fields.catalogue().resolve(FLAGGED) if Mark.FLAG in marks else None
        if not isinstance(field, Field):
            return {}
        return {field.id: [{"value": IMPEDIMENT}] if marks[Mark.FLAG] == IMPEDIMENT else []}

    def properties(self, marks: Marks) -> dict[str, Json]:
        return {
            name.removeprefix(_PROPERTY): json.loads(value)
            for name, value in marks.items()
            if name.startswith(_PROPERTY) and value is not None
        }

    def make(self, issue: NativeId, marks: Marks) -> None:
        """The marks that are calls of their own; each may be made a second time without harm.

        Raises Refused when one cannot be made; everything before it was written.
        """
        link = marks.get(Mark.LINK)
        if link is not None:
            self._client.set_remote_link(issue, _remote_link(self._connection, issue, link))
        blocker = marks.get(Mark.BLOCKED_BY)
        if blocker is not None:
            self._block(issue, blocker)
        back = marks.get(Mark.STATUS)
        if back is not None:
            self._move_back(issue, back.splitlines())
        flag = self._fields.catalogue().resolve(FLAGGED) if Mark.FLAG in marks else None
        if isinstance(flag, FieldProblem):
            raise Refused(
                f"{self._connection}: the flag cannot be raised, {flag.message}. Everything else was written. "
                "Take flag out of the rule's marks, or let a board add the field."
            )

    def _block(self, issue: NativeId, blocker: str) -> None:
        """Link a blocker, or take its link away; what is there is looked up each time, so that nothing doubles."""
        answer = self._client.issue(issue, ["issuelinks"])
        there = {
            text(obj(one.get("inwardIssue")).get("key")): text(one.get("id"))
            for one in map(obj, items(obj(answer.get("fields")).get("issuelinks")))
            if text(obj(one.get("type")).get("name")).casefold() == BLOCKS and one.get("inwardIssue")
        }
        name = blocker.removeprefix(TAKEN_AWAY)
        if blocker.startswith(TAKEN_AWAY):
            if name in there:
                self._client.drop_link(there[name])
        elif name not in there:
            # With the type Blocks, the inward issue blocks the outward one.
            self._client.add_link("Blocks", name, text(answer.get("key")))

    def _move_back(self, issue: NativeId, statuses: list[str]) -> None:
        """The transition is looked up each time: its id differs from status to status and workflow to workflow.

        An issue that is there already stays: the call before may have been taken although no answer came.
        """
        present = obj(obj(self._client.issue(issue, ["status"]).get("fields")).get("status"))
        if text(present.get("name")).casefold() in {status.casefold() for status in statuses}:
            return
        offered = self._client.transitions(issue)
        for status in statuses:
            for one in offered:
                if text(obj(one.get("to")).get("name")).casefold() == status.casefold():
                    self._client.transition(issue, text(one.get("id")))
                    return
        raise RuleRefused(
            f"{self._connection}: the issue was not moved back: its workflow offers Gatepost's account no transition "
            f"to {' or '.join(statuses)}. Add one, or set enforce: comment."
        )


def _remote_link(connection: str, issue: str, link: str) -> JsonObject:
    """The same global id updates; what is left out would become null, so all of it is sent.

    https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-remote-links/
    """
    told = json.loads(link)
    icon = {"url16x16": told["icon"], "title": told["iconTitle"]}
    return {
        "globalId": f"gatepost:{connection}:{issue}",
        "application": {"type": "com.gatepost", "name": "Gatepost"},
        "relationship": "governed by",
        "object": {
            "url": told["url"],
            "title": told["title"],
            "summary": told["summary"],
            "icon": icon,
            "status": {"resolved": told["resolved"], "icon": icon},
        },
    }
