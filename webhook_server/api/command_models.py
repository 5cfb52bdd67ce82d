"""What a command says: one model for each verb, and one for a command with its state."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, RootModel

from connector.store.measures.command_list import CommandState
from connector.sync.command_submission import command_line
from governance.evidence import Verb
from webhook_server.api.values import Amount, LongText, Model, PageQuery, ShortText

MONTHS = r"^\d{4}-(0[1-9]|1[0-2])(\.\.\d{4}-(0[1-9]|1[0-2]))?$"
AmountText = Annotated[str, Field(pattern=r"^-?\d{1,15}(\.\d{1,4})?$", examples=["1200000.00"])]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["EUR"])]
Months = Annotated[
    str,
    Field(
        pattern=MONTHS,
        description="The month, or the first and the last: `2026-08..2026-10`.",
        examples=["2026-08..2026-10"],
    ),
]
PlLine = Annotated[
    str,
    Field(pattern=r"^\S{1,100}$", description="The only P&L line, or kind of effect, that is signed; all without it."),
]


class ApproveCommand(Model):
    verb: Literal["approve"]
    stage: ShortText = Field(description="Key of the stage, or `rebaseline`.", examples=["decided"])

    def line(self) -> str:
        return command_line(Verb.APPROVE, stage=self.stage)


class RejectCommand(Model):
    verb: Literal["reject"]
    stage: ShortText = Field(description="Key of the stage, or `rebaseline`.", examples=["decided"])
    text: LongText = Field(description="The reason.")

    def line(self) -> str:
        return command_line(Verb.REJECT, stage=self.stage, text=self.text)


class ConfirmCommand(Model):
    """The controller signs the actual effect of months."""

    verb: Literal["confirm"]
    amount: AmountText = Field(description="The validated effect of the months.")
    currency: Currency
    month: Months
    pl_line: PlLine | None = None

    def line(self) -> str:
        return _confirmation(Verb.CONFIRM, self, "")


class ConfirmLowerCommand(Model):
    """The controller signs a lower value than what is claimed."""

    verb: Literal["confirm-lower"]
    amount: AmountText = Field(description="The validated effect of the months.")
    currency: Currency
    month: Months
    pl_line: PlLine | None = None
    text: LongText = Field(description="Why it is lower.")

    def line(self) -> str:
        return _confirmation(Verb.CONFIRM_LOWER, self, self.text)


class HoldCommand(Model):
    verb: Literal["hold"]
    text: LongText = Field(description="The reason.")

    def line(self) -> str:
        return command_line(Verb.HOLD, text=self.text)


class ResumeCommand(Model):
    verb: Literal["resume"]

    def line(self) -> str:
        return command_line(Verb.RESUME)


class CancelCommand(Model):
    verb: Literal["cancel"]
    text: LongText = Field(description="The reason.")

    def line(self) -> str:
        return command_line(Verb.CANCEL, text=self.text)


class ReasonCommand(Model):
    """The owner's reason of a deviation."""

    verb: Literal["reason"]
    text: LongText = Field(description="The reason.")

    def line(self) -> str:
        return command_line(Verb.REASON, text=self.text)


class RebaselineCommand(Model):
    verb: Literal["rebaseline"]
    text: LongText = Field(description="Why the plan has to be another one.")

    def line(self) -> str:
        return command_line(Verb.REBASELINE, text=self.text)


class KillCriteriaCommand(Model):
    """The criteria that stop the measure."""

    verb: Literal["kill-criteria"]
    text: LongText = Field(description="The criteria.")

    def line(self) -> str:
        return command_line(Verb.KILL_CRITERIA, text=self.text)


class DelegateCommand(Model):
    verb: Literal["delegate"]
    delegate: ShortText = Field(description="The person, by id or user name in the tool.")
    until: date = Field(description="The last day.")

    def line(self) -> str:
        return command_line(Verb.DELEGATE, delegate=self.delegate, until=self.until)


class AcceptRoleCommand(Model):
    verb: Literal["accept-role"]
    role: ShortText = Field(description="Key of the role.", examples=["sponsor"])
    delegate: ShortText | None = Field(default=None, description="The new holder, by id or user name in the tool.")

    def line(self) -> str:
        return command_line(Verb.ACCEPT_ROLE, stage=self.role, delegate=self.delegate or "")


AnyCommand = (
    ApproveCommand
    | RejectCommand
    | ConfirmCommand
    | ConfirmLowerCommand
    | HoldCommand
    | ResumeCommand
    | CancelCommand
    | ReasonCommand
    | RebaselineCommand
    | KillCriteriaCommand
    | DelegateCommand
    | AcceptRoleCommand
)


class NewCommand(RootModel[Annotated[AnyCommand, Field(discriminator="verb")]]):
    """A command; `verb` says which parts it has."""

    def line(self) -> str:
        return self.root.line()


def _confirmation(verb: Verb, sent: ConfirmCommand | ConfirmLowerCommand, text: str) -> str:
    return command_line(
        verb,
        amount=Decimal(sent.amount),
        currency=sent.currency,
        month=sent.month,
        pl_line=sent.pl_line or "",
        text=text,
    )


class SignedLineModel(Model):
    """One P&L line of one month, as the controller signed it; a cost is below zero."""

    month: str
    kind: str = Field(examples=["benefit"])
    pl_line: str
    claimed: str = Field(description="What was booked then.")
    validated: str = Field(description="What the controller signed.")
    currency: str
    reason: str = Field(description="Why a lower value was confirmed.")


class CommandModel(Model):
    """A command, wherever it was given, with its ruling once there is one."""

    id: str = Field(description="The same from the answer 202 on, also after the ruling.", examples=["s12"])
    measure: str = Field(description="Id of the measure.", examples=["jira-main/10001"])
    state: CommandState = Field(
        description="waiting until a worker has ruled on it, usually for a second or two; longer without a running "
        "worker, or while the tool cannot be read."
    )
    verb: str
    person: str | None = Field(description="Stable id of who gave it.", examples=["jira-main/b"])
    person_name: str
    role: str | None = Field(description="The role in which the person acted; null for a refused command.")
    given_at: datetime
    ruled_at: datetime | None
    reply: str = Field(
        description="The ruling: what applies now, or who may do it, or the correct form. While it waits, why."
    )
    stage: str = Field(description="Key of the stage that it names; empty for others.")
    amount: Amount | None = Field(description="Of a confirmation.")
    month: str | None = Field(description="Of a confirmation: its month, or the last of several.")
    first_month: str | None = Field(description="Of a confirmation of several months: the first.")
    signed: list[SignedLineModel] = Field(description="Of an accepted confirmation: what it signed.")
    reason: str


class CommandSort(StrEnum):
    """The order of a list of commands; with a minus the newest first."""

    GIVEN_AT = "given_at"
    GIVEN_AT_DOWN = "-given_at"


class CommandsQuery(PageQuery):
    state: list[CommandState] = Field(default=[], max_length=50, description="In one of these states.")
    sort: CommandSort = Field(default=CommandSort.GIVEN_AT_DOWN, description="Order; with a minus the newest first.")


class MeasureCommand(Model):
    measure: ShortText = Field(description="Key or id of the measure.")
    command: NewCommand = Field(description="The command.")


class NewCommands(Model):
    """Commands about several measures; each is stored or refused by itself."""

    items: list[MeasureCommand] = Field(min_length=1, max_length=100, description="Up to 100 commands.")
