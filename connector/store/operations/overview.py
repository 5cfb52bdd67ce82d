"""How Gatepost itself is doing, in figures: what comes in and goes out, what waits and for how long, who works.

Nothing of a measure's content stands here, so that whoever runs Gatepost may read all of it.  What a query
reads follows what waits, the last hour, or the number of connections: never the number of events or measures.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, text

from connector.store.operations.time_span import TimeSpan
from connector.store.queue.dead_letters import DeadLetterCause, causes
from connector.store.queue.operated_parts import WHOLE_ORGANISATION, OperatedParts
from connector.store.queue.workers import WORKER_LOCK_NAMESPACE


@dataclass(frozen=True, slots=True)
class Throughput:
    """What happened in each bar of a range of time, the oldest first."""

    minutes: tuple[tuple[datetime, int, int, int], ...]
    """When it begins, events that came in, writes that went out, events that subscribers took."""
    span: TimeSpan = TimeSpan.HOUR

    @property
    def events_received(self) -> int:
        return sum(received for _, received, _, _ in self.minutes)

    @property
    def writes_done(self) -> int:
        return sum(written for _, _, written, _ in self.minutes)

    @property
    def deliveries_done(self) -> int:
        return sum(delivered for _, _, _, delivered in self.minutes)


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """Something that waits: how much of it, since when, and where the oldest of it is."""

    name: str
    waiting: int
    oldest: datetime | None
    location: str | None


@dataclass(frozen=True, slots=True)
class WorkerFigures:
    id: int
    host: str
    pid: int
    started_at: datetime
    claims: int
    """Items, writes and deliveries that are in its hands."""


@dataclass(frozen=True, slots=True)
class ActiveRateLimit:
    connection: str
    scope: str
    subject: str
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ActivePause:
    connection: str
    since: datetime
    until: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class SweepFigures:
    connection: str
    kind: str
    since: datetime | None
    started_at: datetime
    ended_at: datetime | None
    due_at: datetime
    seen: int
    total: int | None
    marked: int
    error: str | None


@dataclass(frozen=True, slots=True)
class RollupFreshness:
    """How fresh the portfolio's sums are."""

    refreshed_at: datetime | None
    due: int
    oldest: datetime | None
    rebuilding: tuple[int, int] | None
    """How many measures of a whole making anew are done, of how many."""


@dataclass(frozen=True, slots=True)
class SubscriptionFigures:
    """A subscription and its deliveries."""

    name: str
    disabled_at: datetime | None
    disabled_reason: str | None
    failing_since: datetime | None
    last_error: str | None
    last_delivered_at: datetime | None
    waiting: int
    dead_letters: int


@dataclass(frozen=True, slots=True)
class TableGroupSize:
    group: str
    bytes: int
    tables: int


@dataclass(frozen=True, slots=True)
class GateDrift:
    """A native gate that somebody took out of a tool's workflow."""

    at: datetime
    connection: str
    repaired: bool
    description: str


@dataclass(frozen=True, slots=True)
class OperationsOverview:
    at: datetime
    throughput: Throughput
    queues: tuple[QueueFigures, ...]
    workers: tuple[WorkerFigures, ...]
    rate_limits: tuple[ActiveRateLimit, ...]
    pauses: tuple[ActivePause, ...]
    sweeps: tuple[SweepFigures, ...]
    rollups: RollupFreshness
    subscriptions: tuple[SubscriptionFigures, ...]
    dead_letter_causes: tuple[DeadLetterCause, ...]
    gate_drift: tuple[GateDrift, ...]
    sizes: tuple[TableGroupSize, ...]
    schema: str
    server: str

    @property
    def dead_letters(self) -> int:
        return sum(one.count for one in self.dead_letter_causes)

    @property
    def waiting(self) -> int:
        return sum(one.waiting for one in self.queues)

    @property
    def oldest_waiting(self) -> QueueFigures | None:
        """Where the oldest of all that waits is."""
        return min((one for one in self.queues if one.oldest), key=lambda one: one.oldest or self.at, default=None)


