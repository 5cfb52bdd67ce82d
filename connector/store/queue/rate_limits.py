"""Parked scopes in the database: what one worker learned from a 429, all workers know."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

from sqlalchemy import Engine, text

from connector.errors import LimitScope, RateLimited, Unreachable
from connector.http.rate_limits import Parked, seconds_of, subject_of, subjects
from mapping.work_item import ConnectionName

FRESH_SECONDS = 1.0
"""How long a process believes what it knows of others' limits; its own it knows at once."""

SLOW_SECONDS = 2.0
"""An answer of the database that took longer came too late: what the caller knew when it asked may no longer hold, and
others may have taken its items over.  See ``deploy/adr/0017-a-worker-that-is-gone.md``."""

_PARK = text("""
    INSERT INTO parking (connection, scope, subject, until, reason)
    VALUES (:connection, :scope, :subject, now() + make_interval(secs => :seconds), :reason)
    ON CONFLICT (connection, scope, subject) DO UPDATE
    SET until = greatest(parking.until, excluded.until), reason = excluded.reason
""")
_PARKED = text("""
    SELECT scope, subject, reason, extract(epoch FROM until - now())::float8 AS seconds
    FROM parking WHERE connection = :connection AND until > now()
""")
_OVER = text("DELETE FROM parking WHERE until < now() - interval '1 hour'")


class SqlLimiter:
    """Implements ``connector.http.rate_limits.Limiter`` for one connection."""

    def __init__(
        self, engine: Engine, connection: ConnectionName, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._engine = engine
        self._connection = connection
        self._monotonic = monotonic
        self._lock = Lock()
        self._read_at: float | None = None
        self._kept: dict[tuple[str, str], tuple[float, Parked]] = {}

    def parked(self, operation: str) -> Parked | None:
        """What closes this operation now.  Raises Unreachable when the database took too long to say."""
        asked = self._monotonic()
        found = self._parked(operation)
        took = self._monotonic() - asked
        if took > SLOW_SECONDS:
            raise Unreachable(
                f"{self._connection} is not called: the database took {took:.0f} s to say whether it may be. "
                "It is tried again.",
                operation=operation,
            )
        return found

    def _parked(self, operation: str) -> Parked | None:
        with self._lock:
            now = self._monotonic()
            if self._read_at is None or now - self._read_at > FRESH_SECONDS:
                self._read(now)
            for scope, subject in subjects(operation):
                ends, parked = self._kept.get((scope.value, subject), (0.0, None))
                if parked is not None and ends > now and (subject or scope is LimitScope.CONNECTION):
                    return Parked(scope, subject, ends - now, parked.reason)
        return None

    def park(self, error: RateLimited) -> None:
        values = {
            "connection": self._connection,
            "scope": error.scope.value,
            "subject": subject_of(error),
            "seconds": seconds_of(error),
            "reason": str(error),
        }
        with self._engine.begin() as transaction:
            transaction.execute(_PARK, values)
            transaction.execute(_OVER)
        with self._lock:
            self._read_at = None

    def _read(self, now: float) -> None:
        with self._engine.connect() as transaction:
            rows = transaction.execute(_PARKED, {"connection": self._connection}).all()
        self._read_at = now
        self._kept = {
            (row.scope, row.subject): (
                now + row.seconds,
                Parked(LimitScope(row.scope), row.subject, row.seconds, row.reason),
            )
            for row in rows
        }

    def all(self) -> tuple[Parked, ...]:
        """Everything that is closed now."""
        with self._engine.connect() as transaction:
            rows = transaction.execute(_PARKED, {"connection": self._connection}).all()
        return tuple(Parked(LimitScope(row.scope), row.subject, row.seconds, row.reason) for row in rows)
