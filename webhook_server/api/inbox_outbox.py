"""Inbox and outbox; what is parked stands beside it (:mod:`.parked`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field
from sqlalchemy import RowMapping

from connector.people.permissions import Action, Scope
from connector.store.queue import dead_letters, traffic
from mapping.work_item import ConnectionName, NativeId
from webhook_server.api.operation import Call, Operation, Part
from webhook_server.api.problem import Problem
from webhook_server.api.values import Model, Page, Paged, Text, Word, number_after, page_of


class InboxState(StrEnum):
    PENDING = "pending"
    DONE = "done"
    SUPERSEDED = "superseded"
    IGNORED = "ignored"
    PARKED = "parked"


class OutboxState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    SUPERSEDED = "superseded"
    PARKED = "parked"


class InboxQuery(Paged):
    connection: Word | None = None
    state: InboxState | None = None


class OutboxQuery(Paged):
    connection: Word | None = None
    state: OutboxState | None = None


class EventModel(Model):
    number: int
    connection: str
    delivery_id: str = Field(description="The sender's own id of the event.")
    part: int
    event: str
    native_id: str | None
    state: InboxState
    reason: str | None
    received_at: datetime
    settled_at: datetime | None


class EventWhole(Model):
    event: EventModel
    body: str | None = Field(description="As it came; null when its days (GATEPOST_BODY_DAYS) are over.")


class WriteModel(Model):
    number: int
    connection: str
    native_id: str
    key: str
    state: OutboxState
    reason: str | None
    attempts: int
    created_at: datetime
    due_at: datetime
    settled_at: datetime | None


class WriteWhole(Model):
    write: WriteModel
    changes: list[dict[str, Any]] = Field(description="Per field what it showed, and what it is to show.")
    answer: dict[str, Any] | None = Field(description="The comment that it writes, if it writes one.")


class Because(Model):
    reason: Text = Field(description="Why; it stands in the audit.")


class Again(Model):
    """The item that will be looked at."""

    connection: str
    native_id: str


class LookAgain(Model):
    connection: Word
    native_id: Word


def list_inbox(call: Call) -> Page[EventModel]:
    query = call.asked(InboxQuery)
    with call.services.reading(call.viewer) as connection:
        rows = traffic.inbox(
            connection, of=query.connection, state=query.state, before=number_after(query.cursor), limit=query.limit + 1
        )
    return page_of([_event(row) for row in rows], query.limit, [(row["id"],) for row in rows])


def show_event(call: Call) -> EventWhole:
    with call.services.reading(call.viewer) as connection:
        row = traffic.event(connection, call.number("number"))
    if row is None:
        raise Problem(404, f"There is no event {call.number('number')}.", "Numbers stand in the inbox.")
    content = row["content"]
    return EventWhole(event=_event(row), body=bytes(content).decode("utf-8", "replace") if content else None)


def list_outbox(call: Call) -> Page[WriteModel]:
    query = call.asked(OutboxQuery)
    with call.services.reading(call.viewer) as connection:
        rows = traffic.outbox(
            connection, of=query.connection, state=query.state, before=number_after(query.cursor), limit=query.limit + 1
        )
    return page_of([_write(row) for row in rows], query.limit, [(row["id"],) for row in rows])


def show_write(call: Call) -> WriteWhole:
    row = _row(call)
    return WriteWhole(write=_write(row), changes=row["changes"], answer=row["answer"])


def replay_event(call: Call) -> Again:
    with call.services.reading(call.viewer) as connection:
        row = traffic.event(connection, call.number("number"))
    if row is None or row["native_id"] is None:
        raise Problem(404, f"There is no event {call.number('number')} of an item.", "Numbers stand in the inbox.")
    return _again(call, row["connection"], row["native_id"])


def replay_write(call: Call) -> Again:
    row = _row(call)
    return _again(call, row["connection"], row["native_id"])


def look_again(call: Call) -> Again:
    sent = call.sent(LookAgain)
    if call.services.connections.get(sent.connection) is None:
        raise Problem(404, f'There is no connection "{sent.connection}".', "They stand in the list of connections.")
    return _again(call, sent.connection, sent.native_id)


def drop_write(call: Call) -> None:
    number = _row(call)["id"]
    if not traffic.drop(call.services.engine, number, call.viewer.login, call.sent(Because).reason):
        raise Problem(
            409, f"Write {number} is being made, or has ended.", "Only what waits or is parked can be dropped."
        )


def _row(call: Call) -> RowMapping:
    with call.services.reading(call.viewer) as connection:
        row = traffic.write(connection, call.number("number"))
    if row is None:
        raise Problem(404, f"There is no write {call.number('number')}.", "Numbers stand in the outbox.")
    return row


def _again(call: Call, connection: str, native_id: str) -> Again:
    here = call.services
    dead_letters.look_again(here.engine, here.waker, ConnectionName(connection), NativeId(native_id), call.viewer.login)
    return Again(connection=connection, native_id=native_id)


def _event(row: RowMapping | Mapping[str, Any]) -> EventModel:
    return EventModel(number=row["id"], **{name: row[name] for name in EventModel.model_fields if name != "number"})


def _write(row: RowMapping) -> WriteModel:
    return WriteModel(number=row["id"], **{name: row[name] for name in WriteModel.model_fields if name != "number"})


TAG = "traffic"
EVENT, WRITE = Part("number", "an event's number", int), Part("number", "a write's number", int)


def _change(path: str, summary: str, run: Any, answer: Any, part: Part) -> Operation:
    return Operation("POST", path, TAG, summary, run, answer, scope=Scope.ADMIN, action=Action.OPERATE, parts=(part,))


OPERATIONS = (
    Operation("GET", "/inbox", TAG, "List events", list_inbox, Page[EventModel], query=InboxQuery),
    Operation("GET", "/inbox/{number}", TAG, "Show an event with its body", show_event, EventWhole, parts=(EVENT,)),
    _change("/inbox/{number}/replay", "Look at the event's item again", replay_event, Again, EVENT),
    Operation("GET", "/outbox", TAG, "List writes", list_outbox, Page[WriteModel], query=OutboxQuery),
    Operation("GET", "/outbox/{number}", TAG, "Show a write with its fields", show_write, WriteWhole, parts=(WRITE,)),
    _change("/outbox/{number}/replay", "Look at the write's item again", replay_write, Again, WRITE),
    replace(_change("/outbox/{number}/drop", "Give a write up", drop_write, None, WRITE), body=Because),
    Operation(
        "POST", "/look-again", TAG, "Look at an item now", look_again, Again, body=LookAgain, scope=Scope.ADMIN,
        action=Action.OPERATE, problems={404: "There is no such connection."},
    ),
)  # fmt: skip
