"""A paper made for one recipient: read as they read at that moment, with the figures of the cut-off."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from connector.bootstrap import MappingCache, Services
from connector.measures.known_on import KnownOn
from connector.measures.my_work import my_work_of
from connector.measures.usable_rates import reporting_of
from connector.notify.attached_file import AttachedFile
from connector.notify.digest import MAX_ENTRIES
from connector.papers.active_report import active_report
from connector.papers.calendar.exceptions import exception_mail
from connector.papers.calendar.monthly_pack import monthly_pack
from connector.papers.calendar.paper import Paper, PaperBasis, PaperSubject
from connector.papers.calendar.review_paper import review_paper
from connector.papers.calendar.weekly_digest import weekly_digest
from connector.papers.deck.unusable import UnusableTemplate
from connector.papers.report import NoFigures
from connector.papers.source_lines import PAST, source_lines
from connector.people.my_work import WorkKind
from connector.people.permissions import Viewer
from connector.store.database.reading import reading
from connector.store.database.row_level_access import viewer_settings
from connector.store.operations.source_ages import visible_sources
from connector.store.reporting.deck_templates import DeckTemplates
from connector.store.reporting.portfolio import Portfolio
from connector.store.reporting.report_snapshots import ReportSnapshots
from connector.store.reporting.unreported import UnreportedMeasures, UnreportedRows
from connector.sync.active_mapping import ActiveMapping
from connector.timestamp import timestamp_text
from governance.constant_currency import RatesView
from governance.reporting_calendar import IssueDates
from governance.time_text import day_text
from mapping.calendar_config import PaperKind
from mapping.papers import StatedPaper

PRESENT = timedelta(hours=1)
"""Up to which age of a cut-off the age of the sources now is said in the paper."""
NAMED = 10
"""Measures without a report, and open lines of the month, that a message names."""
KEPT_SECONDS = 300.0
"""For how long the files of one reader serve others who see exactly the same."""


class _FilesOf(NamedTuple):
    """What two readers have to have in common for the same files."""

    paper: str
    period: str
    report: str
    template: str
    """SHA-256 of the decks' template."""
    sees: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class KnownMoment:
    """The moment whose figures a paper shows, with its number."""

    on: KnownOn
    report_id: str


class NothingKnown(NoFigures):
    """Nothing was calculated by the cut-off, and never will have been."""


class NotWritten(NoFigures):
    """The template that is stored for every deck cannot be used any more."""


class NoMapping(NoFigures):
    """Nothing is governed yet."""


