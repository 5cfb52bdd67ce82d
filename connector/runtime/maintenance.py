"""Maintenance of a connection: its own account, webhooks, the heartbeat, native gates."""

from __future__ import annotations

from datetime import datetime

import structlog

from connector.bootstrap import Services
from connector.errors import AuthenticationFailed, PermissionDenied, RetryLater, ToolError
from connector.runtime.webhook_queries import webhook_queries
from connector.store.connections.connections import registration_of, registration_values
from connector.store.connections.provisioned_objects import ProvisionedObjects
from connector.store.queue.unsettled_writes import unsettled_writes
from connector.sync.ports import ToolSite
from connector.sync.provision import carry_out, drifted_gates
from connector.sync.setup import REFRESH_BEFORE
from mapping.config import MappingConfig

_log = structlog.get_logger(__name__)


def remember_own_account(services: Services, site: ToolSite) -> None:
    """Store the id of our own account in the tool, so that events of our own writes are recognised."""
    record = services.connections.cached(site.name)
    if site.setup is None or record is None or record.own_account is not None:
        return
    try:
        services.connections.update_details(site.name, own_account=site.setup.identify().account)
    except ToolError as error:
        # Without it what we wrote ourselves is read once more, nothing else.
        _log.info("own account unknown", connection=site.name, why=str(error))


def refresh_webhooks(services: Services, site: ToolSite, now: datetime) -> None:
    """Renew what expires: dynamic webhooks are valid for thirty days.  Raises ToolError."""
    record = services.connections.get(site.name)
    registered = registration_of(record) if record is not None else None
    if site.setup is None or registered is None or registered.expires_at is None:
        return
    if registered.expires_at - now < REFRESH_BEFORE:
        fresh = site.setup.refresh(registered)
        services.connections.update_details(site.name, webhook_registration=registration_values(fresh))
        _log.info("webhook renewed", connection=site.name, until=fresh.expires_at)


def follow_mapping(services: Services, site: ToolSite, config: MappingConfig) -> None:
    """Bound a webhook to the projects of the present mapping.  Raises RetryLater and AuthenticationFailed."""
    record = services.connections.get(site.name)
    registered = registration_of(record) if record is not None else None
    if site.setup is None or record is None or registered is None or registered.is_by_hand or not registered.query:
        return
    try:
        queries = webhook_queries(config, site)
        if not queries or " OR ".join(queries) == registered.query:
            return
        fresh = site.setup.register(registered.url, record.webhook_secrets[0], registered.auth, queries)
    except (RetryLater, AuthenticationFailed):
        raise
    except ToolError as error:
        # The daily account may not register webhooks; doctor says which projects send nothing.
        _log.warning("webhook does not follow the mapping", connection=site.name, why=str(error))
        return
    services.connections.update_details(site.name, webhook_registration=registration_values(fresh))
    _log.info("webhook follows the mapping", connection=site.name, query=fresh.query)


def send_heartbeat(services: Services, site: ToolSite, now: datetime) -> None:
    """Show the tool's native gate that verdicts are up to date.  Raises RetryLater and AuthenticationFailed."""
    if site.heartbeat is None:
        return
    try:
        site.heartbeat.send(now, unsettled_writes(services.engine, site.name))
    except (RetryLater, AuthenticationFailed):
        raise
    except ToolError as error:
        # Without it the tool's gate goes by the age of each verdict; a sweep is not interrupted for that.
        _log.warning("heartbeat not written", connection=site.name, why=str(error))


def check_gates(services: Services, site: ToolSite, config: MappingConfig) -> None:
    """Report the native gates that somebody removed, and restore them where the settings say so.  Raises ToolError."""
    registry = ProvisionedObjects(services.engine, site.name, "gatepost")
    if site.provisioner is None:
        return
    try:
        drifted = drifted_gates(site.provisioner, config, registry.all())
    except PermissionDenied:
        # The daily account administers nothing: what Jira offers at shut issues shows as much.
        for line in site.provisioner.ungated_moves(config, registry.all()):
            registry.audit_note("gates.drifted", line)
            _log.warning("gate drift found", connection=site.name, repaired=False, what=line)
        return
    for step in drifted:
        if services.settings.restore_native_gates:
            carry_out(site.provisioner, registry.record, step)
            registry.audit_note("gates.repaired", step.description)
        else:
            registry.audit_note("gates.drifted", step.description)
        _log.warning(
            "gate drift found",
            connection=site.name,
            repaired=services.settings.restore_native_gates,
            what=step.description,
        )
