"""The details of one dead letter: events, attempts, responses, and what operators have done since.

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
from connector.store.database.reading import reading
from connector.store.queue.dead_letters import DeadLetter, DeadLetterKind, audit_subject, list_dead_letters
from connector.store.queue.event_bodies import decompress
from connector.store.queue.operated_parts import WHOLE_ORGANISATION, OperatedParts
from connector.store.queue.traffic import sees_delivery

MAX_BODY_SHOWN = 6_000
"""Characters of a body that are shown."""
MAX_PARSED_BYTES = 400_000
"""Bytes of a body that are taken apart to be shown; a longer one is shown as it begins."""
MAX_ROWS = 20
"""Events, writes and operators' actions that are listed."""
MASK = "•••"

_SECRET = re.compile(
    r"pass(word|wd|phrase)|secret|token|authori[sz]ation|api[_-]?key|credential|cookie|private[_-]?key|signature", re.I
)
_SECRET_TEXT = re.compile(r'(?i)((?:password|secret|token|authorization|api_?key|cookie)"?\s*[:=]\s*"?)[^"\s,;&}]+')


@dataclass(frozen=True, slots=True)
class EventEntry:
    number: int
    event: str
    delivery_id: str
    received_at: datetime
    state: str
    body: str | None
    """``None`` when it is not kept, or not for this reader."""


@dataclass(frozen=True, slots=True)
class WriteEntry:
    number: int
    state: str
    reason: str | None
    attempts: int
    created_at: datetime
    settled_at: datetime | None
    changes: tuple[tuple[str, str, str], ...] | None
    """Field, what it showed, what it is to show; ``None`` when it is not for this reader."""


@dataclass(frozen=True, slots=True)
class OperatorAction:
    """What a person has done about it before."""

    at: datetime
    actor: str
    action: str
    reason: str


@dataclass(frozen=True, slots=True)
class DeadLetterDetails:
    dead_letter: DeadLetter
    is_visible: bool
    """Whether the reader may see the measure behind it."""
    url: str | None
    title: str | None
    events: tuple[EventEntry, ...]
    writes: tuple[WriteEntry, ...]
    last_written: datetime | None
    operator_actions: tuple[OperatorAction, ...]
    body: str | None
    """Of a subscriber's event."""
    status: int | None
    response: str | None


def dead_letter_details(
    engine: Engine, reader: Connection, ref: str, *, show_all: bool, parts: OperatedParts = WHOLE_ORGANISATION
) -> DeadLetterDetails | None:
    """The details of what a ref names, or ``None`` when it is no dead letter of these parts any more.

    ``reader`` is a connection that reads as the person who asks; ``show_all`` says that they see every measure.
    """
    with reading(engine) as connection:
        found = list_dead_letters(connection, ref, limit=1, parts=parts)
        if not found:
            return None
        one = found[0]
        acts = tuple(
            OperatorAction(row.at, row.actor, row.action, row.reason or "")
            for row in connection.execute(_OPERATOR_ACTIONS, {"subject": audit_subject(one), "most": MAX_ROWS})
        )
        if one.kind is DeadLetterKind.DELIVERY:
            return _of_delivery(one, connection, reader, acts)
        if one.kind is DeadLetterKind.PAPER:
            return _of_paper(one, acts)
        return _of_item(one, connection, reader, acts, everything=show_all)


def _of_item(
    one: DeadLetter, connection: Connection, reader: Connection, acts: tuple[OperatorAction, ...], *, everything: bool
) -> DeadLetterDetails:
    here = {"connection": one.connection, "item": one.native_id, "number": one.number, "most": MAX_ROWS}
    row = reader.execute(_ITEM, here).first()
    seen = everything or row is not None
    return DeadLetterDetails(
        one,
        seen,
        row.url if row else None,
        row.title if row else None,
        tuple(
            _event(each, seen=everything or sees_delivery(reader, one.connection, each.items))
            for each in connection.execute(_EVENTS, here)
        ),
        tuple(_write(each, seen=seen) for each in connection.execute(_WRITES, here)),
        connection.execute(_LAST_WRITTEN, here).scalar(),
        acts,
        None,
        None,
        None,
    )


def _of_paper(one: DeadLetter, acts: tuple[OperatorAction, ...]) -> DeadLetterDetails:
    """What it would say is made when it is sent: nothing of it is stored."""
    visible = True
    return DeadLetterDetails(one, visible, None, None, (), (), None, acts, None, None, None)


