"""A worker that may not go on sends no more events, and leaves them to the next one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from connector.notify.delivery import Delivery, Notifier, Receiver, Round
from connector.notify.webhook_sender import Taken
from connector.sync.lease import Grip

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
TOKEN = uuid4()


@dataclass
class Hands:
    grips: list[Grip]

    def grip(self, token: UUID | None = None) -> Grip:
        assert token == TOKEN
        return self.grips.pop(0)


@dataclass
class Events:
    """Three for one receiver, and what became of them."""

    sent: list[int] = field(default_factory=list)
    back: list[int] = field(default_factory=list)

    def claim(self, subscription: int, now: datetime) -> tuple[Receiver, Sequence[Delivery]]:
        receiver = Receiver(1, "bot", "https://bot.example", ("whsec_c2VjcmV0c2VjcmV0c2VjcmV0",), None, 0, None)
        return receiver, [Delivery(number, TOKEN, uuid4(), "gate.blocked", "{}", 1) for number in (1, 2, 3)]

    def taken(self, delivery: Delivery, answer: Taken, now: datetime) -> None:
        self.sent.append(delivery.id)

    def not_taken(self, *_: object) -> None:
        raise AssertionError("every one is taken")

    def switch_off(self, *_: object) -> None:
        raise AssertionError("every one is taken")

    def give_back(self, deliveries: Sequence[Delivery]) -> None:
        self.back += [delivery.id for delivery in deliveries]

    def post(self, url: str, body: str, headers: Mapping[str, str]) -> Taken:
        return Taken(204, {}, "")


@pytest.mark.parametrize(
    ("grip", "ended", "back"),
    [
        pytest.param(Grip.STOPPING, Round.HELD, [2, 3], id="asked to stop"),
        pytest.param(Grip.LATE, Round.DONE, [2, 3], id="its lease nearly over: they are claimed again"),
        pytest.param(Grip.LOST, Round.HELD, [], id="cut off: the database is not even asked"),
    ],
)
def test_events_end_between_two_of_them(grip: Grip, ended: Round, back: list[int]) -> None:
    events = Events()
    notifier = Notifier(events, events, lambda: NOW, lambda: 1.0, Hands([Grip.FIRM, grip]))  # type: ignore[arg-type]
    assert notifier.run(1) is ended
    assert (events.sent, events.back) == ([1], back)
