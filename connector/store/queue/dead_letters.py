"""What is not tried any more, and why: grouped by cause, to be tried again or given up.  For page, API and commands.

Three kinds of things are parked: an item that could not be judged, a write that a tool did not take, an event that a
subscriber did not take.  None of them holds anything else up.  Trying again means looking again: the item is read and
judged anew, and what differs then is written; an old wish is never written as it was, because the world may have
moved on.  A subscriber is sent the same event again.

A *cause* is what reasons have in common apart from the ids in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, Row, text

from connector.store.database import audit
from connector.store.notifications.deliveries import send_again
from connector.store.queue.inbox import mark_dirty
from connector.store.queue.wake_up import Task, Waker
from mapping.work_item import ConnectionName, NativeId

AT_ONCE = 500
"""Things that one transaction takes up, so that a long list holds nobody up."""


class Kind(StrEnum):
    ITEM = "key"
    WRITE = "outbox"
    DELIVERY = "delivery"


@dataclass(frozen=True, slots=True)
class Parked:
    """One thing that is not tried any more."""

    ref: str
    """``key/jira-main/10001``, ``outbox/17`` or ``delivery/5``."""
    kind: Kind
    number: int
    """Of the row; of an item the event that rang last, 0 when it was a sweep."""
    connection: str
    """The connection; the subscription of an event."""
    native_id: str
    """The item; the message of an event."""
    key: str | None
    reason: str
    since: datetime
    attempts: int
    cause: str


@dataclass(frozen=True, slots=True)
class Cause:
    """Things that are parked for the same reason apart from ids."""

    id: str
    kind: Kind
    connection: str
    told: str
    """The reason, with … in the place of each id."""
    count: int
    first: datetime
    last: datetime


def causes(connection: Connection, *, limit: int = 200) -> tuple[Cause, ...]:
    """The greatest first."""
    return tuple(
        Cause(row.cause, Kind(row.kind), row.connection, row.told, row.many, row.first, row.last)
        for row in connection.execute(_CAUSES, {"limit": limit})
    )


def cause(connection: Connection, wanted: str) -> Cause | None:
    return next((one for one in causes(connection, limit=10_000) if one.id == wanted), None)


def parked(
    connection: Connection, target: str | None = None, *, after: str = "", limit: int = 50
) -> tuple[Parked, ...]:
    """What is parked, in the order of its ref: all of it, of one cause, or the one thing that a ref names."""
    which = "TRUE" if target is None else "ref = :target" if "/" in target else "cause = :target"
    query = text(f"{_PARKED} SELECT * FROM told WHERE {which} AND ref > :after ORDER BY ref LIMIT :limit")  # noqa: S608
    return tuple(_parked(row) for row in connection.execute(query, {"target": target, "after": after, "limit": limit}))


def replay(engine: Engine, waker: Waker, target: str, actor: str, now: datetime) -> int:
    """Try again what a cause or a ref names; returns how many things that were.

    What fails again meanwhile is parked anew and not tried twice.
    """
    done = 0
    for batch in _in_batches(engine, target):
        with engine.begin() as transaction:
            taken = [one for group in _by_kind(batch).values() for one in _replayed(transaction, waker, group, now)]
            _record(transaction, actor, "parked.replayed", taken, {})
        done += len(taken)
    return done


def drop(engine: Engine, target: str, actor: str, reason: str) -> int:
    """Give up what a cause or a ref names, for a reason that the audit keeps; returns how many things that were.

    An item stays as it was judged last, until it is rung or swept again.
    """
    done = 0
    for batch in _in_batches(engine, target):
        with engine.begin() as transaction:
            taken = [
                one
                for kind, group in _by_kind(batch).items()
                for one in _taken(transaction, _DROP[kind], group, why=f"dropped by {actor}: {reason}")
            ]
            _record(transaction, actor, "parked.dropped", taken, {"why": reason})
        done += len(taken)
    return done


def look_again(engine: Engine, waker: Waker, connection: ConnectionName, item: NativeId, actor: str) -> None:
    """Have an item looked at now; a parked write of it is given up, because the new look wishes anew."""
    with engine.begin() as transaction:
        _look(transaction, waker, connection, [item])
        entry = {"actor": actor, "action": "item.looked_again", "subject": f"{connection}/{item}", "detail": {}}
        audit.record(transaction, [entry])


def _replayed(transaction: Connection, waker: Waker, group: Sequence[Parked], now: datetime) -> list[Parked]:
    """What of one kind was still parked and is tried again."""
    if group[0].kind is Kind.DELIVERY:
        sent = send_again(transaction, waker, [one.number for one in group], now)
        return [one for one in group if one.number in sent]
    taken = list(_taken(transaction, _HOLD[group[0].kind], group))
    items: dict[str, set[str]] = {}
    for one in taken:
        items.setdefault(one.connection, set()).add(one.native_id)
    for connection, ids in sorted(items.items()):
        _look(transaction, waker, ConnectionName(connection), [NativeId(item) for item in sorted(ids)])
    return taken


def _look(transaction: Connection, waker: Waker, connection: ConnectionName, items: Sequence[NativeId]) -> None:
    asked = {"connection": connection, "items": list(items)}
    rang: dict[NativeId, int | None] = dict.fromkeys(items)
    for row in transaction.execute(_REVIVE, asked):
        rang[NativeId(row.native_id)] = max(row.id, rang[NativeId(row.native_id)] or 0)
    mark_dirty(transaction, connection, rang)
    transaction.execute(_SUPERSEDE, asked)
    waker.wake(transaction, Task.RECONCILE, connection)


def _taken(transaction: Connection, statement: str, group: Sequence[Parked], **more: str) -> Iterator[Parked]:
    """Those of a group that a statement still found parked."""
    asked = {
        "connections": [one.connection for one in group],
        "items": [one.native_id for one in group],
        "numbers": [one.number for one in group],
    }
    names = {name: asked[name] for name in asked if f":{name}" in statement}
    found = {row.ref for row in transaction.execute(text(statement), names | more)}
    yield from (one for one in group if one.ref in found)


def _in_batches(engine: Engine, target: str) -> Iterator[tuple[Parked, ...]]:
    """All of it as it is now: what is parked again meanwhile does not come twice."""
    with engine.connect() as connection:
        chosen = parked(connection, target, limit=1_000_000)
    yield from (chosen[start : start + AT_ONCE] for start in range(0, len(chosen), AT_ONCE))


def _by_kind(batch: Sequence[Parked]) -> dict[Kind, list[Parked]]:
    found: dict[Kind, list[Parked]] = {}
    for one in batch:
        found.setdefault(one.kind, []).append(one)
    return found


def _record(
    transaction: Connection, actor: str, action: str, taken: Sequence[Parked], more: Mapping[str, object]
) -> None:
    audit.record(
        transaction,
        [
            {
                "actor": actor,
                "action": action,
                "subject": subject(one),
                "detail": {"what": one.kind.value, "parked_for": one.reason, **more},
            }
            for one in taken
        ],
    )


def subject(one: Parked) -> str:
    """What the audit calls it: the measure's id, or the subscription."""
    return f"subscription {one.connection}" if one.kind is Kind.DELIVERY else f"{one.connection}/{one.native_id}"