class PaperMaker:
    """Makes papers; files that several recipients get alike are made once."""

    def __init__(self, services: Services, mappings: MappingCache) -> None:
        self._services = services
        self._mappings = mappings
        self._kept: dict[_FilesOf, tuple[float, tuple[AttachedFile, ...]]] = {}

    def moment(self, subject: PaperSubject, now: datetime, by: str) -> KnownMoment:
        """The cut-off, or the newest figures where it has not come; raises NoFigures before the first ones."""
        at = subject.cut_off
        if at > now:
            with reading(self._services.engine) as connection:
                figures = Portfolio(connection, _NOBODY, subject.filters).settings()
            if figures is None:
                raise NoFigures(
                    "No figures have been calculated yet. A worker calculates them once a mapping is active."
                )
            at = figures.refreshed_at
        at = at.astimezone(UTC)
        kept = ReportSnapshots(self._services.engine).keep(at, None, subject.filters, RatesView.MONTH, by, now)
        return KnownMoment(KnownOn(at, timestamp_text(at)), kept.id)

    def make(
        self, subject: PaperSubject, viewer: Viewer, moment: KnownMoment, now: datetime, *, with_files: bool = True
    ) -> Paper:
        """As ``viewer`` reads now.  Raises NoFigures, NotWritten, TooManyMeasures."""
        active = self._mappings.active()
        if active is None:
            raise NoMapping("No mapping is active, so there is nothing to report on.")
        wanted = _FilesOf(
            subject.key, subject.period.label, moment.report_id,
            DeckTemplates(self._services.engine).digest() if with_files else "",
            tuple(sorted(viewer_settings(viewer).items())),
        )  # fmt: skip
        held = self._held(wanted) if with_files else None
        with self._services.read_as(viewer) as connection:
            basis = self._basis(connection, subject, viewer, moment, active, now)
            if basis.report.portfolio.settings() is None:
                raise NothingKnown(
                    f"No figures were known at the cut-off, {moment.on}: Gatepost had calculated none by then. Send it "
                    "now instead, with the figures of now."
                )
            overview = basis.report.overview
            if not any(sums.measures for sums in overview.by_stage.values()):
                return Paper(basis.title, "", nothing=f"they see no measure of {subject.part.text}")
            try:
                paper = self._written(basis, with_files=with_files and held is None)
            except UnusableTemplate as error:
                raise NotWritten(str(error)) from error
        if held is not None:
            return replace(paper, files=held)
        if paper.files:
            self._kept[wanted] = (time.monotonic(), paper.files)
        return paper

    def _written(self, basis: PaperBasis, *, with_files: bool) -> Paper:
        match basis.subject.kind:
            case PaperKind.MONTHLY_PACK:
                return monthly_pack(basis, with_files=with_files)
            case PaperKind.WEEKLY_DIGEST:
                return weekly_digest(basis)
            case PaperKind.EXCEPTIONS:
                return exception_mail(basis)
            case PaperKind.OUTCOME_REVIEW:
                return review_paper(basis, with_files=with_files)

    def _held(self, wanted: _FilesOf) -> tuple[AttachedFile, ...] | None:
        """The files of somebody who saw the same a moment ago; what is older is forgotten, because files are large."""
        ends = time.monotonic() - KEPT_SECONDS
        self._kept = {key: one for key, one in self._kept.items() if one[0] >= ends and key.report == wanted.report}
        found = self._kept.get(wanted)
        return found[1] if found is not None else None

    def _basis(
        self,
        connection: Connection,
        subject: PaperSubject,
        viewer: Viewer,
        moment: KnownMoment,
        active: ActiveMapping,
        now: datetime,
    ) -> PaperBasis:
        services = self._services
        sources = PAST
        if now - moment.on.at <= PRESENT:
            ages = visible_sources(services.engine, connection, viewer)
            sources = source_lines(ages, services.settings.source_age_limit, now)
        report = active_report(services, active, connection, viewer, now, subject.filters, moment.on)
        work = None
        if subject.kind is PaperKind.WEEKLY_DIGEST:
            most = MAX_ENTRIES * len(WorkKind)
            work = my_work_of(services, self._mappings, viewer, now, per_kind=MAX_ENTRIES, limit=most)
        open_lines: tuple[str, ...] = ()
        if subject.kind is PaperKind.MONTHLY_PACK:
            open_lines = tuple(f"- {line}" for line in open_of_month(services, connection, viewer, subject, active))
        unreported = None
        if subject.kind is not PaperKind.EXCEPTIONS:
            unreported = unreported_of(connection, viewer, subject, active, NAMED)
        return PaperBasis(
            subject, viewer, report, active, moment.report_id, sources, services.settings.address, now,
            services.engine, work, unreported, open_lines,
        )  # fmt: skip


def subject_of(paper: StatedPaper, dates: IssueDates) -> PaperSubject:
    """One issue of a paper of the mapping."""
    schedule = paper.schedule
    before = schedule.dates_of(schedule.fiscal.preceding(dates.period)).cut_off
    return PaperSubject(
        paper.key, paper.name, paper.kind, paper.part, dates.period, dates.cut_off, before, schedule.zone
    )


def unreported_of(
    connection: Connection, viewer: Viewer, subject: PaperSubject, active: ActiveMapping, limit: int
) -> UnreportedMeasures:
    """Measures of the part that nobody has reported on since the period began."""
    begin = datetime.combine(subject.period.first, datetime.min.time(), subject.zone)
    rows = UnreportedRows(connection, viewer, subject.filters)
    return rows.since(begin, active.policies.base.closing_stage, limit)


def open_of_month(
    services: Services,
    connection: Connection,
    viewer: Viewer,
    subject: PaperSubject,
    active: ActiveMapping,
    limit: int = NAMED,
) -> tuple[str, ...]:
    """What is open for the close of the period's month, of what the viewer may see in the part."""
    month, entity = subject.period.closing_month, subject.part.legal_entity or ""
    items = services.month_close.checklist(month, entity, reporting_of(active.config), most=200)
    named = {one.measure for one in items if one.measure}
    theirs = UnreportedRows(connection, viewer, subject.filters).ids_of(named)
    whole = viewer.sees_everything and not subject.filters.hierarchy
    seen = [one for one in items if one.measure in theirs or (not one.measure and whole)]
    lines = [f"{one.text}: {one.who}, by {day_text(one.due)}" for one in seen[:limit]]
    return (*lines, f"and {len(seen) - limit:,} more") if len(seen) > limit else tuple(lines)


_NOBODY = Viewer(person=None, login="", name="")
"""Reads the settings of the figures alone, which name no measure."""
