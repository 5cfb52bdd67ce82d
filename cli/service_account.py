"""``gatepost service-account``: programs that are nobody, each with scopes in a part of the organisation."""

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
from connector.people.permissions import TokenScope, parse_hierarchy
from connector.people.service_account import NewSecret
from connector.people.token_scopes import SCOPE_DESCRIPTIONS, SERVICE_SCOPES
from connector.remedy import Remedy
from connector.settings import Settings
from governance.time_text import day_text

app = typer.Typer(help="Programs with an identity of their own; they decide nothing.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="A short name: deploy-bot")]
Days = Annotated[int, typer.Option(min=1, max=365, help="Days that the secret lives")]
SCOPE_HELP = "; ".join(f"{scope.value}: {SCOPE_DESCRIPTIONS[scope]}" for scope in TokenScope if scope in SERVICE_SCOPES)


@app.command()
def create(
    name: Name,
    scope: Annotated[list[TokenScope], typer.Option(help=f"What it may do, may be repeated. {SCOPE_HELP}")],
    place: Annotated[str, typer.Option(help='Only this part of the hierarchy: "IT / Cloud exit"')] = "",
    legal_entity: Annotated[str | None, typer.Option(help="Only measures of this legal entity")] = None,
    days: Days = 90,
) -> None:
    """Create a service account and print its client credentials; the secret is shown only now."""
    try:
        hierarchy = parse_hierarchy(place)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    with _services() as services:
        created = services.service_accounts.create(
            name, scope, hierarchy=hierarchy, legal_entity=legal_entity, lives=timedelta(days=days),
            by=operating_user(), now=system_clock(),
        )  # fmt: skip
    _print(created)


@app.command("list")
def list_() -> None:
    """List all service accounts, without their secrets."""
    table = Table("Name", "Client", "Scopes", "Part", "Secret ends", "Last used", "State")
    now = system_clock()
    with _services() as services:
        for account in services.service_accounts.all():
            table.add_row(
                account.name,
                account.client_id,
                ", ".join(sorted(account.scopes)),
                escape(account.place),
                f"{account.expires_at:%Y-%m-%d}",
                f"{account.used_at:%Y-%m-%d %H:%M}" if account.used_at else "never",
                account.state(now).value,
            )
    if not table.rows:
        typer.echo("No service accounts yet. Add one with: gatepost service-account create NAME --scope gates:read")
        return
    Console(highlight=False).print(table)


@app.command()
def rotate(
    name: Name,
    days: Days = 90,
    at_once: Annotated[
        bool, typer.Option("--at-once", help="End the former secrets and their tokens now: for one that was seen")
    ] = False,
) -> None:
    """Give a new secret and print it; the former ones work for another day."""
    with _services() as services:
        rotated = services.service_accounts.rotate(
            name, lives=timedelta(days=days), at_once=at_once, by=operating_user(), now=system_clock()
        )
    _print(rotated)


@app.command()
def revoke(name: Name) -> None:
    """Revoke a service account at once, with its secrets and tokens."""
    with _services() as services:
        revoked = services.service_accounts.revoke(name, by=operating_user(), now=system_clock())
    if not revoked:
        raise ConfigurationError(
            f'There is no service account "{name}" that could be revoked.',
            remedy=Remedy(command="List them with: gatepost service-account list"),
        )
    typer.echo(f"The service account {name} is revoked: its tokens work no more.")


def _print(made: NewSecret) -> None:
    account = made.account
    scopes = ", ".join(sorted(account.scopes))
    typer.echo(f"{account.name} may, for {account.place}: {scopes}. Its secret ends on {day_text(account.expires_at)}.")
    typer.echo("It gets tokens at /api/v1/oauth/token with these, of which the secret is shown only now:")
    typer.echo(f"client_id: {account.client_id}")
    typer.echo(f"client_secret: {made.secret}")


def _services() -> Services:
    return bootstrap(Settings(), application="gatepost service-account")
