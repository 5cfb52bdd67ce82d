"""What somebody says on a page or through the API: heard like a comment, by the same rules, with the same answer.

The words become a row, the item is rung, and the worker rules on it with everything else that was said; so it counts
in the order in which it was said, is answered in the tool's comment too, and is kept with the facts it was made on.
Nobody waits for that: a command is submitted, and its ruling is asked for under its number.
The speaker is the account that an administrator has linked to the person on the measure's connection: roles are held
by accounts, wherever their holder speaks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, TypeAlias

from governance.command_grammar import USAGE, parse_commands
from governance.evidence import Verb
from governance.gates import Policy
from governance.measure import MeasureId, Person
from mapping.work_item import ConnectionName, NativeId


class Via(StrEnum):
    PAGE = "page"
    API = "api"


class State(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"
    """The answer says who may, or what would be right."""
    WAITING = "waiting"
    """It is kept and not heard yet: the worker has not come to it, or the tool cannot be read now."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """Words of one person about one measure; one command, in one line."""

    measure: MeasureId
    connection: ConnectionName
    native_id: NativeId
    said_by: str
    """The login at Gatepost, for the record."""
    speaker: Person
    words: str
    via: Via
    at: datetime


@dataclass(frozen=True, slots=True)
class Submitted:
    """A command that is stored for the worker; its ruling is found under its number."""

    number: int


@dataclass(frozen=True, slots=True)
class NotSaid:
    """The words are no command, or nobody knows whose they are: nothing was kept.  ``hint`` says what is right."""

    problem: str
    hint: str


Reply: TypeAlias = Submitted | NotSaid


class Utterances(Protocol):
    def keep(self, utterance: Utterance) -> int:
        """Store the words and ring their item, in one transaction; returns the utterance's number."""


def submit(utterances: Utterances, utterance: Utterance, policy: Policy) -> Reply:
    """Store what somebody says, for the worker to rule on."""
    wrong = not_a_command(utterance.words, policy)
    return wrong if wrong is not None else Submitted(utterances.keep(utterance))


def not_a_command(words: str, policy: Policy) -> NotSaid | None:
    """Why words cannot be heard; nothing when they are exactly one command that holds."""
    found = parse_commands(words, policy) if "\x00" not in words and len(words.splitlines()) == 1 else ()
    if len(found) != 1:
        return NotSaid("This is not one command.", f"Write one of: {'; '.join(USAGE.values())}.")
    if found[0].verb is Verb.MALFORMED:
        return NotSaid(f"{found[0].problem[:1].upper()}{found[0].problem[1:]}.", f"Right would be: {found[0].usage}")
    return None


def nobody(name: str, connection: str) -> NotSaid:
    """Somebody without an account on the connection spoke."""
    return NotSaid(
        f"Nobody knows which account of {connection} is {name}'s.",
        "An administrator links it on the page People, or with: gatepost user link",
    )


def command(
    verb: Verb,
    *,
    stage: str = "",
    amount: Decimal | None = None,
    currency: str = "",
    month: str = "",
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
        f"{delegate} until {until.isoformat()}" if delegate and until is not None else delegate,
        text,
    ]
    return " ".join(" ".join(part.split()) for part in parts if part.strip())
