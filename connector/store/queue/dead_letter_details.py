"""The whole story of one thing that is parked: what rang, what was tried, what was said, who has acted since.

What an event or a write holds is a measure's own content: it is shown to whoever may see that measure, and whoever
only runs Gatepost reads everything else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, text

from connector.store.database.json_codec import Json
from connector.store.queue.dead_letters import Kind, Parked, parked, subject
from connector.store.queue.event_bodies import unpack

BODY_SHOWN = 6_000
"""Characters of a body that are shown."""
LONGEST_PARSED = 400_000
"""Bytes of a body that are taken apart to be shown; a longer one is shown as it begins."""
MOST = 20
"""Events, writes and acts that are told."""
HIDDEN = "•••"

_SECRET = re.compile(
    r"pass(word|wd|phrase)|secret|token|authori[sz]ation|api[_-]?key|credential|cookie|private[_-]?key|signature", re.I
)
_SECRET_TEXT = re.compile(r'(?i)((?:password|secret|token|authorization|api_?key|cookie)"?\s*[:=]\s*"?)[^"\s,;&}]+')


@dataclass(frozen=True, slots=True)
class Event:
    number: int
    event: str
    delivery_id: str
    received_at: datetime
    state: str
    body: str | None
    """``None`` when it is not kept, or not for this reader."""


@dataclass(frozen=True, slots=True)
class Write:
    number: int
    state: str
    reason: str | None
    attempts: int
    created_at: datetime
    settled_at: datetime | None
    changes: tuple[tuple[str, str, str], ...] | None
    """Field, what it showed, what it is to show; ``None`` when it is not for this reader."""


@dataclass(frozen=True, slots=True)
class Act:
    """What a person has done about it before."""

    at: datetime
    actor: str
    action: str
    why: str


@dataclass(frozen=True, slots=True)
class Story:
    parked: Parked
    seen: bool
    """Whether the reader may see the measure behind it."""
    url: str | None
    title: str | None
    events: tuple[Event, ...]
    writes: tuple[Write, ...]
    last_written: datetime | None
    acts: tuple[Act, ...]
    body: str | None
    """Of a subscriber's event."""
    status: int | None
    answer: str | None


def story(engine: Engine, reader: Connection, ref: str, *, everything: bool) -> Story | None:
    """The story of what a ref names, or ``None`` when it is not parked any more.

    ``reader`` is a connection that reads as the person who asks; ``everything`` says that they see every measure.
    """
    with engine.connect() as connection:
        found = parked(connection, ref, limit=1)
        if not found:
            return None
        one = found[0]
        acts = tuple(
            Act(row.at, row.actor, row.action, row.why or "")
            for row in connection.execute(_ACTS, {"subject": subject(one), "most": MOST})
        )
        if one.kind is Kind.DELIVERY:
            return _of_delivery(one, connection, reader, acts)
        return _of_item(one, connection, reader, acts, everything=everything)


def _of_item(
    one: Parked, connection: Connection, reader: Connection, acts: tuple[Act, ...], *, everything: bool
) -> Story:
    here = {"connection": one.connection, "item": one.native_id, "number": one.number, "most": MOST}
    row = reader.execute(_ITEM, here).first()
    seen = everything or row is not None
    return Story(
        one,
        seen,
        row.url if row else None,
        row.title if row else None,
        tuple(_event(each, seen=seen) for each in connection.execute(_EVENTS, here)),
        tuple(_write(each, seen=seen) for each in connection.execute(_WRITES, here)),
        connection.execute(_WRITTEN, here).scalar(),
        acts,
        None,
        None,
        None,
    )


def _of_delivery(one: Parked, connection: Connection, reader: Connection, acts: tuple[Act, ...]) -> Story:
    row = connection.execute(_DELIVERY, {"number": one.number}).one()
    measure = reader.execute(_MEASURE, {"measure": row.measure_id}).first()
    # An event about a connection is nobody's measure: whoever reads these pages may read it.
    seen = measure is not None or row.measure_id is None
    body = readable(row.body.encode()) if seen else None
    answer = (row.answer or "")[:BODY_SHOWN] or None
    return Story(
        one,
        seen,
        None,
        measure.title if measure else None,
        (),
        (),
        None,
        acts,
        body,
        row.status,
        answer if seen else None,
    )


