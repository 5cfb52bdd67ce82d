"""Who works, and whose claims have to be taken back.

A worker holds a session advisory lock for as long as it lives.  When its process or its machine
dies, PostgreSQL lets go of the lock, and anybody who can take it knows that the worker is gone: no
heartbeat has to run out first.  The lease on each claim is the fallback for a worker that lives and
does not end.
"""

from __future__ import annotations

import os
import selectors
import socket
from collections.abc import Callable
from threading import Event, Thread
from typing import Self, TypeAlias

import psycopg
import structlog
from sqlalchemy import Engine, func, text, update
from sqlalchemy.exc import SQLAlchemyError

from connector.store.database.engine import session_options
from connector.store.database.reading import reading
from connector.store.database.tables import WORKER
from connector.store.queue.leases import uptime
from connector.store.queue.wake_up import TaskKind, Waker
from mapping.work_item import ConnectionName

WORKER_LOCK_NAMESPACE = 471_302
PING_SECONDS = 4.0
FRESH_SECONDS = 8.0
"""How long a worker may act on its last word from the database.  PostgreSQL takes no worker for dead sooner than 35
seconds after its last word, see :mod:`connector.store.database.engine`; what was begun in these eight has ended by
then."""
SETTLE_SECONDS = 10.0
"""How long a worker that has lost its own session declares nobody dead: the server may have ended everybody's."""
RETRY_SECONDS = 0.5

_Session: TypeAlias = "psycopg.Connection[tuple[object, ...]]"

_log = structlog.get_logger(__name__)


def count_live_workers(engine: Engine) -> int:
    """Workers that hold their lock now."""
    query = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = :space AND granted")
    with reading(engine) as session:
        return int(session.execute(query, {"space": WORKER_LOCK_NAMESPACE}).scalar_one())


class WorkerPresence:
    """Keeps this worker's advisory lock, and knows whether it does; a context manager."""

    def __init__(self, engine: Engine, conninfo: str, *, monotonic: Callable[[], float] = uptime) -> None:
        self._engine = engine
        self._conninfo = conninfo
        self._monotonic = monotonic
        self._stop = Event()
        self._thread = Thread(target=self._keep, name="presence", daemon=True)
        self._session: _Session | None = None
        self._confirmed: float | None = None
        self._locked_at = 0.0
        self.worker = 0
        self.term = 0
        """Counts how often the lock was taken; between two of them others may have taken this worker for dead."""

    @property
    def fresh(self) -> bool:
        """Whether PostgreSQL has confirmed the lock lately enough to act on it."""
        confirmed = self._confirmed
        return confirmed is not None and self._monotonic() - confirmed <= FRESH_SECONDS

    @property
    def may_declare_dead(self) -> bool:
        """Whether this worker may take others for dead."""
        return self.fresh and (self.term == 1 or self._monotonic() - self._locked_at > SETTLE_SECONDS)

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
        if self._session is not None and not self._thread.is_alive():
            self._session.close()
        try:
            with self._engine.begin() as transaction:
                transaction.execute(update(WORKER).where(WORKER.c.id == self.worker).values(stopped_at=func.now()))
        except SQLAlchemyError as error:
            # The lock tells whether a worker lives; this row is for people.
            _log.warning("worker stop not recorded", worker=self.worker, error=type(error).__name__)

    def _lock(self) -> _Session:
        """A session that holds the lock.  Raises psycopg.Error, also when it cannot be had."""
        session: _Session = psycopg.connect(self._conninfo, autocommit=True, **session_options("gatepost presence"))
        try:
            while True:
                asked = self._monotonic()
                row = session.execute(
                    "SELECT pg_try_advisory_lock(%s, %s)", (WORKER_LOCK_NAMESPACE, self.worker)
                ).fetchone()
                if row is not None and row[0]:
                    break
                # Somebody is looking whether this worker is dead, or the session that was lost still stands.
                if self._stop.wait(RETRY_SECONDS):
                    raise psycopg.OperationalError("the worker was stopped before it had its lock")
        except BaseException:
            session.close()
            raise
        # The term goes first: a claim made under the old one must not count as one of the new.
        self.term += 1
        self._locked_at = self._confirmed = asked
        return session

    def _keep(self) -> None:
        while not self._stop.is_set():
            try:
                if self._session is None:
                    self._session = self._lock()
                    _log.info("worker registration restored", worker=self.worker)
                self._wait_for_ping(self._session)
                asked = self._monotonic()
                self._session.execute("SELECT 1")
                self._confirmed = asked
            except psycopg.Error as error:
                # Until the lock is back, others may take this worker's claims over: it writes nothing, and the
                # tokens of its claims keep it from storing anything for those keys.
                if self._confirmed is not None:
                    _log.warning("worker registration lost", worker=self.worker, error=type(error).__name__)
                self._confirmed, lost, self._session = None, self._session, None
                if lost is not None:
                    lost.close()
                self._stop.wait(RETRY_SECONDS)

    def _wait_for_ping(self, session: _Session) -> None:
        """Until the next ping.  A session that the server ends is noticed at once and not with the ping."""
        until = self._monotonic() + PING_SECONDS
        with selectors.DefaultSelector() as selector:
            selector.register(session.fileno(), selectors.EVENT_READ)
            while not self._stop.is_set() and (left := until - self._monotonic()) > 0:
                if selector.select(min(left, RETRY_SECONDS)):
                    return


