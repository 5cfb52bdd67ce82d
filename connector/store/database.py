"""The engine: one pool for one process."""

from __future__ import annotations

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL


def open_database(url: URL, *, pool_size: int, application: str) -> Engine:
    """An engine whose sessions speak UTC and name themselves in ``pg_stat_activity``."""
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=4,
        pool_pre_ping=True,
        pool_timeout=10,
        connect_args={
            "application_name": application,
            "options": "-c timezone=UTC",
            "connect_timeout": 10,
            # A peer that vanished without a word is noticed within half a minute, not after hours.
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
        },
    )
