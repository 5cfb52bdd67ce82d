"""Authentication by the session's cookie on the pages and by a bearer token on the API; the roles of each page.

Everything is closed unless its view is marked ``@open_to_all``: a page without any mark is for all signed-in people.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, redirect, request, url_for
from werkzeug.exceptions import Forbidden, Unauthorized

from connector.bootstrap import Services, system_clock
from connector.people.permissions import Role, RoleGrant, TokenScope, Viewer
from webhook_server.permission import OPEN, Entry, Permission, Reach, declare, permission_of

MIN_TOKEN_LENGTH = 24
"""Characters of ``GATEPOST_API_TOKEN``."""

API_PREFIXES = ("/api/", "/hooks/", "/health/", "/metrics")
"""Endpoints with their own authentication; their errors are JSON."""

View = TypeVar("View", bound=Callable[..., object])


def services() -> Services:
    found: Services = current_app.extensions["gatepost"]
    return found


def requires_role(*roles: Role, reach: Reach = Reach.VISIBLE) -> Callable[[View], View]:
    """Let in only who has one of these roles somewhere, or for everything where ``reach`` is the organisation.

    ``Services.read_as`` decides which rows they see, and a view of :attr:`Reach.PART` on what they act.
    """
    permission = Permission(roles=frozenset(roles), reach=reach)
    return lambda view: declare(view, permission)


def open_to_all(view: View) -> View:
    """A page for whoever is not signed in yet."""
    return declare(view, OPEN)


def current_viewer() -> Viewer:
    """The viewer of this request.  Raises Unauthorized, which redirects to the sign-in page."""
    viewer = viewer_or_none()
    if viewer is None:
        raise Unauthorized("Sign in first.")
    return viewer


def viewer_or_none() -> Viewer | None:
    """The viewer of this request, looked up once for each request."""
    if "viewer" not in g:
        g.viewer = _find_viewer()
    found: Viewer | None = g.viewer
    return found


def is_bearer_request() -> bool:
    """Whether this request authenticates with a token; a cookie beside it is ignored."""
    return request.headers.get("Authorization", "") != ""


def cookie_name() -> str:
    """Over TLS the prefix makes the browser restrict the cookie to this host, to its root and to TLS."""
    return "__Host-gatepost" if services().settings.over_tls else "gatepost"


def sign_in(response: Response, viewer: Viewer, by: str) -> Response:
    """Start a session and give its token to the browser; a former session of this browser ends."""
    here = services()
    before = viewer_or_none()
    if before is not None and before.person is not None and before.session is not None:
        here.sessions.end(before.person, before.session, by=before.login)
    if viewer.person is None:
        raise Forbidden("Only a person can sign in.")
    token = here.sessions.begin(viewer.person, agent=request.headers.get("User-Agent", ""), by=by, now=system_clock())
    response.set_cookie(
        cookie_name(),
        token,
        max_age=here.settings.session_hours * 3600,
        secure=here.settings.over_tls,
        httponly=True,
        samesite="Lax",
        path="/",
    )
    return response


def sign_out(response: Response) -> Response:
    viewer = viewer_or_none()
    if viewer is not None and viewer.person is not None and viewer.session is not None:
        services().sessions.end(viewer.person, viewer.session, by=viewer.login)
    response.delete_cookie(cookie_name(), secure=services().settings.over_tls, httponly=True, samesite="Lax", path="/")
    return response


def authenticate_requests(app: Flask) -> None:
    """Check every request before its view runs."""

    @app.before_request
    def check_access() -> Response | None:
        view = app.view_functions.get(request.endpoint or "")
        if view is None or request.path.startswith(API_PREFIXES) or request.endpoint == "static":
            return None
        permission = permission_of(view)
        if permission.entry is not Entry.SIGNED_IN:
            return None
        viewer = viewer_or_none()
        if viewer is None:
            return redirect_to_sign_in()
        if not permission.admits_role(viewer):
            raise Forbidden(_refusal(permission))
        return None


def redirect_to_sign_in() -> Response:
    """Redirect to the sign-in page, and back to this page afterwards."""
    here = url_for("signin.show", next=request.full_path.rstrip("?") if request.method == "GET" else None)
    if request.headers.get("HX-Request") == "true":
        # A redirect would put the sign-in page into the part that is being updated.
        answer = Response(status=401)
        answer.headers["HX-Redirect"] = url_for("signin.show", next=_page_of(request.headers.get("HX-Current-URL")))
        return answer
    found = redirect(here, 303)
    return Response(found.get_data(), found.status_code, found.headers)


def safe_next(target: str | None) -> str:
    """Where to go after signing in: a page of this server, never another host."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or "\\" in target:
        return "/"
    parts = urlsplit(target)
    return "/" if parts.scheme or parts.netloc or any(ord(letter) < 32 for letter in target) else target


def bearer_viewer() -> Viewer | None:
    """The owner of the bearer token of this request: a personal token, or that of the settings."""
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    given = given.strip()
    if kind.lower() != "bearer" or not given:
        return None
    expected = settings_token(services())
    if expected and hmac.compare_digest(given.encode(), expected):
        return SETTINGS_TOKEN_VIEWER
    return services().tokens.viewer(given, now=system_clock())


def settings_token(services: Services) -> bytes:
    """``GATEPOST_API_TOKEN``, when it is long enough to be one."""
    token = services.settings.api_token
    value = token.get_secret_value().encode() if token else b""
    return value if len(value) >= MIN_TOKEN_LENGTH else b""


SETTINGS_TOKEN_VIEWER = Viewer(
    person=None,
    login="GATEPOST_API_TOKEN",
    name="The token of the settings",
    grants=(RoleGrant(Role.VIEWER),),
    scopes=frozenset({TokenScope.READ}),
)
"""Reads all and changes nothing."""


def _find_viewer() -> Viewer | None:
    if is_bearer_request():
        found = bearer_viewer() if request.path.startswith("/api/") else None
    else:
        token = request.cookies.get(cookie_name(), "")
        found = services().sessions.viewer(token, now=system_clock()) if token else None
    if found is None:
        return None
    settings = services().settings
    return replace(found, locale=found.locale or settings.locale, time_zone=found.time_zone or settings.time_zone)


def _page_of(url: str | None) -> str:
    parts = urlsplit(url or "/")
    return safe_next(f"{parts.path}?{parts.query}" if parts.query else parts.path)


def _refusal(permission: Permission) -> str:
    return f"This page is for the role {permission.allowed_roles}. Ask an administrator of Gatepost for it."
