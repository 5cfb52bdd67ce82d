"""Alembic's entry: runs on the connection that :mod:`connector.store.database.migrate` hands over."""

from __future__ import annotations

from alembic import context

from connector.store.database.tables import METADATA


def run() -> None:
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=METADATA)
    with context.begin_transaction():
        context.run_migrations()


run()
