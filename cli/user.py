"""``gatepost user``: people who may sign in, their roles, and their accounts in the tools."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.instance_lock import address_here
from cli.operating_user import operating_user
from cli.secret_input import TOKEN, read_secret
from connector.bootstrap import Services, bootstrap, system_clock
from connector.errors import ConfigurationError
from connector.people.access_change import AccessChange, ChangeKind, PendingChange, Procedure
from connector.people.passwords import hash_password
from connector.people.permissions import PersonId, Role, RoleGrant, TokenScope, ToolAccount, parse_hierarchy
from connector.people.person import Person
from connector.remedy import Remedy
from connector.settings import Settings
from connector.store.accounts.access_changes import RequestResult
from connector.store.accounts.first_administrator import first_link
from connector.store.accounts.places import require_known_place

app = typer.Typer(help="The people of the pages: their roles, their accounts, their sessions.", no_args_is_help=True)

Login = Annotated[str, typer.Argument(help="The login, preferably the e-mail address")]
Place = Annotated[
    str, typer.Option(help='Part of the hierarchy, from the portfolio down: "IT / Cloud exit"; all of it by default')
]
Entity = Annotated[str | None, typer.Option("--legal-entity", help="One legal entity only")]


ChangeNumber = Annotated[int, typer.Argument(help="Its number, from: gatepost user changes")]
AdministratorTokenFile = Annotated[
    Path | None,
    typer.Option(
        "--token-file", help=f"File with your API token of the scope access:write; {TOKEN} by default, else asked for"
    ),
]


@app.command()
def add(
    login: Login,
    name: Annotated[str, typer.Option(help="The name as others see it")],
    admin: Annotated[bool, typer.Option("--admin", help="Give the role administrator")] = False,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="Signs in through the identity provider only")
    ] = False,
) -> None:
    """Add somebody who may sign in.  The password is asked for, or taken from GATEPOST_PASSWORD."""
    hash_ = None if no_password else hash_password(_password(), login=login, name=name)
    with _services() as services:
        person = services.people.add(
            login, name, by=operating_user(), password_hash=hash_, password_is_first=hash_ is not None
        )
        given = _request(services, _grant_change(person.id, RoleGrant(Role.ADMINISTRATOR))) if admin else None
        address = address_here(services.settings)
    made = given is not None and given.procedure is not Procedure.WAITS
    typer.echo(f"Added {login}{' as administrator' if made else ', who has no role yet: gatepost user grant'}.")
    if given is not None and given.pending is not None:
        _echo_waiting(given.pending)
    typer.echo(f"Sign in at {address}/signin")


@app.command("first-link")
def first_administrator_link(
    port: Annotated[int | None, typer.Option(help="Port of the server; by default that on which it runs here")] = None,
) -> None:
    """Print the link by which the first administrator makes their own account.  It works once, for a day."""
    with _services() as services:
        if not services.people.is_empty():
            raise ConfigurationError("There are people already: an administrator adds others on the page People.")
        link = first_link(address_here(services.settings, port), services.vault, system_clock())
    typer.echo(link)


@app.command("list")
def list_() -> None:
    """List everybody with their roles and accounts."""
    table = Table("Login", "Name", "Signs in by", "Roles", "Accounts")
    with _services() as services:
        for person in services.people.all():
            how = [*(["password"] if person.has_password else []), *(["provider"] if person.oidc_subject else [])]
            state = "disabled" if not person.active else " or ".join(how) or "cannot yet"
            roles = "\n".join(f"{entry.id}: {entry.grant}" for entry in person.grants)
            accounts = "\n".join(f"{account.connection}: {account.id}" for account in sorted(person.accounts))
            table.add_row(*map(escape, (person.login, person.name, state, roles or "none", accounts)))
    Console().print(table)


@app.command()
def grant(
    login: Login,
    role: Annotated[Role, typer.Argument(help="; ".join(f"{role.value} {role.description}" for role in Role))],
    place: Place = "",
    legal_entity: Entity = None,
) -> None:
    """Give a role, for everything or for a part of the hierarchy."""
    role_grant = _grant(role, place, legal_entity)
    with _services() as services:
        with services.engine.connect() as connection:
            require_known_place(connection, role_grant)
        result = _request(services, _grant_change(_person(services, login).id, role_grant))
    _echo(result, f"{login} is {role_grant}.")


@app.command("revoke-grant")
def revoke_grant(number: Annotated[int, typer.Argument(help="Its number, from: gatepost user list")]) -> None:
    """Revoke a role."""
    with _services() as services:
        revoked = services.people.revoke_grant(number, by=operating_user())
    if revoked is None:
        raise ConfigurationError(
            f"There is no grant {number}.", remedy=Remedy(command="See the numbers with: gatepost user list")
        )
    typer.echo(f"Revoked: {revoked}.")


@app.command()
def disable(login: Login) -> None:
    """End somebody's access at once: sessions and tokens too.  Their actions stay in the audit."""
    with _services() as services:
        services.people.set_active(_person(services, login).id, active=False, by=operating_user())
    typer.echo(f"{login} is disabled and signed out everywhere.")


