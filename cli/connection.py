"""``gatepost connection``: the sites that Gatepost talks to."""

from __future__ import annotations

import getpass
import secrets
from dataclasses import replace
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from connector.bootstrap import Services, bootstrap
from connector.http.connection_address import check_name
from connector.http.tool_access import usual_doors
from connector.settings import Settings
from connector.store.connections.connections import ConnectionRecord
from mapping.work_item import ConnectionName, Tool

__all__ = ["check_name"]

app = typer.Typer(help="The Jira and ServiceNow sites that Gatepost talks to.", no_args_is_help=True)


def _services() -> Services:
    return bootstrap(Settings(), application="gatepost connection")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="A short name, as the mapping uses it: jira-main")],
    tool: Annotated[Tool, typer.Option(help="What is there")],
    url: Annotated[str, typer.Option(help="The site's address: https://acme.atlassian.net")],
    user: Annotated[str, typer.Option(help="The integration user (Jira: the e-mail address)")],
    credential: Annotated[
        str,
        typer.Option(
            prompt="API token or password",
            hide_input=True,
            envvar="GATEPOST_CREDENTIAL",
            show_envvar=True,
            help="API token or password; asked for when it is not in the environment",
        ),
    ],
    webhook_secret: Annotated[
        str | None,
        typer.Option(envvar="GATEPOST_WEBHOOK_SECRET", help="Secret that signs events; made up when left out"),
    ] = None,
) -> None:
    """Add a connection or change it."""
    check_name(name, url)
    secret = webhook_secret or secrets.token_urlsafe(32)
    with _services() as services:
        known = services.connections.get(name)
        record = ConnectionRecord(ConnectionName(name), tool, url, user, credential, (secret,), doors=usual_doors(tool))
        if known is not None and known.tool is tool:
            # Renewed credentials change nothing else: not the doors, nor what was registered at the tool.
            kept = (secret,) if webhook_secret else known.webhook_secrets
            record = replace(known, base_url=url, username=user, credential=credential, webhook_secrets=kept)
        services.connections.save(record, by=getpass.getuser())
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"Saved {name}. Its events go to [bold]/hooks/{tool.value}/{name}[/] on this server.")
    if secret in record.webhook_secrets and webhook_secret is None:
        console.print(f"They have to be signed with this secret, which is shown only now: [bold]{secret}[/]")


@app.command("list")
def list_() -> None:
    """List the connections."""
    table = Table("Name", "Tool", "Address", "User", "State")
    with _services() as services:
        for record in services.connections.all():
            state = f"paused: {record.paused_reason}" if services.connections.paused(record.name) else "in use"
            table.add_row(record.name, record.tool.value, record.base_url, record.username, state)
    Console().print(table)


@app.command()
def resume(name: Annotated[str, typer.Argument(help="The connection's name")]) -> None:
    """End a pause, for instance after the credentials were renewed."""
    with _services() as services:
        paused = services.connections.resume(name, by=getpass.getuser())
    typer.echo(f"{name} is in use again." if paused else f"{name} was not paused.")


@app.command()
def rotate(name: Annotated[str, typer.Argument(help="The connection's name")]) -> None:
    """Make a new webhook secret; the one before is accepted until the next rotation."""
    secret = secrets.token_urlsafe(32)
    with _services() as services:
        services.connections.rotate_secret(name, secret)
    typer.echo(f"The new secret, shown only now: {secret}")
