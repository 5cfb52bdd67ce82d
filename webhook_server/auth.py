"""Authentication by the session's cookie on the pages and by a bearer token on the API; the roles of each page.

Everything is closed unless its view is marked ``@open_to_all``: a page without any mark is for all signed-in people.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, after_this_request, current_app, g, redirect, request, url_for
from werkzeug.exceptions import Forbidden, Unauthorized

from connector.bootstrap import Services, system_clock
from connector.people.authentication import SignInMethod
from connector.people.permissions import Role, RoleGrant, Viewer
from connector.people.token_scopes import READING_SCOPES
from connector.settings import RequireSecondFactor
from connector.store.accounts.service_accounts import is_service_token
from webhook_server.known_device import remember_device
from webhook_server.permission import OPEN, Entry, Permission, Reach, declare, permission_of

MIN_TOKEN_LENGTH = 24
"""Characters of ``GATEPOST_API_TOKEN``."""

API_PREFIXES = ("/api/", "/odata/", "/hooks/", "/health/", "/metrics")
"""Endpoints with their own authentication; their errors are JSON."""
FEED_PREFIX = "/odata/"
"""The reporting views, for programs of people."""
TOKEN_PREFIXES = ("/api/", FEED_PREFIX)
"""Where a token counts."""

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


def before_second_factor(view: View) -> View:
    """A page for somebody who is signed in by password alone, and still has to enrol the second factor."""
    view.gatepost_before_second_factor = True  # type: ignore[attr-defined]  # read by the check below
    return view


def before_own_password(view: View) -> View:
    """A page for somebody whose password was set by somebody else, and who has to choose one of their own."""
    view.gatepost_before_own_password = True  # type: ignore[attr-defined]  # read by the check below
    return view


def lacks_own_password(viewer: Viewer) -> bool:
    """Whether this person signed in with a password that somebody else knows."""
    signed_in = viewer.authentication
    return signed_in is not None and signed_in.method is SignInMethod.PASSWORD and viewer.has_first_password


def lacks_second_factor(viewer: Viewer) -> bool:
    """Whether this person signed in by password without the second factor that the settings ask for."""
    signed_in = viewer.authentication
    if signed_in is None or signed_in.method is not SignInMethod.PASSWORD or signed_in.has_second_factor:
        return False
    match services().settings.require_second_factor:
        case RequireSecondFactor.EVERYBODY:
            return True
        case RequireSecondFactor.ADMINISTRATORS:
            return Role.ADMINISTRATOR in viewer.roles
        case RequireSecondFactor.NOBODY:
            return False


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


def sign_in(
    response: Response, viewer: Viewer, by: str, *, method: SignInMethod, authenticated_at: datetime | None
) -> Response:
    """Start a session and give its token to the browser; a former session of this browser ends."""
    here = services()
    before = viewer_or_none()
    if before is not None and before.person is not None and before.session is not None:
        here.sessions.end(before.person, before.session, by=before.login)
    if viewer.person is None:
        raise Forbidden("Only a person can sign in.")
    token = here.sessions.begin(
        viewer.person,
        agent=request.headers.get("User-Agent", ""),
        by=by,
        now=system_clock(),
        method=method,
        authenticated_at=authenticated_at,
    )
    remember_device(here, response, viewer.person)
    _give(response, token)
    return response


def confirm_session(viewer: Viewer, *, method: SignInMethod, at: datetime) -> None:
    """The person of this session has shown again who they are: it goes on under a new token.

    A cookie that was read by somebody else before ends with it, instead of being able to change access from now on.
    """
    if viewer.session is None:
        raise Forbidden("Only a person can sign in.")
    token = services().sessions.confirm(viewer.session, method=method, by=viewer.login, now=at)
    if token is not None:
        g.session_token = token
        after_this_request(lambda response: _give(response, token))
    # The view finds the viewer as they are now.
    g.pop("viewer", None)


def _give(response: Response, token: str) -> Response:
    settings = services().settings
    response.set_cookie(
        cookie_name(),
        token,
        max_age=settings.session_hours * 3600,
        secure=settings.over_tls,
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
        if lacks_own_password(viewer):
            # First of all, so that nobody else enrols the second factor.
            return None if getattr(view, "gatepost_before_own_password", False) else _moved(url_for("account.index"))
        if lacks_second_factor(viewer) and not getattr(view, "gatepost_before_second_factor", False):
            return _moved(url_for("second_factor.index"))
        if not permission.admits_role(viewer):
            raise Forbidden(_refusal(permission))
        return None


def redirect_to_sign_in() -> Response:
    """Redirect to the sign-in page, and back to this page afterwards."""
    here = url_for("signin.show", next=request.full_path.rstrip("?") if request.method == "GET" else None)
    if request.headers.get("HX-Request") == "true":
        here = url_for("signin.show", next=_page_of(request.headers.get("HX-Current-URL")))
    return _moved(here)


def _moved(address: str) -> Response:
    if request.headers.get("HX-Request") == "true":
        # A redirect would put that page into the part that is being updated.
        return Response(status=401, headers={"HX-Redirect": address})
    found = redirect(address, 303)
    return Response(found.get_data(), found.status_code, found.headers)


def safe_next(target: str | None) -> str:
    """Where to go after signing in: a page of this server, never another host."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or "\\" in target:
        return "/"
    parts = urlsplit(target)
    return "/" if parts.scheme or parts.netloc or any(ord(letter) < 32 for letter in target) else target


def bearer_viewer() -> Viewer | None:
    """Whose bearer token it is: a person's, a service account's, or that of the settings."""
    given = _sent_token()
    if not given:
        return None
    expected = settings_token(services())
    if expected and hmac.compare_digest(given.encode(), expected):
        return SETTINGS_TOKEN_VIEWER
    if is_service_token(given):
        return services().service_accounts.viewer(given, now=system_clock())
    return services().tokens.viewer(given, now=system_clock())


def _sent_token() -> str:
    """Of a bearer; on the feed also the password of whoever signs in with a name, as spreadsheets do."""
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return given.strip()
    if request.path.startswith(FEED_PREFIX) and request.authorization is not None:
        return (request.authorization.password or "").strip()
    return ""


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
    scopes=READING_SCOPES,
)
"""Reads all and changes nothing."""


def _find_viewer() -> Viewer | None:
    if is_bearer_request():
        found = bearer_viewer() if request.path.startswith(TOKEN_PREFIXES) else None
    else:
        token = g.get("session_token") or request.cookies.get(cookie_name(), "")
        found = services().sessions.viewer(token, now=system_clock()) if token else None
        if found is not None and request.path.startswith(API_PREFIXES) and _is_held_up(found):
            found = None
    if found is None:
        return None
    settings = services().settings
    return replace(found, locale=found.locale or settings.locale, time_zone=found.time_zone or settings.time_zone)


def _is_held_up(viewer: Viewer) -> bool:
    return lacks_own_password(viewer) or lacks_second_factor(viewer)


def _page_of(url: str | None) -> str:
    parts = urlsplit(url or "/")
    return safe_next(f"{parts.path}?{parts.query}" if parts.query else parts.path)


def _refusal(permission: Permission) -> str:
    return f"This page is for the role {permission.allowed_roles}. Ask an administrator of Gatepost for it."
