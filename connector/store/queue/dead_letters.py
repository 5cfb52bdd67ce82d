"""Dead letters: work that is not tried any more, and why; grouped by cause, to be replayed or dropped.

There are four kinds: an item that could not be assessed, a write that a tool did not accept, an event that a
subscriber did not accept, a copy of a paper that its recipient was not sent.  None of them delays other work.  To
replay an item or a write means to read and assess the item again and to write what differs then; an old write request
is never sent as it was, because the item may have changed.  A subscriber is sent the same event again; a copy of a
paper is made again as its recipient reads then.

A *cause* is what reasons have in common apart from the ids in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from sqlalchemy import Connection, Engine, Row, text

from connector.store.database import audit
from connector.store.database.reading import reading
from connector.store.notifications.deliveries import resend_deliveries
from connector.store.notifications.papers import resend_copies
from connector.store.queue.inbox import mark_dirty
from connector.store.queue.operated_parts import MEASURE_IN_PARTS, WHOLE_ORGANISATION, OperatedParts
from connector.store.queue.wake_up import TaskKind, Waker
from mapping.work_item import ConnectionName, NativeId

BATCH_SIZE = 500
"""Dead letters of one transaction, so that a long list delays nobody."""


class DeadLetterKind(StrEnum):
    ITEM = "item"
    WRITE = "write"
    DELIVERY = "delivery"
    PAPER = "paper"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One piece of work that is not tried any more."""

    ref: str
    """``item/jira-main/10001``, ``write/17``, ``delivery/5`` or ``paper/3``."""
    kind: DeadLetterKind
    number: int
    """Of the row; of an item the newest event that marked it, 0 when it was a sweep."""
    connection: str
    """The connection; the subscription of an event; the key of a paper."""
    native_id: str
    """The item; the message of an event; the recipient of a paper."""
    key: str | None
    reason: str
    since: datetime
    attempts: int
    cause: str


class DeadLetterSort(StrEnum):
    """The order of a list; with a minus the other way round."""

    REF = "ref"
    REF_DOWN = "-ref"
    SINCE = "since"
    SINCE_DOWN = "-since"

    @property
    def column(self) -> str:
        return self.value.removeprefix("-")


@dataclass(frozen=True, slots=True)
class DeadLetterFilter:
    """Of any of these; without values, of all."""

    targets: Sequence[str] = ()
    """Causes, or refs."""
    kinds: Sequence[str] = ()
    connections: Sequence[str] = ()

    @property
    def condition(self) -> str:
        parts = []
        if self.targets:
            parts.append("(cause = ANY(:targets) OR ref = ANY(:targets))")
        if self.kinds:
            parts.append("kind = ANY(:kinds)")
        if self.connections:
            parts.append("connection = ANY(:connections)")
        return " AND ".join(parts) or "TRUE"

    @property
    def parameters(self) -> dict[str, list[str]]:
        return {name: list(getattr(self, name)) for name in self.__slots__ if getattr(self, name)}


@dataclass(frozen=True, slots=True)
class DeadLetterCause:
    """Dead letters with the same reason apart from ids."""

    id: str
    kind: DeadLetterKind
    connection: str
    reason: str
    """The reason, with … in the place of each id."""
    count: int
    first_at: datetime
    last_at: datetime


def causes(
    connection: Connection, *, limit: int = 200, parts: OperatedParts = WHOLE_ORGANISATION
) -> tuple[DeadLetterCause, ...]:
    """The greatest first."""
    asked = {"limit": limit, **parts.parameters}
    return tuple(
        DeadLetterCause(
            row.cause, DeadLetterKind(row.kind), row.connection, row.normalized_reason, row.many, row.first, row.last
        )
        for row in connection.execute(_CAUSES if parts.keys is None else _CAUSES_OF_PARTS, asked)
    )


def find_cause(
    connection: Connection, cause_id: str, *, parts: OperatedParts = WHOLE_ORGANISATION
) -> DeadLetterCause | None:
    return next((one for one in causes(connection, limit=10_000, parts=parts) if one.id == cause_id), None)


