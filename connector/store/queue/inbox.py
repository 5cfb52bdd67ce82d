"""The inbox: every verified event, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import LiteralString, TypeAlias, cast

import psycopg
from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from connector.store.database.group_commit import Together
from connector.store.database.json_codec import values_from_json
from connector.store.database.tables import INBOX
from connector.store.queue.event_bodies import pack
from connector.store.queue.wake_up import Driver, Task, Waker
from connector.sync.ports import Doorbell
from connector.sync.stores import Arrival, TakenIn
from mapping.work_item import ConnectionName, NativeId
from mapping.writeback import canonical

AT_ONCE = 64
"""Events that one transaction takes in."""

ItemKey: TypeAlias = "tuple[str, str]"
DeliveryKey: TypeAlias = "tuple[str, str]"

_Packed: TypeAlias = "tuple[Arrival, bytes]"
_Part: TypeAlias = "tuple[str, str, int, str, str | None, bool, str, str | None, bytes | None]"


class SqlInbox:
    def __init__(self, engine: Engine, waker: Waker) -> None:
        self._engine = engine
        self._waker = waker
        self._together: Together[_Packed, TakenIn] = Together(self._take_in, most=AT_ONCE)

    def take_in(self, arrival: Arrival) -> TakenIn:
        """Commit the event, its dirty keys and the wake-up together, and with them what other threads bring.

        Raises sqlalchemy.exc.SQLAlchemyError when that fails; nothing is stored then.
        """
        return self._together((arrival, pack(arrival.body)))

    def _take_in(self, arrivals: Sequence[_Packed]) -> Sequence[TakenIn | Exception]:
        try:
            return self._commit(arrivals)
        except (OperationalError, InterfaceError):
            # The database is not there, or not able: it would be no better for each alone.
            raise
        except Exception as error:  # noqa: BLE001 - whatever one event brings must not cost the others theirs
            if len(arrivals) == 1:
                return [error]
        # One of them can never be stored; alone, each gets its own answer.
        return [result for arrival in arrivals for result in self._take_in([arrival])]

    def _commit(self, arrivals: Sequence[_Packed]) -> list[TakenIn | Exception]:
        with self._engine.begin() as transaction:
            echoes = _echoes(transaction, [arrival for arrival, _ in arrivals])
            parts = [part for one, body in arrivals for part in _parts(one, body, echo=id(one) in echoes)]
            stored: dict[DeliveryKey, TakenIn] = {}
            asleep: set[ConnectionName] = set()
            rows, waiting = self._send(transaction, parts)
            for connection, delivery, state in rows:
                accepted = state == "pending"
                stored[connection, delivery] = TakenIn.ACCEPTED if accepted else TakenIn.IGNORED
                if accepted and connection not in waiting:
                    asleep.add(ConnectionName(connection))
            for name in sorted(asleep):
                self._waker.wake(transaction, Task.RECONCILE, name)
        # Of two that are the same, the first is the event and the second its duplicate.
        return [stored.pop((one.connection, one.delivery_id), TakenIn.DUPLICATE) for one, _ in arrivals]

    def _send(
        self, transaction: Connection, parts: Sequence[_Part]
    ) -> tuple[Sequence[tuple[str, str, str]], frozenset[str]]:
        """What was stored, and the connections whose task waits in the queue already.

        All of it goes to the database at once: after each answer this thread would have to wait until those that
        parse the next events let it go on, which takes longer than the database does.
        """
        driver = cast("Driver", transaction.connection.driver_connection)
        connections = sorted({ConnectionName(part[0]) for part in parts})
        try:
            with driver.pipeline():
                taken = driver.execute(_TAKE_IN, _columns(parts))
                asked = {name: self._waker.ask(driver, Task.RECONCILE, name) for name in connections}
            rows = cast("Sequence[tuple[str, str, str]]", taken.fetchall())
            return rows, frozenset(name for name, answer in asked.items() if answer.fetchone() is not None)
        except psycopg.Error as error:
            raise DBAPIError.instance("the inbox", None, error, psycopg.Error) from error

    def newest(self, connection: ConnectionName) -> int:
        """The number of the newest event of a connection; 0 when there is none."""
        query = select(func.max(INBOX.c.id)).where(INBOX.c.connection == connection)
        with self._engine.connect() as transaction:
            return transaction.execute(query).scalar() or 0


def _parts(arrival: Arrival, body: bytes, *, echo: bool) -> Iterator[_Part]:
    """An event's rows: one for each item.  The body is kept once, with the first of them."""
    here, event = (arrival.connection, arrival.delivery_id), arrival.rung.event
    if not isinstance(arrival.rung, Doorbell):
        yield (*here, 0, event, None, False, "ignored", arrival.rung.reason, body)
        return
    if echo:
        yield (*here, 0, event, arrival.rung.items[0], False, "ignored", "what Gatepost itself has written", body)
        return
    for number, item in enumerate(sorted(arrival.rung.items)):
        yield (*here, number, event, item, item == arrival.rung.deleted, "pending", None, None if number else body)


