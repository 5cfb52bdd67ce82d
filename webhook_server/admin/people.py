"""``/people``: who may sign in, and what the groups of the directory give."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from connector.bootstrap import Services
from connector.errors import ConfigurationError
from connector.people.passwords import hashed
from connector.people.permissions import Role
from webhook_server.admin import person
from webhook_server.admin.grant_form import ROLES, grant_from, names, seen_with
from webhook_server.auth import current_viewer, needs, services

administrator = needs(Role.ADMINISTRATOR)


def people(_: Services) -> Blueprint:
    blueprint = Blueprint("people", __name__, url_prefix="/people")
    for rule, endpoint, view, methods in (
        ("", "index", index, ["GET"]),
        ("/new", "add", add, ["GET", "POST"]),
        ("/sight", "sight", sight, ["GET"]),
        ("/rules", "rules", rules, ["GET", "POST"]),
        ("/rules/<int:number>/remove", "remove_rule", remove_rule, ["POST"]),
        ("/<int:number>", "person", person.show, ["GET"]),
        ("/<int:number>/grants", "grant", person.grant, ["POST"]),
        ("/<int:number>/grants/<int:grant_number>/revoke", "revoke_grant", person.revoke_grant, ["POST"]),
        ("/<int:number>/accounts", "link", person.link, ["POST"]),
        ("/<int:number>/accounts/unlink", "unlink", person.unlink, ["POST"]),
        ("/<int:number>/active", "set_active", person.set_active, ["POST"]),
        ("/<int:number>/sessions/end", "end_sessions", person.end_sessions, ["POST"]),
    ):
        blueprint.add_url_rule(rule, endpoint, administrator(view), methods=methods)
    return blueprint


def index() -> str:
    here = services()
    wanted = request.args.get("q", "").strip().lower()
    everybody = here.people.all()
    shown = [one for one in everybody if wanted in f"{one.name} {one.login}".lower()]
    roles = [one for one in everybody if one.active and (one.grants or one.accounts)]
    return render_template(
        "people.html",
        everybody=everybody,
        shown=shown,
        with_role=len(roles),
        q=request.args.get("q", ""),
        seen=here.sessions.last_seen(),
        rules=here.people.rules(),
    )


def add() -> ResponseReturnValue:
    if request.method == "GET":
        return render_template("people_new.html", errors={}, form={})
    here, viewer, form = services(), current_viewer(), request.form
    written = form.get("password", "")
    if not written and not here.settings.has_provider:
        return render_template("people_new.html", form=form, errors={
            "password": "Without an identity provider somebody signs in with a password: write a first one."
        }), 422  # fmt: skip
    try:
        hash_ = hashed(written) if written else None
    except ConfigurationError as error:
        return render_template("people_new.html", form=form, errors={"password": str(error)}), 422
    try:
        made = here.people.add(form.get("login", ""), form.get("name", ""), by=viewer.login, password_hash=hash_)
    except ConfigurationError as error:
        return render_template("people_new.html", form=form, errors={"login": str(error)}), 422
    flash(f"{made.name} is added. Give them a role, or link their account in a tool.", "good")
    return redirect(url_for("people.person", number=made.id), 303)


def sight() -> str:
    """What somebody with this grant would see: shown before it is given."""
    try:
        wanted = grant_from(request.args)
    except ConfigurationError as error:
        return render_template("people_sight.html", error=str(error))
    return render_template("people_sight.html", grant=wanted, **seen_with(wanted))


def rules() -> ResponseReturnValue:
    here, viewer = services(), current_viewer()
    error = ""
    if request.method == "POST":
        try:
            here.people.add_rule(request.form.get("claim", ""), grant_from(request.form), by=viewer.login)
        except ConfigurationError as caught:
            error = str(caught)
        else:
            flash("The rule holds from the next sign-in of each member on.", "good")
            return redirect(url_for("people.rules"), 303)
    page = render_template(
        "people_rules.html",
        rules=here.people.rules(),
        error=error,
        form=request.form,
        roles=ROLES,
        names=names(),
        provider=here.settings.oidc_issuer,
        claim=here.settings.oidc_groups_claim,
    )
    return page, 422 if error else 200


def remove_rule(number: int) -> ResponseReturnValue:
    gone = services().people.remove_rule(number, by=current_viewer().login)
    if gone is None:
        abort(404, "This rule is gone already.")
    flash(f"Members of {gone.claim} lose the role at their next sign-in.", "good")
    return redirect(url_for("people.rules"), 303)
