"""Received events and writes as lists: by connection, state, item and time, in the order of any column.

A page begins after the last row of the one before: after that row's value in the order, and its number.  An event's
time is when it was received; a write's is when it ended, or when it was requested while it has not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, and_, func, literal, or_, select, tuple_

from connector.store.database.tables import INBOX, OUTBOX

MOST_COUNTED = 10_000
"""Rows up to which a list is counted."""

NEVER = datetime(9000, 1, 1, tzinfo=UTC)
"""Stands where nothing has ended yet, so that it sorts after what has."""

Position: TypeAlias = "tuple[str | int | datetime, int]"
"""A row's value in the order, and its number."""


@dataclass(frozen=True, slots=True)
class TrafficFilter:
    """Of any of these; without values, of all."""

    connection: str = ""
    state: str = ""
    items: Sequence[str] | None = None
    """Ids of items at their tool, as :func:`connector.store.queue.traffic_items.ids_of` finds them."""
    since: datetime | None = None
    until: datetime | None = None
    """Not itself part of the range."""


@dataclass(frozen=True, slots=True)
class QueueList:
    """One of the two lists: its columns, its time, and the orders that it has."""

    table: Table
    columns: tuple[ColumnElement[Any], ...]
    orders: Mapping[str, ColumnElement[Any]]

    def in_time(self, since: datetime | None, until: datetime | None) -> tuple[ColumnElement[bool], ...]:
        if self.table is INBOX:
            return _between(INBOX.c.received_at, since, until)
        if since is None and until is None:
            return ()
        rows = OUTBOX.c
        # Each state has an index of its own, so each part names its state.
        ended, requested = _between(rows.settled_at, since, until), _between(rows.created_at, since, until)
        dead = _between(func.coalesce(rows.settled_at, rows.created_at), since, until)
        return (
            or_(
                and_(rows.state == "done", *ended),
                and_(rows.state == "superseded", *ended),
                and_(rows.state == "waiting", *requested),
                and_(rows.state == "dead_letter", *dead),
            ),
        )


EVENTS = QueueList(
    INBOX,
    (
        INBOX.c.id, INBOX.c.connection, INBOX.c.delivery_id, INBOX.c.event, INBOX.c.native_id, INBOX.c.received_at,
        INBOX.c.state, INBOX.c.reason, INBOX.c.settled_at,
    ),
    {
        # Numbers are given in the order in which events come in.
        "received": INBOX.c.id,
        "connection": INBOX.c.connection,
        "event": INBOX.c.event,
        "item": func.coalesce(INBOX.c.native_id, ""),
        "state": INBOX.c.state,
        "ended": func.coalesce(INBOX.c.settled_at, NEVER),
        "reason": func.coalesce(INBOX.c.reason, ""),
    },
)  # fmt: skip
WRITES = QueueList(
    OUTBOX,
    (
        OUTBOX.c.id, OUTBOX.c.connection, OUTBOX.c.native_id, OUTBOX.c.key, OUTBOX.c.created_at, OUTBOX.c.due_at,
        OUTBOX.c.attempts, OUTBOX.c.state, OUTBOX.c.reason, OUTBOX.c.settled_at,
    ),
    {
        "requested": OUTBOX.c.id,
        "connection": OUTBOX.c.connection,
        "item": OUTBOX.c.key,
        "state": OUTBOX.c.state,
        "attempts": OUTBOX.c.attempts,
        "ended": func.coalesce(OUTBOX.c.settled_at, NEVER),
        "reason": func.coalesce(OUTBOX.c.reason, ""),
    },
)  # fmt: skip
"""Values and comments that a write holds are a measure's own content: no list reads them."""


def search_traffic(
    connection: Connection,
    of: QueueList,
    wanted: TrafficFilter,
    *,
    sort: str,
    after: Position | None = None,
    limit: int,
    listed: ColumnElement[bool] | None = None,
) -> Sequence[Row[Any]]:
    """Rows in an order, with a minus the other way round; ``place`` is a row's value in that order."""
    number, order = of.table.c.id, of.orders[sort.removeprefix("-")]
    down = sort.startswith("-")
    query = _narrowed(select(*of.columns, order.label("place")), of, wanted, listed)
    if after is not None:
        here, last = tuple_(order, number), tuple_(literal(after[0], order.type), literal(after[1]))
        query = query.where(here < last if down else here > last)
    ways = (order.desc(), number.desc()) if down else (order, number)
    return connection.execute(query.order_by(*ways).limit(limit)).all()


def count_traffic(
    connection: Connection, of: QueueList, wanted: TrafficFilter, *, listed: ColumnElement[bool] | None = None
) -> Mapping[str, int]:
    """How many rows are in which state; of a long list, of the first :data:`MOST_COUNTED` and one more."""
    rows = _narrowed(select(of.table.c.state), of, wanted, listed).limit(MOST_COUNTED + 1).subquery()
    counted = select(rows.c.state, func.count().label("many")).group_by(rows.c.state)
    return {row.state: row.many for row in connection.execute(counted)}


def _narrowed(
    query: Select[Any], of: QueueList, wanted: TrafficFilter, listed: ColumnElement[bool] | None
) -> Select[Any]:
    rows = of.table.c
    if wanted.connection:
        query = query.where(rows.connection == wanted.connection)
    if wanted.state:
        query = query.where(rows.state == wanted.state)
    if wanted.items is not None:
        query = query.where(rows.native_id.in_(wanted.items))
    if listed is not None:
        query = query.where(listed)
    return query.where(*of.in_time(wanted.since, wanted.until))


def _between(
    column: ColumnElement[Any], since: datetime | None, until: datetime | None
) -> tuple[ColumnElement[bool], ...]:
    found = [column >= since] if since is not None else []
    return (*found, column < until) if until is not None else tuple(found)
