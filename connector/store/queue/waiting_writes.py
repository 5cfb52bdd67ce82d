"""Writes that wait for something at the tool: told with their reasons, and tried at once when it may be there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, text

from connector.store.database.reading import reading
from connector.store.queue.wake_up import TaskKind, Waker
from mapping.work_item import ConnectionName


@dataclass(frozen=True, slots=True)
class WaitingWrites:
    """Writes that failed and are tried again, of one reason."""

    reason: str
    count: int


def waiting_writes(engine: Engine, connection: ConnectionName, limit: int = 3) -> Sequence[WaitingWrites]:
    """The reasons for which most of them wait."""
    with reading(engine) as session:
        found = session.execute(_WAITING, {"connection": connection, "limit": limit})
        return [WaitingWrites(row.reason, row.many) for row in found]


def dead_letters_of(engine: Engine, connection: ConnectionName) -> int:
    """Items and writes of a connection that are not tried any more."""
    with reading(engine) as session:
        return int(session.execute(_DEAD, {"connection": connection}).scalar_one())


def write_now(engine: Engine, waker: Waker, connection: ConnectionName) -> int:
    """Try every write that waits for a later attempt; returns how many."""
    with engine.begin() as transaction:
        woken = transaction.execute(_NOW, {"connection": connection}).rowcount
        if woken:
            waker.wake(transaction, TaskKind.DELIVER, connection)
    return woken


_WAITING = text("""
    SELECT reason, count(*) AS many FROM outbox
    WHERE connection = :connection AND state = 'waiting' AND reason IS NOT NULL AND due_at > now()
    GROUP BY reason ORDER BY many DESC, reason LIMIT :limit
""")
_DEAD = text("""
    SELECT (SELECT count(*) FROM dirty_key WHERE connection = :connection AND state = 'dead_letter')
         + (SELECT count(*) FROM outbox WHERE connection = :connection AND state = 'dead_letter')
""")
_NOW = text("""
    UPDATE outbox SET due_at = now()
    WHERE connection = :connection AND state = 'waiting' AND claim_token IS NULL AND due_at > now()
""")
