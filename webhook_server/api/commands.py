"""Statements: what was ruled on of a measure; commands: saying something, as in a comment of the tool.

A command is stored and answered with 202 and its address; the worker rules on it, and the ruling is asked for there.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from urllib.parse import quote

from pydantic import Field

from connector.measures.submit_command import submit_command
from connector.people.permissions import Scope
from connector.store.measures import measure_queries
from connector.store.measures.commands import ruling
from connector.store.queue.submitted_commands import SqlUtterances, pending
from connector.sync.command_submission import NotSaid, State, Submitted, Via, command
from governance.evidence import Verb
from governance.measure import MeasureId
from webhook_server.api.measures import MEASURE, one
from webhook_server.api.operation import Call, Operation, Part, Reply
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
    """Said on a page or through the API, and not ruled on yet."""

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


class NewCommand(Model):
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
    """A command, and what became of it."""

    number: int
    state: State
    answer: str = Field(description="The ruling: what counts now, or who may and what would be right. Or why it waits.")


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


def submit(call: Call) -> Reply:
    sent = call.sent(NewCommand)
    with call.services.reading(call.viewer) as connection:
        measure = MeasureId(one(call, connection)["id"])
    match submit_command(call.services, call.viewer, measure, sent.words(), Via.API):
        case NotSaid(problem, hint) if call.viewer.account_on(measure.partition("/")[0]) is None:
            raise Problem(403, problem, hint)
        case NotSaid(problem, hint):
            raise Problem(422, problem, hint)
        case Submitted(number):
            where = f"/api/v1/measures/{quote(measure)}/commands/{number}"
            return Reply(Outcome(number=number, state=State.WAITING, answer=WAITS), 202, {"Location": where})


def show_command(call: Call) -> Outcome:
    number = call.number("number")
    with call.services.reading(call.viewer) as connection:
        measure = one(call, connection)
        found = ruling(connection, number, measure["id"])
    if found is None:
        raise Problem(404, f"There is no command {number} about this measure.", "Its number is that of its 202.")
    if found.state is State.WAITING:
        why = SqlUtterances(call.services.engine, call.services.waker).holdup(
            measure["connection"], measure["native_id"]
        )
        return Outcome(number=number, state=State.WAITING, answer=f"{WAITS} At the last try: {why}" if why else WAITS)
    return Outcome(number=number, state=found.state, answer=found.answer)


WAITS = "It is stored, and is ruled on when the item is read next."

STATEMENTS = "/measures/{measure}/statements"
COMMANDS = "/measures/{measure}/commands"
NUMBER = Part("number", "a command's number, as its 202 has it", int)
TAG = "statements"
SEVERAL = f"The key is that of several measures; the type is {AMBIGUOUS}."

OPERATIONS = (
    Operation(
        "GET", STATEMENTS, TAG, "List what was said and ruled on", list_statements, Page[Said], query=Paged,
        parts=(MEASURE,), problems={409: SEVERAL},
    ),
    Operation(
        "GET", COMMANDS, TAG, "List commands that are not ruled on yet", list_waiting, WaitingList, parts=(MEASURE,),
        problems={409: SEVERAL},
        about="Those that were submitted on pages and through the API; the others are among the statements.",
    ),
    Operation(
        "POST", COMMANDS, TAG, "Submit a command: approve, reject, confirm, hold, …", submit, Outcome, status=202,
        scope=Scope.WRITE, parts=(MEASURE,), body=NewCommand,
        problems={
            403: "The token's scope does not reach, or nobody knows which account of the tool is the caller's.",
            409: SEVERAL,
        },
        about="Counts like a comment in the tool, by the account of the tool that is linked to the token's person. "
        "The ruling is the same, and it is answered in the tool's comment as well. The command is stored and not ruled "
        "on yet: ask for the ruling at `Location`.",
    ),
    Operation(
        "GET", f"{COMMANDS}/{{number}}", TAG, "Show what became of a command", show_command, Outcome,
        parts=(MEASURE, NUMBER), problems={409: SEVERAL},
        about="`state` is `waiting` until a worker has ruled on it, which takes a second or two; with no worker, or "
        "while the tool cannot be read, it stays so. Then it is `accepted` or `refused`, and `answer` is the ruling.",
    ),
)  # fmt: skip
