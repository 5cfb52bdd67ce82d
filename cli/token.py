"""``gatepost token``: API tokens, which work as their person within their scopes."""

from __future__ import annotations

import getpass
from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from connector.bootstrap import Services, bootstrap, system_clock
from connector.errors import ConfigurationError
from connector.people.permissions import Scope
from connector.settings import Settings

app = typer.Typer(help="Tokens of the API.", no_args_is_help=True)


@app.command()
def create(
    login: Annotated[str, typer.Argument(help="The person as whom it works: it sees what they see, and no more")],
    name: Annotated[str, typer.Option(help="What it is for")],
    scope: Annotated[list[Scope] | None, typer.Option(help="What it may do; read when left out")] = None,
    days: Annotated[int, typer.Option(min=0, max=3650, help="Ends after so many days; 0 is never")] = 90,
) -> None:
    """Make a token and print it; it is shown only now."""
    now = system_clock()
    with _services() as services:
        person = services.people.named(login)
        if person is None:
            raise ConfigurationError(f"There is no person {login}. List them with: gatepost user list")
        ends = now + timedelta(days=days) if days else None
        made = services.tokens.create(person.id, name, scope or [Scope.READ], ends=ends, by=_me(), now=now)
    typer.echo(f"Works as {login} {f'until {ends:%d %b %Y}' if ends else 'until it is revoked'}. Shown only now:")
    typer.echo(made)


@app.command("list")
def list_() -> None:
    """List all tokens, never the tokens themselves."""
    table = Table("Number", "Person", "Name", "Scopes", "Ends", "Last used", "State")
    now = system_clock()
    with _services() as services:
        for one in services.tokens.all():
            ended = one.expires_at is not None and one.expires_at <= now
            state = "revoked" if one.revoked_at else "ended" if ended else "good"
            table.add_row(
                str(one.id),
                escape(one.owner),
                escape(one.name),
                ", ".join(sorted(scope.value for scope in one.scopes)),
                f"{one.expires_at:%Y-%m-%d}" if one.expires_at else "never",
                f"{one.used_at:%Y-%m-%d %H:%M}" if one.used_at else "never",
                state,
            )
    Console().print(table)


@app.command()
def revoke(number: Annotated[int, typer.Argument(help="Its number, from: gatepost token list")]) -> None:
    """End a token at once."""
    with _services() as services:
        ended = services.tokens.revoke(number, by=_me())
    if not ended:
        raise ConfigurationError(f"There is no token {number} that could be ended. List them with: gatepost token list")
    typer.echo(f"Token {number} is revoked.")


def _services() -> Services:
    return bootstrap(Settings(), application="gatepost token")


def _me() -> str:
    return f"{getpass.getuser()} (command line)"
