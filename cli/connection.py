"""``gatepost connection``: the sites that Gatepost talks to."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.network_options import CaFile, ClientCertificate, ClientKey, ProxyOption, own_network, way_shown
from cli.operating_user import operating_user
from cli.secret_input import CREDENTIAL, WEBHOOK_SECRET, CredentialFile, WebhookSecretFile, read_secret
from connector.bootstrap import Services, bootstrap, system_clock
from connector.errors import ConfigurationError
from connector.http.connection_address import check_connection_address
from connector.http.tool_access import default_webhook_auth
from connector.remedy import Remedy
from connector.settings import Settings
from connector.store.connections.connections import ConnectionRecord
from mapping.work_item import ConnectionName, Tool

__all__ = ["check_connection_address"]

app = typer.Typer(help="The Jira and ServiceNow sites that Gatepost talks to.", no_args_is_help=True)


def _services() -> Services:
    return bootstrap(Settings(), application="gatepost connection")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="A short name, as the mapping uses it: jira-main")],
    tool: Annotated[Tool, typer.Option(help="What is there")],
    url: Annotated[str, typer.Option(help="The site's address: https://acme.atlassian.net")],
    user: Annotated[str, typer.Option(help="The integration user (Jira: the e-mail address)")],
    credential_file: CredentialFile = None,
    webhook_secret_file: WebhookSecretFile = None,
) -> None:
    """Add a connection or change it."""
    check_connection_address(name, url)
    credential = read_secret(credential_file, CREDENTIAL, prompt="API token or password") or ""
    webhook_secret = read_secret(webhook_secret_file, WEBHOOK_SECRET)
    secret = webhook_secret or secrets.token_urlsafe(32)
    with _services() as services:
        known = services.connections.get(name)
        record = ConnectionRecord(
            ConnectionName(name), tool, url, user, credential, (secret,), webhook_auth=default_webhook_auth(tool)
        )
        if known is not None and known.tool is tool:
            # Renewed credentials leave webhook authentication and registration unchanged.
            stored = (secret,) if webhook_secret else known.webhook_secrets
            record = replace(known, base_url=url, username=user, credential=credential, webhook_secrets=stored)
        services.connections.save(record, by=operating_user())
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
            state = f"paused: {record.paused_reason}" if services.connections.pause_reason(record.name) else "in use"
            if record.old_secret_until is not None and record.old_secret_until > system_clock():
                state += f"; the previous webhook secret until {_moment(record.old_secret_until)}"
            table.add_row(record.name, record.tool.value, record.base_url, record.username, state)
    Console().print(table)


@app.command()
def resume(name: Annotated[str, typer.Argument(help="The connection's name")]) -> None:
    """End a pause, for instance after the credentials were renewed."""
    with _services() as services:
        paused = services.connections.resume(name, by=operating_user())
    typer.echo(f"{name} is in use again." if paused else f"{name} was not paused.")


@app.command()
def rotate(name: Annotated[str, typer.Argument(help="The connection's name")]) -> None:
    """Create a new webhook secret; the previous one is accepted for 7 more days."""
    secret = secrets.token_urlsafe(32)
    with _services() as services:
        until = services.connections.rotate_secret(name, secret, by=operating_user())
    typer.echo(f"The new secret, shown only now: {secret}")
    if until is not None:
        typer.echo(f"The previous one is accepted until {_moment(until)}.")


@app.command()
def remove(name: Annotated[str, typer.Argument(help="The connection's name")]) -> None:
    """Remove a connection that governs nothing, with its stored secrets; a webhook at the tool is removed there."""
    with _services() as services:
        record = _known(services, name)
        config = services.active_config()
        if config is not None and any(rule.connection == name for rule in config.measures):
            raise ConfigurationError(f"{name} is in the active mapping: activate a mapping without it first.")
        services.connections.remove(name, by=operating_user())
    typer.echo(f"Removed {name}.")
    if record.webhook_registration:
        typer.echo(f"Its webhook is still registered at {record.base_url}: remove it there.")


@app.command()
def network(
    name: Annotated[str, typer.Argument(help="The connection's name")],
    proxy: ProxyOption = None,
    ca_file: CaFile = None,
    client_certificate: ClientCertificate = None,
    client_key: ClientKey = None,
    reset: Annotated[bool, typer.Option("--reset", help="Forget all of it: as the installation does")] = False,
) -> None:
    """Show or change the way to a tool: its proxy, its certificate authorities, our certificate for it."""
    with _services() as services:
        record = _known(services, name)
        known = None if reset else record.network
        own = own_network(known, proxy, ca_file, client_certificate, client_key)
        if own != record.network:
            services.network.with_connection(own).ssl_context()
            services.connections.save(replace(record, network=own), by=operating_user())
        shown = way_shown(own, services.settings)
    typer.echo(f"{name} is reached {', '.join(shown)}. Try it: gatepost doctor {name}")


def _known(services: Services, name: str) -> ConnectionRecord:
    record = services.connections.get(name)
    if record is None:
        raise ConfigurationError(
            f'There is no connection "{name}".', remedy=Remedy(command="List them with: gatepost connection list")
        )
    return record


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
