"""Changes that somebody took off a record: whether they are still open, and who gave them another parent, or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import structlog

from connector.errors import ToolError
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.payloads import change_is_open, open_item, raw_value
from connector.servicenow.query import Query
from connector.servicenow.users import Users
from governance.measure import Person
from mapping.removed_links import RemovedLink
from mapping.work_item import Link, WorkItem

COLUMNS = ("sys_id", "number", "short_description", "state", "close_code", "parent", "priority")

_log = structlog.get_logger(__name__)


class ServiceNowRemovedChanges:
    """Implements :class:`connector.sync.ports.RemovedLinks`.

    A change names its parent, and the parent counts nothing up for it.  Who changed the column is in the audit, where
    Gatepost may read that (https://www.servicenow.com/docs, "Auditing").
    """

    counts_up = False

    def __init__(self, client: ServiceNowClient, users: Users, own_user: str) -> None:
        self._client = client
        self._users = users
        self._own_user = own_user

    def removed(self, item: WorkItem, links: Sequence[Link], seen_version: str) -> Sequence[RemovedLink]:
        """A change that was deleted, or is hidden, has been taken off by nobody."""
        del seen_version
        record = item.native_id.partition(":")[2]
        by_number = {link.key: link for link in links if not set(link.key) & {"^", ",", "\n", "\r"}}
        if not by_number:
            return ()
        query = Query().one_of("number", sorted(by_number)).ordered_by("number")
        rows = [
            row
            for row in self._client.query("change_request", query, COLUMNS)
            if change_is_open(row) and raw_value(row.get("parent")) != record
        ]
        logins = self._logins([raw_value(row.get("sys_id")) for row in rows], record) if rows else {}
        people = self._users.by_login(logins.values()) if logins else {}
        found = []
        for row in rows:
            login, other = logins.get(raw_value(row.get("sys_id")), ""), open_item(row)
            if login != self._own_user and other.key in by_number:
                who = people.get(login, Person(f"user_name:{login}", login, login=login)) if login else None
                found.append(RemovedLink(by_number[other.key], other.title, other.status, who))
        return found

    def _logins(self, changes: Sequence[str], record: str) -> Mapping[str, str]:
        """By change, who took it off the record last; nobody is named where the audit may not be read."""
        query = Query().one_of("documentkey", changes).equals("fieldname", "parent").equals("oldvalue", record)
        columns = ("documentkey", "user", "sys_created_on")
        try:
            rows = self._client.all_rows("sys_audit", query.ordered_by("sys_created_on"), columns)
        except ToolError as error:
            _log.info("audit not readable", why=str(error))
            return {}
        return {raw_value(row.get("documentkey")): raw_value(row.get("user")) for row in rows}
