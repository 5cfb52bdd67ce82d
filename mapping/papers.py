"""The papers that a mapping's reporting calendar defines, as everything else has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from governance.definitions.years import YearName
from governance.reporting_calendar import DayRule, FiscalCalendar, Schedule, WorkingDays
from mapping.calendar_config import CalendarRule, PaperDayRule, PaperKind, PaperRule
from mapping.config import MappingConfig


@dataclass(frozen=True, slots=True)
class PaperPart:
    """A part of the organisation; everything where nothing is named."""

    portfolio: str | None = None
    program: str | None = None
    legal_entity: str | None = None

    @property
    def hierarchy(self) -> tuple[str, ...]:
        return tuple(name for name in (self.portfolio, self.program) if name is not None)

    @property
    def text(self) -> str:
        """``IT / Cloud exit, Nordbank AG only``; ``everything``"""
        place = " / ".join(self.hierarchy) or "everything"
        return f"{place}, {self.legal_entity} only" if self.legal_entity else place


@dataclass(frozen=True, slots=True)
class Recipients:
    """One line of who receives a paper: a person by login, or all who hold a role for a part."""

    person: str = ""
    role: str = ""
    part: PaperPart = PaperPart()

    @property
    def text(self) -> str:
        return self.person or f"{self.role} of {self.part.text}"


@dataclass(frozen=True, slots=True)
class StatedPaper:
    """A paper with its schedule."""

    key: str
    name: str
    kind: PaperKind
    owner: str
    """Login."""
    part: PaperPart
    schedule: Schedule
    to: tuple[Recipients, ...]


def stated_papers(config: MappingConfig, usual_zone: str) -> Iterator[StatedPaper]:
    """Each paper of the mapping's calendar; ``usual_zone`` is the installation's."""
    calendar = config.calendar
    zone = time_zone(calendar.time_zone or usual_zone)
    days = WorkingDays(frozenset(calendar.holidays))
    fiscal = FiscalCalendar(config.fiscal_year_start, YearName(config.fiscal_year_named_by))
    for key, rule in calendar.papers.items():
        yield StatedPaper(
            key,
            rule.name or rule.kind.label,
            rule.kind,
            rule.owner,
            PaperPart(rule.portfolio, rule.program, rule.legal_entity),
            Schedule(rule.every or rule.kind.usual_cadence, _day(rule.cut_off), _day(rule.send), zone, days, fiscal),
            tuple(_recipients(rule)),
        )


def time_zone(name: str) -> ZoneInfo:
    """UTC for a name that this machine does not know."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def zone_of(calendar: CalendarRule) -> ZoneInfo:
    """In which a moment of a tool becomes a day: that of the calendar, else UTC."""
    return time_zone(calendar.time_zone or "UTC")


def _day(rule: PaperDayRule) -> DayRule:
    return DayRule(rule.working_day, time.fromisoformat(rule.at))


def _recipients(rule: PaperRule) -> Iterator[Recipients]:
    """A role that names no part is meant for the paper's part."""
    for one in rule.to:
        if one.person is not None:
            yield Recipients(person=one.person)
            continue
        part = PaperPart(one.portfolio, one.program, one.legal_entity)
        if part == PaperPart():
            part = PaperPart(rule.portfolio, rule.program, rule.legal_entity)
        yield Recipients(role=one.role or "", part=part)
