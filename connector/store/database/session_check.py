"""Whether a session of the pool is still there, before it is used again.

SQLAlchemy's own check asks PostgreSQL each time that a session is taken from the pool: four times for the smallest
page, thirty for an event, each a round trip.  A server that ends a session, because it stops or is told to, closes its
socket, and that is seen here without asking.  What stays unseen is a machine that vanished without a word: for this a
session that was idle for a second is asked, as before.  Within a second of its last use nothing is lost by not asking,
since the statement itself would have met the same silence then.
"""

from __future__ import annotations

import selectors
import time
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError

IDLE_SECONDS = 1.0
"""From so long without use on a session is asked whether it is there."""
_USED = "gatepost.used_at"
# Windows has no poll.
_Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)


def check_sessions(engine: Engine) -> None:
    """Have a session that is gone replaced when it is taken from the pool, with all that were idle beside it."""

    @event.listens_for(engine, "checkin")
    def note_use(_connection: Any, record: Any) -> None:
        record.info[_USED] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def check(connection: Any, record: Any, _fairy: Any) -> None:
        used = record.info.get(_USED)
        # A new session has just answered.
        if used is None or (time.monotonic() - used < IDLE_SECONDS and not _has_news(connection)):
            return
        driver_errors = engine.dialect.loaded_dbapi.Error
        try:
            engine.dialect.do_ping(connection)
        except driver_errors as error:
            if not engine.dialect.is_disconnect(error, connection, None):
                raise
            raise InvalidatePoolError from error


async def check_session(session: psycopg.AsyncConnection[Any]) -> None:
    """The same for a pool of psycopg: raises what psycopg raises when the session is gone."""
    if _has_news(session):
        await AsyncConnectionPool.check_connection(session)


def _has_news(session: Any) -> bool:
    """Whether something has come that nobody asked for: the end of the session, as a rule."""
    if session.closed:
        return True
    with _Selector() as waiting:
        waiting.register(session.fileno(), selectors.EVENT_READ)
        return bool(waiting.select(0))
