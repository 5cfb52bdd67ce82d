"""What there is on a Jira site, in pages of ids and versions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connector.errors import BadAnswer
from connector.http.json_values import obj, text
from connector.jira.client import JiraClient
from connector.sync.scan import Seen, SweptPage
from mapping.config import MeasureRule
from mapping.live_check import listed
from mapping.work_item import NativeId

PAGE = 1_000
"""Issues asked for at once; a site gives fewer where it likes."""

EVERYTHING = 'created >= "1970-01-01"'
"""Jira refuses a query without a bound."""


class JiraScanner:
    """Implements :class:`connector.sync.scan.Scanner`."""

    def __init__(self, client: JiraClient, skew: Callable[[], timedelta | None]) -> None:
        self._client = client
        self._skew = skew
        self._zone: ZoneInfo | None = None

    def scope(self, rules: Sequence[MeasureRule]) -> str:
        parts: dict[str, None] = {}
        for rule in rules:
            clauses = [
                f"{name} in ({', '.join(map(quoted, wanted))})"
                for name, wanted in (("project", listed(rule.match.project)), ("issuetype", listed(rule.match.type)))
                if wanted
            ]
            parts[" AND ".join(clauses) or EVERYTHING] = None
        if not parts or EVERYTHING in parts:
            return EVERYTHING
        return " OR ".join(f"({part})" for part in parts)

    def scan(self, query: str, since: datetime | None, following: str | None) -> SweptPage:
        page = self._client.search_page(self._since(query, since), ["updated"], following, PAGE)
        items = [
            Seen(NativeId(text(issue.get("id"))), text(obj(issue.get("fields")).get("updated")))
            for issue in page.issues
        ]
        if not items and following is None and since is None:
            # Credentials that have ended are not always refused: some searches then find nothing, and say 200.
            self._know_who_asks()
        return SweptPage(items, page.following if page.following != following else None)

    def total(self, query: str, since: datetime | None) -> int | None:
        return self._client.count(self._since(query, since))

    def _since(self, query: str, since: datetime | None) -> str:
        if since is None:
            return f"{query} ORDER BY created ASC" if query != EVERYTHING else f"{EVERYTHING} ORDER BY created ASC"
        skew = self._skew() or timedelta(0)
        moment = minute(since + min(skew, timedelta(0)), self._time_zone())
        return f'({query}) AND updated >= "{moment}" ORDER BY updated ASC'

    def _time_zone(self) -> ZoneInfo:
        """Times in a query are read in the zone of whoever asks, whatever the site's own is."""
        if self._zone is None:
            name = text(self._client.myself().get("timeZone")) or "UTC"
            try:
                self._zone = ZoneInfo(name)
            except (ZoneInfoNotFoundError, ValueError):
                raise BadAnswer(f"Jira names a time zone that this machine does not know: {name!r}.") from None
        return self._zone

    def _know_who_asks(self) -> None:
        me = self._client.myself()
        if not (text(me.get("accountId")) or text(me.get("key")) or text(me.get("name"))):
            raise BadAnswer("Jira answers as to somebody who is not signed in; nothing was concluded from it.")


def minute(moment: datetime, zone: ZoneInfo) -> str:
    """A moment as a query takes it: whole minutes, in the asker's zone, never later than the moment.

    In the hour that comes twice in autumn the earlier reading is taken, whichever the tool would take.
    """
    local = moment.astimezone(zone)
    if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
        local -= timedelta(hours=1)
    return f"{local:%Y-%m-%d %H:%M}"


def quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
