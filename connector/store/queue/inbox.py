"""The inbox: every verified event, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import LiteralString, TypeAlias, cast

import psycopg
from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from connector.store.database.group_commit import GroupCommit
from connector.store.database.json_codec import values_from_json
from connector.store.database.reading import reading
from connector.store.database.tables import INBOX
from connector.store.queue.event_bodies import compress
from connector.store.queue.wake_up import DriverConnection, TaskKind, Waker
from connector.sync.ports import ItemsChanged
from connector.sync.stores import LOGGED_HOURS, ReceivedEvent, ReceiveResult
from governance.money import is_reasonable
from mapping.work_item import ConnectionName, NativeId
from mapping.writeback import canonical

MAX_BATCH_EVENTS = 64
"""Events that one transaction takes in."""

ItemKey: TypeAlias = "tuple[str, str]"
DeliveryKey: TypeAlias = "tuple[str, str]"

_CompressedArrival: TypeAlias = "tuple[ReceivedEvent, bytes]"
_EventRow: TypeAlias = "tuple[str, str, int, str, str | None, bool, str, str | None, bytes | None]"


class SqlInbox:
    def __init__(self, engine: Engine, waker: Waker) -> None:
        self._engine = engine
        self._waker = waker
        self._together: GroupCommit[_CompressedArrival, ReceiveResult] = GroupCommit(
            self._receive_all, max_size=MAX_BATCH_EVENTS, rest=self._let_go
        )
        self._session: Connection | None = None
        """What the thread that commits works with, until nothing waits for it; checked when it comes from the pool."""

    def submit(self, arrival: ReceivedEvent, then: Callable[[ReceiveResult | BaseException], None]) -> None:
        """Commit the event, its dirty keys and the wake-up together, and with them what other threads bring.

        ``then``, which has to be short, gets the result after the commit, or the sqlalchemy.exc.SQLAlchemyError with
        which that failed; nothing is stored then, and the sender is asked to send the event again.
        """
        self._together.submit((arrival, compress(arrival.body)), then)

    def _receive_all(self, arrivals: Sequence[_CompressedArrival]) -> Sequence[ReceiveResult | Exception]:
        kept = None if self._session is None else self._session.connection.driver_connection
        try:
            return self._commit(arrivals)
        except (OperationalError, InterfaceError):
            if kept is not None and cast("DriverConnection", kept).closed:
                # The session was good for the group before, and has ended since; the next one is checked.
                return self._receive_all(arrivals)
            # The database is not there, or not able: it would be no better for each alone.
            raise
        except Exception as error:  # noqa: BLE001 - whatever one event brings must not cost the others theirs
            if len(arrivals) == 1:
                return [error]
        # One of them can never be stored; alone, each gets its own answer.
        return [result for arrival in arrivals for result in self._receive_all([arrival])]

    def _commit(self, arrivals: Sequence[_CompressedArrival]) -> list[ReceiveResult | Exception]:
        with self._transaction() as transaction:
            echoes = _echoes(transaction, [arrival for arrival, _ in arrivals])
            parts = [part for one, body in arrivals for part in _event_rows(one, body, echo=id(one) in echoes)]
            stored: dict[DeliveryKey, ReceiveResult] = {}
            asleep: set[ConnectionName] = set()
            teams = _team_measures(transaction, [arrival for arrival, _ in arrivals])
            rows, waiting = self._send(transaction, parts, teams)
            for connection, delivery, state in rows:
                accepted = state == "pending"
                stored[connection, delivery] = ReceiveResult.ACCEPTED if accepted else ReceiveResult.IGNORED
                if accepted and connection not in waiting:
                    asleep.add(ConnectionName(connection))
            asleep |= {ConnectionName(connection) for connection, _ in teams if connection not in waiting}
            for name in sorted(asleep):
                self._waker.wake(transaction, TaskKind.RECONCILE, name)
        # Of two that are the same, the first is the event and the second its duplicate.
        return [stored.pop((one.connection, one.delivery_id), ReceiveResult.DUPLICATE) for one, _ in arrivals]

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        session = self._session = self._session or self._engine.connect()
        try:
            with session.begin():
                yield session
        except BaseException:
            # The session may have ended; the pool finds out.
            self._let_go()
            raise

    def _let_go(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _send(
        self, transaction: Connection, parts: Sequence[_EventRow], teams: Sequence[ItemKey]
    ) -> tuple[Sequence[tuple[str, str, str]], frozenset[str]]:
        """What was stored, and the connections whose task waits in the queue already.

        All of it goes to the database at once: after each answer this thread would have to wait until those that
        parse the next events let it go on, which takes longer than the database does.
        """
        driver = cast("DriverConnection", transaction.connection.driver_connection)
        names = {part[0] for part in parts} | {key[0] for key in teams}
        connections = sorted(map(ConnectionName, names))
        also = {"also_connections": [key[0] for key in teams], "also_items": [key[1] for key in teams]}
        try:
            with driver.pipeline():
                driver.execute(_BOUNDS)
                taken = driver.execute(STORE_EVENTS, _columns(parts) | also)
                asked = {name: self._waker.check_queued(driver, TaskKind.RECONCILE, name) for name in connections}
            rows = cast("Sequence[tuple[str, str, str]]", taken.fetchall())
            return rows, frozenset(name for name, answer in asked.items() if answer.fetchone() is not None)
        except psycopg.Error as error:
            raise DBAPIError.instance("the inbox", None, error, psycopg.Error) from error

    def newest_event_id(self, connection: ConnectionName) -> int:
        """The number of the newest event of a connection; 0 when there is none."""
        query = select(func.max(INBOX.c.id)).where(INBOX.c.connection == connection)
        with reading(self._engine) as session:
            return session.execute(query).scalar() or 0


def _event_rows(arrival: ReceivedEvent, body: bytes, *, echo: bool) -> Iterator[_EventRow]:
    """An event's rows: one for each item.  The body is kept once, with the first of them."""
    here, event = (arrival.connection, arrival.delivery_id), arrival.parsed.event
    if not isinstance(arrival.parsed, ItemsChanged):
        yield (*here, 0, event, None, False, "ignored", arrival.parsed.reason, body)
        return
    if echo:
        yield (*here, 0, event, arrival.parsed.items[0], False, "ignored", "what Gatepost itself has written", body)
        return
    for number, item in enumerate(sorted(arrival.parsed.items)):
        yield (*here, number, event, item, item == arrival.parsed.deleted, "pending", None, None if number else body)


