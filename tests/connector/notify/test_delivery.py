"""From a committed verdict to a receiver: real database, real HTTP, and what is left in the tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from cryptography.fernet import Fernet

from connector.notify.allowed_hosts import Rules
from connector.notify.delivery import Notifier, Round
from connector.notify.measure_events import EventType
from connector.notify.subscription import Subscription
from connector.notify.subscription_filter import Filter
from connector.notify.webhook_sender import Sender
from connector.store.notifications.deliveries import KEPT, SqlDeliveries, replay, shown, wake_due_deliveries
from connector.store.notifications.subscriptions import Subscriptions
from connector.store.queue.workers import recover
from connector.vault import Vault
from mapping.load import Loaded
from tests.connector.notify.receiver import Receiver
from tests.connector.store.conftest import JIRA, Store, store
from tests.connector.store.reconcile.test_assessment_store import SHOWN, loaded, look
from tests.mapping.items import item

__all__ = ["loaded", "store"]

LOCAL = Rules(private=("127.0.0.1",), http=True)


@dataclass
class Office:
    """A store with a receiver, and a notifier whose clock the test moves."""

    store: Store
    loaded: Loaded
    vault: Vault
    receiver: Receiver
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    rules: Rules = LOCAL

    def subscriptions(self) -> Subscriptions:
        return Subscriptions(self.store.engine, self.vault, self.rules)

    def subscribe(self, name: str = "bot", wanted: Filter | None = None, **more: int) -> Subscription:
        return self.subscriptions().add(name, self.receiver.url, wanted or Filter(), author="tests", **more)

    def judge(self, **fields: object) -> None:
        look(self.store, self.loaded, item(SHOWN | fields))  # type: ignore[arg-type]

    def tell(self, name: str = "bot", worker: int = 1) -> list[Round]:
        """Run until nothing is due."""
        deliveries = SqlDeliveries(self.store.engine, self.vault, worker, 60, 20)
        notifier = Notifier(deliveries, Sender(self.rules, lambda: self.now), lambda: self.now, lambda: 1.0)
        number = self.subscriptions().get(name).id
        rounds = [notifier.run(number)]
        while rounds[-1] is Round.DONE:
            rounds.append(notifier.run(number))
        return rounds

    def rows(self) -> list[tuple[object, ...]]:
        found = self.store.rows("SELECT event, state, tries, status, reason FROM subscription_delivery ORDER BY id")
        return [tuple(row) for row in found]

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def office(store: Store, loaded: Loaded) -> Iterator[Office]:
    receiver = Receiver()
    yield Office(store, loaded, Vault(Fernet.generate_key()), receiver)
    receiver.stop()


def test_a_first_look_is_told_in_order_signed_and_once(office: Office) -> None:
    made = office.subscribe()
    office.judge()
    office.judge()
    assert office.rows() == [("stage.granted", "waiting", 0, None, None), ("gate.blocked", "waiting", 0, None, None)]
    office.tell()
    assert [event["type"] for event in office.receiver.events(made.secrets[0])] == ["stage.granted", "gate.blocked"]
    assert office.receiver.events(made.secrets[0])[1]["data"]["measure"]["key"] == "ITX-1"
    assert office.rows() == [("stage.granted", "done", 1, 204, None), ("gate.blocked", "done", 1, 204, None)]
    assert len(set(office.receiver.ids())) == 2


def test_without_a_subscriber_nothing_is_stored(office: Office) -> None:
    office.judge()
    assert office.rows() == []


def test_a_rolled_back_verdict_tells_nothing(office: Office) -> None:
    office.subscribe()
    with office.store.engine.begin() as connection:
        connection.exec_driver_sql("RESET ROLE")
        connection.exec_driver_sql("ALTER TABLE audit RENAME TO away")
    with pytest.raises(Exception, match="audit"):
        office.judge()
    assert office.rows() == []


def test_each_subscriber_gets_what_it_asked_for(office: Office) -> None:
    office.subscribe("granted", Filter(frozenset({EventType.GRANTED})))
    office.subscribe("elsewhere", Filter(place=("Branches",)))
    office.subscribe("here", Filter(place=("IT", "Cloud exit")))
    office.judge()
    found = office.store.rows(
        "SELECT s.name, d.event FROM subscription_delivery d JOIN subscription s ON s.id = d.subscription_id ORDER BY d.id"
    )
    assert [tuple(row) for row in found] == [
        ("granted", "stage.granted"), ("here", "stage.granted"), ("here", "gate.blocked"),
    ]  # fmt: skip


def test_a_failed_delivery_is_tried_again_with_the_same_id_and_holds_back_later_ones_of_its_measure(
    office: Office,
) -> None:
    office.subscribe()
    office.receiver.answers = [(500, {}), (204, {})]
    office.judge()
    assert office.tell()[-1] is Round.IDLE
    assert office.receiver.types() == ["stage.granted"]
    office.move(seconds=6)
    office.tell()
    assert office.receiver.types() == ["stage.granted", "stage.granted", "gate.blocked"]
    assert office.receiver.ids()[0] == office.receiver.ids()[1]
    assert [row[1:3] for row in office.rows()] == [("done", 2), ("done", 1)]


def test_events_of_a_connection_arrive_in_their_order_and_hold_no_measure_back(office: Office) -> None:
    by_name = frozenset({EventType.PAUSED, EventType.RESUMED, EventType.GRANTED})
    made = office.subscribe(wanted=Filter(by_name))
    office.receiver.answers = [(500, {}), (204, {})]
    office.store.connections.pause(JIRA, "401", None)
    office.store.connections.resume(JIRA, by="perez@acme.example")
    office.judge()
    office.move(seconds=1)
    office.tell()
    assert office.receiver.types() == ["connection.paused", "stage.granted"]
    office.move(seconds=6)
    office.tell()
    assert office.receiver.types() == ["connection.paused", "stage.granted", "connection.paused", "connection.resumed"]
    assert [row[1] for row in office.rows()] == ["done", "done", "done"]
    paused, *_ = office.receiver.events(made.secrets[0])
    assert paused["data"]["connection"] == {"name": "jira-main", "tool": "jira", "url": "https://acme.example"}
    with office.store.engine.connect() as connection:
        about = [(one.event, one.key, one.connection) for one in shown(connection, made.id)]
    assert about == [
        ("stage.granted", "ITX-1", None), ("connection.resumed", None, "jira-main"),
        ("connection.paused", None, "jira-main"),
    ]  # fmt: skip


def test_a_receiver_that_asks_to_wait_is_left_alone_that_long(office: Office) -> None:
    office.subscribe()
    office.receiver.answers = [(429, {"Retry-After": "120"}), (204, {})]
    office.judge()
    assert office.tell() == [Round.CLOSED]
    office.move(seconds=119)
    assert office.tell() == [Round.IDLE]
    office.move(seconds=2)
    office.tell()
    assert [row[1:3] for row in office.rows()] == [("done", 1), ("done", 1)]


def test_an_address_that_nobody_answers_at_costs_no_tries(office: Office) -> None:
    office.subscribe()
    office.judge()
    office.receiver.stop()
    for _ in range(3):
        assert office.tell() == [Round.CLOSED]
        office.move(minutes=10)
    (first, second) = office.rows()
    assert (first[1], first[2], second[1]) == ("waiting", 0, "waiting")
    assert first[4] == "127.0.0.1 cannot be reached (NewConnectionError)"
    assert office.subscriptions().get("bot").state(office.now).startswith("failing since ")


def test_what_nothing_took_for_days_is_switched_off_told_and_can_be_taken_up_again(office: Office) -> None:
    office.subscribe()
    office.receiver.answers = [(500, {})]
    office.judge()
    office.tell()
    office.move(days=3, minutes=1)
    assert office.tell() == [Round.CLOSED]
    stands = office.subscriptions().get("bot").state(office.now)
    assert stands.endswith("UTC: nothing was taken for 3 days; at last: 127.0.0.1 answered 500")
    assert [row[1] for row in office.rows()] == ["parked", "parked"]
    assert office.rows()[0][4] == "the subscription was switched off"
    (entry,) = office.store.rows("SELECT actor, subject, detail FROM audit WHERE action = 'subscription.switched_off'")
    assert (entry.actor, entry.subject) == ("gatepost", "subscription bot")
    assert entry.detail == {"reason": "nothing was taken for 3 days; at last: 127.0.0.1 answered 500", "parked": 2}
    office.judge(Assignee=None)
    assert len(office.rows()) == 2, "nothing is stored for one that is off"
    office.receiver.answers = [(204, {})]
    office.subscriptions().resume("bot", "tests")
    number = office.subscriptions().get("bot").id
    assert replay(office.store.engine, office.store.waker, number, None, office.now) == 2
    office.tell()
    assert [row[1] for row in office.rows()] == ["done", "done"]


def test_gone_is_gone_at_once(office: Office) -> None:
    office.subscribe()
    office.receiver.answers = [(410, {})]
    office.judge()
    office.tell()
    assert office.subscriptions().get("bot").off_reason == "the receiver answered 410: this address is gone"


def test_a_redirect_is_not_followed(office: Office) -> None:
    office.subscribe()
    office.receiver.answers = [(307, {"Location": "http://169.254.169.254/latest"})]
    office.judge()
    office.tell()
    assert len(office.receiver.got) == 1
    assert office.rows()[0][4] == (
        "127.0.0.1 answered 307 (to http://169.254.169.254/latest); redirects are not followed: subscribe that address"
    )


def test_an_address_that_is_no_longer_allowed_parks_its_events(office: Office) -> None:
    office.subscribe()
    office.judge()
    office.rules = Rules(http=True)
    office.tell()
    assert office.receiver.got == []
    assert office.rows()[0][1] == "parked"
    assert str(office.rows()[0][4]).startswith("127.0.0.1 leads to 127.0.0.1, which is no public address.")


def test_a_receiver_gets_no_more_than_it_takes_in_a_minute(office: Office) -> None:
    office.subscribe(per_minute=1)
    office.judge()
    office.tell()
    assert len(office.receiver.got) == 1
    office.move(seconds=61)
    office.tell()
    assert len(office.receiver.got) == 2


def test_a_rotated_secret_and_the_one_before_both_check(office: Office) -> None:
    first = office.subscribe()
    second = office.subscriptions().rotate("bot", "tests", office.now)
    office.judge()
    office.tell()
    assert first.secrets[0] != second.secrets[0]
    assert office.receiver.events(first.secrets[0]) == office.receiver.events(second.secrets[0])
    (row,) = office.store.rows("SELECT secrets FROM subscription")
    assert b"whsec" not in b"".join(bytes(sealed) for sealed in row.secrets)


def test_the_claims_of_a_worker_that_died_are_taken_back(office: Office) -> None:
    office.subscribe()
    office.judge()
    number = office.subscriptions().get("bot").id
    assert SqlDeliveries(office.store.engine, office.vault, 77, 60, 20).claim(number, office.now) is not None
    assert office.tell() == [Round.IDLE], "one worker at a time serves a receiver"
    recover(office.store.engine, office.store.waker, me=1)
    office.tell()
    assert [row[1] for row in office.rows()] == ["done", "done"]


def test_due_deliveries_wake_a_worker_and_old_ones_are_forgotten(office: Office) -> None:
    office.subscribe()
    office.judge()
    assert f"notify:{office.subscriptions().get('bot').id}" in office.store.queued
    office.tell()
    wake_due_deliveries(office.store.engine, office.store.waker, office.now + KEPT + timedelta(minutes=1))
    assert office.rows() == []


def test_removing_a_subscription_takes_its_deliveries_and_leaves_the_audit(office: Office) -> None:
    office.subscribe()
    office.judge()
    office.subscriptions().remove("bot", "tests")
    assert office.rows() == []
    actions = [row.action for row in office.store.rows("SELECT action FROM audit WHERE subject = 'subscription bot'")]
    assert actions == ["subscription.added", "subscription.removed"]


def test_money_travels_as_text(office: Office) -> None:
    made = office.subscribe()
    office.judge(**{"Planned benefit": Decimal("1000.10")})
    office.tell()
    (_, blocked) = office.receiver.events(made.secrets[0])
    assert blocked["data"]["figures"]["plan"] == {"amount": "600.10", "currency": "EUR"}
