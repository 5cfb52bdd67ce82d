"""The one composition root: settings in, everything wired together out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Self

import structlog
from prometheus_client import CollectorRegistry
from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL

from connector import jira, servicenow
from connector.errors import NO_CONNECTION, ConfigurationError
from connector.http.allowed_hosts import HostRules, listed
from connector.http.network import Network, network_of
from connector.http.tool_access import Auth, OAuthGrant, RenewedToken, ToolAccess
from connector.http.transport import Timeout
from connector.notify.way_out import WayOut
from connector.people.permissions import Viewer
from connector.runtime.queue import TaskQueue
from connector.settings import Settings
from connector.store.accounts.access_changes import AccessChanges
from connector.store.accounts.api_tokens import ApiTokens
from connector.store.accounts.pending_forms import PendingForms
from connector.store.accounts.people import PersonStore
from connector.store.accounts.second_factors import SecondFactors
from connector.store.accounts.service_accounts import ServiceAccounts
from connector.store.accounts.sessions import Sessions
from connector.store.accounts.sign_in_throttle import SignInThrottle
from connector.store.connections.connections import ConnectionRecord, Connections
from connector.store.database import migrate
from connector.store.database.application_login import login_rights
from connector.store.database.audit import Audit
from connector.store.database.engine import open_database
from connector.store.database.migrate import Schema
from connector.store.database.postgres import DatabaseLogins, locate_logins
from connector.store.database.row_level_access import Plans, read_as
from connector.store.ledger.budget_locks import BudgetLocks
from connector.store.ledger.entries import LedgerEntries
from connector.store.ledger.month_close import MonthClose
from connector.store.mapping_versions.versions import MappingVersions
from connector.store.measures.measure_lookup import MeasureLookup
from connector.store.notifications.subscriptions import Subscriptions
from connector.store.operations.counted_events import CountedEvents
from connector.store.operations.retention import RetentionPeriods
from connector.store.queue.backlog import BacklogAges
from connector.store.queue.inbox import SqlInbox
from connector.store.queue.rate_limits import SqlRateLimiter
from connector.store.queue.wake_up import Waker
from connector.store.reconcile.stored_state import SqlStateStore
from connector.store.reporting.exchange_rates import ExchangeRates
from connector.sync.active_mapping import ActiveMapping
from connector.sync.ports import EventParser, ToolSite
from connector.sync.preview import Previewer
from connector.sync.related_evidence import RelatedEvidenceReader
from connector.vault import Vault, open_vault
from mapping.config import MappingConfig
from mapping.load import LoadedMapping, load_mapping
from mapping.policy import Policies
from mapping.problems import MappingFileProblem
from mapping.work_item import ConnectionName, Tool

Clock = Callable[[], datetime]

_log = structlog.get_logger(__name__)


def system_clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Services:
    """What every process has; a worker adds :class:`WorkerServices`."""

    settings: Settings
    url: URL
    engine: Engine
    vault: Vault
    waker: Waker
    connections: Connections
    mappings: MappingVersions
    inbox: SqlInbox
    backlog: BacklogAges
    measures: MeasureLookup
    rates: ExchangeRates
    ledger: LedgerEntries
    month_close: MonthClose
    budget_locks: BudgetLocks
    audit: Audit
    subscriptions: Subscriptions
    event_parsers: Mapping[Tool, EventParser]
    metrics: CollectorRegistry
    people: PersonStore
    access_changes: AccessChanges
    counted_events: CountedEvents
    sessions: Sessions
    tokens: ApiTokens
    service_accounts: ServiceAccounts
    sign_in_throttle: SignInThrottle
    second_factors: SecondFactors
    pending_forms: PendingForms
    network: Network
    """The installation's way out: proxy, trusted authorities, client certificate."""

    def read_as(self, viewer: Viewer, plans: Plans = Plans.BY_VALUES) -> AbstractContextManager[Connection]:
        """A read-only transaction that shows what this viewer may see, and nothing else.

        Every query of the pages, the API and exports goes through it.
        """
        return read_as(self.engine, viewer, plans)

    def active_config(self) -> MappingConfig | None:
        """The rules that are in force, if any are."""
        stored = self.mappings.active()
        loaded = load_mapping(stored.source) if stored else None
        return loaded.config if isinstance(loaded, LoadedMapping) else None

    @property
    def connection_host_rules(self) -> HostRules:
        """Where connections that are made on the pages may lead to; the command line is the operator's own."""
        return HostRules(
            private_networks=listed(self.settings.connection_private_networks),
            allow_http=True,
            private_setting="GATEPOST_CONNECTION_PRIVATE_NETWORKS",
        )

    def tool_access(self, record: ConnectionRecord) -> ToolAccess:
        """How the connection's tool is reached; one that was made on a page keeps to the rules for pages.

        Raises ConfigurationError when its proxy or certificates cannot be used.
        """
        rules = self.connection_host_rules if record.made_on_page else None
        return replace(
            record.tool_access,
            host_rules=rules,
            network=self.network.with_connection(record.network),
            language=self.settings.jira_language,
        )

    @property
    def message_way_out(self) -> WayOut:
        """How digests and alerts leave.  Raises ConfigurationError."""
        return WayOut.from_settings(self.network, self.settings.mail_proxy_address)

    @property
    def subscription_host_rules(self) -> HostRules:
        """Where events may be sent to."""
        return _subscription_rules(self.settings)

    @property
    def retention_periods(self) -> RetentionPeriods:
        """How long bodies and history are kept."""
        return RetentionPeriods(self.settings.event_body_days, self.settings.history_days, self.settings.known_days)

    def close(self) -> None:
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def bootstrap(settings: Settings, *, application: str, schema: Schema = Schema.CHECK) -> Services:
    """Open the database, upgrade or check its schema, wire everything.

    Raises ConfigurationError with what to do when that is not possible.
    """
    network = network_of(settings)
    vault = open_vault(settings.secret_key, settings.data)
    logins = locate_logins(settings.database_url, settings.maintenance_address, settings.data)
    engine = open_database(
        logins.application,
        pool_size=max(settings.web_threads, settings.worker_concurrency) + 4,
        application=application,
    )
    try:
        if schema is Schema.UPGRADE:
            _upgrade(engine, logins, application)
        else:
            migrate.check(engine)
    except BaseException:
        engine.dispose()
        raise
    waker = Waker(TaskQueue().defer)
    return Services(
        settings=settings,
        url=logins.application,
        engine=engine,
        vault=vault,
        waker=waker,
        connections=Connections(engine, vault),
        mappings=MappingVersions(engine, waker),
        inbox=SqlInbox(engine, waker),
        backlog=BacklogAges(engine),
        measures=MeasureLookup(engine),
        rates=ExchangeRates(engine),
        ledger=LedgerEntries(engine, waker),
        month_close=MonthClose(engine, waker),
        budget_locks=BudgetLocks(engine, LedgerEntries(engine, waker)),
        audit=Audit(engine),
        subscriptions=Subscriptions(engine, vault, _subscription_rules(settings)),
        event_parsers={Tool.JIRA: jira.create_event_parser(), Tool.SERVICENOW: servicenow.create_event_parser()},
        metrics=CollectorRegistry(),
        people=PersonStore(engine),
        access_changes=AccessChanges(engine),
        counted_events=CountedEvents(engine),
        sessions=Sessions(
            engine,
            idle=timedelta(minutes=settings.session_idle_minutes),
            longest=timedelta(hours=settings.session_hours),
        ),
        tokens=ApiTokens(engine, provider_sign_in_valid=timedelta(days=settings.token_sign_in_days)),
        service_accounts=ServiceAccounts(engine),
        sign_in_throttle=SignInThrottle(engine),
        second_factors=SecondFactors(engine, vault),
        pending_forms=PendingForms(engine, vault),
        network=network,
    )


