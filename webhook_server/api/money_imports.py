"""Imports of money: a dry run, an import, what waits in quarantine, and the way back."""

from __future__ import annotations

import base64
import binascii
from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from connector.bootstrap import system_clock
from connector.finance.files.limits import FileRefused
from connector.finance.given_file import given_file, stream_of
from connector.finance.import_text import import_lines, quarantine_rows, total_rows
from connector.finance.money_import import GivenFile, MoneyImports, NotDecided
from connector.people.permissions import POSTING_ROLES, Action, TokenScope
from connector.store.database.reading import reading
from connector.store.ledger.bills import read_bills
from connector.store.ledger.imports import read_imports, read_profile
from connector.store.ledger.measure_names import measures_by_name
from connector.store.ledger.money_sources import read_sources
from connector.store.ledger.quarantine import open_quarantine
from governance.money import Money
from mapping.imports.given_profiles import GIVEN_PROFILES
from mapping.imports.profile import ProfileProblem
from webhook_server.api.operation import ApiCall, Operation, PathParameter
from webhook_server.api.problem import Problem
from webhook_server.api.values import Amount, LongText, Model, ShortText

MOST_SHOWN = 200


class NewImport(Model):
    file: ShortText = Field(description="Name of the file.", examples=["October.csv"])
    content: Annotated[str, Field(min_length=4, max_length=70_000_000)] = Field(description="The file in base64.")
    profile: Annotated[str, Field(min_length=1, max_length=200_000)] = Field(
        default="template", description="Name of a stored profile, or a profile or the rules of a cloud bill in YAML."
    )
    as_of: date | None = Field(default=None, description="The day that the file is of; today when it is left out.")
    dry_run: bool = Field(default=True, description="Show what would change, and post nothing.")
    confirmed: Annotated[str, Field(max_length=64)] = Field(
        default="", description="`digest` of a dry run: it is imported only when it still changes the same."
    )


class ImportProblemModel(Model):
    cell: str
    sentence: str
    hint: str


class TotalModel(Model):
    version: str
    month: str
    kind: str
    before: str
    after: str


class UnmatchedModel(Model):
    name: str
    why: str
    amount: str
    share: str = Field(description="Of all amounts of the file in its currency.")


class ImportModel(Model):
    number: int = Field(description="0 when nothing was stored.")
    sentences: list[str]
    problems: list[ImportProblemModel]
    problem_count: int
    totals: list[TotalModel] = Field(description="Of the ledger, where they change.")
    unmatched: list[UnmatchedModel] = Field(
        description="What matches no measure, or no rule of a bill; the largest amount first."
    )
    digest: str


class StoredImportModel(Model):
    number: int
    file: str
    profile: str
    sha256: str
    as_of: date
    entries: int
    open_rows: int
    imported_by: str
    imported_at: datetime
    taken_back_by: str
    reason: str


class StoredImportList(Model):
    items: list[StoredImportModel]


class TakeBack(Model):
    reason: LongText


class CorrectionCount(Model):
    corrections: int


class QuarantinedModel(Model):
    number: int
    sentence: str
    amount: Amount
    file: str
    import_number: int
    owner: str
    due_at: date


class QuarantinedList(Model):
    items: list[QuarantinedModel]


class InvoicedModel(Model):
    month: str
    amount: Amount


class BillModel(Model):
    import_number: int
    file: str
    rules: str
    charges: int
    effective: list[Amount] = Field(description="Sum of EffectiveCost, by currency: what is posted or unallocated.")
    unallocated: list[Amount] = Field(description="What of it still waits for a rule or a decision.")
    invoiced: list[InvoicedModel] = Field(
        description="Sum of BilledCost by month of the invoice; it says nothing of when it was paid, and is not posted."
    )


class BillList(Model):
    items: list[BillModel]


class MoneySourceModel(Model):
    name: str
    connection: str
    swept_at: datetime
    import_number: int | None = Field(description="The last run that changed something.")
    failed: bool = Field(description="It could not be read or posted; the first sentence says why.")
    sentences: list[str]


class MoneySourceList(Model):
    items: list[MoneySourceModel]


class Decision(Model):
    measure: ShortText | None = Field(default=None, description="Key or id of its measure; or one of the others.")
    owner: ShortText | None = Field(default=None, description="Who decides.")
    due: date | None = Field(default=None, description="With `owner`: until when.")
    dismiss: LongText | None = Field(default=None, description="Why it is left out.")


