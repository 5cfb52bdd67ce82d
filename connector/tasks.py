"""What a worker's tasks do: read and judge, write, sweep, and look at the clock."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import structlog

from connector.bootstrap import Clock, MappingCache, Services, Sites, system_clock
from connector.digest import send_due
from connector.engine import Handlers
from connector.errors import AuthenticationFailed, RetryLater, ToolError
from connector.notify.deliver import Notifier
from connector.notify.deliver import Round as Told
from connector.notify.sender import Sender
from connector.notify.targets import Allowed, Messenger
from connector.store.agenda import wake_due_looks
from connector.store.connections import registration, stored_registration
from connector.store.deliveries import SqlDeliveries, wake_due_deliveries
from connector.store.ledger import SqlLedger
from connector.store.memory import SqlMemory
from connector.store.outbox import SqlOutbox
from connector.store.provisioned import Provisioned
from connector.store.rollups import Rollups
from connector.store.rollups import Round as Refresh
from connector.store.sweeps import SqlSweeps
from connector.store.work import SqlWork
from connector.store.workers import recover
from connector.sync.deliver import Deliverer
from connector.sync.ports import Site
from connector.sync.provision import drifted
from connector.sync.reconcile import ActiveMapping, Reconciler, Round
from connector.sync.setup import REFRESH_LEFT
from connector.sync.surroundings import Surroundings
from connector.sync.sweep import Sweeper, SweepKind
from governance.roll_up import Basis
from mapping.config import MappingConfig
from mapping.work_item import ConnectionName

MOST_TOLD = 20
"""Events that one claim takes for a receiver: few enough to be sent within the lease, also slowly."""

_log = structlog.get_logger(__name__)


class Tasks:
    """One worker's hands.  Every task is a wake-up for one connection; what there is to do stands in the database."""

    def __init__(self, services: Services, worker: int, clock: Clock) -> None:
        settings = services.settings
        self._services = services
        self._worker = worker
        self._clock = clock
        self._sites = Sites(services, clock)
        self._mapping = MappingCache(services.mappings)
        self._work = SqlWork(services.engine, worker, settings.lease_seconds)
        self._outbox = SqlOutbox(services.engine, services.waker, worker, settings.lease_seconds)
        self._sweeps, self._sweeper = sweeping(services, clock)
        memory = SqlMemory(services.engine)
        self._reconciler = Reconciler(
            work=self._work,
            memory=memory,
            ledger=SqlLedger(services.engine, services.waker),
            pauses=services.connections,
            surroundings=Surroundings(self._sites.get, memory),
            clock=clock,
            jitter=jitter,
            batch_size=settings.batch_size,
        )
        self._deliverer = Deliverer(
            outbox=self._outbox, pauses=services.connections, jitter=jitter, batch_size=settings.batch_size
        )
        self._deliveries = SqlDeliveries(services.engine, services.vault, worker, settings.lease_seconds, MOST_TOLD)
        self._rollups = Rollups(services.engine)
        self._notifier = Notifier(self._deliveries, Sender(services.subscription_rules, clock), clock, jitter)

    def reconcile(self, connection: ConnectionName) -> None:
        """Read and judge what is dirty."""
        self._work.begin(connection)
        active = self._mapping.active()
        if active is None:
            return
        site = self._sites.get(connection)
        _know_ourselves(self._services, site)
        while self._reconciler.run(site, active) in {Round.MORE, Round.DONE}:
            pass

    def deliver(self, connection: ConnectionName) -> None:
        """Write what is due."""
        self._outbox.begin(connection)
        site = self._sites.get(connection)
        while self._deliverer.run(site) in {Round.MORE, Round.DONE}:
            pass

    def sweep(self, connection: ConnectionName) -> None:
        """Ask for what nobody rang for, and keep what would end by itself."""
        active = self._mapping.active()
        with self._sweeps.alone(connection) as mine:
            if active is None or not mine or self._services.connections.paused(connection) is not None:
                return
            try:
                site = self._sites.get(connection)
                for _, kind in self._sweeps.due(self._clock(), [connection]):
                    if site.scanner is not None:
                        self._sweeper.run(site, site.scanner, active.config, kind)
                        _keep_webhooks(self._services, site, self._clock())
                        _beat(site, self._clock())
                        if kind is SweepKind.FULL:
                            _watch_gates(self._services, site, active.config)
            except AuthenticationFailed as error:
                self._services.connections.pause(connection, str(error), None)
            except ToolError as error:
                _log.warning("sweep broken off", connection=connection, error=type(error).__name__, why=str(error))

    def notify(self, subscription: int) -> None:
        """Tell a subscriber what is due."""
        self._deliveries.begin(subscription)
        while self._notifier.run(subscription) is Told.DONE:
            pass

    def figures(self) -> None:
        """Every few seconds: the figures of what has changed."""
        active = self._mapping.active()
        if active is not None:
            bring_up_to_date(self._rollups, active, self._clock())

    def digest(self) -> None:
        """Every minute: tell people what waits for them, those whose hour has come."""
        allowed = Allowed.of(self._services.settings)
        if allowed.anything:
            send_due(self._services, self._mapping, Messenger(allowed), self._clock())

    def tick(self) -> None:
        """Every few seconds: what time alone has made due."""
        services, now = self._services, self._clock()
        wake_due_looks(services.engine, services.waker, now)
        active = self._mapping.active()
        if active is not None:
            governed = {rule.connection for rule in active.config.measures}
            there = [one.name for one in services.connections.all() if one.name in governed]
            self._sweeps.wake({name for name, _ in self._sweeps.due(now, there)})
        recover(services.engine, services.waker, me=self._worker)
        wake_due_deliveries(services.engine, services.waker, now)


