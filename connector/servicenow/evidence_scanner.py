"""What changed on an instance besides the measures: tasks, changes, plans, approvals, services, expenses, people.

One query for each table that the active rules rest on, joined tables among them, all in one call.  A table that cannot
be read is left out with a warning, and stops none of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from connector.errors import ToolError
from connector.http.json_values import JsonObject
from connector.servicenow.batched_queries import BatchedQueries, TableQuery
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.fields import Column, TableFields
from connector.servicenow.inspector import GOVERNABLE_TABLES
from connector.servicenow.payloads import moment, raw_value
from connector.servicenow.plans import PLAN_TASK, TABLES
from connector.servicenow.query import Query
from connector.servicenow.related_records import CHILD_TABLE
from connector.servicenow.service_directory import EXPENSES, SERVICES
from connector.servicenow.timesheet import CARDS
from connector.sync.scan import EvidenceChange, by_our_clock, by_their_clock, needs_hours
from connector.sync.stores import LOGGED_HOURS
from mapping.config import MappingConfig, MeasureRule
from mapping.fields import plan_currency, uses_tool_approvals
from mapping.live_check import selected_names
from mapping.work_item import ConnectionName, NativeId

USERS = "sys_user"
SIGN_IN_TIME = timedelta(seconds=5)
"""Between the moment of a sign-in and that of the record that holds it."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WatchedTable:
    """A table whose records evidence rests on, and its columns that say of what."""

    table: str
    belongs_to: tuple[str, ...] = ()
    """References to the governed record."""
    keys: tuple[str, ...] = ()
    """Columns with the key of a measure of any connection."""
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class ServiceNowEvidenceScanner:
    """Implements :class:`connector.sync.scan.EvidenceScanner`."""

    def __init__(
        self,
        connection: ConnectionName,
        client: ServiceNowClient,
        fields: TableFields,
        queries: BatchedQueries,
        skew: Callable[[], timedelta | None],
    ) -> None:
        self._connection = connection
        self._client = client
        self._fields = fields
        self._queries = queries
        self._skew = skew

    def evidence_changes(self, config: MappingConfig, since: datetime) -> Iterator[Sequence[EvidenceChange]]:
        watched = list(self._watched(config))
        asked = {str(number): self._query(one, since) for number, one in enumerate(watched)}
        results = self._queries.run({name: query for name, query in asked.items() if query is not None})
        for name, read in results.items():
            one = watched[int(name)]
            if isinstance(read, ToolError):
                _log.warning("evidence not swept", connection=self._connection, table=one.table, why=str(read))
                continue
            rows = [row for row in read.rows if one.table != USERS or not _has_only_signed_in(row)]
            names = self._service_names(rows) if one.table == EXPENSES else {}
            yield [self._change(one, row, names) for row in rows]

    def _watched(self, config: MappingConfig) -> Iterator[WatchedTable]:
        own = [rule for rule in config.measures if rule.connection == self._connection]
        if own:
            governed = _tables(own)
            yield WatchedTable(CHILD_TABLE, ("top_task",))
            yield WatchedTable("change_request", ("parent",))
            yield WatchedTable("incident", ("parent",))
            yield WatchedTable("sys_attachment", ("table_sys_id",), only={"table_name": governed})
            yield WatchedTable(USERS)
        if needs_hours(config, self._connection):
            yield WatchedTable(CARDS)
        if uses_tool_approvals(config, self._connection):
            yield WatchedTable("sysapproval_approver", ("sysapproval",))
        if plan_currency(config, self._connection) is not None:
            for plan in TABLES:
                yield from (WatchedTable(table, (PLAN_TASK,)) for table in (plan.plans, plan.breakdowns))
        sources = [source for rule in config.measures for source in (rule.legacy, rule.watched) if source is not None]
        if any(source.connection == self._connection for source in sources):
            yield WatchedTable(SERVICES)
            yield WatchedTable(EXPENSES)
        for table, columns in self._joins(config).items():
            yield WatchedTable(table, keys=tuple(sorted(columns)))

    def _joins(self, config: MappingConfig) -> dict[str, set[str]]:
        """Joined tables, with the columns that hold a measure's key."""
        found: dict[str, set[str]] = {}
        for join in (join for rule in config.measures for join in rule.joins):
            if join.connection == self._connection and join.table is not None:
                columns = found.setdefault(join.table, set())
                column = self._fields.catalogue(join.table).resolve(join.their_field) if join.their_field else None
                columns |= {column.name} if isinstance(column, Column) else set()
        return found

    def _query(self, one: WatchedTable, since: datetime) -> TableQuery | None:
        catalogue = self._fields.catalogue(one.table)
        if not catalogue:
            return None
        query = Query().since_moment("sys_updated_on", by_their_clock(since, self._skew()))
        for column, values in one.only.items():
            query = query.one_of(column, values)
        named: tuple[str, ...] = ("number", "name", "source_id") if one.table in {SERVICES, EXPENSES} else ("number",)
        named = {USERS: ("active", "last_login_time"), CARDS: ("user",)}.get(one.table, named)
        columns = [name for name in (*one.belongs_to, *one.keys, *named) if name in catalogue]
        base = ["sys_id", "sys_mod_count", "sys_updated_on"]
        # A hidden row makes what rests on it unknown where it is read; it keeps the others from nothing here.
        ordered = query.ordered_by("sys_updated_on")
        return TableQuery(one.table, ordered, list(dict.fromkeys([*base, *columns])), "sys_id")

    def _service_names(self, rows: Sequence[JsonObject]) -> Mapping[str, str]:
        """Names of the services on which expenses are booked, by sys_id."""
        ids = sorted({raw_value(row.get("source_id")) for row in rows} - {""})
        if not ids:
            return {}
        found = self._client.all_rows(SERVICES, Query().one_of("sys_id", ids).ordered_by("sys_id"), ("sys_id", "name"))
        return {raw_value(row.get("sys_id")): raw_value(row.get("name")) for row in found}

    def _change(self, one: WatchedTable, row: JsonObject, services: Mapping[str, str]) -> EvidenceChange:
        sys_id, at = raw_value(row.get("sys_id")), moment(raw_value(row.get("sys_updated_on")))
        native = NativeId(f"{one.table}:{sys_id}")
        names = {native}
        keys = (raw_value(row.get(name)) for name in ("number", *one.keys))
        names |= {NativeId(f"key:{key.casefold()}") for key in keys if key}
        service = raw_value(row.get("name")) if one.table == SERVICES else services.get(raw_value(row.get("source_id")))
        names |= {NativeId(service.casefold())} if service else set()
        names |= {NativeId(f"{LOGGED_HOURS}{raw_value(row.get('user'))}")} if one.table == CARDS else set()
        above = {raw_value(row.get(name)) for name in one.belongs_to} - {""}
        return EvidenceChange(
            native,
            raw_value(row.get("sys_mod_count")),
            frozenset(names),
            frozenset(f"{table}:{record}" for record in above for table in GOVERNABLE_TABLES),
            frozenset({sys_id}) if one.table == USERS else frozenset(),
            at=by_our_clock(at, self._skew()),
        )


def _has_only_signed_in(row: JsonObject) -> bool:
    """Signing in writes the moment into the person's record; otherwise their measures would be read with every sign-in.

    Whatever was changed just before as well is found by the sweep of the night.
    """
    last = moment(raw_value(row.get("last_login_time")))
    at = moment(raw_value(row.get("sys_updated_on")))
    active = raw_value(row.get("active")) == "true"
    return active and last is not None and at is not None and abs(at - last) <= SIGN_IN_TIME


def _tables(rules: Iterable[MeasureRule]) -> tuple[str, ...]:
    named = [table for rule in rules for table in selected_names(rule.match.table) or GOVERNABLE_TABLES]
    return tuple(dict.fromkeys(named))
