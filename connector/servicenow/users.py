"""Users by user name, which is all that a journal entry knows of its author."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from connector.servicenow.client import ServiceNowClient
from connector.servicenow.payloads import is_true, raw
from connector.servicenow.query import Query
from governance.measure import Person

KEPT = timedelta(minutes=15)
MOST = 10_000
"""Authors that are kept; a site has fewer people who write on governed records."""


class People:
    """The same few people write again and again: each is looked up once in a while."""

    def __init__(self, client: ServiceNowClient, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._clock = clock
        self._kept: dict[str, tuple[datetime, Person]] = {}

    def named(self, logins: Iterable[str]) -> Mapping[str, Person]:
        """Those that the instance shows.  Raises ToolError."""
        now = self._clock()
        wanted = {login for login in logins if login and not set(login) & {"^", ",", "\n", "\r"}}
        due = sorted(login for login in wanted if login not in self._kept or now - self._kept[login][0] > KEPT)
        if due:
            if len(self._kept) > MOST:
                self._kept.clear()
            columns = ("sys_id", "user_name", "name", "active")
            for row in self._client.query("sys_user", Query().one_of("user_name", due).ordered_by("sys_id"), columns):
                login = raw(row.get("user_name"))
                person = Person(raw(row.get("sys_id")), raw(row.get("name")), is_true(row.get("active")), login)
                self._kept[login] = (now, person)
        return {login: self._kept[login][1] for login in wanted if login in self._kept}
