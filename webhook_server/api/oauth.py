"""``POST /oauth/token``: a short-lived bearer token for a service account, by its client credentials.

https://www.rfc-editor.org/rfc/rfc6749#section-4.4.  The client shows who it is by HTTP Basic or in the form.
Errors have the shape of section 5.2 of the same document, because every OAuth client reads that one.
"""

from __future__ import annotations

import math
from enum import StrEnum
from urllib.parse import unquote_plus

import structlog
from flask import Blueprint, Response, jsonify, request
from pydantic import BaseModel, ConfigDict, Field

from connector.bootstrap import Services, system_clock
from connector.people.service_account import TOKEN_LIFE, TokenRefusal
from connector.store.accounts.service_accounts import CLIENT_PREFIX
from connector.store.accounts.sign_in_throttle import SignInAttempt
from webhook_server.permission import proves_itself

PATH = "/oauth/token"
FORM = "application/x-www-form-urlencoded"
GRANT_TYPE = "client_credentials"
MAX_VALUE_LENGTH = 1000

UNKNOWN = "The client is unknown, revoked or ended, or its secret is wrong."

_log = structlog.get_logger(__name__)


class OAuthErrorCode(StrEnum):
    INVALID_REQUEST = "invalid_request"
    INVALID_CLIENT = "invalid_client"
    INVALID_SCOPE = "invalid_scope"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"
    TEMPORARILY_UNAVAILABLE = "temporarily_unavailable"
    """Too many attempts with wrong credentials."""


class ServiceToken(BaseModel):
    """A bearer token of a service account."""

    model_config = ConfigDict(frozen=True)
    access_token: str = Field(description="Sent as `Authorization: Bearer …`.", examples=["gps_…"])
    token_type: str = Field(description="Always `Bearer`.", examples=["Bearer"])
    expires_in: int = Field(description="Seconds that it works; ask for another one then.", examples=[1800])
    scope: str = Field(description="What it may do, with spaces between.", examples=["gates:read measures:read"])


class OAuthError(BaseModel):
    """RFC 6749, 5.2."""

    model_config = ConfigDict(frozen=True)
    error: OAuthErrorCode = Field(description="What kind of error it is.", examples=["invalid_client"])
    error_description: str = Field(description="What to do.", examples=["The client is unknown, or has ended."])


