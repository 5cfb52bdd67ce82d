"""Who changed a record, as far as the record itself tells it: by whom it was saved last, and how often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from connector.servicenow.client import ServiceNowClient
from connector.servicenow.payloads import moment, raw_value
from connector.servicenow.query import Query
from connector.servicenow.users import Users
from governance.measure import Person
from mapping.work_item import FieldName, WorkItem

COLUMNS = ("sys_id", "sys_mod_count", "sys_updated_by")


@dataclass(frozen=True, slots=True)
class ServiceNowEditors:
    """Implements :class:`connector.sync.ports.Editors` and :class:`connector.sync.ports.PersonalHistory`.

    ``sys_updated_by`` is whoever saved the record last, be it for another column.  It answers for a change only when
    the record was saved exactly once between the two readings that show it: ``sys_mod_count`` counts the savings.
    """

    client: ServiceNowClient
    users: Users
    own_user: str

    def editors(self, item: WorkItem, fields: frozenset[FieldName], seen_version: str) -> Mapping[FieldName, Person]:
        if not _is_next(seen_version, item.version):
            return {}
        table, _, sys_id = item.native_id.partition(":")
        rows = self.client.query(table, Query().equals("sys_id", sys_id), COLUMNS, 1)
        row = rows[0] if rows else {}
        login = raw_value(row.get("sys_updated_by"))
        if not login or login == self.own_user or raw_value(row.get("sys_mod_count")) != item.version:
            return {}
        person = self.users.by_login([login]).get(login)
        return dict.fromkeys(fields, person or Person(f"user_name:{login}", login, login=login))

    def last_edit(self, item: WorkItem, person: Person, since: datetime) -> datetime | None:
        """The record names only whoever saved it last: somebody else's later save hides the person's own."""
        table, _, sys_id = item.native_id.partition(":")
        rows = self.client.query(table, Query().equals("sys_id", sys_id), (*COLUMNS, "sys_updated_on"), 1)
        row = rows[0] if rows else {}
        login, at = raw_value(row.get("sys_updated_by")), moment(raw_value(row.get("sys_updated_on")))
        if not login or login == self.own_user or at is None or at < since:
            return None
        editor = self.users.by_login([login]).get(login)
        return at if editor is not None and editor.id == person.id else None


def _is_next(seen: str, present: str) -> bool:
    return seen.isdecimal() and present.isdecimal() and int(present) == int(seen) + 1