def _of_delivery(
    one: DeadLetter, connection: Connection, reader: Connection, acts: tuple[OperatorAction, ...]
) -> DeadLetterDetails:
    row = connection.execute(_DELIVERY, {"number": one.number}).one()
    measure = reader.execute(_MEASURE, {"measure": row.measure_id}).first()
    # An event about a connection is nobody's measure: whoever reads these pages may read it.
    seen = measure is not None or row.measure_id is None
    body = readable_body(row.body.encode()) if seen else None
    answer = (row.response or "")[:MAX_BODY_SHOWN] or None
    return DeadLetterDetails(
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


def _event(row: Row[Any], *, seen: bool) -> EventEntry:
    body = readable_body(decompress(bytes(row.content))) if seen and row.content else None
    return EventEntry(row.id, row.event, row.delivery_id, row.received_at, row.state, body)


def _write(row: Row[Any], *, seen: bool) -> WriteEntry:
    changes = tuple(_change(one) for one in row.changes) if seen else None
    return WriteEntry(row.id, row.state, row.reason, row.attempts, row.created_at, row.settled_at, changes)


def _change(one: Mapping[str, Json]) -> tuple[str, str, str]:
    return str(one.get("field", "")), _plain(one.get("present")), _plain(one.get("target"))


def _plain(value: Json) -> str:
    if isinstance(value, Mapping):
        value = next((part for name, part in value.items() if name != "type"), "")
    return "" if value is None else str(value)[:400]


def readable_body(body: bytes) -> str:
    """A body as somebody can read it: its beginning, in lines, with whatever is called a secret covered."""
    if len(body) <= MAX_PARSED_BYTES:
        try:
            written = json.dumps(_masked(json.loads(body)), ensure_ascii=False, indent=2)
        except ValueError:
            written = _SECRET_TEXT.sub(rf"\1{MASK}", body.decode("utf-8", "replace"))
    else:
        written = _SECRET_TEXT.sub(rf"\1{MASK}", body[: 4 * MAX_BODY_SHOWN].decode("utf-8", "replace"))
    if len(written) <= MAX_BODY_SHOWN:
        return written
    return f"{written[:MAX_BODY_SHOWN]}\n… cut off here: {len(body):,} bytes in all"


def _masked(value: Json) -> Json:
    if isinstance(value, dict):
        return {
            name: MASK if _SECRET.search(name) and not isinstance(part, dict | list) else _masked(part)
            for name, part in value.items()
        }
    return [_masked(part) for part in value] if isinstance(value, list) else value


_OPERATOR_ACTIONS = text("""
    SELECT at, actor, action, detail ->> 'reason' AS reason FROM audit
    WHERE subject = :subject
      AND action IN ('dead_letter.replayed', 'dead_letter.dropped', 'item.reassessed', 'write.dropped')
    ORDER BY id DESC LIMIT :most
""")
_ITEM = text("""
    SELECT w.url, m.title FROM work_item AS w
    LEFT JOIN measure AS m ON m.connection = w.connection AND m.native_id = w.native_id
    WHERE w.connection = :connection AND w.native_id = :item
""")
# The newest event, and those that wait or are dead letters with it: each of these has an index of its own.
_EVENTS = text("""
    SELECT i.id, i.event, i.delivery_id, i.received_at, i.state, b.body AS content,
           (SELECT array_agg(p.native_id) FROM inbox AS p
            WHERE p.connection = i.connection AND p.delivery_id = i.delivery_id) AS items
    FROM (
        SELECT id FROM inbox WHERE state = 'pending' AND connection = :connection AND native_id = :item
        UNION SELECT id FROM inbox WHERE state = 'dead_letter' AND connection = :connection AND native_id = :item
        UNION SELECT inbox_id FROM dirty_key WHERE connection = :connection AND native_id = :item
    ) AS n JOIN inbox AS i ON i.id = n.id
    LEFT JOIN inbox AS f ON f.connection = i.connection AND f.delivery_id = i.delivery_id AND f.item_index = 0
    LEFT JOIN inbox_body AS b ON b.inbox_id = f.id AND b.received_at = f.received_at
    ORDER BY i.id DESC LIMIT :most
""")
_WRITES = text("""
    SELECT id, state, reason, attempts, created_at, settled_at, changes FROM (
        SELECT * FROM outbox WHERE state = 'waiting' AND connection = :connection AND native_id = :item
        UNION ALL SELECT * FROM outbox WHERE state = 'dead_letter' AND connection = :connection AND native_id = :item
    ) AS o ORDER BY id DESC LIMIT :most
""")
_LAST_WRITTEN = text("SELECT max(written_at) FROM last_written WHERE connection = :connection AND native_id = :item")
_DELIVERY = text("SELECT measure_id, body, status, response FROM subscription_delivery WHERE id = :number")
_MEASURE = text("SELECT title FROM measure WHERE id = :measure")
