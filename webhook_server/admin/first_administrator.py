"""``/first-administrator``: the link that an empty installation prints when it starts."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from connector.bootstrap import Services, system_clock
from connector.errors import ConfigurationError
from connector.people.authentication import SignInMethod
from connector.people.passwords import hash_password
from connector.store.accounts.first_administrator import SOMEBODY_IS_THERE, add_first_administrator, is_first_key
from webhook_server.auth import open_to_all, sign_in
from webhook_server.page_messages import page_text

LINK_IS_OVER = (
    "This link is not valid, or its day is over. Whoever runs Gatepost starts it again, or asks it for a new one: it "
    "stands in the last lines of its start."
)


def first_administrator(services: Services) -> Blueprint:
    blueprint = Blueprint("first_administrator", __name__)

    @blueprint.route("/first-administrator", methods=["GET", "POST"])
    @open_to_all
    def create() -> ResponseReturnValue:
        """Name, login and a password of one's own; then the set-up."""
        if not services.people.is_empty():
            return _page(over=SOMEBODY_IS_THERE), 410
        if not is_first_key(request.args.get("key", ""), services.vault, system_clock()):
            return _page(over=LINK_IS_OVER), 403
        if request.method == "GET":
            return _page()
        form = request.form
        login, name, password = form.get("login", ""), form.get("name", ""), form.get("password", "")
        if password != form.get("repeated", ""):
            return _page(errors={"repeated": "The two passwords differ."}), 422
        try:
            hash_ = hash_password(password, login=login, name=name)
        except ConfigurationError as error:
            return _page(errors={"password": page_text(error)}), 422
        try:
            person = add_first_administrator(services.engine, login, name, hash_)
        except ConfigurationError as error:
            return _page(errors={"login": page_text(error)}), 422
        viewer = services.people.viewer(person)
        if viewer is None:
            return redirect(url_for("signin.show"), 303)
        session.clear()
        flash("You are the first administrator. These are the steps from here to the first gate.", "good")
        answer = make_response(redirect(url_for("setup.index"), 303))
        now = system_clock()
        return sign_in(answer, viewer, by=viewer.login, method=SignInMethod.PASSWORD, authenticated_at=now)

    return blueprint


def _page(*, errors: dict[str, str] | None = None, over: str = "") -> str:
    return render_template("first_administrator.html", form=request.form, errors=errors or {}, over=over)
