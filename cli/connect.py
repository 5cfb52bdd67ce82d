"""``gatepost connect jira`` and ``servicenow``: sign in, register the webhook, wait for a test event."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cli.connect_servicenow import servicenow
from cli.connection import check_connection_address
from cli.first_sign_in import sign_in_first
from cli.jira_webhook import register_webhook, says_nothing_runs, wait_for_test_event
from cli.network_options import CaFile, ClientCertificate, ClientKey, ProxyOption, own_network
from cli.oauth_consent import ask_consent
from cli.operating_user import operating_user
from cli.secret_input import CLIENT_SECRET, CREDENTIAL, ClientSecretFile, CredentialFile, read_secret
from connector.bootstrap import Services, Sites, bootstrap, system_clock
from connector.errors import AuthenticationFailed, ConfigurationError, InvalidResponse, NotFound, PermissionDenied
from connector.http.network import ConnectionNetwork, Network
from connector.http.tool_access import Auth, Deployment, WebhookAuth
from connector.http.transport import Timeout
from connector.jira.oauth import DATACENTER_SCOPE, DATACENTER_TOKEN_PATH, Endpoints, service_account_grant
from connector.jira.tenant import tenant_cloud_id
from connector.runtime.event_registration import strongest_webhook_auth
from connector.settings import Settings
from connector.store.connections.connections import ConnectionRecord
from connector.sync.setup import ToolIdentity
from mapping.work_item import ConnectionName, Tool

app = typer.Typer(help="Connect a tool: sign in, register its events, see one arrive.", no_args_is_help=True)

WAIT_SECONDS = 30.0


app.command()(servicenow)


@app.callback()
def _tools() -> None:
    """Connect a tool: sign in, register its events, see one arrive."""


Url = Annotated[str | None, typer.Option(help="The site: https://acme.atlassian.net; needed the first time")]
AuthOption = Annotated[Auth | None, typer.Option(help="How the account signs in; detected by default")]
WebhookAuthOption = Annotated[
    WebhookAuth | None, typer.Option(help="How events are authenticated; the strongest available by default")
]
PublicUrl = Annotated[
    str | None, typer.Option(help="Address of this server as the tool reaches it; without it no webhook is registered")
]
ByHand = Annotated[
    bool,
    typer.Option(
        "--webhook-by-hand", help="Print the webhook for an administrator to make; what scoped tokens always do"
    ),
]
Rotate = Annotated[
    bool, typer.Option("--rotate", help="Create a new secret; the previous one is accepted for 7 more days")
]


@dataclass(frozen=True, slots=True)
class AccountDetails:
    """What the administrator entered about the account."""

    url: str
    user: str
    auth: Auth
    credential: str | None
    expires: datetime | None
    cloud_id: str | None
    client_id: str | None
    client_secret: str | None
    callback_port: int
    endpoints: Endpoints
    network: ConnectionNetwork | None
    service_account: bool = False
    deployment: Deployment | None = None


@app.command()
def jira(
    name: Annotated[str, typer.Argument(help="A short name, as the mapping uses it: jira-main")],
    url: Url = None,
    user: Annotated[str, typer.Option(help="E-mail address of the account; empty for a personal access token")] = "",
    auth: AuthOption = None,
    credential_file: CredentialFile = None,
    expires: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="When the token expires")] = None,
    cloud_id: Annotated[str | None, typer.Option(help="For scoped tokens; read from the site by default")] = None,
    client_id: Annotated[str | None, typer.Option(help="OAuth: the app's client id")] = None,
    client_secret_file: ClientSecretFile = None,
    service_account: Annotated[
        bool, typer.Option("--service-account", help="OAuth: a service account's own client; nobody has to consent")
    ] = False,
    deployment: Annotated[
        Deployment | None, typer.Option(help="Which Jira it is, where a service account signs in; detected by default")
    ] = None,
    callback_port: Annotated[int, typer.Option(help="OAuth: http://localhost:<port>/callback at the app")] = 8765,
    api: Annotated[str | None, typer.Option(help="Atlassian's gateway; GATEPOST_ATLASSIAN_API by default")] = None,
    authorize: Annotated[str | None, typer.Option(hidden=True)] = None,
    token: Annotated[str | None, typer.Option(hidden=True)] = None,
    proxy: ProxyOption = None,
    ca_file: CaFile = None,
    client_certificate: ClientCertificate = None,
    client_key: ClientKey = None,
    webhook_auth: WebhookAuthOption = None,
    public_url: PublicUrl = None,
    rotate: Rotate = False,
    by_hand: ByHand = False,
    test_issue: Annotated[
        str | None, typer.Option(help="Issue that is used for a test event; found by default")
    ] = None,
    wait: Annotated[float, typer.Option(help="Seconds to wait for the first event")] = WAIT_SECONDS,
) -> None:
    """Connect a Jira, Cloud or Data Center; running it again updates the connection and creates no duplicates."""
    console = Console(highlight=False, soft_wrap=True)
    with bootstrap(Settings(), application="gatepost connect") as services:
        record = services.connections.get(name)
        if url is not None:
            kind = auth or (Auth.OAUTH if service_account else Auth.BASIC if user else Auth.BEARER)
            if kind is Auth.CERTIFICATE:
                raise ConfigurationError(
                    "Jira knows nobody by a certificate alone: give a token besides, with --auth bearer or basic."
                )
            usual = Endpoints.at(services.settings.atlassian_api, services.settings.atlassian_auth)
            endpoints = Endpoints(authorize or usual.authorize, token or usual.token, (api or usual.api).rstrip("/"))
            own = own_network(record.network if record else None, proxy, ca_file, client_certificate, client_key)
            sign_in = AccountDetails(
                url, user, kind, read_secret(credential_file, CREDENTIAL), expires, cloud_id, client_id,
                read_secret(client_secret_file, CLIENT_SECRET), callback_port, endpoints, own,
                service_account=service_account, deployment=deployment,
            )  # fmt: skip
            record = _sign_in(services, console, name, sign_in, record)
        if record is None:
            raise ConfigurationError(f'There is no connection "{name}" yet: give its address with --url.')
        site = Sites(services, system_clock).get(record.name)
        if site.setup is None:
            raise ConfigurationError(f"{name} is not a Jira connection.")
        identity = site.setup.identify()
        services.connections.update_details(name, own_account=identity.account, deployment=identity.deployment.value)
        _show_identity(console, record, identity)
        if rotate:
            services.connections.rotate_secret(name, secrets.token_urlsafe(32), by=operating_user())
        if public_url is None:
            console.print("No webhook was registered: give this server's address as the tool reaches it: --public-url")
            return
        kind_of_auth = webhook_auth or strongest_webhook_auth(record, identity)
        manual = by_hand or (record.auth is Auth.SCOPED and kind_of_auth is WebhookAuth.SIGNATURE)
        registration = register_webhook(services, console, site, public_url, kind_of_auth, by_hand=manual)
        waits = kind_of_auth is not WebhookAuth.TOKEN and not registration.is_by_hand
        if waits and not says_nothing_runs(services, console, name, public_url):
            wait_for_test_event(services, console, site, registration, test_issue, wait)


def _sign_in(
    services: Services, console: Console, name: str, details: AccountDetails, known: ConnectionRecord | None
) -> ConnectionRecord:
    """Save the connection as entered once it has signed in, and keep everything else that is known about it."""
    check_connection_address(name, details.url)
    timeout = Timeout(services.settings.connect_timeout, services.settings.read_timeout)
    base = details.url.rstrip("/")
    record = ConnectionRecord(
        ConnectionName(name), Tool.JIRA, base, details.user, details.credential or "",
        known.webhook_secrets if known else (secrets.token_urlsafe(32),),
        old_secret_until=known.old_secret_until if known else None,
        auth=details.auth,
        deployment=Deployment.DATACENTER if details.auth is Auth.BEARER else Deployment.CLOUD,
        expires_at=details.expires.replace(tzinfo=UTC) if details.expires else None,
        webhook_auth=known.webhook_auth if known else frozenset({WebhookAuth.SIGNATURE}),
        webhook_registration=known.webhook_registration if known else None,
        network=details.network,
    )  # fmt: skip
    network, cloud = services.network.with_connection(details.network), ""
    if details.auth is Auth.OAUTH and details.service_account:
        record, cloud = _service_account(record, details, timeout, network)
    elif details.auth is Auth.OAUTH:
        if not details.client_id or not details.client_secret:
            raise ConfigurationError(
                f"OAuth needs --client-id and --client-secret-file (or {CLIENT_SECRET}) of your app in Atlassian's "
                "console."
            )
        grant, fresh, cloud = ask_consent(
            console, details.client_id, details.client_secret, details.endpoints, base, details.callback_port, timeout,
            network,
        )  # fmt: skip
        record = replace(record, credential=fresh.access_token, oauth=grant, expires_at=fresh.expires_at)
    elif not record.credential:
        record = replace(record, credential=typer.prompt("Token", hide_input=True))
    if details.auth is Auth.SCOPED:
        cloud = details.cloud_id or tenant_cloud_id(base, timeout=timeout, network=network)
    if cloud:
        record = replace(record, api_url=f"{details.endpoints.api}/ex/jira/{cloud}")
    record, _ = sign_in_first(services, record)
    services.connections.save(record, by=operating_user())
    return record


def _service_account(
    record: ConnectionRecord, details: AccountDetails, timeout: Timeout, network: Network
) -> tuple[ConnectionRecord, str]:
    """The record that renews its access by the account's own client, and the cloud id; none on Data Center.

    Raises ConfigurationError, ToolError.
    """
    if not details.client_id or not details.client_secret:
        raise ConfigurationError(
            f"A service account needs --client-id and --client-secret-file (or {CLIENT_SECRET}): on Cloud from "
            "admin.atlassian.com, Directory, Service accounts, Create credentials, OAuth 2.0; on Data Center 11 from "
            "Administration, Service accounts."
        )
    cloud = details.cloud_id or ""
    if not cloud and details.deployment is not Deployment.DATACENTER:
        try:
            cloud = tenant_cloud_id(record.base_url, timeout=timeout, network=network)
        except (NotFound, InvalidResponse, PermissionDenied, AuthenticationFailed):
            # Only Cloud publishes an id.
            if details.deployment is Deployment.CLOUD:
                raise
    datacenter = not cloud
    token_url = record.base_url + DATACENTER_TOKEN_PATH if datacenter else details.endpoints.token
    grant = service_account_grant(
        details.client_id, details.client_secret, token_url, DATACENTER_SCOPE if datacenter else ""
    )
    deployment = Deployment.DATACENTER if datacenter else Deployment.CLOUD
    return replace(record, deployment=deployment, credential="", oauth=grant, expires_at=None), cloud


def _show_identity(console: Console, record: ConnectionRecord, identity: ToolIdentity) -> None:
    what = "Jira Cloud" if identity.deployment is Deployment.CLOUD else f"Jira Data Center {identity.version}"
    console.print(
        f"[bold]{record.name}[/] is {what}; Gatepost works there as [bold]{escape(identity.name)}[/] "
        f"({identity.time_zone}), signed in by {record.auth.value}."
    )
