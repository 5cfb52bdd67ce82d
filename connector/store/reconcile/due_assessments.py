"""Measures to be reassessed because of the time alone: no event comes when an hour has passed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, text

from connector.store.queue.reassess import mark_items
from connector.store.queue.wake_up import TaskKind, Waker
from mapping.work_item import ConnectionName, NativeId

MAX_BATCH = 1_000
"""Measures that one tick takes up; the next one takes the next."""

_DUE = text("""
    SELECT id, connection, native_id FROM measure WHERE unmapped_since IS NULL AND reassess_at <= :now
    ORDER BY reassess_at LIMIT :most
""")
# The time is moved at once: the assessment itself sets the next one, and until then no tick takes it again.
_TAKEN = text("""
    UPDATE measure SET reassess_at = CAST(:now AS timestamptz) + interval '1 hour'
    WHERE id = ANY(:ids) AND reassess_at <= :now
""")


def wake_due_assessments(engine: Engine, waker: Waker, now: datetime) -> int:
    """Mark what is due as dirty and wake its worker; returns how many.

    Keys, measures, tasks: in the order in which an assessment locks them that is stored meanwhile.
    """
    with engine.begin() as transaction:
        rows = transaction.execute(_DUE, {"now": now, "most": MAX_BATCH}).all()
        due = {(ConnectionName(row.connection), NativeId(row.native_id)) for row in rows}
        connections = mark_items(transaction, due)
        transaction.execute(_TAKEN, {"now": now, "ids": sorted(row.id for row in rows)})
        for connection in connections:
            waker.wake(transaction, TaskKind.RECONCILE, connection)
    return len(due)