_OWNERS = text("""
    SELECT claimed_by FROM dirty_key WHERE claim_token IS NOT NULL
    UNION SELECT claimed_by FROM outbox WHERE claim_token IS NOT NULL
    UNION SELECT claimed_by FROM subscription_delivery WHERE claim_token IS NOT NULL
""")
_TRY = text("SELECT pg_try_advisory_xact_lock(:space, :worker)")
# By item, as whoever stores an event about several of them locks their keys.
_RELEASE_KEYS = text("""
    WITH mine AS (SELECT connection, native_id FROM dirty_key
                  WHERE claim_token IS NOT NULL AND (claimed_by = ANY(:dead) OR claimed_until < now())
                  ORDER BY connection, native_id FOR UPDATE)
    UPDATE dirty_key AS d SET claimed_by = NULL, claim_token = NULL, claimed_until = NULL,
        claimed_generation = NULL, claimed_inbox_id = NULL
    FROM mine AS m WHERE d.connection = m.connection AND d.native_id = m.native_id
""")
_RELEASE_WRITES = text("""
    UPDATE outbox SET claimed_by = NULL, claim_token = NULL, claimed_until = NULL
    WHERE claim_token IS NOT NULL AND (claimed_by = ANY(:dead) OR claimed_until < now())
""")
_RELEASE_DELIVERIES = text("""
    UPDATE subscription_delivery SET claimed_by = NULL, claim_token = NULL, claimed_until = NULL
    WHERE claim_token IS NOT NULL AND (claimed_by = ANY(:dead) OR claimed_until < now())
""")
# One index lookup for each connection, however many wait.
_DUE_KEYS = text("""
    SELECT c.name AS connection FROM connection AS c
    WHERE (SELECT 1 FROM dirty_key AS d WHERE d.connection = c.name AND d.state = 'waiting' AND d.claim_token IS NULL
           AND d.due_at <= now() ORDER BY (d.inbox_id IS NULL), d.due_at LIMIT 1) IS NOT NULL
""")
_DUE_WRITES = text("""
    SELECT c.name AS connection FROM connection AS c
    WHERE (SELECT 1 FROM outbox AS o WHERE o.connection = c.name AND o.state = 'waiting' AND o.claim_token IS NULL
           AND o.due_at <= now() ORDER BY o.due_at LIMIT 1) IS NOT NULL
""")


def take_back_claims(engine: Engine, waker: Waker, *, worker: int, may_declare_dead: bool = True) -> int:
    """Take back the claims of dead workers, wake whoever has due work; returns the claims taken back.

    Without ``may_declare_dead`` only the leases that ran out count.
    """
    with engine.begin() as transaction:
        owners = [
            row.claimed_by for row in transaction.execute(_OWNERS) if may_declare_dead and row.claimed_by != worker
        ]
        dead = [
            owner
            for owner in owners
            if transaction.execute(_TRY, {"space": WORKER_LOCK_NAMESPACE, "worker": owner}).scalar()
        ]
        keys = transaction.execute(_RELEASE_KEYS, {"dead": dead}).rowcount
        rows = transaction.execute(_RELEASE_WRITES, {"dead": dead}).rowcount
        deliveries = transaction.execute(_RELEASE_DELIVERIES, {"dead": dead}).rowcount
    if keys or rows or deliveries:
        _log.warning("leases reclaimed", dead_workers=dead, dirty_keys=keys, outbox_rows=rows, deliveries=deliveries)
    wake_due_work(engine, waker)
    return keys + rows + deliveries


def wake_due_work(engine: Engine, waker: Waker) -> None:
    """Wake a task for each connection with due work; retries come due without an event."""
    with reading(engine) as connection:
        due_keys = [row.connection for row in connection.execute(_DUE_KEYS)]
        due_rows = [row.connection for row in connection.execute(_DUE_WRITES)]
    for task, names in ((TaskKind.RECONCILE, due_keys), (TaskKind.DELIVER, due_rows)):
        for name in names:
            with engine.begin() as transaction:
                waker.wake(transaction, task, ConnectionName(name))
