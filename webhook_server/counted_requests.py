"""Which requests the audit counts: failed and locked sign-ins, refused tokens, refusals, exports, lists of the API."""

from __future__ import annotations

import structlog
from flask import Flask, Response, request
from sqlalchemy.exc import SQLAlchemyError

from connector.bootstrap import Services, system_clock
from connector.store.operations.counted_events import CountedEvent, CountedKind
from webhook_server.api import LIST_ENDPOINTS
from webhook_server.auth import is_bearer_request, viewer_or_none

EXPORTS = {"portfolio.export_csv": "the portfolio as a file", "mapping.download": "a version of the mapping"}
"""Views that send a file, by endpoint."""

SIGN_IN_BLUEPRINTS = frozenset({"signin", "provider"})
LOCKED, REFUSED, UNKNOWN = 429, 403, 401

_log = structlog.get_logger(__name__)


def count_requests(app: Flask, services: Services) -> None:
    """Count what has to be in the audit, after each answer."""

    @app.after_request
    def count(answer: Response) -> Response:
        try:
            event = _event(services, answer.status_code)
            if event is not None:
                services.counted_events.note(event, system_clock())
        except SQLAlchemyError as error:
            # The answer itself is not spoiled by it; without a database there is no audit to write into.
            _log.error("event not counted", path=request.path, error=type(error).__name__)
        return answer


def _event(services: Services, status: int) -> CountedEvent | None:
    endpoint, address = request.endpoint or "", request.remote_addr or ""
    if request.blueprint in SIGN_IN_BLUEPRINTS or endpoint == "account.password":
        return _sign_in(services, status, address)
    if request.path.startswith("/api/") and status == UNKNOWN:
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


def _sign_in(services: Services, status: int, address: str) -> CountedEvent | None:
    """A login that nobody has is not written down: people enter their password in the wrong field."""
    if status not in {LOCKED, UNKNOWN, REFUSED}:
        return None
    kind = CountedKind.SIGN_IN_LOCKED if status == LOCKED else CountedKind.SIGN_IN_FAILED
    if request.endpoint == "account.password":
        viewer = viewer_or_none()
        return CountedEvent(kind, viewer.login if viewer is not None else "", address)
    given = request.form.get("login", "")
    person = services.people.find_by_login(given) if given and "\x00" not in given else None
    return CountedEvent(kind, person.login if person is not None else "", address)


def _is_export(endpoint: str) -> bool:
    return endpoint in EXPORTS or endpoint in LIST_ENDPOINTS
