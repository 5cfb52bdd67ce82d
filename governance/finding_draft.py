"""What a rule reports before it is known since when it is so."""

from __future__ import annotations

from dataclasses import dataclass

from governance.named_sentence import NamedSentence
from governance.responsible import Responsible


@dataclass(frozen=True, slots=True)
class TicketNote:
    """What a finding says of one ticket, for the ticket's own field."""

    key: str
    sentence: str
    elsewhere: bool = False
    """The ticket lies in another project: readers of the measure need not be able to see it."""


@dataclass(frozen=True, slots=True)
class FindingDraft:
    subject: str
    """Tells two findings of one code apart."""
    sentence: str
    responsible: tuple[Responsible, ...]
    tickets: tuple[TicketNote, ...] = ()
    """What is said of each ticket that the finding is about."""
    named: NamedSentence | None = None
    """The sentence with names that not every reader may see."""
