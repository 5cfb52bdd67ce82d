"""Pauses: one without an end is reported once, whichever worker meets the problem; one with an end raises no alert."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text
from structlog.testing import capture_logs

from connector.errors import ConfigurationError
from connector.http.allowed_hosts import HostRules
from connector.notify.measure_events import EventType
from connector.notify.subscription_filter import SubscriptionFilter
from connector.store.notifications.subscriptions import Subscriptions
from connector.vault import Vault
from tests.connector.store.conftest import JIRA, StoreFixture

REFUSED = "jira-main does not accept the credentials (401). Renew them with: gatepost connection add"


def paused_row(store: StoreFixture) -> Any:
    return store.rows("SELECT paused_at, paused_until, paused_reason FROM connection")[0]


def audit_entries(store: StoreFixture) -> list[tuple[str, str, str]]:
    """The audit of the connection: who, what, which text."""
    rows = store.rows(
        "SELECT actor, action, detail ->> 'text' AS text FROM audit WHERE subject = 'jira-main' ORDER BY seq"
    )
    return [(row.actor, row.action, row.text) for row in rows]


def settle(store: StoreFixture) -> None:
    """Nobody goes by what was read before the resume any more."""
    with store.engine.begin() as transaction:
        transaction.execute(text("UPDATE connection SET resumed_at = resumed_at - interval '1 minute'"))


def alerts(store: StoreFixture) -> list[tuple[str, bool]]:
    rows = store.rows("SELECT kind, ended_at IS NULL AS open FROM alert ORDER BY id")
    return [(row.kind, row.open) for row in rows]


def subscribe(store: StoreFixture, name: str, wanted: SubscriptionFilter) -> None:
    office = Subscriptions(store.engine, Vault(Fernet.generate_key()), HostRules())
    office.add(name, "https://hooks.acme.example/gatepost", wanted, author="tests")


def test_many_workers_at_the_same_wall_make_one_pause_and_tell_it_once(store: StoreFixture) -> None:
    with capture_logs() as logs, ThreadPoolExecutor(8) as workers:
        for number in range(40):
            workers.submit(store.connections.pause, JIRA, f"{REFUSED} #{number % 4}", None)
    row = paused_row(store)
    assert row.paused_until is None
    assert audit_entries(store) == [("gatepost", "connection.paused", f"jira-main is paused: {row.paused_reason}")]
    assert alerts(store) == [("paused", True)]
    assert [(one["event"], one["log_level"], one["why"]) for one in logs] == [
        ("connection paused", "error", row.paused_reason)
    ]


def test_a_pause_stays_as_it_began_whatever_fails_meanwhile(store: StoreFixture) -> None:
    store.connections.pause(JIRA, REFUSED, None)
    before = paused_row(store)
    store.connections.pause(JIRA, "another wall", None)
    store.connections.pause(JIRA, "429: too many calls", 0)
    assert paused_row(store) == before
    assert store.connections.pause_reason(JIRA) == REFUSED


def test_a_limit_of_the_tool_ends_by_itself_and_alarms_nobody(store: StoreFixture) -> None:
    store.connections.pause(JIRA, "429: the longer one", 600)
    first = paused_row(store)
    store.connections.pause(JIRA, "429: a shorter one", 5)
    assert (paused_row(store).paused_at, paused_row(store).paused_until) == (first.paused_at, first.paused_until)
    assert store.connections.pause_reason(JIRA) == "429: a shorter one"
    assert (audit_entries(store), alerts(store)) == ([], [])


def test_a_wall_behind_a_limit_is_a_pause_of_its_own(store: StoreFixture) -> None:
    store.connections.pause(JIRA, "429", 600)
    store.connections.pause(JIRA, REFUSED, None)
    assert (paused_row(store).paused_until, paused_row(store).paused_reason) == (None, REFUSED)
    assert alerts(store) == [("paused", True)]


def test_a_resume_is_reported_with_the_person_who_did_it(store: StoreFixture) -> None:
    store.connections.pause(JIRA, REFUSED, None)
    assert store.connections.resume(JIRA, by="perez@acme.example")
    assert not store.connections.resume(JIRA, by="perez@acme.example")
    assert audit_entries(store)[1:] == [("perez@acme.example", "connection.resumed", "jira-main is in use again.")]
    assert alerts(store) == [("paused", False), ("resumed", False)]
    settle(store)
    store.connections.pause(JIRA, REFUSED, None)
    assert alerts(store)[2:] == [("paused", True)], "the next pause is reported anew"


def test_a_refusal_of_the_former_credentials_does_not_stop_a_connection_that_was_just_resumed(
    store: StoreFixture,
) -> None:
    record = store.connections.get(JIRA)
    assert record is not None
    store.connections.pause(JIRA, REFUSED, None)
    store.connections.save(replace(record, credential="new"))
    store.connections.pause(JIRA, REFUSED, None)
    assert store.connections.pause_reason(JIRA) is None, "a worker that had read the old ones comes late"
    settle(store)
    store.connections.pause(JIRA, REFUSED, None)
    assert store.connections.pause_reason(JIRA) == REFUSED, "the new ones are refused as well"


def test_saving_new_credentials_ends_a_pause_and_says_so(store: StoreFixture) -> None:
    record = store.connections.get(JIRA)
    assert record is not None
    store.connections.save(replace(record, credential="other"), by="perez@acme.example")
    saved = ("perez@acme.example", "connection.saved", "jira-main at https://acme.example was changed: credential.")
    assert audit_entries(store) == [saved], "a change of a connection that is in use is no resume"
    store.connections.pause(JIRA, REFUSED, None)
    store.connections.save(replace(record, credential="new"), by="perez@acme.example")
    assert store.connections.pause_reason(JIRA) is None
    resumed = ("perez@acme.example", "connection.resumed", "jira-main is in use again.")
    assert audit_entries(store)[2:] == [resumed, saved]


def test_a_limit_that_somebody_ended_is_in_the_audit_and_no_alarm(store: StoreFixture) -> None:
    store.connections.pause(JIRA, "429", 600)
    assert store.connections.resume(JIRA, by="perez@acme.example")
    assert [action for _, action, _ in audit_entries(store)] == ["connection.resumed"]
    assert alerts(store) == []


def test_only_subscriptions_that_name_connection_events_get_them(store: StoreFixture) -> None:
    subscribe(store, "everything", SubscriptionFilter())
    subscribe(store, "somewhere", SubscriptionFilter(frozenset({EventType.BLOCKED}), hierarchy=("IT",)))
    subscribe(store, "pager", SubscriptionFilter(frozenset({EventType.PAUSED, EventType.RESUMED, EventType.BLOCKED})))
    store.connections.pause(JIRA, REFUSED, None)
    store.connections.resume(JIRA, by="perez@acme.example")
    rows = store.rows(
        "SELECT s.name, d.event, d.connection, d.measure_id, d.body FROM subscription_delivery AS d "
        "JOIN subscription AS s ON s.id = d.subscription_id ORDER BY d.id"
    )
    assert [tuple(row)[:4] for row in rows] == [
        ("pager", "connection.paused", "jira-main", None),
        ("pager", "connection.resumed", "jira-main", None),
    ]
    paused, resumed = (json.loads(str(row.body)) for row in rows)
    since = paused["timestamp"]
    assert paused == {
        "type": "connection.paused", "version": 1, "timestamp": since,
        "data": {
            "connection": {"name": "jira-main", "tool": "jira", "url": "https://acme.example"},
            "reason": REFUSED, "since": since, "by": "gatepost",
        },
    }  # fmt: skip
    assert resumed["data"] == paused["data"] | {"by": "perez@acme.example"}
    assert resumed["timestamp"] > since


@pytest.mark.parametrize(
    "part", [{"hierarchy": ("IT",)}, {"legal_entity": "ACME AG"}], ids=["a place", "a legal entity"]
)
def test_an_event_that_concerns_no_measure_is_not_asked_for_with_a_part_of_them(
    store: StoreFixture, part: dict[str, Any]
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        subscribe(store, "pager", SubscriptionFilter(frozenset({EventType.PAUSED, EventType.BLOCKED}), **part))
    assert str(caught.value) == (
        "connection.paused concerns no measure, so it cannot be combined with a part of the hierarchy or legal entity. "
        "Leave both out, or add a separate subscription for it."
    )
    assert store.rows("SELECT 1 FROM subscription") == []
