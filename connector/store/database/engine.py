"""The engine: one pool for one process, working as the application's role; and what every session asks for."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL

from connector.store.database.session_check import check_sessions

_SERVER_SIDE: Final = {
    "timezone": "UTC",
    # libpq's settings about a silent peer concern its own end only.  With its defaults PostgreSQL keeps the session
    # of a machine that vanished for two hours, and with it that machine's locks.  These bound it to 35 seconds.
    "tcp_keepalives_idle": "15",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "4",
    "tcp_user_timeout": "35000",
    # A process that stopped in the middle of a transaction (suspended, swapped out) holds its rows no longer than this.
    "idle_in_transaction_session_timeout": "60000",
    # A statement that is prepared is parsed once and planned each time, for its own values and the tables as large as
    # they are.  The plan for any value that PostgreSQL would keep is of the moment when it was made: a worker that
    # began with empty tables read them from end to end until they were analysed.
    "plan_cache_mode": "force_custom_plan",
}
"""Settings of PostgreSQL's end of a session; those about TCP have no effect on a Unix socket.  Numbers in
``deploy/adr/0017-a-lost-worker.md``."""


def session_options(application: str, *, waits_for_disk: bool = True) -> dict[str, Any]:
    """How every session of Gatepost is opened, as arguments of psycopg; the pools and single sessions use the same.

    ``waits_for_disk=False`` is for commits that may be lost when PostgreSQL itself ends without a warning.
    """
    server_side = _SERVER_SIDE if waits_for_disk else _SERVER_SIDE | {"synchronous_commit": "off"}
    return {
        "application_name": application,
        "options": " ".join(f"-c {name}={value}" for name, value in server_side.items()),
        "connect_timeout": 10,
        # A server that vanished without a word is noticed within half a minute: the first three while nothing is
        # asked of it, the last one (milliseconds) while an answer is waited for.
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
    }


def open_database(url: URL, *, pool_size: int, application: str) -> Engine:
    """An engine whose sessions speak UTC and name themselves in ``pg_stat_activity``."""
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=12,
        # The session that was used last has the statements prepared that come next, and nothing to wait for.
        pool_use_lifo=True,
        # A webhook endpoint answers within five seconds, also when every session is in use.
        pool_timeout=3,
        connect_args=session_options(application),
    )
    event.listen(engine, "connect", _work_as_application)
    check_sessions(engine)
    return engine


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
