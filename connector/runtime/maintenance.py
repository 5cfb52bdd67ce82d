"""What a connection needs beside its items, now and then: to know ourselves there, webhooks, a heartbeat, its gates."""

from __future__ import annotations

from datetime import datetime

import structlog

from connector.bootstrap import Services
from connector.errors import AuthenticationFailed, RetryLater, ToolError
from connector.store.connections.connections import registration, stored_registration
from connector.store.connections.provisioned_objects import Provisioned
from connector.sync.ports import Site
from connector.sync.provision import drifted
from connector.sync.setup import REFRESH_LEFT
from mapping.config import MappingConfig

_log = structlog.get_logger(__name__)


def know_ourselves(services: Services, site: Site) -> None:
    """Remember whom the tool calls us, so that the doors know what we wrote ourselves."""
    record = services.connections.cached(site.name)
    if site.setup is None or record is None or record.own_account is not None:
        return
    try:
        services.connections.note(site.name, own_account=site.setup.identify().account)
    except ToolError as error:
        # Not knowing costs a second look at what we wrote, and nothing else.
        _log.info("own account not known", connection=site.name, why=str(error))


def keep_webhooks(services: Services, site: Site, now: datetime) -> None:
    """What ends by itself unless somebody keeps it: dynamic webhooks live for thirty days.  Raises ToolError."""
    record = services.connections.get(site.name)
    registered = registration(record) if record is not None else None
    if site.setup is None or registered is None or registered.expires_at is None:
        return
    if registered.expires_at - now < REFRESH_LEFT:
        fresh = site.setup.refresh(registered)
        services.connections.note(site.name, webhook=stored_registration(fresh))
        _log.info("webhook kept", connection=site.name, until=fresh.expires_at)


def beat(site: Site, now: datetime) -> None:
    """Let the tool's own gate know that verdicts are kept fresh.  Raises RetryLater and AuthenticationFailed."""
    if site.pulse is None:
        return
    try:
        site.pulse.beat(now)
    except (RetryLater, AuthenticationFailed):
        raise
    except ToolError as error:
        # Without it the tool's gate goes by the age of each verdict; a sweep is not broken off for that.
        _log.warning("no heartbeat", connection=site.name, why=str(error))


def watch_gates(services: Services, site: Site, config: MappingConfig) -> None:
    """Tell, and put back where that is wanted, the gates that somebody took out.  Raises ToolError."""
    registry = Provisioned(services.engine, site.name, "gatepost")
    if site.provisioner is None:
        return
    for step in drifted(site.provisioner, config, registry.all()):
        if services.settings.repair_gates:
            registry.record(site.provisioner.apply(step))
            registry.note("gates.repaired", step.told)
        else:
            registry.note("gates.drifted", step.told)
        _log.warning("gates drifted", connection=site.name, repaired=services.settings.repair_gates, what=step.told)
