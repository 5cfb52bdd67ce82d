"""Refusals in OData's own shape: https://docs.oasis-open.org/odata/odata-json-format/v4.01/ (Error Response)."""

from __future__ import annotations

import json

from flask import Response


class ODataFailure(Exception):
    """Ends a request with a status, a stable code, a sentence, and the option or segment that it is about."""

    def __init__(self, status: int, code: str, message: str, target: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.target = target


def bad_request(message: str, target: str | None = None) -> ODataFailure:
    return ODataFailure(400, "invalid_request", message, target)


def not_found(message: str, target: str | None = None) -> ODataFailure:
    return ODataFailure(404, "not_found", message, target)


def not_implemented(message: str, target: str | None = None) -> ODataFailure:
    return ODataFailure(501, "not_implemented", message, target)


def failure_response(failure: ODataFailure) -> Response:
    """https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html, Error Response."""
    error: dict[str, str] = {"code": failure.code, "message": failure.message}
    if failure.target is not None:
        error["target"] = failure.target
    made = Response(
        json.dumps({"error": error}),
        failure.status,
        content_type="application/json;odata.metadata=minimal;charset=utf-8",
    )
    made.headers["OData-Version"] = "4.0"
    if failure.status == 401:
        # Excel sends a name and a password once it is asked for them.
        made.headers["WWW-Authenticate"] = 'Basic realm="Gatepost: your token is the password", charset="UTF-8"'
        made.headers.add("WWW-Authenticate", 'Bearer realm="gatepost"')
    return made
