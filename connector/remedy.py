"""What to do about something that is wrong: data beside the sentence that says what is wrong, never a part of it.

Whoever reads it has a terminal or a page, and the two are told different things: a command line is of no use to
somebody who has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Place(StrEnum):
    """A page on which something can be done; its value is its title."""

    CONNECTIONS = "Connections"
    MAPPING = "Mapping"
    SET_UP = "Set-up"
    OPERATIONS = "Operations"
    PEOPLE = "People"
    SERVICE_ACCOUNTS = "Service accounts"
    SUBSCRIPTIONS = "Subscriptions"


@dataclass(frozen=True, slots=True)
class Remedy:
    """Whole sentences; both empty when the message says it all."""

    page: str = ""
    """What to do without a terminal: on a page, in a tool, or by asking somebody."""
    command: str = ""
    """What to do at a terminal: the command line, or the setting, that mends it."""

    place: Place | None = None
    """The page, where there is one."""

    @property
    def at_terminal(self) -> str:
        """The command, or what is to be done elsewhere where no command mends it."""
        return self.command or self.page

    def then(self, other: Remedy) -> Remedy:
        """Both, one after the other; this one's command ends as a sentence."""
        return Remedy(
            " ".join(filter(None, (self.page, other.page))),
            " ".join(filter(None, (self.at_terminal, other.at_terminal))),
            other.place or self.place,
        )

    @property
    def needs_operator(self) -> bool:
        """Only whoever runs Gatepost can do it."""
        return bool(self.command) and not self.page


NOTHING_TO_DO = Remedy()


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody has to know or to decide, and what to do about it."""

    text: str
    remedy: Remedy = NOTHING_TO_DO

    @property
    def at_terminal(self) -> str:
        return f"{self.text} {self.remedy.at_terminal}".rstrip()