_NAMES = ("connections", "deliveries", "parts", "events", "items", "deletions", "states", "reasons", "bodies")


def _columns(parts: Sequence[_Part]) -> dict[str, list[object]]:
    return {name: list(column) for name, column in zip(_NAMES, zip(*parts, strict=True), strict=True)}


# A parked item is revived: new state, new chance.  A key that only waited to be looked at again comes to the fore with
# an event; one that an event rang before keeps its place, so that many events about an item do not put it off for ever.
_AGAIN: LiteralString = """
    ON CONFLICT (connection, native_id) DO UPDATE
    SET generation = d.generation + 1, inbox_id = greatest(d.inbox_id, excluded.inbox_id), attempts = 0,
        state = 'waiting', reason = NULL,
        due_at = CASE WHEN d.state = 'parked' OR (d.inbox_id IS NULL AND excluded.inbox_id IS NOT NULL) THEN now()
                      ELSE least(d.due_at, now()) END
"""

# One statement, because each costs a round trip.  In the order of the keys, so that two batches about the same
# deliveries or items never wait for one another in a circle.
_TAKE_IN: LiteralString = f"""
    WITH given AS (
        SELECT DISTINCT ON (connection, delivery_id, part) *
        FROM unnest(CAST(%(connections)s AS text[]), CAST(%(deliveries)s AS text[]), CAST(%(parts)s AS smallint[]),
                    CAST(%(events)s AS text[]), CAST(%(items)s AS text[]), CAST(%(deletions)s AS boolean[]),
                    CAST(%(states)s AS text[]), CAST(%(reasons)s AS text[]), CAST(%(bodies)s AS bytea[]))
             WITH ORDINALITY AS g (connection, delivery_id, part, event, native_id, item_deleted, state, reason, body,
                                   place)
        ORDER BY connection, delivery_id, part, place
    ), stored AS (
        INSERT INTO inbox (connection, delivery_id, part, event, native_id, item_deleted, state, reason, settled_at)
        SELECT connection, delivery_id, part, event, native_id, item_deleted, state, reason,
               CASE WHEN state = 'ignored' THEN now() END
        FROM given ORDER BY connection, delivery_id, part
        ON CONFLICT (connection, delivery_id, part) DO NOTHING
        RETURNING id, connection, delivery_id, part, native_id, state, received_at
    ), kept AS (
        INSERT INTO inbox_body (inbox_id, received_at, body)
        SELECT s.id, s.received_at, g.body FROM stored AS s JOIN given AS g USING (connection, delivery_id, part)
        WHERE g.body IS NOT NULL
    ), marked AS (
        INSERT INTO dirty_key AS d (connection, native_id, inbox_id)
        SELECT connection, native_id, max(id) FROM stored WHERE state = 'pending' GROUP BY 1, 2 ORDER BY 1, 2
        {_AGAIN}
    )
    SELECT connection, delivery_id, state FROM stored WHERE part = 0
"""  # noqa: S608 - our own clause


