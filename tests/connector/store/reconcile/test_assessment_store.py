"""What one assessed item leaves in the tables, and what a second look at it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from connector.sync.ports import Doorbell, Written
from connector.sync.stores import Absent, Alias, Arrival, Assessed, NotMapped, Outcome, Remembered, Settled
from mapping.assess_item import judge
from mapping.load import Loaded, load_mapping
from mapping.map_item import Unmapped
from mapping.policy import Policies
from mapping.work_item import FieldName, FieldValue, NativeId, WorkItem
from tests.connector.store.conftest import JIRA, Store
from tests.mapping.items import item
from tests.mapping.test_apply import MAPPING

NOW = datetime(2026, 2, 10, 9, 0, tzinfo=UTC)
SHOWN: dict[str, FieldValue] = {"Rough value": Decimal(1), "Actual benefit": None}


@pytest.fixture
def loaded() -> Loaded:
    result = load_mapping(MAPPING)
    assert isinstance(result, Loaded)
    return result


def look(store: Store, loaded: Loaded, some: WorkItem) -> Settled:
    """An event rings, the item is judged as the flow does it, the batch is settled."""
    remembered = store.memory.recall(JIRA, [some.native_id]).get(some.native_id, Remembered())
    judged = judge(
        replace(some, comments=(*some.comments, *remembered.said)),
        loaded.config,
        Policies(loaded.config),
        standing=remembered.standing,
        last_written=remembered.last_written,
        now=NOW,
        heard=remembered.heard,
    )
    outcome = NotMapped(some, judged.text) if isinstance(judged, Unmapped) else Assessed(some, judged)
    return settle(store, some.native_id, outcome)


def settle(store: Store, native_id: NativeId, outcome: Outcome, now: datetime = NOW) -> Settled:
    store.ring(f"d{datetime.now(UTC).timestamp()}", native_id)
    claim = store.work().claim(JIRA, 100)
    assert claim is not None
    return store.ledger.settle(claim, [outcome], 1, now)


def test_an_assessed_item_is_a_measure_a_decision_and_a_wish(store: Store, loaded: Loaded) -> None:
    assert look(store, loaded, item(SHOWN)) == Settled(stored=1, decisions=1, writes=1, lost=0)
    (measure,) = store.rows("SELECT * FROM measure")
    assert (measure.id, measure.program, measure.owner, measure.stage, measure.gate) == (
        "jira-main/10001",
        "Cloud exit",
        "A. Kaya",
        "identified",
        "shut",
    )
    assert (measure.currency, measure.plan_net, measure.forecast_net) == ("EUR", 600, None)
    lines = store.rows(
        "SELECT kind, sum(amount) AS total, count(*) AS months FROM effect_line GROUP BY kind ORDER BY kind"
    )
    assert [(line.kind, line.total, line.months) for line in lines] == [("benefit", 1000, 4), ("one_off_cost", 400, 1)]
    (wish,) = store.rows("SELECT key, wanted ->> 'Gate' AS gate, state FROM outbox")
    assert (wish.key, wish.gate, wish.state) == ("ITX-1", "Shut", "waiting")
    entries = store.rows("SELECT action, subject, detail FROM audit WHERE subject = 'jira-main/10001' ORDER BY seq")
    assert [entry.action for entry in entries] == ["stage.granted", "decided"]
    assert entries[0].detail == {"text": "Identified granted"}


def test_a_second_look_at_the_same_state_decides_nothing_and_replaces_the_wish(store: Store, loaded: Loaded) -> None:
    look(store, loaded, item(SHOWN))
    look(store, loaded, item(SHOWN))
    again = look(store, loaded, item(SHOWN))
    assert (again.decisions, again.writes) == (0, 1)
    states = [row.state for row in store.rows("SELECT state FROM outbox ORDER BY id")]
    assert states == ["superseded", "superseded", "waiting"]
    assert len(store.rows("SELECT 1 FROM decision")) == 1


def test_a_decision_holds_the_evidence_the_mapping_and_the_policy(store: Store, loaded: Loaded) -> None:
    look(store, loaded, item(SHOWN))
    (row,) = store.rows("SELECT evidence, mapping_version, policy_version FROM decision")
    assert row.evidence["item"] == {"key": "ITX-1", "version": "", "status": "Backlog"}
    assert row.evidence["measure"]["roles"]["owner"]["name"] == "A. Kaya"
    assert (row.mapping_version, str(row.policy_version).partition("/")[0]) == (1, "five")


def test_a_hand_edit_is_in_the_audit_trail(store: Store, loaded: Loaded) -> None:
    look(store, loaded, item(SHOWN))
    (delivery,) = store.outbox().claim(JIRA, 10)
    store.outbox().done(delivery, Written.DONE)
    look(store, loaded, item(SHOWN | {"Gate": "Open", "Gate blockers": delivery.values[FieldName("Gate blockers")]}))
    (entry,) = store.rows("SELECT detail FROM audit WHERE action = 'field.put_back'")
    assert entry.detail == {
        "field": "Gate",
        "kind": "hand_edit",
        "present": "Open",
        "wanted": "Shut",
        "last_written": "Shut",
    }


def test_an_owned_field_that_the_tool_does_not_show_is_told_once_per_decision(store: Store, loaded: Loaded) -> None:
    for _ in range(3):
        look(store, loaded, item(SHOWN, without=("Gate",)))
    parked = store.rows("SELECT key, reason FROM outbox WHERE state = 'parked'")
    assert len(parked) == len(store.rows("SELECT 1 FROM decision")) == 1
    assert (parked[0].key, parked[0].reason) == (
        "ITX-1",
        '"Gate" cannot be read on jira-main: check that the fields exist under these names and that Gatepost\'s account may see them',
    )


def test_an_item_that_leaves_the_mapping_keeps_its_measure_and_its_wishes_end(store: Store, loaded: Loaded) -> None:
    look(store, loaded, item(SHOWN))
    look(store, loaded, item(SHOWN, project="HR"))
    (row,) = store.rows("SELECT unmapped_since IS NOT NULL AS since, unmapped_reason FROM measure")
    assert (row.since, row.unmapped_reason) == (True, "no rule takes ITX-1 (Epic in HR, Backlog)")
    assert [r.state for r in store.rows("SELECT state FROM outbox")] == ["superseded"]
    look(store, loaded, item(SHOWN))
    assert store.rows("SELECT unmapped_since FROM measure")[0].unmapped_since is None


def test_an_absent_item_says_since_when_and_a_returned_one_no_longer(store: Store, loaded: Loaded) -> None:
    some = item(SHOWN)
    look(store, loaded, some)
    settle(store, some.native_id, Absent(some.native_id))
    assert store.rows("SELECT unreachable_since FROM work_item")[0].unreachable_since is not None
    look(store, loaded, some)
    assert store.rows("SELECT unreachable_since FROM work_item")[0].unreachable_since is None


@pytest.mark.parametrize(
    ("deleted", "reason"),
    [("10001", "deleted: the tool's event said so"), ("10002", "hidden"), (None, "hidden")],
)
def test_an_absent_item_was_deleted_when_its_event_says_so(
    store: Store, loaded: Loaded, deleted: str | None, reason: str
) -> None:
    some = item(SHOWN)
    look(store, loaded, some)
    gone = Doorbell("gone", (some.native_id, NativeId("10002")), deleted=NativeId(deleted) if deleted else None)
    store.inbox.take_in(Arrival(JIRA, "gone", b"{}", gone))
    settle(store, some.native_id, Absent(some.native_id, "hidden"))
    assert store.rows("SELECT unreachable_reason FROM work_item")[0].unreachable_reason == reason


def test_an_event_by_key_goes_on_under_the_native_id(store: Store) -> None:
    settle(store, NativeId("ITX-1"), Alias(NativeId("ITX-1"), NativeId("10001")))
    assert [row.native_id for row in store.rows("SELECT native_id FROM dirty_key")] == ["10001"]
    assert store.states()[0][2] == "done"


def test_a_moved_item_has_its_new_key(store: Store, loaded: Loaded) -> None:
    look(store, loaded, item(SHOWN))
    look(store, loaded, replace(item(SHOWN), key="CLOUD-7"))
    assert [row.key for row in store.rows("SELECT key FROM measure")] == ["CLOUD-7"]
