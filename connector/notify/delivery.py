"""Deliveries to their receiver: one batch for one subscription, in order, each result recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

import structlog

from connector.notify.retry_schedule import Again, Failure, Park, SwitchOff, after
from connector.notify.signing import headers_of, secrets_in_use
from connector.notify.webhook_sender import NotTaken, Sender, Taken
from connector.sync.lease import UNBOUND, Grip, Hold

_log = structlog.get_logger(__name__)


class Round(StrEnum):
    """How one batch ended."""

    IDLE = "idle"
    """Nothing is due, or the address is closed for now."""
    DONE = "done"
    CLOSED = "closed"
    """The address is left alone for a while, or for good."""
    HELD = "held"
    """The worker may not go on; what it has not sent is left to the next one."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one subscription, in one worker's hands."""

    id: int
    token: UUID
    message: UUID
    event: str
    body: str
    tries: int
    """This one included."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where a subscription's events go, as it stands at the moment of a claim."""

    id: int
    name: str
    url: str
    secrets: tuple[str, ...] = field(repr=False)
    rotated_at: datetime | None
    failures: int
    """Failures in a row."""
    failing_since: datetime | None


class Deliveries(Protocol):
    def claim(self, subscription: int, now: datetime) -> tuple[Receiver, Sequence[Delivery]] | None:
        """Take what is due and may be sent now; ``None`` when there is nothing, or another worker is at it."""

    def taken(self, delivery: Delivery, answer: Taken, now: datetime) -> None:
        """The receiver has it; the address is well."""

    def not_taken(self, delivery: Delivery, answer: NotTaken, step: Again | Park, now: datetime) -> None:
        """Record a failed try and what follows for the delivery and its address."""

    def switch_off(self, delivery: Delivery, answer: NotTaken, reason: str, now: datetime) -> None:
        """Send nothing to this address any more; what waits is parked, and the audit says so."""

    def give_back(self, deliveries: Sequence[Delivery]) -> None:
        """These were not tried."""


@dataclass(frozen=True, slots=True)
class Notifier:
    deliveries: Deliveries
    sender: Sender
    clock: Callable[[], datetime]
    jitter: Callable[[], float]
    hold: Hold = UNBOUND

    def run(self, subscription: int) -> Round:
        """Claim and send one batch."""
        claimed = self.deliveries.claim(subscription, self.clock())
        if claimed is None:
            return Round.IDLE
        receiver, batch = claimed
        failures, since = receiver.failures, receiver.failing_since
        for place, delivery in enumerate(batch):
            grip = self.hold.grip(delivery.token)
            if grip is not Grip.FIRM:
                return self._let_go(batch[place:], grip)
            now = self.clock()
            secrets = secrets_in_use(receiver.secrets, receiver.rotated_at, now)
            answer = self.sender.post(
                receiver.url, delivery.body, headers_of(delivery.message, delivery.body, secrets, now)
            )
            if isinstance(answer, Taken):
                self.deliveries.taken(delivery, answer, now)
                failures, since = 0, None
                _log.info("told", subscription=receiver.name, type=delivery.event, status=answer.status)
                continue
            failures, since = failures + 1, since or now
            if self._failed(receiver, delivery, answer, failures, now - since, now):
                self.deliveries.give_back(batch[place + 1 :])
                return Round.CLOSED
        return Round.DONE

    def _let_go(self, rest: Sequence[Delivery], grip: Grip) -> Round:
        """Give back what was not sent; what may be in other hands already is let go by the next tick."""
        _log.info("events put back", items=len(rest), why=grip.value)
        if grip is Grip.LOST:
            return Round.HELD
        self.deliveries.give_back(rest)
        return Round.DONE if grip is Grip.LATE else Round.HELD

    def _failed(
        self,
        receiver: Receiver,
        delivery: Delivery,
        answer: NotTaken,
        failures: int,
        failing_for: timedelta,
        now: datetime,
    ) -> bool:
        """Record it; tells whether the address is to be left alone."""
        failure: Failure = answer.failure
        _log.warning(
            "not told",
            subscription=receiver.name,
            type=delivery.event,
            tries=delivery.tries,
            status=failure.status,
            why=failure.reason,
        )
        step = after(failure, delivery.tries, failures, failing_for, jitter=self.jitter())
        if isinstance(step, SwitchOff):
            self.deliveries.switch_off(delivery, answer, step.reason, now)
            return True
        self.deliveries.not_taken(delivery, answer, step, now)
        return isinstance(step, Again) and step.closes > 0
