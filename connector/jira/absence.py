"""Is an issue gone, archived or hidden?  A missing one proves nothing before it was looked for in a second way.

Bulk reads leave out in silence what they cannot show, and 404 means "deleted or no permission" alike.  So a
missing issue is searched for and asked for by itself, by an account that is known to be signed in.
"""

from __future__ import annotations

from collections.abc import Sequence

from connector.errors import AuthenticationFailed, NotFound, PermissionDenied, Refused
from connector.http.json_values import text
from connector.jira.client import MOST_IDS, JiraClient
from mapping.work_item import NativeId

MOST_ASKED_SINGLY = 20
"""More than these missing at once are not deleted one by one: a project was hidden."""

ARCHIVED = "archived: Jira shows it by itself and finds it no more"
GONE = "deleted, or hidden from Gatepost's account: Jira does not tell these apart"


class Absence:
    def __init__(self, client: JiraClient) -> None:
        self._client = client

    def confirm(self, missing: Sequence[NativeId]) -> tuple[dict[NativeId, str], tuple[NativeId, ...]]:
        """Why each is absent, and those that a search does find after all.  Raises ToolError."""
        self._know_who_asks()
        parts = (missing[start : start + MOST_IDS] for start in range(0, len(missing), MOST_IDS))
        there = {name for part in parts for name in self._searched(part)}
        unsure = tuple(item for item in missing if item.casefold() in there)
        rest = [item for item in missing if item.casefold() not in there]
        return {item: self._why(item, singly=len(rest) <= MOST_ASKED_SINGLY) for item in rest}, unsure

    def _know_who_asks(self) -> None:
        """Credentials that ended may be answered as nobody's, who sees nothing."""
        me = self._client.myself()
        if not any(text(me.get(name)) for name in ("accountId", "key", "name")):
            raise AuthenticationFailed("Jira answers as to somebody who is not signed in; no issue counts as gone.")

    def _searched(self, missing: Sequence[NativeId]) -> set[str]:
        """Ids and keys that a search finds.  A query that names an issue which is not there fails whole."""
        query = f"issue in ({', '.join(missing)})"
        ids = [item for item in missing if item.isdigit()]
        try:
            found = self._client.search_page(query, ["summary"], None, MOST_IDS, ids).issues
        except Refused:
            return set()
        return {text(issue.get(name)).casefold() for issue in found for name in ("id", "key")}

    def _why(self, item: NativeId, *, singly: bool) -> str:
        if not singly:
            return GONE
        try:
            self._client.issue(item, ["summary"])
        except (NotFound, PermissionDenied):
            return GONE
        return ARCHIVED
