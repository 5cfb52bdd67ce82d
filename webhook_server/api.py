"""``/api/v1``: what Gatepost knows, for programs.  One bearer token until there are users with roles."""

from __future__ import annotations

import hmac

from flask import Blueprint, Response, jsonify, request

from connector.bootstrap import Services
from connector.store.jsonable import to_json
from connector.store.measures import Explained

SHORTEST_TOKEN = 24


def api(services: Services) -> Blueprint:
    blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
    token = services.settings.api_token
    expected = token.get_secret_value().encode() if token else b""

    @blueprint.before_request
    def authenticate() -> Response | None:
        if len(expected) < SHORTEST_TOKEN:
            hint = f"Set GATEPOST_API_TOKEN to {SHORTEST_TOKEN} or more characters."
            return problem(403, "The API is off.", hint)
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not hmac.compare_digest(given.encode(), expected):
            answer = problem(401, "The bearer token is missing or wrong.", "Send Authorization: Bearer <token>.")
            answer.headers["WWW-Authenticate"] = 'Bearer realm="gatepost"'
            return answer
        return None

    @blueprint.get("/measures/<path:name>/explain")
    def explain(name: str) -> Response:
        """A measure's verdict as a checklist: JSON, or plain text when that is what the client accepts."""
        found = services.measures.find(name)
        if not found:
            return problem(404, f'There is no measure "{name}".', "Name it by its key or id.")
        if len(found) > 1:
            ids = ", ".join(measure.id for measure in found)
            return problem(409, f'"{name}" is the key of several measures.', f"Name one by its id: {ids}.")
        measure = found[0]
        if request.accept_mimetypes.best_match(["application/json", "text/plain"]) == "text/plain":
            return Response(f"{measure.key} {measure.title or ''}\n\n{measure.explanation}\n", mimetype="text/plain")
        return jsonify(_explained(measure))

    return blueprint


def problem(status: int, title: str, detail: str) -> Response:
    """RFC 9457."""
    answer = jsonify({"type": "about:blank", "status": status, "title": title, "detail": detail})
    answer.status_code = status
    answer.mimetype = "application/problem+json"
    return answer


def _explained(measure: Explained) -> object:
    shown = to_json(measure)
    return {**shown, "explanation": measure.explanation.splitlines()} if isinstance(shown, dict) else shown
