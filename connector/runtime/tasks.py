"""What a worker's tasks do: read and judge, write, sweep, and look at the clock."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event

import structlog

from connector.bootstrap import Clock, MappingCache, Services, Sites, system_clock
from connector.errors import ToolError
from connector.http.retry import Pause, decide
from connector.notify.delivery import Notifier
from connector.notify.delivery import Round as Told
from connector.notify.message_addresses import Allowed, Messenger, Operators
from connector.notify.webhook_sender import Sender
from connector.runtime import alert_sending
from connector.runtime.digest_sending import send_due
from connector.runtime.maintenance import beat, keep_webhooks, know_ourselves, watch_gates
from connector.runtime.queue import Handlers
from connector.store.notifications.deliveries import SqlDeliveries, wake_due_deliveries
from connector.store.operations.retention import clean
from connector.store.queue.dirty_keys import SqlWork
from connector.store.queue.leases import Holds, drop_left
from connector.store.queue.outbox import SqlOutbox
from connector.store.queue.wake_up import Task
from connector.store.queue.workers import Presence, recover
from connector.store.reconcile.assessment_store import SqlLedger
from connector.store.reconcile.due_assessments import wake_due_looks
from connector.store.reconcile.stored_state import SqlMemory
from connector.store.reconcile.sweeps import SqlSweeps
from connector.store.reporting.rollups import Rollups
from connector.store.reporting.rollups import Round as Refresh
from connector.sync.lease import UNBOUND, Grip, Hold
from connector.sync.outbox_writer import Deliverer
from connector.sync.ports import Site
from connector.sync.reconcile import ActiveMapping, Reconciler, Round
from connector.sync.related_evidence import Surroundings
from connector.sync.sweep import Sweeper, SweepKind
from governance.roll_up import Basis
from mapping.work_item import ConnectionName

MOST_TOLD = 20
"""Events that one claim takes for a receiver: few enough to be sent within the lease, also slowly."""

TURN_SECONDS = 20.0
"""How long a task works on before it lines up again: a long backlog of some connections must not keep the others, the
tick and the alerts waiting until it is worked off."""

GO_ON = frozenset({Round.MORE, Round.DONE})
"""After these there may be more to do, or more may have come meanwhile."""

_log = structlog.get_logger(__name__)


class Tasks:
    """One worker's hands.  Every task is a wake-up for one connection; what there is to do stands in the database."""

    def __init__(self, services: Services, presence: Presence, stop: Event, clock: Clock) -> None:
        settings, worker = services.settings, presence.worker
        self._services = services
        self._presence = presence
        self._clock = clock
        longest_call = settings.connect_timeout + settings.read_timeout
        self._holds = Holds(presence, stop, lease=settings.lease_seconds, longest_call=longest_call)
        self._sites = Sites(services, clock)
        self._mapping = MappingCache(services.mappings)
        self._work = SqlWork(services.engine, worker, settings.lease_seconds, self._holds.take)
        self._outbox = SqlOutbox(services.engine, services.waker, worker, settings.lease_seconds, self._holds.take)
        self._sweeps, self._sweeper = sweeping(services, clock, self._holds)
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
            outbox=self._outbox,
            pauses=services.connections,
            jitter=jitter,
            batch_size=settings.batch_size,
            hold=self._holds,
        )
        self._deliveries = SqlDeliveries(
            services.engine, services.vault, worker, settings.lease_seconds, MOST_TOLD, self._holds.take
        )
        self._rollups = Rollups(services.engine)
        self._watch = alert_sending.Watch(services)
        self._notifier = Notifier(
            self._deliveries, Sender(services.subscription_rules, clock), clock, jitter, self._holds
        )

    def reconcile(self, connection: ConnectionName) -> None:
        """Read and judge what is dirty."""
        self._work.begin(connection)
        active = self._mapping.active()
        if active is None:
            return
        site = self._reached(connection)
        if site is None:
            return
        know_ourselves(self._services, site)
        self._in_rounds(Task.RECONCILE, connection, lambda: self._reconciler.run(site, active) in GO_ON)

    def deliver(self, connection: ConnectionName) -> None:
        """Write what is due."""
        self._outbox.begin(connection)
        site = self._reached(connection)
        if site is None:
            return
        self._in_rounds(Task.DELIVER, connection, lambda: self._deliverer.run(site) in GO_ON)

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
                        if self._holds.grip() is not Grip.FIRM:
                            return
                        keep_webhooks(self._services, site, self._clock())
                        beat(site, self._clock())
                        if kind is SweepKind.FULL:
                            watch_gates(self._services, site, active.config)
            except ToolError as error:
                self._not_reached(connection, error)

    def notify(self, subscription: int) -> None:
        """Tell a subscriber what is due."""
        self._deliveries.begin(subscription)
        receiver = ConnectionName(str(subscription))
        self._in_rounds(Task.NOTIFY, receiver, lambda: self._notifier.run(subscription) is Told.DONE)

    def _reached(self, connection: ConnectionName) -> Site | None:
        """The site, if it may be called.  An access that is no longer renewed pauses the connection, like any 401."""
        if self._services.connections.paused(connection) is not None:
            return None
        try:
            return self._sites.get(connection)
        except ToolError as error:
            self._not_reached(connection, error)
            return None

    def _not_reached(self, connection: ConnectionName, error: ToolError) -> None:
        match decide(error, 1, jitter=1.0):
            case Pause(reason=reason):
                self._services.connections.pause(connection, reason, None)
            case _:
                # The next tick, or the next sweep, comes back to it.
                _log.warning("not reached", connection=connection, error=type(error).__name__, why=str(error))

    def _in_rounds(self, task: Task, connection: ConnectionName, run: Callable[[], bool]) -> None:
        """One round after another until nothing is left, this turn is over, or this worker may not go on."""
        more, ends = True, time.monotonic() + TURN_SECONDS
        while (grip := self._holds.grip()) is Grip.FIRM:
            with self._holds.round():
                more = run()
            if not more or time.monotonic() >= ends:
                break
        if (self._holds.stopping or (more and grip is Grip.FIRM)) and grip is not Grip.LOST:
            # Whoever has its turn next, here or in another worker, goes on at once, and not with the next tick.
            with self._services.engine.begin() as transaction:
                self._services.waker.wake(transaction, task, connection)

    def figures(self) -> None:
        """Every few seconds: the figures of what has changed."""
        active = self._mapping.active()
        if active is not None:
            bring_up_to_date(self._rollups, active, self._clock(), self._holds)

    def digest(self) -> None:
        """Every minute: tell people what waits for them, those whose hour has come."""
        settings = self._services.settings
        allowed = Allowed.of(settings.digest_schemes, settings.digest_hosts, settings.mail_server)
        if allowed.anything:
            send_due(self._services, self._mapping, Messenger(allowed), self._clock())

    def alerts(self) -> None:
        """Every half minute: see what whoever runs Gatepost has to know, and tell them."""
        self._watch.look()
        settings = self._services.settings
        alert_sending.send_due(self._services, Operators(settings.alert_addresses, settings.mail_server))

    def clean(self) -> None:
        """Every hour: make room for the events to come, and let go of what has had its time."""
        clean(self._services.engine, self._services.keeping, self._clock(), hold=self._holds)

    def tick(self) -> None:
        """Every few seconds: what time alone has made due."""
        services, now = self._services, self._clock()
        wake_due_looks(services.engine, services.waker, now)
        active = self._mapping.active()
        if active is not None:
            governed = {rule.connection for rule in active.config.measures}
            there = [one.name for one in services.connections.all() if one.name in governed]
            self._sweeps.wake({name for name, _ in self._sweeps.due(now, there)})
        drop_left(services.engine, self._holds, me=self._presence.worker)
        recover(services.engine, services.waker, me=self._presence.worker, judges=self._presence.judges)
        wake_due_deliveries(services.engine, services.waker, now)


