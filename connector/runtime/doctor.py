"""Health checks of the installation and its connections, with what to do about each finding; run live for the command
line and the pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from connector import jira
from connector.bootstrap import Services, Sites, system_clock
from connector.errors import (
    AuthenticationFailed,
    ConfigurationError,
    InvalidResponse,
    NotFound,
    PermissionDenied,
    ToolError,
    Unreachable,
)
from connector.http.tool_access import Auth
from connector.http.transport import LOOPBACK_HOSTS, Timeout
from connector.jira.tenant import tenant_cloud_id
from connector.notify.message_addresses import OperatorMessengers
from connector.remedy import NOTHING_TO_DO, Place, Remedy
from connector.runtime.account_checks import account_checks
from connector.runtime.address_checks import address_checks, sign_in_checks
from connector.runtime.backlog_checks import backlog_checks
from connector.runtime.database_checks import anchor_checks, login_checks
from connector.runtime.network_checks import EXPIRY_WARNING, connection_way_checks, network_checks
from connector.store.connections.connections import ConnectionRecord, registration_of
from connector.store.connections.provisioned_objects import ProvisionedObjects
from connector.store.database.reading import reading
from connector.store.database.row_level_access import reader_role_missing
from connector.store.feeds.ready import views_are_ready
from connector.store.notifications.alerts import Alerts
from connector.store.queue.rate_limits import SqlRateLimiter
from connector.store.queue.workers import count_live_workers
from connector.sync.ports import ToolSite
from connector.sync.provision import StepKind, drifted_gates
from connector.sync.setup import ConnectionCheck, Health
from governance.time_text import day_text
from mapping.config import MappingConfig
from mapping.live_check import selected_names
from mapping.work_item import Tool

NO_WORKER = Remedy(
    "Nothing is worked on until one runs: whoever runs Gatepost starts one.",
    "Nothing is worked on until one runs: gatepost serve, or gatepost worker",
)
CORRECT_ALERTS = Remedy(command="Correct GATEPOST_ALERTS, then: gatepost alerts test")
MAX_CLOCK_SKEW = timedelta(seconds=60)
"""Clocks that are further apart make tokens end early and sweeps miss changes."""


def installation_checks(services: Services) -> Iterator[ConnectionCheck]:
    yield ConnectionCheck("database", Health.GOOD, f"answers at {services.url.host or 'the data folder'}")
    yield from login_checks(services)
    yield from anchor_checks(services, system_clock())
    if reader_role_missing(services.engine):
        remedy = Remedy(
            command="Ask the database administrator for: CREATE ROLE gatepost_reader NOLOGIN; GRANT gatepost_reader TO "
            "<the login>; then run gatepost db upgrade."
        )
        yield ConnectionCheck(
            "row-level security", Health.WARNING, "off: only the filter of the queries protects the data", remedy
        )
    else:
        yield ConnectionCheck("row-level security", Health.GOOD, "the database itself hides what a reader may not see")
        with reading(services.engine) as connection:
            ready = views_are_ready(connection)
        if not ready:
            yield ConnectionCheck(
                "reporting views",
                Health.WARNING,
                "they do not belong to gatepost_reader: over OData and Parquet only those read them who see everything",
                Remedy(
                    command="Run gatepost db upgrade as the owner of the schema, who has to be a member of "
                    "gatepost_reader."
                ),
            )
    active = services.mappings.active()
    if active is None:
        yield ConnectionCheck(
            "mapping",
            Health.WARNING,
            "none is active",
            Remedy(
                "Activate one on the page Mapping.",
                "Make and activate one: gatepost init, then gatepost mapping activate",
                Place.MAPPING,
            ),
        )
    else:
        yield ConnectionCheck("mapping", Health.GOOD, f"version {active.number} is active")
    working = count_live_workers(services.engine)
    health, remedy = (Health.GOOD, NOTHING_TO_DO) if working else (Health.WARNING, NO_WORKER)
    yield ConnectionCheck("workers", health, f"{working} at work", remedy)
    yield from address_checks(services.settings)
    yield from sign_in_checks(services.settings)
    yield _administrators(services)
    yield from network_checks(services, system_clock())
    yield from _subscriptions(services)
    yield from _alerts(services)


def _administrators(services: Services) -> ConnectionCheck:
    """Whether a second administrator can accept what one asks for (:mod:`connector.people.access_change`)."""
    found = [
        one
        for one in services.access_changes.administrators(system_clock())
        if not one.former and any(grant.is_everywhere for grant in one.grants)
    ]
    if len(found) > 1:
        return ConnectionCheck(
            "administrators", Health.GOOD, f"{len(found)} people: each change of who approves needs two of them"
        )
    named = f"only {found[0].login}" if found else "nobody on the pages"
    return ConnectionCheck(
        "administrators",
        Health.WARNING,
        f"{named}: one person alone gives the roles that approve, and links accounts",
        Remedy(
            "Make a second person administrator, on the page People.",
            "Add a second one: gatepost user grant LOGIN administrator",
            Place.PEOPLE,
        ),
    )


def _alerts(services: Services) -> Iterator[ConnectionCheck]:
    """Whether somebody gets an alert when Gatepost cannot go on by itself."""
    try:
        names = OperatorMessengers(services.settings.alert_addresses, services.settings.mail_server).names
    except ConfigurationError as error:
        yield ConnectionCheck("alerts", Health.BAD, str(error), error.remedy.then(CORRECT_ALERTS))
        return
    if not names:
        remedy = Remedy(command="Set GATEPOST_ALERTS to a mail address or a chat, then: gatepost alerts test")
        yield ConnectionCheck("alerts", Health.WARNING, "no alert is sent when a connection is paused", remedy)
    elif why := Alerts(services.engine).last_failure():
        yield ConnectionCheck(
            "alerts",
            Health.BAD,
            f"the last alert could not be sent: {why}",
            Remedy(command="Try it: gatepost alerts test"),
        )
    else:
        yield ConnectionCheck("alerts", Health.GOOD, f"go to {', '.join(names)}")


def _subscriptions(services: Services) -> Iterator[ConnectionCheck]:
    """Subscriptions that are disabled or failing; those that work are left out."""
    for subscription in services.subscriptions.all():
        if subscription.disabled_at is not None:
            remedy = Remedy(
                "Repair the receiver, then switch it on again on the page Subscriptions.",
                f"Repair the receiver, then: gatepost subscription resume {subscription.name}",
                Place.SUBSCRIPTIONS,
            )
            yield ConnectionCheck(
                f"subscription {subscription.name}", Health.BAD, subscription.state(system_clock()), remedy
            )
        elif subscription.failing_since is not None:
            remedy = Remedy(
                "Send a test on the page Subscriptions, and see what it answers.",
                f"See what it answers: gatepost subscription test {subscription.name}",
                Place.SUBSCRIPTIONS,
            )
            yield ConnectionCheck(
                f"subscription {subscription.name}", Health.WARNING, subscription.state(system_clock()), remedy
            )


def connection_checks(services: Services, record: ConnectionRecord) -> Iterator[ConnectionCheck]:
    yield from backlog_checks(services, record.name)
    paused = services.connections.pause_reason(record.name)
    if paused:
        remedy = Remedy(
            "When it is repaired, resume it on its page.",
            f"When it is repaired: gatepost connection resume {record.name}",
            Place.CONNECTIONS,
        )
        yield ConnectionCheck("in use", Health.BAD, f"paused: {paused}", remedy)
    now = system_clock()
    yield from _token_expiry(record, now)
    for check in connection_way_checks(services, record, now):
        yield check
        if check.health is Health.BAD:
            # What follows would fail on the same.
            return
    site = None
    try:
        site = Sites(services, system_clock).get(record.name)
        if site.setup is None:
            yield ConnectionCheck("set-up", Health.WARNING, f"{record.tool.value} is not checked by this command yet")
            return
        identity = site.setup.identify()
    except ToolError as error:
        yield _sign_in_failure(services, record, error, now)
        return
    what = f"{identity.deployment.value} {identity.version}" if identity.version else identity.time_zone
    yield ConnectionCheck("signed in", Health.GOOD, f"as {identity.name}, {what}")
    skew = site.setup.clock_skew()
    if skew is not None and abs(skew) > MAX_CLOCK_SKEW:
        ahead = "ahead of" if skew > timedelta(0) else "behind"
        yield ConnectionCheck(
            "clock",
            Health.BAD,
            f"the tool's is {abs(skew).total_seconds():.0f} s {ahead} ours",
            Remedy("Whoever runs Gatepost sets its machine's clock by NTP.", "Set this machine's clock by NTP."),
        )
    else:
        yield ConnectionCheck("clock", Health.GOOD, "as the tool's")
    yield from account_checks(services, site, now)
    config = services.active_config()
    rules = [rule for rule in config.measures if rule.connection == record.name] if config else []
    projects = sorted(
        {name for rule in rules for name in (*selected_names(rule.match.project), *selected_names(rule.match.table))}
    )
    try:
        yield from site.setup.checks(projects, registration_of(record))
    except ToolError as error:
        yield ConnectionCheck("permissions", Health.BAD, str(error), error.remedy)
    yield from _gates(services, site, config)
    limits = SqlRateLimiter(services.engine, record.name).closed_scopes()
    for limit in limits:
        yield ConnectionCheck(
            "limit", Health.WARNING, f"{limit.scope.value} {limit.subject} for {limit.seconds:.0f} s: {limit.reason}"
        )
    if not limits:
        yield ConnectionCheck("limits", Health.GOOD, "no limit is in force")


def _gates(services: Services, site: ToolSite, config: MappingConfig | None) -> Iterator[ConnectionCheck]:
    objects = ProvisionedObjects(services.engine, site.name, "doctor").all()
    gates = [provisioned for provisioned in objects if provisioned.kind is StepKind.GATE]
    if site.provisioner is None or config is None or not gates:
        return
    try:
        drifted = drifted_gates(site.provisioner, config, objects)
    except PermissionDenied:
        yield from _offered_moves(site.provisioner.ungated_moves(config, objects), site.name)
        return
    except ToolError as error:
        yield ConnectionCheck("native gates", Health.WARNING, f"cannot be checked: {error}", error.remedy)
        return
    for step in drifted:
        yield ConnectionCheck(
            "native gates", Health.BAD, f"somebody changed them; to do: {step.description}", _put_back(site.name)
        )
    if not drifted:
        count = f"{len(gates)} workflow{'' if len(gates) == 1 else 's'}"
        yield ConnectionCheck("native gates", Health.GOOD, f"as they were placed, in {count}")


def _put_back(name: str) -> Remedy:
    return Remedy(
        "Put them back: on the page of the connection, Fields and gates at the tool.",
        f"Put it back with: gatepost provision apply {name}",
        Place.CONNECTIONS,
    )


def _offered_moves(lines: Sequence[str], name: str) -> Iterator[ConnectionCheck]:
    """What an account sees of native gates that may not read workflows."""
    for line in lines:
        yield ConnectionCheck("native gates", Health.BAD, line, _put_back(name))
    if not lines:
        yield ConnectionCheck("native gates", Health.GOOD, "no move past a shut gate is offered to this account")


def _token_expiry(record: ConnectionRecord, now: datetime) -> Iterator[ConnectionCheck]:
    """OAuth renews its own token; any other has to be created anew by a person."""
    ends = record.expires_at
    renew = Remedy(
        "Create a new one at the tool, and enter it on the page Set-up.",
        f"Create a new one and enter it: gatepost connect {record.tool.value} {record.name} --url {record.base_url} …",
        Place.SET_UP,
    )
    if record.auth is Auth.OAUTH:
        yield ConnectionCheck("credential", Health.GOOD, "renewed by itself")
    elif ends is None:
        yield ConnectionCheck(
            "credential",
            Health.WARNING,
            "its end is not known",
            Remedy(
                "Enter it with the credential, on the page Set-up, to be warned in time.",
                "Give it with --expires, to be warned in time.",
                Place.SET_UP,
            ),
        )
    elif ends < now:
        yield ConnectionCheck("credential", Health.BAD, f"it ended on {day_text(ends)}", renew)
    elif ends < now + EXPIRY_WARNING:
        yield ConnectionCheck("credential", Health.WARNING, f"it ends on {day_text(ends)}", renew)
    else:
        yield ConnectionCheck("credential", Health.GOOD, f"good until {day_text(ends)}")


def _sign_in_failure(services: Services, record: ConnectionRecord, error: ToolError, now: datetime) -> ConnectionCheck:
    """Why the account cannot sign in, as far as the error shows it."""
    if isinstance(error, Unreachable):
        return ConnectionCheck("answer", Health.BAD, str(error), error.remedy)
    if isinstance(error, InvalidResponse | NotFound):
        return ConnectionCheck(
            "address", Health.BAD, str(error), Remedy("Write it as people open it: https://acme.atlassian.net")
        )
    if not isinstance(error, AuthenticationFailed):
        return ConnectionCheck("signed in", Health.BAD, str(error), error.remedy)
    return ConnectionCheck(
        "signed in", Health.BAD, "the credentials are refused (401)", _sign_in_remedy(services, record, now)
    )


def _sign_in_remedy(services: Services, record: ConnectionRecord, now: datetime) -> Remedy:
    if record.auth is Auth.OAUTH:
        tool = record.tool.value
        return Remedy(
            "Connect it again on the page Set-up.",
            f"Connect it again: gatepost connect {tool} {record.name} --url {record.base_url} --auth oauth",
            Place.SET_UP,
        )
    if record.expires_at is not None and record.expires_at < now:
        return Remedy(f"The token ended on {day_text(record.expires_at)}: create a new one.")
    if record.auth is Auth.BEARER:
        return Remedy("The personal access token has ended or was withdrawn: create a new one.")
    if record.tool is Tool.JIRA and record.auth is Auth.BASIC and _works_scoped(services, record):
        return Remedy(
            "This is a scoped or service-account token, which works at api.atlassian.com only: enter it as such on the "
            "page Set-up.",
            "This is a scoped or service-account token: it works at api.atlassian.com only. "
            f"gatepost connect jira {record.name} --url {record.base_url} --user {record.username} --auth scoped",
            Place.SET_UP,
        )
    return Remedy(
        f"{record.username or 'The account'} and its token do not belong together, or the token was withdrawn."
    )


def _works_scoped(services: Services, record: ConnectionRecord) -> bool:
    """Whether the same token works at the gateway: then the address is wrong, and not the token."""
    timeout = Timeout(services.settings.connect_timeout, services.settings.read_timeout)
    access = services.tool_access(record)
    try:
        cloud = tenant_cloud_id(record.base_url, timeout=timeout, network=access.network)
        here = urlsplit(record.base_url).hostname in LOOPBACK_HOSTS  # the sandbox is its own gateway
        gateway = record.base_url if here else services.settings.atlassian_api.rstrip("/")
        access = replace(access, auth=Auth.SCOPED, api_url=f"{gateway}/ex/jira/{cloud}")
        site = jira.site(access, timeout=timeout, clock=system_clock)
        return site.setup is not None and bool(site.setup.identify().account)
    except (ToolError, ValueError):
        return False