def _parked(row: Row[Any]) -> Parked:
    return Parked(
        row.ref, Kind(row.kind), row.number, row.connection, row.native_id, row.key, row.reason, row.since,
        row.attempts, row.cause,
    )  # fmt: skip


# Ids of any kind, in what a tool or this program says: UUIDs and sys_ids, moments, keys of issues, numbers of records,
# numbers in a path, long numbers.  A status such as 403 and a field such as customfield_10021 tell causes apart.
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

_PARKED = f"""
    WITH every AS (
        SELECT 'key' AS kind, 'key/' || d.connection || '/' || d.native_id AS ref, coalesce(d.inbox_id, 0) AS number,
               d.connection, d.native_id, w.key, coalesce(d.reason, '') AS reason, d.first_dirty_at AS since, d.attempts
        FROM dirty_key AS d LEFT JOIN work_item AS w ON w.connection = d.connection AND w.native_id = d.native_id
        WHERE d.state = 'parked'
        UNION ALL
        SELECT 'outbox', 'outbox/' || o.id, o.id, o.connection, o.native_id, o.key, coalesce(o.reason, ''),
               coalesce(o.settled_at, o.created_at), o.attempts
        FROM outbox AS o WHERE o.state = 'parked'
        UNION ALL
        SELECT 'delivery', 'delivery/' || p.id, p.id, s.name, 'msg_' || replace(p.message_id\\:\\:text, '-', ''),
               p.event, coalesce(p.reason, ''), coalesce(p.settled_at, p.created_at), p.tries
        FROM subscription_delivery AS p JOIN subscription AS s ON s.id = p.subscription_id WHERE p.state = 'parked'
    ), short AS (
        SELECT *, regexp_replace(left(reason, 2000), '{_IDS}', '…', 'g') AS told FROM every
    ), told AS (
        SELECT *, left(md5(concat_ws(chr(31), kind, connection, told)), 12) AS cause FROM short
    )
"""  # noqa: S608
_CAUSES = text(f"""{_PARKED}
    SELECT cause, kind, connection, told, count(*) AS many, min(since) AS first, max(since) AS last
    FROM told GROUP BY cause, kind, connection, told ORDER BY many DESC, last DESC, cause LIMIT :limit
""")  # noqa: S608

