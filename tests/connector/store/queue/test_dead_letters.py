"""Dead letters: one cause for reasons that differ in ids, replayed or dropped, delaying nobody."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, text

from connector.people.permissions import Role, RoleGrant, Viewer
from connector.store.database.audit import Audit
from connector.store.database.json_codec import values_to_json
from connector.store.database.row_level_access import read_as
from connector.store.database.tables import OUTBOX
from connector.store.queue import dead_letters
from connector.store.queue.dead_letter_details import MAX_BODY_SHOWN, dead_letter_details, readable_body
from connector.store.queue.dead_letters import DeadLetterKind, causes, drop, reassess_item, replay
from connector.sync.ports import ItemsChanged
from connector.sync.stores import AbsentItem, ReceivedEvent
from mapping.load import LoadedMapping
from mapping.work_item import FieldName, NativeId
from tests.connector.store.conftest import JIRA, StoreFixture
from tests.connector.store.reconcile.test_assessment_store import SHOWN, loaded, record_assessment
from tests.mapping.items import item
from tests.waiting import result_of

__all__ = ["loaded"]

NOW = datetime(2026, 2, 10, 9, 0, tzinfo=UTC)
WHO = "ops@nordbank.example"
UUID = "0b2f1c9e-7a70-4b9c-9b6a-0f3a1f1f5a10"


def dead_write(store: StoreFixture, native_id: str, reason: str, key: str | None = None) -> int:
    values = {
        "connection": JIRA, "native_id": native_id, "key": key or f"ITX-{native_id}", "state": "dead_letter",
        "reason": reason, "settled_at": NOW, "target_values": values_to_json({FieldName("Gate"): "Blocked"}), "attempts": 5,
        "changes": [{"field": "Gate", "kind": "first", "present": "Open", "target": "Blocked", "last_written": None}],
    }  # fmt: skip
    with store.engine.begin() as connection:
        return int(connection.execute(insert(OUTBOX).values(values).returning(OUTBOX.c.id)).scalar_one())


def dead_item(store: StoreFixture, native_id: str, reason: str, delivery: str = "") -> None:
    store.receive_event(delivery or f"d{native_id}", native_id)
    claim = store.work().claim(JIRA, 100)
    assert claim is not None
    store.work().dead_letter(claim, [NativeId(native_id)], reason)


def add_subscription(store: StoreFixture, *, off: bool = False) -> int:
    with store.engine.begin() as connection:
        return int(
            connection.execute(
                text(
                    "INSERT INTO subscription (name, url, secrets, created_by, disabled_at) VALUES "
                    "('bot', 'https://x.example', ARRAY['x'::bytea], 't', CASE WHEN :off THEN now() END) RETURNING id"
                ),
                {"off": off},
            ).scalar_one()
        )


def dead_delivery(store: StoreFixture, subscription: int, reason: str, measure: str = "jira-main/10001") -> int:
    body = json.dumps({"type": "gate.blocked", "data": {"title": "Retire the CRM"}})
    with store.engine.begin() as connection:
        return int(
            connection.execute(
                text(
                    "INSERT INTO subscription_delivery (subscription_id, event, measure_id, body, created_at, due_at, "
                    "state, reason, settled_at, status, response) VALUES (:s, 'gate.blocked', :m, :b, now(), now(), "
                    "'dead_letter', :r, now(), 410, 'gone') RETURNING id"
                ),
                {"s": subscription, "m": measure, "b": body, "r": reason},
            ).scalar_one()
        )


def causes_of(store: StoreFixture) -> list[tuple[str, int]]:
    with store.engine.connect() as connection:
        return [(one.reason, one.count) for one in causes(connection)]


def operator_actions(store: StoreFixture) -> list[tuple[str, str, str, object]]:
    return [
        (entry.actor, entry.action, entry.subject, entry.detail.get("reason"))
        for entry in Audit(store.engine).entries()
        if entry.action.startswith("dead_letter.")
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
def test_reasons_that_differ_in_ids_are_one_cause(store: StoreFixture, first: str, second: str, cause: str) -> None:
    dead_write(store, "10001", first)
    dead_write(store, "10002", second)
    assert causes_of(store) == [(cause, 2)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param("answered 400", "answered 403", id="statuses"),
        pytest.param("customfield_10021 cannot be set", "customfield_10022 cannot be set", id="fields"),
        pytest.param("the option Blocked is missing", "the option Open is missing", id="words"),
    ],
)
def test_reasons_that_mean_something_else_are_two_causes(store: StoreFixture, first: str, second: str) -> None:
    dead_write(store, "10001", first)
    dead_write(store, "10002", second)
    assert causes_of(store) == [(second, 1), (first, 1)] or causes_of(store) == [(first, 1), (second, 1)]


def test_the_greatest_cause_comes_first_with_its_first_and_last_time(store: StoreFixture) -> None:
    dead_write(store, "1", "the option does not exist")
    dead_item(store, "10002", "the answer for ITX-2 cannot be read")
    dead_item(store, "10003", "the answer for ITX-3 cannot be read")
    with store.engine.connect() as connection:
        found = causes(connection)
    assert [(one.kind, one.reason, one.count) for one in found] == [
        (DeadLetterKind.ITEM, "the answer for … cannot be read", 2),
        (DeadLetterKind.WRITE, "the option does not exist", 1),
    ]
    assert found[0].first_at < found[0].last_at
    assert found[1].first_at == found[1].last_at == NOW


def test_a_dead_item_and_a_dead_write_delay_nothing_else(store: StoreFixture) -> None:
    dead_item(store, "10001", "cannot be read")
    dead_write(store, "10001", "refused")
    store.receive_event("d2", "10002")
    claim = store.work().claim(JIRA, 100)
    assert claim is not None
    assert [key.native_id for key in claim.keys] == ["10002"]
    with store.engine.begin() as connection:
        for native_id in ("10001", "10002"):
            connection.execute(
                insert(OUTBOX).values(
                    connection=JIRA, native_id=native_id, key=native_id, target_values={"G": "x"}, changes=[]
                )
            )
    taken = store.outbox().claim(JIRA, 100)
    assert {delivery.native_id for delivery in taken} == {"10001", "10002"}, "also a new write of the same item"


def test_a_whole_cause_is_reassessed_and_written_to_the_audit(store: StoreFixture) -> None:
    dead_item(store, "10001", "the answer for ITX-1 cannot be read")
    dead_item(store, "10002", "the answer for ITX-2 cannot be read")
    dead_item(store, "10003", "something else")
    with store.engine.connect() as connection:
        first = causes(connection)[0]
    assert replay(store.engine, store.waker, first.id, WHO, NOW) == 2
    assert causes_of(store) == [("something else", 1)]
    assert store.states() == [
        ("d10001", "10001", "pending"),
        ("d10002", "10002", "pending"),
        ("d10003", "10003", "dead_letter"),
    ]
    assert "reconcile:jira-main" in store.woken_tasks
    assert operator_actions(store) == [
        (WHO, "dead_letter.replayed", "jira-main/10001", None),
        (WHO, "dead_letter.replayed", "jira-main/10002", None),
    ]
    claim = store.work().claim(JIRA, 100)
    assert claim is not None
    assert {key.native_id for key in claim.keys} == {"10001", "10002"}


def test_what_is_replayed_and_assessed_ends_as_done(store: StoreFixture, loaded: LoadedMapping) -> None:
    dead_item(store, "10001", "cannot be read")
    assert replay(store.engine, store.waker, "item/jira-main/10001", WHO, NOW) == 1
    record_assessment(store, loaded, item(SHOWN))
    assert [(native, state) for _, native, state in store.states()] == [("10001", "superseded"), ("10001", "done")]
    assert store.rows("SELECT 1 FROM dirty_key") == []


def test_an_old_dead_event_does_not_wait_for_ever_when_its_item_is_assessed(store: StoreFixture) -> None:
    dead_item(store, "10001", "cannot be read")
    with store.engine.begin() as connection:
        connection.execute(text("DELETE FROM dirty_key"))
    reassess_item(store.engine, store.waker, JIRA, NativeId("10001"), WHO)
    claim = store.work().claim(JIRA, 100)
    assert claim is not None
    store.assessments.store(claim, [AbsentItem(NativeId("10001"))], 1, NOW)
    assert store.states() == [("d10001", "10001", "done")]


def test_a_replayed_write_is_requested_anew_and_never_sent_as_it_was(store: StoreFixture) -> None:
    number = dead_write(store, "10001", "refused")
    assert replay(store.engine, store.waker, f"write/{number}", WHO, NOW) == 1
    assert store.rows("SELECT state, reason FROM outbox")[0] == ("superseded", "reassessed by an operator")
    assert store.outbox().claim(JIRA, 100) == ()
    assert [row.native_id for row in store.rows("SELECT native_id FROM dirty_key WHERE state = 'waiting'")] == ["10001"]


def test_a_dead_delivery_is_sent_again_unless_its_subscription_is_disabled(
    store: StoreFixture, loaded: LoadedMapping
) -> None:
    record_assessment(store, loaded, item(SHOWN))
    number = dead_delivery(store, add_subscription(store, off=True), "410")
    assert replay(store.engine, store.waker, f"delivery/{number}", WHO, NOW) == 0
    assert operator_actions(store) == []
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE subscription SET disabled_at = NULL"))
    assert replay(store.engine, store.waker, f"delivery/{number}", WHO, NOW) == 1
    (row,) = store.rows("SELECT state, reason, attempts FROM subscription_delivery")
    assert row == ("waiting", "replayed", 0)
    assert operator_actions(store) == [(WHO, "dead_letter.replayed", "subscription bot", None)]


def test_giving_up_keeps_the_reason_and_a_new_event_revives_the_item(
    store: StoreFixture, loaded: LoadedMapping
) -> None:
    record_assessment(store, loaded, item(SHOWN))
    dead_item(store, "10001", "cannot be read", "d9")
    write = dead_write(store, "10002", "refused")
    sent = dead_delivery(store, add_subscription(store), "410")
    for target in ("item/jira-main/10001", f"write/{write}", f"delivery/{sent}"):
        assert drop(store.engine, target, WHO, "handled by hand") == 1
        assert drop(store.engine, target, WHO, "again") == 0
    assert causes_of(store) == []
    assert operator_actions(store) == [
        (WHO, "dead_letter.dropped", "jira-main/10001", "handled by hand"),
        (WHO, "dead_letter.dropped", "jira-main/10002", "handled by hand"),
        (WHO, "dead_letter.dropped", "subscription bot", "handled by hand"),
    ]
    reasons = {row.reason for row in store.rows("SELECT reason FROM inbox WHERE delivery_id = 'd9'")}
    assert reasons == {f"dropped by {WHO}: handled by hand"}
    store.receive_event("d10", "10001")
    claim = store.work().claim(JIRA, 100)
    assert claim is not None
    assert [key.native_id for key in claim.keys] == ["10001"]


def test_what_fails_again_at_once_is_not_tried_twice(store: StoreFixture) -> None:
    for number in range(1, 4):
        dead_item(store, f"1000{number}", "cannot be read")
    with store.engine.connect() as connection:
        (only,) = causes(connection)
    assert replay(store.engine, store.waker, only.id, WHO, NOW) == 3
    for _ in range(1, 4):
        claim = store.work().claim(JIRA, 1)
        assert claim is not None
        store.work().dead_letter(claim, [claim.keys[0].native_id], "cannot be read")
    assert causes_of(store) == [("cannot be read", 3)]
    assert replay(store.engine, store.waker, only.id, WHO, NOW) == 3


def test_a_list_is_read_page_by_page(store: StoreFixture) -> None:
    numbers = [dead_write(store, f"1{number:04}", "refused") for number in range(5)]
    with store.engine.connect() as connection:
        first = dead_letters.list_dead_letters(connection, limit=3)
        rest = dead_letters.list_dead_letters(connection, after=first[-1].ref, limit=3)
    assert [one.ref for one in (*first, *rest)] == sorted(f"write/{number}" for number in numbers)


def test_the_details_of_an_item_have_its_events_attempts_and_operator_actions(store: StoreFixture) -> None:
    rung = ItemsChanged("jira:issue_updated", (NativeId("10001"),))
    result_of(store.inbox.submit, ReceivedEvent(JIRA, "d1", b'{"issue": {"key": "ITX-1"}, "apiToken": "s3cret"}', rung))
    claim = store.work().claim(JIRA, 100)
    assert claim is not None
    store.work().dead_letter(claim, [NativeId("10001")], "cannot be read")
    number = dead_write(store, "10001", "refused")
    dead_write(store, "10002", "of another item")
    reassess_item(store.engine, store.waker, JIRA, NativeId("10009"), WHO)
    with store.engine.connect() as reader:
        found = dead_letter_details(store.engine, reader, "item/jira-main/10001", show_all=True)
    assert found is not None
    (event,) = found.events
    assert (event.event, event.state) == ("jira:issue_updated", "dead_letter")
    assert event.body is not None
    assert "ITX-1" in event.body
    assert "s3cret" not in event.body
    assert [(write.number, write.changes) for write in found.writes] == [(number, (("Gate", "Open", "Blocked"),))]
    assert found.operator_actions == ()


def test_whoever_may_not_see_the_measure_reads_no_content(store: StoreFixture, loaded: LoadedMapping) -> None:
    record_assessment(store, loaded, item(SHOWN))
    number = dead_write(store, "10001", "refused")
    sent = dead_delivery(store, add_subscription(store), "410")
    operator = Viewer(None, "ops", "Ops", (RoleGrant(Role.OPERATOR),))
    with read_as(store.engine, operator) as reader:
        write = dead_letter_details(store.engine, reader, f"write/{number}", show_all=False)
        event = dead_letter_details(store.engine, reader, f"delivery/{sent}", show_all=False)
    assert write is not None
    assert event is not None
    assert (write.is_visible, write.title, [one.changes for one in write.writes]) == (False, None, [None, None])
    assert (event.is_visible, event.title, event.body, event.response, event.status) == (False, None, None, None, 410)


def test_the_details_of_what_is_no_dead_letter_any_more_are_none(store: StoreFixture) -> None:
    with store.engine.connect() as reader:
        assert dead_letter_details(store.engine, reader, "write/77", show_all=True) is None


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
    assert readable_body(body) == shown


def test_a_long_body_is_cut_off_and_says_so() -> None:
    body = json.dumps({"description": "x" * 1_000_000}).encode()
    shown = readable_body(body)
    assert len(shown) < MAX_BODY_SHOWN + 60
    assert shown.endswith("… cut off here: 1,000,019 bytes in all")