_BOUNDS: LiteralString = (
    "SELECT set_config('lock_timeout', '1500', true), set_config('statement_timeout', '2000', true)"
)
"""A sender waits for two of these transactions at most, and is answered within five seconds."""

EVENT_COLUMNS = ("connections", "deliveries", "parts", "events", "items", "deletions", "states", "reasons", "bodies")


def _columns(parts: Sequence[_EventRow]) -> dict[str, list[object]]:
    return {name: list(column) for name, column in zip(EVENT_COLUMNS, zip(*parts, strict=True), strict=True)}


# A dead letter is tried again: the item has a new state.  A key that waited for a reassessment in bulk comes first with
# an event; one that an event marked before keeps its place, so that many events about an item do not delay it for ever.
_MARK_AGAIN: LiteralString = """
    ON CONFLICT (connection, native_id) DO UPDATE
    SET generation = d.generation + 1, inbox_id = greatest(d.inbox_id, excluded.inbox_id), attempts = 0,
        state = 'waiting', reason = NULL,
        due_at = CASE WHEN d.state = 'dead_letter' OR (d.inbox_id IS NULL AND excluded.inbox_id IS NOT NULL) THEN now()
                      ELSE least(d.due_at, now()) END
"""

# One statement, because each costs a round trip.  In the order of the keys, so that two batches about the same
# deliveries or items never wait for one another in a circle.
STORE_EVENTS: LiteralString = f"""
    WITH given AS (
        SELECT DISTINCT ON (connection, delivery_id, item_index) *
        FROM unnest(CAST(%(connections)s AS text[]), CAST(%(deliveries)s AS text[]), CAST(%(parts)s AS smallint[]),
                    CAST(%(events)s AS text[]), CAST(%(items)s AS text[]), CAST(%(deletions)s AS boolean[]),
                    CAST(%(states)s AS text[]), CAST(%(reasons)s AS text[]), CAST(%(bodies)b AS bytea[]))
             WITH ORDINALITY AS g (connection, delivery_id, item_index, event, native_id, item_deleted, state, reason,
                                   body, place)
        ORDER BY connection, delivery_id, item_index, place
    ), stored AS (
        INSERT INTO inbox (connection, delivery_id, item_index, event, native_id, item_deleted, state, reason,
                           settled_at)
        SELECT connection, delivery_id, item_index, event, native_id, item_deleted, state, reason,
               CASE WHEN state = 'ignored' THEN now() END
        FROM given ORDER BY connection, delivery_id, item_index
        ON CONFLICT (connection, delivery_id, item_index) DO NOTHING
        RETURNING id, connection, delivery_id, item_index, native_id, state, received_at
    ), kept AS (
        INSERT INTO inbox_body (inbox_id, received_at, body)
        SELECT s.id, s.received_at, g.body FROM stored AS s JOIN given AS g USING (connection, delivery_id, item_index)
        WHERE g.body IS NOT NULL
    ), marked AS (
        INSERT INTO dirty_key AS d (connection, native_id, inbox_id)
        SELECT connection, native_id, max(id) FROM (
            SELECT connection, native_id, id FROM stored WHERE state = 'pending'
            UNION ALL SELECT connection, native_id, CAST(NULL AS bigint)
            FROM unnest(CAST(%(also_connections)s AS text[]), CAST(%(also_items)s AS text[]))
                 AS a (connection, native_id)
        ) AS keys GROUP BY 1, 2 ORDER BY 1, 2
        {_MARK_AGAIN}
    )
    SELECT connection, delivery_id, state FROM stored WHERE item_index = 0
"""  # noqa: S608 - our own clause


