"""``/api/v1``: what Gatepost knows and what may be said to it, for programs.

Each module holds one noun: its models and its operations.  What may be seen is held by ``services.reading``; what
may be done by the token's scope and the person's roles; both are checked in one place (:mod:`.operation`).
"""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify, request

from connector.bootstrap import Services
from webhook_server.api import (
    audit,
    commands,
    connections,
    dead_letters,
    findings,
    gates,
    inbox_outbox,
    mappings,
    measures,
    portfolio,
    rates,
    subscriptions,
    sweeps,
    tokens,
    version,
    work,
)
from webhook_server.api.openapi import document
from webhook_server.api.operation import Operation, add

OPERATIONS: tuple[Operation, ...] = (
    *measures.OPERATIONS,
    *commands.OPERATIONS,
    *work.OPERATIONS,
    *gates.OPERATIONS,
    *findings.OPERATIONS,
    *portfolio.OPERATIONS,
    *mappings.OPERATIONS,
    *connections.OPERATIONS,
    *sweeps.OPERATIONS,
    *inbox_outbox.OPERATIONS,
    *dead_letters.OPERATIONS,
    *subscriptions.OPERATIONS,
    *rates.OPERATIONS,
    *audit.OPERATIONS,
    *tokens.OPERATIONS,
    *version.OPERATIONS,
)

BASE = "/api/v1"


def api(services: Services) -> Blueprint:
    blueprint = Blueprint("api", __name__, url_prefix=BASE)
    for operation in OPERATIONS:
        add(blueprint, operation, services)
    described = document(OPERATIONS)

    @blueprint.get("/openapi.json")
    def openapi() -> Response:
        """For everybody: it says what there is, and nothing of what is in it."""
        return jsonify(described)

    @blueprint.after_app_request
    def tell_methods(answer: Response) -> Response:
        if answer.status_code == 405 and request.path.startswith(f"{BASE}/"):
            allowed = current_app.url_map.bind("").allowed_methods(request.path)
            answer.headers["Allow"] = ", ".join(sorted(allowed))
        return answer

    return blueprint
