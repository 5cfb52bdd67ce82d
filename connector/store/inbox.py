"""The inbox: every verified event, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.sql.dml import ReturningInsert

from connector.store.jsonable import values_from_json
from connector.store.tables import DIRTY_KEY, INBOX, WORK_ITEM
from connector.store.wake import Task, Waker
from connector.sync.ports import Doorbell
from connector.sync.stores import Arrival, TakenIn
from mapping.work_item import ConnectionName, NativeId
from mapping.writeback import canonical


class SqlInbox:
    def __init__(self, engine: Engine, waker: Waker) -> None:
        self._engine = engine
        self._waker = waker

    def take_in(self, arrival: Arrival) -> TakenIn:
        """Commit the event, its dirty keys and the wake-up together.

        Raises sqlalchemy.exc.SQLAlchemyError when that fails; nothing is stored then.
        """
        with self._engine.begin() as transaction:
            if not isinstance(arrival.rung, Doorbell):
                return _ignore(transaction, arrival, None, arrival.rung.reason)
            if arrival.echo and _is_echo(transaction, arrival, arrival.rung.items[0]):
                return _ignore(transaction, arrival, arrival.rung.items[0], "what Gatepost itself has written")
            # Sorted, so that two events about the same items never wait for one another in a circle.
            items = sorted(arrival.rung.items)
            rows = [_row(arrival, part, native_id) for part, native_id in enumerate(items)]
            stored = transaction.execute(_insert(rows)).fetchall()
            if not stored:
                return TakenIn.DUPLICATE
            mark_dirty(transaction, arrival.connection, {NativeId(row.native_id): row.id for row in stored})
            self._waker.wake(transaction, Task.RECONCILE, arrival.connection)
            return TakenIn.ACCEPTED

    def newest(self, connection: ConnectionName) -> int:
        """The number of the newest event of a connection; 0 when there is none."""
        query = select(func.max(INBOX.c.id)).where(INBOX.c.connection == connection)
        with self._engine.connect() as transaction:
            return transaction.execute(query).scalar() or 0


def _ignore(transaction: Connection, arrival: Arrival, item: NativeId | None, reason: str) -> TakenIn:
    row = _row(arrival, part=0, native_id=item) | {"state": "ignored", "reason": reason, "settled_at": func.now()}
    stored = transaction.execute(_insert([row])).fetchall()
    return TakenIn.IGNORED if stored else TakenIn.DUPLICATE


def _is_echo(transaction: Connection, arrival: Arrival, item: NativeId) -> bool:
    """Whether every field that the event tells has the value that Gatepost wrote last, or is writing now."""
    told = arrival.echo or {}
    here = {"connection": arrival.connection, "item": item}
    mine: dict[str, set[str | None]] = {}
    for row in transaction.execute(_WRITTEN, here):
        mine.setdefault(row.field, set()).add(_plain(row.value))
    for row in transaction.execute(_BEING_WRITTEN, here):
        for name, value in values_from_json(row.wanted).items():
            mine.setdefault(name, set()).add(_plain(canonical(value)))
    return all(_plain(value) in mine.get(name, ()) for name, value in told.items())


_WRITTEN = text("SELECT field, value FROM last_written WHERE connection = :connection AND native_id = :item")
_BEING_WRITTEN = text("""
    SELECT wanted FROM outbox
    WHERE connection = :connection AND native_id = :item AND state = 'waiting'
      AND (claim_token IS NOT NULL OR bulk_task IS NOT NULL)
""")


def _plain(value: str | None) -> str | None:
    """Numbers by their value: a tool may tell 12.50 where 12.5 was written."""
    try:
        return canonical(Decimal(value)) if value else None
    except ArithmeticError:
        return canonical(value)


def mark_dirty(transaction: Connection, connection: ConnectionName, items: Mapping[NativeId, int | None]) -> None:
    """Note that items may have changed, each with the inbox row that says so, if one does.

    A parked item is revived: new state, new chance.
    """
    rows = [
        {"connection": connection, "native_id": item, "inbox_id": inbox_id} for item, inbox_id in sorted(items.items())
    ]
    transaction.execute(_on_dirty(insert(DIRTY_KEY).values(rows)))


def mark_all_dirty(transaction: Connection) -> None:
    """Have every known item looked at again."""
    known = select(WORK_ITEM.c.connection, WORK_ITEM.c.native_id).order_by(
        WORK_ITEM.c.connection, WORK_ITEM.c.native_id
    )
    transaction.execute(_on_dirty(insert(DIRTY_KEY).from_select(["connection", "native_id"], known)))


def _on_dirty(statement: Insert) -> Insert:
    return statement.on_conflict_do_update(
        index_elements=["connection", "native_id"],
        set_={
            "generation": DIRTY_KEY.c.generation + 1,
            "inbox_id": func.greatest(DIRTY_KEY.c.inbox_id, statement.excluded.inbox_id),
            "due_at": func.now(),
            "attempts": 0,
            "state": "waiting",
            "reason": None,
        },
    )


_SETTLE = text("""
    UPDATE inbox AS i
    SET state = CASE WHEN i.id = s.up_to THEN 'done' ELSE 'superseded' END,
        reason = CASE WHEN i.id = s.up_to THEN NULL ELSE 'a later event' END,
        settled_at = now()
    FROM unnest(CAST(:items AS text[]), CAST(:up_to AS bigint[])) AS s (native_id, up_to)
    WHERE i.connection = :connection AND i.native_id = s.native_id AND i.state = 'pending' AND i.id <= s.up_to
""")


def settle_events(transaction: Connection, connection: ConnectionName, newest: Mapping[NativeId, int]) -> None:
    """Close the events of items: each newest one has been worked on, those before it are folded into it."""
    if newest:
        transaction.execute(_SETTLE, {"connection": connection, "items": list(newest), "up_to": list(newest.values())})


def _row(arrival: Arrival, part: int, native_id: NativeId | None) -> dict[str, object]:
    return {
        "connection": arrival.connection,
        "delivery_id": arrival.delivery_id,
        "part": part,
        "event": arrival.rung.event,
        "native_id": native_id,
        # The body is kept once, with the first part of an event that concerns several items.
        "body": arrival.body if part == 0 else None,
        "state": "pending",
    }


def _insert(rows: Sequence[dict[str, object]]) -> ReturningInsert[tuple[int, str | None]]:
    statement = insert(INBOX).values(list(rows))
    return statement.on_conflict_do_nothing(index_elements=["connection", "delivery_id", "part"]).returning(
        INBOX.c.id, INBOX.c.native_id
    )
