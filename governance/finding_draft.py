"""What a rule reports before it is known since when it is so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from governance.responsible import Responsible


class TicketNote(NamedTuple):
    """What a finding says of one ticket, for the ticket's own field."""

    key: str
    sentence: str


@dataclass(frozen=True, slots=True)
class FindingDraft:
    subject: str
    """Tells two findings of one code apart."""
    sentence: str
    responsible: tuple[Responsible, ...]
    tickets: tuple[TicketNote, ...] = ()
    """What is said of each ticket that the finding is about."""
