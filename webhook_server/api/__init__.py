"""``/api/v1``: the API.

Each module has the models and the operations of one subject.  ``services.read_as`` limits what a caller sees; the
token's scope and the person's roles limit what a caller may do, which is checked in one place (:mod:`.operation`).
"""

from __future__ import annotations

from functools import cache

from flask import Blueprint, Response, current_app, jsonify, request

from connector.bootstrap import Services
from webhook_server.api import (
    audit,
    benefit_slip,
    budget_locks,
    calendar,
    commands,
    connections,
    dead_letters,
    decisions,
    deck_template,
    findings,
    gates,
    inbox_outbox,
    ledger,
    mappings,
    measure_history,
    measures,
    money_imports,
    outcome_review,
    outcomes,
    papers,
    portfolio,
    rates,
    service_accounts,
    service_portfolio,
    subscriptions,
    sweeps,
    tokens,
    trace,
    track_record,
    tradeoffs,
    value_waits,
    version,
    why,
    work,
)
from webhook_server.api.oauth import add_token_route
from webhook_server.api.openapi import Document, document
from webhook_server.api.operation import Operation, add_route
from webhook_server.api.rate_limit import RateLimits
from webhook_server.auth import open_to_all

OPERATIONS: tuple[Operation, ...] = (
    *measures.OPERATIONS,
    *measure_history.OPERATIONS,
    *decisions.OPERATIONS,
    *benefit_slip.OPERATIONS,
    *commands.OPERATIONS,
    *work.OPERATIONS,
    *gates.OPERATIONS,
    *findings.OPERATIONS,
    *portfolio.OPERATIONS,
    *papers.OPERATIONS,
    *deck_template.OPERATIONS,
    *mappings.OPERATIONS,
    *connections.OPERATIONS,
    *sweeps.OPERATIONS,
    *inbox_outbox.OPERATIONS,
    *dead_letters.OPERATIONS,
    *subscriptions.OPERATIONS,
    *rates.OPERATIONS,
    *ledger.OPERATIONS,
    *money_imports.OPERATIONS,
    *budget_locks.OPERATIONS,
    *service_portfolio.OPERATIONS,
    *outcomes.OPERATIONS,
    *calendar.OPERATIONS,
    *outcome_review.OPERATIONS,
    *trace.OPERATIONS,
    *value_waits.OPERATIONS,
    *tradeoffs.OPERATIONS,
    *track_record.OPERATIONS,
    *audit.OPERATIONS,
    *tokens.OPERATIONS,
    *service_accounts.OPERATIONS,
    *version.OPERATIONS,
    *why.OPERATIONS,
)

BASE = "/api/v1"

LIST_ENDPOINTS = frozenset(f"api.{operation.name}" for operation in OPERATIONS if operation.is_page)
"""Operations that read many rows: the audit counts who reads them."""


@cache
def openapi_document() -> Document:
    """Built on the first request for it: building takes a tenth of a second."""
    return document(OPERATIONS)


def api(services: Services) -> Blueprint:
    blueprint = Blueprint("api", __name__, url_prefix=BASE)
    limits = RateLimits(services.settings.api_requests_per_minute)
    for operation in OPERATIONS:
        add_route(blueprint, operation, services, limits)

    add_token_route(blueprint, services)

    @blueprint.get("/openapi.json")
    @open_to_all
    def openapi() -> Response:
        """Open to all: it describes the operations and contains no data."""
        return jsonify(openapi_document())

    @blueprint.after_app_request
    def add_allowed_methods(response: Response) -> Response:
        if response.status_code == 405 and request.path.startswith(f"{BASE}/"):
            allowed = current_app.url_map.bind("").allowed_methods(request.path)
            response.headers["Allow"] = ", ".join(sorted(allowed))
        return response

    return blueprint