def handlers(services: Services, worker: int, *, clock: Clock = system_clock) -> Handlers:
    """The tasks as the queue calls them."""
    tasks = Tasks(services, worker, clock)
    return Handlers(tasks.reconcile, tasks.deliver, tasks.sweep, tasks.tick, tasks.notify, tasks.figures, tasks.digest)


def bring_up_to_date(rollups: Rollups, active: ActiveMapping, now: datetime) -> int:
    """Refresh until nothing is due; returns how many measures' figures were made."""
    made = 0
    while True:
        refreshed = rollups.refresh(basis_of(active, now), now)
        made += refreshed.measures
        if refreshed.round is Refresh.REBUILT:
            _log.info("figures made anew", measures=refreshed.measures)
        if refreshed.round in {Refresh.BUSY, Refresh.DONE}:
            return made


def basis_of(active: ActiveMapping, now: datetime) -> Basis:
    """What the active mapping makes figures rest on, in the fiscal year of a moment."""
    config = active.config
    year = now.year - (now.month < config.fiscal_year_start)
    return Basis(config.reporting_currency, config.fiscal_year_start, year, active.policies.base.weights)


def jitter() -> float:
    """A factor around 1 that keeps workers from coming back at once."""
    return random.uniform(0.7, 1.3)  # noqa: S311 - spreads retries, guards nothing


def _know_ourselves(services: Services, site: Site) -> None:
    """Remember whom the tool calls us, so that the doors know what we wrote ourselves."""
    record = services.connections.cached(site.name)
    if site.setup is None or record is None or record.own_account is not None:
        return
    try:
        services.connections.note(site.name, own_account=site.setup.identify().account)
    except ToolError as error:
        # Not knowing costs a second look at what we wrote, and nothing else.
        _log.info("own account not known", connection=site.name, why=str(error))


def sweeping(services: Services, clock: Clock = system_clock) -> tuple[SqlSweeps, Sweeper]:
    """What a sweep needs; the worker's task and ``gatepost sync`` do the same."""
    settings = services.settings
    sweeps = SqlSweeps(services.engine, services.waker)
    return sweeps, Sweeper(sweeps, clock, timedelta(minutes=settings.sweep_minutes), settings.full_sweep_hour)


def _keep_webhooks(services: Services, site: Site, now: datetime) -> None:
    """What ends by itself unless somebody keeps it: dynamic webhooks live for thirty days.  Raises ToolError."""
    record = services.connections.get(site.name)
    registered = registration(record) if record is not None else None
    if site.setup is None or registered is None or registered.expires_at is None:
        return
    if registered.expires_at - now < REFRESH_LEFT:
        fresh = site.setup.refresh(registered)
        services.connections.note(site.name, webhook=stored_registration(fresh))
        _log.info("webhook kept", connection=site.name, until=fresh.expires_at)


def _beat(site: Site, now: datetime) -> None:
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


def _watch_gates(services: Services, site: Site, config: MappingConfig) -> None:
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
