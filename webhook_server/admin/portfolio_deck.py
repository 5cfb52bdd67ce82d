"""The portfolio as the steering committee's deck."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO

from flask import Response, send_file
from werkzeug.exceptions import NotFound, UnprocessableEntity

from connector.bootstrap import Services
from connector.papers.deck.contents import DeckFigures, deck_of
from connector.papers.deck.own_template import deck_template
from connector.papers.deck.read import deck_figures
from connector.papers.deck.unusable import UnusableTemplate
from connector.papers.deck.write import write_deck
from connector.papers.read_sources import read_sources
from connector.papers.report import NoFigures
from connector.people.permissions import Viewer
from connector.sync.active_mapping import ActiveMapping
from governance.gates import Thresholds
from governance.rates import Rates
from webhook_server.admin.portfolio_reports import kept_report
from webhook_server.admin.portfolio_request import PortfolioRequest, ReportSource
from webhook_server.page_messages import page_text
from webhook_server.temporary_file import temporary_file

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.presentationml.presentation"


def deck_file(
    services: Services,
    viewer: Viewer,
    asked: PortfolioRequest,
    active: ActiveMapping | None,
    rates: Rates,
    stages: Mapping[str, str],
    template: IO[bytes] | None = None,
) -> Response:
    """Raises NotFound before anything was calculated, UnprocessableEntity for a file that is no template."""
    try:
        file, name = written_deck(services, viewer, asked, active, rates, stages, template)
    except NoFigures as error:
        raise NotFound(page_text(error)) from error
    except UnusableTemplate as error:
        raise UnprocessableEntity(page_text(error)) from error
    return send_file(file, MEDIA_TYPE, as_attachment=True, download_name=name)


def written_deck(
    services: Services,
    viewer: Viewer,
    asked: PortfolioRequest,
    active: ActiveMapping | None,
    rates: Rates,
    stages: Mapping[str, str],
    template: IO[bytes] | None = None,
) -> tuple[IO[bytes], str]:
    """The whole deck as a temporary file, so that nobody receives half of one, and its name.

    Raises NoFigures, UnusableTemplate, NotComparable.
    """
    with services.read_as(viewer) as connection:
        asked.require_known(connection, viewer, stages)
        found = read_deck(services, asked, ReportSource(connection, viewer, active, rates, stages))
    file = temporary_file()
    write_deck(deck_of(found), deck_template(services.engine, template), file, found.report_id)
    file.seek(0)
    return file, f"committee-{found.today:%Y-%m-%d}.pptx"


def read_deck(services: Services, asked: PortfolioRequest, source: ReportSource) -> DeckFigures:
    """Raises NoFigures."""
    sources = read_sources(services, source.connection, source.viewer, asked.on)
    thresholds = source.active.policies.base.thresholds if source.active else Thresholds()
    report = asked.report(source)
    kept = kept_report(services, source.viewer, asked, report.figures.refreshed_at)
    return deck_figures(report, thresholds, sources, compared_to=asked.compare, report_id=kept.id)
