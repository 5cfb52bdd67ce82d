"""Deliveries to their receiver: one batch for one subscription, in order, each result recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

import structlog

from connector.notify.retry_schedule import DeliveryFailure, DisableSubscription, RetryDelivery, StopRetrying, next_step
from connector.notify.signing import secrets_in_use, signature_headers
from connector.notify.webhook_sender import Accepted, NotAccepted, WebhookSender
from connector.sync.lease import UNLEASED, Lease, LeaseState

_log = structlog.get_logger(__name__)


class DeliveryResult(StrEnum):
    """How one batch ended."""

    IDLE = "idle"
    """Nothing is due, or the address is closed for now."""
    DONE = "done"
    BACKED_OFF = "backed_off"
    """Nothing is sent to the address for a while, or for good."""
    INTERRUPTED = "interrupted"
    """The worker may not go on; what it has not sent is left to the next worker."""


@dataclass(frozen=True, slots=True)
class EventDelivery:
    """One event for one subscription, claimed by one worker."""

    id: int
    token: UUID
    message_id: UUID
    event: str
    body: str
    attempts: int
    """This one included."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where a subscription's events go, as stored at the moment of a claim."""

    id: int
    name: str
    url: str
    secrets: tuple[str, ...] = field(repr=False)
    rotated_at: datetime | None
    failures: int
    """Failures in a row."""
    failing_since: datetime | None


class Deliveries(Protocol):
    def claim(self, subscription: int, now: datetime) -> tuple[Receiver, Sequence[EventDelivery]] | None:
        """Claim what is due and may be sent now; ``None`` when there is nothing, or another worker has claimed it."""

    def record_accepted(self, delivery: EventDelivery, response: Accepted, now: datetime) -> None:
        """The receiver has it; the address works."""

    def record_failure(
        self, delivery: EventDelivery, response: NotAccepted, step: RetryDelivery | StopRetrying, now: datetime
    ) -> None:
        """Record a failed attempt and what follows for the delivery and its address."""

    def disable_subscription(self, delivery: EventDelivery, response: NotAccepted, reason: str, now: datetime) -> None:
        """Send nothing to this address any more; what waits becomes dead letters, and the audit records it."""

    def release(self, deliveries: Sequence[EventDelivery]) -> None:
        """These were not attempted."""


@dataclass(frozen=True, slots=True)
class EventNotifier:
    deliveries: Deliveries
    sender: WebhookSender
    clock: Callable[[], datetime]
    jitter: Callable[[], float]
    lease: Lease = UNLEASED

    def run(self, subscription: int) -> DeliveryResult:
        """Claim and send one batch."""
        claimed = self.deliveries.claim(subscription, self.clock())
        if claimed is None:
            return DeliveryResult.IDLE
        receiver, batch = claimed
        failures, since = receiver.failures, receiver.failing_since
        for position, delivery in enumerate(batch):
            lease_state = self.lease.state(delivery.token)
            if lease_state is not LeaseState.VALID:
                return self._release_rest(batch[position:], lease_state)
            now = self.clock()
            secrets = secrets_in_use(receiver.secrets, receiver.rotated_at, now)
            response = self.sender.post(
                receiver.url, delivery.body, signature_headers(delivery.message_id, delivery.body, secrets, now)
            )
            if isinstance(response, Accepted):
                self.deliveries.record_accepted(delivery, response, now)
                failures, since = 0, None
                _log.info("event delivered", subscription=receiver.name, type=delivery.event, status=response.status)
                continue
            failures, since = failures + 1, since or now
            if self._record_failure(receiver, delivery, response, failures, now - since, now):
                self.deliveries.release(batch[position + 1 :])
                return DeliveryResult.BACKED_OFF
        return DeliveryResult.DONE

    def _release_rest(self, rest: Sequence[EventDelivery], lease_state: LeaseState) -> DeliveryResult:
        """Release what was not sent; what another worker may have claimed already is released by the next tick."""
        _log.info("deliveries returned to queue", items=len(rest), why=lease_state.value)
        if lease_state is LeaseState.LOST:
            return DeliveryResult.INTERRUPTED
        self.deliveries.release(rest)
        return DeliveryResult.DONE if lease_state is LeaseState.EXPIRING else DeliveryResult.INTERRUPTED

    def _record_failure(
        self,
        receiver: Receiver,
        delivery: EventDelivery,
        response: NotAccepted,
        failures: int,
        failing_for: timedelta,
        now: datetime,
    ) -> bool:
        """Record it; returns whether nothing more is to be sent to the address now."""
        failure: DeliveryFailure = response.failure
        _log.warning(
            "event not delivered",
            subscription=receiver.name,
            type=delivery.event,
            attempts=delivery.attempts,
            status=failure.status,
            why=failure.reason,
        )
        step = next_step(failure, delivery.attempts, failures, failing_for, jitter=self.jitter())
        if isinstance(step, DisableSubscription):
            self.deliveries.disable_subscription(delivery, response, step.reason, now)
            return True
        self.deliveries.record_failure(delivery, response, step, now)
        return isinstance(step, RetryDelivery) and step.backoff_seconds > 0