def _event(row: Row[Any], *, seen: bool) -> Event:
    body = readable(unpack(bytes(row.content))) if seen and row.content else None
    return Event(row.id, row.event, row.delivery_id, row.received_at, row.state, body)


def _write(row: Row[Any], *, seen: bool) -> Write:
    changes = tuple(_change(one) for one in row.changes) if seen else None
    return Write(row.id, row.state, row.reason, row.attempts, row.created_at, row.settled_at, changes)


def _change(one: Mapping[str, Json]) -> tuple[str, str, str]:
    return str(one.get("field", "")), _plain(one.get("present")), _plain(one.get("wanted"))


def _plain(value: Json) -> str:
    if isinstance(value, Mapping):
        value = next((part for name, part in value.items() if name != "type"), "")
    return "" if value is None else str(value)[:400]


def readable(body: bytes) -> str:
    """A body as somebody can read it: its beginning, in lines, with whatever is called a secret covered."""
    if len(body) <= LONGEST_PARSED:
        try:
            written = json.dumps(_covered(json.loads(body)), ensure_ascii=False, indent=2)
        except ValueError:
            written = _SECRET_TEXT.sub(rf"\1{HIDDEN}", body.decode("utf-8", "replace"))
    else:
        written = _SECRET_TEXT.sub(rf"\1{HIDDEN}", body[: 4 * BODY_SHOWN].decode("utf-8", "replace"))
    if len(written) <= BODY_SHOWN:
        return written
    return f"{written[:BODY_SHOWN]}\n… cut off here: {len(body):,} bytes in all"


def _covered(value: Json) -> Json:
    if isinstance(value, dict):
        return {
            name: HIDDEN if _SECRET.search(name) and not isinstance(part, dict | list) else _covered(part)
            for name, part in value.items()
        }
    return [_covered(part) for part in value] if isinstance(value, list) else value


_ACTS = text("""
    SELECT at, actor, action, detail ->> 'why' AS why FROM audit
    WHERE subject = :subject AND action IN ('parked.replayed', 'parked.dropped', 'item.looked_again', 'write.dropped')
    ORDER BY id DESC LIMIT :most
""")
_ITEM = text("""
    SELECT w.url, m.title FROM work_item AS w
    LEFT JOIN measure AS m ON m.connection = w.connection AND m.native_id = w.native_id
    WHERE w.connection = :connection AND w.native_id = :item
""")
# The one that rang last, and those that wait or are parked with it: each of these has an index of its own.
_EVENTS = text("""
    SELECT i.id, i.event, i.delivery_id, i.received_at, i.state, coalesce(b.body, f.body) AS content
    FROM (
        SELECT id FROM inbox WHERE state = 'pending' AND connection = :connection AND native_id = :item
        UNION SELECT id FROM inbox WHERE state = 'parked' AND connection = :connection AND native_id = :item
        UNION SELECT inbox_id FROM dirty_key WHERE connection = :connection AND native_id = :item
    ) AS n JOIN inbox AS i ON i.id = n.id
    LEFT JOIN inbox AS f ON f.connection = i.connection AND f.delivery_id = i.delivery_id AND f.part = 0
    LEFT JOIN inbox_body AS b ON b.inbox_id = f.id AND b.received_at = f.received_at
    ORDER BY i.id DESC LIMIT :most
""")
_WRITES = text("""
    SELECT id, state, reason, attempts, created_at, settled_at, changes FROM (
        SELECT * FROM outbox WHERE state = 'waiting' AND connection = :connection AND native_id = :item
        UNION ALL SELECT * FROM outbox WHERE state = 'parked' AND connection = :connection AND native_id = :item
    ) AS o ORDER BY id DESC LIMIT :most
""")
_WRITTEN = text("SELECT max(written_at) FROM last_written WHERE connection = :connection AND native_id = :item")
_DELIVERY = text("SELECT measure_id, body, status, answer FROM subscription_delivery WHERE id = :number")
_MEASURE = text("SELECT title FROM measure WHERE id = :measure")
