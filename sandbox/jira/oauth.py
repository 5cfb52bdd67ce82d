"""OAuth 2.0 (3LO) and the gateway of api.atlassian.com, as far as an integration meets them.

https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/ : refresh tokens rotate, access tokens end after
an hour, and calls go to ``/ex/jira/<cloud id>``.  Scoped and service-account tokens work there as well, and only there.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, jsonify, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from sandbox.jira.site import JiraSite

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

CLOUD_ID = "11223344-a1b2-3b33-c444-def123456789"
TOKEN_LIFETIME = timedelta(hours=1)
GATEWAY = f"/ex/jira/{CLOUD_ID}"
ALL_SCOPES = (
    "read:jira-work write:jira-work read:jira-user manage:jira-webhook manage:jira-project manage:jira-configuration "
    "report:personal-data"
)
"""What a service account's client is created with here."""


@dataclass
class OAuthServer:
    """Apps, codes and tokens; every grant acts for one account."""

    account: str = "gatepost-bot"
    apps: dict[str, str] = field(default_factory=lambda: {"sandbox-app": "sandbox-app-secret"})
    """Client id to client secret."""
    codes: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Code to its app and the scopes that were consented to."""
    refresh_tokens: dict[str, tuple[str, str]] = field(default_factory=dict)
    scopes: dict[str, str] = field(default_factory=dict)
    """Access token to its scopes."""
    access_tokens: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    """Token to its app and its end."""
    service_accounts: dict[str, str] = field(default_factory=dict)
    """Client id to client secret of service accounts, which sign in without a person."""
    reports: list[dict[str, str]] = field(default_factory=list)
    """By report, the accounts that an app says it holds data of, each with the moment of that data."""
    account_statuses: dict[str, str] = field(default_factory=dict)
    """Accounts that were ``closed``, or ``updated`` since."""
    cycle_period: str = "P7D"
    scoped_tokens: set[str] = field(default_factory=set)
    """API tokens with scopes, which the site's own address does not take."""

    def grant(self, app: str, now: datetime, scopes: str = f"{ALL_SCOPES} offline_access") -> dict[str, object]:
        """A refresh token comes only with the scope offline_access."""
        access, refresh = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self.access_tokens[access], self.scopes[access] = (app, now + TOKEN_LIFETIME), scopes
        granted: dict[str, object] = {
            "access_token": access,
            "expires_in": int(TOKEN_LIFETIME.total_seconds()),
            "scope": scopes,
            "token_type": "Bearer",
        }
        if "offline_access" in scopes.split():
            self.refresh_tokens[refresh] = (app, scopes)
            granted["refresh_token"] = refresh
        return granted

    def covers(self, access: str, scope: str) -> bool:
        return not scope or scope in self.scopes.get(access, "").split()

    def app_of(self, access: str, now: datetime) -> str | None:
        """The app of an access token that has not ended."""
        app, ends = self.access_tokens.get(access, ("", now))
        return app if app and ends > now else None


class Gateway:
    """Strips the gateway's prefix from an address, and leaves a note that the call came through it."""

    def __init__(self, inner: Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]) -> None:
        self._inner = inner

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = str(environ.get("PATH_INFO", ""))
        if path.startswith(f"{GATEWAY}/"):
            environ["PATH_INFO"] = path.removeprefix(GATEWAY)
            environ["sandbox.gateway"] = GATEWAY
        return self._inner(environ, start)


def install(app: Flask, site: JiraSite, server: OAuthServer) -> None:
    app.wsgi_app = Gateway(app.wsgi_app)  # type: ignore[method-assign, assignment]
    pages = Blueprint("oauth", __name__)

    @pages.get("/_edge/tenant_info")
    def tenant() -> Response:
        return jsonify({"cloudId": CLOUD_ID})

    @pages.get("/authorize")
    def authorize() -> AnyResponse:
        """Gives consent at once; a real site asks the person."""
        query = request.args
        if query.get("client_id") not in server.apps or query.get("response_type") != "code":
            return jsonify({"error": "invalid_client"})
        code = secrets.token_urlsafe(12)
        server.codes[code] = (str(query["client_id"]), query.get("scope", ""))
        return redirect(f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query.get('state', '')})}")

    @pages.post("/oauth/token")
    def token() -> tuple[Response, int]:
        body = request.get_json(silent=True) or request.form
        client = str(body.get("client_id"))
        if client in server.service_accounts:
            return _service_token(server, site, body)
        if server.apps.get(client) != body.get("client_secret"):
            return jsonify({"error": "access_denied", "error_description": "Unauthorized"}), 401
        given, scopes = server.codes.pop(str(body.get("code")), ("", ""))
        if body.get("grant_type") == "refresh_token":
            given, scopes = server.refresh_tokens.pop(str(body.get("refresh_token")), ("", ""))
        if given != client:
            return jsonify({"error": "invalid_grant", "error_description": "Unknown or invalid refresh token."}), 403
        return jsonify(server.grant(client, site.clock(), scopes)), 200

    @pages.get("/oauth/token/accessible-resources")
    def resources() -> Response:
        _, _, token = request.headers.get("Authorization", "").partition(" ")
        scopes = [scope for scope in server.scopes.get(token, "").split() if scope != "offline_access"]
        return jsonify([{"id": CLOUD_ID, "url": site.base_url, "name": "nordbank", "scopes": scopes, "avatarUrl": ""}])

    _add_datacenter_token(pages, site, server)
    app.register_blueprint(pages)


def _add_datacenter_token(pages: Blueprint, site: JiraSite, server: OAuthServer) -> None:
    @pages.post("/rest/oauth2/latest/token")
    def datacenter_token() -> tuple[Response, int]:
        """Data Center 11: https://confluence.atlassian.com/enterprise/service-accounts-overview-1627095923.html"""
        if request.form.get("scope") not in {"READ", "WRITE"}:
            return jsonify({"error": "invalid_scope"}), 400
        return _service_token(server, site, request.form)


def _service_token(server: OAuthServer, site: JiraSite, body: Mapping[str, str]) -> tuple[Response, int]:
    """A service account's access token; there is none to refresh it with."""
    client = str(body.get("client_id"))
    if body.get("grant_type") != "client_credentials" or server.service_accounts.get(client, "") != body.get(
        "client_secret"
    ):
        return jsonify({"error": "access_denied", "error_description": "Unauthorized"}), 401
    return jsonify(server.grant(client, site.clock(), ALL_SCOPES)), 200
