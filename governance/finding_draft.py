"""What a rule reports before it is known since when it is so."""

from __future__ import annotations

from dataclasses import dataclass

from governance.named_sentence import NamedSentence
from governance.responsible import Responsible


@dataclass(frozen=True, slots=True)
class FindingDraft:
    subject: str
    """Tells two findings of one code apart."""
    sentence: str
    responsible: tuple[Responsible, ...]
    named: NamedSentence | None = None
    """The sentence with names that not every reader may see."""
