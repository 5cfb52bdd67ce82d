"""Commands from a page or through the API: ruled on like a comment, by the same rules, with the same reply.

The command becomes a row, its item is marked dirty, and the worker rules on it with all other commands; so it counts
in the order in which it was given, is replied to in the tool's comment too, and is stored with the facts that it
relied on.  Nobody waits for that: a command is submitted, and its ruling is read under its number.
It is given by the account that an administrator has linked to the person on the measure's connection: roles are held
by accounts, wherever their holder gives a command.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, TypeAlias

from governance.capital import capitalised
from governance.command_grammar import USAGE, parse_commands
from governance.evidence import Verb
from governance.gates import Policy
from governance.measure import MeasureId, Person
from mapping.work_item import ConnectionName, NativeId


class SubmissionChannel(StrEnum):
    PAGE = "page"
    API = "api"


class SubmissionState(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"
    """The reply says who may, or what would be right."""
    WAITING = "waiting"
    """It is stored and not ruled on yet: the worker has not reached it, or the tool cannot be read now."""


@dataclass(frozen=True, slots=True)
class SubmittedCommand:
    """The text of one person about one measure; one command, in one line."""

    measure: MeasureId
    connection: ConnectionName
    native_id: NativeId
    given_by: str
    """The login at Gatepost, for the record."""
    person: Person
    text: str
    channel: SubmissionChannel
    given_at: datetime


@dataclass(frozen=True, slots=True)
class Submitted:
    """A command that is stored for the worker; its ruling is found under its number."""

    number: int


class RefusalKind(StrEnum):
    """Why a command is not stored."""

    NO_COMMAND = "no command"
    NO_LINKED_ACCOUNT = "no linked account"
    DECIDES_NOTHING = "decides nothing"
    """It decides, and its author is a program."""


@dataclass(frozen=True, slots=True)
class SubmissionRefused:
    """Nothing was stored.  ``hint`` says what is right."""

    problem: str
    hint: str
    kind: RefusalKind = RefusalKind.NO_COMMAND


SubmissionReply: TypeAlias = Submitted | SubmissionRefused


class SubmittedCommands(Protocol):
    def add(self, command: SubmittedCommand) -> int:
        """Store the command and mark its item dirty, in one transaction; returns the command's number."""


def submit(commands: SubmittedCommands, command: SubmittedCommand, policy: Policy) -> SubmissionReply:
    """Store a command, for the worker to rule on."""
    problem = command_problem(command.text, policy)
    return problem if problem is not None else Submitted(commands.add(command))


def command_problem(text: str, policy: Policy) -> SubmissionRefused | None:
    """Why a text cannot be taken; ``None`` when it is exactly one well-formed command."""
    parsed = parse_commands(text, policy) if "\x00" not in text and len(text.splitlines()) == 1 else ()
    if len(parsed) != 1:
        return SubmissionRefused("This is not one command.", f"Write one of: {'; '.join(USAGE.values())}.")
    if parsed[0].verb is Verb.MALFORMED:
        return SubmissionRefused(f"{capitalised(parsed[0].problem)}.", f"Correct form: {parsed[0].usage}")
    return None


def no_linked_account(name: str, connection: str) -> SubmissionRefused:
    """A command of somebody without an account on the connection."""
    return SubmissionRefused(
        f"{name} has no linked account on {connection}.",
        "An administrator links it on the page People.",
        RefusalKind.NO_LINKED_ACCOUNT,
    )


def command_line(
    verb: Verb,
    *,
    stage: str = "",
    amount: Decimal | None = None,
    currency: str = "",
    month: str = "",
    pl_line: str = "",
    text: str = "",
    delegate: str = "",
    until: date | None = None,
) -> str:
    """The command's line, from its parts; a reason of several lines becomes one, so that it cannot hold another."""
    parts = [
        f"/{verb.value}",
        stage,
        f"{amount:f}" if amount is not None else "",
        currency,
        month,
        f"line={pl_line}" if pl_line else "",
        f"{delegate} until {until.isoformat()}" if delegate and until is not None else delegate,
        text,
    ]
    return " ".join(" ".join(part.split()) for part in parts if part.strip())
