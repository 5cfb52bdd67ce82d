"""The engine: one pool for one process, working as the application's role."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL


def open_database(url: URL, *, pool_size: int, application: str) -> Engine:
    """An engine whose sessions speak UTC and name themselves in ``pg_stat_activity``."""
    engine = create_engine(
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
    event.listen(engine, "connect", _work_as_application)
    return engine


APPLICATION_ROLE = "gatepost_app"
"""The role that may not change what is written once; migration 0003 makes it."""

_SET_ROLE = """
    SELECT set_config('role', 'gatepost_app', false) FROM pg_roles
    WHERE rolname = 'gatepost_app' AND pg_has_role(current_user, oid, 'MEMBER')
      AND has_table_privilege(oid, (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                                    WHERE c.relname = 'audit' AND n.nspname = current_schema()), 'INSERT')
"""


def _work_as_application(connection: Any, _record: object) -> None:
    """Give up the login's own rights for those of the application's role, where there is one in this database."""
    connection.execute(_SET_ROLE)
    connection.commit()
