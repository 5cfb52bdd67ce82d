"""What waits for the caller: the same list as the page My work."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from connector.bootstrap import MappingCache, system_clock
from connector.measures.my_work import waiting
from connector.people.my_work import MyWork, OpenTask, WorkKind
from connector.store.reporting.my_work import Place
from governance.measure import Role
from webhook_server.api.operation import Call, Operation
from webhook_server.api.problem import Problem
from webhook_server.api.values import Amount, Model, Paged, from_cursor, to_cursor


class WaitingThing(Model):
    """What one measure wants of the caller in one way."""

    measure: str
    key: str
    title: str | None
    url: str = Field(description="The item in its tool.")
    kind: WorkKind
    roles: list[Role] = Field(description="In which it is the caller's.")
    since: datetime
    sentences: list[str] = Field(description="Why, as the tool's blocker field says it.")
    codes: list[str]
    stage: str | None = Field(description="What an approval would name.")
    others: int = Field(description="Further blockers of the same gate that are not in here.")
    stake: Amount | None = Field(description="Net plan in the reporting currency.")
    amount: Amount | None = Field(description="Of a confirmation the net actual, of a reason what is missing.")


class WorkShare(Model):
    kind: WorkKind
    things: int
    oldest: datetime
    stake: Amount | None


class WorkPage(Model):
    """Sums are of everything that waits, whatever page is asked for."""

    total: int
    oldest: datetime | None
    stake: Amount | None = Field(description="Each measure is counted once.")
    shares: list[WorkShare]
    items: list[WaitingThing]
    next: str | None = Field(description="`cursor` of the next page; null on the last one.")


class WorkQuery(Paged):
    kind: WorkKind | None = None


def list_work(call: Call) -> WorkPage:
    query = call.asked(WorkQuery)
    mappings = MappingCache(call.services.mappings)
    found = waiting(
        call.services, mappings, call.viewer, system_clock(), kind=query.kind, after=place_of(query.cursor),
        limit=query.limit,
    )  # fmt: skip
    return WorkPage(
        total=found.total,
        oldest=found.oldest,
        stake=Amount.of(found.stake, found.currency or None),
        shares=[
            WorkShare(
                kind=kind, things=share.things, oldest=share.oldest,
                stake=Amount.of(share.stake, found.currency or None),
            )
            for kind, share in found.shares.items()
        ],
        items=[_thing(thing, found.currency or thing.currency) for thing in found.things],
        next=cursor_after(found),
    )  # fmt: skip


def place_of(cursor: str | None) -> Place | None:
    """Where a page begins.  Raises a problem when the cursor is none of ours."""
    parts = from_cursor(cursor, str, str, str)
    if parts is None:
        return None
    since, measure, kind = map(str, parts)
    try:
        at = datetime.fromisoformat(since)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Problem(422, "The query does not hold: cursor.", "Take `next` of the page before, as it is.")
    return Place(at, measure, kind)


def cursor_after(found: MyWork) -> str | None:
    """The cursor of the page after this one."""
    if not found.more:
        return None
    last = found.things[-1]
    return to_cursor(last.since.isoformat(), last.measure, last.kind.value)


def _thing(thing: OpenTask, currency: str | None) -> WaitingThing:
    same = ("measure", "key", "title", "url", "kind", "since", "others")
    return WaitingThing(
        roles=list(thing.roles),
        sentences=list(dict.fromkeys(reason.sentence for reason in thing.reasons)),
        codes=list(thing.codes),
        stage=thing.stage or None,
        stake=Amount.of(thing.stake, currency),
        amount=Amount.of(thing.amount, thing.currency),
        **{name: getattr(thing, name) for name in same},
    )


OPERATIONS = (
    Operation(
        "GET", "/work", "work", "List what waits for the caller", list_work, WorkPage, query=WorkQuery,
        about="Approvals, confirmations, reasons that were asked for, and blockers that are the caller's to clear: by "
        "the accounts of the tools that are linked to the token's person. The oldest comes first.",
    ),
)  # fmt: skip
