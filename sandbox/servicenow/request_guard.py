"""The front of the REST API: authentication, rights, rate limits, and the form of a refusal."""

from __future__ import annotations

import base64

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.wrappers import Response as AnyResponse

from sandbox.client_certificate import client_name
from sandbox.servicenow.model import Refusal
from sandbox.servicenow.state import ServiceNowState

API = "/api/now/"
BASIC_ROLE = "snc_basic_auth_api_access"
APIS = {
    "table": "Table API",
    "stats": "Aggregate API",
    "batch": "Batch API",
    "attachment": "Attachment API",
    "import": "Import Set API",
}
UNAUTHENTICATED = ("User Not Authenticated", "Required to provide Auth information")
WITH_BODY = frozenset({"POST", "PATCH", "PUT"})


def install(app: Flask, state: ServiceNowState) -> None:
    front = _RequestGuard(state)
    app.before_request(front.check)
    app.after_request(front.add_headers)
    app.register_error_handler(Refusal, refusal_response)
    app.register_error_handler(HTTPException, _unknown)


def refusal_response(refusal: Refusal) -> tuple[Response, int]:
    return envelope(refusal.message, refusal.detail), refusal.status


def envelope(message: str, detail: str | None) -> Response:
    return jsonify({"error": {"message": message, "detail": detail}, "status": "failure"})


def _unknown(error: HTTPException) -> AnyResponse | tuple[Response, int]:
    """An address that is no API's, and a method that an API does not have."""
    if not request.path.startswith("/api/"):
        return error.get_response(request.environ)
    if isinstance(error, NotFound):
        return envelope("Requested URI does not represent any resource", request.path), 400
    if isinstance(error, MethodNotAllowed):
        return envelope("Method not Supported", f"{request.method} method not supported for API"), 405
    return envelope(error.name, error.description), error.code or 500


def api_of(path: str) -> str:
    """The API of an address, by the name used in its rules and rights."""
    parts = [part for part in path.removeprefix(API).split("/") if part not in {"v1", "v2"}]
    return APIS.get(parts[0] if parts else "", "")


class _RequestGuard:
    def __init__(self, state: ServiceNowState) -> None:
        self._state = state

    def check(self) -> None:
        if not request.path.startswith(API):
            return
        user = self._user()
        if not user:
            raise Refusal(401, *UNAUTHENTICATED)
        g.user = user
        self._count(user)
        if not self._state.access.api(api_of(request.path), user):
            raise Refusal(403, "User Not Authorized", "Failed API level ACL Validation")
        is_json = request.mimetype == "application/json" or "attachment/" in request.path
        if request.method in WITH_BODY and not is_json:
            raise Refusal(400, "Exception while reading request", "The request body is not application/json")

    def _count(self, user: str) -> None:
        with self._state.lock:
            counted = self._state.limits.count(api_of(request.path), user)
        g.limit = counted
        if counted is not None and counted.exceeded:
            detail = f"Rate limit of {counted.limit} requests per hour for {counted.api} exceeded"
            raise Refusal(429, "Rate limit exceeded", detail)

    def add_headers(self, response: Response) -> Response:
        counted = g.get("limit")
        if counted is not None:
            response.headers.extend(counted.headers())
        return response

    def _user(self) -> str:
        key = request.headers.get("x-sn-apikey")
        if key is not None:
            return self._active(self._state.keys.api_keys.get(key, ""))
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        if kind == "Bearer":
            return self._active(self._state.keys.bearer(given))
        if kind == "Basic":
            return self._active(self._basic(given))
        # Certificate-based authentication: https://support.servicenow.com/kb?id=kb_article_view&sysparm_article=KB0993615
        return self._active(self._state.keys.certificates.get(client_name(request.environ), ""))

    def _basic(self, encoded: str) -> str:
        try:
            user, _, password = base64.b64decode(encoded).decode().partition(":")
        except ValueError:
            return ""
        if not password or self._state.passwords.get(user) != password:
            return ""
        return user if self._may_use_basic(user) else ""

    def _may_use_basic(self, user: str) -> bool:
        if not self._state.keys.restrict_basic:
            return True
        row = self._state.find_user(user) or {}
        return row.get("web_service_access_only") == "true" or BASIC_ROLE in self._state.roles.get(user, set())

    def _active(self, user: str) -> str:
        row = self._state.find_user(user)
        return user if row is not None and row["active"] == "true" and row["locked_out"] != "true" else ""