def operations_overview(
    engine: Engine,
    now: datetime,
    parts: OperatedParts = WHOLE_ORGANISATION,
    span: TimeSpan = TimeSpan.HOUR,
) -> OperationsOverview:
    """Everything, as of one moment; dead letters, whose reasons tell of items, only of these parts."""
    with engine.connect().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True) as connection:
        return OperationsOverview(
            now,
            _throughput(connection, span),
            tuple(QueueFigures(*row) for row in connection.execute(QUEUES)),
            tuple(WorkerFigures(*row) for row in connection.execute(WORKERS, {"space": WORKER_LOCK_NAMESPACE})),
            tuple(ActiveRateLimit(*row) for row in connection.execute(RATE_LIMITS)),
            tuple(ActivePause(*row) for row in connection.execute(PAUSED)),
            tuple(SweepFigures(*row) for row in connection.execute(SWEEPS)),
            _figures(connection),
            tuple(SubscriptionFigures(*row) for row in connection.execute(SUBSCRIPTIONS)),
            causes(connection, parts=parts),
            tuple(GateDrift(*row) for row in connection.execute(DRIFT)),
            _sizes(connection),
            str(connection.execute(SCHEMA).scalar()),
            str(connection.execute(SERVER).scalar()),
        )


def _throughput(connection: Connection, span: TimeSpan) -> Throughput:
    rows = connection.execute(THROUGHPUT, {"step": span.step, "bars": span.bars})
    return Throughput(tuple((row.minute, row.received, row.written, row.delivered) for row in rows), span)


def _figures(connection: Connection) -> RollupFreshness:
    row = connection.execute(ROLLUP_FRESHNESS).one()
    progress = None if row.total is None else (row.done, row.total)
    return RollupFreshness(row.refreshed_at, row.due, row.oldest, progress)


def _sizes(connection: Connection) -> tuple[TableGroupSize, ...]:
    found: dict[str, tuple[int, int]] = {}
    for row in connection.execute(SIZES):
        group = group_of(row.name)
        size, tables = found.get(group, (0, 0))
        found[group] = (size + row.size, tables + 1)
    sizes = (TableGroupSize(group, size, tables) for group, (size, tables) in found.items())
    return tuple(sorted(sizes, key=lambda one: -one.bytes))


TABLE_GROUPS = {
    "events and the inbox": ("inbox", "dirty_key", "sweep", "sweep_seen"),
    "writes to the tools": ("outbox", "last_written", "rate_limit", "provisioned_object"),
    "items and measures": ("work_item", "measure", "effect_line", "plan_version", "dependency", "status_day"),
    "the ledger": ("ledger_entry", "ledger_difference", "ledger_unassessed", "month_close_step"),
    "decisions and the audit": ("decision", "command", "submitted_command", "audit", "audit_head"),
    "sums of the portfolio": ("figures_", "measure_figures", "measure_finding", "measure_series", "rollup_"),
    "subscriptions": ("subscription",),
    "people and sessions": (
        "person",
        "role_",
        "row_policy",
        "web_session",
        "api_token",
        "failed_sign_in",
        "access_change",
        "counted_event",
    ),
    "the queue of tasks": ("procrastinate_",),
}
"""Tables by what they are for: whole names, and beginnings of names."""


def group_of(table: str) -> str:
    """The longest name that fits decides, so that ``measure_figures`` is no measure."""
    fits = [(len(name), group) for group, names in TABLE_GROUPS.items() for name in names if table.startswith(name)]
    return max(fits)[1] if fits else "everything else"


