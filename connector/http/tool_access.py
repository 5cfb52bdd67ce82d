"""How Gatepost reaches a tool and signs in there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from connector.http.allowed_hosts import HostRules
from connector.http.network import Network
from mapping.work_item import ConnectionName, Tool


class Deployment(StrEnum):
    """Which Jira this is; ServiceNow counts as cloud."""

    CLOUD = "cloud"
    DATACENTER = "datacenter"


class Auth(StrEnum):
    """How the account signs in."""

    BASIC = "basic"
    """User and API token (or password) on the site's own address."""
    SCOPED = "scoped"
    """A scoped or service-account token of Atlassian: user and token, on api.atlassian.com with the cloud id."""
    OAUTH = "oauth"
    """OAuth 2.0; the access token is renewed before it ends."""
    BEARER = "bearer"
    """A personal access token of Data Center."""
    APIKEY = "apikey"
    """A REST API key of ServiceNow, sent as ``x-sn-apikey``."""
    CERTIFICATE = "certificate"
    """The client certificate alone (mutual TLS): ServiceNow knows whose it is, and nothing is sent besides."""


class WebhookAuth(StrEnum):
    """How an event authenticates its sender; a connection accepts the kinds that it names and no others."""

    TIMESTAMPED = "timestamped"
    """``X-Gatepost-Timestamp`` and ``X-Gatepost-Signature`` over both time and body: Gatepost's ServiceNow app."""
    SIGNATURE = "signature"
    """``X-Hub-Signature``: admin webhooks of Cloud, webhooks of Data Center 10 and newer, rules of IntegrationHub."""
    JWT = "jwt"
    """A bearer token signed with the OAuth app's client secret: dynamic webhooks."""
    TOKEN = "token"  # noqa: S105 - the name of a kind
    """``X-Gatepost-Token``: Jira Automation's "send web request".  Authenticates the sender, not the body."""
    URL_SECRET = "url_secret"  # noqa: S105 - the name of a kind, no secret
    """A secret in the address: Data Center 9.x, which signs nothing.  The weakest: addresses appear in logs."""


def default_webhook_auth(tool: Tool) -> frozenset[WebhookAuth]:
    """What a connection accepts by default: signatures, which nobody can create without the secret."""
    return (
        frozenset({WebhookAuth.TIMESTAMPED, WebhookAuth.SIGNATURE})
        if tool is Tool.SERVICENOW
        else frozenset({WebhookAuth.SIGNATURE})
    )


@dataclass(frozen=True, slots=True)
class ToolAccess:
    """One connection, as a tool's client needs it."""

    name: ConnectionName
    tool: Tool
    base_url: str
    """Where people work; links lead there."""
    username: str
    credential: str = field(repr=False)
    deployment: Deployment = Deployment.CLOUD
    auth: Auth = Auth.BASIC
    api_url: str | None = None
    """Where calls go, when that is another address."""
    host_rules: HostRules | None = None
    """Where its host may lead to, checked at each connection; ``None`` for one that the operator has given."""
    network: Network = field(default_factory=Network)
    """The way to it: proxy, trusted authorities, client certificate."""
    language: str = ""
    """In which Jira gives names; empty for the language of the account's profile."""

    @property
    def api_base_url(self) -> str:
        return (self.api_url or self.base_url).rstrip("/")


class OAuthGrantType(StrEnum):
    """How a new access token is requested."""

    REFRESH_TOKEN = "refresh_token"  # noqa: S105 - the name of a grant
    CLIENT_CREDENTIALS = "client_credentials"
    JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    """An assertion that Gatepost signs with its own key; RFC 7523."""


@dataclass(frozen=True, slots=True)
class OAuthGrant:
    """What renews an access token.

    https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/ ; ServiceNow: ``/oauth_token.do``
    """

    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    token_url: str
    kind: OAuthGrantType = OAuthGrantType.REFRESH_TOKEN
    private_key: str = field(default="", repr=False)
    """PEM of an RSA key, for the JWT bearer grant."""
    key_id: str = ""
    subject: str = ""
    """The user of the assertion: the integration user."""
    scope: str = ""
    """What is asked for, where the tool wants it said."""


@dataclass(frozen=True, slots=True)
class RenewedToken:
    """A fresh access token and its expiry; refresh tokens rotate, so the new one replaces the old."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime
