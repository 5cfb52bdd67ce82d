"""``/account/second-factor``: enrol a program that makes codes; an administrator resets somebody else's."""

from __future__ import annotations

from io import BytesIO

import segno
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from connector.bootstrap import Services, system_clock
from connector.errors import ConfigurationError
from connector.people.permissions import PersonId, Role, RoleGrant, Viewer
from webhook_server.auth import (
    before_second_factor,
    current_viewer,
    lacks_second_factor,
    requires_role,
    services,
)
from webhook_server.page_messages import page_text
from webhook_server.permission import Reach, for_all_signed_in
from webhook_server.recent_sign_in import requires_recent_sign_in

ACCOUNT = "/account/second-factor"


def second_factor(_: Services) -> Blueprint:
    blueprint = Blueprint("second_factor", __name__)
    blueprint.add_app_template_global(lambda person: services().second_factors.is_enrolled(person), "has_second_factor")
    for own in (index, begin, confirm, renew_recovery_codes, remove):
        for_all_signed_in(own)
    blueprint.add_url_rule(ACCOUNT, "index", before_second_factor(index))
    for path, endpoint, view in (
        (f"{ACCOUNT}/begin", "begin", before_second_factor(begin)),
        (f"{ACCOUNT}/confirm", "confirm", before_second_factor(confirm)),
        (f"{ACCOUNT}/recovery-codes", "renew_recovery_codes", renew_recovery_codes),
        (f"{ACCOUNT}/remove", "remove", remove),
        (
            "/people/<int:number>/second-factor/reset",
            "reset",
            requires_role(Role.ADMINISTRATOR, reach=Reach.ORGANISATION)(reset),
        ),
    ):
        blueprint.add_url_rule(path, endpoint, requires_recent_sign_in(view), methods=["POST"])
    return blueprint


def index() -> str:
    viewer, here = current_viewer(), services()
    person = _person(viewer)
    return render_template(
        "second_factor/index.html",
        enrolled=here.second_factors.is_enrolled(person),
        codes_left=here.second_factors.recovery_codes_left(person),
        is_missing=lacks_second_factor(viewer),
    )


def begin() -> ResponseReturnValue:
    """A new secret; it counts when its first code is entered."""
    viewer = current_viewer()
    try:
        address = services().second_factors.begin(_person(viewer), viewer.login, now=system_clock())
    except ConfigurationError as error:
        abort(409, page_text(error))
    return _enrolment(address)


def confirm() -> ResponseReturnValue:
    """With the first code it is enrolled, and every other browser has to sign in again."""
    viewer, here, now = current_viewer(), services(), system_clock()
    person = _person(viewer)
    codes = here.second_factors.confirm(person, request.form.get("code", ""), by=viewer.login, now=now)
    if codes is not None:
        here.sessions.end(person, by=viewer.login, except_session=viewer.session)
        return _codes(codes, "The second factor is set up; every other browser has to sign in again.")
    address = here.second_factors.begun(person, viewer.login, now=now)
    if address is None:
        abort(409, "This was set up already, or begun too long ago. Open the page again.")
    return _enrolment(address, "This code is wrong. Is the clock of the phone right?"), 422


def renew_recovery_codes() -> ResponseReturnValue:
    viewer = current_viewer()
    codes = services().second_factors.renew_recovery_codes(_person(viewer), by=viewer.login)
    if not codes:
        abort(409, "There is no second factor.")
    return _codes(codes, "The former recovery codes do not work any more.")


def remove() -> ResponseReturnValue:
    viewer = current_viewer()
    if services().second_factors.remove(_person(viewer), by=viewer.login):
        flash("The second factor is removed.", "good")
    return redirect(url_for("second_factor.index"), 303)


def reset(number: int) -> ResponseReturnValue:
    """Of somebody who has lost phone and recovery codes: they sign in by password alone and enrol anew."""
    viewer, here, person = current_viewer(), services(), services().people.get(PersonId(number))
    if RoleGrant(Role.ADMINISTRATOR) not in viewer.grants:
        abort(403, "Only an administrator of the whole organisation can do this.")
    if person is None:
        abort(404, "There is no such person.")
    if not here.second_factors.remove(person.id, by=viewer.login):
        abort(409, f"{person.name} has no second factor.")
    here.sessions.end(person.id, by=viewer.login)
    flash(f"The second factor of {person.name} is reset, and they are signed out everywhere.", "good")
    return redirect(url_for("people.person", number=number), 303)


def _enrolment(address: str, error: str = "") -> str:
    picture, secret = _picture(address), _secret(address)
    return render_template("second_factor/enrol.html", address=address, picture=picture, secret=secret, error=error)


def _codes(codes: tuple[str, ...], message: str) -> str:
    return render_template("second_factor/codes.html", codes=codes, message=message)


def _picture(address: str) -> Markup:
    """The address as a QR code: an SVG within the page, without a style that the content policy would refuse."""
    made = BytesIO()
    segno.make(address, error="m").save(
        made, kind="svg", xmldecl=False, svgns=False, nl=False, omitsize=True, light="#fff", title="QR code"
    )
    return Markup(made.getvalue().decode())  # noqa: S704 - made by the library from an address that is percent-encoded


def _secret(address: str) -> str:
    """The secret as people type it where the phone cannot read the picture."""
    plain = address.partition("secret=")[2].partition("&")[0]
    return " ".join(plain[start : start + 4] for start in range(0, len(plain), 4))


def _person(viewer: Viewer) -> PersonId:
    if viewer.person is None:
        abort(403, "Only a person has an account.")
    return viewer.person