def handlers(
    services: Services, presence: Presence, *, stop: Event | None = None, clock: Clock = system_clock
) -> Handlers:
    """The tasks as the queue calls them; they end soon after ``stop`` is set."""
    tasks = Tasks(services, presence, stop or Event(), clock)
    return Handlers(
        tasks.reconcile,
        tasks.deliver,
        tasks.sweep,
        tasks.tick,
        tasks.notify,
        tasks.figures,
        tasks.digest,
        tasks.alerts,
        tasks.clean,
    )


def bring_up_to_date(rollups: Rollups, active: ActiveMapping, now: datetime, hold: Hold = UNBOUND) -> int:
    """Refresh until nothing is due, or the worker may not go on; returns how many measures' figures were made."""
    made = 0
    while hold.grip() is Grip.FIRM:
        refreshed = rollups.refresh(basis_of(active, now), now)
        made += refreshed.measures
        if refreshed.round is Refresh.REBUILT:
            _log.info("figures made anew", measures=refreshed.measures)
        if refreshed.round in {Refresh.BUSY, Refresh.DONE}:
            break
    return made


def basis_of(active: ActiveMapping, now: datetime) -> Basis:
    """What the active mapping makes figures rest on, in the fiscal year of a moment."""
    config = active.config
    year = now.year - (now.month < config.fiscal_year_start)
    return Basis(config.reporting_currency, config.fiscal_year_start, year, active.policies.base.weights)


def jitter() -> float:
    """A factor around 1 that keeps workers from coming back at once."""
    return random.uniform(0.7, 1.3)  # noqa: S311 - spreads retries, guards nothing


def sweeping(services: Services, clock: Clock = system_clock, hold: Hold = UNBOUND) -> tuple[SqlSweeps, Sweeper]:
    """What a sweep needs; the worker's task and ``gatepost sync`` do the same."""
    settings = services.settings
    sweeps = SqlSweeps(services.engine, services.waker)
    return sweeps, Sweeper(sweeps, clock, timedelta(minutes=settings.sweep_minutes), settings.full_sweep_hour, hold)