def list_dead_letters(
    connection: Connection,
    target: str | None = None,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    after: str = "",
    limit: int = 50,
    parts: OperatedParts = WHOLE_ORGANISATION,
) -> tuple[DeadLetter, ...]:
    """Dead letters in the order of their refs: all of them, those of one cause, or the one that a ref names.

    Only those that became dead letters from ``since`` on and before ``until``.
    """
    listed = _DEAD_LETTERS if parts.keys is None else _DEAD_LETTERS_OF_PARTS
    which = "TRUE" if target is None else "ref = :target" if "/" in target else "cause = :target"
    which += "" if since is None else " AND since >= :since"
    which += "" if until is None else " AND since < :until"
    query = text(f"{listed} SELECT * FROM dead_letters WHERE {which} AND ref > :after ORDER BY ref LIMIT :limit")  # noqa: S608
    asked = {"target": target, "after": after, "limit": limit, **parts.parameters}
    asked |= {} if since is None else {"since": since}
    asked |= {} if until is None else {"until": until}
    return tuple(_dead_letter(row) for row in connection.execute(query, asked))


def search_dead_letters(
    connection: Connection,
    wanted: DeadLetterFilter,
    *,
    sort: DeadLetterSort = DeadLetterSort.REF,
    after: tuple[datetime | str, str] | None = None,
    limit: int = 50,
    parts: OperatedParts = WHOLE_ORGANISATION,
) -> tuple[DeadLetter, ...]:
    """Dead letters in an order, from the one after ``after`` on: its value in that order, and its ref."""
    listed = _DEAD_LETTERS if parts.keys is None else _DEAD_LETTERS_OF_PARTS
    down = sort.value.startswith("-")
    way, beyond = ("DESC", "<") if down else ("ASC", ">")
    start = "TRUE" if after is None else f"({sort.column}, ref) {beyond} (:here, :last)"
    query = text(
        f"{listed} SELECT * FROM dead_letters WHERE {wanted.condition} AND {start} "  # noqa: S608 - our own conditions
        f"ORDER BY {sort.column} {way}, ref {way} LIMIT :limit"
    )
    position = {} if after is None else {"here": after[0], "last": after[1]}
    asked = {**wanted.parameters, **position, "limit": limit, **parts.parameters}
    return tuple(_dead_letter(row) for row in connection.execute(query, asked))


def replay(
    engine: Engine,
    waker: Waker,
    target: str,
    actor: str,
    now: datetime,
    *,
    parts: OperatedParts = WHOLE_ORGANISATION,
) -> int:
    """Replay what a cause or a ref names; returns how many dead letters that were.

    What fails again meanwhile is a new dead letter and is not tried twice.
    """
    done = 0
    for batch in _in_batches(engine, target, parts):
        with engine.begin() as transaction:
            taken = [one for group in _by_kind(batch).values() for one in _replayed(transaction, waker, group, now)]
            _record(transaction, actor, "dead_letter.replayed", taken, {})
        done += len(taken)
    return done


def drop(engine: Engine, target: str, actor: str, reason: str, *, parts: OperatedParts = WHOLE_ORGANISATION) -> int:
    """Drop what a cause or a ref names, for a reason that the audit keeps; returns how many dead letters that were.

    An item keeps its last assessment until a new event or sweep.
    """
    done = 0
    for batch in _in_batches(engine, target, parts):
        with engine.begin() as transaction:
            taken = [
                one
                for kind, group in _by_kind(batch).items()
                for one in _affected(transaction, _DROP[kind], group, why=f"dropped by {actor}: {reason}")
            ]
            _record(transaction, actor, "dead_letter.dropped", taken, {"reason": reason})
        done += len(taken)
    return done


