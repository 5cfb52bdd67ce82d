"""Users by user name, which is all that a journal entry has of its author."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from connector.servicenow.client import ServiceNowClient
from connector.servicenow.payloads import is_true, raw_value
from connector.servicenow.query import Query
from governance.measure import Person

CACHE_TIME = timedelta(minutes=15)
MAX_CACHED = 10_000
"""Authors that are cached; a site has fewer people who write on governed records."""


class Users:
    """The same few people write again and again: each is read at intervals."""

    def __init__(self, client: ServiceNowClient, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._clock = clock
        self._cached: dict[str, tuple[datetime, Person]] = {}

    def by_login(self, logins: Iterable[str]) -> Mapping[str, Person]:
        """The users that the instance returns.  Raises ToolError."""
        now = self._clock()
        known_logins = {login for login in logins if login and not set(login) & {"^", ",", "\n", "\r"}}
        due = sorted(
            login for login in known_logins if login not in self._cached or now - self._cached[login][0] > CACHE_TIME
        )
        if due:
            if len(self._cached) > MAX_CACHED:
                self._cached.clear()
            columns = ("sys_id", "user_name", "name", "active")
            found: dict[str, list[Person]] = {}
            for row in self._client.query("sys_user", Query().one_of("user_name", due).ordered_by("sys_id"), columns):
                login = raw_value(row.get("user_name"))
                person = Person(
                    raw_value(row.get("sys_id")), raw_value(row.get("name")), is_true(row.get("active")), login
                )
                found.setdefault(login, []).append(person)
            self._cached |= {login: (now, people[0]) for login, people in found.items() if len(people) == 1}
            # With domain separation two people may have one user name: who of them has written is not known.
            for login in (login for login, people in found.items() if len(people) > 1):
                self._cached.pop(login, None)
        return {login: self._cached[login][1] for login in known_logins if login in self._cached}
