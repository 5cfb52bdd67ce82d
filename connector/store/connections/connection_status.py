"""How each connection is doing, as the database knows it: what was received, read, written, and what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select, text

from connector.store.database.reading import reading
from connector.store.database.tables import SWEEP
from mapping.work_item import ConnectionName


@dataclass(frozen=True, slots=True)
class SweepState:
    kind: str
    started_at: datetime
    ended_at: datetime | None
    due_at: datetime
    seen: int
    total: int | None
    marked: int
    error: str | None

    @property
    def running(self) -> bool:
        return self.ended_at is None and self.error is None


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    name: ConnectionName
    items: int
    last_event_at: datetime | None
    """When the newest event came in."""
    events_last_day: int
    """Events of the last 24 hours."""
    last_read_at: datetime | None
    last_write_at: datetime | None
    waiting_items: int
    """Items that wait to be assessed."""
    oldest_waiting_since: datetime | None
    dead_items: int
    waiting_writes: int
    """Writes that wait."""
    dead_writes: int
    """Writes that are dead letters."""
    dead_letter_reason: str | None
    """The reason of the newest dead item or write."""
    rate_limits: int
    """Operations of the tool that are closed by its limits now."""
    sweeps: tuple[SweepState, ...] = ()

    def sweep(self, kind: str) -> SweepState | None:
        return next((one for one in self.sweeps if one.kind == kind), None)


def connection_statuses(engine: Engine) -> dict[ConnectionName, ConnectionStatus]:
    with reading(engine) as connection:
        rows = connection.execute(_STATUS).all()
        swept = connection.execute(select(SWEEP).order_by(SWEEP.c.connection, SWEEP.c.kind)).all()
    found: dict[str, list[SweepState]] = {}
    for one in swept:
        state = SweepState(
            one.kind, one.started_at, one.ended_at, one.due_at, one.seen, one.total, one.marked, one.error
        )  # fmt: skip
        found.setdefault(one.connection, []).append(state)
    return {
        ConnectionName(row.name): ConnectionStatus(
            ConnectionName(row.name), row.items, row.last_event_at, row.events_day, row.last_read, row.last_written,
            row.waiting, row.oldest_waiting, row.dead_items, row.due, row.dead_writes, row.dead_letter_reason,
            row.rate_limits, tuple(found.get(row.name, ())),
        )
        for row in rows
    }  # fmt: skip


_STATUS = text("""
    SELECT c.name, i.items, i.last_read, h.last_event_at, h.events_day, w.last_written,
           d.waiting, d.oldest_waiting, d.dead_items, o.due, o.dead_writes,
           coalesce(d.reason, o.reason) AS dead_letter_reason,
           (SELECT count(*) FROM rate_limit AS p WHERE p.connection = c.name AND p.until > now()) AS rate_limits
    FROM connection AS c
    CROSS JOIN LATERAL (
        SELECT count(*) AS items, max(read_at) AS last_read FROM work_item WHERE connection = c.name) AS i
    CROSS JOIN LATERAL (
        SELECT (SELECT received_at FROM inbox WHERE connection = c.name
                ORDER BY received_at DESC LIMIT 1) AS last_event_at,
               (SELECT count(DISTINCT delivery_id) FROM inbox
                WHERE connection = c.name AND received_at > now() - interval '1 day') AS events_day) AS h
    CROSS JOIN LATERAL (SELECT max(written_at) AS last_written FROM last_written WHERE connection = c.name) AS w
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE state = 'waiting') AS waiting,
               min(first_dirty_at) FILTER (WHERE state = 'waiting') AS oldest_waiting,
               count(*) FILTER (WHERE state = 'dead_letter') AS dead_items,
               (array_agg(reason ORDER BY first_dirty_at DESC) FILTER (WHERE state = 'dead_letter'))[1] AS reason
        FROM dirty_key WHERE connection = c.name) AS d
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE state = 'waiting') AS due,
               count(*) FILTER (WHERE state = 'dead_letter') AS dead_writes,
               (array_agg(reason ORDER BY id DESC) FILTER (WHERE state = 'dead_letter'))[1] AS reason
        FROM outbox WHERE connection = c.name AND state IN ('waiting', 'dead_letter')) AS o
    ORDER BY c.name
""")
