"""A paper as one recipient gets it, and what it is made of."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from sqlalchemy import Engine

from connector.notify.attached_file import AttachedFile
from connector.papers.report import Report
from connector.papers.source_lines import SourceLines
from connector.people.my_work import MyWork
from connector.people.permissions import Viewer
from connector.store.reporting.portfolio_filters import PortfolioFilters
from connector.store.reporting.unreported import UnreportedMeasures
from connector.sync.active_mapping import ActiveMapping
from governance.reporting_calendar import PaperPeriod
from governance.time_text import day_text
from mapping.calendar_config import PaperKind
from mapping.papers import PaperPart


@dataclass(frozen=True, slots=True)
class Paper:
    """What one recipient is sent."""

    title: str
    body: str
    files: tuple[AttachedFile, ...] = ()
    nothing: str = ""
    """Why there is nothing to send; empty where there is."""

    @property
    def text_sha256(self) -> str:
        """Of title and body, in hexadecimal digits."""
        return hashlib.sha256(f"{self.title}\n\n{self.body}".encode()).hexdigest()


FILES: Mapping[PaperKind, tuple[str, ...]] = {
    PaperKind.MONTHLY_PACK: ("committee-{}.pptx", "portfolio-{}.xlsx"),
    PaperKind.OUTCOME_REVIEW: ("outcome-review-{}.pptx",),
}
"""Names of the files of each kind, with a place for the period."""


def file_names(kind: PaperKind, period: str) -> tuple[str, ...]:
    """Of one issue, in their order."""
    return tuple(name.format(period) for name in FILES.get(kind, ()))


@dataclass(frozen=True, slots=True)
class PaperSubject:
    """Which issue of which paper."""

    key: str
    name: str
    kind: PaperKind
    part: PaperPart
    period: PaperPeriod
    cut_off: datetime
    before: datetime
    """The cut-off of the period before: what is younger is new."""
    zone: tzinfo
    """Of the calendar."""

    @property
    def filters(self) -> PortfolioFilters:
        """The part as the portfolio's pages filter by it."""
        part = self.part
        return PortfolioFilters(portfolio=part.portfolio, program=part.program, entity=part.legal_entity)


@dataclass(frozen=True, slots=True)
class PaperBasis:
    """What a paper says is made of, read as its recipient."""

    subject: PaperSubject
    viewer: Viewer
    report: Report
    """Of the moment of the cut-off, or of now where it is sent earlier."""
    active: ActiveMapping
    report_id: str
    sources: SourceLines
    address: str
    """Where people open Gatepost."""
    now: datetime
    engine: Engine
    """Holds the template of the organisation's decks, which no reader sees."""
    work: MyWork | None = None
    """What waits for the recipient; only where the paper says it."""
    unreported: UnreportedMeasures | None = None
    open_lines: tuple[str, ...] = field(default=())
    """What is open for the month, as the recipient may know it."""

    @property
    def report_address(self) -> str:
        return f"{self.address}/portfolio/reports/{self.report_id}"

    @property
    def title(self) -> str:
        return f"{self.report.organization}: {self.subject.name}, {self.subject.period.label}"

    @property
    def foot(self) -> list[str]:
        """Why it came, and where it is kept."""
        part = f" of {self.subject.part.text}" if self.subject.part != PaperPart() else ""
        return [
            "",
            f"You see in it what you may see{part}. Report {self.report_id}: {self.report_address}",
            f"The calendar, and what was sent: {self.address}/calendar/papers/{self.subject.key}",
        ]

    @property
    def unreported_lines(self) -> list[str]:
        """``Not reported since 1 Oct 2026: 2 of 12 measures``, and which."""
        found = self.unreported
        if found is None or not found.measures:
            return []
        since = day_text(self.subject.period.first)
        if not found.count:
            return ["", f"Every measure that is open has been reported on since {since}."]
        lines = ["", f"Not reported on since {since}: {found.count:,} of {found.measures:,} measures"]
        lines += [
            f"- {one.key} {one.title or 'without a title'}: {one.owner or 'nobody is named as owner'}, "
            + (f"the last report was on {day_text(one.last)}" if one.last else "no report is known")
            for one in found.rows
        ]
        more = found.count - len(found.rows)
        return [*lines, f"- and {more:,} more: {self.address}/calendar/papers/{self.subject.key}"] if more else lines