def reassess_item(engine: Engine, waker: Waker, connection: ConnectionName, item: NativeId, actor: str) -> None:
    """Have an item assessed now; its dead writes are superseded, because the new assessment requests its own."""
    with engine.begin() as transaction:
        _mark_keys(transaction, {connection: [item]})
        _start_again(transaction, {connection: [item]})
        waker.wake(transaction, TaskKind.RECONCILE, connection)
        entry = {"actor": actor, "action": "item.reassessed", "subject": f"{connection}/{item}", "detail": {}}
        audit.record(transaction, [entry])


def _replayed(transaction: Connection, waker: Waker, group: Sequence[DeadLetter], now: datetime) -> list[DeadLetter]:
    """Those of one kind that were still dead letters and are tried again.

    An item and its writes are locked as an assessment locks them: keys, then rows, then tasks.  Whoever replays a write
    therefore marks its item before the write is locked; when it was replayed meanwhile, its item is assessed once more.
    """
    kind = group[0].kind
    if kind is DeadLetterKind.DELIVERY:
        sent = resend_deliveries(transaction, waker, [one.number for one in group], now)
        return [one for one in group if one.number in sent]
    if kind is DeadLetterKind.PAPER:
        sent = resend_copies(transaction, [one.number for one in group], now)
        return [one for one in group if one.number in sent]
    is_item = kind is DeadLetterKind.ITEM
    taken = list(_affected(transaction, _LOCK_KEYS if is_item else _DEAD_WRITES, group))
    items: dict[ConnectionName, list[NativeId]] = {}
    for connection, item in sorted({(ConnectionName(one.connection), NativeId(one.native_id)) for one in taken}):
        items.setdefault(connection, []).append(item)
    _mark_keys(transaction, items)
    if not is_item and taken:
        taken = list(_affected(transaction, _LOCK_WRITES, taken))
    _start_again(transaction, items)
    for connection in items:
        waker.wake(transaction, TaskKind.RECONCILE, connection)
    return taken


_Items: TypeAlias = "Mapping[ConnectionName, Sequence[NativeId]]"
"""Items by connection, both in their order."""


def _mark_keys(transaction: Connection, items: _Items) -> None:
    """Mark items, each with its newest dead event.

    The events are read before the keys are locked: one that dies in between is the newest of its key already.
    """
    for connection, names in items.items():
        newest_event: dict[NativeId, int | None] = dict.fromkeys(names)
        for row in transaction.execute(_DEAD_EVENTS, {"connection": connection, "items": list(names)}):
            newest_event[NativeId(row.native_id)] = row.newest
        mark_dirty(transaction, connection, newest_event)


def _start_again(transaction: Connection, items: _Items) -> None:
    """Of items whose keys are locked: their dead writes end, and their dead events wait again."""
    for connection, names in items.items():
        asked = {"connection": connection, "items": list(names)}
        transaction.execute(_SUPERSEDE, asked)
        transaction.execute(_REOPEN_EVENTS, asked)


def _affected(
    transaction: Connection, statement: str, group: Sequence[DeadLetter], **more: str
) -> Iterator[DeadLetter]:
    """Those of a group that were still dead letters when the statement ran."""
    asked = {
        "connections": [one.connection for one in group],
        "items": [one.native_id for one in group],
        "numbers": [one.number for one in group],
    }
    names = {name: asked[name] for name in asked if f":{name}" in statement}
    found = {row.ref for row in transaction.execute(text(statement), names | more)}
    yield from (one for one in group if one.ref in found)


def _in_batches(engine: Engine, target: str, parts: OperatedParts) -> Iterator[tuple[DeadLetter, ...]]:
    """All of them as they are now: one that fails again meanwhile does not come twice."""
    with reading(engine) as connection:
        chosen = list_dead_letters(connection, target, limit=1_000_000, parts=parts)
    yield from (chosen[start : start + BATCH_SIZE] for start in range(0, len(chosen), BATCH_SIZE))


def _by_kind(batch: Sequence[DeadLetter]) -> dict[DeadLetterKind, list[DeadLetter]]:
    found: dict[DeadLetterKind, list[DeadLetter]] = {}
    for one in batch:
        found.setdefault(one.kind, []).append(one)
    return found


