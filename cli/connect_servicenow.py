"""``gatepost connect servicenow``: sign in to an instance, and print what its app has to know."""

from __future__ import annotations

import getpass
import secrets
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cli.connection import check_name
from connector.bootstrap import Services, Sites, bootstrap, system_clock
from connector.errors import ConfigurationError
from connector.http.oauth import assertion
from connector.http.tool_access import Auth, GrantKind, OAuthGrant, usual_doors
from connector.settings import Settings
from connector.store.connections.connections import ConnectionRecord
from connector.sync.setup import Health, Setup
from mapping.work_item import ConnectionName, Tool

WAYS = {
    Auth.BASIC: "basic (a user with web service access only; interactive users are being shut out)",
    Auth.OAUTH: "oauth (client credentials, or a JWT bearer with --key-file)",
    Auth.APIKEY: "apikey (a REST API key)",
}


@dataclass(frozen=True, slots=True)
class App:
    """What the application registry of the instance gave, and our own key where a JWT signs in."""

    client_id: str | None
    client_secret: str | None
    key_file: Path | None
    key_id: str


def servicenow(
    name: Annotated[str, typer.Argument(help="A short name, as the mapping uses it: servicenow-main")],
    url: Annotated[str, typer.Option(help="The instance: https://acme.service-now.com")],
    user: Annotated[str, typer.Option(help="User name of the integration user, however it signs in")],
    auth: Annotated[Auth, typer.Option(help="; ".join(WAYS.values()))] = Auth.BASIC,
    credential: Annotated[
        str | None,
        typer.Option(envvar="GATEPOST_CREDENTIAL", help="Password or API key; asked for when it is not given"),
    ] = None,
    client_id: Annotated[str | None, typer.Option(help="OAuth: the client id of the application registry")] = None,
    client_secret: Annotated[
        str | None, typer.Option(envvar="GATEPOST_CLIENT_SECRET", help="OAuth: its client secret")
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option(help="JWT bearer: our RSA key in PEM form", exists=True, dir_okay=False)
    ] = None,
    key_id: Annotated[str, typer.Option(help="JWT bearer: the key's id in the JWT verifier map")] = "",
    public_url: Annotated[str | None, typer.Option(help="Where the instance reaches this server")] = None,
    rotate: Annotated[
        bool, typer.Option("--rotate", help="Make a new secret; the one before is accepted as well")
    ] = False,
) -> None:
    """Connect a ServiceNow instance: sign in, look at the account, and print what its app needs to send events."""
    console = Console(highlight=False, soft_wrap=True)
    check_name(name, url)
    with bootstrap(Settings(), application="gatepost connect") as services:
        known = services.connections.get(name)
        told = App(client_id, client_secret, key_file, key_id)
        record = ConnectionRecord(
            ConnectionName(name), Tool.SERVICENOW, url.rstrip("/"), user, credential or "",
            known.webhook_secrets if known else (secrets.token_urlsafe(32),), auth=auth,
            doors=known.doors if known else usual_doors(Tool.SERVICENOW),
        )  # fmt: skip
        services.connections.save(_signed_in(record, told), by=getpass.getuser())
        if rotate:
            services.connections.rotate_secret(name, secrets.token_urlsafe(32))
        setup = Sites(services, system_clock).get(record.name).setup
        if setup is None:
            raise ConfigurationError(f"{name} is no ServiceNow.")
        _greet(services, console, record, setup)
        _tell_app(services, console, name, public_url)


def _signed_in(record: ConnectionRecord, told: App) -> ConnectionRecord:
    """The connection with what signs it in.  Raises ConfigurationError when something is missing."""
    if record.auth not in WAYS:
        raise ConfigurationError(f"ServiceNow is signed in to by one of: {'; '.join(WAYS.values())}.")
    if record.auth is not Auth.OAUTH:
        what = "API key" if record.auth is Auth.APIKEY else "Password"
        return record if record.credential else replace(record, credential=typer.prompt(what, hide_input=True))
    if not told.client_id or (not told.client_secret and told.key_file is None):
        raise ConfigurationError(
            "OAuth needs --client-id and --client-secret of the application registry, or --key-file for a JWT bearer."
        )
    token_url = f"{record.base_url}/oauth_token.do"
    grant = OAuthGrant(told.client_id, told.client_secret or "", "", token_url, GrantKind.CLIENT_CREDENTIALS)
    if told.key_file is not None:
        key = told.key_file.read_text(encoding="utf-8", errors="replace")
        grant = replace(grant, kind=GrantKind.JWT_BEARER, private_key=key, key_id=told.key_id, subject=record.username)
        assertion(grant, system_clock())
    return replace(record, credential="", oauth=grant)


def _greet(services: Services, console: Console, record: ConnectionRecord, setup: Setup) -> None:
    identity = setup.identify()
    services.connections.note(record.name, own_account=identity.account)
    console.print(
        f"[bold]{record.name}[/]: Gatepost works there as [bold]{escape(identity.name)}[/] ({identity.time_zone}), "
        f"signed in by {record.auth.value}."
    )
    for check in setup.checks((), None):
        if check.health is not Health.GOOD:
            console.print(f"[yellow]{check.what}[/]: {escape(check.told)} {escape(check.hint)}")


def _tell_app(services: Services, console: Console, name: str, public_url: str | None) -> None:
    fresh = services.connections.get(name)
    if public_url is None or fresh is None:
        console.print(
            "Gatepost's app sends the events: install deploy/servicenow-app, then run this again with --public-url."
        )
        return
    console.print(
        "Set these two properties of Gatepost's app; the secret is shown here and nowhere else:\n"
        f"  gatepost.endpoint  {public_url.rstrip('/')}/hooks/servicenow/{name}\n"
        f"  gatepost.secret    {fresh.webhook_secrets[0]}"
    )
