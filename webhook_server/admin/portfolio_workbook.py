"""The portfolio as a workbook: written whole first, so that nobody receives half of one."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from threading import Lock

from flask import Response, send_file
from werkzeug.exceptions import NotFound, ServiceUnavailable

from connector.bootstrap import Services
from connector.papers.read_sources import read_sources
from connector.papers.report import NoFigures
from connector.papers.workbook import TooManyMeasures, write_workbook
from connector.people.permissions import Viewer
from connector.sync.active_mapping import ActiveMapping
from governance.rates import Rates
from webhook_server.admin.portfolio_request import PortfolioRequest, ReportSource
from webhook_server.page_messages import page_text
from webhook_server.pages import formats

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_one_at_a_time = Lock()
"""A large workbook takes a minute of a core: others of this process go on answering pages meanwhile."""


def workbook_file(
    services: Services,
    viewer: Viewer,
    asked: PortfolioRequest,
    active: ActiveMapping | None,
    rates: Rates,
    stages: Mapping[str, str],
) -> Response:
    """Raises NotFound before anything was calculated, ServiceUnavailable while another one is being written."""
    now = formats().now
    file = BytesIO()
    if not _one_at_a_time.acquire(timeout=5):
        raise ServiceUnavailable("Another workbook is being written just now. Try again in a minute.")
    try:
        with services.read_as(viewer) as connection:
            asked.require_known(connection, viewer, stages)
            report = asked.report(ReportSource(connection, viewer, active, rates, stages))
            sources = read_sources(services, connection, viewer, asked.on)
            write_workbook(report, file, compared_to=asked.compare, sources=sources)
    except (NoFigures, TooManyMeasures) as error:
        raise NotFound(page_text(error)) from error
    finally:
        _one_at_a_time.release()
    file.seek(0)
    day = asked.on.at if asked.on is not None else now
    return send_file(file, MEDIA_TYPE, as_attachment=True, download_name=f"portfolio-{day:%Y-%m-%d}.xlsx")
