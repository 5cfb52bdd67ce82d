"""Wishes, when what was read is older than what was written: nothing is written twice, and nothing outdated stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.store.reconcile.assessment_store import SqlAssessmentStore
from connector.sync.ports import WriteResult
from connector.sync.stores import AssessedItem, StoredState
from mapping.assess_item import assess_item
from mapping.load import LoadedMapping, load_mapping
from mapping.map_item import Unmapped
from mapping.policy import Policies
from mapping.work_item import FieldName, FieldValue, NativeId, WorkItem
from tests.connector.store.conftest import JIRA, StoreFixture
from tests.connector.store.queue.test_outbox import add_write
from tests.connector.store.reconcile.test_assessment_store import NOW, SHOWN, record_assessment
from tests.mapping.items import item
from tests.mapping.test_apply import MAPPING

STALE: WorkItem = item(SHOWN)
"""As the tool showed it before anything was written."""


@pytest.fixture
def loaded() -> LoadedMapping:
    result = load_mapping(MAPPING)
    assert isinstance(result, LoadedMapping)
    return result


def outcome(store: StoreFixture, loaded: LoadedMapping, some: WorkItem) -> AssessedItem:
    stored = store.stored_state.load(JIRA, [some.native_id]).get(some.native_id, StoredState())
    assessed = assess_item(
        some, loaded.config, Policies(loaded.config), measure_state=stored.measure_state,
        last_written=stored.last_written, now=NOW, ruled_on=stored.ruled_on,
    )  # fmt: skip
    assert not isinstance(assessed, Unmapped)
    return AssessedItem(some, assessed)


def written(store: StoreFixture) -> dict[str, FieldValue]:
    """Carry out what waits, and return what the tool shows then."""
    (delivery,) = store.outbox().claim(JIRA, 10)
    store.outbox().done(delivery, WriteResult.DONE)
    return {str(name): value for name, value in delivery.values.items()}


def test_what_a_worker_is_writing_is_not_requested_again(store: StoreFixture, loaded: LoadedMapping) -> None:
    assert record_assessment(store, loaded, STALE).writes == 1
    (in_hand,) = store.outbox().claim(JIRA, 10)
    assert record_assessment(store, loaded, STALE).writes == 0
    store.outbox().done(in_hand, WriteResult.DONE)
    assert store.outbox().claim(JIRA, 10) == ()
    assert store.rows("SELECT 1 FROM dirty_key") == [], "what is being written is what is wanted"


def test_what_was_written_after_the_assessment_began_is_not_requested_again(
    store: StoreFixture, loaded: LoadedMapping
) -> None:
    record_assessment(store, loaded, STALE)
    store.receive_event("d9", STALE.native_id)
    claim = store.work().claim(JIRA, 10)
    assert claim is not None
    written(store)
    settled = store.assessments.store(claim, [outcome(store, loaded, STALE)], 1, NOW)
    assert settled.writes == 0
    assert [row.state for row in store.rows("SELECT state FROM outbox")] == ["done"]


def test_what_was_written_before_the_assessment_began_is_restored_when_it_is_gone(
    store: StoreFixture, loaded: LoadedMapping
) -> None:
    record_assessment(store, loaded, STALE)
    shown = written(store)
    assert record_assessment(store, loaded, item(SHOWN | shown | {"Gate": "Open"})).writes == 1


def test_a_field_that_nobody_is_writing_is_requested_beside_the_one_in_progress(
    store: StoreFixture, loaded: LoadedMapping
) -> None:
    add_write(store, STALE.native_id, Gate="Blocked")
    store.outbox().claim(JIRA, 10)
    assert record_assessment(store, loaded, STALE).writes == 1
    (row,) = store.rows("SELECT target_values FROM outbox WHERE claim_token IS NULL AND state = 'waiting'")
    assert "Gate" not in row.target_values
    assert "Gate blockers" in row.target_values


def test_an_item_is_reassessed_when_the_write_in_progress_is_outdated(
    store: StoreFixture, loaded: LoadedMapping
) -> None:
    record_assessment(store, loaded, STALE)
    shown = written(store)
    add_write(store, STALE.native_id, Gate="Open")
    store.outbox().claim(JIRA, 10)
    assert record_assessment(store, loaded, item(SHOWN | shown)).writes == 0
    (row,) = store.rows("SELECT native_id, extract(epoch FROM due_at - now())::float8 AS wait, inbox_id FROM dirty_key")
    assert row.native_id == STALE.native_id
    assert 0 < float(str(row.wait)) <= 2
    assert row.inbox_id is None


def test_a_row_in_a_bulk_edit_is_left_to_its_end(store: StoreFixture, loaded: LoadedMapping) -> None:
    record_assessment(store, loaded, STALE)
    store.outbox().assign_bulk_task(store.outbox().claim(JIRA, 10), "task 1", 0)
    assert record_assessment(store, loaded, STALE).writes == 0
    (in_bulk,) = store.outbox().claim_bulk_task(JIRA, "task 1", 10)
    store.outbox().done(in_bulk, WriteResult.DONE)
    assert [row.state for row in store.rows("SELECT state FROM outbox")] == ["done"]


def test_many_items_keep_their_own_requests(store: StoreFixture, loaded: LoadedMapping) -> None:
    """The second of three is being written; the others are requested."""
    items = [replace(STALE, native_id=NativeId(str(number)), key=f"ITX-{number}") for number in (1, 2, 3)]
    record_assessment(store, loaded, items[1])
    store.outbox().claim(JIRA, 10)
    for number, one in enumerate(items):
        store.receive_event(f"e{number}", one.native_id)
    claim = store.work().claim(JIRA, 10)
    assert claim is not None
    settled = SqlAssessmentStore(store.engine, store.waker).store(
        claim, [outcome(store, loaded, one) for one in items], 1, NOW
    )
    assert settled.writes == 2
    waiting = store.rows("SELECT native_id FROM outbox WHERE state = 'waiting' AND claim_token IS NULL ORDER BY 1")
    assert [row.native_id for row in waiting] == ["1", "3"]
    assert FieldName("Gate") in items[0].fields
