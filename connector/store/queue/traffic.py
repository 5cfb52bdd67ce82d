"""Events and writes, row by row; dead letters are in :mod:`connector.store.queue.dead_letters`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, Select, Table, func, select, text, update

from connector.store.database import audit
from connector.store.database.number_order import page_by_number
from connector.store.database.tables import INBOX, MEASURE, OUTBOX
from connector.store.queue.event_bodies import decompress


def list_events(
    connection: Connection,
    *,
    connections: Sequence[str] = (),
    states: Sequence[str] = (),
    after: int | None = None,
    limit: int,
    oldest_first: bool = False,
    listed: ColumnElement[bool] | None = None,
) -> Sequence[RowMapping]:
    """Events of any of these connections and states, without their bodies; ``listed`` narrows them further."""
    rows = INBOX.c
    columns = (
        rows.id,
        rows.connection,
        rows.delivery_id,
        rows.item_index,
        rows.event,
        rows.native_id,
        rows.received_at,
    )
    query = select(*columns, rows.state, rows.reason, rows.settled_at)
    if listed is not None:
        query = query.where(listed)
    narrowed = _narrowed(query, INBOX, connections, states)
    page = page_by_number(narrowed, rows.id, after=after, limit=limit, oldest_first=oldest_first)
    return connection.execute(page).mappings().all()


def _narrowed(query: Select[Any], table: Table, connections: Sequence[str], states: Sequence[str]) -> Select[Any]:
    wanted = ((table.c.connection, connections), (table.c.state, states))
    return query.where(*(column.in_(values) for column, values in wanted if values))


def find_event(
    connection: Connection, number: int, *, listed: ColumnElement[bool] | None = None
) -> Mapping[str, Any] | None:
    """One event with its body, which stands with the first part of its delivery.

    The body may tell of every item of the delivery (:func:`delivery_items`): it is for those who see all of them.
    """
    if (
        listed is not None
        and connection.execute(select(INBOX.c.id).where(INBOX.c.id == number, listed)).first() is None
    ):
        return None
    row = connection.execute(_EVENT, {"number": number}).mappings().first()
    return {**row, "content": row["content"] and decompress(bytes(row["content"]))} if row is not None else None


def delivery_items(connection: Connection, number: int) -> tuple[str | None, ...]:
    """The items that an event's whole delivery is about; ask it as the application, which sees all of them."""
    part, event = INBOX.alias(), INBOX.alias()
    query = select(part.c.native_id).where(
        event.c.id == number, part.c.connection == event.c.connection, part.c.delivery_id == event.c.delivery_id
    )
    return tuple(connection.execute(query).scalars())


def sees_delivery(reader: Connection, connection_name: str, items: Sequence[str | None]) -> bool:
    """Whether a connection that reads as somebody shows the measure of every item that a delivery is about."""
    wanted = set(items)
    if not wanted or None in wanted:
        return False
    query = select(func.count()).where(
        MEASURE.c.connection == connection_name, MEASURE.c.native_id.in_([item for item in wanted if item])
    )
    return reader.execute(query).scalar_one() == len(wanted)


def list_writes(
    connection: Connection,
    *,
    connections: Sequence[str] = (),
    states: Sequence[str] = (),
    after: int | None = None,
    limit: int,
    oldest_first: bool = False,
    listed: ColumnElement[bool] | None = None,
) -> Sequence[RowMapping]:
    """Writes of any of these connections and states; ``listed`` narrows them further."""
    query = select(OUTBOX) if listed is None else select(OUTBOX).where(listed)
    narrowed = _narrowed(query, OUTBOX, connections, states)
    page = page_by_number(narrowed, OUTBOX.c.id, after=after, limit=limit, oldest_first=oldest_first)
    return connection.execute(page).mappings().all()


def find_write(connection: Connection, number: int, *, listed: ColumnElement[bool] | None = None) -> RowMapping | None:
    query = select(OUTBOX).where(OUTBOX.c.id == number)
    return connection.execute(query if listed is None else query.where(listed)).mappings().first()


def drop_write(engine: Engine, number: int, actor: str, reason: str) -> bool:
    """Drop a dead or waiting write, if there is one; the next assessment of its item may request it again."""
    rows = OUTBOX.c
    with engine.begin() as transaction:
        row = transaction.execute(
            update(OUTBOX)
            .where(rows.id == number, rows.state.in_(["dead_letter", "waiting"]), rows.claim_token.is_(None))
            .values(state="superseded", reason=f"dropped by {actor}: {reason}", settled_at=func.now())
            .returning(rows.connection, rows.native_id)
        ).first()
        if row is not None:
            subject = f"{row.connection}/{row.native_id}"
            entry = {"actor": actor, "action": "write.dropped", "subject": subject, "detail": {"reason": reason}}
            audit.record(transaction, [entry])
    return row is not None


# By its day as well: of the partitions of the bodies only one is looked into.
_EVENT = text("""
    SELECT i.*, b.body AS content
    FROM inbox AS i LEFT JOIN inbox AS f
      ON f.connection = i.connection AND f.delivery_id = i.delivery_id AND f.item_index = 0
    LEFT JOIN inbox_body AS b ON b.inbox_id = f.id AND b.received_at = f.received_at
    WHERE i.id = :number
""")
