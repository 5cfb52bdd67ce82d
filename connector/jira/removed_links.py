"""Links that somebody removed from an issue: whether what it was linked to is still open, and who removed the link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from connector.errors import NotFound, PermissionDenied, ToolError
from connector.http.json_values import JsonObject, as_list, as_object, as_text
from connector.jira.client import JiraClient
from connector.jira.fields import OwnAccount
from connector.jira.payloads import is_done, moment, open_item, person
from governance.measure import Person
from mapping.removed_links import RemovedLink
from mapping.work_item import Link, WorkItem

LINK = "link"
"""How a changelog names a link; ``from`` is the other issue's key, ``fromString`` *This issue is blocked by KEY*."""

_log = structlog.get_logger(__name__)


class JiraRemovedLinks:
    """Implements :class:`connector.sync.ports.RemovedLinks`."""

    counts_up = True

    def __init__(self, client: JiraClient, own: OwnAccount) -> None:
        self._client = client
        self._own = own

    def removed(self, item: WorkItem, links: Sequence[Link], seen_version: str) -> Sequence[RemovedLink]:
        """A link goes with an issue that is deleted, and is not shown to whom that issue is hidden: nobody removed it.

        Jira has an entry for a removed link in the changelogs of both issues.
        """
        found = [one for link in links if (one := self._open(link)) is not None]
        since = moment(seen_version) or item.created
        if not found or since is None:
            return found
        try:
            entries = self._entries(item, since)
        except ToolError as error:
            _log.warning("changelog not readable", item=item.key, why=str(error))
            return found
        named = [replace(one, person=removed_by(entries, one.link)) for one in found]
        return [one for one in named if one.person is None or one.person.id != self._own.id()]

    def _entries(self, item: WorkItem, since: datetime) -> Sequence[JsonObject]:
        """Of the changelog from a moment on, the newest first; an entry without a time is of no use."""
        found = [
            (at, one) for one in self._client.changelog(item.native_id, since) if (at := moment(one.get("created")))
        ]
        return [one for at, one in sorted(found, key=lambda pair: pair[0], reverse=True) if at >= since]

    def _open(self, link: Link) -> RemovedLink | None:
        """What the link led to, while that is there and not done."""
        try:
            issue = self._client.issue(link.key, ["status", "summary"])
        except (NotFound, PermissionDenied):
            return None
        if is_done(issue):
            return None
        other = open_item(issue)
        return RemovedLink(link, other.title, other.status)


def removed_by(entries: Sequence[JsonObject], link: Link) -> Person | None:
    """The author of the newest entry that takes away the link; an issue can have other links to the same one."""
    for entry in entries:
        for change in map(as_object, as_list(entry.get("items"))):
            is_link = as_text(change.get("field")).casefold() == LINK and as_text(change.get("from")) == link.key
            if is_link and link.label.casefold() in as_text(change.get("fromString")).casefold():
                return person(entry.get("author"))
    return None
