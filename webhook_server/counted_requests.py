"""Which requests the audit counts: refused tokens, refusals, exports, lists of the API.

Failed sign-ins are counted where they fail (:mod:`webhook_server.sign_in_attempts`).
"""

from __future__ import annotations

import structlog
from flask import Flask, Response, request
from sqlalchemy.exc import SQLAlchemyError

from connector.bootstrap import Services
from connector.store.operations.counted_events import CountedEvent, CountedKind
from webhook_server.api import LIST_ENDPOINTS
from webhook_server.auth import TOKEN_PREFIXES, is_bearer_request, viewer_or_none
from webhook_server.counted_event import note_event

EXPORTS = {"portfolio.export_csv": "the portfolio as a file", "mapping.download": "a version of the mapping"}
"""Views that send a file, by endpoint."""
FEED = "odata.resource"
"""Rows of a reporting view."""

REFUSED, UNKNOWN = 403, 401

_log = structlog.get_logger(__name__)


def count_requests(app: Flask, services: Services) -> None:
    """Count what has to be in the audit, after each answer."""

    @app.after_request
    def count(answer: Response) -> Response:
        try:
            event = _event(answer.status_code)
        except SQLAlchemyError as error:
            # Who asked cannot be known without the database; the answer itself is not spoiled by it.
            _log.error("event not counted", path=request.path, error=type(error).__name__)
        else:
            if event is not None:
                note_event(services, event)
        return answer


def _event(status: int) -> CountedEvent | None:
    endpoint, address = request.endpoint or "", request.remote_addr or ""
    if request.path.startswith(TOKEN_PREFIXES) and status == UNKNOWN:
        return CountedEvent(CountedKind.TOKEN_REFUSED, address=address) if is_bearer_request() else None
    if status == REFUSED or (status == 200 and request.method == "GET" and _is_export(endpoint)):
        viewer = viewer_or_none()
        if viewer is None:
            return None
        if status == REFUSED:
            example = f"{request.method} {request.path}"
            return CountedEvent(CountedKind.ACCESS_REFUSED, viewer.login, address, example=example)
        if endpoint in EXPORTS:
            asked = request.full_path.rstrip("?")
            return CountedEvent(CountedKind.DATA_EXPORTED, viewer.login, address, EXPORTS[endpoint], asked)
        return CountedEvent(CountedKind.DATA_READ, viewer.login, address, str(request.url_rule))
    return None


def _is_export(endpoint: str) -> bool:
    return endpoint in EXPORTS or endpoint in LIST_ENDPOINTS or endpoint == FEED
