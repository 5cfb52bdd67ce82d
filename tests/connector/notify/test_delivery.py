"""From a committed verdict to a receiver: real database, real HTTP, and the rows in the tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from cryptography.fernet import Fernet

from connector.http.allowed_hosts import HostRules
from connector.notify.delivery import DeliveryResult, EventNotifier
from connector.notify.measure_events import EventType
from connector.notify.subscription import Subscription
from connector.notify.subscription_filter import SubscriptionFilter
from connector.notify.webhook_sender import WebhookSender
from connector.store.notifications.deliveries import (
    RETENTION,
    SqlDeliveries,
    find_deliveries,
    replay_for_subscription,
    wake_due_deliveries,
)
from connector.store.notifications.subscriptions import Subscriptions
from connector.store.queue.workers import take_back_claims
from connector.vault import Vault
from mapping.load import LoadedMapping
from tests.connector.notify.receiver import Receiver
from tests.connector.store.conftest import JIRA, StoreFixture, store
from tests.connector.store.reconcile.test_assessment_store import SHOWN, loaded, record_assessment
from tests.mapping.items import item

__all__ = ["loaded", "store"]

LOCAL = HostRules(private_networks=("127.0.0.1",), allow_http=True)


@dataclass
class Installation:
    """A store with a receiver, and a notifier whose clock the test moves."""

    store: StoreFixture
    loaded: LoadedMapping
    vault: Vault
    receiver: Receiver
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    rules: HostRules = LOCAL

    def subscriptions(self) -> Subscriptions:
        return Subscriptions(self.store.engine, self.vault, self.rules)

    def subscribe(self, name: str = "bot", event_filter: SubscriptionFilter | None = None, **more: int) -> Subscription:
        return self.subscriptions().add(
            name, self.receiver.url, event_filter or SubscriptionFilter(), author="tests", **more
        )

    def assess(self, **fields: object) -> None:
        record_assessment(self.store, self.loaded, item(SHOWN | fields))  # type: ignore[arg-type]

    def notify(self, name: str = "bot", worker: int = 1) -> list[DeliveryResult]:
        """Run until nothing is due."""
        deliveries = SqlDeliveries(self.store.engine, self.vault, worker, 60, 20)
        notifier = EventNotifier(deliveries, WebhookSender(self.rules, lambda: self.now), lambda: self.now, lambda: 1.0)
        number = self.subscriptions().get(name).id
        results = [notifier.run(number)]
        while results[-1] is DeliveryResult.DONE:
            results.append(notifier.run(number))
        return results

    def rows(self) -> list[tuple[object, ...]]:
        rows = self.store.rows("SELECT event, state, attempts, status, reason FROM subscription_delivery ORDER BY id")
        return [tuple(row) for row in rows]

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def installation(store: StoreFixture, loaded: LoadedMapping) -> Iterator[Installation]:
    receiver = Receiver()
    yield Installation(store, loaded, Vault(Fernet.generate_key()), receiver)
    receiver.stop()


def test_the_events_of_a_first_assessment_arrive_in_order_signed_and_once(installation: Installation) -> None:
    subscription = installation.subscribe()
    installation.assess()
    installation.assess()
    assert installation.rows() == [
        ("stage.granted", "waiting", 0, None, None),
        ("gate.blocked", "waiting", 0, None, None),
    ]
    installation.notify()
    assert [event["type"] for event in installation.receiver.events(subscription.secrets[0])] == [
        "stage.granted",
        "gate.blocked",
    ]
    assert installation.receiver.events(subscription.secrets[0])[1]["data"]["measure"]["key"] == "ITX-1"
    assert installation.rows() == [("stage.granted", "done", 1, 204, None), ("gate.blocked", "done", 1, 204, None)]
    assert len(set(installation.receiver.ids())) == 2


def test_without_a_subscriber_nothing_is_stored(installation: Installation) -> None:
    installation.assess()
    assert installation.rows() == []


def test_a_rolled_back_verdict_sends_nothing(installation: Installation) -> None:
    installation.subscribe()
    with installation.store.engine.begin() as connection:
        connection.exec_driver_sql("RESET ROLE")
        connection.exec_driver_sql("ALTER TABLE audit RENAME TO away")
    with pytest.raises(Exception, match="audit"):
        installation.assess()
    assert installation.rows() == []


def test_each_subscriber_gets_the_events_of_its_filter(installation: Installation) -> None:
    installation.subscribe("granted", SubscriptionFilter(frozenset({EventType.GRANTED})))
    installation.subscribe("elsewhere", SubscriptionFilter(hierarchy=("Branches",)))
    installation.subscribe("here", SubscriptionFilter(hierarchy=("IT", "Cloud exit")))
    installation.assess()
    rows = installation.store.rows(
        "SELECT s.name, d.event FROM subscription_delivery d JOIN subscription s ON s.id = d.subscription_id ORDER BY d.id"
    )
    assert [tuple(row) for row in rows] == [
        ("granted", "stage.granted"), ("here", "stage.granted"), ("here", "gate.blocked"),
    ]  # fmt: skip


def test_a_failed_delivery_is_tried_again_with_the_same_id_and_holds_back_later_ones_of_its_measure(
    installation: Installation,
) -> None:
    installation.subscribe()
    installation.receiver.responses = [(500, {}), (204, {})]
    installation.assess()
    assert installation.notify()[-1] is DeliveryResult.IDLE
    assert installation.receiver.types() == ["stage.granted"]
    installation.move(seconds=6)
    installation.notify()
    assert installation.receiver.types() == ["stage.granted", "stage.granted", "gate.blocked"]
    assert installation.receiver.ids()[0] == installation.receiver.ids()[1]
    assert [row[1:3] for row in installation.rows()] == [("done", 2), ("done", 1)]


def test_events_of_a_connection_arrive_in_their_order_and_hold_no_measure_back(installation: Installation) -> None:
    by_name = frozenset({EventType.PAUSED, EventType.RESUMED, EventType.GRANTED})
    subscription = installation.subscribe(event_filter=SubscriptionFilter(by_name))
    installation.receiver.responses = [(500, {}), (204, {})]
    installation.store.connections.pause(JIRA, "401", None)
    installation.store.connections.resume(JIRA, by="perez@acme.example")
    installation.assess()
    installation.move(seconds=1)
    installation.notify()
    assert installation.receiver.types() == ["connection.paused", "stage.granted"]
    installation.move(seconds=6)
    installation.notify()
    assert installation.receiver.types() == [
        "connection.paused",
        "stage.granted",
        "connection.paused",
        "connection.resumed",
    ]
    assert [row[1] for row in installation.rows()] == ["done", "done", "done"]
    paused, *_ = installation.receiver.events(subscription.secrets[0])
    assert paused["data"]["connection"] == {"name": "jira-main", "tool": "jira", "url": "https://acme.example"}
    with installation.store.engine.connect() as connection:
        about = [
            (delivery.event, delivery.key, delivery.connection)
            for delivery in find_deliveries(connection, subscription.id)
        ]
    assert about == [
        ("stage.granted", "ITX-1", None), ("connection.resumed", None, "jira-main"),
        ("connection.paused", None, "jira-main"),
    ]  # fmt: skip


def test_a_receiver_that_asks_to_wait_gets_nothing_for_that_long(installation: Installation) -> None:
    installation.subscribe()
    installation.receiver.responses = [(429, {"Retry-After": "120"}), (204, {})]
    installation.assess()
    assert installation.notify() == [DeliveryResult.BACKED_OFF]
    installation.move(seconds=119)
    assert installation.notify() == [DeliveryResult.IDLE]
    installation.move(seconds=2)
    installation.notify()
    assert [row[1:3] for row in installation.rows()] == [("done", 1), ("done", 1)]


def test_an_unreachable_address_costs_no_attempts(installation: Installation) -> None:
    installation.subscribe()
    installation.assess()
    installation.receiver.stop()
    for _ in range(3):
        assert installation.notify() == [DeliveryResult.BACKED_OFF]
        installation.move(minutes=10)
    (first, second) = installation.rows()
    assert (first[1], first[2], second[1]) == ("waiting", 0, "waiting")
    assert first[4].startswith("nothing listens at 127.0.0.1, port ")
    assert installation.subscriptions().get("bot").state(installation.now).startswith("failing since ")


def test_a_subscription_that_failed_for_days_is_disabled_recorded_and_can_be_enabled_again(
    installation: Installation,
) -> None:
    installation.subscribe()
    installation.receiver.responses = [(500, {})]
    installation.assess()
    installation.notify()
    installation.move(days=3, minutes=1)
    assert installation.notify() == [DeliveryResult.BACKED_OFF]
    state = installation.subscriptions().get("bot").state(installation.now)
    assert state.endswith("UTC: nothing was accepted for 3 days; last error: 127.0.0.1 answered 500")
    assert [row[1] for row in installation.rows()] == ["dead_letter", "dead_letter"]
    assert installation.rows()[0][4] == "the subscription was disabled"
    (entry,) = installation.store.rows(
        "SELECT actor, subject, detail FROM audit WHERE action = 'subscription.disabled'"
    )
    assert (entry.actor, entry.subject) == ("gatepost", "subscription bot")
    assert entry.detail == {
        "reason": "nothing was accepted for 3 days; last error: 127.0.0.1 answered 500",
        "dead_letters": 2,
    }
    installation.assess(Assignee=None)
    assert len(installation.rows()) == 2, "nothing is stored for a disabled subscription"
    installation.receiver.responses = [(204, {})]
    installation.subscriptions().enable("bot", "tests")
    number = installation.subscriptions().get("bot").id
    assert (
        replay_for_subscription(installation.store.engine, installation.store.waker, number, None, installation.now)
        == 2
    )
    installation.notify()
    assert [row[1] for row in installation.rows()] == ["done", "done"]


def test_an_answer_of_gone_disables_at_once(installation: Installation) -> None:
    installation.subscribe()
    installation.receiver.responses = [(410, {})]
    installation.assess()
    installation.notify()
    assert installation.subscriptions().get("bot").disabled_reason == "the receiver answered 410: this address is gone"


def test_a_redirect_is_not_followed(installation: Installation) -> None:
    installation.subscribe()
    installation.receiver.responses = [(307, {"Location": "http://169.254.169.254/latest"})]
    installation.assess()
    installation.notify()
    assert len(installation.receiver.received) == 1
    assert installation.rows()[0][4] == (
        "127.0.0.1 answered 307 (to http://169.254.169.254/latest); redirects are not followed: subscribe that address"
    )


def test_events_for_an_address_that_is_no_longer_allowed_are_dead_letters(installation: Installation) -> None:
    installation.subscribe()
    installation.assess()
    installation.rules = HostRules(allow_http=True)
    installation.notify()
    assert installation.receiver.received == []
    assert installation.rows()[0][1] == "dead_letter"
    assert str(installation.rows()[0][4]).startswith("127.0.0.1 is no public address.")


def test_a_receiver_gets_no_more_than_its_limit_in_a_minute(installation: Installation) -> None:
    installation.subscribe(per_minute=1)
    installation.assess()
    installation.notify()
    assert len(installation.receiver.received) == 1
    installation.move(seconds=61)
    installation.notify()
    assert len(installation.receiver.received) == 2


def test_a_rotated_secret_and_the_previous_one_both_verify(installation: Installation) -> None:
    first = installation.subscribe()
    second = installation.subscriptions().rotate_secret("bot", "tests", installation.now)
    installation.assess()
    installation.notify()
    assert first.secrets[0] != second.secrets[0]
    assert installation.receiver.events(first.secrets[0]) == installation.receiver.events(second.secrets[0])
    (row,) = installation.store.rows("SELECT secrets FROM subscription")
    assert b"whsec" not in b"".join(bytes(encrypted) for encrypted in row.secrets)


def test_the_claims_of_a_worker_that_died_are_taken_back(installation: Installation) -> None:
    installation.subscribe()
    installation.assess()
    number = installation.subscriptions().get("bot").id
    assert (
        SqlDeliveries(installation.store.engine, installation.vault, 77, 60, 20).claim(number, installation.now)
        is not None
    )
    assert installation.notify() == [DeliveryResult.IDLE], "one worker at a time serves a receiver"
    take_back_claims(installation.store.engine, installation.store.waker, worker=1)
    installation.notify()
    assert [row[1] for row in installation.rows()] == ["done", "done"]


def test_due_deliveries_wake_a_worker_and_old_ones_are_deleted(installation: Installation) -> None:
    installation.subscribe()
    installation.assess()
    assert f"notify:{installation.subscriptions().get('bot').id}" in installation.store.woken_tasks
    installation.notify()
    wake_due_deliveries(
        installation.store.engine, installation.store.waker, installation.now + RETENTION + timedelta(minutes=1)
    )
    assert installation.rows() == []


def test_removing_a_subscription_deletes_its_deliveries_and_leaves_the_audit(installation: Installation) -> None:
    installation.subscribe()
    installation.assess()
    installation.subscriptions().remove("bot", "tests")
    assert installation.rows() == []
    actions = [
        row.action for row in installation.store.rows("SELECT action FROM audit WHERE subject = 'subscription bot'")
    ]
    assert actions == ["subscription.added", "subscription.removed"]


def test_amounts_are_sent_as_text(installation: Installation) -> None:
    subscription = installation.subscribe()
    installation.assess(**{"Planned benefit": Decimal("1000.10")})
    installation.notify()
    (_, blocked) = installation.receiver.events(subscription.secrets[0])
    assert blocked["data"]["figures"]["plan"] == {"amount": "600.10", "currency": "EUR"}
