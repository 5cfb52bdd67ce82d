"""The ledger: its entries, posting and correcting, and the close of months."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field
from sqlalchemy import Connection

from connector.bootstrap import system_clock
from connector.finance.ledger_lines import MAX_LINES, WrongLine, entry_of, money_of
from connector.finance.post_lines import may_close, may_post, post_lines
from connector.measures.usable_rates import reporting_of
from connector.people.permissions import Action, TokenScope
from connector.store.database.row_level_access import visible_to
from connector.store.ledger.entries import related_entries
from connector.store.ledger.entry_search import posted_legal_entities, search_entries
from connector.store.ledger.measure_names import measures_by_name
from connector.store.measures.known_values import known_values
from governance.effects import Account, EffectKind
from governance.ledger import EntryId, EntryType, LedgerEntry, LedgerVersion, NewEntry, Spend
from governance.ledger_source import EnteredBy, FileCell, SourceRecord
from governance.money import Money, Period
from governance.month_close import CloseItemKind, CloseStep, RefusedStep, Signer, StepKind
from governance.rates import Reporting
from webhook_server.api.known_filters import raise_unknown, unknown
from webhook_server.api.operation import ApiCall, Operation, PathParameter
from webhook_server.api.problem import FieldError, Problem, ProblemCode
from webhook_server.api.values import (
    Amount,
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

Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", examples=["2026-10"])]
Text = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]


class LedgerEntryModel(Model):
    number: int = Field(description="0 while nothing is stored (`dry_run`).")
    measure: str | None = Field(description="Id of the measure; null when the amount belongs to a service.")
    service: str
    version: LedgerVersion
    kind: EffectKind
    month: Month
    money: Amount = Field(description="Of a correction the difference: right amount minus the one that counted before.")
    account: Account
    hard: bool
    pl_line: str
    spend: Spend | None
    cost_centre: str
    gl_account: str
    legal_entity: str
    counterparty: str
    type: EntryType
    corrects: int | None
    reverses: int | None
    reason: str
    source: str = Field(description="Where the entry comes from, as people read it.")
    batch: str
    after_close: bool = Field(description="It corrects a month that had been closed.")
    entered_at: datetime
    entered_by: str


class LedgerQuery(PageQuery):
    measure: Names = Field(default=[], description="Key or id of a measure; one of several.")
    month: list[Month] = Field(default=[], max_length=50, description="Month; one of several.")
    legal_entity: Names = Field(default=[], description="Legal entity; one of several.")
    sort: NumberSort = Field(default=NumberSort.NUMBER, description="Order; with a minus the newest first.")


class NewLine(Model):
    measure: Text = Field(default="", description="Key or id; one of measure and service.")
    service: Text = ""
    version: LedgerVersion
    kind: EffectKind
    month: Month
    amount: Annotated[str, Field(pattern=r"^-?\d{1,15}(\.\d{1,12})?$", examples=["1000.50"])]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    type: EntryType = EntryType.POSTING
    account: Account = Account.EBITDA
    hard: bool = True
    pl_line: Text = ""
    spend: Spend | None = None
    cost_centre: Text = ""
    gl_account: Text = ""
    legal_entity: Text = Field(default="", description="The measure's own when it is left out.")
    counterparty: Text = ""
    record: Text = Field(default="", description="The record of the other system that the line comes from.")


class NewEntries(Model):
    entries: Annotated[list[NewLine], Field(min_length=1, max_length=MAX_LINES)]
    system: Text = Field(default="", description="The system that the records belong to.")
    batch: Text = Field(default="", description="Name of an import; it is taken once.")
    dry_run: bool = False


class LedgerEntryList(Model):
    items: list[LedgerEntryModel]


class NewCorrection(Model):
    amount: Annotated[str, Field(pattern=r"^-?\d{1,15}(\.\d{1,12})?$", examples=["980.00"])]
    reason: LongText


class CloseQuery(Model):
    month: Month
    legal_entity: ShortText | None = Field(default=None, description="All together when it is left out.")


class CloseItemModel(Model):
    kind: CloseItemKind
    text: str
    who: str
    due: date
    measure: str | None
    keeps_open: bool


class CloseStepModel(Model):
    number: int
    kind: StepKind
    legal_entity: str
    month: Month
    by: str
    at: datetime
    entries: int
    ledger_digest: str
    reason: str
    gl_cost: Amount | None = Field(description="The cost of the month in the general ledger, where it was given.")
    booked_cost: Amount | None = Field(description="The same of the ledger here.")


class MonthModel(Model):
    month: Month
    legal_entity: str
    closed_through: Month | None
    checklist: list[CloseItemModel]
    waiting: CloseStepModel | None = Field(description="What a second person has to answer.")


class CloseRequest(Model):
    month: Month
    legal_entity: Text = ""
    reason: Text = Field(default="", description="Why it is closed with lines that are not done, or with a difference.")
    gl_cost: Amount | None = Field(
        default=None, description="The cost of the month in the general ledger: running, one-off and investment."
    )


class ReopeningRequest(Model):
    month: Month
    legal_entity: Text = ""
    reason: Text


class RefusalReasonModel(Model):
    reason: Text = ""


def list_entries(call: ApiCall) -> Page[LedgerEntryModel]:
    query = call.query_as(LedgerQuery)
    with call.services.read_as(call.viewer) as connection:
        raise_unknown(
            [
                *_unknown_measures(call, connection, query.measure),
                *_unknown_entities(connection, query.legal_entity),
            ]
        )
        found = search_entries(
            connection,
            measures=[_measure_id(connection, one) for one in query.measure],
            months=[Period.parse(one) for one in query.month],
            legal_entities=query.legal_entity,
            after=number_cursor(query.cursor),
            limit=query.limit + 1,
            oldest_first=query.sort is NumberSort.NUMBER,
        )
    return make_page([_entry(one) for one in found], query.limit, [(one.id,) for one in found])


def post_entries(call: ApiCall) -> LedgerEntryList:
    sent = call.body_as(NewEntries)
    lines = [_new_entry(position, line, sent, call.viewer.login) for position, line in enumerate(sent.entries)]
    with call.services.read_as(call.viewer) as connection:
        result = post_lines(
            call.services.ledger, connection, lines, viewer=call.viewer, by=call.viewer.login, at=system_clock(),
            batch=sent.batch, dry_run=sent.dry_run,
        )  # fmt: skip
    if result.problems:
        told = "; ".join(f"entries[{one.position}]: {one.sentence}" for one in result.problems[:20])
        raise Problem(
            422,
            told,
            "Nothing was posted. Correct these lines and send all of them again.",
            code=ProblemCode.ENTRIES_REFUSED,
        )
    return LedgerEntryList(items=[_entry(one) for one in result.entries])


def correct_entry(call: ApiCall) -> LedgerEntryList:
    number, sent = EntryId(call.number_parameter("number")), call.body_as(NewCorrection)
    with call.services.read_as(call.viewer) as connection:
        known = next((one for one in related_entries(connection, number) if one.id == number), None)
        named = measures_by_name(connection, {known.posting.measure}) if known and known.posting.measure else {}
    if known is None:
        raise Problem(404, f"There is no entry {number}.", "Use a number from GET /api/v1/ledger/entries.")
    measure = named[known.posting.measure][0] if named else None
    if not may_post(call.viewer, measure):
        raise Problem(403, "Only a controller or the transformation office of this part corrects it.")
    right = Money(Decimal(sent.amount), known.posting.money.currency)
    login = call.viewer.login
    result = call.services.ledger.correct(number, right, sent.reason, EnteredBy(login), by=login, at=system_clock())
    if result.refused:
        raise Problem(422, result.refused[0].refusal.sentence)
    return LedgerEntryList(items=[_entry(one) for one in result.entries])


def show_month(call: ApiCall) -> MonthModel:
    query = call.query_as(CloseQuery)
    month, entity = Period.parse(query.month), query.legal_entity or ""
    _require_whole(call, entity)
    state = call.services.month_close.state(entity, system_clock())
    items = call.services.month_close.checklist(month, entity, _reporting(call))
    return MonthModel(
        month=query.month,
        legal_entity=entity,
        closed_through=str(state.closed_through) if state.closed_through else None,
        checklist=[
            CloseItemModel(
                kind=item.kind, text=item.text, who=item.who, due=item.due, measure=item.measure or None,
                keeps_open=item.kind.keeps_open,
            )
            for item in items
        ],
        waiting=_step_model(state.waiting) if state.waiting else None,
    )  # fmt: skip


def prepare_close(call: ApiCall) -> CloseStepModel:
    sent = call.body_as(CloseRequest)
    _require_whole(call, sent.legal_entity)
    return _answered(
        call.services.month_close.prepare(
            Period.parse(sent.month), sent.legal_entity, _reporting(call), by=_signer(call), now=system_clock(),
            reason=sent.reason, gl_cost=_gl_cost(sent.gl_cost),
        )
    )  # fmt: skip


def request_reopening(call: ApiCall) -> CloseStepModel:
    sent = call.body_as(ReopeningRequest)
    _require_whole(call, sent.legal_entity)
    return _answered(
        call.services.month_close.request_reopening(
            Period.parse(sent.month), sent.legal_entity, sent.reason, by=_signer(call), now=system_clock()
        )
    )


def accept_step(call: ApiCall) -> CloseStepModel:
    number = _step_number(call)
    return _answered(call.services.month_close.accept(number, _reporting(call), by=_signer(call), now=system_clock()))


def refuse_step(call: ApiCall) -> CloseStepModel:
    number, sent = _step_number(call), call.body_as(RefusalReasonModel)
    return _answered(call.services.month_close.refuse(number, sent.reason, by=_signer(call), now=system_clock()))


def _step_number(call: ApiCall) -> int:
    number = call.number_parameter("number")
    step = call.services.month_close.step(number)
    if step is None:
        raise Problem(404, f"There is no step {number}.", "Use the number of what waits.")
    _require_whole(call, step.legal_entity)
    return number


def _require_whole(call: ApiCall, legal_entity: str) -> None:
    """A close is signed for all of a legal entity, or for all of them."""
    if not may_close(call.viewer, legal_entity):
        what = f"all of {legal_entity}" if legal_entity else "the whole organisation"
        raise Problem(403, f"This needs the role controller or office for {what}.")


def _unknown_measures(call: ApiCall, connection: Connection, given: Sequence[str]) -> list[FieldError]:
    found = measures_by_name(connection, given)
    missing = [one for one in given if not found.get(one)]
    return unknown("measure", missing, lambda: known_values(connection, visible_to(call.viewer), "key"))


def _unknown_entities(connection: Connection, given: Sequence[str]) -> list[FieldError]:
    return unknown("legal_entity", given, lambda: posted_legal_entities(connection, given))


def _measure_id(connection: Connection, name: str) -> str:
    found = measures_by_name(connection, {name}).get(name, ())
    if not found:
        raise Problem(404, f'There is no measure "{name}" that you may see.', "Give its id, such as jira-main/10001.")
    if len(found) > 1:
        raise Problem(
            409,
            f'"{name}" is the key of several measures.',
            f"Give one of {', '.join(m.id for m in found)}.",
            code=ProblemCode.AMBIGUOUS_KEY,
        )
    return found[0].id


def _reporting(call: ApiCall) -> Reporting:
    return reporting_of(call.services.active_config())


def _gl_cost(given: Amount | None) -> Money | None:
    """Raises Problem for what is no amount."""
    if given is None:
        return None
    try:
        return money_of(given.amount, given.currency or "")
    except WrongLine as error:
        raise Problem(422, f"gl_cost: {error}.") from None


def _signer(call: ApiCall) -> Signer:
    return Signer(call.viewer.login, call.viewer.person)


def _answered(result: CloseStep | RefusedStep) -> CloseStepModel:
    if isinstance(result, RefusedStep):
        raise Problem(409, result.sentence)
    return _step_model(result)


def _step_model(step: CloseStep) -> CloseStepModel:
    return CloseStepModel(
        number=step.id, kind=step.kind, legal_entity=step.legal_entity, month=str(step.month), by=step.by.login,
        at=step.at, entries=step.entries, ledger_digest=step.ledger_digest, reason=step.reason,
        gl_cost=_amount(step.tie_out.stated) if step.tie_out else None,
        booked_cost=_amount(step.tie_out.booked) if step.tie_out else None,
    )  # fmt: skip


def _amount(money: Money) -> Amount:
    return Amount(amount=f"{money.amount:f}", currency=money.currency)


def _new_entry(position: int, line: NewLine, sent: NewEntries, login: str) -> NewEntry:
    if line.record:
        source: SourceRecord | FileCell | EnteredBy = SourceRecord(sent.system or "another system", line.record)
    elif sent.batch:
        source = FileCell(sent.batch, f"entry {position + 1}")
    else:
        source = EnteredBy(login)
    values = line.model_dump(mode="json", exclude={"record"}, exclude_none=True)
    try:
        return entry_of(
            {name: str(value).lower() if name == "hard" else str(value) for name, value in values.items()}, source
        )
    except WrongLine as error:
        raise Problem(422, f"entries[{position}]: {error}.", "Nothing was posted.") from None


def _entry(entry: LedgerEntry) -> LedgerEntryModel:
    posting = entry.posting
    return LedgerEntryModel(
        number=entry.id, measure=posting.measure or None, service=posting.service, version=posting.version,
        kind=posting.kind, month=str(posting.month),
        money=_amount(posting.money), account=posting.account,
        hard=posting.hard, pl_line=posting.pl_line, spend=posting.spend, cost_centre=posting.cost_centre,
        gl_account=posting.gl_account, legal_entity=posting.legal_entity, counterparty=posting.counterparty,
        type=entry.type, corrects=entry.corrects, reverses=entry.reverses, reason=entry.reason,
        source=str(entry.source), batch=entry.batch, after_close=entry.after_close, entered_at=entry.entered_at,
        entered_by=entry.entered_by,
    )  # fmt: skip


TAG = "ledger"
NUMBER = PathParameter("number", "an entry's number", int)
STEP = PathParameter("number", "the number of what waits", int)
REFUSED = {422: "A line is wrong or refused; nothing was posted."}

OPERATIONS = (
    Operation(
        "GET", "/ledger/entries", TAG, "List ledger entries", list_entries, Page[LedgerEntryModel], query=LedgerQuery,
        problems={404: "There is no such measure.", 409: "Several measures have the key; the problem names their ids."},
        description="Of the measures that the caller sees, in the order in which they were entered.",
        scope=TokenScope.MONEY_READ,
    ),
    Operation(
        "POST", "/ledger/entries", TAG, "Post ledger entries: all of them or none", post_entries, LedgerEntryList,
        scope=TokenScope.MONEY_WRITE, action=Action.POST_MONEY, body=NewEntries, problems=REFUSED,
        description="An accrual is answered with its reversal. Each measure is judged again.",
    ),
    Operation(
        "POST", "/ledger/entries/{number}/correct", TAG, "Correct the amount of an entry", correct_entry,
        LedgerEntryList, scope=TokenScope.MONEY_WRITE, action=Action.POST_MONEY, body=NewCorrection,
        path_parameters=(NUMBER,), problems={422: "The entry cannot be corrected so."},
    ),
    Operation(
        "GET", "/ledger/months", TAG, "Show what is not done of a month", show_month, MonthModel, query=CloseQuery,
        action=Action.POST_MONEY, scope=TokenScope.MONEY_READ,
    ),
    Operation(
        "POST", "/ledger/months/close", TAG, "Prepare the close of a month", prepare_close, CloseStepModel,
        scope=TokenScope.MONEY_WRITE, action=Action.POST_MONEY, body=CloseRequest,
        problems={409: "The month cannot be closed now; the problem says why."},
    ),
    Operation(
        "POST", "/ledger/months/reopen", TAG, "Ask for the last closed month to be reopened", request_reopening,
        CloseStepModel, scope=TokenScope.MONEY_WRITE, action=Action.POST_MONEY, body=ReopeningRequest,
        problems={409: "The month cannot be reopened; the problem says why."},
    ),
    Operation(
        "POST", "/ledger/months/steps/{number}/accept", TAG, "Accept what somebody else prepared", accept_step,
        CloseStepModel, scope=TokenScope.MONEY_WRITE, action=Action.POST_MONEY, path_parameters=(STEP,),
        problems={409: "The caller may not accept it; the problem says why."},
    ),
    Operation(
        "POST", "/ledger/months/steps/{number}/refuse", TAG, "Refuse or withdraw what was prepared", refuse_step,
        CloseStepModel, scope=TokenScope.MONEY_WRITE, action=Action.POST_MONEY, path_parameters=(STEP,),
        body=RefusalReasonModel, problems={409: "It was answered already."},
    ),
)  # fmt: skip
