"""``gatepost connect servicenow``: sign in to an instance, and print the settings of its app."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cli.connection import check_connection_address
from cli.first_sign_in import sign_in_first
from cli.network_options import CaFile, ClientCertificate, ClientKey, ProxyOption, own_network
from cli.operating_user import operating_user
from cli.secret_input import CLIENT_SECRET, CREDENTIAL, ClientSecretFile, CredentialFile, read_secret
from connector.bootstrap import Services, Sites, bootstrap, system_clock
from connector.errors import ConfigurationError
from connector.http.network import ConnectionNetwork, Network
from connector.http.oauth import jwt_assertion
from connector.http.tool_access import Auth, OAuthGrant, OAuthGrantType, default_webhook_auth
from connector.settings import Settings
from connector.store.connections.connections import ConnectionRecord
from connector.sync.setup import ConnectionSetup, Health
from mapping.work_item import ConnectionName, Tool

SIGN_IN_LABELS = {
    Auth.OAUTH: "oauth (client credentials, or a JWT bearer with --key-file)",
    Auth.CERTIFICATE: "certificate (mutual TLS: --client-certificate)",
    Auth.APIKEY: "apikey (a REST API key)",
    Auth.BASIC: "basic (a user with web service access only; ServiceNow prepares its end)",
}
"""The one to be preferred first."""


@dataclass(frozen=True, slots=True)
class AppCredentials:
    """Client of the Machine Identity Console (or the older application registry), and our own key for a JWT bearer."""

    client_id: str | None
    client_secret: str | None
    key_file: Path | None
    key_id: str


def servicenow(
    name: Annotated[str, typer.Argument(help="A short name, as the mapping uses it: servicenow-main")],
    url: Annotated[str, typer.Option(help="The instance: https://acme.service-now.com")],
    user: Annotated[str, typer.Option(help="User name of the integration user, however it signs in")],
    auth: Annotated[
        Auth | None, typer.Option(help="; ".join(SIGN_IN_LABELS.values()) + ". By default what the options fit")
    ] = None,
    credential_file: CredentialFile = None,
    client_id: Annotated[str | None, typer.Option(help="OAuth: the client id of the inbound integration")] = None,
    client_secret_file: ClientSecretFile = None,
    key_file: Annotated[
        Path | None, typer.Option(help="JWT bearer: our RSA key in PEM form", exists=True, dir_okay=False)
    ] = None,
    key_id: Annotated[str, typer.Option(help="JWT bearer: the key's id in the JWT verifier map")] = "",
    proxy: ProxyOption = None,
    ca_file: CaFile = None,
    client_certificate: ClientCertificate = None,
    client_key: ClientKey = None,
    public_url: Annotated[str | None, typer.Option(help="Where the instance reaches this server")] = None,
    rotate: Annotated[
        bool, typer.Option("--rotate", help="Create a new secret; the previous one is accepted for 7 more days")
    ] = False,
) -> None:
    """Connect a ServiceNow instance: sign in, check the account, and print what its app needs to send events."""
    console = Console(highlight=False, soft_wrap=True)
    check_connection_address(name, url)
    with bootstrap(Settings(), application="gatepost connect") as services:
        known = services.connections.get(name)
        credentials = AppCredentials(client_id, read_secret(client_secret_file, CLIENT_SECRET), key_file, key_id)
        network = own_network(known.network if known else None, proxy, ca_file, client_certificate, client_key)
        given = read_secret(credential_file, CREDENTIAL) or ""
        record = ConnectionRecord(
            ConnectionName(name), Tool.SERVICENOW, url.rstrip("/"), user,
            given, known.webhook_secrets if known else (secrets.token_urlsafe(32),),
            auth=auth or _fitting(credentials, network, given),
            old_secret_until=known.old_secret_until if known else None,
            webhook_auth=known.webhook_auth if known else default_webhook_auth(Tool.SERVICENOW),
            network=network,
        )  # fmt: skip
        record, _ = sign_in_first(services, _sign_in(record, credentials, services.network))
        services.connections.save(record, by=operating_user())
        if rotate:
            services.connections.rotate_secret(name, secrets.token_urlsafe(32), by=operating_user())
        setup = Sites(services, system_clock).get(record.name).setup
        if setup is None:
            raise ConfigurationError(f"{name} is not a ServiceNow connection.")
        _show_identity(services, console, record, setup)
        _print_app_settings(services, console, name, public_url)


def _fitting(app: AppCredentials, network: ConnectionNetwork | None, credential: str) -> Auth:
    """The way of signing in that the options fit; a password only where nothing else is given."""
    if app.client_id or app.key_file is not None:
        return Auth.OAUTH
    return Auth.CERTIFICATE if network is not None and network.client and not credential else Auth.BASIC


def _sign_in(record: ConnectionRecord, app: AppCredentials, installation: Network) -> ConnectionRecord:
    """The connection with its credentials.  Raises ConfigurationError when something is missing."""
    if record.auth not in SIGN_IN_LABELS:
        raise ConfigurationError(f"Sign-in at ServiceNow is by one of: {'; '.join(SIGN_IN_LABELS.values())}.")
    if record.auth is Auth.CERTIFICATE:
        if not installation.with_connection(record.network).client:
            raise ConfigurationError(
                "Mutual TLS needs a certificate that the instance knows for this user: --client-certificate FILE."
            )
        return replace(record, credential="")
    if record.auth is not Auth.OAUTH:
        what = "API key" if record.auth is Auth.APIKEY else "Password"
        return record if record.credential else replace(record, credential=typer.prompt(what, hide_input=True))
    if not app.client_id or (not app.client_secret and app.key_file is None):
        raise ConfigurationError(
            f"OAuth needs --client-id and --client-secret-file (or {CLIENT_SECRET}) of an inbound integration: Machine "
            "Identity Console, Inbound integrations, New integration (in older families System OAuth, Application "
            "Registry); or --key-file for a JWT bearer."
        )
    token_url = f"{record.base_url}/oauth_token.do"
    grant = OAuthGrant(app.client_id, app.client_secret or "", "", token_url, OAuthGrantType.CLIENT_CREDENTIALS)
    if app.key_file is not None:
        key = app.key_file.read_text(encoding="utf-8", errors="replace")
        grant = replace(
            grant, kind=OAuthGrantType.JWT_BEARER, private_key=key, key_id=app.key_id, subject=record.username
        )
        jwt_assertion(grant, system_clock())
    return replace(record, credential="", oauth=grant)


def _show_identity(services: Services, console: Console, record: ConnectionRecord, setup: ConnectionSetup) -> None:
    identity = setup.identify()
    services.connections.update_details(record.name, own_account=identity.account)
    console.print(
        f"[bold]{record.name}[/]: Gatepost works there as [bold]{escape(identity.name)}[/] ({identity.time_zone}), "
        f"signed in by {record.auth.value}."
    )
    for check in setup.checks((), None):
        if check.health is not Health.GOOD:
            console.print(f"[yellow]{check.subject}[/]: {escape(check.message)} {escape(check.remedy.at_terminal)}")


def _print_app_settings(services: Services, console: Console, name: str, public_url: str | None) -> None:
    fresh = services.connections.get(name)
    if public_url is None or fresh is None:
        console.print(
            "Gatepost's app sends the events: install deploy/servicenow-app, then run this again with --public-url."
        )
        return
    console.print(
        "Set the address under Gatepost > Properties and the secret under Gatepost > Gatepost sender; it is shown only "
        "now:\n"
        f"  gatepost.endpoint  {public_url.rstrip('/')}/hooks/servicenow/{name}\n"
        f"  the secret         {fresh.webhook_secrets[0]}"
    )