_HOLD = {
    Kind.ITEM: """
        SELECT 'key/' || connection || '/' || native_id AS ref FROM dirty_key
        WHERE state = 'parked' AND (connection, native_id) IN (
            SELECT * FROM unnest(CAST(:connections AS text[]), CAST(:items AS text[]))) FOR UPDATE
    """,
    Kind.WRITE: """
        SELECT 'outbox/' || id AS ref FROM outbox
        WHERE state = 'parked' AND id = ANY (CAST(:numbers AS bigint[])) FOR UPDATE
    """,
}
_DROP = {
    Kind.ITEM: """
        WITH gone AS (
            DELETE FROM dirty_key WHERE state = 'parked' AND (connection, native_id) IN (
                SELECT * FROM unnest(CAST(:connections AS text[]), CAST(:items AS text[])))
            RETURNING connection, native_id
        ), events AS (
            UPDATE inbox AS i SET state = 'superseded', reason = :why FROM gone AS g
            WHERE i.state = 'parked' AND i.connection = g.connection AND i.native_id = g.native_id
        )
        SELECT 'key/' || connection || '/' || native_id AS ref FROM gone
    """,
    Kind.WRITE: """
        UPDATE outbox SET state = 'superseded', reason = :why, settled_at = now()
        WHERE state = 'parked' AND id = ANY (CAST(:numbers AS bigint[])) RETURNING 'outbox/' || id AS ref
    """,
    # Its reason stands in the audit: there is no state for an event that a subscriber will never be sent.
    Kind.DELIVERY: """
        DELETE FROM subscription_delivery
        WHERE state = 'parked' AND id = ANY (CAST(:numbers AS bigint[])) AND :why <> ''
        RETURNING 'delivery/' || id AS ref
    """,
}
# The events wait again, so that the next look says what became of them.
_REVIVE = text("""
    UPDATE inbox SET state = 'pending', reason = NULL, settled_at = NULL
    WHERE state = 'parked' AND connection = :connection AND native_id = ANY (CAST(:items AS text[]))
    RETURNING id, native_id
""")
_SUPERSEDE = text("""
    UPDATE outbox SET state = 'superseded', reason = 'looked at again by hand', settled_at = now()
    WHERE state = 'parked' AND connection = :connection AND native_id = ANY (CAST(:items AS text[]))
""")
