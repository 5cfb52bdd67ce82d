"""Is an issue gone, archived or hidden?  A missing issue counts only after a second kind of read.

Bulk reads omit silently what they cannot show, and 404 means both "deleted" and "no permission".  So a missing issue
is searched for and read by itself, by an account that is known to be signed in.
"""

from __future__ import annotations

from collections.abc import Sequence

from connector.errors import AuthenticationFailed, NotFound, PermissionDenied, ValuesRejected
from connector.http.json_values import as_text
from connector.jira.client import MAX_IDS, JiraClient
from mapping.work_item import NativeId

MAX_SINGLE_READS = 20
"""More missing issues than these are not read one by one: a project was hidden."""

ARCHIVED_REASON = "archived: Jira shows it by itself and finds it no more"
GONE_REASON = "deleted, or hidden from Gatepost's account: Jira does not distinguish these"


class AbsenceCheck:
    def __init__(self, client: JiraClient) -> None:
        self._client = client

    def confirm(self, missing: Sequence[NativeId]) -> tuple[dict[NativeId, str], tuple[NativeId, ...]]:
        """Why each is absent, and those that a search does find after all.  Raises ToolError."""
        self._check_signed_in()
        parts = (missing[start : start + MAX_IDS] for start in range(0, len(missing), MAX_IDS))
        existing = {name for part in parts for name in self._names_found(part)}
        unsure = tuple(item for item in missing if item.casefold() in existing)
        rest = [item for item in missing if item.casefold() not in existing]
        return {item: self._reason(item, singly=len(rest) <= MAX_SINGLE_READS) for item in rest}, unsure

    def _check_signed_in(self) -> None:
        """Jira may treat expired credentials as an anonymous user, who sees nothing."""
        me = self._client.myself()
        if not any(as_text(me.get(name)) for name in ("accountId", "key", "name")):
            raise AuthenticationFailed("Jira treats the account as not signed in; no issue counts as gone.")

    def _names_found(self, missing: Sequence[NativeId]) -> set[str]:
        """Ids and keys that a search finds.  A query that names an issue which does not exist fails as a whole."""
        query = f"issue in ({', '.join(missing)})"
        ids = [item for item in missing if item.isdigit()]
        try:
            issues = self._client.search_page(query, ["summary"], None, MAX_IDS, ids).issues
        except ValuesRejected:
            return set()
        return {as_text(issue.get(name)).casefold() for issue in issues for name in ("id", "key")}

    def _reason(self, item: NativeId, *, singly: bool) -> str:
        if not singly:
            return GONE_REASON
        try:
            self._client.issue(item, ["summary"])
        except (NotFound, PermissionDenied):
            return GONE_REASON
        return ARCHIVED_REASON