def _echoes(transaction: Connection, arrivals: Sequence[Arrival]) -> set[int]:
    """Those of which every field that the event tells has the value that Gatepost wrote last, or is writing now."""
    told = [one for one in arrivals if one.echo and isinstance(one.rung, Doorbell)]
    if not told:
        return set()
    keys = [(one.connection, one.rung.items[0]) for one in told if isinstance(one.rung, Doorbell)]
    mine: dict[ItemKey, dict[str, set[str | None]]] = {}
    asked = {"connections": [key[0] for key in keys], "items": [key[1] for key in keys]}
    for row in transaction.execute(_WRITTEN, asked):
        fields = mine.setdefault((row.connection, row.native_id), {})
        if row.wanted is None:
            fields.setdefault(row.field, set()).add(_plain(row.value))
        else:
            for name, value in values_from_json(row.wanted).items():
                fields.setdefault(name, set()).add(_plain(canonical(value)))
    return {
        id(one)
        for one, key in zip(told, keys, strict=True)
        if all(_plain(value) in mine.get(key, {}).get(name, ()) for name, value in (one.echo or {}).items())
    }


_WRITTEN = text("""
    WITH asked AS (SELECT DISTINCT * FROM unnest(CAST(:connections AS text[]), CAST(:items AS text[]))
                   AS a (connection, native_id))
    SELECT connection, native_id, w.field, w.value, CAST(NULL AS jsonb) AS wanted
    FROM asked JOIN last_written AS w USING (connection, native_id)
    UNION ALL
    SELECT connection, native_id, NULL, NULL, o.wanted FROM asked JOIN outbox AS o USING (connection, native_id)
    WHERE o.state = 'waiting' AND (o.claim_token IS NOT NULL OR o.bulk_task IS NOT NULL)
""")


def _plain(value: str | None) -> str | None:
    """Numbers by their value: a tool may tell 12.50 where 12.5 was written."""
    try:
        return canonical(Decimal(value)) if value else None
    except ArithmeticError:
        return canonical(value)


def mark_dirty(transaction: Connection, connection: ConnectionName, items: Mapping[NativeId, int | None]) -> None:
    """Note that items may have changed, each with the inbox row that says so, if one does."""
    asked = {"connection": connection, "items": list(items), "rang": list(items.values())}
    transaction.execute(_MARK, asked)


_MARK = text(f"""
    INSERT INTO dirty_key AS d (connection, native_id, inbox_id)
    SELECT :connection, i.item, i.rang FROM unnest(CAST(:items AS text[]), CAST(:rang AS bigint[])) AS i (item, rang)
    ORDER BY i.item {_AGAIN}
""")  # noqa: S608 - our own clause


def look_again(transaction: Connection, connection: ConnectionName, items: Iterable[NativeId], seconds: float) -> None:
    """Have items looked at after a while; those that are dirty anyway will be."""
    transaction.execute(_LATER, {"connection": connection, "items": sorted(items), "seconds": seconds})


_LATER = text("""
    INSERT INTO dirty_key (connection, native_id, due_at)
    SELECT :connection, item, now() + make_interval(secs => :seconds) FROM unnest(CAST(:items AS text[])) AS i (item)
    ON CONFLICT (connection, native_id) DO NOTHING
""")


def mark_all_dirty(transaction: Connection) -> None:
    """Have every known item looked at again."""
    transaction.execute(_MARK_ALL)


_MARK_ALL = text(f"""
    INSERT INTO dirty_key AS d (connection, native_id)
    SELECT connection, native_id FROM work_item ORDER BY connection, native_id {_AGAIN}
""")  # noqa: S608 - our own clause


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
