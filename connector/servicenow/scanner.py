"""What there is on an instance, table after table, in pages of ids and versions.

Pages go by ``sys_id``: an offset slides when rows are inserted, and an order that is not unique doubles rows.  The
limit is applied before ACLs, so that a short page, or an empty one, is not the last one: it is the last one when no
row is left behind it, seen or hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.servicenow.client import ServiceNowClient
from connector.servicenow.fields import TableFields
from connector.servicenow.inspector import GOVERNED
from connector.servicenow.payloads import raw
from connector.servicenow.query import Query
from connector.sync.scan import Seen, SweptPage
from mapping.config import MeasureRule
from mapping.live_check import listed
from mapping.work_item import NativeId

PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a scan stands: the table, the last record seen in it, and how many hidden rows were passed since."""

    table: str
    last: str = ""
    hidden: int = 0

    def __str__(self) -> str:
        return f"{self.table}|{self.last}|{self.hidden}"

    @classmethod
    def read(cls, text: str) -> Place:
        table, last, hidden = text.split("|")
        return cls(table, last, int(hidden))


class ServiceNowScanner:
    """Implements :class:`connector.sync.scan.Scanner`; a query is a list of tables."""

    def __init__(self, client: ServiceNowClient, fields: TableFields, skew: Callable[[], timedelta | None]) -> None:
        self._client = client
        self._fields = fields
        self._skew = skew

    def scope(self, rules: Sequence[MeasureRule]) -> str:
        """The tables that the rules name; those that are usually governed where a rule names none."""
        named = [table for rule in rules for table in listed(rule.match.table) or GOVERNED]
        return ",".join(dict.fromkeys(table for table in named if "sys_id" in self._fields.catalogue(table)))

    def scan(self, query: str, since: datetime | None, following: str | None) -> SweptPage:
        tables = [table for table in query.split(",") if table]
        if not tables:
            return SweptPage((), None)
        place = Place.read(following) if following else Place(tables[0])
        wanted = self._query(since, place)
        rows = self._client.query(
            place.table, wanted.ordered_by("sys_id"), ("sys_id", "sys_mod_count"), PAGE, place.hidden
        )
        items = [
            Seen(NativeId(f"{place.table}:{raw(row.get('sys_id'))}"), raw(row.get("sys_mod_count"))) for row in rows
        ]
        return SweptPage(items, self._next(tables, place, wanted, (rows[-1:] and raw(rows[-1].get("sys_id"))) or ""))

    def _next(self, tables: Sequence[str], place: Place, wanted: Query, last: str) -> str | None:
        if last:
            return str(Place(place.table, last))
        if place.hidden + PAGE < self._client.count(place.table, wanted):
            return str(Place(place.table, place.last, place.hidden + PAGE))
        rest = tables[tables.index(place.table) + 1 :]
        return str(Place(rest[0])) if rest else None

    def _query(self, since: datetime | None, place: Place) -> Query:
        query = Query()
        if since is not None:
            skew = self._skew() or timedelta(0)
            query = query.since_moment("sys_updated_on", since + min(skew, timedelta(0)))
        return query.after("sys_id", place.last) if place.last else query

    def total(self, query: str, since: datetime | None) -> int | None:
        tables = [table for table in query.split(",") if table]
        return sum(self._client.count(table, self._query(since, Place(table))) for table in tables)
