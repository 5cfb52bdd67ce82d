"""Members of groups, where the mapping names a group as the source of a role."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

from connector.servicenow.client import ServiceNowClient
from connector.servicenow.payloads import is_true, raw_value
from connector.servicenow.query import Query

CACHE_TIME = timedelta(minutes=5)
"""How long somebody who has left a group still counts as its member."""


class Groups:
    """A few groups, asked for with every batch: each is read at intervals."""

    def __init__(self, client: ServiceNowClient, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._clock = clock
        self._cached: dict[str, tuple[datetime, frozenset[str]]] = {}

    def members(self, names: Collection[str]) -> Mapping[str, frozenset[str]]:
        """The sys_ids of the active members of these groups; one that the instance does not show is absent.

        Raises ToolError.
        """
        now = self._clock()
        wanted = {name for name in names if name and not set(name) & {"^", ",", "\n", "\r"}}
        due = sorted(name for name in wanted if name not in self._cached or now - self._cached[name][0] > CACHE_TIME)
        if due:
            found = self._read(due)
            for name in due:
                self._cached.pop(name, None)
            self._cached |= {name: (now, members) for name, members in found.items()}
        return {name: self._cached[name][1] for name in wanted if name in self._cached}

    def _read(self, names: Collection[str]) -> dict[str, frozenset[str]]:
        query = Query().one_of("name", names).equals("active", "true").ordered_by("sys_id")
        rows = self._client.all_rows("sys_user_group", query, ("sys_id", "name"))
        groups = {raw_value(row.get("sys_id")): raw_value(row.get("name")) for row in rows}
        if not groups:
            return {}
        of_groups = Query().one_of("group", sorted(groups)).ordered_by("sys_id")
        members: dict[str, set[str]] = {name: set() for name in groups.values()}
        for row in self._client.all_rows("sys_user_grmember", of_groups, ("group", "user", "user.active")):
            if is_true(row.get("user.active")):
                members[groups[raw_value(row.get("group"))]].add(raw_value(row.get("user")))
        return {name: frozenset(some) for name, some in members.items()}
