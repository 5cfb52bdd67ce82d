"""How long events wait, by connection: decides whether a webhook endpoint accepts more.

Only items that an event marked count, and only while they wait for a worker: an item that was postponed because of a
limit of the tool is not late, and 100,000 items that a new mapping has made dirty are nobody's event.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

from sqlalchemy import Engine, text

from connector.store.database.bounded import bounded_transaction
from mapping.work_item import ConnectionName

FRESH_SECONDS = 1.0
"""How long a process uses the age that it read last."""

# The first in the order in which keys are claimed is the oldest that an event marked, if there is one at all.
_OLDEST = text("""
    SELECT inbox_id, extract(epoch FROM now() - due_at)::float8 AS age FROM dirty_key
    WHERE connection = :connection AND state = 'waiting' AND claim_token IS NULL
    ORDER BY (inbox_id IS NULL), due_at LIMIT 1
""")


def oldest_age(engine: Engine, connection: ConnectionName) -> float:
    """Seconds that the oldest event of a connection has waited for a worker; 0 when none does."""
    with bounded_transaction(engine) as transaction:
        row = transaction.execute(_OLDEST, {"connection": connection}).first()
    return max(float(row.age), 0.0) if row is not None and row.inbox_id is not None else 0.0


class BacklogAges:
    """Ages as one process knows them: read once a second, however many events come."""

    def __init__(self, engine: Engine, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._engine = engine
        self._monotonic = monotonic
        self._lock = Lock()
        self._known: dict[ConnectionName, tuple[float, float]] = {}

    def age(self, connection: ConnectionName) -> float:
        """Seconds, at most a second old.  Raises sqlalchemy.exc.SQLAlchemyError."""
        now = self._monotonic()
        with self._lock:
            read_at, seconds = self._known.get(connection, (0.0, 0.0))
            if connection in self._known and now - read_at <= FRESH_SECONDS:
                return seconds
            # Threads that come meanwhile use the old figure.
            self._known[connection] = (now, seconds)
        seconds = oldest_age(self._engine, connection)
        with self._lock:
            self._known[connection] = (now, seconds)
        return seconds
