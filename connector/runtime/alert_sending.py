"""Sees what somebody has to be told, and tells it: once, by every messenger of ``GATEPOST_ALERTS``."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from connector.bootstrap import Services
from connector.errors import ConfigurationError
from connector.notify.alerts import AlertKind, again, compose, has_caught_up, is_late
from connector.notify.digest import Message
from connector.store.notifications.alerts import Alerts, Claimed
from connector.store.queue.backlog import age

LASTING = frozenset({AlertKind.PAUSED, AlertKind.BACKLOG})
"""Told as something that is so; when it is over before anybody could be told, what follows says it all."""

CAUSES_SECONDS = 300.0
"""How often causes are looked at: with 100,000 things parked that takes the database two seconds."""

_log = structlog.get_logger(__name__)


class Messengers(Protocol):
    """The messengers of the settings, each under the name that may be shown."""

    @property
    def names(self) -> tuple[str, ...]:
        """Raises ConfigurationError when an address is none."""

    def send(self, name: str, title: str, body: str) -> bool:
        """Whether it was taken."""


@dataclass
class Watch:
    """Raises what no single place in the flow can see."""

    services: Services
    monotonic: Callable[[], float] = time.monotonic
    _causes_due: float = field(default=float("-inf"), init=False)

    def look(self) -> None:
        """Events that wait too long; now and then, many things that are parked for one cause."""
        alerts = Alerts(self.services.engine)
        self._late_events(alerts)
        if self.monotonic() >= self._causes_due:
            self._causes_due = self.monotonic() + CAUSES_SECONDS
            for cause in alerts.great_causes():
                if alerts.grown(cause):
                    _log.error(
                        "many parked for one cause", connection=cause.connection, things=cause.count, why=cause.told
                    )

    def _late_events(self, alerts: Alerts) -> None:
        stopped, limit = alerts.stopped(), float(self.services.settings.backlog_seconds)
        for record in self.services.connections.all():
            waited = age(self.services.engine, record.name)
            # While a connection is paused its events wait by intent, and that has been told.
            if is_late(waited, limit) and record.name not in stopped:
                if alerts.late(record.name, waited, limit):
                    _log.error("events wait too long", connection=record.name, seconds=int(waited))
            elif has_caught_up(waited, limit) and alerts.in_time(record.name):
                _log.info("events are worked on in time again", connection=record.name)


def send_due(services: Services, messengers: Messengers) -> int:
    """Send every alert that is due; returns how many went out to all messengers."""
    alerts, sent = Alerts(services.engine), 0
    while (claimed := alerts.claim()) is not None:
        sent += _send(services, alerts, messengers, claimed)
    return sent


def _send(services: Services, alerts: Alerts, messengers: Messengers, claimed: Claimed) -> bool:
    alert = claimed.alert
    try:
        names = messengers.names
    except ConfigurationError as error:
        _not_sent(alerts, claimed, f"GATEPOST_ALERTS: {error}")
        return False
    if not names:
        alerts.settle(claimed, "dropped", "GATEPOST_ALERTS is not set")
        return False
    if claimed.ended and alert.kind in LASTING:
        alerts.settle(claimed, "dropped", "it was over before anybody could be told")
        return False
    message = compose(alert, alerts.situation(alert, services.settings.address))
    failed = [
        name for name in names if name not in claimed.told and not _taken(alerts, messengers, claimed, name, message)
    ]
    if failed:
        _not_sent(alerts, claimed, f"not taken by {', '.join(failed)}")
        return False
    alerts.settle(claimed, "sent")
    _log.info("alert sent", kind=alert.kind.value, subject=alert.subject)
    return True


def _taken(alerts: Alerts, messengers: Messengers, claimed: Claimed, name: str, message: Message) -> bool:
    """Recorded for each messenger, so that one that fails has the others told nothing twice."""
    try:
        if not messengers.send(name, message.title, message.body):
            return False
    except Exception as error:  # noqa: BLE001 - a library's fault on one address must not keep the others untold
        _log.warning("alert not sent", to=name, error=type(error).__name__)
        return False
    alerts.taken(claimed, name)
    return True


def _not_sent(alerts: Alerts, claimed: Claimed, why: str) -> None:
    wait = again(claimed.tries)
    _log.error(
        "alert not sent", kind=claimed.alert.kind.value, subject=claimed.alert.subject, why=why, tries=claimed.tries
    )
    if wait is None:
        alerts.settle(claimed, "failed", why)
    else:
        alerts.put_off(claimed, wait, why)
