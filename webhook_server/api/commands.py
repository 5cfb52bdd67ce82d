"""Commands on a measure, as in a comment of the tool, and the rulings on them.

A submitted command is stored and answered with 202 and its address.  A worker rules on it; the ruling is read there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import Field

from connector.measures.submit_command import submit_command
from connector.people.permissions import TokenScope
from connector.store.measures import measure_queries
from connector.store.measures.commands import ruling
from connector.store.queue.submitted_commands import SqlSubmittedCommands, pending_commands
from connector.sync.command_submission import (
    SubmissionChannel,
    SubmissionRefused,
    SubmissionState,
    Submitted,
    command_line,
)
from governance.evidence import Verb
from governance.measure import MeasureId
from webhook_server.api.measure_lookup import MEASURE_PARAMETER, find_measure
from webhook_server.api.operation import ApiCall, Operation, PathParameter, Reply
from webhook_server.api.problem import AMBIGUOUS_TYPE, Problem
from webhook_server.api.values import Amount, LongText, Model, Page, PageQuery, ShortText, make_page, number_cursor


class SignedLineModel(Model):
    """One P&L line of one month, as the controller signed it; a cost is below zero."""

    month: str
    kind: str
    pl_line: str
    claimed: str = Field(description="What was booked then.")
    validated: str
    currency: str
    reason: str = Field(description="Why a lower value was confirmed.")


class RulingModel(Model):
    """What was ruled on a command, wherever it was given."""

    number: int
    verb: str
    person: str
    role: str | None = Field(description="The role in which the person acted; null for a refused command.")
    given_at: datetime
    ruled_at: datetime
    accepted: bool
    reply: str
    stage: str
    amount: Amount | None
    month: str | None = Field(description="Of a confirmation: its month, or the last of several.")
    first_month: str | None = Field(description="Of a confirmation of several months: the first.")
    signed: list[SignedLineModel] = Field(description="Of an accepted confirmation: what it signed.")
    reason: str


class PendingCommand(Model):
    """Submitted on a page or through the API, and not ruled on yet."""

    number: int
    given_by: str
    text: str
    given_at: datetime


class PendingCommandList(Model):
    items: list[PendingCommand]


class CommandVerb(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"
    CONFIRM = "confirm"
    CONFIRM_LOWER = "confirm-lower"
    HOLD = "hold"
    RESUME = "resume"
    CANCEL = "cancel"
    REASON = "reason"
    REBASELINE = "rebaseline"
    DELEGATE = "delegate"
    ACCEPT_ROLE = "accept-role"


MONTHS = r"^\d{4}-(0[1-9]|1[0-2])(\.\.\d{4}-(0[1-9]|1[0-2]))?$"


class NewCommand(Model):
    """The parts of a command; a missing part is answered with the correct form."""

    verb: CommandVerb
    stage: ShortText | None = Field(default=None, description="approve, reject: a stage, or `rebaseline`.")
    amount: Annotated[str, Field(pattern=r"^-?\d{1,15}(\.\d{1,4})?$", examples=["1200000.00"])] | None = Field(
        default=None, description="confirm, confirm-lower: the validated effect of the months."
    )
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    month: Annotated[str, Field(pattern=MONTHS)] | None = Field(
        default=None, description="confirm, confirm-lower: the month, or the first and the last: `2026-08..2026-10`."
    )
    pl_line: Annotated[str, Field(pattern=r"^\S{1,100}$")] | None = Field(
        default=None, description="confirm, confirm-lower: the only P&L line, or kind of effect, that is signed."
    )
    text: LongText | None = Field(default=None, description="The reason.")
    role: ShortText | None = Field(default=None, description="accept-role: `owner`, `sponsor` or `controller`.")
    delegate: ShortText | None = Field(
        default=None, description="delegate, accept-role: the person, by id or user name in the tool."
    )
    until: date | None = Field(default=None, description="delegate: the last day.")

    def line(self) -> str:
        return command_line(
            Verb(self.verb.value),
            stage=self.stage or self.role or "",
            amount=Decimal(self.amount) if self.amount is not None else None,
            currency=self.currency or "",
            month=self.month or "",
            pl_line=self.pl_line or "",
            text=self.text or "",
            delegate=self.delegate or "",
            until=self.until,
        )


class CommandOutcome(Model):
    """A submitted command and its state."""

    number: int
    state: SubmissionState
    reply: str = Field(
        description="The ruling: what applies now, or who may do it, or the correct form. While it waits, why."
    )


def list_rulings(call: ApiCall) -> Page[RulingModel]:
    query = call.query_as(PageQuery)
    with call.services.read_as(call.viewer) as connection:
        measure = find_measure(call, connection)["id"]
        rows = measure_queries.list_commands(
            connection, measure, before=number_cursor(query.cursor), limit=query.limit + 1
        )
    items = []
    for row in rows:
        content = row["content"]
        amount = content.get("amount")
        items.append(
            RulingModel(
                number=row["id"],
                reply=(content.get("ruling") or {}).get("reply", ""),
                stage=content.get("stage", ""),
                amount=Amount(**amount) if amount else None,
                month=content.get("month"),
                first_month=content.get("first_month"),
                signed=_signed(content),
                reason=content.get("text", ""),
                **{name: row[name] for name in ("verb", "person", "role", "given_at", "ruled_at", "accepted")},
            )
        )
    return make_page(items, query.limit, [(row["id"],) for row in rows])


def _signed(content: Mapping[str, Any]) -> list[SignedLineModel]:
    signature = (content.get("ruling") or {}).get("signature") or {}
    return [
        SignedLineModel(
            month=line["month"],
            kind=line["kind"],
            pl_line=line.get("pl_line", ""),
            claimed=line["claimed"],
            validated=line["validated"],
            currency=line["currency"],
            reason=line.get("reason", ""),
        )
        for line in signature.get("lines", ())
    ]


def list_pending_commands(call: ApiCall) -> PendingCommandList:
    with call.services.read_as(call.viewer) as connection:
        rows = pending_commands(connection, [find_measure(call, connection)["id"]])
    return PendingCommandList(
        items=[
            PendingCommand(number=row.id, given_by=row.given_by, text=row.text, given_at=row.given_at) for row in rows
        ]
    )


def submit(call: ApiCall) -> Reply:
    sent = call.body_as(NewCommand)
    with call.services.read_as(call.viewer) as connection:
        measure = MeasureId(find_measure(call, connection)["id"])
    match submit_command(call.services, call.viewer, measure, sent.line(), SubmissionChannel.API):
        case SubmissionRefused(problem, hint) if call.viewer.account_on(measure.partition("/")[0]) is None:
            raise Problem(403, problem, hint)
        case SubmissionRefused(problem, hint):
            raise Problem(422, problem, hint)
        case Submitted(number):
            location = f"/api/v1/measures/{quote(measure)}/commands/{number}"
            return Reply(
                CommandOutcome(number=number, state=SubmissionState.WAITING, reply=WAITING_REPLY),
                202,
                {"Location": location},
            )


def show_command(call: ApiCall) -> CommandOutcome:
    number = call.number_parameter("number")
    with call.services.read_as(call.viewer) as connection:
        measure = find_measure(call, connection)
        found = ruling(connection, number, measure["id"])
    if found is None:
        raise Problem(404, f"There is no command {number} about this measure.", "Use the number of its 202 answer.")
    if found.state is SubmissionState.WAITING:
        delay = SqlSubmittedCommands(call.services.engine, call.services.waker).delay_reason(
            measure["connection"], measure["native_id"]
        )
        return CommandOutcome(
            number=number,
            state=SubmissionState.WAITING,
            reply=f"{WAITING_REPLY} Last attempt: {delay}" if delay else WAITING_REPLY,
        )
    return CommandOutcome(number=number, state=found.state, reply=found.reply)


WAITING_REPLY = "The command is stored. It is ruled on when the item is read next."

RULINGS = "/measures/{measure}/rulings"
COMMANDS = "/measures/{measure}/commands"
NUMBER = PathParameter("number", "a submitted command's number", int)
TAG = "commands"
AMBIGUOUS_KEY = f"Several measures have this key; the type is {AMBIGUOUS_TYPE}."

OPERATIONS = (
    Operation(
        "GET",
        RULINGS,
        TAG,
        "List rulings on commands",
        list_rulings,
        Page[RulingModel],
        query=PageQuery,
        path_parameters=(MEASURE_PARAMETER,),
        problems={409: AMBIGUOUS_KEY},
    ),
    Operation(
        "GET",
        COMMANDS,
        TAG,
        "List submitted commands that wait for a ruling",
        list_pending_commands,
        PendingCommandList,
        path_parameters=(MEASURE_PARAMETER,),
        problems={409: AMBIGUOUS_KEY},
        description="Submitted on pages and through the API. Commands with a ruling are listed under rulings.",
    ),
    Operation(
        "POST",
        COMMANDS,
        TAG,
        "Submit a command: approve, reject, confirm, hold, …",
        submit,
        CommandOutcome,
        status=202,
        scope=TokenScope.WRITE,
        path_parameters=(MEASURE_PARAMETER,),
        body=NewCommand,
        problems={
            403: "The token lacks the scope, or no account of the tool is linked to the caller.",
            409: AMBIGUOUS_KEY,
        },
        description="Has the effect of a comment in the tool, by the account that is linked to the token's person. The "
        "ruling follows the same rules and also appears in Gatepost's comment there. The command is stored first; read "
        "the ruling at `Location`.",
    ),
    Operation(
        "GET",
        f"{COMMANDS}/{{number}}",
        TAG,
        "Show the state of a submitted command",
        show_command,
        CommandOutcome,
        path_parameters=(MEASURE_PARAMETER, NUMBER),
        problems={409: AMBIGUOUS_KEY},
        description="`state` is `waiting` until a worker has ruled on the command, usually for a second or two; "
        "longer without a running worker, or while the tool cannot be read. Then it is `accepted` or `refused`, and "
        "`reply` is the ruling.",
    ),
)