def _record(
    transaction: Connection, actor: str, action: str, taken: Sequence[DeadLetter], more: Mapping[str, object]
) -> None:
    audit.record(
        transaction,
        [
            {
                "actor": actor,
                "action": action,
                "subject": audit_subject(one),
                "detail": {"kind": one.kind.value, "dead_letter_reason": one.reason, **more},
            }
            for one in taken
        ],
    )


def audit_subject(dead_letter: DeadLetter) -> str:
    """Its subject in the audit: the measure's id, the subscription, or the paper."""
    match dead_letter.kind:
        case DeadLetterKind.DELIVERY:
            return f"subscription {dead_letter.connection}"
        case DeadLetterKind.PAPER:
            return f"paper {dead_letter.connection}"
        case _:
            return f"{dead_letter.connection}/{dead_letter.native_id}"


def _dead_letter(row: Row[Any]) -> DeadLetter:
    return DeadLetter(
        row.ref, DeadLetterKind(row.kind), row.number, row.connection, row.native_id, row.key, row.reason, row.since,
        row.attempts, row.cause,
    )  # fmt: skip


# Ids of any kind, in what a tool or this program says: UUIDs and sys_ids, times, keys of items, numbers of records,
# numbers in a path, long numbers.  A status such as 403 and a field such as customfield_10021 distinguish causes.
_IDS = "|".join(
    (
        r"\m[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}\M",
        r"\m\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?",
        r"\m[A-Z][A-Z0-9_]+-\d+\M",
        r"\m[A-Z]{2,}\d{4,}\M",
        r"(?<=/)\d+\M",
        r"\m\d{4,}\M",
    )
).replace(":", r"\:")

_EVERY = """
    WITH every AS (
        SELECT 'item' AS kind, 'item/' || d.connection || '/' || d.native_id AS ref, coalesce(d.inbox_id, 0) AS number,
               d.connection, d.native_id, w.key, coalesce(d.reason, '') AS reason, d.first_dirty_at AS since,
               d.attempts, d.connection || '/' || d.native_id AS measure_id
        FROM dirty_key AS d LEFT JOIN work_item AS w ON w.connection = d.connection AND w.native_id = d.native_id
        WHERE d.state = 'dead_letter'
        UNION ALL
        SELECT 'write', 'write/' || o.id, o.id, o.connection, o.native_id, o.key, coalesce(o.reason, ''),
               coalesce(o.settled_at, o.created_at), o.attempts, o.connection || '/' || o.native_id
        FROM outbox AS o WHERE o.state = 'dead_letter'
        UNION ALL
        SELECT 'delivery', 'delivery/' || p.id, p.id, s.name, 'msg_' || replace(p.message_id\\:\\:text, '-', ''),
               p.event, coalesce(p.reason, ''), coalesce(p.settled_at, p.created_at), p.attempts, p.measure_id
        FROM subscription_delivery AS p JOIN subscription AS s ON s.id = p.subscription_id WHERE p.state = 'dead_letter'
        UNION ALL
        SELECT 'paper', 'paper/' || c.id, c.id, i.paper, c.login, i.name || ' ' || i.period, coalesce(c.reason, ''),
               coalesce(c.settled_at, c.due_at), c.attempts, NULL
        FROM paper_copy AS c JOIN paper_issue AS i ON i.id = c.issue_id WHERE c.state = 'dead_letter'
"""
_NORMALIZED = rf"""
    ), normalized AS (
        SELECT *, regexp_replace(left(reason, 2000), '{_IDS}', '…', 'g') AS normalized_reason FROM every
    ), dead_letters AS (
        SELECT *, left(md5(concat_ws(chr(31), kind, connection, normalized_reason)), 12) AS cause FROM normalized
    )
"""  # noqa: S608
# An event about a connection has no measure, and neither has a paper: they lie in no part.
_DEAD_LETTERS = _EVERY + _NORMALIZED
_DEAD_LETTERS_OF_PARTS = (
    f"""{_EVERY.replace("WITH every AS", "WITH everywhere AS")}), every AS (
        SELECT * FROM everywhere AS e
        WHERE EXISTS (SELECT 1 FROM measure AS m WHERE m.id = e.measure_id AND {MEASURE_IN_PARTS})"""  # noqa: S608
    + _NORMALIZED
)
_COUNTED = """
    SELECT cause, kind, connection, normalized_reason, count(*) AS many, min(since) AS first, max(since) AS last
    FROM dead_letters GROUP BY cause, kind, connection, normalized_reason
    ORDER BY many DESC, last DESC, cause LIMIT :limit
"""
_CAUSES = text(_DEAD_LETTERS + _COUNTED)
_CAUSES_OF_PARTS = text(_DEAD_LETTERS_OF_PARTS + _COUNTED)

