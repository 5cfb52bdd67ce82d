"""Transactional wake-up of a worker, without a lost one and without one task per event.

At most one task *waits* for a connection (Procrastinate's queueing lock), whatever the number of
events.  The danger is the moment between two transactions: an event sees the waiting task and adds
none, while that task is just starting and does not see the event's dirty key, because it is not
committed yet.  So each event holds a shared advisory lock until its commit, and a starting task
takes the same lock exclusively for an instant: it begins to claim only after every event that may
have counted on it has committed.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol, TypeAlias, cast
from zlib import crc32

import psycopg
from sqlalchemy import Connection, text

from mapping.work_item import ConnectionName

DriverConnection: TypeAlias = "psycopg.Connection[tuple[object, ...]]"

WAKE_LOCK_NAMESPACE = 471_301
"""First half of the advisory lock's key; the second is a hash of task and connection."""


class TaskKind(StrEnum):
    RECONCILE = "reconcile"
    DELIVER = "deliver"
    SWEEP = "sweep"
    NOTIFY = "notify"
    """For a subscription, whose number stands in the place of a connection's name."""


class TaskAlreadyQueued(Exception):
    """Another transaction has put the same task into the queue meanwhile."""


class DeferTask(Protocol):
    """Puts a task into the queue on the given connection, as part of its transaction."""

    def __call__(self, driver: DriverConnection, task: TaskKind, connection: ConnectionName, lock: str) -> None:
        """Raises TaskAlreadyQueued when a task with this lock waits already."""


class Waker:
    def __init__(self, defer: DeferTask) -> None:
        self._defer = defer

    def wake(self, transaction: Connection, task: TaskKind, connection: ConnectionName) -> None:
        """Make sure that a task will run after this transaction has committed."""
        lock = f"{task}:{connection}"
        transaction.exec_driver_sql(_SHARED, (WAKE_LOCK_NAMESPACE, _key(lock)))
        if transaction.exec_driver_sql(_WAITING, (lock,)).first() is not None:
            return
        driver = cast("DriverConnection", transaction.connection.driver_connection)
        savepoint = transaction.begin_nested()
        try:
            self._defer(driver, task, connection, lock)
        except TaskAlreadyQueued:
            savepoint.rollback()
        else:
            savepoint.commit()

    def check_queued(
        self, driver: DriverConnection, task: TaskKind, connection: ConnectionName
    ) -> psycopg.Cursor[tuple[object, ...]]:
        """Ask whether a task waits, in a pipeline with what may need it; without a row in the answer, wake it.

        The transaction counts as one that may have counted on the task from here on.
        """
        lock = f"{task}:{connection}"
        driver.execute(_SHARED, (WAKE_LOCK_NAMESPACE, _key(lock)))
        return driver.execute(_WAITING, (lock,))


def wait_for_open_transactions(session: Connection, task: TaskKind, connection: ConnectionName) -> None:
    """Wait for every transaction that may have counted on this task; called when it starts.

    ``session`` commits each statement, so that the lock is given back at once.
    """
    session.execute(_EXCLUSIVE, {"space": WAKE_LOCK_NAMESPACE, "key": _key(f"{task}:{connection}")})


def _key(lock: str) -> int:
    return crc32(lock.encode()) - 2**31


_SHARED = "SELECT pg_advisory_xact_lock_shared(%s, %s)"
_WAITING = "SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = %s AND status = 'todo'"
_EXCLUSIVE = text("SELECT pg_advisory_xact_lock(:space, :key)")
