"""Dead letters by cause: list, replay and drop, one entry or all of a cause."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field
from sqlalchemy import Connection

from connector.bootstrap import system_clock
from connector.people.permissions import Action, TokenScope
from connector.store.database.reading import reading
from connector.store.queue import dead_letters
from connector.store.queue.dead_letters import DeadLetterFilter, DeadLetterKind, DeadLetterSort
from connector.store.queue.operated_parts import OperatedParts
from webhook_server.api.known_filters import raise_unknown, unknown
from webhook_server.api.operation import ApiCall, Operation
from webhook_server.api.problem import Problem
from webhook_server.api.values import (
    LongText,
    Model,
    Names,
    Page,
    PageQuery,
    ShortText,
    from_cursor,
    make_page,
    moment_of_cursor,
)

MOST_CAUSES = 10_000
"""Of which a value of a filter may be one."""
KINDS = (
    "item: could not be assessed; write: refused by the tool; delivery: an event that its receiver did not accept; "
    "paper: a copy that its recipient was not sent."
)


class DeadLetterModel(Model):
    ref: str = Field(description="Names the entry: `write/17`.")
    kind: DeadLetterKind = Field(description=KINDS)
    number: int
    connection: str = Field(description="The connection; for a delivery the subscription, for a paper its key.")
    native_id: str
    key: str | None
    reason: str
    since: datetime
    attempts: int
    cause: str = Field(description="Id of its cause; see the list of causes.")


class DeadLetterQuery(PageQuery):
    cause: Names = Field(default=[], description="Id of a cause, or the ref of an entry; one of several.")
    kind: list[DeadLetterKind] = Field(default=[], max_length=50, description=f"One of several. {KINDS}")
    connection: Names = Field(default=[], description="The connection, the subscription, or the paper; one of several.")
    sort: DeadLetterSort = Field(default=DeadLetterSort.REF, description="Order; with a minus the other way round.")


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
    wanted = DeadLetterFilter(query.cause, query.kind, query.connection)
    parts = OperatedParts.of(call.viewer)
    with reading(call.services.engine) as connection:
        rows = dead_letters.search_dead_letters(
            connection, wanted, sort=query.sort, after=_position(query), limit=query.limit + 1, parts=parts
        )
        if query.cause or query.connection:
            _require_known(connection, query, parts)
    items = [DeadLetterModel(**{name: getattr(row, name) for name in DeadLetterModel.model_fields}) for row in rows]
    ends = [(row.ref if query.sort.column == "ref" else row.since.isoformat(), row.ref) for row in rows]
    return make_page(items, query.limit, ends)


def _position(query: DeadLetterQuery) -> tuple[datetime | str, str] | None:
    parts = from_cursor(query.cursor, str, str)
    if parts is None:
        return None
    here = str(parts[0]) if query.sort.column == "ref" else moment_of_cursor(parts[0])
    return here, str(parts[1])


def _require_known(connection: Connection, query: DeadLetterQuery, parts: OperatedParts) -> None:
    """Raises Problem 422 for a cause or a connection that no dead letter has."""
    causes = dead_letters.causes(connection, limit=MOST_CAUSES, parts=parts)
    refs = [one for one in query.cause if "/" in one and _exists(connection, one, parts)]
    raise_unknown(
        [
            *unknown("cause", query.cause, lambda: [*(cause.id for cause in causes), *refs]),
            *unknown("connection", query.connection, lambda: sorted({cause.connection for cause in causes})),
        ]
    )


def _exists(connection: Connection, ref: str, parts: OperatedParts) -> bool:
    return bool(dead_letters.list_dead_letters(connection, ref, limit=1, parts=parts))


def list_causes(call: ApiCall) -> DeadLetterCauseList:
    with reading(call.services.engine) as connection:
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