@app.command()
def enable(login: Login) -> None:
    """Let somebody sign in again."""
    with _services() as services:
        result = _request(services, services.access_changes.enabling(_person(services, login).id))
    _echo(result, f"{login} may sign in again.")


@app.command()
def password(login: Login) -> None:
    """Set a new password; it is asked for, or taken from GATEPOST_PASSWORD.  Ends all sessions and tokens."""
    given = _password()
    with _services() as services:
        person = _person(services, login)
        hash_ = hash_password(given, login=person.login, name=person.name)
        services.people.set_password(person.id, hash_, by=operating_user(), is_first=True)
        services.sessions.end(person.id, by=operating_user())
    typer.echo(f"{login} has a new password, has to sign in again, and to change it then.")


@app.command("reset-second-factor")
def reset_second_factor(login: Login) -> None:
    """Remove the second factor of somebody who has lost phone and recovery codes.  Ends all sessions."""
    with _services() as services:
        person = _person(services, login)
        if not services.second_factors.remove(person.id, by=operating_user()):
            raise ConfigurationError(f"{login} has no second factor.")
        services.sessions.end(person.id, by=operating_user())
    typer.echo(f"{login} signs in by password alone, until they set up a second factor again.")


@app.command()
def link(
    login: Login,
    account: Annotated[str | None, typer.Option(help="Account in a tool, by its id there: jira-main:5b10a28")] = None,
    oidc: Annotated[str | None, typer.Option(help="Subject at the identity provider")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Remove the account's link")] = False,
) -> None:
    """Link somebody to their account in a tool, so that they have their roles there on the pages as well."""
    if account is None and oidc is None:
        raise ConfigurationError("Name an account (--account CONNECTION:ID) or a subject (--oidc SUBJECT).")
    with _services() as services:
        person = _person(services, login)
        if oidc is not None:
            issuer = services.settings.oidc_issuer
            if issuer is None:
                raise ConfigurationError("Set GATEPOST_OIDC_ISSUER first: a subject belongs to its provider.")
            identity = AccessChange(ChangeKind.IDENTITY, person.id, account=ToolAccount(issuer, oidc))
            _echo(_request(services, identity), f"{login} is {oidc}.")
        if account is not None:
            kind = ChangeKind.UNLINK if remove else ChangeKind.LINK
            result = _request(services, AccessChange(kind, person.id, account=_account(account)))
            _echo(result, f"{login} is {'no longer ' if remove else ''}{account}.")


@app.command()
def changes() -> None:
    """List the changes of access that wait for a second administrator."""
    table = Table("Number", "Change", "Asked for by", "Asked for", "Ends")
    with _services() as services:
        for pending in services.access_changes.pending(system_clock()):
            times = (f"{at:%Y-%m-%d %H:%M}" for at in (pending.requested_at, pending.ends_at))
            table.add_row(str(pending.id), escape(pending.sentence), escape(pending.requested_by), *times)
    Console().print(table)


@app.command()
def accept(number: ChangeNumber, token_file: AdministratorTokenFile = None) -> None:
    """Accept a change that another administrator asked for; your own API token says who you are."""
    typer.echo(f"Accepted: {_decide(number, token_file, accept=True)}.")


@app.command()
def refuse(number: ChangeNumber, token_file: AdministratorTokenFile = None) -> None:
    """Refuse a change that another administrator asked for; your own API token says who you are."""
    typer.echo(f"Refused: {_decide(number, token_file, accept=False)}.")


def _decide(number: int, token_file: Path | None, *, accept: bool) -> str:
    # Whoever runs a command is known by the machine only, and may be the same who asked: so a person has to prove it.
    token = read_secret(token_file, TOKEN, prompt="Your API token of the scope access:write") or ""
    with _services() as services:
        viewer = services.tokens.viewer(token.strip(), now=system_clock())
        if viewer is None or TokenScope.ACCESS_WRITE not in viewer.scopes:
            raise ConfigurationError(
                "This is no valid API token of the scope access:write. Create one on the page of your account."
            )
        return services.access_changes.decide(number, viewer, accept=accept, now=system_clock()).sentence


@app.command()
def sessions(
    login: Login,
    end: Annotated[bool, typer.Option("--end", help="Sign them out everywhere")] = False,
) -> None:
    """List somebody's sessions, or end them all."""
    with _services() as services:
        person = _person(services, login)
        if end:
            count = services.sessions.end(person.id, by=operating_user())
            typer.echo(f"{login}: {count} session{'' if count == 1 else 's'} ended.")
            return
        table = Table("Since", "Last used", "Expires", "Browser")
        for session in services.sessions.active_sessions(person.id, now=system_clock()):
            times = (f"{at:%Y-%m-%d %H:%M}" for at in (session.created_at, session.seen_at, session.expires_at))
            table.add_row(*times, escape(session.agent))
    Console().print(table)


@app.command("rules")
def rules() -> None:
    """List which groups of the identity provider give which roles."""
    table = Table("Number", "Group", "Role", "Created by")
    with _services() as services:
        for rule in services.people.rules():
            table.add_row(str(rule.id), escape(rule.claim), escape(str(rule.grant)), escape(rule.made_by))
    Console().print(table)


@app.command("add-rule")
def add_rule(
    group: Annotated[str, typer.Argument(help="The group, as the identity provider writes it")],
    role: Annotated[Role, typer.Argument(help="The role of its members from their next sign-in on")],
    place: Place = "",
    legal_entity: Entity = None,
) -> None:
    """Turn a group of the identity provider into a role."""
    role_grant = _grant(role, place, legal_entity)
    with _services() as services:
        result = _request(services, AccessChange(ChangeKind.GROUP_RULE, grant=role_grant, group=group.strip()))
    _echo(result, f"Members of {group} are {role_grant} from their next sign-in on.")


@app.command("remove-rule")
def remove_rule(number: Annotated[int, typer.Argument(help="Its number, from: gatepost user rules")]) -> None:
    """Remove a rule; members of the group lose the role at their next sign-in."""
    with _services() as services:
        removed = services.people.remove_rule(number, by=operating_user())
    if removed is None:
        raise ConfigurationError(
            f"There is no rule {number}.", remedy=Remedy(command="See the numbers with: gatepost user rules")
        )
    typer.echo(f"Members of {removed.claim} are no longer {removed.grant} from their next sign-in on.")


def _services() -> Services:
    return bootstrap(Settings(), application="gatepost user")


def _password() -> str:
    """From GATEPOST_PASSWORD, or asked for twice; never from an argument, which others on the machine can read."""
    given = os.environ.get("GATEPOST_PASSWORD")
    return given or typer.prompt("Password", hide_input=True, confirmation_prompt=True)


def _person(services: Services, login: str) -> Person:
    found = services.people.find_by_login(login)
    if found is None:
        raise ConfigurationError(
            f"There is no person {login}.", remedy=Remedy(command="List them with: gatepost user list")
        )
    return found


def _grant_change(person: PersonId, role_grant: RoleGrant) -> AccessChange:
    return AccessChange(ChangeKind.GRANT, person, role_grant)


def _request(services: Services, change: AccessChange) -> RequestResult:
    """Ask for a change as whoever runs the command: no person is known here, so another one may have to accept it."""
    return services.access_changes.request(change, by=operating_user(), requester=None, now=system_clock())


def _echo(result: RequestResult, done: str) -> None:
    if result.pending is None:
        typer.echo(done)
    else:
        _echo_waiting(result.pending)


def _echo_waiting(pending: PendingChange) -> None:
    typer.echo(
        f"An administrator has to accept change {pending.id} until {pending.ends_at:%Y-%m-%d %H:%M} UTC: "
        f"{pending.sentence}. They do it on the page People, or with: gatepost user accept {pending.id}"
    )


def _grant(role: Role, place: str, legal_entity: str | None) -> RoleGrant:
    try:
        return RoleGrant(role, parse_hierarchy(place), legal_entity or None)
    except ValueError as error:
        raise ConfigurationError(str(error)) from error


def _account(written: str) -> ToolAccount:
    connection, _, account = written.partition(":")
    if not connection or not account:
        raise ConfigurationError(
            "An account is written CONNECTION:ID, for instance jira-main:5b10a2844c20165700ede21g."
        )
    return ToolAccount(connection, account)
