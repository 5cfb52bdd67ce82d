"""A connection's site, signed in as its own account or, for one command, as another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from cli.secret_input import CREDENTIAL, read_secret
from connector.bootstrap import Services, Sites, system_clock
from connector.errors import ConfigurationError
from connector.http.tool_access import OAuthGrantType
from connector.http.transport import Timeout
from connector.remedy import Remedy
from connector.sync.ports import ToolSite
from mapping.work_item import ConnectionName, Tool

CALLBACK_PORT = 8765


@dataclass(frozen=True, slots=True)
class SignIn:
    """Who does what one command does; nobody else than the connection's own account by default."""

    user: str = ""
    credential_file: Path | None = None
    consent: bool = False
    """Whether an administrator consents to an OAuth app's administration scopes."""
    callback_port: int = CALLBACK_PORT


def signed_in_site(services: Services, name: str, sign_in: SignIn) -> ToolSite:
    """Another account signs in for this command only: the account of everyday work is not an administrator."""
    sites = Sites(services, system_clock)
    if sign_in.consent:
        if sign_in.user:
            raise ConfigurationError("Give --user or --consent: an account signs in, or an administrator consents.")
        return sites.with_token(ConnectionName(name), _administrators_token(services, name, sign_in.callback_port))
    if not sign_in.user:
        return sites.get(ConnectionName(name))
    secret = read_secret(sign_in.credential_file, CREDENTIAL, prompt=f"Password or token of {sign_in.user}") or ""
    return sites.with_credentials(ConnectionName(name), sign_in.user, secret)


def _administrators_token(services: Services, name: str, port: int) -> str:
    """An access token that covers administration and is not kept; without a refresh token nothing renews it."""
    # Here, because the library of OAuth serves only commands that ask for a consent.
    from cli.oauth_consent import ask_consent
    from connector.jira.cloud import GATEWAY_PATH
    from connector.jira.oauth import Endpoints
    from connector.jira.scopes import ADMINISTRATION

    record = services.connections.get(name)
    if record is None:
        raise ConfigurationError(
            f'There is no connection "{name}".', remedy=Remedy(command="List them with: gatepost connection list")
        )
    grant = record.oauth
    if record.tool is not Tool.JIRA or grant is None or grant.kind is not OAuthGrantType.REFRESH_TOKEN:
        raise ConfigurationError(
            f"{name} does not sign in by the consent of a person. For one command another account signs in: --user"
        )
    gateway, _, cloud = (record.api_url or "").partition(GATEWAY_PATH)
    usual = Endpoints.at(gateway, services.settings.atlassian_auth)
    timeout = Timeout(services.settings.connect_timeout, services.settings.read_timeout)
    _, fresh, consented = ask_consent(
        Console(highlight=False, soft_wrap=True, stderr=True), grant.client_id, grant.client_secret,
        Endpoints(usual.authorize, grant.token_url, gateway), record.base_url, port, timeout,
        services.network.with_connection(record.network), ADMINISTRATION,
    )  # fmt: skip
    if consented != cloud:
        raise ConfigurationError(f"The consent is for another site than {record.base_url}.")
    return fresh.access_token
