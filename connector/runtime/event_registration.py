"""Have a tool send its events: what the connection accepts, and the webhook at the tool."""

from __future__ import annotations

from urllib.parse import urlsplit

from connector.bootstrap import Services
from connector.errors import ConfigurationError
from connector.http.tool_access import Deployment, OAuthGrantType, WebhookAuth
from connector.http.transport import LOOPBACK_HOSTS
from connector.runtime.webhook_queries import webhook_queries
from connector.store.connections.connections import ConnectionRecord, registration_values
from connector.sync.ports import ToolSite
from connector.sync.setup import ToolIdentity, WebhookRegistration


def strongest_webhook_auth(record: ConnectionRecord, identity: ToolIdentity) -> WebhookAuth:
    """The best proof of where an event comes from that this Jira can give."""
    if record.oauth is not None and record.oauth.kind is OAuthGrantType.REFRESH_TOKEN:
        return WebhookAuth.JWT
    old = identity.deployment is Deployment.DATACENTER and int(identity.version.partition(".")[0] or 0) < 10
    return WebhookAuth.URL_SECRET if old else WebhookAuth.SIGNATURE


def event_address(public_url: str, record: ConnectionRecord) -> str:
    """Where this connection's events go.  Raises ConfigurationError for an address that no tool sends to."""
    parts = urlsplit(public_url)
    if not parts.hostname or (parts.scheme != "https" and parts.hostname not in LOOPBACK_HOSTS):
        raise ConfigurationError(f"{public_url} is not https: the tools send only to an address with a certificate.")
    return f"{public_url.rstrip('/')}/hooks/{record.tool.value}/{record.name}"


def register_events(
    services: Services, site: ToolSite, public_url: str, kind: WebhookAuth, *, by_hand: bool, by: str
) -> WebhookRegistration:
    """Accept this kind of proof first, then register the webhook, so that no event is refused.

    Where somebody makes it by hand at the tool, only what was agreed is noted.  Raises ConfigurationError, ToolError.
    """
    record, setup = services.connections.get(site.name), site.setup
    if record is None or setup is None:
        raise ConfigurationError(f"{site.name} cannot be asked to send events.")
    address, secret = event_address(public_url, record), record.webhook_secrets[0]
    accepted = sorted({*(auth.value for auth in record.webhook_auth), kind.value})
    services.connections.update_details(site.name, by=by, webhook_auth=accepted)
    queries = webhook_queries(services.active_config(), site)
    if kind is WebhookAuth.TOKEN:
        registration = WebhookRegistration("", kind, address)
    elif by_hand and kind is WebhookAuth.SIGNATURE:
        registration = WebhookRegistration("", kind, address, query=" OR ".join(queries))
    else:
        target = f"{address}/{secret}" if kind is WebhookAuth.URL_SECRET else address
        registration = setup.register(target, secret, kind, queries)
    services.connections.update_details(site.name, by=by, webhook_registration=registration_values(registration))
    return registration
