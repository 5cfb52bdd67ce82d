"""Whether the reporting views show a reader their own part alone."""

from __future__ import annotations

from sqlalchemy import Connection, text

from connector.store.feeds.views import SCHEMA


def views_are_ready(connection: Connection) -> bool:
    """Whether they belong to ``gatepost_reader``, so that its policies hold for whoever reads them."""
    return bool(connection.execute(_READY, {"schema": SCHEMA}).scalar())


# By names alone: to_regclass asks for a right to the schema, which the processes have as readers only.
_READY = text("""
    SELECT bool_and(pg_get_userbyid(c.relowner) = 'gatepost_reader')
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = :schema AND c.relkind = 'v'
""")
