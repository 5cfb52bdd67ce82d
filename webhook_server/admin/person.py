"""``/people/<number>``: one person: roles, accounts in the tools, sessions, and the end of their access."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from connector.bootstrap import system_clock
from connector.errors import ConfigurationError
from connector.people.permissions import Account, PersonId, Role
from connector.people.person import Person
from connector.store.database.tables import CONNECTION, MEASURE
from webhook_server.admin.grant_form import ROLES, grant_from, names
from webhook_server.auth import current_viewer, services


def show(number: int) -> str:
    return _page(_found(number))


def grant(number: int) -> ResponseReturnValue:
    one = _found(number)
    try:
        wanted = grant_from(request.form)
        services().people.grant(one.id, wanted, by=current_viewer().login)
    except ConfigurationError as error:
        return _page(one, grant_error=str(error)), 422
    flash(f"{one.name} is {wanted} from now on.", "good")
    return _back(one)


def revoke_grant(number: int, grant_number: int) -> ResponseReturnValue:
    one = _found(number)
    held = next((held for held in one.grants if held.id == grant_number), None)
    if held is None:
        abort(409, "This role was taken back already.")
    if held.grant.role is Role.ADMINISTRATOR and _last_administrator(held.id):
        abort(409, "This is the last administrator: give somebody else the role first.")
    services().people.revoke_grant(grant_number, by=current_viewer().login)
    flash(f"{one.name} is no longer {held.grant}.", "good")
    return _back(one)


def link(number: int) -> ResponseReturnValue:
    one = _found(number)
    account = Account(request.form.get("connection", ""), request.form.get("account", "").strip())
    try:
        if not account.id:
            raise ConfigurationError("Write the account's id, as the tool knows it.")
        services().people.link(one.id, account, by=current_viewer().login)
    except ConfigurationError as error:
        return _page(one, link_error=str(error)), 422
    flash(f"{account.id} of {account.connection} is {one.name}.", "good")
    return _back(one)


def unlink(number: int) -> ResponseReturnValue:
    one = _found(number)
    account = Account(request.form.get("connection", ""), request.form.get("account", ""))
    services().people.unlink(one.id, account, by=current_viewer().login)
    flash(f"{account.id} of {account.connection} is no longer {one.name}.", "good")
    return _back(one)


def set_active(number: int) -> ResponseReturnValue:
    one, viewer = _found(number), current_viewer()
    active = request.form.get("active") == "yes"
    if not active and one.id == viewer.person:
        abort(409, "Nobody disables themselves: ask another administrator.")
    services().people.set_active(one.id, active=active, by=viewer.login)
    flash(f"{one.name} {'may sign in again' if active else 'is disabled and signed out everywhere'}.", "good")
    return _back(one)


def end_sessions(number: int) -> ResponseReturnValue:
    one = _found(number)
    ended = services().sessions.end(one.id, request.form.get("session", type=int), by=current_viewer().login)
    flash(f"{ended} session{'' if ended == 1 else 's'} of {one.name} ended.", "good")
    return _back(one)


def _page(one: Person, *, grant_error: str = "", link_error: str = "") -> str:
    here = services()
    return render_template(
        "person.html",
        person=one,
        sessions=here.sessions.of(one.id, now=system_clock()),
        tokens=[token for token in here.tokens.all(one.id) if token.revoked_at is None],
        connections=_connections(),
        suggested=_suggested(one),
        roles=ROLES,
        names=names(),
        grant_error=grant_error,
        link_error=link_error,
        form=request.form,
    )


def _connections() -> list[tuple[str, str]]:
    """Names and tools only: nothing is unsealed for this."""
    query = select(CONNECTION.c.name, CONNECTION.c.tool).order_by(CONNECTION.c.name)
    with services().reading(current_viewer()) as connection:
        return [(row.name, f"{row.name} ({row.tool})") for row in connection.execute(query)]


def _suggested(person: Person) -> list[tuple[str, str, str]]:
    """Accounts that hold a role of some measure under this person's name: connection, id and name."""
    found: set[tuple[str, str, str]] = set()
    with services().reading(current_viewer()) as connection:
        for role in ("owner", "sponsor", "controller"):
            name, account = MEASURE.c[role], MEASURE.c[f"{role}_id"]
            query = select(MEASURE.c.connection, account, name).where(name == person.name, account.is_not(None))
            found.update(map(tuple, connection.execute(query.distinct().limit(10))))
    return sorted(row for row in found if Account(row[0], row[1]) not in person.accounts)


def _last_administrator(grant_number: int) -> bool:
    return not any(
        held.grant.role is Role.ADMINISTRATOR and held.id != grant_number
        for other in services().people.all()
        if other.active
        for held in other.grants
    )


def _found(number: int) -> Person:
    one = services().people.get(PersonId(number))
    if one is None:
        abort(404, "There is no such person.")
    return one


def _back(one: Person) -> ResponseReturnValue:
    return redirect(url_for("people.person", number=one.id), 303)
