"""Inbox and outbox: events that came in and writes that go out; see also :mod:`.dead_letters`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field
from sqlalchemy import RowMapping

from connector.people.permissions import Action, TokenScope
from connector.store.database.reading import reading
from connector.store.database.tables import INBOX, OUTBOX
from connector.store.queue import dead_letters, traffic
from connector.store.queue.operated_parts import OperatedParts
from mapping.work_item import ConnectionName, NativeId
from webhook_server.api.known_filters import require_connections
from webhook_server.api.operation import ApiCall, Operation, PathParameter
from webhook_server.api.problem import Problem
from webhook_server.api.values import (
    NEWEST_FIRST,
    LongText,
    Model,
    Names,
    NumberSort,
    Page,
    PageQuery,
    ShortText,
    make_page,
    number_cursor,
)
from webhook_server.queue_access import queue_reader


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
    connection: Names = Field(default=[], description="Name of the connection to the tool; one of several.")
    state: list[InboxState] = Field(default=[], max_length=50, description="State; one of several.")
    sort: NumberSort = NEWEST_FIRST


class OutboxQuery(PageQuery):
    connection: Names = Field(default=[], description="Name of the connection to the tool; one of several.")
    state: list[OutboxState] = Field(default=[], max_length=50, description="State; one of several.")
    sort: NumberSort = NEWEST_FIRST


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
    body: str | None = Field(description="As received; null when its retention is over, and where not visible.")
    visible: bool = Field(description="Whether the caller sees the measure of every item that the event is about.")


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
    changes: list[dict[str, Any]] | None = Field(
        description="Per field the value read and the value to be written; null for callers who do not see the measure."
    )
    reply_comment: dict[str, Any] | None = Field(description="The reply comment that it writes, if any; as `changes`.")


class DropReason(Model):
    reason: LongText = Field(description="Why; the audit records it.")


class ReassessmentQueued(Model):
    """The item that will be reassessed."""

    connection: str
    native_id: str


class ReassessRequest(Model):
    connection: ShortText
    native_id: ShortText


def _sees(call: ApiCall, connection_name: str, items: Sequence[str | None]) -> bool:
    if call.viewer.sees_everything:
        return True
    with call.services.read_as(call.viewer) as reader:
        return traffic.sees_delivery(reader, connection_name, items)


def list_inbox(call: ApiCall) -> Page[EventModel]:
    query = call.query_as(InboxQuery)
    require_connections(call, query.connection)
    with queue_reader(call.services, call.viewer, INBOX) as (connection, listed):
        rows = traffic.list_events(
            connection,
            connections=query.connection,
            states=query.state,
            after=number_cursor(query.cursor),
            limit=query.limit + 1,
            oldest_first=query.sort is NumberSort.NUMBER,
            listed=listed,
        )
    return make_page([_event(row) for row in rows], query.limit, [(row["id"],) for row in rows])


def show_event(call: ApiCall) -> EventDetail:
    row = _event_row(call)
    visible = _sees(call, row["connection"], row["items"])
    content = row["content"] if visible else None
    return EventDetail(
        event=_event(row), body=bytes(content).decode("utf-8", "replace") if content else None, visible=visible
    )


def list_outbox(call: ApiCall) -> Page[WriteModel]:
    query = call.query_as(OutboxQuery)
    require_connections(call, query.connection)
    with queue_reader(call.services, call.viewer, OUTBOX) as (connection, listed):
        rows = traffic.list_writes(
            connection,
            connections=query.connection,
            states=query.state,
            after=number_cursor(query.cursor),
            limit=query.limit + 1,
            oldest_first=query.sort is NumberSort.NUMBER,
            listed=listed,
        )
    return make_page([_write(row) for row in rows], query.limit, [(row["id"],) for row in rows])


def show_write(call: ApiCall) -> WriteDetail:
    row = _row(call)
    if not _sees(call, row["connection"], [row["native_id"]]):
        return WriteDetail(write=_write(row), changes=None, reply_comment=None)
    return WriteDetail(write=_write(row), changes=row["changes"], reply_comment=row["reply_comment"])


def replay_event(call: ApiCall) -> ReassessmentQueued:
    row = _event_row(call)
    if row["native_id"] is None:
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
    row = _row(call)
    _require_operated(call, row["connection"], row["native_id"])
    number = row["id"]
    if not traffic.drop_write(call.services.engine, number, call.viewer.login, call.body_as(DropReason).reason):
        raise Problem(
            409, f"Write {number} is in progress or finished.", "Only writes that wait and dead letters can be dropped."
        )


def _event_row(call: ApiCall) -> Mapping[str, Any]:
    number = call.number_parameter("number")
    with queue_reader(call.services, call.viewer, INBOX) as (connection, listed):
        known = traffic.find_event(connection, number, listed=listed)
    if known is None:
        raise Problem(404, f"There is no event {number}.", "See the inbox.")
    # What the delivery is about in all: a reader is shown only those of its items that are theirs.
    with reading(call.services.engine) as connection:
        return {**known, "items": traffic.delivery_items(connection, number)}


def _row(call: ApiCall) -> RowMapping:
    number = call.number_parameter("number")
    with queue_reader(call.services, call.viewer, OUTBOX) as (connection, listed):
        row = traffic.find_write(connection, number, listed=listed)
    if row is None:
        raise Problem(404, f"There is no write {number}.", "See the outbox.")
    return row


def _require_operated(call: ApiCall, connection_name: str, native_id: str) -> None:
    """To see an item is not to run its part."""
    with reading(call.services.engine) as connection:
        if OperatedParts.of(call.viewer).contains(connection, connection_name, native_id):
            return
    raise Problem(
        404,
        f"There is no item {native_id} of {connection_name} in the part that you run.",
        "Ask an operator of the whole organisation.",
    )


def _queue_reassessment(call: ApiCall, connection: str, native_id: str) -> ReassessmentQueued:
    _require_operated(call, connection, native_id)
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
        scope=TokenScope.OPERATIONS_WRITE,
        action=Action.OPERATE,
        path_parameters=(parameter,),
    )


OPERATIONS = (
    Operation(
        "GET",
        "/inbox",
        TAG,
        "List events",
        list_inbox,
        Page[EventModel],
        query=InboxQuery,
        scope=TokenScope.OPERATIONS_READ,
    ),
    Operation(
        "GET",
        "/inbox/{number}",
        TAG,
        "Show an event with its body",
        show_event,
        EventDetail,
        path_parameters=(EVENT_PARAMETER,),
        scope=TokenScope.OPERATIONS_READ,
    ),
    _change("/inbox/{number}/replay", "Reassess the event's item", replay_event, ReassessmentQueued, EVENT_PARAMETER),
    Operation(
        "GET",
        "/outbox",
        TAG,
        "List writes",
        list_outbox,
        Page[WriteModel],
        query=OutboxQuery,
        scope=TokenScope.OPERATIONS_READ,
    ),
    Operation(
        "GET",
        "/outbox/{number}",
        TAG,
        "Show a write with its fields",
        show_write,
        WriteDetail,
        path_parameters=(WRITE_PARAMETER,),
        scope=TokenScope.OPERATIONS_READ,
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
        scope=TokenScope.OPERATIONS_WRITE,
        action=Action.OPERATE,
        problems={404: "There is no such connection."},
    ),
)
