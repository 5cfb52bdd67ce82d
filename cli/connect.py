"""``gatepost connect jira``, and beside it ``servicenow``: sign in, have events sent, see one arrive."""

from __future__ import annotations

import getpass
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.markup import escape

from cli.connect_servicenow import servicenow
from cli.connection import check_name
from cli.oauth_consent import consent
from connector.bootstrap import Services, Sites, bootstrap, system_clock
from connector.errors import ConfigurationError, NotFound
from connector.http.tool_access import Auth, Deployment, DoorKind
from connector.http.transport import LOOPBACK, Timeout
from connector.jira.oauth import Endpoints
from connector.jira.tenant import tenant_cloud_id
from connector.settings import Settings
from connector.store.connections.connections import ConnectionRecord, stored_registration
from connector.sync.ports import Site
from connector.sync.setup import Identity, Registration, Setup
from mapping.live_check import listed
from mapping.work_item import ConnectionName, NativeId, Tool

app = typer.Typer(help="Connect a tool: sign in, register its events, see one arrive.", no_args_is_help=True)

WAIT_SECONDS = 30.0


app.command()(servicenow)


@app.callback()
def _tools() -> None:
    """Connect a tool: sign in, register its events, see one arrive."""


Url = Annotated[str | None, typer.Option(help="The site: https://acme.atlassian.net; needed the first time")]
AuthOption = Annotated[Auth | None, typer.Option(help="How the account signs in; found out when left out")]
Credential = Annotated[
    str | None, typer.Option(envvar="GATEPOST_CREDENTIAL", help="Token; asked for when it is not in the environment")
]
ClientSecret = Annotated[str | None, typer.Option(envvar="GATEPOST_CLIENT_SECRET", help="OAuth: the app's secret")]
DoorOption = Annotated[
    DoorKind | None, typer.Option(help="How events prove themselves; the strongest when it is left out")
]
PublicUrl = Annotated[
    str | None, typer.Option(help="Where the tool reaches this server; without it nothing is registered")
]
Rotate = Annotated[bool, typer.Option("--rotate", help="Make a new secret; the one before is accepted as well")]


@dataclass(frozen=True, slots=True)
class SignIn:
    """What the administrator said about the account."""

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


@app.command()
def jira(
    name: Annotated[str, typer.Argument(help="A short name, as the mapping uses it: jira-main")],
    url: Url = None,
    user: Annotated[str, typer.Option(help="E-mail address of the account; empty for a personal access token")] = "",
    auth: AuthOption = None,
    credential: Credential = None,
    expires: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="When the token ends")] = None,
    cloud_id: Annotated[str | None, typer.Option(help="For scoped tokens; asked of the site when left out")] = None,
    client_id: Annotated[str | None, typer.Option(help="OAuth: the app's client id")] = None,
    client_secret: ClientSecret = None,
    callback_port: Annotated[int, typer.Option(help="OAuth: http://localhost:<port>/callback at the app")] = 8765,
    api: Annotated[str, typer.Option(help="Where Atlassian's gateway is", hidden=True)] = Endpoints().api,
    authorize: Annotated[str, typer.Option(hidden=True)] = Endpoints().authorize,
    token: Annotated[str, typer.Option(hidden=True)] = Endpoints().token,
    door: DoorOption = None,
    public_url: PublicUrl = None,
    rotate: Rotate = False,
    probe: Annotated[str | None, typer.Option(help="Issue by which the way back is tried; found when left out")] = None,
    wait: Annotated[float, typer.Option(help="Seconds to wait for the first event")] = WAIT_SECONDS,
) -> None:
    """Connect a Jira, Cloud or Data Center; running it again changes what is there and doubles nothing."""
    console = Console(highlight=False, soft_wrap=True)
    with bootstrap(Settings(), application="gatepost connect") as services:
        record = services.connections.get(name)
        if url is not None:
            kind = auth or (Auth.BASIC if user else Auth.BEARER)
            sign_in = SignIn(
                url, user, kind, credential, expires, cloud_id, client_id, client_secret, callback_port,
                Endpoints(authorize, token, api),
            )  # fmt: skip
            record = _signed_in(services, console, name, sign_in, record)
        if record is None:
            raise ConfigurationError(f'There is no connection "{name}" yet: give its address with --url.')
        site = Sites(services, system_clock).get(record.name)
        if site.setup is None:
            raise ConfigurationError(f"{name} is no Jira.")
        identity = site.setup.identify()
        services.connections.note(name, own_account=identity.account, deployment=identity.deployment.value)
        _greet(console, record, identity)
        if rotate:
            services.connections.rotate_secret(name, secrets.token_urlsafe(32))
        if public_url is None:
            console.print("No webhook was registered: give this server's address as the tool sees it: --public-url")
            return
        kind_of_door = door or _strongest(record, identity)
        registration = _register(services, console, name, site.setup, public_url, kind_of_door)
        if kind_of_door is not DoorKind.TOKEN:
            _round_trip(services, console, site, site.setup, registration, probe, wait)


