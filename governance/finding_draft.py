"""What a rule reports before it is known since when it is so."""

from __future__ import annotations

from dataclasses import dataclass

from governance.responsible import Responsible


@dataclass(frozen=True, slots=True)
class FindingDraft:
    subject: str
    """Tells two findings of one code apart."""
    sentence: str
    responsible: tuple[Responsible, ...]
