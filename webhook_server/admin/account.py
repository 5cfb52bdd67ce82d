"""``/account``: the viewer's own roles, formats, sessions, tokens and password."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import available_timezones

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from connector.bootstrap import Services, system_clock
from connector.errors import ConfigurationError
from connector.people.passwords import hash_password, verify_password
from connector.people.permissions import PersonId, TokenScope, Viewer
from connector.people.person import CreatedToken
from connector.people.token_scopes import READING_SCOPES, SCOPE_DESCRIPTIONS, held_scopes
from webhook_server.admin.saved_views import add_saved_views
from webhook_server.auth import before_own_password, current_viewer, lacks_own_password, services
from webhook_server.formats import LOCALES, parse_locale
from webhook_server.page_messages import page_text
from webhook_server.permission import for_all_signed_in
from webhook_server.possible_values import number_of
from webhook_server.recent_sign_in import requires_recent_sign_in
from webhook_server.sign_in_attempts import (
    FailedSignIn,
    attempt_of,
    record_failed_sign_in,
    seconds_to_wait,
    too_many,
)

TOKEN_LIFETIMES_DAYS = (7, 30, 90, 365)


def account(_: Services) -> Blueprint:
    blueprint = Blueprint("account", __name__, url_prefix="/account")
    for view in (index, preferences, password, end_session, create_token, revoke_token):
        for_all_signed_in(view)
    for view in (index, password):
        before_own_password(view)
    blueprint.add_url_rule("", "index", index)
    blueprint.add_url_rule("/preferences", "preferences", preferences, methods=["POST"])
    blueprint.add_url_rule("/password", "password", requires_recent_sign_in(password), methods=["POST"])
    blueprint.add_url_rule("/sessions/end", "end_session", end_session, methods=["POST"])
    blueprint.add_url_rule("/tokens", "create_token", requires_recent_sign_in(create_token), methods=["POST"])
    blueprint.add_url_rule("/tokens/<int:number>/revoke", "revoke_token", revoke_token, methods=["POST"])
    add_saved_views(blueprint)
    return blueprint


def index() -> str:
    return _render()


def preferences() -> ResponseReturnValue:
    viewer, here = current_viewer(), services()
    locale, zone = request.form.get("locale", ""), request.form.get("time_zone", "").strip()
    if locale and locale not in LOCALES:
        abort(400, "There is no such format.")
    if zone and zone not in available_timezones():
        return _render({"time_zone": f'There is no time zone "{zone}". Write it like Europe/Berlin.'}), 422
    here.people.set_preferences(_person(viewer), locale=locale or None, time_zone=zone or None)
    flash("Figures and times now follow your settings.", "good")
    return redirect(url_for("account.index"), 303)


def password() -> ResponseReturnValue:
    """Changing the password needs the current one, and ends all other sessions and every token."""
    viewer, here = current_viewer(), services()
    person, attempt = _person(viewer), attempt_of(viewer)
    wait = seconds_to_wait(here, attempt)
    if wait is not None:
        abort(429, too_many(wait))
    if not verify_password(request.form.get("current", ""), here.people.password_hash(person)):
        record_failed_sign_in(viewer.login, attempt.address, FailedSignIn.CREDENTIALS)
        return _render({"current": "This is not your current password."}), 422
    here.sign_in_throttle.clear(attempt)
    if request.form.get("new") != request.form.get("repeated"):
        return _render({"repeated": "The two passwords differ."}), 422
    if request.form.get("new") == request.form.get("current"):
        return _render({"new": "This is your current password: choose another one."}), 422
    try:
        hash_ = hash_password(request.form.get("new", ""), login=viewer.login, name=viewer.name)
        here.people.set_password(person, hash_, by=viewer.login)
    except ConfigurationError as error:
        return _render({"new": page_text(error)}), 422
    here.sessions.end(person, by=viewer.login, except_session=viewer.session)
    flash("The password is changed: every other browser has to sign in again, and your tokens have ended.", "good")
    return redirect(url_for("account.index"), 303)


def end_session() -> ResponseReturnValue:
    """One session, or all but this one."""
    viewer, here = current_viewer(), services()
    number = number_of(request.form.get("session"))
    if number is None and "session" in request.form:
        abort(400, "There is no such session.")
    except_session = viewer.session if number is None else None
    ended = here.sessions.end(_person(viewer), number, by=viewer.login, except_session=except_session)
    flash(f"{ended} session{'' if ended == 1 else 's'} ended." if ended else "It had ended already.", "good")
    return redirect(url_for("account.index"), 303)


def create_token() -> ResponseReturnValue:
    """Shown in this one answer and never again."""
    viewer, here = current_viewer(), services()
    name, now = request.form.get("name", "").strip(), system_clock()
    scopes = [scope for scope in _grantable_scopes(viewer) if scope.value in request.form.getlist("scope")]
    days = request.form.get("days", type=int)
    if not name or len(name) > 80:
        return _render({"name": "Describe in up to 80 characters what the token is for."}), 422
    if not scopes:
        return _render({"scope": "Choose what the token may do."}), 422
    if days not in TOKEN_LIFETIMES_DAYS:
        abort(400, "Choose one of the offered lifetimes.")
    try:
        created = here.tokens.create(
            _person(viewer), name, scopes, expires_at=now + timedelta(days=days), by=viewer.login, now=now
        )
    except ConfigurationError as error:
        return _render({"scope": page_text(error)}), 422
    return _render(created=created)


def revoke_token(number: int) -> ResponseReturnValue:
    viewer = current_viewer()
    if not services().tokens.revoke(number, by=viewer.login, person=_person(viewer)):
        abort(404, "There is no such token of yours that could be revoked.")
    flash("The token is revoked: it no longer works.", "good")
    return redirect(url_for("account.index"), 303)


def _render(errors: dict[str, str] | None = None, created: CreatedToken | None = None) -> str:
    viewer, here, now = current_viewer(), services(), system_clock()
    person = here.people.get(_person(viewer))
    if person is None:
        abort(404)
    tokens = [token for token in here.tokens.all(person.id) if token.revoked_at is None]
    return render_template(
        "account.html",
        person=person,
        sessions=here.sessions.active_sessions(person.id, now=now),
        tokens=tokens,
        now=now,
        created=created,
        errors=errors or {},
        form=request.form,
        scopes=_grantable_scopes(viewer),
        scope_descriptions=SCOPE_DESCRIPTIONS,
        usual_scopes=READING_SCOPES,
        must_change=lacks_own_password(viewer),
        second_factor=here.second_factors.is_enrolled(person.id),
        days=TOKEN_LIFETIMES_DAYS,
        locales=[(name, f"{parse_locale(name).get_display_name('en')}") for name in LOCALES],
        zones=sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")),
    )


def _grantable_scopes(viewer: Viewer) -> tuple[TokenScope, ...]:
    """A token never has more rights than its person."""
    held = held_scopes(viewer.roles)
    return tuple(scope for scope in TokenScope if scope in held)


def _person(viewer: Viewer) -> PersonId:
    if viewer.person is None:
        abort(403, "Only a person has an account.")
    return viewer.person
