"""Transactions that a sender waits for: they give up on a lock, and on the database, within two seconds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text


@contextmanager
def bounded_transaction(engine: Engine) -> Iterator[Connection]:
    """Raises sqlalchemy.exc.OperationalError when a lock is not had within a second."""
    with engine.begin() as transaction:
        transaction.execute(_BOUNDS)
        yield transaction


_BOUNDS = text("SELECT set_config('lock_timeout', '1000', true), set_config('statement_timeout', '2000', true)")
