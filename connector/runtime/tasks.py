"""What a worker's tasks do: read and assess, write, sweep, notify, and what time makes due."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from threading import Event

import structlog

from connector.bootstrap import Clock, MappingCache, Services, Sites, system_clock
from connector.errors import ToolError
from connector.finance.money_sweep import sweep_due_money
from connector.http.pacing import background_work
from connector.http.retry import PauseConnection, decide
from connector.notify.delivery import DeliveryResult, EventNotifier
from connector.notify.message_addresses import AllowedTargets, Messenger, OperatorMessengers
from connector.notify.webhook_sender import WebhookSender
from connector.runtime import alert_sending
from connector.runtime.account_reporting import report_accounts
from connector.runtime.audit_anchoring import anchor_when_due
from connector.runtime.digest_sending import send_due_digests
from connector.runtime.maintenance import (
    check_gates,
    follow_mapping,
    refresh_webhooks,
    remember_own_account,
    send_heartbeat,
)
from connector.runtime.paper_sending import paper_desk
from connector.runtime.queue import TaskHandlers
from connector.runtime.tool_tasks import LONG_CALL_SECONDS
from connector.store.notifications.deliveries import SqlDeliveries, wake_due_deliveries
from connector.store.operations.retention import clean_up
from connector.store.queue.dirty_keys import SqlDirtyKeys
from connector.store.queue.leases import LeaseRegistry, release_abandoned
from connector.store.queue.outbox import SqlOutbox
from connector.store.queue.wake_up import TaskKind
from connector.store.queue.workers import WorkerPresence, take_back_claims
from connector.store.reconcile.assessment_store import SqlAssessmentStore
from connector.store.reconcile.due_assessments import wake_due_assessments
from connector.store.reconcile.stored_state import SqlStateStore
from connector.store.reconcile.sweeps import SqlSweeps
from connector.store.reporting.capacity import store_planned_hours
from connector.store.reporting.rollups import RefreshStatus, Rollups
from connector.store.service_portfolio.figures import ServiceSettings, refresh_services
from connector.store.service_portfolio.offerings import store_offerings
from connector.sync.active_mapping import ActiveMapping
from connector.sync.lease import UNLEASED, Lease, LeaseState
from connector.sync.offerings import read_offerings
from connector.sync.outbox_writer import OutboxWriter
from connector.sync.planned_capacity import read_capacity
from connector.sync.ports import ToolSite
from connector.sync.reconcile import BatchResult, Reconciler
from connector.sync.related_evidence import RelatedEvidenceReader
from connector.sync.sweep import Sweeper, SweepKind
from governance.closed_months import NO_CLOSED_MONTHS, ClosedMonths
from governance.definitions.years import FiscalYear, YearName
from governance.money import Period
from governance.roll_up import RollUpSettings
from mapping.fields import connections_of
from mapping.services import stated_objectives, stated_services
from mapping.work_item import ConnectionName

DELIVERY_BATCH_SIZE = 20
"""Events that one claim takes for a receiver: few enough to be sent within the lease, also slowly."""

MAX_TURN_SECONDS = 20.0
"""How long a task works before it queues again: a long backlog of some connections must not make the others, the
tick and the alerts wait until it is finished."""

DELIVERY_HAS_MORE = frozenset({BatchResult.MORE, BatchResult.DONE})
"""After these there may be more to write: the next values for an item wait until the last ones are written, and nobody
is woken for them."""

_log = structlog.get_logger(__name__)


class WorkerTasks:
    """The tasks of one worker.  Every task is a wake-up for one connection; the work itself is in the database."""

    def __init__(self, services: Services, presence: WorkerPresence, stop: Event, clock: Clock) -> None:
        settings, worker = services.settings, presence.worker
        self._services = services
        self._presence = presence
        self._clock = clock
        longest_call = settings.connect_timeout + settings.read_timeout
        self._leases = LeaseRegistry(presence, stop, lease=settings.lease_seconds, longest_call=longest_call)
        self._sites = Sites(services, clock)
        self._mapping = MappingCache(services.mappings)
        self._work = SqlDirtyKeys(services.engine, worker, settings.lease_seconds, self._leases.new_token)
        self._outbox = SqlOutbox(
            services.engine, services.waker, worker, settings.lease_seconds, self._leases.new_token
        )
        self._sweeps, self._sweeper = build_sweeper(services, clock, self._leases)
        state_store = SqlStateStore(services.engine)
        self._reconciler = Reconciler(
            dirty_keys=self._work,
            state_store=state_store,
            assessment_store=SqlAssessmentStore(services.engine, services.waker),
            pauses=services.connections,
            related_evidence=RelatedEvidenceReader(self._sites.get, state_store),
            clock=clock,
            jitter=jitter,
            batch_size=settings.batch_size,
            address=settings.public_url or "",
        )
        self._deliverer = OutboxWriter(
            outbox=self._outbox,
            pauses=services.connections,
            jitter=jitter,
            batch_size=settings.batch_size,
            lease=self._leases,
        )
        self._deliveries = SqlDeliveries(
            services.engine, services.vault, worker, settings.lease_seconds, DELIVERY_BATCH_SIZE, self._leases.new_token
        )
        self._rollups = Rollups(services.engine)
        self._alert_monitor = alert_sending.AlertMonitor(services)
        self._notifier = EventNotifier(
            self._deliveries,
            WebhookSender(services.subscription_host_rules, clock, network=services.network),
            clock,
            jitter,
            self._leases,
        )

    def reconcile(self, connection: ConnectionName) -> None:
        """Read and assess what is dirty; write what follows from a small batch."""
        self._work.begin(connection)
        active = self._mapping.active()
        if active is None:
            return
        site = self._reachable_site(connection)
        if site is None:
            return
        remember_own_account(self._services, site)
        ends = time.monotonic() + MAX_TURN_SECONDS
        while self._reconcile_and_write(site, active) and time.monotonic() < ends:
            pass

    def _reconcile_and_write(self, site: ToolSite, active: ActiveMapping) -> bool:
        """Returns whether to look once more.

        No second task for a connection begins while its tool keeps one waiting (:mod:`connector.runtime.tool_tasks`),
        so what came meanwhile has woken nobody.
        """
        began, result = time.monotonic(), BatchResult.IDLE

        def run() -> bool:
            nonlocal result
            result = self._reconciler.run(site, active)
            return result is BatchResult.MORE

        self._run_batches(TaskKind.RECONCILE, site.name, run)
        if result is BatchResult.WRITES:
            self._write(site)
        return result in {BatchResult.DONE, BatchResult.WRITES} and time.monotonic() - began > LONG_CALL_SECONDS

    def deliver(self, connection: ConnectionName) -> None:
        """Write what is due."""
        self._outbox.begin(connection)
        site = self._reachable_site(connection)
        if site is None:
            return
        self._write(site)

    def _write(self, site: ToolSite) -> None:
        self._run_batches(TaskKind.DELIVER, site.name, lambda: self._deliverer.run(site) in DELIVERY_HAS_MORE)

    def sweep(self, connection: ConnectionName) -> None:
        """Find changes that no event reported, and renew what would expire."""
        active = self._mapping.active()
        with background_work(), self._sweeps.exclusive(connection) as mine:
            if active is None or not mine or self._services.connections.pause_reason(connection) is not None:
                return
            try:
                site = self._sites.get(connection)
                due = self._sweeps.due(self._clock(), [connection])
                # One kind, and then the next connection's turn: what changed comes before what is listed at night.
                for _, kind in due[:1]:
                    if site.scanner is not None:
                        self._sweeper.run(site, site.scanner, active.config, kind)
                        if self._leases.state() is not LeaseState.VALID:
                            return
                        refresh_webhooks(self._services, site, self._clock())
                        follow_mapping(self._services, site, active.config)
                        send_heartbeat(self._services, site, self._clock())
                        report_accounts(self._services, site, self._clock())
                        sweep_due_money(
                            self._services, site, active.config, self._clock(), whole=kind is SweepKind.FULL
                        )
                        if kind is SweepKind.FULL:
                            store = partial(store_offerings, self._services.engine)
                            read_offerings(site, active.config, store, self._clock())
                            planned = partial(store_planned_hours, self._services.engine)
                            read_capacity(site, active.config, planned, self._clock())
                            check_gates(self._services, site, active.config)
                if len(due) > 1:
                    self._sweeps.wake({connection})
            except ToolError as error:
                self._handle_unreachable(connection, error)

    def notify(self, subscription: int) -> None:
        """Send a subscriber the events that are due."""
        self._deliveries.begin(subscription)
        receiver = ConnectionName(str(subscription))
        self._run_batches(TaskKind.NOTIFY, receiver, lambda: self._notifier.run(subscription) is DeliveryResult.DONE)

    def _reachable_site(self, connection: ConnectionName) -> ToolSite | None:
        """The site, if it may be called.  An access that is no longer renewed pauses the connection, like any 401."""
        if self._services.connections.pause_reason(connection) is not None:
            return None
        try:
            return self._sites.get(connection)
        except ToolError as error:
            self._handle_unreachable(connection, error)
            return None

    def _handle_unreachable(self, connection: ConnectionName, error: ToolError) -> None:
        match decide(error, 1, jitter=1.0):
            case PauseConnection(reason=reason):
                self._services.connections.pause(connection, reason, None)
            case _:
                # The next tick, or the next sweep, comes back to it.
                _log.warning("tool unreachable", connection=connection, error=type(error).__name__, why=str(error))

    def _run_batches(self, task: TaskKind, connection: ConnectionName, run: Callable[[], bool]) -> None:
        """One batch after another until nothing is left, this turn is over, or this worker may not go on."""
        more, ends = True, time.monotonic() + MAX_TURN_SECONDS
        while (lease_state := self._leases.state()) is LeaseState.VALID:
            with self._leases.claim_scope():
                more = run()
            if not more or time.monotonic() >= ends:
                break
        if (self._leases.stopping or (more and lease_state is LeaseState.VALID)) and lease_state is not LeaseState.LOST:
            # The next turn, here or in another worker, starts at once and not with the next tick.
            with self._services.engine.begin() as transaction:
                self._services.waker.wake(transaction, task, connection)

    def refresh_rollups(self) -> None:
        """Every few seconds: the figures of what has changed."""
        active = self._mapping.active()
        if active is not None:
            refresh_all_rollups(self._rollups, active, self._clock(), self._leases)
            settings = service_settings(active)
            while self._leases.state() is LeaseState.VALID:
                if refresh_services(self._services.engine, settings, self._clock(), self._services.waker) <= 0:
                    break

    def send_digests(self) -> None:
        """Every minute: send the digests whose hour has come."""
        settings = self._services.settings
        allowed = AllowedTargets.from_settings(settings.digest_schemes, settings.digest_hosts, settings.mail_server)
        if allowed.allows_any:
            send_due_digests(
                self._services, self._mapping, Messenger(allowed, self._services.message_way_out), self._clock()
            )

    def send_papers(self) -> None:
        """Every minute: make the papers of the calendar that are due, and send the copies that wait."""
        paper_desk(self._services, self._mapping, self._clock, lease=self._leases).run()

    def send_alerts(self) -> None:
        """Every half minute: raise and send the alerts for whoever runs Gatepost."""
        self._alert_monitor.check()
        settings = self._services.settings
        alert_sending.send_due_alerts(
            self._services,
            OperatorMessengers(settings.alert_addresses, settings.mail_server, self._services.message_way_out),
        )

    def clean_up(self) -> None:
        """Every hour: create partitions for the events to come, and delete what is past its retention."""
        clean_up(self._services.engine, self._services.retention_periods, self._clock(), lease=self._leases)

    def anchor_audit(self) -> None:
        """Every minute: keep the head of the audit outside of the database, after an hour or a closing."""
        active = self._mapping.active()
        stages = {active.policies.base.closing_stage} if active is not None else set[str]()
        anchor_when_due(self._services, self._clock(), stages)

    def tick(self) -> None:
        """Every few seconds: what time alone has made due."""
        services, now = self._services, self._clock()
        wake_due_assessments(services.engine, services.waker, now)
        active = self._mapping.active()
        if active is not None:
            swept = connections_of(active.config)
            connections = [record.name for record in services.connections.all() if record.name in swept]
            self._sweeps.wake({name for name, _ in self._sweeps.due(now, connections)})
        release_abandoned(services.engine, self._leases, worker=self._presence.worker)
        take_back_claims(
            services.engine,
            services.waker,
            worker=self._presence.worker,
            may_declare_dead=self._presence.may_declare_dead,
        )
        wake_due_deliveries(services.engine, services.waker, now)
        services.counted_events.settle(now)


def task_handlers(
    services: Services, presence: WorkerPresence, *, stop: Event | None = None, clock: Clock = system_clock
) -> TaskHandlers:
    """The tasks as the queue calls them; they end soon after ``stop`` is set."""
    tasks = WorkerTasks(services, presence, stop or Event(), clock)
    return TaskHandlers(
        tasks.reconcile,
        tasks.deliver,
        tasks.sweep,
        tasks.tick,
        tasks.notify,
        tasks.refresh_rollups,
        tasks.send_digests,
        tasks.send_papers,
        tasks.send_alerts,
        tasks.clean_up,
        tasks.anchor_audit,
    )


def refresh_all_rollups(rollups: Rollups, active: ActiveMapping, now: datetime, lease: Lease = UNLEASED) -> int:
    """Refresh until nothing is due, or the worker may not go on; returns the number of measures that were computed."""
    refreshed = 0
    while lease.state() is LeaseState.VALID:
        result = rollups.refresh(roll_up_settings(active, now), now)
        refreshed += result.measures
        if result.status is RefreshStatus.REBUILT:
            _log.info("portfolio figures rebuilt", measures=result.measures)
        if result.status in {RefreshStatus.BUSY, RefreshStatus.DONE}:
            break
    return refreshed


def service_settings(active: ActiveMapping) -> ServiceSettings:
    """The settings of the active mapping on which the figures of services depend."""
    config = active.config
    off = tuple(sorted(active.policies.base.off))
    return ServiceSettings(
        config.reporting_currency,
        config.policy.rate_age_days,
        off,
        tuple(stated_services(config)),
        tuple(stated_objectives(config)),
        tuple(sorted({rule.connection for rule in config.services_from})),
    )


def roll_up_settings(
    active: ActiveMapping, now: datetime, closed_months: ClosedMonths = NO_CLOSED_MONTHS
) -> RollUpSettings:
    """The settings of the active mapping on which figures depend, in the fiscal year of a moment."""
    config = active.config
    year = FiscalYear.of(now.date(), config.fiscal_year_start, YearName(config.fiscal_year_named_by))
    closed = Period.of(now.date()).plus(-1)
    return RollUpSettings(
        config.reporting_currency,
        year,
        closed,
        active.policies.base.weights,
        active.policies.committed_from,
        config.policy.rate_age_days,
        closed_months,
        {stage.key: stage.label for stage in active.policies.base.stages},
    )


def jitter() -> float:
    """A factor around 1 that keeps workers from coming back at once."""
    return random.uniform(0.7, 1.3)  # noqa: S311 - spreads retries, guards nothing


def build_sweeper(
    services: Services, clock: Clock = system_clock, lease: Lease = UNLEASED
) -> tuple[SqlSweeps, Sweeper]:
    """What a sweep needs; the worker's task and ``gatepost sync`` do the same."""
    settings = services.settings
    sweeps = SqlSweeps(services.engine, services.waker)
    return sweeps, Sweeper(sweeps, clock, timedelta(minutes=settings.sweep_minutes), settings.full_sweep_hour, lease)
