"""Raises alerts and sends them: once, through every messenger of ``GATEPOST_ALERTS``."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from connector.bootstrap import Services, system_clock
from connector.errors import ConfigurationError
from connector.notify.alerts import AlertKind, compose_alert, has_caught_up, is_backlog_too_old, retry_delay
from connector.notify.digest import Message
from connector.runtime.expiry_alerts import report_expiries
from connector.store.notifications.alerts import Alerts, ClaimedAlert
from connector.store.queue.backlog import oldest_age

LASTING_KINDS = frozenset({AlertKind.PAUSED, AlertKind.BACKLOG, AlertKind.EXPIRING})
"""Alerts about a lasting state; when it ends before the alert could be sent, the alert of its end is enough."""

CAUSE_CHECK_SECONDS = 300.0
"""How often causes are counted: with 100,000 dead letters that takes the database two seconds."""

_log = structlog.get_logger(__name__)


class AlertMessengers(Protocol):
    """The messengers of the settings, each under its masked name."""

    @property
    def names(self) -> tuple[str, ...]:
        """Raises ConfigurationError when an address is not valid."""

    def send(self, name: str, title: str, body: str) -> bool:
        """Whether the messenger accepted it."""


@dataclass
class AlertMonitor:
    """Raises alerts that need a view of the whole queue."""

    services: Services
    monotonic: Callable[[], float] = time.monotonic
    _next_cause_check: float = field(default=float("-inf"), init=False)

    def check(self) -> None:
        """Events that wait too long; at intervals, many dead letters of one cause."""
        alerts = Alerts(self.services.engine)
        self._check_backlog(alerts)
        if self.monotonic() >= self._next_cause_check:
            self._next_cause_check = self.monotonic() + CAUSE_CHECK_SECONDS
            report_expiries(self.services, system_clock())
            for cause in alerts.large_causes():
                if alerts.report_dead_letters(cause):
                    _log.error(
                        "many dead letters for one cause",
                        connection=cause.connection,
                        dead_letters=cause.count,
                        why=cause.reason,
                    )

    def _check_backlog(self, alerts: Alerts) -> None:
        stopped, limit = alerts.report_paused_connections(), float(self.services.settings.max_backlog_seconds)
        for record in self.services.connections.all():
            waited = oldest_age(self.services.engine, record.name)
            # While a connection is paused its events wait by intent, and an alert says so already.
            if is_backlog_too_old(waited, limit) and record.name not in stopped:
                if alerts.report_backlog(record.name, waited, limit):
                    _log.error("event backlog exceeded", connection=record.name, seconds=int(waited))
            elif has_caught_up(waited, limit) and alerts.clear_backlog(record.name):
                _log.info("event backlog recovered", connection=record.name)


def send_due_alerts(services: Services, messengers: AlertMessengers) -> int:
    """Send every alert that is due; returns how many went out to all messengers."""
    alerts, sent = Alerts(services.engine), 0
    while (claimed := alerts.claim()) is not None:
        sent += _send(services, alerts, messengers, claimed)
    return sent


def _send(services: Services, alerts: Alerts, messengers: AlertMessengers, claimed: ClaimedAlert) -> bool:
    alert = claimed.alert
    try:
        names = messengers.names
    except ConfigurationError as error:
        _record_failure(alerts, claimed, f"the addresses for alerts: {error}")
        return False
    if not names:
        alerts.settle(claimed, "dropped", "no address for alerts is set")
        return False
    if claimed.cause_ended and alert.kind in LASTING_KINDS:
        alerts.settle(claimed, "dropped", "it ended before the alert could be sent")
        return False
    message = compose_alert(alert, alerts.situation(alert, services.settings.address))
    failed = [
        name
        for name in names
        if name not in claimed.sent_to and not _send_to_messenger(alerts, messengers, claimed, name, message)
    ]
    if failed:
        _record_failure(alerts, claimed, f"not accepted by {', '.join(failed)}")
        return False
    alerts.settle(claimed, "sent")
    _log.info("alert sent", kind=alert.kind.value, subject=alert.subject)
    return True


def _send_to_messenger(
    alerts: Alerts, messengers: AlertMessengers, claimed: ClaimedAlert, name: str, message: Message
) -> bool:
    """Recorded for each messenger, so that one that fails does not make the others send twice."""
    try:
        if not messengers.send(name, message.title, message.body):
            return False
    except Exception as error:  # noqa: BLE001 - a library's fault on one address must not stop the other messengers
        _log.warning("alert not sent", to=name, error=type(error).__name__)
        return False
    alerts.record_sent(claimed, name)
    return True


def _record_failure(alerts: Alerts, claimed: ClaimedAlert, why: str) -> None:
    wait = retry_delay(claimed.attempts)
    _log.error(
        "alert not sent",
        kind=claimed.alert.kind.value,
        subject=claimed.alert.subject,
        why=why,
        attempts=claimed.attempts,
    )
    if wait is None:
        alerts.settle(claimed, "failed", why)
    else:
        alerts.postpone(claimed, wait, why)
