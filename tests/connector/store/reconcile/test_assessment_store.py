"""What one assessed item leaves in the tables, and what a second assessment does not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from connector.sync.ports import ItemsChanged, WriteResult
from connector.sync.stores import (
    AbsentItem,
    AssessedItem,
    ItemAlias,
    ItemOutcome,
    ReceivedEvent,
    StoredState,
    StoreResult,
    UnmappedItem,
)
from mapping.assess_item import assess_item
from mapping.known_people import accounts_of
from mapping.load import LoadedMapping, load_mapping
from mapping.map_item import Unmapped
from mapping.policy import Policies
from mapping.work_item import FieldName, FieldValue, NativeId, WorkItem
from tests.connector.store.conftest import JIRA, StoreFixture
from tests.mapping.items import item
from tests.mapping.test_apply import MAPPING
from tests.waiting import LONGEST_CALL_SECONDS, result_of

NOW = datetime(2026, 2, 10, 9, 0, tzinfo=UTC)
SHOWN: dict[str, FieldValue] = {"Rough value": Decimal(1), "Actual benefit": None}


@pytest.fixture
def loaded() -> LoadedMapping:
    result = load_mapping(
        MAPPING.replace("    effects:\n", "    effects:\n      timing: {benefit: {over: work, per: total}}\n")
    )
    assert isinstance(result, LoadedMapping)
    return result


def record_assessment(
    store: StoreFixture, loaded: LoadedMapping, some: WorkItem, *, caller_writes: bool = False
) -> StoreResult:
    """An event marks the item, it is assessed as the flow does it, and the batch is settled."""
    stored = store.stored_state.load(JIRA, [some.native_id]).get(some.native_id, StoredState())
    with_submitted = replace(some, comments=(*some.comments, *stored.submitted_comments))
    spoke = {identity for comment in stored.submitted_comments for identity in comment.author.identities}
    assessed = assess_item(
        with_submitted,
        loaded.config,
        Policies(loaded.config),
        measure_state=stored.measure_state,
        last_written=stored.last_written,
        now=NOW,
        ruled_on=stored.ruled_on,
        people=store.stored_state.people(JIRA, set(accounts_of(with_submitted, stored.ruled_on)), spoke),
    )
    outcome = UnmappedItem(some, assessed.text) if isinstance(assessed, Unmapped) else AssessedItem(some, assessed)
    return settle(store, some.native_id, outcome, caller_writes=caller_writes)


def forecast_later(store: StoreFixture, measure: str = "jira-main/10001") -> None:
    """Its benefit, 250 EUR from January to April 2026 by plan, is forecast from November 2026 to February 2027."""
    with store.engine.begin() as transaction:
        for month in ("2026-11-01", "2026-12-01", "2027-01-01", "2027-02-01"):
            transaction.exec_driver_sql(
                "INSERT INTO effect_line (measure_id, version, kind, currency, month, account, hard, amount)"
                " VALUES (%(measure)s, 'forecast', 'benefit', 'EUR', %(month)s, 'ebitda', true, 250)",
                {"measure": measure, "month": month},
            )


def settle(
    store: StoreFixture,
    native_id: NativeId,
    outcome: ItemOutcome,
    now: datetime = NOW,
    *,
    caller_writes: bool = False,
) -> StoreResult:
    store.receive_event(f"d{datetime.now(UTC).timestamp()}", native_id)
    claim = store.work().claim(JIRA, 100)
    assert claim is not None
    return store.assessments.store(claim, [outcome], 1, now, caller_writes=caller_writes)


def test_an_assessed_item_is_a_measure_a_decision_and_a_write_request(
    store: StoreFixture, loaded: LoadedMapping
) -> None:
    assert record_assessment(store, loaded, item(SHOWN)) == StoreResult(stored=1, decisions=1, writes=1, lost=0)
    (measure,) = store.rows("SELECT * FROM measure")
    assert (measure.id, measure.program, measure.owner, measure.stage, measure.gate) == (
        "jira-main/10001",
        "Cloud exit",
        "A. Kaya",
        "identified",
        "blocked",
    )
    assert (measure.currency, measure.plan_net, measure.forecast_net) == ("EUR", 600, None)
    lines = store.rows(
        "SELECT kind, sum(amount) AS total, count(*) AS months FROM effect_line GROUP BY kind ORDER BY kind"
    )
    assert [(line.kind, line.total, line.months) for line in lines] == [("benefit", 1000, 4), ("one_off_cost", 400, 4)]
    (write,) = store.rows("SELECT key, target_values ->> 'Gate' AS gate, state FROM outbox")
    assert (write.key, write.gate, write.state) == ("ITX-1", "Blocked", "waiting")
    entries = store.rows("SELECT action, subject, detail FROM audit WHERE subject = 'jira-main/10001' ORDER BY seq")
    assert [entry.action for entry in entries] == ["stage.granted", "measure.assessed"]
    assert entries[0].detail == {"text": "Identified granted", "stage": "Identified"}


@pytest.mark.parametrize(("caller_writes", "woken"), [(False, ["jira-main"]), (True, [])])
def test_a_task_is_woken_for_the_writes_that_the_caller_leaves(
    store: StoreFixture, loaded: LoadedMapping, caller_writes: bool, woken: list[str]
) -> None:
    record_assessment(store, loaded, item(SHOWN), caller_writes=caller_writes)
    waiting = store.rows("SELECT args ->> 'connection' AS name FROM procrastinate_jobs WHERE task_name = 'deliver'")
    assert [task.name for task in waiting] == woken


def test_an_assessment_does_not_wait_for_rows_that_refer_to_its_measure(
    store: StoreFixture, loaded: LoadedMapping
) -> None:
    """A command or ledger entry that is being stored locks the key of its measure; it then asks for the dirty key."""
    record_assessment(store, loaded, item(SHOWN))
    with ThreadPoolExecutor(1) as pool, store.engine.connect() as refers:
        refers.exec_driver_sql("SELECT 1 FROM measure WHERE id = 'jira-main/10001' FOR KEY SHARE")
        try:
            stored = pool.submit(record_assessment, store, loaded, item(SHOWN)).result(LONGEST_CALL_SECONDS)
        finally:
            refers.rollback()
    assert stored == StoreResult(stored=1, decisions=0, writes=1, lost=0)


def test_a_second_assessment_of_the_same_state_decides_nothing_and_replaces_the_request(
    store: StoreFixture, loaded: LoadedMapping
) -> None:
    record_assessment(store, loaded, item(SHOWN))
    record_assessment(store, loaded, item(SHOWN))
    again = record_assessment(store, loaded, item(SHOWN))
    assert (again.decisions, again.writes) == (0, 1)
    states = [row.state for row in store.rows("SELECT state FROM outbox ORDER BY id")]
    assert states == ["superseded", "superseded", "waiting"]
    assert len(store.rows("SELECT 1 FROM decision")) == 1


def test_a_decision_holds_the_evidence_the_mapping_and_the_policy(store: StoreFixture, loaded: LoadedMapping) -> None:
    record_assessment(store, loaded, item(SHOWN))
    (row,) = store.rows("SELECT evidence, mapping_version, policy_version FROM decision")
    assert row.evidence["item"] == {"key": "ITX-1", "version": "", "status": "Backlog"}
    assert row.evidence["measure"]["roles"]["owner"]["name"] == "A. Kaya"
    assert (row.mapping_version, str(row.policy_version).partition("/")[0]) == (1, "five")


def test_a_hand_edit_is_in_the_audit_trail(store: StoreFixture, loaded: LoadedMapping) -> None:
    record_assessment(store, loaded, item(SHOWN))
    (delivery,) = store.outbox().claim(JIRA, 10)
    store.outbox().done(delivery, WriteResult.DONE)
    record_assessment(
        store, loaded, item(SHOWN | {"Gate": "Open", "Gate blockers": delivery.values[FieldName("Gate blockers")]})
    )
    (entry,) = store.rows("SELECT detail FROM audit WHERE action = 'field.restored'")
    assert entry.detail == {
        "by": None,
        "field": "Gate",
        "kind": "hand_edit",
        "present": "Open",
        "target": "Blocked",
        "last_written": "Blocked",
    }


def test_an_owned_field_that_the_tool_does_not_show_is_reported_once_per_decision(
    store: StoreFixture, loaded: LoadedMapping
) -> None:
    for _ in range(3):
        record_assessment(store, loaded, item(SHOWN, without=("Gate",)))
    dead_letters = store.rows("SELECT key, reason FROM outbox WHERE state = 'dead_letter'")
    assert len(dead_letters) == len(store.rows("SELECT 1 FROM decision")) == 1
    assert (dead_letters[0].key, dead_letters[0].reason) == (
        "ITX-1",
        '"Gate" cannot be read on jira-main: check that the fields exist under these names and that Gatepost\'s account may see them',
    )


def test_an_item_that_leaves_the_mapping_keeps_its_measure_and_its_writes_end(
    store: StoreFixture, loaded: LoadedMapping
) -> None:
    record_assessment(store, loaded, item(SHOWN))
    record_assessment(store, loaded, item(SHOWN, project="HR"))
    (row,) = store.rows("SELECT unmapped_since IS NOT NULL AS since, unmapped_reason FROM measure")
    assert (row.since, row.unmapped_reason) == (True, "no rule takes ITX-1 (Epic in HR, Backlog)")
    assert [r.state for r in store.rows("SELECT state FROM outbox")] == ["superseded"]
    record_assessment(store, loaded, item(SHOWN))
    assert store.rows("SELECT unmapped_since FROM measure")[0].unmapped_since is None


def test_an_absent_item_says_since_when_and_a_returned_one_no_longer(
    store: StoreFixture, loaded: LoadedMapping
) -> None:
    some = item(SHOWN)
    record_assessment(store, loaded, some)
    settle(store, some.native_id, AbsentItem(some.native_id))
    assert store.rows("SELECT unreachable_since FROM work_item")[0].unreachable_since is not None
    record_assessment(store, loaded, some)
    assert store.rows("SELECT unreachable_since FROM work_item")[0].unreachable_since is None


@pytest.mark.parametrize(
    ("deleted", "reason"),
    [("10001", "deleted: the tool's event said so"), ("10002", "hidden"), (None, "hidden")],
)
def test_an_absent_item_was_deleted_when_its_event_says_so(
    store: StoreFixture, loaded: LoadedMapping, deleted: str | None, reason: str
) -> None:
    some = item(SHOWN)
    record_assessment(store, loaded, some)
    gone = ItemsChanged("gone", (some.native_id, NativeId("10002")), deleted=NativeId(deleted) if deleted else None)
    result_of(store.inbox.submit, ReceivedEvent(JIRA, "gone", b"{}", gone))
    settle(store, some.native_id, AbsentItem(some.native_id, "hidden"))
    assert store.rows("SELECT unreachable_reason FROM work_item")[0].unreachable_reason == reason


def test_an_event_by_key_goes_on_under_the_native_id(store: StoreFixture) -> None:
    settle(store, NativeId("ITX-1"), ItemAlias(NativeId("ITX-1"), NativeId("10001")))
    assert [row.native_id for row in store.rows("SELECT native_id FROM dirty_key")] == ["10001"]
    assert store.states()[0][2] == "done"


def test_a_moved_item_has_its_new_key(store: StoreFixture, loaded: LoadedMapping) -> None:
    record_assessment(store, loaded, item(SHOWN))
    record_assessment(store, loaded, replace(item(SHOWN), key="CLOUD-7"))
    assert [row.key for row in store.rows("SELECT key FROM measure")] == ["CLOUD-7"]
