"""``/people``: who may sign in, and the roles that groups of the directory give."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from connector.bootstrap import Services, system_clock
from connector.errors import ConfigurationError
from connector.people.access_change import AccessChange, ChangeKind
from connector.people.passwords import hash_password
from connector.people.permissions import ADMINISTRATORS, Role
from webhook_server.admin import person as person_page
from webhook_server.admin import service_accounts
from webhook_server.admin.grant_form import ROLES, grant_from, known_names, require_giveable, visible_with
from webhook_server.admin.person_access import is_listed, shown_part, waiting_changes
from webhook_server.auth import current_viewer, requires_role, services
from webhook_server.page_messages import page_message, page_text
from webhook_server.permission import Reach
from webhook_server.recent_sign_in import requires_recent_sign_in

PART, ORGANISATION = Reach.PART, Reach.ORGANISATION


def people(_: Services) -> Blueprint:
    blueprint = Blueprint("people", __name__, url_prefix="/people")
    for rule, endpoint, view, methods, reach in (
        ("", "index", index, ["GET"], PART),
        ("/new", "add", add, ["GET", "POST"], ORGANISATION),
        ("/changes/<int:number>/accept", "accept_change", accept_change, ["POST"], PART),
        ("/changes/<int:number>/refuse", "refuse_change", refuse_change, ["POST"], PART),
        ("/grant-preview", "grant_preview", grant_preview, ["GET"], PART),
        ("/rules", "rules", rules, ["GET", "POST"], ORGANISATION),
        ("/rules/<int:number>/remove", "remove_rule", remove_rule, ["POST"], ORGANISATION),
        ("/service-accounts", "service_accounts", service_accounts.index, ["GET"], PART),
        ("/service-accounts", "create_service_account", service_accounts.create, ["POST"], PART),
        ("/service-accounts/<name>/rotate", "rotate_service_account", service_accounts.rotate, ["POST"], PART),
        ("/service-accounts/<name>/revoke", "revoke_service_account", service_accounts.revoke, ["POST"], PART),
        ("/<int:number>", "person", person_page.show, ["GET"], PART),
        ("/<int:number>/grants", "grant", person_page.grant, ["POST"], PART),
        ("/<int:number>/grants/<int:grant_number>/revoke", "revoke_grant", person_page.revoke_grant, ["POST"], PART),
        ("/<int:number>/accounts", "link", person_page.link, ["POST"], ORGANISATION),
        ("/<int:number>/accounts/unlink", "unlink", person_page.unlink, ["POST"], ORGANISATION),
        ("/<int:number>/active", "set_active", person_page.set_active, ["POST"], PART),
        ("/<int:number>/sessions/end", "end_sessions", person_page.end_sessions, ["POST"], PART),
    ):
        allowed = requires_role(Role.ADMINISTRATOR, reach=reach)(requires_recent_sign_in(view))
        blueprint.add_url_rule(rule, endpoint, allowed, methods=methods)
    return blueprint


def index() -> str:
    here, viewer = services(), current_viewer()
    wanted = request.args.get("q", "").strip().lower()
    people = [shown_part(viewer, person) for person in here.people.all() if is_listed(viewer, person, wanted)]
    found = [person for person in people if wanted in f"{person.name} {person.login}".lower()]
    with_role = [person for person in people if person.active and (person.grants or person.accounts)]
    return render_template(
        "people.html",
        people=people,
        found=found,
        with_role=len(with_role),
        q=request.args.get("q", ""),
        last_seen=here.sessions.last_seen(),
        rules=here.people.rules(),
        pending=waiting_changes(viewer),
        everywhere=viewer.holds_everywhere(ADMINISTRATORS),
    )


def accept_change(number: int) -> ResponseReturnValue:
    return _decide(number, accept=True)


def refuse_change(number: int) -> ResponseReturnValue:
    return _decide(number, accept=False)


def _decide(number: int, *, accept: bool) -> ResponseReturnValue:
    try:
        decided = services().access_changes.decide(number, current_viewer(), accept=accept, now=system_clock())
    except ConfigurationError as error:
        abort(409, page_message(error))
    flash(f"{'Accepted' if accept else 'Refused'}: {decided.sentence}.", "good")
    return redirect(url_for("people.index"), 303)


def add() -> ResponseReturnValue:
    if request.method == "GET":
        return render_template("people_new.html", errors={}, form={})
    here, viewer, form = services(), current_viewer(), request.form
    password = form.get("password", "")
    if not password and not here.settings.has_provider:
        return render_template("people_new.html", form=form, errors={
            "password": "Without an identity provider people sign in with a password: enter a first one."
        }), 422  # fmt: skip
    try:
        own = {"login": form.get("login", ""), "name": form.get("name", "")}
        hash_ = hash_password(password, **own) if password else None
    except ConfigurationError as error:
        return render_template("people_new.html", form=form, errors={"password": page_text(error)}), 422
    try:
        added = here.people.add(
            form.get("login", ""), form.get("name", ""), by=viewer.login, password_hash=hash_, password_is_first=True
        )
    except ConfigurationError as error:
        return render_template("people_new.html", form=form, errors={"login": page_text(error)}), 422
    flash(f"{added.name} is added. Give them a role, or link their account in a tool.", "good")
    return redirect(url_for("people.person", number=added.id), 303)


def grant_preview() -> str:
    """What somebody with this grant would see: only for who could give it, because it names measures."""
    try:
        wanted = grant_from(request.args)
        require_giveable(current_viewer(), wanted)
    except ConfigurationError as error:
        return render_template("people_grant_preview.html", error=page_text(error))
    return render_template("people_grant_preview.html", grant=wanted, **visible_with(wanted))


def rules() -> ResponseReturnValue:
    here, viewer = services(), current_viewer()
    error = ""
    if request.method == "POST":
        try:
            group = request.form.get("claim", "").strip()
            change = AccessChange(ChangeKind.GROUP_RULE, grant=grant_from(request.form), group=group)
            result = here.access_changes.request(change, by=viewer.login, requester=viewer, now=system_clock())
        except ConfigurationError as caught:
            error = str(caught)
        else:
            flash(f"{result.message} A rule applies from the next sign-in of each member.", "good")
            return redirect(url_for("people.rules"), 303)
    page = render_template(
        "people_rules.html",
        rules=here.people.rules(),
        error=error,
        form=request.form,
        roles=ROLES,
        names=known_names(),
        provider=here.settings.oidc_issuer,
        claim=here.settings.oidc_groups_claim,
    )
    return page, 422 if error else 200


def remove_rule(number: int) -> ResponseReturnValue:
    removed = services().people.remove_rule(number, by=current_viewer().login)
    if removed is None:
        abort(404, "This rule was removed already.")
    flash(f"Members of {removed.claim} lose the role at their next sign-in.", "good")
    return redirect(url_for("people.rules"), 303)
