"""Is everything well, and if not, what is to be done?  Looked at live; the command line and the pages show it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from connector import jira
from connector.bootstrap import Services, Sites, system_clock
from connector.errors import AuthenticationFailed, BadAnswer, ConfigurationError, NotFound, ToolError, Unreachable
from connector.http.tool_access import Auth
from connector.http.transport import LOOPBACK, Timeout
from connector.jira.tenant import API, tenant_cloud_id
from connector.notify.message_addresses import Operators
from connector.store.connections.connections import ConnectionRecord, registration
from connector.store.connections.provisioned_objects import Provisioned
from connector.store.database.row_level_access import reader_missing
from connector.store.notifications.alerts import Alerts
from connector.store.queue.rate_limits import SqlLimiter
from connector.store.queue.workers import alive
from connector.sync.ports import Site
from connector.sync.provision import StepKind, drifted
from connector.sync.setup import Check, Health
from mapping.config import MappingConfig
from mapping.live_check import listed
from mapping.work_item import Tool

SKEW = timedelta(seconds=60)
"""Clocks that are further apart make tokens end early and sweeps miss changes."""

SOON = timedelta(days=14)


def own_checks(services: Services) -> Iterator[Check]:
    yield Check("database", Health.GOOD, f"answers at {services.url.host or 'the data folder'}")
    if reader_missing(services.engine):
        hint = (
            "Ask the database administrator for: CREATE ROLE gatepost_reader NOLOGIN; GRANT gatepost_reader TO "
            "<the login>; then run gatepost db upgrade."
        )
        yield Check("row-level security", Health.WARNING, "off: the filter of the queries holds alone", hint)
    else:
        yield Check("row-level security", Health.GOOD, "the database itself hides what a reader may not see")
    active = services.mappings.active()
    if active is None:
        yield Check("mapping", Health.WARNING, "none is active", "gatepost init, then gatepost mapping activate")
    else:
        yield Check("mapping", Health.GOOD, f"version {active.number} is active")
    working = alive(services.engine)
    health = Health.GOOD if working else Health.WARNING
    hint = "" if working else "Nothing is worked on until one runs: gatepost serve, or gatepost worker"
    yield Check("workers", health, f"{working} at work", hint)
    yield from _subscriptions(services)
    yield from _alerts(services)


def _alerts(services: Services) -> Iterator[Check]:
    """Whether somebody is told when Gatepost cannot go on by itself."""
    try:
        names = Operators(services.settings.alert_addresses, services.settings.mail_server).names
    except ConfigurationError as error:
        yield Check("alerts", Health.BAD, str(error), "Correct GATEPOST_ALERTS, then: gatepost alerts test")
        return
    if not names:
        hint = "Set GATEPOST_ALERTS to a mail address or a chat, then: gatepost alerts test"
        yield Check("alerts", Health.WARNING, "nobody is told when a connection is paused", hint)
    elif why := Alerts(services.engine).not_sent():
        yield Check("alerts", Health.BAD, f"the last one could not be sent: {why}", "Try it: gatepost alerts test")
    else:
        yield Check("alerts", Health.GOOD, f"go to {', '.join(names)}")


def _subscriptions(services: Services) -> Iterator[Check]:
    """Receivers that are told nothing, or take nothing; nothing is said of those that are well."""
    for one in services.subscriptions.all():
        if one.off_at is not None:
            hint = f"Mend the receiver, then: gatepost subscription resume {one.name}"
            yield Check(f"subscription {one.name}", Health.BAD, one.state(system_clock()), hint)
        elif one.failing_since is not None:
            hint = f"See what it answers: gatepost subscription test {one.name}"
            yield Check(f"subscription {one.name}", Health.WARNING, one.state(system_clock()), hint)


def connection_checks(services: Services, record: ConnectionRecord) -> Iterator[Check]:
    paused = services.connections.paused(record.name)
    if paused:
        yield Check(
            "in use", Health.BAD, f"paused: {paused}", f"When it is mended: gatepost connection resume {record.name}"
        )
    now = system_clock()
    yield from _ends(record, now)
    site = None
    try:
        site = Sites(services, system_clock).get(record.name)
        if site.setup is None:
            yield Check("set-up", Health.WARNING, f"{record.tool.value} is not looked at by this command yet")
            return
        identity = site.setup.identify()
    except ToolError as error:
        yield _refused(services, record, error, now)
        return
    what = f"{identity.deployment.value} {identity.version}" if identity.version else identity.time_zone
    yield Check("signed in", Health.GOOD, f"as {identity.name}, {what}")
    skew = site.setup.skew()
    if skew is not None and abs(skew) > SKEW:
        ahead = "ahead of" if skew > timedelta(0) else "behind"
        yield Check(
            "clock",
            Health.BAD,
            f"the tool's is {abs(skew).total_seconds():.0f} s {ahead} ours",
            "Set this machine's clock by NTP.",
        )
    else:
        yield Check("clock", Health.GOOD, "as the tool's")
    config = services.active_config()
    rules = [rule for rule in config.measures if rule.connection == record.name] if config else []
    projects = sorted({name for rule in rules for name in (*listed(rule.match.project), *listed(rule.match.table))})
    try:
        yield from site.setup.checks(projects, registration(record))
    except ToolError as error:
        yield Check("permissions", Health.BAD, str(error))
    yield from _gates(services, site, config)
    parked = SqlLimiter(services.engine, record.name).all()
    for one in parked:
        yield Check("limit", Health.WARNING, f"{one.scope.value} {one.subject} for {one.seconds:.0f} s: {one.reason}")
    if not parked:
        yield Check("limits", Health.GOOD, "nothing is parked")


def _gates(services: Services, site: Site, config: MappingConfig | None) -> Iterator[Check]:
    made = Provisioned(services.engine, site.name, "doctor").all()
    gates = [one for one in made if one.kind is StepKind.GATE]
    if site.provisioner is None or config is None or not gates:
        return
    try:
        wrong = drifted(site.provisioner, config, made)
    except ToolError as error:
        yield Check("native gates", Health.WARNING, f"cannot be looked at: {error}")
        return
    for step in wrong:
        hint = f"Put it back with: gatepost provision apply {site.name}"
        yield Check("native gates", Health.BAD, f"somebody changed them; to do: {step.told}", hint)
    if not wrong:
        count = f"{len(gates)} workflow{'' if len(gates) == 1 else 's'}"
        yield Check("native gates", Health.GOOD, f"as they were placed, in {count}")


def _ends(record: ConnectionRecord, now: datetime) -> Iterator[Check]:
    """OAuth renews its own; any other token has to be made anew by a person."""
    ends = record.expires_at
    renew = f"Make a new one and give it: gatepost connect {record.tool.value} {record.name} --url {record.base_url} …"
    if record.auth is Auth.OAUTH:
        yield Check("credential", Health.GOOD, "renewed by itself")
    elif ends is None:
        yield Check(
            "credential", Health.WARNING, "its end is not known", "Tell it with --expires, to be warned in time."
        )
    elif ends < now:
        yield Check("credential", Health.BAD, f"it ended on {ends:%d %b %Y}", renew)
    elif ends < now + SOON:
        yield Check("credential", Health.WARNING, f"it ends on {ends:%d %b %Y}", renew)
    else:
        yield Check("credential", Health.GOOD, f"good until {ends:%d %b %Y}")


def _refused(services: Services, record: ConnectionRecord, error: ToolError, now: datetime) -> Check:
    """Why the account cannot sign in, as far as it can be told apart."""
    if isinstance(error, Unreachable):
        return Check("reachable", Health.BAD, str(error), "See the address, the proxy and the firewall.")
    if isinstance(error, BadAnswer | NotFound):
        return Check("address", Health.BAD, str(error), "Write it as people open it: https://acme.atlassian.net")
    if not isinstance(error, AuthenticationFailed):
        return Check("signed in", Health.BAD, str(error))
    return Check("signed in", Health.BAD, "the credentials are refused (401)", _why_refused(services, record, now))


def _why_refused(services: Services, record: ConnectionRecord, now: datetime) -> str:
    if record.auth is Auth.OAUTH:
        tool = record.tool.value
        return f"Connect it again: gatepost connect {tool} {record.name} --url {record.base_url} --auth oauth"
    if record.expires_at is not None and record.expires_at < now:
        return f"The token ended on {record.expires_at:%d %b %Y}: make a new one."
    if record.auth is Auth.BEARER:
        return "The personal access token has ended or was withdrawn: make a new one."
    if record.tool is Tool.JIRA and record.auth is Auth.BASIC and _works_scoped(services, record):
        return (
            "This is a scoped or service-account token: it works at api.atlassian.com only. "
            f"gatepost connect jira {record.name} --url {record.base_url} --user {record.username} --auth scoped"
        )
    return f"{record.username or 'The account'} and its token do not belong together, or the token was withdrawn."


def _works_scoped(services: Services, record: ConnectionRecord) -> bool:
    """Whether the same token works at the gateway: then the address is wrong, and not the token."""
    timeout = Timeout(services.settings.connect_timeout, services.settings.read_timeout)
    try:
        cloud = tenant_cloud_id(record.base_url, timeout=timeout)
        here = urlsplit(record.base_url).hostname in LOOPBACK  # a stand-in is its own gateway
        api = f"{record.base_url if here else API}/ex/jira/{cloud}"
        access = replace(record.access, auth=Auth.SCOPED, api_url=api)
        site = jira.site(access, timeout=timeout, clock=system_clock)
        return site.setup is not None and bool(site.setup.identify().account)
    except (ToolError, ValueError):
        return False
