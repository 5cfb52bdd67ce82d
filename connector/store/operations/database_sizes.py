"""What takes the space in the database, by what a person knows of it, and what bounds each part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, text

from connector.remedy import Note, Remedy
from connector.store.notifications import deliveries
from connector.store.operations.retention import RetentionPeriods
from connector.store.queue import event_body_partitions

DEAD_ROWS = 10_000
DEAD_SHARE = 0.2
"""From so many dead rows, and so great a share, VACUUM is behind."""

LARGE_BODIES = 10 * 1000**3
"""Bytes from which it is worth thinking about keeping bodies for fewer days."""


@dataclass(frozen=True, slots=True)
class TableSize:
    """One table; of a partitioned one, one of its partitions."""

    name: str
    partition: str
    rows: int
    """As PostgreSQL estimates them."""
    data: int
    """Bytes, long values and free space in between with it."""
    indexes: int
    """Bytes."""
    dead: int
    """Rows that VACUUM has not taken yet, as PostgreSQL estimates them."""
    holds_rows: bool


@dataclass(frozen=True, slots=True)
class TableGroup:
    """Tables that hold the same kind of thing."""

    name: str
    bound: str
    """What keeps it from growing for ever, or that nothing does."""
    rows: int
    data: int
    indexes: int

    @property
    def bytes(self) -> int:
        return self.data + self.indexes


@dataclass(frozen=True, slots=True)
class DatabaseSizes:
    groups: tuple[TableGroup, ...]
    """The largest first."""
    database: int
    """Bytes of the whole database, with PostgreSQL's own catalogue."""
    hints: tuple[Note, ...]

    @property
    def bytes(self) -> int:
        return sum(one.bytes for one in self.groups)


@dataclass(frozen=True, slots=True)
class _GroupRule:
    name: str
    tables: tuple[str, ...]
    """Whole names, and beginnings of names."""
    bound: str


_EVENT_BODIES = _GroupRule("event bodies", ("inbox_body",), "dropped after {bodies}")
_GROUP_RULES = (
    _EVENT_BODIES,
    _GroupRule("events", ("inbox", "dirty_key", "sweep"), "deleted {history} days after their end"),
    _GroupRule("items", ("work_item", "last_written"), "one for each item that was read"),
    _GroupRule(
        "measures", ("measure", "plan_version", "dependency", "status_day"), "kept for ever, a status a day each"
    ),
    _GroupRule(
        "ledger", ("ledger_entry", "ledger_difference", "ledger_unassessed", "month_close_step"), "kept for ever"
    ),
    _GroupRule("effect lines", ("effect_line",), "those that the measures have now"),
    _GroupRule(
        "what was known",
        (
            "verdict_version",
            "effects_version",
            "figures_version",
            "figures_settings_version",
            "group_version",
            "curve_version",
        ),
        "superseded versions deleted after {known} days",
    ),
    _GroupRule(
        "figures",
        ("figures_", "measure_figures", "measure_finding", "measure_series", "measure_validated", "rollup_"),
        "made anew",
    ),
    _GroupRule("decisions", ("decision", "command", "submitted_command"), "kept for ever"),
    _GroupRule("audit", ("audit",), "kept for ever"),
    _GroupRule(
        "writes to the tools", ("outbox", "rate_limit", "provisioned_object"), "deleted {history} days after their end"
    ),
    _GroupRule(
        "events to subscribers", ("subscription",), f"deleted {deliveries.RETENTION.days} days after they were taken"
    ),
    _GroupRule("queue of tasks", ("procrastinate_",), "deleted when they are done"),
)
_OTHER = _GroupRule("other", (), "people, mappings, settings")


def database_sizes(connection: Connection, periods: RetentionPeriods) -> DatabaseSizes:
    """Read from PostgreSQL's own statistics: nothing is counted, so that it takes no longer with more rows."""
    tables = tuple(_table(row) for row in connection.execute(_TABLES))
    database = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
    return group_tables(tables, int(database), periods)


