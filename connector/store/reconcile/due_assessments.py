"""Measures to be reassessed because of the time alone: no event comes when an hour has passed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, text

from connector.store.queue.inbox import mark_dirty
from connector.store.queue.wake_up import TaskKind, Waker
from mapping.work_item import ConnectionName, NativeId

MAX_BATCH = 1_000
"""Measures that one tick takes up; the next one takes the next."""

# The time is moved at once: the assessment itself sets the next one, and until then no tick takes it again.
_DUE = text("""
    UPDATE measure SET reassess_at = CAST(:now AS timestamptz) + interval '1 hour'
    WHERE id IN (SELECT id FROM measure WHERE unmapped_since IS NULL AND reassess_at <= :now
                 ORDER BY reassess_at LIMIT :most FOR UPDATE SKIP LOCKED)
    RETURNING connection, native_id
""")


def wake_due_assessments(engine: Engine, waker: Waker, now: datetime) -> int:
    """Mark what is due as dirty and wake its worker; returns how many."""
    with engine.begin() as transaction:
        due: dict[ConnectionName, dict[NativeId, int | None]] = {}
        for row in transaction.execute(_DUE, {"now": now, "most": MAX_BATCH}):
            due.setdefault(ConnectionName(row.connection), {})[NativeId(row.native_id)] = None
        for connection, items in sorted(due.items()):
            mark_dirty(transaction, connection, items)
            waker.wake(transaction, TaskKind.RECONCILE, connection)
    return sum(map(len, due.values()))
