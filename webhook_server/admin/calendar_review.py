"""``/calendar/review``: the outcome review of a quarter, as page and as slides."""

from __future__ import annotations

from io import BytesIO

from flask import Blueprint, Response, abort, render_template, request, send_file
from flask.typing import ResponseReturnValue

from connector.bootstrap import MappingCache, Services, system_clock
from connector.papers.active_report import active_report
from connector.papers.calendar.review_paper import review_file
from connector.papers.deck.unusable import UnusableTemplate
from connector.papers.outcome_review import OutcomeReview, fiscal_calendar, outcome_review
from connector.papers.report import NoFigures
from connector.papers.source_lines import PAST, source_lines
from connector.store.operations.source_ages import visible_sources
from connector.store.reporting.portfolio_filters import PortfolioFilters
from connector.sync.active_mapping import ActiveMapping
from governance.left_out import OFF_RAMP_LABELS
from governance.reporting_calendar import Cadence, FiscalCalendar, PaperPeriod
from mapping.papers import time_zone
from webhook_server.admin.as_known import requested_day
from webhook_server.admin.navigation import MEASURE_READERS
from webhook_server.auth import current_viewer, requires_role

QUARTERS_BACK = 8
"""Quarters that the page offers."""


def add_review(blueprint: Blueprint, services: Services, mappings: MappingCache) -> None:
    """The addresses of the review."""
    reads = requires_role(*MEASURE_READERS)

    @blueprint.get("/review")
    @reads
    def review() -> ResponseReturnValue:
        """The quarter on a page that prints on A4."""
        active = _active(mappings)
        period = _period(active)
        found = _read(services, active, period)
        calendar = fiscal_calendar(active.config)
        return render_template(
            "calendar/review.html", review=found, period=period, quarters=_quarters(calendar),
            query=_query(), step_labels=OFF_RAMP_LABELS,
        )  # fmt: skip

    @blueprint.get("/review.pptx")
    @reads
    def review_slides() -> Response:
        """The same as slides."""
        active = _active(mappings)
        found = _read(services, active, _period(active))
        try:
            file = review_file(found, services.engine)
        except UnusableTemplate as error:
            abort(422, str(error))
        return send_file(BytesIO(file.content), file.media_type, as_attachment=True, download_name=file.name)


def _active(mappings: MappingCache) -> ActiveMapping:
    active = mappings.active()
    if active is None:
        abort(404, "No mapping is active, so there is nothing to review yet.")
    return active


def _period(active: ActiveMapping) -> PaperPeriod:
    """The quarter of the address; without one the last that is over."""
    calendar = fiscal_calendar(active.config)
    label = request.args.get("period", "")
    if not label:
        return calendar.preceding(calendar.period_of(Cadence.QUARTER, system_clock().date()))
    found = calendar.named(label)
    if found is None or found.cadence is not Cadence.QUARTER:
        abort(400, f'"{label[:20]}" is no quarter: write it as FY2026-Q3.')
    return found


def _quarters(calendar: FiscalCalendar) -> list[tuple[str, str]]:
    period = calendar.period_of(Cadence.QUARTER, system_clock().date())
    found = []
    for _ in range(QUARTERS_BACK):
        found.append((period.label, period.label))
        period = calendar.preceding(period)
    return found


def _query() -> dict[str, str]:
    """The parameters of this address, as the slides take them."""
    return {name: value for name, value in request.args.items() if name in {"portfolio", "program", "entity", "on"}}


def _read(services: Services, active: ActiveMapping, period: PaperPeriod) -> OutcomeReview:
    viewer, now, config = current_viewer(), system_clock(), active.config
    on = requested_day(request.args)
    zone = time_zone(config.calendar.time_zone or services.settings.time_zone)
    with services.read_as(viewer) as connection:
        sources = PAST
        if on is None:
            ages = visible_sources(services.engine, connection, viewer)
            sources = source_lines(ages, services.settings.source_age_limit, now)
        filters = PortfolioFilters.parse(
            {name: request.args.get(name, "") for name in ("portfolio", "program", "entity")}
        )
        report = active_report(services, active, connection, viewer, now, filters, on)
        try:
            return outcome_review(
                report, config, period, zone, warnings=sources.warnings, report_id=_report_id() if on else ""
            )
        except NoFigures as error:
            abort(404, str(error))


def _report_id() -> str:
    return request.args.get("report", "")[:20].strip().upper()
