"""A worker that may not go on sends no more events, and leaves them to the next worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from connector.notify.delivery import DeliveryResult, EventDelivery, EventNotifier, Receiver
from connector.notify.webhook_sender import Accepted
from connector.sync.lease import LeaseState

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
TOKEN = uuid4()


@dataclass
class FakeLease:
    states: list[LeaseState]

    def state(self, token: UUID | None = None) -> LeaseState:
        assert token == TOKEN
        return self.states.pop(0)


@dataclass
class FakeDeliveries:
    """Three events for one receiver, and their outcomes."""

    sent: list[int] = field(default_factory=list)
    released: list[int] = field(default_factory=list)

    def claim(self, subscription: int, now: datetime) -> tuple[Receiver, Sequence[EventDelivery]]:
        receiver = Receiver(1, "bot", "https://bot.example", ("whsec_c2VjcmV0c2VjcmV0c2VjcmV0",), None, 0, None)
        return receiver, [EventDelivery(number, TOKEN, uuid4(), "gate.blocked", "{}", 1) for number in (1, 2, 3)]

    def record_accepted(self, delivery: EventDelivery, response: Accepted, now: datetime) -> None:
        self.sent.append(delivery.id)

    def record_failure(self, *_: object) -> None:
        raise AssertionError("every event is accepted")

    def disable_subscription(self, *_: object) -> None:
        raise AssertionError("every event is accepted")

    def release(self, deliveries: Sequence[EventDelivery]) -> None:
        self.released += [delivery.id for delivery in deliveries]

    def post(self, url: str, body: str, headers: Mapping[str, str]) -> Accepted:
        return Accepted(204, {}, "")


@pytest.mark.parametrize(
    ("lease_state", "result", "released"),
    [
        pytest.param(LeaseState.STOPPING, DeliveryResult.INTERRUPTED, [2, 3], id="asked to stop"),
        pytest.param(
            LeaseState.EXPIRING, DeliveryResult.DONE, [2, 3], id="its lease nearly over: they are claimed again"
        ),
        pytest.param(LeaseState.LOST, DeliveryResult.INTERRUPTED, [], id="cut off: the database is not even asked"),
    ],
)
def test_sending_stops_between_two_events(lease_state: LeaseState, result: DeliveryResult, released: list[int]) -> None:
    deliveries = FakeDeliveries()
    lease = FakeLease([LeaseState.VALID, lease_state])
    notifier = EventNotifier(deliveries, deliveries, lambda: NOW, lambda: 1.0, lease)  # type: ignore[arg-type]
    assert notifier.run(1) is result
    assert (deliveries.sent, deliveries.released) == ([1], released)