def group_tables(tables: Sequence[TableSize], database: int, periods: RetentionPeriods) -> DatabaseSizes:
    """Tables put together by what they hold, with what is worth doing."""
    values = {"bodies": _bodies(tables, periods), "history": periods.history_days, "known": periods.known_days}
    groups = []
    for kind in (*_GROUP_RULES, _OTHER):
        its = [one for one in tables if _group_rule(one.name) is kind]
        rows, data, indexes = (
            sum(one.rows for one in its),
            sum(one.data for one in its),
            sum(one.indexes for one in its),
        )
        groups.append(TableGroup(kind.name, kind.bound.format(**values), rows, data, indexes))
    groups.sort(key=lambda one: -one.bytes)
    return DatabaseSizes(
        tuple(groups), database, (*_dead_row_hints(tables), *_unpartitioned(tables), *_large(groups, periods))
    )


def _group_rule(table: str) -> _GroupRule:
    """The longest name that fits decides, so that ``inbox_body`` is no event and ``measure_figures`` no measure."""
    fits = [
        (len(name), number)
        for number, kind in enumerate(_GROUP_RULES)
        for name in kind.tables
        if table.startswith(name)
    ]
    return _GROUP_RULES[max(fits)[1]] if fits else _OTHER


def _bodies(tables: Sequence[TableSize], keeping: RetentionPeriods) -> str:
    filled = _days_in_default(tables)
    kept = f"{keeping.body_days} {'day' if keeping.body_days == 1 else 'days'}"
    if not filled:
        return f"{kept}; none yet"
    return f"{kept}; {len(filled)} {'day' if len(filled) == 1 else 'days'}, the oldest {filled[0]}"


def _days_in_default(tables: Sequence[TableSize]) -> list[date]:
    return sorted(
        day
        for one in tables
        if one.holds_rows and (day := event_body_partitions.partition_day(one.partition)) is not None
    )


def _dead_row_hints(tables: Sequence[TableSize]) -> list[Note]:
    return [
        Note(
            f"{one.partition}: about {one.dead:,} of {one.rows + one.dead:,} rows are dead and take space.",
            Remedy(
                command=f"Run VACUUM (ANALYZE) {one.partition}; if they stay, a transaction is open for long: look "
                "into pg_stat_activity."
            ),
        )
        for one in tables
        if one.dead >= DEAD_ROWS and one.dead >= DEAD_SHARE * (one.rows + one.dead)
    ]


def _unpartitioned(tables: Sequence[TableSize]) -> list[Note]:
    return [
        Note(
            f"About {one.rows:,} bodies stand in {one.partition}, because their day had no partition. They are deleted "
            "one by one when they are old.",
            Remedy(command="See why with: gatepost db clean"),
        )
        for one in tables
        if one.partition == event_body_partitions.DEFAULT_PARTITION and one.holds_rows
    ]


def _large(groups: Sequence[TableGroup], keeping: RetentionPeriods) -> list[Note]:
    whole = sum(one.bytes for one in groups)
    largest = groups[0]
    if largest.name != _EVENT_BODIES.name or largest.bytes < LARGE_BODIES or 2 * largest.bytes < whole:
        return []
    return [
        Note(
            "Event bodies take more than half of the space.",
            Remedy(
                command=f"With fewer than {keeping.body_days} days (GATEPOST_EVENT_BODY_DAYS) they take less; "
                "nothing but showing them to people needs them."
            ),
        )
    ]


def _table(row: Row[Any]) -> TableSize:
    return TableSize(row.name, row.partition, int(row.rows), row.data, row.indexes, row.dead, row.holds_rows)


# A table that was never analysed has -1 rows in pg_class; the statistics have counted what came in.  One that is
# dropped meanwhile has no size.
_TABLES = text("""
    SELECT root.relname AS name, c.relname AS partition,
           CASE WHEN c.reltuples > 0 THEN c.reltuples ELSE coalesce(s.n_live_tup, 0) END AS rows,
           coalesce(pg_table_size(c.oid), 0) AS data, coalesce(pg_indexes_size(c.oid), 0) AS indexes,
           coalesce(s.n_dead_tup, 0) AS dead, coalesce(pg_relation_size(c.oid), 0) > 0 AS holds_rows
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_class AS root ON root.oid = coalesce(CAST(pg_partition_root(c.oid) AS oid), c.oid)
    LEFT JOIN pg_stat_user_tables AS s ON s.relid = c.oid
    WHERE n.nspname = current_schema() AND c.relkind = 'r'
    ORDER BY name, partition
""")
