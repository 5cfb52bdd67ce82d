"""Figures of the whole installation for Prometheus, read in one go and cheaply, however much is stored.

Every count goes through an index that holds little else than what it counts (what waits, dead letters, what was
written in the last minute); nothing here reads the inbox or the measures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import Connection, Engine, text

from connector.store.queue.workers import WORKER_LOCK_NAMESPACE

STATEMENT_TIMEOUT = "2s"
"""After which the database gives up one of these queries."""

ValuesByName: TypeAlias = "Sequence[tuple[str, float]]"


@dataclass(frozen=True, slots=True)
class Gauges:
    """Everything, each figure by connection; a connection without any has a 0."""

    backlog_ages: ValuesByName
    """Age in seconds of the oldest event that waits for a worker."""
    dirty_keys: ValuesByName
    waiting_writes: ValuesByName
    dead_letters: Sequence[tuple[str, str, float]]
    """Kind, connection or subscription, how much."""
    paused: ValuesByName
    rate_limited: ValuesByName
    overdue_sweeps: Sequence[tuple[str, str, float]]
    """Connection, kind, for how many seconds it is overdue."""
    written_last_minute: ValuesByName
    """In the last sixty seconds."""
    live_workers: int
    waiting_alerts: int
    """That wait to be sent."""
    waiting_papers: int
    """Copies of papers that wait to be made, sent, or tried again."""
    anchor_ages: ValuesByName
    """By sink, for how many seconds its anchor of the audit has been the last one."""


def read_gauges(engine: Engine) -> Gauges:
    """Read all of it.  Raises sqlalchemy.exc.SQLAlchemyError when the database is away or takes too long."""
    with engine.connect().execution_options(postgresql_readonly=True) as connection, connection.begin():
        connection.execute(
            text("SELECT set_config('statement_timeout', :longest, true)"), {"longest": STATEMENT_TIMEOUT}
        )
        rows = connection.execute(BY_CONNECTION).all()
        return Gauges(
            backlog_ages=[(row.name, float(row.backlog)) for row in rows],
            dirty_keys=[(row.name, row.dirty) for row in rows],
            waiting_writes=[(row.name, row.outbox) for row in rows],
            dead_letters=[
                *((kind, row.name, getattr(row, f"dead_{kind}s")) for row in rows for kind in ("item", "write")),
                *(("delivery", row.name, row.many) for row in connection.execute(DEAD_DELIVERIES)),
                *(("paper", row.name, row.many) for row in connection.execute(DEAD_PAPERS)),
            ],
            paused=[(row.name, float(row.paused)) for row in rows],
            rate_limited=[(row.name, float(row.limited)) for row in rows],
            overdue_sweeps=[(row.connection, row.kind, float(row.overdue)) for row in connection.execute(SWEEPS)],
            written_last_minute=[(row.name, row.written) for row in rows],
            live_workers=count_live_workers(connection),
            waiting_alerts=connection.execute(ALERTS).scalar_one(),
            waiting_papers=connection.execute(WAITING_PAPERS).scalar_one(),
            anchor_ages=[(row.sink, float(row.age)) for row in connection.execute(ANCHORS)],
        )


def count_live_workers(connection: Connection) -> int:
    """Workers that hold their lock in this database."""
    return int(connection.execute(WORKERS, {"space": WORKER_LOCK_NAMESPACE}).scalar_one())


# The backlog is the first key in the order in which keys are claimed, if an event marked it; see backlog.py.
BY_CONNECTION = text("""
    WITH waiting AS (
        SELECT connection, count(*) AS many FROM dirty_key
        WHERE state = 'waiting' AND claim_token IS NULL GROUP BY connection
    ), held AS (
        SELECT connection, count(*) AS many FROM dirty_key WHERE claim_token IS NOT NULL GROUP BY connection
    ), due AS (
        SELECT connection, count(*) AS many FROM outbox WHERE state = 'waiting' GROUP BY connection
    ), items AS (
        SELECT connection, count(*) AS many FROM dirty_key WHERE state = 'dead_letter' GROUP BY connection
    ), writes AS (
        SELECT connection, count(*) AS many FROM outbox WHERE state = 'dead_letter' GROUP BY connection
    ), went AS (
        SELECT connection, count(*) AS many FROM outbox
        WHERE state = 'done' AND settled_at > now() - interval '1 minute' GROUP BY connection
    )
    SELECT c.name, coalesce(waiting.many, 0) + coalesce(held.many, 0) AS dirty, coalesce(due.many, 0) AS outbox,
           coalesce(items.many, 0) AS dead_items, coalesce(writes.many, 0) AS dead_writes,
           coalesce(went.many, 0) AS written,
           (c.paused_at IS NOT NULL AND c.paused_until IS NULL)\\:\\:int AS paused,
           coalesce(c.paused_until > now(), false)\\:\\:int AS limited,
           coalesce((SELECT CASE WHEN first.inbox_id IS NULL THEN 0 ELSE greatest(first.age, 0) END FROM (
               SELECT inbox_id, extract(epoch FROM now() - due_at) AS age FROM dirty_key
               WHERE connection = c.name AND state = 'waiting' AND claim_token IS NULL
               ORDER BY (inbox_id IS NULL), due_at LIMIT 1) AS first), 0) AS backlog
    FROM connection AS c
    LEFT JOIN waiting ON waiting.connection = c.name LEFT JOIN held ON held.connection = c.name
    LEFT JOIN due ON due.connection = c.name LEFT JOIN items ON items.connection = c.name
    LEFT JOIN writes ON writes.connection = c.name LEFT JOIN went ON went.connection = c.name
    ORDER BY c.name
""")
DEAD_DELIVERIES = text("""
    SELECT s.name, (SELECT count(*) FROM subscription_delivery AS d
                    WHERE d.subscription_id = s.id AND d.state = 'dead_letter') AS many
    FROM subscription AS s ORDER BY s.name
""")
DEAD_PAPERS = text("""
    SELECT p.key AS name, (SELECT count(*) FROM paper_copy AS c JOIN paper_issue AS i ON i.id = c.issue_id
                           WHERE c.state = 'dead_letter' AND i.paper = p.key) AS many
    FROM paper AS p ORDER BY p.key
""")
WAITING_PAPERS = text("SELECT count(*) FROM paper_copy WHERE state IN ('waiting', 'sending')")
SWEEPS = text("""
    SELECT connection, kind, greatest(extract(epoch FROM now() - due_at), 0) AS overdue
    FROM sweep ORDER BY connection, kind
""")
WORKERS = text("""
    SELECT count(*) FROM pg_locks
    WHERE locktype = 'advisory' AND classid = :space AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
""")
ALERTS = text("SELECT count(*) FROM alert WHERE state = 'waiting'")
# Without a sink nothing is anchored, from the first entry on.
ANCHORS = text("""
    SELECT sink, greatest(extract(epoch FROM now() - coalesce(anchored_at, since)), 0) AS age FROM audit_anchor
    UNION ALL
    SELECT 'none', coalesce((SELECT extract(epoch FROM now() - at) FROM audit ORDER BY seq LIMIT 1), 0)
    WHERE NOT EXISTS (SELECT 1 FROM audit_anchor)
    ORDER BY 1
""")
