"""What Gatepost writes to an issue besides its fields: property, remote link, flag, blocker, a status moved back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial

from connector.errors import ValuesRejected
from connector.http.json_values import Json, JsonObject, as_list, as_object, as_text
from connector.jira.client import JiraClient
from connector.jira.fields import Field, FieldProblem, SiteFields
from connector.jira.move_back import MoveBack
from connector.jira.payloads import BLOCKS, FLAGGED
from mapping.marks import IMPEDIMENT, REMOVED_PREFIX, Mark
from mapping.work_item import ConnectionName, NativeId

Marks = Mapping[str, str | None]

_PROPERTY = f"{Mark.PROPERTY}:"


class MarkWriter:
    def __init__(self, connection: ConnectionName, client: JiraClient, fields: SiteFields) -> None:
        self._connection = connection
        self._client = client
        self._fields = fields
        self._back = MoveBack(connection, client)

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

    def apply(self, issue: NativeId, marks: Marks) -> None:
        """The marks that need calls of their own; each may be repeated without harm.

        Raises ValuesRejected or RejectedByRule when one is refused; the others were written all the same.  An issue
        that has as many links as it may have (2,000 of either kind) is moved back, whoever has filled it.
        """
        back, link, blocker = (marks.get(mark) for mark in (Mark.STATUS, Mark.LINK, Mark.BLOCKED_BY))
        refused: list[ValuesRejected] = []
        for mark in (
            None if back is None else partial(self._back.move, issue, back.splitlines()),
            None if link is None else partial(self._set_link, issue, link),
            None if blocker is None else partial(self._block, issue, blocker),
        ):
            try:
                if mark is not None:
                    mark()
            except ValuesRejected as error:
                refused.append(error)
        if refused:
            raise refused[0]
        flag = self._fields.catalogue().resolve(FLAGGED) if Mark.FLAG in marks else None
        if isinstance(flag, FieldProblem):
            raise ValuesRejected(
                f"{self._connection}: the flag cannot be raised, {flag.message}. Everything else was written. "
                "Remove flag from the rule's marks, or let a board add the field."
            )

    def _set_link(self, issue: NativeId, link: str) -> None:
        self._client.set_remote_link(issue, _remote_link(self._connection, issue, link))

    def _block(self, issue: NativeId, blocker: str) -> None:
        """Link a blocker, or remove its link; the existing links are read each time, so that nothing is doubled."""
        response = self._client.issue(issue, ["issuelinks"])
        link_ids = {
            as_text(as_object(link.get("inwardIssue")).get("key")): as_text(link.get("id"))
            for link in map(as_object, as_list(as_object(response.get("fields")).get("issuelinks")))
            if as_text(as_object(link.get("type")).get("name")).casefold() == BLOCKS and link.get("inwardIssue")
        }
        name = blocker.removeprefix(REMOVED_PREFIX)
        if blocker.startswith(REMOVED_PREFIX):
            if name in link_ids:
                self._client.remove_link(link_ids[name])
        elif name not in link_ids:
            # With the type Blocks, the inward issue blocks the outward one.
            self._client.add_link("Blocks", name, as_text(response.get("key")))


def _remote_link(connection: str, issue: str, link: str) -> JsonObject:
    """The same global id updates; what is omitted would become null, so all of it is sent.

    https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-remote-links/
    """
    content = json.loads(link)
    icon = {"url16x16": content["icon"], "title": content["iconTitle"]}
    return {
        "globalId": f"gatepost:{connection}:{issue}",
        "application": {"type": "com.gatepost", "name": "Gatepost"},
        "relationship": "governed by",
        "object": {
            "url": content["url"],
            "title": content["title"],
            "summary": content["summary"],
            "icon": icon,
            "status": {"resolved": content["resolved"], "icon": icon},
        },
    }
