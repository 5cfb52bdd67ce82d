"""Who asks: the session's cookie on the pages, a bearer token on the API; and what each page needs.

Everything is closed unless its view says ``@open_to_all``: a page without any mark is for whoever is signed in.
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
from connector.people.permissions import Grant, Role, Scope, Viewer

SHORTEST_TOKEN = 24
"""Of ``GATEPOST_API_TOKEN``."""

MACHINES = ("/api/", "/hooks/", "/health/", "/metrics")
"""Doors of their own, with proofs of their own; errors there are JSON."""

View = TypeVar("View", bound=Callable[..., object])


def services() -> Services:
    found: Services = current_app.extensions["gatepost"]
    return found


def needs(*roles: Role) -> Callable[[View], View]:
    """Let in only who has one of these roles somewhere; which rows they see is another matter (``reading``)."""

    def mark(view: View) -> View:
        view.gatepost_needs = frozenset(roles)  # type: ignore[attr-defined]  # read by the guard below
        return view

    return mark


def open_to_all(view: View) -> View:
    """A page for whoever is not signed in yet."""
    view.gatepost_open = True  # type: ignore[attr-defined]  # read by the guard below
    return view


def current_viewer() -> Viewer:
    """Who asks.  Raises Unauthorized, which leads to the sign-in page."""
    viewer = viewer_or_none()
    if viewer is None:
        raise Unauthorized("Sign in first.")
    return viewer


def viewer_or_none() -> Viewer | None:
    """Who asks, looked up once for each request."""
    if "viewer" not in g:
        g.viewer = _looked_up()
    found: Viewer | None = g.viewer
    return found


def by_bearer() -> bool:
    """Whether this request proves itself with a token; a cookie beside it is not looked at."""
    return request.headers.get("Authorization", "") != ""


def cookie_name() -> str:
    """Over TLS the browser itself holds the cookie to this host, to its root and to TLS."""
    return "__Host-gatepost" if services().settings.over_tls else "gatepost"


def sign_in(answer: Response, viewer: Viewer, by: str) -> Response:
    """Begin a session and hand its token to the browser; a session that this browser had before ends."""
    here = services()
    before = viewer_or_none()
    if before is not None and before.person is not None and before.session is not None:
        here.sessions.end(before.person, before.session, by=before.login)
    if viewer.person is None:
        raise Forbidden("Only a person can sign in.")
    token = here.sessions.begin(viewer.person, agent=request.headers.get("User-Agent", ""), by=by, now=system_clock())
    answer.set_cookie(
        cookie_name(),
        token,
        max_age=here.settings.session_hours * 3600,
        secure=here.settings.over_tls,
        httponly=True,
        samesite="Lax",
        path="/",
    )
    return answer


def sign_out(answer: Response) -> Response:
    viewer = viewer_or_none()
    if viewer is not None and viewer.person is not None and viewer.session is not None:
        services().sessions.end(viewer.person, viewer.session, by=viewer.login)
    answer.delete_cookie(cookie_name(), secure=services().settings.over_tls, httponly=True, samesite="Lax", path="/")
    return answer


def guard(app: Flask) -> None:
    """Look at every request before its view does."""

    @app.before_request
    def look() -> Response | None:
        view = app.view_functions.get(request.endpoint or "")
        if view is None or request.path.startswith(MACHINES) or request.endpoint == "static":
            return None
        if getattr(view, "gatepost_open", False):
            return None
        viewer = viewer_or_none()
        if viewer is None:
            return to_sign_in()
        wanted: frozenset[Role] = getattr(view, "gatepost_needs", frozenset())
        if wanted and not viewer.is_any(wanted):
            raise Forbidden(_who_may(wanted))
        return None


def to_sign_in() -> Response:
    """Lead to the sign-in page, and back to here afterwards."""
    here = url_for("signin.show", next=request.full_path.rstrip("?") if request.method == "GET" else None)
    if request.headers.get("HX-Request") == "true":
        # A redirect would put the sign-in page into the part that is being updated.
        answer = Response(status=401)
        answer.headers["HX-Redirect"] = url_for("signin.show", next=_page_of(request.headers.get("HX-Current-URL")))
        return answer
    found = redirect(here, 303)
    return Response(found.get_data(), found.status_code, found.headers)


def safe_next(wanted: str | None) -> str:
    """Where to go after signing in: a page of this server, never another host."""
    if not wanted or not wanted.startswith("/") or wanted.startswith(("//", "/\\")) or "\\" in wanted:
        return "/"
    parts = urlsplit(wanted)
    return "/" if parts.scheme or parts.netloc or any(ord(letter) < 32 for letter in wanted) else wanted


def bearer() -> Viewer | None:
    """Who works with the bearer token of this request: a token that was made here, or that of the settings."""
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    given = given.strip()
    if kind.lower() != "bearer" or not given:
        return None
    expected = settings_token(services())
    if expected and hmac.compare_digest(given.encode(), expected):
        return EVERYTHING
    return services().tokens.viewer(given, now=system_clock())


def settings_token(here: Services) -> bytes:
    """``GATEPOST_API_TOKEN``, when it is long enough to be one."""
    token = here.settings.api_token
    value = token.get_secret_value().encode() if token else b""
    return value if len(value) >= SHORTEST_TOKEN else b""


EVERYTHING = Viewer(
    person=None,
    login="GATEPOST_API_TOKEN",
    name="The token of the settings",
    grants=(Grant(Role.VIEWER),),
    scopes=frozenset({Scope.READ}),
)
"""Reads all and changes nothing."""


def _looked_up() -> Viewer | None:
    if by_bearer():
        found = bearer() if request.path.startswith("/api/") else None
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


def _who_may(roles: frozenset[Role]) -> str:
    names = [role.value for role in Role if role in roles]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
    return f"This page is for the role {listed}. Ask an administrator of Gatepost for it."
