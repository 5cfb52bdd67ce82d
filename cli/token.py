"""``gatepost token``: API tokens, which act for their person within their scopes."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.operating_user import operating_user
from connector.bootstrap import Services, bootstrap, system_clock
from connector.errors import ConfigurationError
from connector.people.permissions import PersonId, TokenScope
from connector.people.token_scopes import READING_SCOPES, held_scopes
from connector.remedy import Remedy
from connector.settings import Settings
from governance.time_text import day_text

app = typer.Typer(help="Tokens of the API.", no_args_is_help=True)


@app.command()
def create(
    login: Annotated[str, typer.Argument(help="The person for whom it acts: it sees what they see")],
    name: Annotated[str, typer.Option(help="What it is for")],
    scope: Annotated[
        list[TokenScope] | None,
        typer.Option(help="What it may do, may be repeated; by default it reads what its person may see"),
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=365, help="Days until it expires")] = 90,
) -> None:
    """Create a token and print it; it is shown only now."""
    now = system_clock()
    with _services() as services:
        person = services.people.find_by_login(login)
        if person is None:
            raise ConfigurationError(
                f"There is no person {login}.", remedy=Remedy(command="List them with: gatepost user list")
            )
        expires_at = now + timedelta(days=days)
        created = services.tokens.create(
            person.id, name, scope or _reading(services, person.id), expires_at=expires_at, by=operating_user(), now=now
        )
    scopes = ", ".join(sorted(created.scopes))
    typer.echo(
        f"Token {created.number} acts for {login} until {day_text(created.expires_at)}: {scopes}. Shown only now:"
    )
    typer.echo(created.token)


def _reading(services: Services, person: PersonId) -> frozenset[TokenScope]:
    viewer = services.people.viewer(person)
    return frozenset() if viewer is None else READING_SCOPES & held_scopes(viewer.roles)


@app.command("list")
def list_() -> None:
    """List all tokens, without their secrets."""
    table = Table("Number", "Person", "Name", "Scopes", "Expires", "Last used", "State")
    now = system_clock()
    with _services() as services:
        for token in services.tokens.all():
            expired = token.expires_at <= now
            state = "revoked" if token.revoked_at else "expired" if expired else "valid"
            table.add_row(
                str(token.id),
                escape(token.owner),
                escape(token.name),
                ", ".join(sorted(scope.value for scope in token.scopes)),
                f"{token.expires_at:%Y-%m-%d}",
                f"{token.used_at:%Y-%m-%d %H:%M}" if token.used_at else "never",
                state,
            )
    Console().print(table)


@app.command()
def revoke(number: Annotated[int, typer.Argument(help="Its number, from: gatepost token list")]) -> None:
    """Revoke a token at once."""
    with _services() as services:
        revoked = services.tokens.revoke(number, by=operating_user())
    if not revoked:
        raise ConfigurationError(
            f"There is no token {number} that could be revoked.",
            remedy=Remedy(command="List them with: gatepost token list"),
        )
    typer.echo(f"Token {number} is revoked.")


def _services() -> Services:
    return bootstrap(Settings(), application="gatepost token")
