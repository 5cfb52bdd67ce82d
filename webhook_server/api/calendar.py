"""Papers of the reporting calendar: what is due, a preview, pausing, sending now, and what was sent."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from pydantic import Field

from connector.bootstrap import MappingCache, system_clock
from connector.papers.calendar.detail import SentIssue, detail_of, history_of, unreported_count
from connector.papers.calendar.paper import file_names
from connector.papers.calendar.state import PaperState, calendar_of
from connector.papers.report import NoFigures
from connector.people.permissions import TokenScope
from connector.runtime.paper_sending import paper_desk
from connector.store.notifications.papers import Copy, Papers
from connector.sync.active_mapping import ActiveMapping
from governance.reporting_calendar import Cadence, IssueState
from mapping.calendar_config import PaperKind
from webhook_server.api.operation import ApiCall, Operation, PathParameter
from webhook_server.api.problem import Problem
from webhook_server.api.values import (
    NEWEST_FIRST,
    LongText,
    Model,
    NumberSort,
    Page,
    PageQuery,
    number_cursor,
    to_cursor,
)
from webhook_server.paper_access import NoSuchPaper, NotTheirs, copy_run_by, paper_named, run_by


class PaperModel(Model):
    key: str = Field(description="Its key in the mapping.", examples=["monthly-pack"])
    name: str
    kind: PaperKind = Field(description="What it says.")
    every: Cadence = Field(description="How often it comes.")
    owner: str = Field(description="Login of whoever answers for it.", examples=["office@acme.example"])
    portfolio: str | None = Field(description="The part that it is about; null is everything.")
    program: str | None
    legal_entity: str | None
    time_zone: str = Field(description="Whose wall clock its dates mean.", examples=["Europe/Berlin"])
    cut_off_rule: str = Field(description="In words.", examples=["working day 3 after it, 18:00"])
    send_rule: str = Field(description="In words.", examples=["working day 5 after it, 08:00"])
    period: str = Field(description="Of the issue that is to be sent next.", examples=["2026-11"])
    cut_off: datetime = Field(description="Until when is reported for it; its figures are those of then.")
    due_at: datetime = Field(description="When it is sent.")
    state: IssueState = Field(description="Of that issue, or of the one before while it is sent or has failed.")
    paused_at: datetime | None = Field(description="Since when it is paused; null while it is not.")
    paused_by: str | None
    paused_reason: str | None
    measures: int = Field(description="Open measures of its part that the caller sees.")
    not_reported: int = Field(description="Of them those that nobody has reported on since the period began.")
    last_period: str | None = Field(description="Of the newest issue that the calendar made; null before the first.")
    last_state: IssueState | None
    runs: bool = Field(description="Whether the caller may pause it, send it and see every copy.")
    receives: bool = Field(description="Whether the caller is among its recipients now.")


class PaperList(Model):
    items: list[PaperModel]


class NotReportedModel(Model):
    measure: str
    key: str
    title: str
    owner: str
    last_report_at: datetime | None = Field(description="Null where none is known.")


class PaperRecipient(Model):
    login: str = Field(description="Of a person at Gatepost.", examples=["weber@acme.example"])
    name: str


class PaperDetailModel(Model):
    paper: PaperModel
    not_reported: list[NotReportedModel] = Field(description="The longest ago first, at most 50.")
    open: list[str] = Field(description="What is open for the close of the period's month, in words; at most 50.")
    open_decisions: int = Field(description="Decisions of meetings that nobody has given yet.")
    recipients: list[PaperRecipient] = Field(description="Who would receive it now; only for those who run it.")
    unknown_people: list[str] = Field(description="Logins in the calendar behind which there is no active person.")


class PaperPreview(Model):
    title: str = Field(description="Subject of the message.")
    body: str = Field(description="The message, as the caller would be sent it now.")
    files: list[str] = Field(description="Names of the files that come with it.", examples=[["committee-2026-11.pptx"]])
    nothing: str = Field(description="Why nothing would be sent; empty where something would.")


class PauseRequest(Model):
    reason: LongText = Field(description="Why nothing more of it is sent.")


class SentDocumentModel(Model):
    name: str = Field(examples=["committee-2026-11.pptx"])
    sha256: str = Field(description="Of its bytes as they were sent, in hexadecimal digits.")
    size: int = Field(description="Bytes.")
    attached: bool = Field(description="False where the message links to the report instead.")


class PaperCopyModel(Model):
    number: int
    login: str = Field(description="The recipient's.", examples=["weber@acme.example"])
    name: str
    state: str = Field(
        description="`waiting`, `sending`, `sent`, `nothing` to send, `withheld` because the role was lost, "
        "`dead_letter`, `dropped`.",
        examples=["sent"],
    )
    reason: str | None
    attempts: int
    due_at: datetime = Field(description="When it is tried next, or was due.")
    attempted_at: datetime | None
    settled_at: datetime | None
    address: str | None = Field(description="Where it went, without what is secret in it.")
    title: str | None = Field(description="Subject of the message as it was sent.")
    text_sha256: str | None = Field(description="Of the message as it was sent: subject, an empty line, body.")
    documents: list[SentDocumentModel]


class PaperIssueModel(Model):
    number: int
    period: str = Field(examples=["2026-11"])
    state: IssueState
    cut_off: datetime
    due_at: datetime
    made_at: datetime
    report: str | None = Field(description="Number of its report: whose moment its figures are of.")
    by_hand: bool = Field(description="Whether somebody had it sent in addition to the calendar.")
    requested_by: str | None
    missed: bool = Field(description="Whether a later one was sent in its place, after an outage or a pause.")
    copies: list[PaperCopyModel] = Field(description="All of them for who runs the paper; for others their own.")


class PaperIssuePage(Page[PaperIssueModel]):
    pass


class PaperIssuesQuery(PageQuery):
    sort: NumberSort = NEWEST_FIRST


class MadeIssue(Model):
    number: int = Field(description="Of the issue.")
    period: str = Field(examples=["2026-11"])
    copies: int = Field(description="How many people it is for.")


def list_papers(call: ApiCall) -> PaperList:
    active = _active(call)
    found = calendar_of(call.services, active, call.viewer, system_clock())
    return PaperList(items=[_paper(call, active, one) for one in found if active is not None])


def get_paper(call: ApiCall) -> PaperDetailModel:
    active, state = _named(call)
    detail = detail_of(call.services, active, call.viewer, state)
    return PaperDetailModel(
        paper=_paper(call, active, state),
        not_reported=[
            NotReportedModel(measure=one.id, key=one.key, title=one.title, owner=one.owner, last_report_at=one.last)
            for one in detail.unreported.rows
        ],
        open=list(detail.open_lines),
        open_decisions=detail.open_decisions,
        recipients=[PaperRecipient(login=one.login, name=one.name) for one in detail.recipients],
        unknown_people=list(detail.unknown),
    )


def preview_paper(call: ApiCall) -> PaperPreview:
    _, state = _named(call)
    desk = paper_desk(call.services, MappingCache(call.services.mappings), system_clock)
    try:
        made = desk.preview(state.paper, call.viewer, call.viewer.login)
    except NoFigures as error:
        raise Problem(409, "There are no figures yet.", str(error)) from None
    period = state.paper.schedule.next_due(system_clock()).period.label
    files = [] if made.nothing else list(file_names(state.paper.kind, period))
    return PaperPreview(title=made.title, body=made.body, files=files, nothing=made.nothing)


def pause_paper(call: ApiCall) -> PaperModel:
    active, state = _run(call)
    reason = call.body_as(PauseRequest).reason
    Papers(call.services.engine).pause(state.paper, call.viewer.login, reason, system_clock())
    return _paper(call, active, _named(call)[1])


def resume_paper(call: ApiCall) -> PaperModel:
    active, state = _run(call)
    Papers(call.services.engine).resume(state.paper.key, call.viewer.login)
    return _paper(call, active, _named(call)[1])


def send_paper(call: ApiCall) -> MadeIssue:
    _, state = _run(call)
    desk = paper_desk(call.services, MappingCache(call.services.mappings), system_clock)
    try:
        number = desk.send_now(state.paper, f"api-{uuid4().hex}", call.viewer.login)
    except NoFigures as error:
        raise Problem(409, "There are no figures yet.", str(error)) from None
    store = Papers(call.services.engine)
    period = state.paper.schedule.next_due(system_clock()).period.label
    return MadeIssue(number=number or 0, period=period, copies=len(store.copies([number or 0])))


def list_issues(call: ApiCall) -> PaperIssuePage:
    _, state = _named(call)
    query = call.query_as(PaperIssuesQuery)
    found = history_of(
        call.services,
        call.viewer,
        state,
        after=number_cursor(query.cursor),
        limit=query.limit + 1,
        oldest_first=query.sort is NumberSort.NUMBER,
    )
    shown = found[: query.limit]
    following = to_cursor(shown[-1].issue.id) if len(found) > query.limit else None
    return PaperIssuePage(items=[_issue(one) for one in shown], next=following)


def send_copy_again(call: ApiCall) -> PaperCopyModel:
    store, now = Papers(call.services.engine), system_clock()
    try:
        named = copy_run_by(call.services, _active(call), call.viewer, call.number_parameter("number"), now)
    except NoSuchPaper as error:
        raise Problem(404, str(error.description), "`GET /papers/{paper}/issues` lists the copies.") from None
    except NotTheirs as error:
        raise Problem(403, str(error.description), "Ask one of them.") from None
    if not store.send_again(named.copy.id, call.viewer.login, now):
        raise Problem(409, "The copy is no dead letter.", "Only what was given up is sent again.")
    found = store.copy(named.copy.id)
    return _copy(found[0] if found is not None else named.copy)


def _active(call: ApiCall) -> ActiveMapping | None:
    return MappingCache(call.services.mappings).active()


def _named(call: ApiCall) -> tuple[ActiveMapping, PaperState]:
    active = _active(call)
    try:
        state = paper_named(call.services, active, call.viewer, call.text_parameter("paper"), system_clock())
    except NoSuchPaper as error:
        raise Problem(404, str(error.description), "`GET /papers` lists those that you may know of.") from None
    if active is None:
        raise Problem(404, "There is no calendar yet.", "Activate a mapping with one.")
    return active, state


def _run(call: ApiCall) -> tuple[ActiveMapping, PaperState]:
    active, state = _named(call)
    try:
        run_by(call.services, active, call.viewer, state.paper.key, system_clock())
    except NotTheirs as error:
        raise Problem(403, str(error.description), "Ask one of them.") from None
    return active, state


def _paper(call: ApiCall, active: ActiveMapping, one: PaperState) -> PaperModel:
    count = unreported_count(call.services, active, call.viewer, one)
    paper, schedule, row = one.paper, one.paper.schedule, one.row
    return PaperModel(
        key=paper.key,
        name=paper.name,
        kind=paper.kind,
        every=schedule.cadence,
        owner=paper.owner,
        portfolio=paper.part.portfolio,
        program=paper.part.program,
        legal_entity=paper.part.legal_entity,
        time_zone=str(schedule.zone),
        cut_off_rule=schedule.cut_off.text,
        send_rule=schedule.send.text,
        period=one.dates.period.label,
        cut_off=one.dates.cut_off,
        due_at=one.dates.due,
        state=one.state,
        paused_at=row.paused_at if row is not None else None,
        paused_by=row.paused_by if row is not None else None,
        paused_reason=row.paused_reason if row is not None else None,
        measures=count.measures,
        not_reported=count.unreported,
        last_period=one.last.period if one.last is not None else None,
        last_state=one.last_state,
        runs=one.runs,
        receives=one.receives,
    )


def _issue(one: SentIssue) -> PaperIssueModel:
    issue = one.issue
    return PaperIssueModel(
        number=issue.id,
        period=issue.period,
        state=one.state,
        cut_off=issue.cut_off,
        due_at=issue.due_at,
        made_at=issue.made_at,
        report=issue.report_id,
        by_hand=issue.is_by_hand,
        requested_by=issue.requested_by,
        missed=issue.missed,
        copies=[_copy(copy) for copy in one.copies],
    )


def _copy(copy: Copy) -> PaperCopyModel:
    return PaperCopyModel(
        number=copy.id,
        login=copy.login,
        name=copy.name,
        state=copy.state,
        reason=copy.reason,
        attempts=copy.attempts,
        due_at=copy.due_at,
        attempted_at=copy.attempted_at,
        settled_at=copy.settled_at,
        address=copy.address,
        title=copy.title,
        text_sha256=copy.text_sha256,
        documents=[
            SentDocumentModel(name=one.name, sha256=one.sha256, size=one.size, attached=one.attached)
            for one in copy.documents
        ],
    )


_PAPER = (PathParameter("paper", "the key of a paper in the calendar"),)
_UNKNOWN = "There is no such paper, or the caller may not know of it."
_NOT_RUN = "The caller does not run the paper: its owner does, and the office and administrators of its part."
_NOT_VALID = "The active mapping is not valid."
_NO_FIGURES = "No figures have been calculated yet, or the active mapping is not valid."

OPERATIONS = (
    Operation("GET", "/papers", "papers", "List papers of the reporting calendar with their state", list_papers,
        PaperList, scope=TokenScope.PAPERS_READ, problems={409: _NOT_VALID},
    ),
    Operation("GET", "/papers/{paper}", "papers", "Read a paper: who has not reported, and what is open", get_paper,
        PaperDetailModel, scope=TokenScope.PAPERS_READ, path_parameters=_PAPER,
        problems={404: _UNKNOWN, 409: _NOT_VALID},
    ),
    Operation("GET", "/papers/{paper}/preview", "papers", "Read a paper as the caller would be sent it now",
        preview_paper, PaperPreview, scope=TokenScope.PAPERS_READ, path_parameters=_PAPER,
        problems={404: _UNKNOWN, 409: _NO_FIGURES},
    ),
    Operation("GET", "/papers/{paper}/issues", "papers", "List what was sent of a paper: to whom, with which hash",
        list_issues, PaperIssuePage, scope=TokenScope.PAPERS_READ, path_parameters=_PAPER, query=PaperIssuesQuery,
        problems={404: _UNKNOWN, 409: _NOT_VALID},
    ),
    Operation("POST", "/papers/{paper}/pause", "papers", "Send no more of a paper", pause_paper, PaperModel,
        scope=TokenScope.PAPERS_WRITE, path_parameters=_PAPER, body=PauseRequest,
        problems={403: _NOT_RUN, 404: _UNKNOWN, 409: _NOT_VALID},
    ),
    Operation("POST", "/papers/{paper}/resume", "papers", "Send a paper again", resume_paper, PaperModel,
        scope=TokenScope.PAPERS_WRITE, path_parameters=_PAPER, problems={403: _NOT_RUN, 404: _UNKNOWN, 409: _NOT_VALID},
    ),
    Operation("POST", "/papers/{paper}/send", "papers", "Have a paper sent now, in addition to the calendar",
        send_paper, MadeIssue, status=202, scope=TokenScope.PAPERS_WRITE, path_parameters=_PAPER,
        problems={403: _NOT_RUN, 404: _UNKNOWN, 409: _NO_FIGURES},
    ),
    Operation("POST", "/papers/copies/{number}/send-again", "papers", "Have a copy sent again that was given up",
        send_copy_again, PaperCopyModel, status=202, scope=TokenScope.PAPERS_WRITE,
        path_parameters=(PathParameter("number", "the number of a copy", int),),
        problems={403: _NOT_RUN, 404: "There is no such copy.",
                  409: "The copy is no dead letter, or the active mapping is not valid."},
    ),
)  # fmt: skip
