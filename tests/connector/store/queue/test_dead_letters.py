"""What is parked: one cause for reasons that differ in ids, tried again or given up, holding nobody up."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, text

from connector.people.permissions import Grant, Role, Viewer
from connector.store.database.audit import Audit
from connector.store.database.json_codec import values_to_json
from connector.store.database.row_level_access import reading
from connector.store.database.tables import OUTBOX
from connector.store.queue import dead_letters
from connector.store.queue.dead_letter_details import BODY_SHOWN, readable, story
from connector.store.queue.dead_letters import Kind, causes, drop, look_again, replay
from connector.sync.ports import Doorbell
from connector.sync.stores import Absent, Arrival
from mapping.load import Loaded
from mapping.work_item import FieldName, NativeId
from tests.connector.store.conftest import JIRA, Store
from tests.connector.store.reconcile.test_assessment_store import SHOWN, loaded, look
from tests.mapping.items import item

__all__ = ["loaded"]

NOW = datetime(2026, 2, 10, 9, 0, tzinfo=UTC)
WHO = "ops@nordbank.example"
UUID = "0b2f1c9e-7a70-4b9c-9b6a-0f3a1f1f5a10"


def park_write(store: Store, native_id: str, reason: str, key: str | None = None) -> int:
    values = {
        "connection": JIRA, "native_id": native_id, "key": key or f"ITX-{native_id}", "state": "parked",
        "reason": reason, "settled_at": NOW, "wanted": values_to_json({FieldName("Gate"): "Shut"}), "attempts": 5,
        "changes": [{"field": "Gate", "kind": "first", "present": "Open", "wanted": "Shut", "last_written": None}],
    }  # fmt: skip
    with store.engine.begin() as connection:
        return int(connection.execute(insert(OUTBOX).values(values).returning(OUTBOX.c.id)).scalar_one())


def park_item(store: Store, native_id: str, reason: str, delivery: str = "") -> None:
    store.ring(delivery or f"d{native_id}", native_id)
    claim = store.work().claim(JIRA, 100)
    assert claim is not None
    store.work().park(claim, [NativeId(native_id)], reason)


def add_subscription(store: Store, *, off: bool = False) -> int:
    with store.engine.begin() as connection:
        return int(
            connection.execute(
                text(
                    "INSERT INTO subscription (name, url, secrets, created_by, off_at) VALUES "
                    "('bot', 'https://x.example', ARRAY['x'::bytea], 't', CASE WHEN :off THEN now() END) RETURNING id"
                ),
                {"off": off},
            ).scalar_one()
        )


def park_delivery(store: Store, subscription: int, reason: str, measure: str = "jira-main/10001") -> int:
    body = json.dumps({"type": "gate.blocked", "data": {"title": "Retire the CRM"}})
    with store.engine.begin() as connection:
        return int(
            connection.execute(
                text(
                    "INSERT INTO subscription_delivery (subscription_id, event, measure_id, body, created_at, due_at, "
                    "state, reason, settled_at, status, answer) VALUES (:s, 'gate.blocked', :m, :b, now(), now(), "
                    "'parked', :r, now(), 410, 'gone') RETURNING id"
                ),
                {"s": subscription, "m": measure, "b": body, "r": reason},
            ).scalar_one()
        )


def told(store: Store) -> list[tuple[str, int]]:
    with store.engine.connect() as connection:
        return [(one.told, one.count) for one in causes(connection)]


def acts(store: Store) -> list[tuple[str, str, str, object]]:
    return [
        (entry.actor, entry.action, entry.subject, entry.detail.get("why"))
        for entry in Audit(store.engine).entries()
        if entry.action.startswith("parked.")
    ]


@pytest.mark.parametrize(
    ("first", "second", "cause"),
    [
        pytest.param("ITX-1 has no field Gate", "CLOUD-912 has no field Gate", "… has no field Gate", id="issue keys"),
        pytest.param("CHG0030001 is closed", "CHG0030777 is closed", "… is closed", id="numbers of records"),
        pytest.param(
            "400 to PUT /rest/api/3/issue/10001: no", "400 to PUT /rest/api/3/issue/7: no",
            "400 to PUT /rest/api/…/issue/…: no", id="ids in a path",
        ),
        pytest.param(f"trace {UUID}", "trace 0b2f1c9e7a704b9c9b6a0f3a1f1f5a99", "trace …", id="uuid and sys_id"),
        pytest.param(
            "refused at 2026-11-21T09:00:01.5Z", "refused at 2026-11-22 10:00", "refused at …", id="moments",
        ),
    ],
)  # fmt: skip
def test_reasons_that_differ_in_ids_are_one_cause(store: Store, first: str, second: str, cause: str) -> None:
    park_write(store, "10001", first)
    park_write(store, "10002", second)
    assert told(store) == [(cause, 2)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param("answered 400", "answered 403", id="statuses"),
        pytest.param("customfield_10021 cannot be set", "customfield_10022 cannot be set", id="fields"),
        pytest.param("the option Shut is missing", "the option Open is missing", id="words"),
    ],
)
def test_reasons_that_mean_something_else_are_two_causes(store: Store, first: str, second: str) -> None:
    park_write(store, "10001", first)
    park_write(store, "10002", second)
    assert told(store) == [(second, 1), (first, 1)] or told(store) == [(first, 1), (second, 1)]


def test_the_greatest_cause_comes_first_with_its_first_and_last_time(store: Store) -> None:
    park_write(store, "1", "the option does not exist")
    park_item(store, "10002", "the answer for ITX-2 cannot be read")
    park_item(store, "10003", "the answer for ITX-3 cannot be read")
    with store.engine.connect() as connection:
        found = causes(connection)
    assert [(one.kind, one.told, one.count) for one in found] == [
        (Kind.ITEM, "the answer for … cannot be read", 2),
        (Kind.WRITE, "the option does not exist", 1),
    ]
    assert found[0].first < found[0].last
    assert found[1].first == found[1].last == NOW


def test_a_parked_item_and_a_parked_write_hold_nothing_else_up(store: Store) -> None:
    park_item(store, "10001", "cannot be read")
    park_write(store, "10001", "refused")
    store.ring("d2", "10002")
    claim = store.work().claim(JIRA, 100)
    assert claim is not None
    assert [key.native_id for key in claim.keys] == ["10002"]
    with store.engine.begin() as connection:
        for native_id in ("10001", "10002"):
            connection.execute(
                insert(OUTBOX).values(
                    connection=JIRA, native_id=native_id, key=native_id, wanted={"G": "x"}, changes=[]
                )
            )
    taken = store.outbox().claim(JIRA, 100)
    assert {delivery.native_id for delivery in taken} == {"10001", "10002"}, "also a new write of the same item"


def test_a_whole_cause_is_looked_at_again_and_written_to_the_audit(store: Store) -> None:
    park_item(store, "10001", "the answer for ITX-1 cannot be read")
    park_item(store, "10002", "the answer for ITX-2 cannot be read")
    park_item(store, "10003", "something else")
    with store.engine.connect() as connection:
        first = causes(connection)[0]
    assert replay(store.engine, store.waker, first.id, WHO, NOW) == 2
    assert told(store) == [("something else", 1)]
    assert store.states() == [
        ("d10001", "10001", "pending"),
        ("d10002", "10002", "pending"),
        ("d10003", "10003", "parked"),
    ]
    assert "reconcile:jira-main" in store.queued
    assert acts(store) == [
        (WHO, "parked.replayed", "jira-main/10001", None),
        (WHO, "parked.replayed", "jira-main/10002", None),
    ]
    claim = store.work().claim(JIRA, 100)
    assert claim is not None
    assert {key.native_id for key in claim.keys} == {"10001", "10002"}


def test_what_is_replayed_and_judged_ends_as_done(store: Store, loaded: Loaded) -> None:
    park_item(store, "10001", "cannot be read")
    assert replay(store.engine, store.waker, "key/jira-main/10001", WHO, NOW) == 1
    look(store, loaded, item(SHOWN))
    assert [(native, state) for _, native, state in store.states()] == [("10001", "superseded"), ("10001", "done")]
    assert store.rows("SELECT 1 FROM dirty_key") == []


def test_an_old_parked_event_does_not_wait_for_ever_when_its_item_is_looked_at(store: Store) -> None:
    park_item(store, "10001", "cannot be read")
    with store.engine.begin() as connection:
        connection.execute(text("DELETE FROM dirty_key"))
    look_again(store.engine, store.waker, JIRA, NativeId("10001"), WHO)
    claim = store.work().claim(JIRA, 100)
    assert claim is not None
    store.ledger.settle(claim, [Absent(NativeId("10001"))], 1, NOW)
    assert store.states() == [("d10001", "10001", "done")]


def test_a_replayed_write_is_wished_anew_and_never_sent_as_it_was(store: Store) -> None:
    number = park_write(store, "10001", "refused")
    assert replay(store.engine, store.waker, f"outbox/{number}", WHO, NOW) == 1
    assert store.rows("SELECT state, reason FROM outbox")[0] == ("superseded", "looked at again by hand")
    assert store.outbox().claim(JIRA, 100) == ()
    assert [row.native_id for row in store.rows("SELECT native_id FROM dirty_key WHERE state = 'waiting'")] == ["10001"]


def test_a_parked_event_is_sent_again_unless_its_subscription_is_off(store: Store, loaded: Loaded) -> None:
    look(store, loaded, item(SHOWN))
    number = park_delivery(store, add_subscription(store, off=True), "410")
    assert replay(store.engine, store.waker, f"delivery/{number}", WHO, NOW) == 0
    assert acts(store) == []
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE subscription SET off_at = NULL"))
    assert replay(store.engine, store.waker, f"delivery/{number}", WHO, NOW) == 1
    (row,) = store.rows("SELECT state, reason, tries FROM subscription_delivery")
    assert row == ("waiting", "replayed", 0)
    assert acts(store) == [(WHO, "parked.replayed", "subscription bot", None)]


def test_giving_up_keeps_the_reason_and_a_new_event_revives_the_item(store: Store, loaded: Loaded) -> None:
    look(store, loaded, item(SHOWN))
    park_item(store, "10001", "cannot be read", "d9")
    write = park_write(store, "10002", "refused")
    sent = park_delivery(store, add_subscription(store), "410")
    for target in ("key/jira-main/10001", f"outbox/{write}", f"delivery/{sent}"):
        assert drop(store.engine, target, WHO, "handled by hand") == 1
        assert drop(store.engine, target, WHO, "again") == 0
    assert told(store) == []
    assert acts(store) == [
        (WHO, "parked.dropped", "jira-main/10001", "handled by hand"),
        (WHO, "parked.dropped", "jira-main/10002", "handled by hand"),
        (WHO, "parked.dropped", "subscription bot", "handled by hand"),
    ]
    reasons = {row.reason for row in store.rows("SELECT reason FROM inbox WHERE delivery_id = 'd9'")}
    assert reasons == {f"dropped by {WHO}: handled by hand"}
    store.ring("d10", "10001")
    claim = store.work().claim(JIRA, 100)
    assert claim is not None
    assert [key.native_id for key in claim.keys] == ["10001"]


def test_what_fails_again_at_once_is_not_tried_twice(store: Store) -> None:
    for number in range(1, 4):
        park_item(store, f"1000{number}", "cannot be read")
    with store.engine.connect() as connection:
        (only,) = causes(connection)
    assert replay(store.engine, store.waker, only.id, WHO, NOW) == 3
    for _ in range(1, 4):
        claim = store.work().claim(JIRA, 1)
        assert claim is not None
        store.work().park(claim, [claim.keys[0].native_id], "cannot be read")
    assert told(store) == [("cannot be read", 3)]
    assert replay(store.engine, store.waker, only.id, WHO, NOW) == 3


def test_a_list_is_read_page_by_page(store: Store) -> None:
    numbers = [park_write(store, f"1{number:04}", "refused") for number in range(5)]
    with store.engine.connect() as connection:
        first = dead_letters.parked(connection, limit=3)
        rest = dead_letters.parked(connection, after=first[-1].ref, limit=3)
    assert [one.ref for one in (*first, *rest)] == sorted(f"outbox/{number}" for number in numbers)


def test_the_story_of_an_item_tells_what_rang_what_was_tried_and_who_acted(store: Store) -> None:
    rung = Doorbell("jira:issue_updated", (NativeId("10001"),))
    store.inbox.take_in(Arrival(JIRA, "d1", b'{"issue": {"key": "ITX-1"}, "apiToken": "s3cret"}', rung))
    claim = store.work().claim(JIRA, 100)
    assert claim is not None
    store.work().park(claim, [NativeId("10001")], "cannot be read")
    number = park_write(store, "10001", "refused")
    park_write(store, "10002", "of another item")
    look_again(store.engine, store.waker, JIRA, NativeId("10009"), WHO)
    with store.engine.connect() as reader:
        found = story(store.engine, reader, "key/jira-main/10001", everything=True)
    assert found is not None
    (event,) = found.events
    assert (event.event, event.state) == ("jira:issue_updated", "parked")
    assert event.body is not None
    assert "ITX-1" in event.body
    assert "s3cret" not in event.body
    assert [(write.number, write.changes) for write in found.writes] == [(number, (("Gate", "Open", "Shut"),))]
    assert found.acts == ()


def test_whoever_may_not_see_the_measure_reads_no_content(store: Store, loaded: Loaded) -> None:
    look(store, loaded, item(SHOWN))
    number = park_write(store, "10001", "refused")
    sent = park_delivery(store, add_subscription(store), "410")
    operator = Viewer(None, "ops", "Ops", (Grant(Role.OPERATOR),))
    with reading(store.engine, operator) as reader:
        write = story(store.engine, reader, f"outbox/{number}", everything=False)
        event = story(store.engine, reader, f"delivery/{sent}", everything=False)
    assert write is not None
    assert event is not None
    assert (write.seen, write.title, [one.changes for one in write.writes]) == (False, None, [None, None])
    assert (event.seen, event.title, event.body, event.answer, event.status) == (False, None, None, None, 410)


def test_the_story_of_what_is_not_parked_any_more_is_none(store: Store) -> None:
    with store.engine.connect() as reader:
        assert story(store.engine, reader, "outbox/77", everything=True) is None


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        pytest.param(b'{"a": 1}', '{\n  "a": 1\n}', id="JSON in lines"),
        pytest.param(b'{"password": "x", "n": {"Api-Key": "y"}}', '{\n  "password": "•••",\n  "n": {\n    "Api-Key": "•••"\n  }\n}', id="secrets covered"),
        pytest.param(b"token=abc&x=1", "token=•••&x=1", id="no JSON"),
        pytest.param(b"\xff\xfe", "��", id="no text"),
    ],
)  # fmt: skip
def test_a_body_is_shown_without_what_is_called_a_secret(body: bytes, shown: str) -> None:
    assert readable(body) == shown


def test_a_long_body_is_cut_off_and_says_so() -> None:
    body = json.dumps({"description": "x" * 1_000_000}).encode()
    shown = readable(body)
    assert len(shown) < BODY_SHOWN + 60
    assert shown.endswith("… cut off here: 1,000,019 bytes in all")