def run_import(call: ApiCall) -> ImportModel:
    _require_whole(call)
    sent = call.body_as(NewImport)
    try:
        content = base64.b64decode(sent.content, validate=True)
    except binascii.Error:
        raise Problem(422, "content is no base64.", "Encode the bytes of the file.") from None
    now, number, source = system_clock(), 0, _source(call, sent.profile)
    imports = MoneyImports(call.services.engine, call.services.waker)
    try:
        given = _given(call, sent, content, source, now, imports)
        if sent.dry_run:
            plan = imports.dry_run(given)
        else:
            result = imports.run(given, confirmed=sent.confirmed)
            plan, number = result.plan, result.number
    except (FileRefused, ProfileProblem) as error:
        raise Problem(422, str(error), "Nothing was posted.") from None
    except NotDecided as error:
        raise Problem(409, str(error)) from None
    return ImportModel(
        number=number,
        sentences=list(import_lines(plan)),
        problems=[
            ImportProblemModel(cell=one.cell, sentence=one.sentence, hint=one.hint)
            for one in list(plan.problems)[:MOST_SHOWN]
        ],
        problem_count=plan.problems.count,
        totals=[
            TotalModel(version=version, month=month, kind=kind, before=before, after=after)
            for version, month, kind, before, after in total_rows(plan)
        ],
        unmatched=[
            UnmatchedModel(name=name, why=why, amount=amount, share=share)
            for name, why, amount, share in quarantine_rows(plan)[:MOST_SHOWN]
        ],
        digest=plan.digest,
    )


def _given(
    call: ApiCall, sent: NewImport, content: bytes, source: str, now: datetime, imports: MoneyImports
) -> GivenFile:
    """Raises FileRefused and ProfileProblem; a bill that was to be posted and cannot be read is kept for the close."""
    by = call.viewer.login
    try:
        return given_file(sent.file, content, source, by=by, at=now, as_of=sent.as_of, viewer=call.viewer)
    except FileRefused as error:
        if not sent.dry_run:
            imports.failed(stream_of(source) or sent.file, sent.file, str(error), by=by, at=now)
        raise


def list_imports(call: ApiCall) -> StoredImportList:
    _require_whole(call)
    with reading(call.services.engine) as connection:
        found = read_imports(connection, limit=MOST_SHOWN)
    return StoredImportList(
        items=[
            StoredImportModel(
                number=one.id, file=one.file, profile=one.stream, sha256=one.sha256, as_of=one.as_of,
                entries=one.entries, open_rows=one.open_rows, imported_by=one.imported_by,
                imported_at=one.imported_at, taken_back_by=one.taken_back_by, reason=one.reason,
            )
            for one in found
        ]
    )  # fmt: skip


def take_back_import(call: ApiCall) -> CorrectionCount:
    _require_whole(call)
    imports = MoneyImports(call.services.engine, call.services.waker)
    try:
        many = imports.take_back(
            call.number_parameter("number"), call.body_as(TakeBack).reason, by=call.viewer.login, at=system_clock()
        )
    except NotDecided as error:
        raise Problem(409, str(error)) from None
    return CorrectionCount(corrections=many)


def list_quarantine(call: ApiCall) -> QuarantinedList:
    _require_whole(call)
    with reading(call.services.engine) as connection:
        return QuarantinedList(
            items=[
                QuarantinedModel(
                    number=one.id, sentence=one.sentence, file=one.file,
                    amount=Amount(amount=f"{one.amount:f}", currency=one.currency),
                    import_number=one.import_id, owner=one.owner, due_at=one.due_at,
                )
                for one in open_quarantine(connection)
            ]
        )  # fmt: skip


def list_bills(call: ApiCall) -> BillList:
    _require_whole(call)
    with reading(call.services.engine) as connection:
        found = read_bills(connection, MOST_SHOWN)
    return BillList(
        items=[
            BillModel(
                import_number=one.number, file=one.file, rules=one.rules, charges=one.charges,
                effective=[_amount(money) for money in one.effective],
                unallocated=[_amount(money) for money in one.unallocated],
                invoiced=[InvoicedModel(month=str(month), amount=_amount(money)) for month, money in one.invoiced],
            )
            for one in found
        ]
    )  # fmt: skip


