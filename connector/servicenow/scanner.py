"""The records of an instance, table after table, in pages of ids and versions.

Pages go by ``sys_id``: an offset slides when rows are inserted, and an order that is not unique doubles rows.  The
limit is applied before ACLs, so that a short or empty page is not always the last: it is the last when no row
follows it, visible or hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from connector.errors import InvalidResponse
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.fields import TableFields
from connector.servicenow.inspector import GOVERNABLE_TABLES
from connector.servicenow.payloads import raw_value
from connector.servicenow.query import Query
from connector.sync.scan import ScannedItem, ScanPage, by_their_clock
from mapping.config import MeasureRule
from mapping.live_check import selected_names
from mapping.work_item import NativeId

PAGE = 1_000


@dataclass(frozen=True, slots=True)
class ScanPosition:
    """The position of a scan: the table, the last record read in it, and the number of hidden rows passed since."""

    table: str
    last_sys_id: str = ""
    hidden_rows: int = 0

    def __str__(self) -> str:
        return f"{self.table}|{self.last_sys_id}|{self.hidden_rows}"

    @classmethod
    def parse(cls, text: str) -> ScanPosition:
        table, last, hidden = text.split("|")
        return cls(table, last, int(hidden))


class ServiceNowScanner:
    """Implements :class:`connector.sync.ports.Scanner`; a query is a list of tables."""

    def __init__(self, client: ServiceNowClient, fields: TableFields, skew: Callable[[], timedelta | None]) -> None:
        self._client = client
        self._fields = fields
        self._skew = skew

    def query_for(self, rules: Sequence[MeasureRule]) -> str:
        """The tables that the rules name; those that are usually governed where a rule names none."""
        named = [table for rule in rules for table in selected_names(rule.match.table) or GOVERNABLE_TABLES]
        return ",".join(dict.fromkeys(table for table in named if "sys_id" in self._fields.catalogue(table)))

    def scan(self, query: str, since: datetime | None, page_token: str | None) -> ScanPage:
        tables = [table for table in query.split(",") if table]
        if not tables:
            return ScanPage((), None)
        position = ScanPosition.parse(page_token) if page_token else ScanPosition(tables[0])
        table_query = self._query(since, position)
        rows = self._client.query(
            position.table, table_query.ordered_by("sys_id"), ("sys_id", "sys_mod_count"), PAGE, position.hidden_rows
        )
        _require_progress(position, [raw_value(row.get("sys_id")) for row in rows])
        items = [
            ScannedItem(
                NativeId(f"{position.table}:{raw_value(row.get('sys_id'))}"), raw_value(row.get("sys_mod_count"))
            )
            for row in rows
        ]
        return ScanPage(
            items, self._next(tables, position, table_query, (rows[-1:] and raw_value(rows[-1].get("sys_id"))) or "")
        )

    def _next(self, tables: Sequence[str], position: ScanPosition, table_query: Query, last: str) -> str | None:
        if last:
            return str(ScanPosition(position.table, last))
        if position.hidden_rows + PAGE < self._client.count(position.table, table_query):
            return str(ScanPosition(position.table, position.last_sys_id, position.hidden_rows + PAGE))
        rest = tables[tables.index(position.table) + 1 :]
        return str(ScanPosition(rest[0])) if rest else None

    def _query(self, since: datetime | None, position: ScanPosition) -> Query:
        query = Query()
        if since is not None:
            query = query.since_moment("sys_updated_on", by_their_clock(since, self._skew()))
        return query.after("sys_id", position.last_sys_id) if position.last_sys_id else query

    def total(self, query: str, since: datetime | None) -> int | None:
        tables = [table for table in query.split(",") if table]
        return sum(self._client.count(table, self._query(since, ScanPosition(table))) for table in tables)


def _require_progress(position: ScanPosition, ids: Sequence[str]) -> None:
    """Raises InvalidResponse when a page does not go on behind the last one.

    A query access control of the kind *query_range* can make the instance drop the condition ``sys_id>``: it would
    then give the first page again, without an end.
    """
    if any(sys_id <= last for last, sys_id in pairwise([position.last_sys_id, *ids])):
        raise InvalidResponse(
            f"{position.table} cannot be read to its end: the instance does not keep to the condition sys_id> or to "
            "the order of sys_id. Let a query_range access control on this table pass Gatepost's user.",
            operation=f"GET {position.table}",
        )
