"""What is not tried any more, by cause; tried again or given up, one thing or all of a cause."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from connector.bootstrap import system_clock
from connector.people.permissions import Action, Scope
from connector.store.queue import dead_letters
from connector.store.queue.dead_letters import Kind
from webhook_server.api.operation import Call, Operation
from webhook_server.api.problem import Problem
from webhook_server.api.values import Cursor, Limit, Model, Page, Text, Word, from_cursor, page_of

KINDS = "key: an item that could not be judged; outbox: a write that was not taken; delivery: an event not taken."


class StuckModel(Model):
    ref: str = Field(description="Names it: `outbox/17`.")
    kind: Kind = Field(description=KINDS)
    number: int
    connection: str = Field(description="The connection; of an event the subscription.")
    native_id: str
    key: str | None
    reason: str
    since: datetime
    attempts: int
    cause: str = Field(description="What it has in common with others: see the list of causes.")


class StuckQuery(Model):
    limit: Limit = 50
    cursor: Cursor | None = None
    cause: Word | None = None


class CauseModel(Model):
    id: str
    kind: Kind = Field(description=KINDS)
    connection: str
    told: str = Field(description="The reason, with … in the place of each id.")
    count: int
    first: datetime
    last: datetime


class CauseList(Model):
    items: list[CauseModel]


class Target(Model):
    target: Word = Field(description="The id of a cause, or the ref of one thing.", examples=["outbox/17"])


class DropTarget(Target):
    reason: Text = Field(description="Why it is given up; it stands in the audit.")


class Count(Model):
    count: int = Field(description="How many things that were.")


def list_parked(call: Call) -> Page[StuckModel]:
    query = call.asked(StuckQuery)
    after = from_cursor(query.cursor, str)
    with call.services.engine.connect() as connection:
        rows = dead_letters.parked(connection, query.cause, after=str(after[0]) if after else "", limit=query.limit + 1)
    items = [StuckModel(**{name: getattr(row, name) for name in StuckModel.model_fields}) for row in rows]
    return page_of(items, query.limit, [(row.ref,) for row in rows])


def list_causes(call: Call) -> CauseList:
    with call.services.engine.connect() as connection:
        found = dead_letters.causes(connection)
    return CauseList(
        items=[CauseModel(**{name: getattr(one, name) for name in CauseModel.model_fields}) for one in found]
    )


def replay(call: Call) -> Count:
    here, target = call.services, call.sent(Target).target
    return _counted(target, dead_letters.replay(here.engine, here.waker, target, call.viewer.login, system_clock()))


def drop(call: Call) -> Count:
    sent = call.sent(DropTarget)
    return _counted(sent.target, dead_letters.drop(call.services.engine, sent.target, call.viewer.login, sent.reason))


def _counted(target: str, count: int) -> Count:
    if not count:
        raise Problem(404, f"Nothing is parked as {target}.", "Causes and refs stand in the lists of what is parked.")
    return Count(count=count)


TAG = "traffic"
_NOTHING = {404: "Nothing is parked under this name."}

OPERATIONS = (
    Operation(
        "GET", "/parked", TAG, "List what is not tried any more", list_parked, Page[StuckModel], query=StuckQuery,
        action=Action.OPERATE, about="In the order of its ref.",
    ),
    Operation(
        "GET", "/parked/causes", TAG, "List why things are parked", list_causes, CauseList, action=Action.OPERATE,
        about="Reasons that are the same apart from ids are one cause; the greatest comes first.",
    ),
    Operation(
        "POST", "/parked/replay", TAG, "Try again what is parked", replay, Count, body=Target, scope=Scope.ADMIN,
        action=Action.OPERATE, problems=_NOTHING,
        about="Items are read and judged anew, and what differs then is written; events are sent again.",
    ),
    Operation(
        "POST", "/parked/drop", TAG, "Give up what is parked", drop, Count, body=DropTarget, scope=Scope.ADMIN,
        action=Action.OPERATE, problems=_NOTHING,
    ),
)  # fmt: skip
