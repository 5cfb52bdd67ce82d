"""Inbox and outbox: events that came in and writes that go out; see also :mod:`.dead_letters`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field
from sqlalchemy import RowMapping

from connector.people.permissions import Action, TokenScope
from connector.store.queue import dead_letters, traffic
from mapping.work_item import ConnectionName, NativeId
from webhook_server.api.operation import ApiCall, Operation, PathParameter
from webhook_server.api.problem import Problem
from webhook_server.api.values import LongText, Model, Page, PageQuery, ShortText, make_page, number_cursor


class InboxState(StrEnum):
    PENDING = "pending"
    DONE = "done"
    SUPERSEDED = "superseded"
    IGNORED = "ignored"
    DEAD_LETTER = "dead_letter"


class OutboxState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    SUPERSEDED = "superseded"
    DEAD_LETTER = "dead_letter"


class InboxQuery(PageQuery):
    connection: ShortText | None = None
    state: InboxState | None = None


class OutboxQuery(PageQuery):
    connection: ShortText | None = None
    state: OutboxState | None = None


class EventModel(Model):
    number: int
    connection: str
    delivery_id: str = Field(description="The sender's id of the event.")
    item_index: int = Field(description="Which item of the event this is, from 0.")
    event: str
    native_id: str | None
    state: InboxState
    reason: str | None
    received_at: datetime
    settled_at: datetime | None


class EventDetail(Model):
    event: EventModel
    body: str | None = Field(description="As received; null after GATEPOST_EVENT_BODY_DAYS.")


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


class WriteDetail(Model):
    write: WriteModel
    changes: list[dict[str, Any]] = Field(description="Per field the value read and the value to be written.")
    reply_comment: dict[str, Any] | None = Field(description="The reply comment that it writes, if any.")


class DropReason(Model):
    reason: LongText = Field(description="Why; the audit records it.")


class ReassessmentQueued(Model):
    """The item that will be reassessed."""

    connection: str
    native_id: str


class ReassessRequest(Model):
    connection: ShortText
    native_id: ShortText


def list_inbox(call: ApiCall) -> Page[EventModel]:
    query = call.query_as(InboxQuery)
    with call.services.read_as(call.viewer) as connection:
        rows = traffic.list_events(
            connection,
            connection_name=query.connection,
            state=query.state,
            before=number_cursor(query.cursor),
            limit=query.limit + 1,
        )
    return make_page([_event(row) for row in rows], query.limit, [(row["id"],) for row in rows])


def show_event(call: ApiCall) -> EventDetail:
    with call.services.read_as(call.viewer) as connection:
        row = traffic.find_event(connection, call.number_parameter("number"))
    if row is None:
        raise Problem(404, f"There is no event {call.number_parameter('number')}.", "See the inbox.")
    content = row["content"]
    return EventDetail(event=_event(row), body=bytes(content).decode("utf-8", "replace") if content else None)


def list_outbox(call: ApiCall) -> Page[WriteModel]:
    query = call.query_as(OutboxQuery)
    with call.services.read_as(call.viewer) as connection:
        rows = traffic.list_writes(
            connection,
            connection_name=query.connection,
            state=query.state,
            before=number_cursor(query.cursor),
            limit=query.limit + 1,
        )
    return make_page([_write(row) for row in rows], query.limit, [(row["id"],) for row in rows])


def show_write(call: ApiCall) -> WriteDetail:
    row = _row(call)
    return WriteDetail(write=_write(row), changes=row["changes"], reply_comment=row["reply_comment"])


def replay_event(call: ApiCall) -> ReassessmentQueued:
    with call.services.read_as(call.viewer) as connection:
        row = traffic.find_event(connection, call.number_parameter("number"))
    if row is None or row["native_id"] is None:
        raise Problem(404, f"There is no event {call.number_parameter('number')} of an item.", "See the inbox.")
    return _queue_reassessment(call, row["connection"], row["native_id"])


def replay_write(call: ApiCall) -> ReassessmentQueued:
    row = _row(call)
    return _queue_reassessment(call, row["connection"], row["native_id"])


def reassess_item(call: ApiCall) -> ReassessmentQueued:
    sent = call.body_as(ReassessRequest)
    if call.services.connections.get(sent.connection) is None:
        raise Problem(404, f'There is no connection "{sent.connection}".', "See the list of connections.")
    return _queue_reassessment(call, sent.connection, sent.native_id)


def drop_write(call: ApiCall) -> None:
    number = _row(call)["id"]
    if not traffic.drop_write(call.services.engine, number, call.viewer.login, call.body_as(DropReason).reason):
        raise Problem(
            409, f"Write {number} is in progress or finished.", "Only writes that wait and dead letters can be dropped."
        )


def _row(call: ApiCall) -> RowMapping:
    with call.services.read_as(call.viewer) as connection:
        row = traffic.find_write(connection, call.number_parameter("number"))
    if row is None:
        raise Problem(404, f"There is no write {call.number_parameter('number')}.", "See the outbox.")
    return row


def _queue_reassessment(call: ApiCall, connection: str, native_id: str) -> ReassessmentQueued:
    services = call.services
    dead_letters.reassess_item(
        services.engine, services.waker, ConnectionName(connection), NativeId(native_id), call.viewer.login
    )
    return ReassessmentQueued(connection=connection, native_id=native_id)


def _event(row: RowMapping | Mapping[str, Any]) -> EventModel:
    return EventModel(number=row["id"], **{name: row[name] for name in EventModel.model_fields if name != "number"})


def _write(row: RowMapping) -> WriteModel:
    return WriteModel(number=row["id"], **{name: row[name] for name in WriteModel.model_fields if name != "number"})


TAG = "queues"
EVENT_PARAMETER, WRITE_PARAMETER = (
    PathParameter("number", "an event's number", int),
    PathParameter("number", "a write's number", int),
)


def _change(path: str, summary: str, run: Any, response: Any, parameter: PathParameter) -> Operation:
    return Operation(
        "POST",
        path,
        TAG,
        summary,
        run,
        response,
        scope=TokenScope.ADMIN,
        action=Action.OPERATE,
        path_parameters=(parameter,),
    )


OPERATIONS = (
    Operation("GET", "/inbox", TAG, "List events", list_inbox, Page[EventModel], query=InboxQuery),
    Operation(
        "GET",
        "/inbox/{number}",
        TAG,
        "Show an event with its body",
        show_event,
        EventDetail,
        path_parameters=(EVENT_PARAMETER,),
    ),
    _change("/inbox/{number}/replay", "Reassess the event's item", replay_event, ReassessmentQueued, EVENT_PARAMETER),
    Operation("GET", "/outbox", TAG, "List writes", list_outbox, Page[WriteModel], query=OutboxQuery),
    Operation(
        "GET",
        "/outbox/{number}",
        TAG,
        "Show a write with its fields",
        show_write,
        WriteDetail,
        path_parameters=(WRITE_PARAMETER,),
    ),
    _change("/outbox/{number}/replay", "Reassess the write's item", replay_write, ReassessmentQueued, WRITE_PARAMETER),
    replace(_change("/outbox/{number}/drop", "Drop a write", drop_write, None, WRITE_PARAMETER), body=DropReason),
    Operation(
        "POST",
        "/reassess",
        TAG,
        "Reassess an item now",
        reassess_item,
        ReassessmentQueued,
        body=ReassessRequest,
        scope=TokenScope.ADMIN,
        action=Action.OPERATE,
        problems={404: "There is no such connection."},
    ),
)
