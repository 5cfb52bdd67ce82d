"""What is said of the places at which a measure's benefit waits (:mod:`governance.value_waits` finds them)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from governance.reporting_amounts import ReportingAmount


class PlaceKind(StrEnum):
    """Where benefit may wait."""

    GATE = "gate"
    APPROVAL = "approval"
    PERSON = "person"
    TEAM = "team"
    VENDOR = "vendor"

    @property
    def label(self) -> str:
        return {"vendor": "Supplier"}.get(self.value, self.value.capitalize())


@dataclass(frozen=True, slots=True)
class Wait:
    """One place at which a measure waits."""

    kind: PlaceKind
    place: str
    """The stage whose gate is shut, who has to approve or act, the team or supplier."""
    since: datetime
    queued: bool = False
    """Of a team or supplier: nobody there has taken the ticket up."""
    ticket: str = ""
    """Its key, where every reader of the measure may see it."""


@dataclass(frozen=True, slots=True)
class ValueWaits:
    """What a day costs for which the benefit of a measure waits, and where it does."""

    a_day: ReportingAmount
    waits: tuple[Wait, ...]