# In the order of the keys and of the writes, so that two who replay or drop some of the same do not wait in a circle.
_KEYS = """
    SELECT connection, native_id FROM dirty_key
    WHERE state = 'dead_letter' AND (connection, native_id) IN (
        SELECT * FROM unnest(CAST(:connections AS text[]), CAST(:items AS text[])))
    ORDER BY connection, native_id FOR UPDATE
"""
_LOCK_KEYS = f"SELECT 'item/' || connection || '/' || native_id AS ref FROM ({_KEYS}) AS mine"  # noqa: S608
_DEAD_WRITES = """
    SELECT id, 'write/' || id AS ref FROM outbox
    WHERE state = 'dead_letter' AND id = ANY (CAST(:numbers AS bigint[])) ORDER BY id
"""
_LOCK_WRITES = f"{_DEAD_WRITES} FOR UPDATE"
_DROP = {
    DeadLetterKind.ITEM: f"""
        WITH mine AS ({_KEYS}), gone AS (
            DELETE FROM dirty_key AS d USING mine AS m
            WHERE d.connection = m.connection AND d.native_id = m.native_id
            RETURNING d.connection, d.native_id
        ), events AS (
            UPDATE inbox AS i SET state = 'superseded', reason = :why FROM gone AS g
            WHERE i.state = 'dead_letter' AND i.connection = g.connection AND i.native_id = g.native_id
        )
        SELECT 'item/' || connection || '/' || native_id AS ref FROM gone
    """,  # noqa: S608 - our own statement
    DeadLetterKind.WRITE: f"""
        WITH mine AS ({_LOCK_WRITES})
        UPDATE outbox AS o SET state = 'superseded', reason = :why, settled_at = now()
        FROM mine AS m WHERE o.id = m.id RETURNING m.ref
    """,  # noqa: S608 - our own statement
    # Its reason stands in the audit: there is no state for an event that a subscriber will never be sent.
    DeadLetterKind.DELIVERY: """
        DELETE FROM subscription_delivery
        WHERE state = 'dead_letter' AND id = ANY (CAST(:numbers AS bigint[])) AND :why <> ''
        RETURNING 'delivery/' || id AS ref
    """,
    DeadLetterKind.PAPER: """
        UPDATE paper_copy SET state = 'dropped', reason = :why, settled_at = now()
        WHERE state = 'dead_letter' AND id = ANY (CAST(:numbers AS bigint[])) RETURNING 'paper/' || id AS ref
    """,
}
_DEAD_EVENTS = text("""
    SELECT native_id, max(id) AS newest FROM inbox
    WHERE state = 'dead_letter' AND connection = :connection AND native_id = ANY (CAST(:items AS text[]))
    GROUP BY native_id
""")
# The events wait again, so that the next assessment settles them.
_REOPEN_EVENTS = text("""
    UPDATE inbox SET state = 'pending', reason = NULL, settled_at = NULL
    WHERE state = 'dead_letter' AND connection = :connection AND native_id = ANY (CAST(:items AS text[]))
""")
_SUPERSEDE = text("""
    UPDATE outbox SET state = 'superseded', reason = 'reassessed by an operator', settled_at = now()
    WHERE state = 'dead_letter' AND connection = :connection AND native_id = ANY (CAST(:items AS text[]))
""")