class Refused(Exception):
    """Ends the request with an error."""

    def __init__(self, status: int, code: OAuthErrorCode, description: str, *, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.status, self.code, self.description, self.retry_after = status, code, description, retry_after

    def response(self) -> Response:
        answer = jsonify(OAuthError(error=self.code, error_description=self.description).model_dump(mode="json"))
        answer.status_code = self.status
        if self.status == 401:
            answer.headers["WWW-Authenticate"] = 'Basic realm="gatepost"'
        if self.retry_after is not None:
            answer.headers["Retry-After"] = str(self.retry_after)
        return answer


def add_token_route(blueprint: Blueprint, services: Services) -> None:
    @blueprint.post(PATH)
    @proves_itself
    def give_token() -> Response:
        try:
            answer = _give(services)
        except Refused as refused:
            answer = refused.response()
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["Pragma"] = "no-cache"
        return answer


def _give(services: Services) -> Response:
    if request.mimetype != FORM:
        raise Refused(400, OAuthErrorCode.INVALID_REQUEST, f"Send a form: Content-Type {FORM}.")
    kind = _value("grant_type")
    if not kind:
        raise Refused(400, OAuthErrorCode.INVALID_REQUEST, f"Say grant_type={GRANT_TYPE}.")
    if kind != GRANT_TYPE:
        raise Refused(400, OAuthErrorCode.UNSUPPORTED_GRANT_TYPE, f"Only {GRANT_TYPE} is supported.")
    scopes = _value("scope").split()
    client, secret = _credentials()
    now = system_clock()
    # Only what looks like a client of ours is counted by its name: anything else is counted by its address alone.
    attempt = SignInAttempt(client if client.startswith(CLIENT_PREFIX) else "", request.remote_addr or "")
    wait = services.sign_in_throttle.attempt(attempt, now=now)
    if wait is not None:
        raise Refused(
            429, OAuthErrorCode.TEMPORARILY_UNAVAILABLE, "Too many wrong credentials.", retry_after=math.ceil(wait)
        )
    given = services.service_accounts.give_token(client, secret, scopes, now=now)
    if given is TokenRefusal.INVALID_CLIENT:
        _log.warning("service account refused", address=request.remote_addr)
        raise Refused(
            401, OAuthErrorCode.INVALID_CLIENT, "The client is unknown, revoked or ended, or its secret is wrong."
        )
    services.sign_in_throttle.clear(attempt)
    if isinstance(given, TokenRefusal):
        raise Refused(400, OAuthErrorCode.INVALID_SCOPE, "The service account does not have all of these scopes.")
    token = ServiceToken(
        access_token=given.token,
        token_type="Bearer",  # noqa: S106 - its kind
        expires_in=int((given.expires_at - now).total_seconds()),
        scope=" ".join(sorted(given.scopes)),
    )
    return jsonify(token.model_dump())


def _value(name: str) -> str:
    """One value of the form; RFC 6749 refuses a parameter that comes twice."""
    values = request.form.getlist(name)
    if len(values) > 1:
        raise Refused(400, OAuthErrorCode.INVALID_REQUEST, f"{name} comes twice.")
    value = values[0] if values else ""
    if len(value) > MAX_VALUE_LENGTH or "\x00" in value:
        raise Refused(400, OAuthErrorCode.INVALID_REQUEST, f"{name} is not valid.")
    return value


def _credentials() -> tuple[str, str]:
    client, secret = _value("client_id"), _value("client_secret")
    basic = request.authorization
    if basic is not None and basic.type == "basic":
        if secret:
            raise Refused(400, OAuthErrorCode.INVALID_REQUEST, "Send the credentials once: as Basic, or in the form.")
        # Both parts are encoded as in a form: section 2.3.1.
        client, secret = unquote_plus(basic.username or ""), unquote_plus(basic.password or "")
    if not client or not secret or "\x00" in client + secret:
        raise Refused(401, OAuthErrorCode.INVALID_CLIENT, "Send client_id and client_secret of a service account.")
    return client, secret


def described() -> dict[str, object]:
    """The operation in the description."""
    form = {
        "type": "object",
        "required": ["grant_type"],
        "properties": {
            "grant_type": {"type": "string", "enum": [GRANT_TYPE], "description": "The only grant there is."},
            "client_id": {"type": "string", "description": "Of the service account, without HTTP Basic."},
            "client_secret": {"type": "string", "description": "Its secret, without HTTP Basic."},
            "scope": {
                "type": "string",
                "description": "Some of the scopes of the service account, with spaces between; all without it.",
                "examples": ["gates:read"],
            },
        },
    }
    example = {"grant_type": GRANT_TYPE, "client_id": "gpc_…", "client_secret": "gpx_…", "scope": "gates:read"}
    errors = {
        "400": "The request is not complete, or asks for a scope that the service account does not have.",
        "401": UNKNOWN,
        "413": "The body is too large.",
        "429": "Too many wrong credentials; `Retry-After` says how long to wait.",
    }
    return {
        "operationId": "createServiceToken",
        "tags": ["service accounts"],
        "summary": "Get a short-lived token for a service account",
        "description": f"OAuth 2.0 client credentials (RFC 6749, 4.4). The token works for "
        f"{int(TOKEN_LIFE.total_seconds() // 60)} minutes; ask again with some seconds to spare.",
        "security": [],
        "parameters": [],
        "requestBody": {"required": True, "content": {FORM: {"schema": form, "example": example}}},
        "responses": {
            "200": {
                "description": "The token.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ServiceToken"}}},
            }
        }
        | {
            status: {
                "description": about,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/OAuthError"}}},
            }
            for status, about in errors.items()
        },
    }
