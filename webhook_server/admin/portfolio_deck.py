"""The portfolio as the steering committee's deck."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

from flask import Response, send_file
from werkzeug.exceptions import NotFound

from connector.bootstrap import Services
from connector.papers.deck.contents import DeckFigures, deck_of
from connector.papers.deck.read import deck_figures
from connector.papers.deck.template import open_template
from connector.papers.deck.write import write_deck
from connector.papers.report import NoFigures
from connector.papers.source_lines import PAST, source_lines
from connector.people.permissions import Viewer
from connector.store.operations.source_ages import visible_sources
from connector.sync.reconcile import ActiveMapping
from governance.gates import Thresholds
from governance.rates import Rates
from webhook_server.admin.portfolio_reports import kept_report
from webhook_server.admin.portfolio_request import PortfolioRequest, ReportSource
from webhook_server.pages import formats

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.presentationml.presentation"


def deck_file(
    services: Services,
    viewer: Viewer,
    asked: PortfolioRequest,
    active: ActiveMapping | None,
    rates: Rates,
    stages: Mapping[str, str],
) -> Response:
    """Written whole first, so that nobody receives half of one.  Raises NotFound before anything was calculated."""
    try:
        with services.read_as(viewer) as connection:
            found = read_deck(services, asked, ReportSource(connection, viewer, active, rates, stages))
    except NoFigures as error:
        raise NotFound(str(error)) from error
    file = BytesIO()
    write_deck(deck_of(found), open_template(None), file, found.report_id)
    file.seek(0)
    return send_file(file, MEDIA_TYPE, as_attachment=True, download_name=f"committee-{found.today:%Y-%m-%d}.pptx")


def read_deck(services: Services, asked: PortfolioRequest, source: ReportSource) -> DeckFigures:
    """Raises NoFigures."""
    sources = PAST
    if asked.on is None:
        ages = visible_sources(services.engine, source.connection, source.viewer)
        sources = source_lines(ages, services.settings.source_age_limit, formats().now)
    thresholds = source.active.policies.base.thresholds if source.active else Thresholds()
    report = asked.report(source)
    kept = kept_report(services, source.viewer, asked, report.figures.refreshed_at)
    return deck_figures(report, thresholds, sources, compared_to=asked.compare, report_id=kept.id)
