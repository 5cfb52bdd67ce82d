"""The one composition root: settings in, everything wired together out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Self

from prometheus_client import CollectorRegistry
from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL

from connector import jira, servicenow
from connector.errors import ConfigurationError
from connector.http.tool_access import Access, Auth, OAuthGrant, Renewed
from connector.http.transport import Timeout
from connector.notify.allowed_hosts import Rules
from connector.people.permissions import Viewer
from connector.runtime.queue import Queue
from connector.settings import Settings
from connector.store.accounts.api_tokens import Tokens
from connector.store.accounts.people import People
from connector.store.accounts.sessions import Brake, Sessions
from connector.store.connections.connections import ConnectionRecord, Connections
from connector.store.database import migrate
from connector.store.database.audit import Audit
from connector.store.database.engine import open_database
from connector.store.database.migrate import Schema
from connector.store.database.postgres import locate
from connector.store.database.row_level_access import reading
from connector.store.mapping_versions.versions import Mappings
from connector.store.measures.measure_lookup import Measures
from connector.store.notifications.subscriptions import Subscriptions
from connector.store.operations.retention import Keeping
from connector.store.queue.backlog import Backlog
from connector.store.queue.inbox import SqlInbox
from connector.store.queue.rate_limits import SqlLimiter
from connector.store.queue.wake_up import Waker
from connector.store.reconcile.stored_state import SqlMemory
from connector.store.reporting.exchange_rates import StoredRates
from connector.sync.ports import Door, Site
from connector.sync.preview import Previewer
from connector.sync.reconcile import ActiveMapping
from connector.sync.related_evidence import Surroundings
from connector.vault import Vault, open_vault
from mapping.config import MappingConfig
from mapping.load import Loaded, load_mapping
from mapping.policy import Policies
from mapping.problems import Problem
from mapping.work_item import ConnectionName, Tool

Clock = Callable[[], datetime]


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
    mappings: Mappings
    inbox: SqlInbox
    backlog: Backlog
    measures: Measures
    rates: StoredRates
    audit: Audit
    subscriptions: Subscriptions
    doors: Mapping[Tool, Door]
    metrics: CollectorRegistry
    people: People
    sessions: Sessions
    tokens: Tokens
    brake: Brake

    def reading(self, viewer: Viewer) -> AbstractContextManager[Connection]:
        """A read-only transaction that shows what this viewer may see, and nothing else.

        Every query of the pages, the API and exports goes through it.
        """
        return reading(self.engine, viewer)

    def active_config(self) -> MappingConfig | None:
        """The rules that are in force, if any are."""
        stored = self.mappings.active()
        loaded = load_mapping(stored.source) if stored else None
        return loaded.config if isinstance(loaded, Loaded) else None

    @property
    def subscription_rules(self) -> Rules:
        """Where events may be sent to."""
        return _subscription_rules(self.settings)

    @property
    def keeping(self) -> Keeping:
        """How long bodies and history are kept."""
        return Keeping(self.settings.body_days, self.settings.history_days)

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
    vault = open_vault(settings.secret_key, settings.data)
    url = locate(settings.database_url, settings.data)
    engine = open_database(
        url, pool_size=max(settings.web_threads, settings.worker_concurrency) + 2, application=application
    )
    try:
        if schema is Schema.UPGRADE:
            migrate.upgrade(engine)
        else:
            migrate.check(engine)
    except BaseException:
        engine.dispose()
        raise
    waker = Waker(Queue().defer)
    return Services(
        settings=settings,
        url=url,
        engine=engine,
        vault=vault,
        waker=waker,
        connections=Connections(engine, vault),
        mappings=Mappings(engine, waker),
        inbox=SqlInbox(engine, waker),
        backlog=Backlog(engine),
        measures=Measures(engine),
        rates=StoredRates(engine),
        audit=Audit(engine),
        subscriptions=Subscriptions(engine, vault, _subscription_rules(settings)),
        doors={Tool.JIRA: jira.door(), Tool.SERVICENOW: servicenow.door()},
        metrics=CollectorRegistry(),
        people=People(engine),
        sessions=Sessions(
            engine,
            idle=timedelta(minutes=settings.session_idle_minutes),
            longest=timedelta(hours=settings.session_hours),
        ),
        tokens=Tokens(engine),
        brake=Brake(engine),
    )


def _subscription_rules(settings: Settings) -> Rules:
    return Rules.of(settings.subscription_hosts, settings.subscription_private, http=settings.subscription_http)


TOKEN_MARGIN = timedelta(minutes=5)
"""An access token is renewed this long before its end: longer than any batch."""


class Sites:
    """One :class:`Site` per connection, made anew when the way to reach it changes."""

    def __init__(self, services: Services, clock: Clock) -> None:
        self._services = services
        self._clock = clock
        self._timeout = Timeout(services.settings.connect_timeout, services.settings.read_timeout)
        self._sites: dict[ConnectionName, tuple[Access, Site]] = {}

    def get(self, name: ConnectionName) -> Site:
        """Raises ConfigurationError when there is no such connection."""
        record = self._services.connections.cached(name)
        if record is None:
            raise ConfigurationError(f'There is no connection "{name}". List them with: gatepost connection list')
        record = self._renewed(record)
        kept = self._sites.get(name)
        if kept is not None and kept[0] == record.access:
            return kept[1]
        build = jira.site if record.tool is Tool.JIRA else servicenow.site
        limiter = SqlLimiter(self._services.engine, record.name)
        site = build(
            record.access,
            timeout=self._timeout,
            clock=self._clock,
            limiter=limiter,
            renew=partial(self._refused, record.name) if record.auth is Auth.OAUTH else None,
        )
        self._sites[name] = (record.access, site)
        return site

    def borrowed(self, name: ConnectionName, user: str, credential: str) -> Site:
        """The same site, signed in to by another account for once; nothing is kept.  Raises ConfigurationError."""
        record = self._services.connections.get(name)
        if record is None:
            raise ConfigurationError(f'There is no connection "{name}". List them with: gatepost connection list')
        access = replace(record.access, auth=Auth.BASIC, username=user, credential=credential, api_url=None)
        build = jira.site if record.tool is Tool.JIRA else servicenow.site
        limiter = SqlLimiter(self._services.engine, record.name)
        return build(access, timeout=self._timeout, clock=self._clock, limiter=limiter)

    def _renewed(self, record: ConnectionRecord) -> ConnectionRecord:
        """A connection over OAuth with an access token that lives long enough.  Raises ToolError."""
        due = self._clock() + TOKEN_MARGIN
        if record.auth is not Auth.OAUTH or (record.expires_at is not None and record.expires_at > due):
            return record
        return self._services.connections.renew(record.name, self._ask, due=due)

    def _refused(self, name: ConnectionName, token: str) -> str:
        """The token that counts after one was refused before its end.  Raises ToolError."""
        return self._services.connections.renew(name, self._ask, due=self._clock(), refused=token).credential

    def _ask(self, grant: OAuthGrant) -> Renewed:
        # Here, because the library of OAuth serves only connections that sign in by it.
        from connector.http.oauth import renew

        return renew(grant, timeout=self._timeout, clock=self._clock)


class MappingCache:
    """The active mapping, parsed once per version."""

    def __init__(self, mappings: Mappings) -> None:
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
                problems: tuple[Problem, ...] = tuple(loaded)
                raise ConfigurationError("The active mapping is not valid: " + "; ".join(map(str, problems)))
            self._kept = ActiveMapping(stored.number, loaded.config, Policies(loaded.config))
        return self._kept


def previewer(services: Services, *, clock: Clock = system_clock) -> tuple[Sites, Previewer]:
    """What a preview needs: the sites, read only, and what the store remembers."""
    sites, memory = Sites(services, clock), SqlMemory(services.engine)
    return sites, Previewer(memory, services.measures, Surroundings(sites.get, memory), clock)
