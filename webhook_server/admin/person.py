"""``/people/<number>``: one person: roles, accounts in the tools, sessions, and their deactivation."""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from connector.bootstrap import Sites, system_clock
from connector.errors import ConfigurationError, ToolError
from connector.people.access_change import AccessChange, ChangeKind, Procedure, holds_what_it_gives
from connector.people.permissions import ADMINISTRATORS, PersonId, Role, ToolAccount, Viewer
from connector.people.person import Person
from connector.store.accounts.places import require_known_place
from connector.store.database.tables import CONNECTION, MEASURE
from connector.sync.ports import DirectoryPerson
from mapping.work_item import ConnectionName
from webhook_server.admin.grant_form import ROLES, grant_from, known_names
from webhook_server.admin.person_access import administers, administers_whole, shown_part, waiting_changes
from webhook_server.auth import current_viewer, services
from webhook_server.page_messages import page_text
from webhook_server.possible_values import number_of

LONGEST_LIST = 12
"""People of a tool's directory that are offered; whoever is not among them is found by more of the name."""
SHORTEST_NAME = 2


def show(number: int) -> str:
    """``?in=&find=`` looks for the person's account in that tool's own directory."""
    return _render(_find_person(number), directory=_directory())


@dataclass(frozen=True, slots=True)
class Directory:
    """What was looked for in a tool's directory, and who was found there."""

    connection: str
    text: str
    people: tuple[DirectoryPerson, ...] = ()
    problem: str = ""


def _directory() -> Directory | None:
    """``None`` where nothing was looked for; only who administers everything may look."""
    text, name = request.args.get("find", "").strip()[:100], request.args.get("in", "")
    if not text or not current_viewer().holds_everywhere(ADMINISTRATORS):
        return None
    if len(text) < SHORTEST_NAME:
        return Directory(name, text, problem="Enter at least two letters of the name.")
    if name not in {known for known, _ in _connections()}:
        return Directory(name, text, problem="There is no such connection any more. Choose one of the list.")
    try:
        inspector = Sites(services(), system_clock).get(ConnectionName(name)).inspector
        people = inspector.find_people(text, LONGEST_LIST) if inspector is not None else ()
    except ToolError as error:
        return Directory(name, text, problem=f"{name} was asked and did not answer as expected: {page_text(error)}")
    return Directory(name, text, tuple(people))


def grant(number: int) -> ResponseReturnValue:
    person = _find_person(number)
    try:
        wanted = grant_from(request.form)
        change = AccessChange(ChangeKind.GRANT, person.id, wanted)
        # Who may not give it hears that first, and nothing about places.
        if holds_what_it_gives(current_viewer().grants, change):
            with services().read_as(current_viewer()) as connection:
                require_known_place(connection, wanted)
        _request(change)
    except ConfigurationError as error:
        return _render(person, grant_error=page_text(error)), 422
    return _redirect(person)


def revoke_grant(number: int, grant_number: int) -> ResponseReturnValue:
    person, viewer = _find_person(number), current_viewer()
    held = next((held for held in person.grants if held.id == grant_number), None)
    if held is None:
        abort(409, "This role was revoked already.")
    if not administers(viewer, held.grant):
        abort(403, "This role reaches beyond the part that you administer.")
    if held.grant.role is Role.ADMINISTRATOR and _is_last_administrator(held.id):
        abort(409, "This is the last administrator: give somebody else the role first.")
    services().people.revoke_grant(grant_number, by=viewer.login)
    flash(f"{person.name} is no longer {held.grant}.", "good")
    return _redirect(person)


def link(number: int) -> ResponseReturnValue:
    person = _find_person(number)
    account = ToolAccount(request.form.get("connection", ""), request.form.get("account", "").strip())
    try:
        if not account.id:
            raise ConfigurationError("Enter the account's id in the tool.")
        _request(AccessChange(ChangeKind.LINK, person.id, account=account))
    except ConfigurationError as error:
        return _render(person, link_error=page_text(error)), 422
    return _redirect(person)


def unlink(number: int) -> ResponseReturnValue:
    person = _find_person(number)
    account = ToolAccount(request.form.get("connection", ""), request.form.get("account", ""))
    try:
        _request(AccessChange(ChangeKind.UNLINK, person.id, account=account))
    except ConfigurationError as error:
        return _render(person, link_error=page_text(error)), 422
    return _redirect(person)