# Bars begin at whole steps, so that a minute, half an hour or three hours always hold the same events.
THROUGHPUT = text("""
    WITH bars AS (
        SELECT date_bin(CAST(:step AS interval), now(), TIMESTAMPTZ '2000-01-01 00:00:00+00')
               - CAST(:step AS interval) * (CAST(:bars AS integer) - 1) AS first
    ), received AS (
        SELECT date_bin(CAST(:step AS interval), received_at, TIMESTAMPTZ '2000-01-01 00:00:00+00') AS minute,
               count(*) AS many FROM inbox
        WHERE received_at >= (SELECT first FROM bars) GROUP BY 1
    ), written AS (
        SELECT date_bin(CAST(:step AS interval), settled_at, TIMESTAMPTZ '2000-01-01 00:00:00+00') AS minute,
               count(*) AS many FROM outbox
        WHERE state = 'done' AND settled_at >= (SELECT first FROM bars) GROUP BY 1
    ), delivered AS (
        SELECT date_bin(CAST(:step AS interval), settled_at, TIMESTAMPTZ '2000-01-01 00:00:00+00') AS minute,
               count(*) AS many FROM subscription_delivery
        WHERE state = 'done' AND settled_at >= (SELECT first FROM bars) GROUP BY 1
    )
    SELECT m.minute, coalesce(received.many, 0) AS received, coalesce(written.many, 0) AS written,
           coalesce(delivered.many, 0) AS delivered
    FROM bars, generate_series(bars.first, now(), CAST(:step AS interval)) AS m (minute)
    LEFT JOIN received USING (minute) LEFT JOIN written USING (minute) LEFT JOIN delivered USING (minute)
    ORDER BY m.minute
""")
QUEUES = text("""
    SELECT 'events' AS name, count(*) AS waiting, min(received_at) AS oldest,
           (array_agg(connection ORDER BY received_at))[1] AS place
    FROM inbox WHERE state = 'pending'
    UNION ALL
    SELECT 'items', count(*), min(first_dirty_at), (array_agg(connection ORDER BY first_dirty_at))[1]
    FROM dirty_key WHERE state = 'waiting'
    UNION ALL
    SELECT 'writes', count(*), min(created_at), (array_agg(connection ORDER BY created_at))[1]
    FROM outbox WHERE state = 'waiting'
    UNION ALL
    SELECT 'deliveries', count(*), min(d.created_at), (array_agg(s.name ORDER BY d.created_at))[1]
    FROM subscription_delivery AS d JOIN subscription AS s ON s.id = d.subscription_id WHERE d.state = 'waiting'
""")
WORKERS = text("""
    SELECT w.id, w.host, w.pid, w.started_at,
           (SELECT count(*) FROM dirty_key WHERE claim_token IS NOT NULL AND claimed_by = w.id)
           + (SELECT count(*) FROM outbox WHERE claim_token IS NOT NULL AND claimed_by = w.id)
           + (SELECT count(*) FROM subscription_delivery WHERE claim_token IS NOT NULL AND claimed_by = w.id) AS holds
    FROM worker AS w
    WHERE w.id IN (
        SELECT objid\\:\\:bigint FROM pg_locks
        WHERE locktype = 'advisory' AND classid = :space AND granted
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
    ORDER BY w.started_at, w.id
""")
RATE_LIMITS = text(
    "SELECT connection, scope, subject, until, reason FROM rate_limit WHERE until > now() ORDER BY until DESC"
)
PAUSED = text("""
    SELECT name, paused_at, paused_until, coalesce(paused_reason, '') FROM connection
    WHERE paused_at IS NOT NULL AND (paused_until IS NULL OR paused_until > now()) ORDER BY name
""")
SWEEPS = text("""
    SELECT connection, kind, since, started_at, ended_at, due_at, seen, total, marked, error
    FROM sweep ORDER BY connection, kind
""")
ROLLUP_FRESHNESS = text("""
    SELECT (SELECT refreshed_at FROM figures_settings) AS refreshed_at,
           (SELECT count(*) FROM figures_due) AS due, (SELECT min(since) FROM figures_due) AS oldest,
           (SELECT done FROM figures_progress) AS done, (SELECT total FROM figures_progress) AS total
""")
SUBSCRIPTIONS = text("""
    SELECT s.name, s.disabled_at, s.disabled_reason, s.failing_since, s.last_error, s.last_delivered_at,
           (SELECT count(*) FROM subscription_delivery AS d
            WHERE d.subscription_id = s.id AND d.state = 'waiting') AS waiting,
           (SELECT count(*) FROM subscription_delivery AS d
            WHERE d.subscription_id = s.id AND d.state = 'dead_letter') AS dead_letters
    FROM subscription AS s ORDER BY s.name
""")
DRIFT = text("""
    SELECT at, subject, action = 'gates.repaired', coalesce(detail ->> 'text', '') FROM audit
    WHERE action IN ('gates.drifted', 'gates.repaired') AND at > now() - interval '30 days'
    ORDER BY seq DESC LIMIT 10
""")
SIZES = text("""
    SELECT c.relname AS name, pg_total_relation_size(c.oid) AS size
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = current_schema() AND c.relkind = 'r'
""")
SCHEMA = text("SELECT version_num FROM alembic_version")
SERVER = text("SELECT current_setting('server_version')")
