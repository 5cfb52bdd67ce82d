"""What is reported of the services that a measure is about, as findings of the measure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from governance.codes import CODES
from governance.finding_draft import FindingDraft
from governance.responsible import Responsible

SERVICE_CODES = (
    "COST_SPIKE",
    "NEGATIVE_UNIT_MARGIN",
    "CONFLICTING_MEASURES",
    "VANITY_METRIC",
    "UNIT_COST_UNKNOWN",
    "DEMAND_UNKNOWN",
    "HURDLE_UNNAMED",
)


@dataclass(frozen=True, slots=True)
class ServiceNote:
    """One finding, or one question without an answer, of a service."""

    service: str
    """Its name."""
    code: str
    sentence: str
    """With its figures."""
    owner: str = ""
    place: tuple[str, ...] = ()
    """Portfolio and program in which the service is shown; empty for one that only those see who see everything."""

    def is_shown_in(self, place: tuple[str, ...]) -> bool:
        """Whether whoever reads a measure of this place is in the part of the organisation that sees the service."""
        return bool(self.place) and place[: len(self.place)] == self.place


def note_drafts(
    notes: tuple[ServiceNote, ...], code: str, place: tuple[str, ...], who: tuple[Responsible, ...]
) -> Iterator[FindingDraft]:
    """The figures of a service are for those who may see it: elsewhere only what was found is said."""
    for one in notes:
        if one.code == code:
            says = one.sentence if one.is_shown_in(place) else f"{one.service}: {CODES[code]}"
            owner = (Responsible(None, f"owner {one.owner} of {one.service}"),) if one.owner else who
            yield FindingDraft(one.service, says, owner)
