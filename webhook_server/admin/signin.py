"""``/signin`` and ``/signout``: with a login and a password."""

from __future__ import annotations

import math

from flask import Blueprint, Response, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from connector.bootstrap import Services, system_clock
from connector.people.passwords import verify_password
from connector.people.permissions import Viewer
from webhook_server.auth import open_to_all, safe_next, sign_in, sign_out, viewer_or_none

WRONG_CREDENTIALS = "Login or password is wrong."


def signin(services: Services) -> Blueprint:
    blueprint = Blueprint("signin", __name__)

    @blueprint.get("/signin")
    @open_to_all
    def show() -> ResponseReturnValue:
        onward = safe_next(request.args.get("next"))
        if viewer_or_none() is not None:
            return redirect(onward, 303)
        if services.people.is_empty() and not services.settings.has_provider:
            return redirect(url_for("home.index"), 303)
        return form(services, onward)

    @blueprint.post("/signin")
    @open_to_all
    def authenticate() -> ResponseReturnValue:
        login, password = request.form.get("login", ""), request.form.get("password", "")
        onward, address = safe_next(request.form.get("next")), request.remote_addr or ""
        wait = services.sign_in_throttle.attempt(login, address, now=system_clock())
        if wait is not None:
            return _retry_later(form(services, onward, login, _too_many(wait)), wait)
        viewer = _verified_viewer(services, login, password)
        if viewer is None:
            return form(services, onward, login, WRONG_CREDENTIALS), 401
        services.sign_in_throttle.clear(login, address)
        session.clear()
        return sign_in(make_response(redirect(onward, 303)), viewer, by=viewer.login)

    @blueprint.post("/signout")
    @open_to_all
    def end_session() -> ResponseReturnValue:
        session.clear()
        return sign_out(make_response(redirect(url_for("signin.show"), 303)))

    return blueprint


def form(services: Services, next_url: str, login: str = "", error: str = "") -> str:
    """The page on which people sign in, with what went wrong the last time."""
    return render_template("signin.html", next=next_url, login=login, error=error, oidc=services.settings.has_provider)


def _retry_later(page: str, seconds: float) -> Response:
    answer = make_response(page, 429)
    answer.headers["Retry-After"] = str(math.ceil(seconds))
    return answer


def _too_many(seconds: float) -> str:
    minutes = math.ceil(seconds / 60)
    return f"Too many attempts. Try again in {minutes} minute{'' if minutes == 1 else 's'}."


def _verified_viewer(services: Services, login: str, password: str) -> Viewer | None:
    """Takes as long for an unknown login, so that nobody learns which logins exist."""
    person = services.people.find_by_login(login)
    hash_ = services.people.password_hash(person.id) if person else None
    if not verify_password(password, hash_) or person is None:
        return None
    return services.people.viewer(person.id)