def set_active(number: int) -> ResponseReturnValue:
    person, viewer = _find_person(number), current_viewer()
    active = request.form.get("active") == "yes"
    if not active and person.id == viewer.person:
        abort(409, "You cannot disable yourself: ask another administrator.")
    _require_whole(viewer, person)
    if active:
        try:
            _request(services().access_changes.enabling(person.id))
        except ConfigurationError as error:
            abort(409, page_text(error))
    else:
        services().people.set_active(person.id, active=False, by=viewer.login)
        flash(f"{person.name} is disabled and signed out everywhere.", "good")
    return _redirect(person)


def _request(change: AccessChange) -> None:
    """Ask for a change; made at once, or waiting for another administrator.  Raises ConfigurationError."""
    viewer = current_viewer()
    result = services().access_changes.request(change, by=viewer.login, requester=viewer, now=system_clock())
    flash(result.message, "info" if result.procedure is Procedure.WAITS else "good")


def _require_whole(viewer: Viewer, person: Person) -> None:
    if not administers_whole(viewer, person):
        abort(403, f"{person.name} has access beyond the part that you administer.")


def end_sessions(number: int) -> ResponseReturnValue:
    person = _find_person(number)
    _require_whole(current_viewer(), person)
    session = number_of(request.form.get("session"))
    if session is None and "session" in request.form:
        abort(400, "There is no such session.")
    ended = services().sessions.end(person.id, session, by=current_viewer().login)
    flash(f"{ended} session{'' if ended == 1 else 's'} of {person.name} ended.", "good")
    return _redirect(person)


def _render(person: Person, *, grant_error: str = "", link_error: str = "", directory: Directory | None = None) -> str:
    here, viewer = services(), current_viewer()
    whole, everywhere = administers_whole(viewer, person), viewer.holds_everywhere(ADMINISTRATORS)
    return render_template(
        "person.html",
        person=shown_part(viewer, person),
        whole=whole,
        everywhere=everywhere,
        pending=[one for one in waiting_changes(viewer) if one.pending.change.person == person.id],
        sessions=here.sessions.active_sessions(person.id, now=system_clock()) if whole else (),
        tokens=[token for token in here.tokens.all(person.id) if token.revoked_at is None] if whole else (),
        connections=_connections() if everywhere else [],
        suggested=_suggested_accounts(person) if everywhere else [],
        roles=ROLES,
        names=known_names(),
        grant_error=grant_error,
        link_error=link_error,
        directory=directory,
        form=request.form,
    )


def _connections() -> list[tuple[str, str]]:
    """Names and tools only: no secret is decrypted for this."""
    query = select(CONNECTION.c.name, CONNECTION.c.tool).order_by(CONNECTION.c.name)
    with services().read_as(current_viewer()) as connection:
        return [(row.name, f"{row.name} ({row.tool})") for row in connection.execute(query)]


def _suggested_accounts(person: Person) -> list[tuple[str, str, str]]:
    """Accounts that hold a role of some measure under this person's name: connection, id and name."""
    found: set[tuple[str, str, str]] = set()
    with services().read_as(current_viewer()) as connection:
        for role in ("owner", "sponsor", "controller"):
            name, account = MEASURE.c[role], MEASURE.c[f"{role}_id"]
            query = select(MEASURE.c.connection, account, name).where(name == person.name, account.is_not(None))
            found.update(map(tuple, connection.execute(query.distinct().limit(10))))
    return sorted(row for row in found if ToolAccount(row[0], row[1]) not in person.accounts)


def _is_last_administrator(grant_number: int) -> bool:
    return not any(
        held.grant.role is Role.ADMINISTRATOR and held.grant.is_everywhere and held.id != grant_number
        for other in services().people.all()
        if other.active
        for held in other.grants
    )


def _find_person(number: int) -> Person:
    person = services().people.get(PersonId(number))
    if person is None:
        abort(404, "There is no such person.")
    return person


def _redirect(person: Person) -> ResponseReturnValue:
    return redirect(url_for("people.person", number=person.id), 303)
