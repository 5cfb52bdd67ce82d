"""``/people/service-accounts``: programs with an identity of their own, and their secrets."""

from __future__ import annotations

from datetime import timedelta

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from connector.bootstrap import system_clock
from connector.errors import ConfigurationError
from connector.people.permissions import TokenScope, parse_hierarchy
from connector.people.service_account import NewSecret, ServiceAccount, administers
from connector.people.token_scopes import SCOPE_DESCRIPTIONS, SERVICE_SCOPES
from webhook_server.auth import current_viewer, services
from webhook_server.page_messages import page_message

LIFETIMES_DAYS = (30, 90, 180, 365)


def index() -> str:
    return _render()


def create() -> ResponseReturnValue:
    """The secret is shown in this one answer and never again."""
    viewer, form = current_viewer(), request.form
    scopes = [scope for scope in TokenScope if scope.value in form.getlist("scope")]
    try:
        hierarchy, entity = parse_hierarchy(form.get("hierarchy", "")), form.get("legal_entity", "").strip() or None
        if not administers(viewer, hierarchy, entity):
            return _render("You do not administer all of this part: name your own part of the hierarchy."), 403
        created = services().service_accounts.create(
            form.get("name", "").strip(), scopes, hierarchy=hierarchy, legal_entity=entity, lives=_lives(),
            by=viewer.login, now=system_clock(),
        )  # fmt: skip
    except (ConfigurationError, ValueError) as error:
        return _render(page_message(error)), 422
    return _render(made=created)


def rotate(name: str) -> ResponseReturnValue:
    account = _find(name)
    try:
        rotated = services().service_accounts.rotate(
            account.name, lives=_lives(), at_once="at_once" in request.form, by=current_viewer().login,
            now=system_clock(),
        )  # fmt: skip
    except ConfigurationError as error:
        return _render(page_message(error)), 409
    return _render(made=rotated)


def revoke(name: str) -> ResponseReturnValue:
    account = _find(name)
    if not services().service_accounts.revoke(account.name, by=current_viewer().login, now=system_clock()):
        abort(404, "It is revoked already.")
    flash(f"The service account {account.name} is revoked: its tokens work no more.", "good")
    return redirect(url_for("people.service_accounts"), 303)


def _lives() -> timedelta:
    days = request.form.get("days", type=int)
    if days not in LIFETIMES_DAYS:
        abort(400, "Choose one of the offered lifetimes.")
    return timedelta(days=days)


def _find(name: str) -> ServiceAccount:
    found = next((account for account in _administered() if account.name == name), None)
    if found is None:
        abort(404, "There is no such service account in the part that you administer.")
    return found


def _administered() -> list[ServiceAccount]:
    viewer = current_viewer()
    every = services().service_accounts.all()
    return [account for account in every if administers(viewer, account.hierarchy, account.legal_entity)]


def _render(error: str = "", made: NewSecret | None = None) -> str:
    return render_template(
        "service_accounts.html",
        accounts=_administered(),
        now=system_clock(),
        error=error,
        made=made,
        form={} if made else request.form,
        sent=[] if made else request.form.getlist("scope"),
        scopes=[scope for scope in TokenScope if scope in SERVICE_SCOPES],
        descriptions=SCOPE_DESCRIPTIONS,
        days=LIFETIMES_DAYS,
    )
