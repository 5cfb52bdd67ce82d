"""The issues of a Jira site, in pages of ids and versions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connector.errors import InvalidResponse
from connector.http.json_values import as_object, as_text
from connector.jira.client import JiraClient
from connector.jira.jql import one_of
from connector.sync.scan import ScannedItem, ScanPage, by_their_clock
from mapping.config import MeasureRule
from mapping.live_check import selected_names
from mapping.work_item import NativeId

PAGE = 1_000
"""Issues requested at once; a site may return fewer."""

ALL_ISSUES = 'created >= "1970-01-01"'
"""Jira refuses a query without a bound."""


class JiraScanner:
    """Implements :class:`connector.sync.scan.Scanner`."""

    def __init__(self, client: JiraClient, skew: Callable[[], timedelta | None]) -> None:
        self._client = client
        self._skew = skew
        self._zone: ZoneInfo | None = None

    def query_for(self, rules: Sequence[MeasureRule]) -> str:
        parts: dict[str, None] = {}
        for rule in rules:
            clauses = [
                one_of(name, list(values))
                for name, values in (
                    ("project", selected_names(rule.match.project)),
                    ("issuetype", selected_names(rule.match.type)),
                )
                if values
            ]
            parts[" AND ".join(clauses) or ALL_ISSUES] = None
        if not parts or ALL_ISSUES in parts:
            return ALL_ISSUES
        return " OR ".join(f"({part})" for part in parts)

    def scan(self, query: str, since: datetime | None, page_token: str | None) -> ScanPage:
        page = self._client.search_page(self._since(query, since), ["updated"], page_token, PAGE)
        items = [
            ScannedItem(NativeId(as_text(issue.get("id"))), as_text(as_object(issue.get("fields")).get("updated")))
            for issue in page.issues
        ]
        if not items and page_token is None and since is None:
            # Expired credentials are not always refused: some searches then find nothing, with status 200.
            self._check_signed_in()
        return ScanPage(items, page.next_page if page.next_page != page_token else None)

    def total(self, query: str, since: datetime | None) -> int | None:
        return self._client.count(self._since(query, since))

    def _since(self, query: str, since: datetime | None) -> str:
        return f"{query} ORDER BY created ASC" if since is None else self.changed_since(query, since)

    def changed_since(self, query: str, since: datetime) -> str:
        """The query for what was changed since a moment, oldest first.  Raises ToolError."""
        moment = jql_minute(by_their_clock(since, self._skew()), self._time_zone())
        return f'({query}) AND updated >= "{moment}" ORDER BY updated ASC'

    def _time_zone(self) -> ZoneInfo:
        """Times in a query are read in the time zone of the account, whatever the site's own is."""
        if self._zone is None:
            name = as_text(self._client.myself().get("timeZone")) or "UTC"
            try:
                self._zone = ZoneInfo(name)
            except (ZoneInfoNotFoundError, ValueError):
                raise InvalidResponse(f"Jira names a time zone that this machine does not know: {name!r}.") from None
        return self._zone

    def _check_signed_in(self) -> None:
        me = self._client.myself()
        if not (as_text(me.get("accountId")) or as_text(me.get("key")) or as_text(me.get("name"))):
            raise InvalidResponse("Jira treats the account as not signed in; its answer was not used.")


def jql_minute(moment: datetime, zone: ZoneInfo) -> str:
    """A moment in the form of a query: whole minutes, in the account's time zone, never later than the moment.

    In the hour that occurs twice in autumn the earlier reading is used, whichever the tool uses.
    """
    local = moment.astimezone(zone)
    if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
        local -= timedelta(hours=1)
    return f"{local:%Y-%m-%d %H:%M}"
