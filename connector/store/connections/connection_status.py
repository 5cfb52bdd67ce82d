"""How each connection is doing, as the database knows it: what was heard, read, written, and what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select, text

from connector.store.database.tables import SWEEP
from mapping.work_item import ConnectionName


@dataclass(frozen=True, slots=True)
class SweepState:
    kind: str
    began_at: datetime
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
class ConnectionStanding:
    name: ConnectionName
    items: int
    last_heard: datetime | None
    """When the newest event came in."""
    events_day: int
    """Events of the last 24 hours."""
    last_read: datetime | None
    last_written: datetime | None
    waiting: int
    """Items that wait to be judged."""
    oldest_waiting: datetime | None
    parked: int
    due: int
    """Writes that wait."""
    stuck: int
    """Writes that are parked."""
    parked_reason: str | None
    """Why the newest parked item or write is."""
    limits: int
    """Operations of the tool that are closed by its limits now."""
    sweeps: tuple[SweepState, ...] = ()

    def sweep(self, kind: str) -> SweepState | None:
        return next((one for one in self.sweeps if one.kind == kind), None)


def standings(engine: Engine) -> dict[ConnectionName, ConnectionStanding]:
    with engine.connect() as connection:
        rows = connection.execute(_STANDING).all()
        swept = connection.execute(select(SWEEP).order_by(SWEEP.c.connection, SWEEP.c.kind)).all()
    found: dict[str, list[SweepState]] = {}
    for one in swept:
        state = SweepState(
            one.kind, one.began_at, one.ended_at, one.due_at, one.seen, one.total, one.marked, one.error
        )  # fmt: skip
        found.setdefault(one.connection, []).append(state)
    return {
        ConnectionName(row.name): ConnectionStanding(
            ConnectionName(row.name), row.items, row.last_heard, row.events_day, row.last_read, row.last_written,
            row.waiting, row.oldest_waiting, row.parked, row.due, row.stuck, row.parked_reason, row.limits,
            tuple(found.get(row.name, ())),
        )
        for row in rows
    }  # fmt: skip


_STANDING = text("""
    SELECT c.name, i.items, i.last_read, h.last_heard, h.events_day, w.last_written,
           d.waiting, d.oldest_waiting, d.parked, o.due, o.stuck, coalesce(d.reason, o.reason) AS parked_reason,
           (SELECT count(*) FROM parking AS p WHERE p.connection = c.name AND p.until > now()) AS limits
    FROM connection AS c
    CROSS JOIN LATERAL (
        SELECT count(*) AS items, max(read_at) AS last_read FROM work_item WHERE connection = c.name) AS i
    CROSS JOIN LATERAL (
        SELECT (SELECT received_at FROM inbox WHERE connection = c.name
                ORDER BY received_at DESC LIMIT 1) AS last_heard,
               (SELECT count(DISTINCT delivery_id) FROM inbox
                WHERE connection = c.name AND received_at > now() - interval '1 day') AS events_day) AS h
    CROSS JOIN LATERAL (SELECT max(written_at) AS last_written FROM last_written WHERE connection = c.name) AS w
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE state = 'waiting') AS waiting,
               min(first_dirty_at) FILTER (WHERE state = 'waiting') AS oldest_waiting,
               count(*) FILTER (WHERE state = 'parked') AS parked,
               (array_agg(reason ORDER BY first_dirty_at DESC) FILTER (WHERE state = 'parked'))[1] AS reason
        FROM dirty_key WHERE connection = c.name) AS d
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE state = 'waiting') AS due, count(*) FILTER (WHERE state = 'parked') AS stuck,
               (array_agg(reason ORDER BY id DESC) FILTER (WHERE state = 'parked'))[1] AS reason
        FROM outbox WHERE connection = c.name AND state IN ('waiting', 'parked')) AS o
    ORDER BY c.name
""")
