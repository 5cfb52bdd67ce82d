"""The reporting calendar as a mapping states it: which paper comes when, who owns it, and who receives it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from governance.reporting_calendar import Cadence
from mapping.service_config import Key, Name
from mapping.sources import MappingModel

TimeOfDay = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
WorkingDay = Annotated[int, Field(ge=-20, le=40)]


class PaperKind(StrEnum):
    """What a paper says."""

    MONTHLY_PACK = "monthly_pack"
    """The workbook and the committee's deck, with a summary."""
    WEEKLY_DIGEST = "weekly_digest"
    """What changed in the week, what is due next, and the reader's own open tasks."""
    EXCEPTIONS = "exceptions"
    """What is in breach, stopped or unexplained; nothing is sent while nothing is."""
    OUTCOME_REVIEW = "outcome_review"
    """The quarter: what was promised, what came, what stops, what starts, and refused demands against the target."""

    @property
    def label(self) -> str:
        return {
            "monthly_pack": "Monthly pack",
            "weekly_digest": "Weekly digest",
            "exceptions": "Exception mail",
            "outcome_review": "Quarterly outcome review",
        }[self.value]

    @property
    def usual_cadence(self) -> Cadence:
        return {
            "monthly_pack": Cadence.MONTH,
            "weekly_digest": Cadence.WEEK,
            "exceptions": Cadence.WEEK,
            "outcome_review": Cadence.QUARTER,
        }[self.value]


class PaperDayRule(MappingModel):
    """A day relative to the end of the period, and a time."""

    working_day: WorkingDay
    """1 is the first working day after the period, -1 its last one."""
    at: TimeOfDay = "08:00"


class RecipientRule(MappingModel):
    """A person, or everybody who holds a role."""

    role: Literal["viewer", "owner", "sponsor", "controller", "office", "integrator", "administrator"] | None = None
    portfolio: Name | None = None
    """Only who holds the role for this part, or for one that lies in it or around it."""
    program: Name | None = None
    legal_entity: Name | None = None
    person: Name | None = None
    """Login at Gatepost."""


class PaperRule(MappingModel):
    """A paper of the calendar."""

    name: Name | None = None
    kind: PaperKind
    every: Cadence | None = None
    """``None`` is the usual one of its kind."""
    cut_off: PaperDayRule
    """Until when is reported; the paper shows what was known then."""
    send: PaperDayRule
    owner: Name
    """Login at Gatepost of whoever answers for the paper."""
    portfolio: Name | None = None
    """The part that it is about; everything without one."""
    program: Name | None = None
    legal_entity: Name | None = None
    to: Annotated[tuple[RecipientRule, ...], Field(min_length=1, max_length=50)]


class CalendarRule(MappingModel):
    """The reporting calendar."""

    time_zone: Annotated[str, Field(max_length=60)] | None = None
    """Name of a time zone; ``None`` is that of the installation."""
    holidays: Annotated[tuple[date, ...], Field(max_length=1_000)] = ()
    """No working days, beside Saturdays and Sundays."""
    papers: Mapping[Key, PaperRule] = {}