def _echoes(transaction: Connection, arrivals: Sequence[ReceivedEvent]) -> set[int]:
    """Events in which every field has the value that Gatepost wrote last, or is writing now."""
    candidates = [one for one in arrivals if one.echo_values and isinstance(one.parsed, ItemsChanged)]
    if not candidates:
        return set()
    keys = [(one.connection, one.parsed.items[0]) for one in candidates if isinstance(one.parsed, ItemsChanged)]
    mine: dict[ItemKey, dict[str, set[str | None]]] = {}
    asked = {"connections": [key[0] for key in keys], "items": [key[1] for key in keys]}
    for row in transaction.execute(_OWN_VALUES, asked):
        fields = mine.setdefault((row.connection, row.native_id), {})
        if row.target_values is None:
            fields.setdefault(row.field, set()).add(_canonical_number(row.value))
        else:
            for name, value in values_from_json(row.target_values).items():
                fields.setdefault(name, set()).add(_canonical_number(canonical(value)))
    return {
        id(one)
        for one, key in zip(candidates, keys, strict=True)
        if all(
            _canonical_number(value) in mine.get(key, {}).get(name, ())
            for name, value in (one.echo_values or {}).items()
        )
    }


_OWN_VALUES = text("""
    WITH asked AS (SELECT DISTINCT * FROM unnest(CAST(:connections AS text[]), CAST(:items AS text[]))
                   AS a (connection, native_id))
    SELECT connection, native_id, w.field, w.value, CAST(NULL AS jsonb) AS target_values
    FROM asked JOIN last_written AS w USING (connection, native_id)
    UNION ALL
    SELECT connection, native_id, NULL, NULL, o.target_values FROM asked JOIN outbox AS o USING (connection, native_id)
    WHERE o.state = 'waiting' AND (o.claim_token IS NOT NULL OR o.bulk_task IS NOT NULL)
""")


def _team_measures(transaction: Connection, arrivals: Sequence[ReceivedEvent]) -> list[ItemKey]:
    """Measures that look at the hours of whoever has logged some, on whatever item.

    They are marked in one statement with the items of the events, so that keys are locked in one order.
    """
    found: list[ItemKey] = []
    for one in arrivals:
        if isinstance(one.parsed, ItemsChanged) and one.parsed.logged_by:
            asked = {"connection": one.connection, "name": f"{LOGGED_HOURS}{one.parsed.logged_by}"}
            rows = transaction.execute(_TEAMS, asked)
            found += [(ConnectionName(row.connection), NativeId(row.native_id)) for row in rows]
    return found


_TEAMS = text("""
    SELECT m.connection, m.native_id FROM dependency AS d JOIN measure AS m ON m.id = d.measure_id
    WHERE d.on_connection = :connection AND d.on_name = :name
      AND m.unmapped_since IS NULL ORDER BY m.connection, m.native_id
""")


def _canonical_number(value: str | None) -> str | None:
    """Numbers by their value: a tool may report 12.50 where 12.5 was written."""
    try:
        number = Decimal(value) if value else None
    except ArithmeticError:
        return canonical(value)
    return canonical(number) if number is None or is_reasonable(number) else canonical(value)


def mark_dirty(transaction: Connection, connection: ConnectionName, items: Mapping[NativeId, int | None]) -> None:
    """Note that items may have changed, each with the inbox row that says so, if one does."""
    asked = {"connection": connection, "items": list(items), "event_ids": list(items.values())}
    transaction.execute(_MARK, asked)


_MARK = text(f"""
    INSERT INTO dirty_key AS d (connection, native_id, inbox_id)
    SELECT :connection, i.item, i.event_id
    FROM unnest(CAST(:items AS text[]), CAST(:event_ids AS bigint[])) AS i (item, event_id)
    ORDER BY i.item {_MARK_AGAIN}
""")  # noqa: S608 - our own clause


def schedule_reassessment(
    transaction: Connection, connection: ConnectionName, items: Iterable[NativeId], seconds: float
) -> None:
    """Have items assessed after a while; those that are dirty anyway will be."""
    waiting = sorted(items)
    if not waiting:
        return
    transaction.execute(_SCHEDULE, {"connection": connection, "items": waiting, "seconds": seconds})


_SCHEDULE = text("""
    INSERT INTO dirty_key (connection, native_id, due_at)
    SELECT :connection, item, now() + make_interval(secs => :seconds) FROM unnest(CAST(:items AS text[])) AS i (item)
    ON CONFLICT (connection, native_id) DO NOTHING
""")


def mark_all_dirty(transaction: Connection) -> None:
    """Have every known item assessed again."""
    transaction.execute(_MARK_ALL)


_MARK_ALL = text(f"""
    INSERT INTO dirty_key AS d (connection, native_id)
    SELECT connection, native_id FROM work_item ORDER BY connection, native_id {_MARK_AGAIN}
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
