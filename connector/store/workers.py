"""Who works, and whose claims have to be taken back.

A worker holds a session advisory lock for as long as it lives.  When its process or its machine
dies, PostgreSQL lets go of the lock, and anybody who can take it knows that the worker is gone: no
heartbeat has to run out first.  The lease on each claim is the fallback for a worker that lives and
does not end.
"""

from __future__ import annotations

import os
import socket
from threading import Event, Thread
from typing import Self

import psycopg
import structlog
from sqlalchemy import Engine, func, text, update

from connector.store.tables import WORKER
from connector.store.wake import Task, Waker
from mapping.work_item import ConnectionName

LOCK_NAMESPACE = 471_302
PING_SECONDS = 5.0

_log = structlog.get_logger(__name__)


def alive(engine: Engine) -> int:
    """Workers that hold their lock now."""
    query = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = :space AND granted")
    with engine.connect() as transaction:
        return int(transaction.execute(query, {"space": LOCK_NAMESPACE}).scalar_one())


class Presence:
    """Keeps this worker's advisory lock; a context manager."""

    def __init__(self, engine: Engine, conninfo: str) -> None:
        self._engine = engine
        self._conninfo = conninfo
        self._stop = Event()
        self._thread = Thread(target=self._keep, name="presence", daemon=True)
        self._session: psycopg.Connection[tuple[object, ...]] | None = None
        self.worker = 0

    def __enter__(self) -> Self:
        with self._engine.begin() as transaction:
            self.worker = transaction.execute(
                WORKER.insert().values(host=socket.gethostname(), pid=os.getpid()).returning(WORKER.c.id)
            ).scalar_one()
        self._session = self._lock()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(PING_SECONDS)
        if self._session is not None:
            self._session.close()
        with self._engine.begin() as transaction:
            transaction.execute(update(WORKER).where(WORKER.c.id == self.worker).values(stopped_at=func.now()))

    def _lock(self) -> psycopg.Connection[tuple[object, ...]]:
        session: psycopg.Connection[tuple[object, ...]] = psycopg.connect(
            self._conninfo,
            autocommit=True,
            application_name="gatepost presence",
            connect_timeout=10,
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
        )
        session.execute("SELECT pg_try_advisory_lock(%s, %s)", (LOCK_NAMESPACE, self.worker))
        return session

    def _keep(self) -> None:
        while not self._stop.wait(PING_SECONDS):
            try:
                if self._session is None:
                    self._session = self._lock()
                self._session.execute("SELECT 1")
            except psycopg.Error as error:
                # Until the lock is back, others may take this worker's claims over; their tokens then
                # keep this worker from storing anything for those keys.
                _log.warning("presence lost", worker=self.worker, error=type(error).__name__)
                self._session = None


_OWNERS = text("""
    SELECT claimed_by FROM dirty_key WHERE claim_token IS NOT NULL
    UNION SELECT claimed_by FROM outbox WHERE claim_token IS NOT NULL
    UNION SELECT claimed_by FROM subscription_delivery WHERE claim_token IS NOT NULL
""")
_TRY = text("SELECT pg_try_advisory_xact_lock(:space, :worker)")
_RELEASE_KEYS = text("""
    UPDATE dirty_key SET claimed_by = NULL, claim_token = NULL, claimed_until = NULL,
        claimed_generation = NULL, claimed_inbox_id = NULL
    WHERE claim_token IS NOT NULL AND (claimed_by = ANY(:dead) OR claimed_until < now())
""")
_RELEASE_ROWS = text("""
    UPDATE outbox SET claimed_by = NULL, claim_token = NULL, claimed_until = NULL
    WHERE claim_token IS NOT NULL AND (claimed_by = ANY(:dead) OR claimed_until < now())
""")
_RELEASE_DELIVERIES = text("""
    UPDATE subscription_delivery SET claimed_by = NULL, claim_token = NULL, claimed_until = NULL
    WHERE claim_token IS NOT NULL AND (claimed_by = ANY(:dead) OR claimed_until < now())
""")
_DUE_KEYS = text("""
    SELECT DISTINCT connection FROM dirty_key
    WHERE state = 'waiting' AND claim_token IS NULL AND due_at <= now()
""")
_DUE_ROWS = text("""
    SELECT DISTINCT connection FROM outbox WHERE state = 'waiting' AND claim_token IS NULL AND due_at <= now()
""")


def recover(engine: Engine, waker: Waker, *, me: int) -> int:
    """Take back the claims of dead workers, wake whoever has due work; returns the claims taken back."""
    with engine.begin() as transaction:
        owners = [row.claimed_by for row in transaction.execute(_OWNERS) if row.claimed_by != me]
        dead = [
            owner for owner in owners if transaction.execute(_TRY, {"space": LOCK_NAMESPACE, "worker": owner}).scalar()
        ]
        keys = transaction.execute(_RELEASE_KEYS, {"dead": dead}).rowcount
        rows = transaction.execute(_RELEASE_ROWS, {"dead": dead}).rowcount
        told = transaction.execute(_RELEASE_DELIVERIES, {"dead": dead}).rowcount
    if keys or rows or told:
        _log.warning("claims taken back", dead_workers=dead, dirty_keys=keys, outbox_rows=rows, deliveries=told)
    wake_due(engine, waker)
    return keys + rows + told


def wake_due(engine: Engine, waker: Waker) -> None:
    """Wake a task for each connection with due work; retries come due without an event."""
    with engine.connect() as connection:
        due_keys = [row.connection for row in connection.execute(_DUE_KEYS)]
        due_rows = [row.connection for row in connection.execute(_DUE_ROWS)]
    for task, names in ((Task.RECONCILE, due_keys), (Task.DELIVER, due_rows)):
        for name in names:
            with engine.begin() as transaction:
                waker.wake(transaction, task, ConnectionName(name))
