"""``/signin`` and ``/signout``: with a login and a password, and the code of a second factor where there is one."""

from __future__ import annotations

import math
from datetime import timedelta

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from connector.bootstrap import Services, system_clock
from connector.people.authentication import SignInMethod
from connector.people.passwords import verify_password
from connector.people.permissions import PersonId, Viewer
from webhook_server.auth import open_to_all, safe_next, sign_in, sign_out, viewer_or_none
from webhook_server.sign_in_attempts import (
    FailedSignIn,
    attempt_as,
    record_failed_sign_in,
    seconds_to_wait,
    too_many,
)

WRONG_CREDENTIALS = "Login or password is wrong."
WRONG_CODE = "This code is wrong, or was used already. Wait for the next one."
CODE_EXPIRED = "The code was entered too late. Enter your password again."

CODE_TIME = timedelta(minutes=5)
"""How long the password that was entered waits for the code."""

SESSION_KEY = "second_factor"


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
        onward, attempt = safe_next(request.form.get("next")), attempt_as(services, login)
        wait = seconds_to_wait(services, attempt)
        if wait is not None:
            return _retry_later(form(services, onward, login, too_many(wait)), wait)
        viewer = _verified_viewer(services, login, password)
        if viewer is None or viewer.person is None:
            record_failed_sign_in(login, attempt.address, FailedSignIn.CREDENTIALS)
            return form(services, onward, login, WRONG_CREDENTIALS), 401
        session.clear()
        if services.second_factors.is_enrolled(viewer.person):
            session[SESSION_KEY] = [viewer.person, system_clock().timestamp(), onward]
            return redirect(url_for("signin.code"), 303)
        services.sign_in_throttle.clear(attempt)
        return _begin(viewer, onward)

    @blueprint.post("/signout")
    @open_to_all
    def end_session() -> ResponseReturnValue:
        session.clear()
        return sign_out(make_response(redirect(url_for("signin.show"), 303)))

    _add_code(blueprint, services)
    return blueprint


def _add_code(blueprint: Blueprint, services: Services) -> None:
    @blueprint.route("/signin/code", methods=["GET", "POST"])
    @open_to_all
    def code() -> ResponseReturnValue:
        """The second factor, after the right password."""
        viewer, onward = _waiting(services)
        if viewer is None or viewer.person is None:
            flash(CODE_EXPIRED, "warn")
            return redirect(url_for("signin.show", next=onward), 303)
        if request.method == "GET":
            return render_template("signin_code.html", error="")
        attempt = attempt_as(services, viewer.login, code=True)
        wait = seconds_to_wait(services, attempt)
        if wait is not None:
            return _retry_later(render_template("signin_code.html", error=too_many(wait)), wait)
        given = request.form.get("code", "")
        if not services.second_factors.check(viewer.person, given, by=viewer.login, now=system_clock()).is_good:
            record_failed_sign_in(viewer.login, attempt.address, FailedSignIn.CODE)
            return render_template("signin_code.html", error=WRONG_CODE), 401
        # Two were counted: the password and the code.
        services.sign_in_throttle.clear(attempt)
        services.sign_in_throttle.clear(attempt)
        session.clear()
        return _begin(viewer, onward)


def form(services: Services, next_url: str, login: str = "", error: str = "") -> str:
    """The page on which people sign in, with what went wrong the last time."""
    return render_template("signin.html", next=next_url, login=login, error=error, oidc=services.settings.has_provider)


def _begin(viewer: Viewer, onward: str) -> Response:
    answer = make_response(redirect(onward, 303))
    return sign_in(answer, viewer, by=viewer.login, method=SignInMethod.PASSWORD, authenticated_at=system_clock())


def _waiting(services: Services) -> tuple[Viewer | None, str]:
    """Whose password was right a moment ago in this browser, and where they want to go."""
    match session.get(SESSION_KEY):
        case [int(person), float(at), str(onward)] if system_clock().timestamp() - at <= CODE_TIME.total_seconds():
            return services.people.viewer(PersonId(person)), safe_next(onward)
        case _:
            return None, "/"


def _retry_later(page: str, seconds: float) -> Response:
    answer = make_response(page, 429)
    answer.headers["Retry-After"] = str(math.ceil(seconds))
    return answer


def _verified_viewer(services: Services, login: str, password: str) -> Viewer | None:
    """Takes as long for an unknown login, so that nobody learns which logins exist."""
    person = services.people.find_by_login(login)
    hash_ = services.people.password_hash(person.id) if person else None
    if not verify_password(password, hash_) or person is None:
        return None
    return services.people.viewer(person.id)
