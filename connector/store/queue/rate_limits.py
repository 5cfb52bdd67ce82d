"""Rate limits in the database: what one worker learned from a 429, all workers know."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

from sqlalchemy import Engine, text

from connector.errors import LimitScope, RateLimited, Unreachable
from connector.http.pacing import Pause
from connector.http.rate_limits import ClosedScope, limit_subjects, subject_of, wait_seconds
from connector.store.database.reading import reading
from mapping.work_item import ConnectionName

_WITHOUT_SUBJECT = frozenset({LimitScope.CONNECTION, LimitScope.BACKGROUND})

FRESH_SECONDS = 1.0
"""How long a process believes what it knows of others' limits; its own it knows at once."""

SAME_SECONDS = 5.0
"""A pause that ends by so little later than the known one is the same one."""

MAX_QUERY_SECONDS = 2.0
"""An answer of the database that took longer came too late: what the caller knew when it asked may no longer hold, and
others may have taken its items over.  See ``deploy/adr/0017-a-lost-worker.md``."""

_CLOSE = text("""
    INSERT INTO rate_limit (connection, scope, subject, until, reason)
    VALUES (:connection, :scope, :subject, now() + make_interval(secs => :seconds), :reason)
    ON CONFLICT (connection, scope, subject) DO UPDATE
    SET until = greatest(rate_limit.until, excluded.until), reason = excluded.reason
""")
_CLOSED = text("""
    SELECT scope, subject, reason, extract(epoch FROM until - now())::float8 AS seconds
    FROM rate_limit WHERE connection = :connection AND until > now()
""")
_DELETE_OLD = text("DELETE FROM rate_limit WHERE until < now() - interval '1 hour'")


class SqlRateLimiter:
    """Implements ``connector.http.rate_limits.Limiter`` for one connection."""

    def __init__(
        self, engine: Engine, connection: ConnectionName, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._engine = engine
        self._connection = connection
        self._monotonic = monotonic
        self._lock = Lock()
        self._read_at: float | None = None
        self._closed: dict[tuple[str, str], tuple[float, ClosedScope]] = {}

    def closed_scope(self, operation: str) -> ClosedScope | None:
        """What closes this operation now.  Raises Unreachable when the database took too long to say."""
        asked = self._monotonic()
        found = self._closed_scope(operation)
        took = self._monotonic() - asked
        if took > MAX_QUERY_SECONDS:
            raise Unreachable(
                f"{self._connection} is not called: the database took {took:.0f} s to say whether it may be. "
                "It is tried again.",
                operation=operation,
            )
        return found

    def _closed_scope(self, operation: str) -> ClosedScope | None:
        with self._lock:
            now = self._monotonic()
            if self._read_at is None or now - self._read_at > FRESH_SECONDS:
                self._read(now)
            for scope, subject in limit_subjects(operation):
                ends, closed = self._closed.get((scope.value, subject), (0.0, None))
                if closed is not None and ends > now and (subject or scope in _WITHOUT_SUBJECT):
                    return ClosedScope(scope, subject, ends - now, closed.reason)
        return None

    def close(self, error: RateLimited) -> None:
        values = {
            "connection": self._connection,
            "scope": error.scope.value,
            "subject": subject_of(error),
            "seconds": wait_seconds(error),
            "reason": str(error),
        }
        with self._engine.begin() as transaction:
            transaction.execute(_CLOSE, values)
            transaction.execute(_DELETE_OLD)
        with self._lock:
            self._read_at = None

    def slow_down(self, pause: Pause) -> None:
        """Stored once for all workers, and not with every answer that says the same."""
        with self._lock:
            now = self._monotonic()
            known, _ = self._closed.get((pause.scope.value, ""), (0.0, None))
            if known >= now + pause.seconds - SAME_SECONDS:
                return
            closed = ClosedScope(pause.scope, "", pause.seconds, pause.reason)
            self._closed[pause.scope.value, ""] = (now + pause.seconds, closed)
        values = {
            "connection": self._connection,
            "scope": pause.scope.value,
            "subject": "",
            "seconds": pause.seconds,
            "reason": f"{self._connection}: {pause.reason}",
        }
        with self._engine.begin() as transaction:
            transaction.execute(_CLOSE, values)

    def _read(self, now: float) -> None:
        with reading(self._engine) as session:
            rows = session.execute(_CLOSED, {"connection": self._connection}).all()
        self._read_at = now
        self._closed = {
            (row.scope, row.subject): (
                now + row.seconds,
                ClosedScope(LimitScope(row.scope), row.subject, row.seconds, row.reason),
            )
            for row in rows
        }

    def closed_scopes(self) -> tuple[ClosedScope, ...]:
        """Everything that is closed now."""
        with reading(self._engine) as session:
            rows = session.execute(_CLOSED, {"connection": self._connection}).all()
        return tuple(ClosedScope(LimitScope(row.scope), row.subject, row.seconds, row.reason) for row in rows)