def list_sources(call: ApiCall) -> MoneySourceList:
    _require_whole(call)
    with reading(call.services.engine) as connection:
        return MoneySourceList(
            items=[
                MoneySourceModel(
                    name=one.stream, connection=one.connection, swept_at=one.swept_at, import_number=one.import_id,
                    failed=one.failed, sentences=list(one.sentences),
                )
                for one in read_sources(connection)
            ]
        )  # fmt: skip


def _amount(money: Money) -> Amount:
    return Amount(amount=f"{money.amount:f}", currency=money.currency)


def decide_row(call: ApiCall) -> None:
    _require_whole(call)
    sent, number = call.body_as(Decision), call.number_parameter("number")
    imports, by = MoneyImports(call.services.engine, call.services.waker), call.viewer.login
    if sum(one is not None for one in (sent.measure, sent.owner, sent.dismiss)) != 1:
        raise Problem(422, "Give one of measure, owner and dismiss.")
    try:
        if sent.measure is not None:
            with call.services.read_as(call.viewer) as connection:
                named = measures_by_name(connection, {sent.measure}).get(sent.measure, ())
            if len(named) != 1:
                raise Problem(404, f'There is no measure "{sent.measure}", or several.', "Give its id.")
            imports.resolve(number, named[0].id, by=by, at=system_clock())
        elif sent.owner is not None:
            imports.assign(number, sent.owner, by=by, due=sent.due)
        else:
            imports.dismiss(number, sent.dismiss or "", by=by, at=system_clock())
    except NotDecided as error:
        raise Problem(409, str(error)) from None


def _source(call: ApiCall, given: str) -> str:
    """Raises ProfileProblem."""
    source = given
    if "\n" not in given:
        with reading(call.services.engine) as connection:
            stored = read_profile(connection, given)
        source = stored.source if stored is not None else GIVEN_PROFILES.get(given, "")
        if not source:
            raise ProfileProblem(f'There is no profile "{given[:60]}"')
    return source


def _require_whole(call: ApiCall) -> None:
    """What no measure is known of belongs to no part."""
    if not call.viewer.holds_everywhere(POSTING_ROLES):
        raise Problem(403, "This needs the role controller or office for the whole organisation.")


TAG = "ledger"
IMPORT = PathParameter("number", "the number of an import", int)
ROW = PathParameter("number", "the number of a row in quarantine", int)

OPERATIONS = (
    Operation(
        "POST", "/ledger/imports", TAG, "Show what a file would change, or import it", run_import, ImportModel,
        scope=TokenScope.MONEY_WRITE, action=Action.POST_MONEY, body=NewImport,
        problems={422: "The file or the profile cannot be read.", 409: "The ledger has changed since the dry run."},
    ),
    Operation(
        "GET", "/ledger/imports", TAG, "List imports, newest first", list_imports, StoredImportList,
        action=Action.POST_MONEY, scope=TokenScope.MONEY_READ,
    ),
    Operation(
        "POST", "/ledger/imports/{number}/take-back", TAG, "Take an import back as a whole, by corrections",
        take_back_import, CorrectionCount, scope=TokenScope.MONEY_WRITE, action=Action.POST_MONEY,
        path_parameters=(IMPORT,),
        body=TakeBack, problems={409: "It cannot be taken back; the problem says why."},
    ),
    Operation(
        "GET", "/ledger/bills", TAG, "List cloud bills", list_bills, BillList,
        action=Action.POST_MONEY, scope=TokenScope.MONEY_READ,
    ),
    Operation(
        "GET", "/ledger/sources", TAG, "List money sources", list_sources, MoneySourceList,
        action=Action.POST_MONEY, scope=TokenScope.MONEY_READ,
    ),
    Operation(
        "GET", "/ledger/quarantine", TAG, "List rows of imports that match no measure, by size", list_quarantine,
        QuarantinedList, action=Action.POST_MONEY, scope=TokenScope.MONEY_READ,
    ),
    Operation(
        "POST", "/ledger/quarantine/{number}/decide", TAG, "Give such a row a measure or an owner, or dismiss it",
        decide_row, status=204, scope=TokenScope.MONEY_WRITE, action=Action.POST_MONEY,
        path_parameters=(ROW,), body=Decision,
        problems={404: "There is no such measure.", 409: "It was decided already."},
    ),
)  # fmt: skip
