"""Statements: what was said of a measure, and saying something, as in a comment of the tool."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from connector.measures.submit_command import speak
from connector.people.permissions import Scope
from connector.store.measures import measure_queries
from connector.store.queue.submitted_commands import pending
from connector.sync.command_submission import Heard, NotSaid, State, Via, command
from governance.evidence import Verb
from governance.measure import MeasureId
from webhook_server.api.measures import MEASURE, one
from webhook_server.api.operation import Call, Operation, Reply
from webhook_server.api.problem import AMBIGUOUS, Problem
from webhook_server.api.values import Amount, Model, Page, Paged, Text, Word, number_after, page_of


class Said(Model):
    number: int
    verb: str
    person: str
    role: str | None = Field(description="The role in which the person spoke; null when it was refused.")
    said_at: datetime
    heard_at: datetime
    accepted: bool
    answer: str
    stage: str
    amount: Amount | None
    month: str | None
    text: str


class Waiting(Model):
    """Said on a page or through the API, and not heard yet."""

    number: int
    said_by: str
    words: str
    said_at: datetime


class WaitingList(Model):
    items: list[Waiting]


class Speech(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"
    CONFIRM = "confirm"
    WRITE_DOWN = "write-down"
    HOLD = "hold"
    RESUME = "resume"
    CANCEL = "cancel"
    REASON = "reason"
    REBASELINE = "rebaseline"
    DELEGATE = "delegate"


class NewStatement(Model):
    """The parts of a command; which ones a verb needs stands in the README, and a missing one is told."""

    verb: Speech
    stage: Word | None = Field(default=None, description="approve, reject: a stage, or `rebaseline`.")
    amount: Annotated[str, Field(pattern=r"^-?\d{1,15}(\.\d{1,4})?$", examples=["1200000.00"])] | None = Field(
        default=None, description="confirm, write-down: the actual effect."
    )
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    month: Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")] | None = Field(
        default=None, description="confirm, write-down: the last month of the actuals."
    )
    text: Text | None = Field(default=None, description="The reason.")
    person: Word | None = Field(default=None, description="delegate: the tool's id or user name of the delegate.")
    until: date | None = Field(default=None, description="delegate: the last day.")
    wait: Annotated[float, Field(ge=0, le=30)] = Field(
        default=10, description="Seconds to wait for the ruling; 202 when it has not come by then."
    )

    def words(self) -> str:
        return command(
            Verb(self.verb.value),
            stage=self.stage or "",
            amount=Decimal(self.amount) if self.amount is not None else None,
            currency=self.currency or "",
            month=self.month or "",
            text=self.text or "",
            delegate=self.person or "",
            until=self.until,
        )


class Outcome(Model):
    number: int
    state: State
    answer: str


def list_statements(call: Call) -> Page[Said]:
    query = call.asked(Paged)
    with call.services.reading(call.viewer) as connection:
        measure = one(call, connection)["id"]
        rows = measure_queries.statements(connection, measure, before=number_after(query.cursor), limit=query.limit + 1)
    items = []
    for row in rows:
        content = row["content"]
        amount = content.get("amount")
        items.append(
            Said(
                number=row["id"],
                answer=(content.get("ruling") or {}).get("answer", ""),
                stage=content.get("stage", ""),
                amount=Amount(**amount) if amount else None,
                month=content.get("month"),
                text=content.get("text", ""),
                **{name: row[name] for name in ("verb", "person", "role", "said_at", "heard_at", "accepted")},
            )
        )
    return page_of(items, query.limit, [(row["id"],) for row in rows])


def list_waiting(call: Call) -> WaitingList:
    with call.services.reading(call.viewer) as connection:
        rows = pending(connection, [one(call, connection)["id"]])
    return WaitingList(
        items=[Waiting(number=row.id, said_by=row.said_by, words=row.words, said_at=row.said_at) for row in rows]
    )


def speak_up(call: Call) -> Reply:
    sent = call.sent(NewStatement)
    with call.services.reading(call.viewer) as connection:
        measure = MeasureId(one(call, connection)["id"])
    reply = speak(call.services, call.viewer, measure, sent.words(), Via.API, wait_seconds=sent.wait)
    match reply:
        case NotSaid(problem, hint) if call.viewer.account_on(measure.partition("/")[0]) is None:
            raise Problem(403, problem, hint)
        case NotSaid(problem, hint):
            raise Problem(422, problem, hint)
        case Heard(_, State.REFUSED, answer):
            raise Problem(409, "The statement was refused.", answer)
        case Heard(number, state, answer):
            status = 202 if state is State.WAITING else 200
            return Reply(Outcome(number=number, state=state, answer=answer), status)


PATH = "/measures/{measure}/statements"
TAG = "statements"
SEVERAL = f"The key is that of several measures; the type is {AMBIGUOUS}."

OPERATIONS = (
    Operation(
        "GET", PATH, TAG, "List what was said", list_statements, Page[Said], query=Paged, parts=(MEASURE,),
        problems={409: SEVERAL},
    ),
    Operation(
        "GET", f"{PATH}/waiting", TAG, "List what was said here and is not heard yet", list_waiting, WaitingList,
        parts=(MEASURE,), problems={409: SEVERAL},
    ),
    Operation(
        "POST", PATH, TAG, "Say something: approve, reject, confirm, hold, …", speak_up, Outcome, scope=Scope.WRITE,
        parts=(MEASURE,), body=NewStatement, also={202: Outcome},
        problems={
            202: "It is kept and will be heard; the tool cannot be read now, or no worker is at work.",
            403: "The token's scope does not reach, or nobody knows which account of the tool is the caller's.",
            409: f"The statement was refused: `detail` says who may, or what would be right. Or: {SEVERAL}",
        },
        about="Counts like a comment in the tool, by the account of the tool that is linked to the token's person. "
        "The ruling is the same, and it is answered in the tool's comment as well.",
    ),
)  # fmt: skip
