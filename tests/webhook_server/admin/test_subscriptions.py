"""``/subscriptions`` as an administrator meets it, from the empty page to a replay."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from connector.people.permissions import Role, RoleGrant
from connector.store.connections.connections import ConnectionRecord
from connector.store.notifications.event_recorder import record_audit_head
from mapping.work_item import ConnectionName, Tool
from tests.connector.notify.receiver import Receiver
from tests.webhook_server.visitor import FormBrowser, WebSite, page_text, site

FORM = {"name": "bot", "events": ["gate.blocked", "stage.granted"], "hierarchy": "IT / Cloud exit", "per_minute": "60"}


@pytest.fixture
def here(database: URL, tmp_path: Path) -> Iterator[WebSite]:
    with site(database, tmp_path, subscription_http=True, subscription_private_networks="127.0.0.1") as opened:
        yield opened


@pytest.fixture
def admin(here: WebSite) -> FormBrowser:
    return here.signed_in("admin", RoleGrant(Role.ADMINISTRATOR))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.stop()


def test_the_empty_page_teaches_the_next_step(admin: FormBrowser) -> None:
    text = page_text(admin.get("/subscriptions"))
    assert "No subscriptions yet. A receiver is one of your addresses:" in text
    assert "Add the first receiver" in text


def test_only_an_administrator_comes_here(here: WebSite) -> None:
    viewer = here.signed_in("viewer", RoleGrant(Role.VIEWER))
    assert viewer.get("/subscriptions").status_code == 403
    assert viewer.post("/subscriptions/new", FORM, page="/account").status_code == 403


def test_a_receiver_is_added_shown_once_tested_and_removed(admin: FormBrowser, receiver: Receiver) -> None:
    made = admin.post("/subscriptions/new", FORM | {"url": receiver.url}, page="/subscriptions/new")
    assert made.status_code == 200
    found = re.search(r"whsec_[A-Za-z0-9+/=]+", made.text)
    assert found is not None
    assert "whsec_" not in admin.get("/subscriptions/bot").text
    text = page_text(admin.get("/subscriptions"))
    assert "1 receiver gets events. No delivery waits." in text
    assert "gate.blocked, stage.granted IT / Cloud exit" in text
    tried = page_text(admin.post("/subscriptions/bot/test", page="/subscriptions/bot"))
    assert f"Accepted: the receiver answered 204. Request POST {receiver.url} Content-Type: application/json" in tried
    assert receiver.types() == ["test"]
    assert "The new secret, shown only now" in page_text(
        admin.post("/subscriptions/bot/rotate", page="/subscriptions/bot")
    )
    gone = admin.post("/subscriptions/bot/remove", page="/subscriptions/bot")
    assert gone.headers["Location"] == "/subscriptions"
    assert "bot is removed and receives nothing any more." in page_text(admin.get("/subscriptions"))
    assert admin.get("/subscriptions/bot").status_code == 404


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"url": "https://10.0.0.1:x/"}, "'https://10.0.0.1:x/' is not an address."),
        ({"name": "a b"}, "A subscription is named with letters, digits,"),
        ({"events": []}, "Choose at least one event."),
        ({"per_minute": "many"}, '"many" is not a number of events per minute.'),
        ({"hierarchy": "IT //"}, '"IT //" has an empty part:'),
    ],
)
def test_a_wrong_form_says_what_is_right_and_keeps_what_was_written(
    admin: FormBrowser, changes: dict[str, object], text: str
) -> None:
    answer = admin.post("/subscriptions/new", FORM | {"url": "https://x.example"} | changes, page="/subscriptions/new")
    assert answer.status_code == 422
    assert text in page_text(answer)
    assert 'value="60"' in answer.text or "per_minute" in changes


def test_one_that_is_off_says_why_and_is_switched_on(here: WebSite, admin: FormBrowser, receiver: Receiver) -> None:
    admin.post("/subscriptions/new", FORM | {"url": receiver.url}, page="/subscriptions/new")
    with here.services.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE subscription SET disabled_at = now(), disabled_reason = 'nothing was taken for 3 days'"
        )
    assert "Switched off just now: nothing was taken for 3 days. Nothing is sent until" in page_text(
        admin.get("/subscriptions/bot")
    )
    assert "1 receiver gets events. 1 is switched off." in page_text(admin.get("/subscriptions"))
    admin.post("/subscriptions/bot/replay", page="/subscriptions/bot")
    assert "bot is switched off. Switch it on first." in page_text(admin.get("/subscriptions/bot"))
    admin.post("/subscriptions/bot/resume", page="/subscriptions/bot")
    assert "bot is on again." in page_text(admin.get("/subscriptions/bot"))


def test_events_of_a_connection_are_told_to_who_asked_for_them_and_shown_with_its_name(
    here: WebSite, admin: FormBrowser, receiver: Receiver
) -> None:
    asked = page_text(admin.get("/subscriptions/new"))
    assert (
        "connection.paused a connection is no longer called, until somebody has acted; only for subscriptions that name it"
        in asked
    )
    by_default = re.findall(r'name="events" value="([\w.]+)" checked', admin.get("/subscriptions/new").text)
    assert by_default == [
        "gate.blocked", "gate.opened", "stage.granted", "status.changed", "confirmation.given", "finding.raised",
        "measure.breached", "role.changed",
    ]  # fmt: skip
    refused = admin.post(
        "/subscriptions/new", FORM | {"url": receiver.url, "events": ["connection.paused"]}, page="/subscriptions/new"
    )
    assert refused.status_code == 422
    assert "connection.paused concerns no measure, so it cannot be combined with a part of the hierarchy" in page_text(
        refused
    )
    plain = {"url": receiver.url, "place": "", "per_minute": "60"}
    admin.post("/subscriptions/new", plain | {"name": "all", "events": by_default}, page="/subscriptions/new")
    pager = plain | {"name": "pager", "events": [*by_default, "connection.paused"]}
    admin.post("/subscriptions/new", pager, page="/subscriptions/new")
    filters = {one.name: one.filter.events for one in here.services.subscriptions.all()}
    assert filters["all"] == frozenset()
    assert len(filters["pager"]) == 9
    here.services.connections.save(
        ConnectionRecord(ConnectionName("jira-main"), Tool.JIRA, "https://acme.example", "bot", "token", ("secret",))
    )
    here.services.connections.pause(ConnectionName("jira-main"), "the credentials are refused.", None)
    shown = page_text(admin.get("/subscriptions/pager"))
    assert "connection.paused jira-main just now waiting" in shown
    assert "connection.paused of jira-main" in shown
    assert "No matching event has occurred yet" in page_text(admin.get("/subscriptions/all"))
    with here.services.engine.begin() as connection:
        connection.execute(text("UPDATE subscription_delivery SET created_at = now() - interval '2 hours'"))
    hour, day = (page_text(admin.get(f"/subscriptions/pager?span={span}")) for span in ("hour", "day"))
    assert "connection.paused of jira-main" in day
    assert "connection.paused of jira-main" not in hour
    assert "No delivery in the last hour." in hour


def test_the_head_of_the_audit_is_an_event_of_no_measure(here: WebSite, admin: FormBrowser, receiver: Receiver) -> None:
    chosen = {"url": receiver.url, "place": "", "per_minute": "60", "name": "vault", "events": ["audit.head"]}
    admin.post("/subscriptions/new", chosen, page="/subscriptions/new")
    with here.services.engine.begin() as transaction:
        record_audit_head(transaction, "signed", datetime.now(UTC))
    shown = page_text(admin.get("/subscriptions/vault"))
    assert "audit.head the audit just now waiting" in shown
    assert "audit.head of the audit" in shown