def _signed_in(
    services: Services, console: Console, name: str, said: SignIn, known: ConnectionRecord | None
) -> ConnectionRecord:
    """Save the connection as it was told, with everything else that is known of it."""
    check_name(name, said.url)
    timeout = Timeout(services.settings.connect_timeout, services.settings.read_timeout)
    base = said.url.rstrip("/")
    record = ConnectionRecord(
        ConnectionName(name), Tool.JIRA, base, said.user, said.credential or "",
        known.webhook_secrets if known else (secrets.token_urlsafe(32),),
        auth=said.auth,
        deployment=Deployment.DATACENTER if said.auth is Auth.BEARER else Deployment.CLOUD,
        expires_at=said.expires.replace(tzinfo=UTC) if said.expires else None,
        doors=known.doors if known else frozenset({DoorKind.SIGNATURE}),
        webhook=known.webhook if known else None,
    )  # fmt: skip
    if said.auth is Auth.OAUTH:
        if not said.client_id or not said.client_secret:
            raise ConfigurationError("OAuth needs --client-id and --client-secret of your app in Atlassian's console.")
        grant, fresh, cloud = consent(
            console, said.client_id, said.client_secret, said.endpoints, base, said.callback_port, timeout
        )
        record = replace(record, credential=fresh.access_token, oauth=grant, expires_at=fresh.expires_at)
    elif not record.credential:
        record = replace(record, credential=typer.prompt("Token", hide_input=True))
    if said.auth is Auth.SCOPED:
        cloud = said.cloud_id or tenant_cloud_id(base, timeout=timeout)
    if said.auth in {Auth.SCOPED, Auth.OAUTH}:
        record = replace(record, api_url=f"{said.endpoints.api}/ex/jira/{cloud}")
    services.connections.save(record, by=getpass.getuser())
    return record


def _greet(console: Console, record: ConnectionRecord, identity: Identity) -> None:
    what = "Jira Cloud" if identity.deployment is Deployment.CLOUD else f"Jira Data Center {identity.version}"
    console.print(
        f"[bold]{record.name}[/] is {what}; Gatepost works there as [bold]{escape(identity.name)}[/] "
        f"({identity.time_zone}), signed in by {record.auth.value}."
    )


def _strongest(record: ConnectionRecord, identity: Identity) -> DoorKind:
    if record.auth is Auth.OAUTH:
        return DoorKind.JWT
    old = identity.deployment is Deployment.DATACENTER and int(identity.version.partition(".")[0] or 0) < 10
    return DoorKind.PATH if old else DoorKind.SIGNATURE


def _register(
    services: Services, console: Console, name: str, setup: Setup, public_url: str, kind: DoorKind
) -> Registration:
    """Open the door first and then have the tool ring it, so that no event finds it shut."""
    record = services.connections.get(name)
    assert record is not None  # noqa: S101 - saved a moment ago
    parts = urlsplit(public_url)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise ConfigurationError(f"{public_url} is not https: the tools send only to an address with a certificate.")
    services.connections.note(name, doors=sorted({*(one.value for one in record.doors), kind.value}))
    address = f"{public_url.rstrip('/')}/hooks/jira/{name}"
    secret = record.webhook_secrets[0]
    if kind is DoorKind.TOKEN:
        _explain_automation(console, address, secret)
        registration = Registration("", kind, address)
    else:
        if kind is DoorKind.PATH:
            console.print(
                "[yellow]This Jira signs nothing: the address itself is the secret, and addresses stand in logs. "
                "Weaker than a signature; from version 10 on Jira signs.[/]"
            )
        where = f"{address}/{secret}" if kind is DoorKind.PATH else address
        registration = setup.register(where, secret, kind, _queries(services, name))
        done = "found and changed" if registration.found else "registered"
        until = f", until {registration.expires_at:%d %b %Y}; refreshed in time" if registration.expires_at else ""
        console.print(f"Webhook {done} ({kind.value}{until}).")
        if kind is DoorKind.JWT:
            console.print("Worklogs, links and attachments ring no dynamic webhook; the sweep finds those.")
    services.connections.note(name, webhook=stored_registration(registration))
    return registration


def _explain_automation(console: Console, address: str, secret: str) -> None:
    console.print(
        f"Make a rule in Jira Automation: when a work item is created, updated, transitioned or commented,\n"
        f"then [bold]Send web request[/]\n"
        f"  address  {address}\n"
        f"  method   POST\n"
        f"  header   X-Gatepost-Token: {secret}   (hidden)\n"
        f"  header   Content-Type: application/json\n"
        '  body     {"issue": {"id": "{{issue.id}}", "key": "{{issue.key}}"}}\n'
        "Automation counts its runs, and stops rules when a month's runs are used up: keep the sweep on."
    )


def _queries(services: Services, name: str) -> Sequence[str]:
    """What dynamic webhooks are bound to: the projects of the active mapping."""
    config = services.active_config()
    rules = [rule for rule in config.measures if rule.connection == name] if config else []
    projects = sorted({project for rule in rules for project in listed(rule.match.project)})
    # A dynamic webhook must have a query; this one finds everything.
    return [f"project in ({', '.join(projects)})"] if projects else ["project != GATEPOSTNONE"]


def _round_trip(
    services: Services, console: Console, site: Site, setup: Setup, registration: Registration, probe: str | None,
    wait: float,
) -> None:  # fmt: skip
    """Have the tool send one event, and see it come in."""
    found = [NativeId(probe)] if probe else list(site.finder.find("updated >= -365d", 1)) if site.finder else []
    if not found:
        console.print("[yellow]The way back was not tried: the site shows no issue. Name one with --probe.[/]")
        return
    before = services.inbox.newest(site.name)
    try:
        setup.ring(found[0])
    except NotFound as error:
        raise ConfigurationError(f"{probe} cannot be used for the trial: {error}") from error
    deadline = time.monotonic() + wait
    with console.status("Waiting for the first event …"):
        while services.inbox.newest(site.name) == before:
            if time.monotonic() > deadline:
                raise ConfigurationError(
                    f"{registration.url.partition('/hooks/')[0]} was not reached within {wait:.0f} s. The webhook is "
                    "registered; see that `gatepost serve` runs and that the tool may reach this address."
                )
            time.sleep(0.2)
    console.print("[green]An event came back and was accepted.[/]")
