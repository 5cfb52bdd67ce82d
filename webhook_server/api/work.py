"""Open tasks of the caller: the same list as the page My work."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from connector.bootstrap import MappingCache, system_clock
from connector.measures.my_work import my_work_of
from connector.people.my_work import MyWork, OpenTask, WorkKind
from connector.people.permissions import TokenScope
from connector.store.reporting.my_work import PageStart
from webhook_server.api.operation import ApiCall, Operation
from webhook_server.api.values import Amount, Model, PageQuery, from_cursor, moment_of_cursor, to_cursor


class PendingActionModel(Model):
    """What one measure needs from the caller, of one kind."""

    measure: str
    key: str
    title: str | None
    url: str = Field(description="The item in its tool.")
    kind: WorkKind
    roles: list[str] = Field(description="Keys of the roles of the measure that the caller has.")
    since: datetime
    sentences: list[str] = Field(description="Why, as in the tool's field with the blockers.")
    codes: list[str]
    stage: str | None = Field(description="The stage that an approval would name.")
    other_blockers: int = Field(description="Further blockers of the same gate that are not in this entry.")
    plan_amount: Amount | None = Field(description="Net plan in the reporting currency.")
    amount: Amount | None = Field(description="For a confirmation what nobody has signed, for a reason the shortfall.")


class KindSummaryModel(Model):
    kind: WorkKind
    count: int
    oldest: datetime
    plan_amount: Amount | None


class MyWorkPage(Model):
    """Sums cover all open tasks, whichever page is requested."""

    total: int
    oldest: datetime | None
    plan_amount: Amount | None = Field(description="Each measure counts once.")
    by_kind: list[KindSummaryModel]
    items: list[PendingActionModel]
    next: str | None = Field(description="`cursor` of the next page; null on the last one.")


class WorkQuery(PageQuery):
    kind: list[WorkKind] = Field(default=[], max_length=50, description="Kind of task; one of several.")


def list_work(call: ApiCall) -> MyWorkPage:
    query = call.query_as(WorkQuery)
    mappings = MappingCache(call.services.mappings)
    work = my_work_of(
        call.services, mappings, call.viewer, system_clock(), kinds=query.kind, after=page_start(query.cursor),
        limit=query.limit,
    )  # fmt: skip
    return MyWorkPage(
        total=work.total,
        oldest=work.oldest,
        plan_amount=Amount.of(work.plan_amount, work.currency or None),
        by_kind=[
            KindSummaryModel(
                kind=kind, count=group.count, oldest=group.oldest,
                plan_amount=Amount.of(group.plan_amount, work.currency or None),
            )
            for kind, group in work.groups.items()
        ],
        items=[_pending_action(task, work.currency or task.currency) for task in work.tasks],
        next=cursor_after(work),
    )  # fmt: skip


def page_start(cursor: str | None) -> PageStart | None:
    """Where a page starts.  Raises Problem when the cursor is not valid."""
    parts = from_cursor(cursor, str, str, str)
    if parts is None:
        return None
    since, measure, kind = map(str, parts)
    return PageStart(moment_of_cursor(since), measure, kind)


def cursor_after(work: MyWork) -> str | None:
    """The cursor of the page after this one."""
    if not work.more:
        return None
    last = work.tasks[-1]
    return to_cursor(last.since.isoformat(), last.measure, last.kind.value)


def _pending_action(task: OpenTask, currency: str | None) -> PendingActionModel:
    same = ("measure", "key", "title", "url", "kind", "since")
    return PendingActionModel(
        roles=list(task.roles),
        sentences=list(dict.fromkeys(reason.sentence for reason in task.reasons)),
        codes=list(task.codes),
        stage=task.stage or None,
        other_blockers=task.other_open_conditions,
        plan_amount=Amount.of(task.plan_amount, currency),
        amount=Amount.of(task.amount, task.currency),
        **{name: getattr(task, name) for name in same},
    )


OPERATIONS = (
    Operation(
        "GET",
        "/work",
        "work",
        "List open tasks of the caller",
        list_work,
        MyWorkPage,
        query=WorkQuery,
        problems={409: "The active mapping is not valid."},
        description="Approvals, confirmations, requested reasons, and blockers that the caller has to clear, by the "
        "accounts of the tools that are linked to the token's person. The oldest comes first.",
        scope=TokenScope.MEASURES_READ,
    ),
)