def _upgrade(engine: Engine, logins: DatabaseLogins, application: str) -> None:
    """As the owner of the schema, if the process has its login; else it is only checked."""
    if logins.maintenance != logins.application:
        owner = open_database(logins.maintenance, pool_size=1, application=application)
        try:
            migrate.upgrade(owner)
        finally:
            owner.dispose()
    elif migrate.may_upgrade(engine):
        migrate.upgrade(engine)
    else:
        migrate.check(engine)
    login = login_rights(engine)
    if login.excess:
        # What protects the audit from the processes does not hold; gatepost doctor says what to do.
        _log.warning("database login has too many rights", login=login.name, rights=[one.value for one in login.excess])


def _subscription_rules(settings: Settings) -> HostRules:
    return HostRules.from_settings(
        settings.subscription_hosts, settings.subscription_private_networks, http=settings.subscription_http
    )


TOKEN_MARGIN = timedelta(minutes=5)
"""An access token is renewed this long before its end: longer than any batch."""


class Sites:
    """One :class:`Site` per connection, made anew when the way to reach it changes."""

    def __init__(self, services: Services, clock: Clock) -> None:
        self._services = services
        self._clock = clock
        self._timeout = Timeout(services.settings.connect_timeout, services.settings.read_timeout)
        self._sites: dict[ConnectionName, tuple[ToolAccess, ToolSite]] = {}

    def get(self, name: ConnectionName) -> ToolSite:
        """Raises ConfigurationError when there is no such connection."""
        record = self._services.connections.cached(name)
        if record is None:
            raise ConfigurationError(f'There is no connection "{name}".', remedy=NO_CONNECTION)
        record = self._with_fresh_token(record)
        access, kept = self._services.tool_access(record), self._sites.get(name)
        if kept is not None and kept[0] == access:
            return kept[1]
        build = jira.site if record.tool is Tool.JIRA else servicenow.site
        limiter = SqlRateLimiter(self._services.engine, record.name)
        site = build(
            access,
            timeout=self._timeout,
            clock=self._clock,
            limiter=limiter,
            renew=partial(self._token_after_refusal, record.name) if record.auth is Auth.OAUTH else None,
        )
        self._sites[name] = (access, site)
        return site

    def with_credentials(self, name: ConnectionName, user: str, credential: str) -> ToolSite:
        """The same site, signed in to by another account for once; nothing is kept.  Raises ConfigurationError."""
        access = self._access(name)
        return self._once(replace(access, auth=Auth.BASIC, username=user, credential=credential, api_url=None))

    def with_token(self, name: ConnectionName, token: str) -> ToolSite:
        """The same site with another access token for once, which nothing renews.  Raises ConfigurationError."""
        return self._once(replace(self._access(name), credential=token))

    def _access(self, name: ConnectionName) -> ToolAccess:
        record = self._services.connections.get(name)
        if record is None:
            raise ConfigurationError(f'There is no connection "{name}".', remedy=NO_CONNECTION)
        return self._services.tool_access(record)

    def _once(self, access: ToolAccess) -> ToolSite:
        build = jira.site if access.tool is Tool.JIRA else servicenow.site
        limiter = SqlRateLimiter(self._services.engine, access.name)
        return build(access, timeout=self._timeout, clock=self._clock, limiter=limiter)

    def _with_fresh_token(self, record: ConnectionRecord) -> ConnectionRecord:
        """A connection over OAuth with an access token that lives long enough.  Raises ToolError."""
        due = self._clock() + TOKEN_MARGIN
        if record.auth is not Auth.OAUTH or (record.expires_at is not None and record.expires_at > due):
            return record
        return self._services.connections.renew_token(record.name, self._renewal(record.name), due=due)

    def _token_after_refusal(self, name: ConnectionName, token: str) -> str:
        """The token that counts after one was refused before its end.  Raises ToolError."""
        return self._services.connections.renew_token(
            name, self._renewal(name), due=self._clock(), refused=token
        ).credential

    def _renewal(self, name: ConnectionName) -> Callable[[OAuthGrant], RenewedToken]:
        """Asks for a new token on the connection's own way out."""
        # Here, because the library of OAuth serves only connections that sign in by it.
        from connector.http.oauth import renew_token

        record = self._services.connections.cached(name)
        network = self._services.network.with_connection(record.network if record else None)
        return partial(renew_token, timeout=self._timeout, clock=self._clock, network=network)


class MappingCache:
    """The active mapping, parsed once per version."""

    def __init__(self, mappings: MappingVersions) -> None:
        self._mappings = mappings
        self._kept: ActiveMapping | None = None

    def active(self) -> ActiveMapping | None:
        """Raises ConfigurationError when the stored mapping no longer loads."""
        stored = self._mappings.active()
        if stored is None:
            return None
        if self._kept is None or self._kept.number != stored.number:
            loaded = load_mapping(stored.source, f"mapping version {stored.number}")
            if not hasattr(loaded, "config"):
                problems: tuple[MappingFileProblem, ...] = tuple(loaded)
                raise ConfigurationError("The active mapping is not valid: " + "; ".join(map(str, problems)))
            self._kept = ActiveMapping(stored.number, loaded.config, Policies(loaded.config), stored.moving_starts)
        return self._kept


def previewer(services: Services, *, clock: Clock = system_clock) -> tuple[Sites, Previewer]:
    """What a preview needs: the sites, read only, and what the store remembers."""
    sites, memory = Sites(services, clock), SqlStateStore(services.engine)
    address = services.settings.public_url or ""
    return sites, Previewer(memory, services.measures, RelatedEvidenceReader(sites.get, memory), clock, address)
