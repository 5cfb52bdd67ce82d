"""Dead letters by cause: list, replay and drop, one entry or all of a cause."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from connector.bootstrap import system_clock
from connector.people.permissions import Action, TokenScope
from connector.store.queue import dead_letters
from connector.store.queue.dead_letters import DeadLetterKind
from connector.store.queue.operated_parts import OperatedParts
from webhook_server.api.operation import ApiCall, Operation
from webhook_server.api.problem import Problem
from webhook_server.api.values import Cursor, Limit, LongText, Model, Page, ShortText, from_cursor, make_page

KINDS = "item: could not be assessed; write: refused by the tool; delivery: an event that its receiver did not accept."


class DeadLetterModel(Model):
    ref: str = Field(description="Names the entry: `write/17`.")
    kind: DeadLetterKind = Field(description=KINDS)
    number: int
    connection: str = Field(description="The connection; for a delivery the subscription.")
    native_id: str
    key: str | None
    reason: str
    since: datetime
    attempts: int
    cause: str = Field(description="Id of its cause; see the list of causes.")


class DeadLetterQuery(Model):
    limit: Limit = 50
    cursor: Cursor | None = None
    cause: ShortText | None = None


class DeadLetterCause(Model):
    id: str
    kind: DeadLetterKind = Field(description=KINDS)
    connection: str
    normalized_reason: str = Field(description="The reason, with … in place of each id.")
    count: int
    first_at: datetime
    last_at: datetime


class DeadLetterCauseList(Model):
    items: list[DeadLetterCause]


class DeadLetterTarget(Model):
    target: ShortText = Field(description="The id of a cause, or the ref of one entry.", examples=["write/17"])


class DropRequest(DeadLetterTarget):
    reason: LongText = Field(description="Why it is dropped; the audit records it.")


class AffectedCount(Model):
    count: int = Field(description="How many entries were changed.")


def list_dead_letters(call: ApiCall) -> Page[DeadLetterModel]:
    query = call.query_as(DeadLetterQuery)
    after = from_cursor(query.cursor, str)
    with call.services.engine.connect() as connection:
        rows = dead_letters.list_dead_letters(
            connection,
            query.cause,
            after=str(after[0]) if after else "",
            limit=query.limit + 1,
            parts=OperatedParts.of(call.viewer),
        )
    items = [DeadLetterModel(**{name: getattr(row, name) for name in DeadLetterModel.model_fields}) for row in rows]
    return make_page(items, query.limit, [(row.ref,) for row in rows])


def list_causes(call: ApiCall) -> DeadLetterCauseList:
    with call.services.engine.connect() as connection:
        found = dead_letters.causes(connection, parts=OperatedParts.of(call.viewer))
    return DeadLetterCauseList(
        items=[
            DeadLetterCause(
                id=cause.id, kind=cause.kind, connection=cause.connection, normalized_reason=cause.reason,
                count=cause.count, first_at=cause.first_at, last_at=cause.last_at,
            )
            for cause in found
        ]
    )  # fmt: skip


def replay(call: ApiCall) -> AffectedCount:
    services, target = call.services, call.body_as(DeadLetterTarget).target
    parts = OperatedParts.of(call.viewer)
    count = dead_letters.replay(services.engine, services.waker, target, call.viewer.login, system_clock(), parts=parts)
    return _affected(target, count)


def drop(call: ApiCall) -> AffectedCount:
    sent = call.body_as(DropRequest)
    parts = OperatedParts.of(call.viewer)
    count = dead_letters.drop(call.services.engine, sent.target, call.viewer.login, sent.reason, parts=parts)
    return _affected(sent.target, count)


def _affected(target: str, count: int) -> AffectedCount:
    if not count:
        raise Problem(404, f"There are no dead letters of {target}.", "See the lists of causes and dead letters.")
    return AffectedCount(count=count)


TAG = "queues"
_NOT_FOUND = {404: "There is no such cause or dead letter."}

OPERATIONS = (
    Operation(
        "GET",
        "/dead-letters",
        TAG,
        "List dead letters",
        list_dead_letters,
        Page[DeadLetterModel],
        query=DeadLetterQuery,
        action=Action.OPERATE,
        description="Sorted by ref.",
        scope=TokenScope.OPERATIONS_READ,
    ),
    Operation(
        "GET",
        "/dead-letters/causes",
        TAG,
        "List causes of dead letters",
        list_causes,
        DeadLetterCauseList,
        action=Action.OPERATE,
        description="Reasons that differ only in ids are one cause; the most frequent first.",
        scope=TokenScope.OPERATIONS_READ,
    ),
    Operation(
        "POST",
        "/dead-letters/replay",
        TAG,
        "Replay dead letters",
        replay,
        AffectedCount,
        body=DeadLetterTarget,
        scope=TokenScope.OPERATIONS_WRITE,
        action=Action.OPERATE,
        problems=_NOT_FOUND,
        description="Items are read and assessed again, and differences are written; events are sent again.",
    ),
    Operation(
        "POST",
        "/dead-letters/drop",
        TAG,
        "Drop dead letters",
        drop,
        AffectedCount,
        body=DropRequest,
        scope=TokenScope.OPERATIONS_WRITE,
        action=Action.OPERATE,
        problems=_NOT_FOUND,
    ),
)
