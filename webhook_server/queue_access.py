"""Who is listed which rows of the inbox and the outbox, on pages and through the API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import ColumnElement, Connection, Table

from connector.bootstrap import Services
from connector.people.permissions import Role, Viewer
from connector.store.database.reading import reading
from connector.store.queue.operated_parts import listed_for


@contextmanager
def queue_reader(
    services: Services, viewer: Viewer, table: Table
) -> Iterator[tuple[Connection, ColumnElement[bool] | None]]:
    """A connection that lists the viewer's rows of a queue, and the condition that narrows them.

    The database shows an event or a write to whoever sees its measure or runs the whole installation.  Who runs a part
    without seeing its measures gets the rows of that part by the condition alone, and never what stands in them.
    """
    if viewer.operates or not viewer.grants_of({Role.OPERATOR}):
        with services.read_as(viewer) as connection:
            yield connection, None
    else:
        with reading(services.engine) as connection:
            yield connection, listed_for(viewer, table)
