"""Wishes, when what was read is older than what was written: nothing is written twice, and nothing outdated stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.store.reconcile.assessment_store import SqlLedger
from connector.sync.ports import Written
from connector.sync.stores import Assessed, Remembered
from mapping.assess_item import judge
from mapping.load import Loaded, load_mapping
from mapping.map_item import Unmapped
from mapping.policy import Policies
from mapping.work_item import FieldName, FieldValue, NativeId, WorkItem
from tests.connector.store.conftest import JIRA, Store
from tests.connector.store.queue.test_outbox import wish
from tests.connector.store.reconcile.test_assessment_store import NOW, SHOWN, look
from tests.mapping.items import item
from tests.mapping.test_apply import MAPPING

STALE: WorkItem = item(SHOWN)
"""As the tool showed it before anything was written."""


@pytest.fixture
def loaded() -> Loaded:
    result = load_mapping(MAPPING)
    assert isinstance(result, Loaded)
    return result


def outcome(store: Store, loaded: Loaded, some: WorkItem) -> Assessed:
    remembered = store.memory.recall(JIRA, [some.native_id]).get(some.native_id, Remembered())
    judged = judge(
        some, loaded.config, Policies(loaded.config), standing=remembered.standing,
        last_written=remembered.last_written, now=NOW, heard=remembered.heard,
    )  # fmt: skip
    assert not isinstance(judged, Unmapped)
    return Assessed(some, judged)


def written(store: Store) -> dict[str, FieldValue]:
    """Carry out what waits, and return what the tool shows then."""
    (delivery,) = store.outbox().claim(JIRA, 10)
    store.outbox().done(delivery, Written.DONE)
    return {str(name): value for name, value in delivery.values.items()}


def test_what_a_worker_is_writing_is_not_wished_again(store: Store, loaded: Loaded) -> None:
    assert look(store, loaded, STALE).writes == 1
    (in_hand,) = store.outbox().claim(JIRA, 10)
    assert look(store, loaded, STALE).writes == 0
    store.outbox().done(in_hand, Written.DONE)
    assert store.outbox().claim(JIRA, 10) == ()
    assert store.rows("SELECT 1 FROM dirty_key") == [], "what is being written is what is wanted"


def test_what_was_written_after_the_look_began_is_not_wished_again(store: Store, loaded: Loaded) -> None:
    look(store, loaded, STALE)
    store.ring("d9", STALE.native_id)
    claim = store.work().claim(JIRA, 10)
    assert claim is not None
    written(store)
    settled = store.ledger.settle(claim, [outcome(store, loaded, STALE)], 1, NOW)
    assert settled.writes == 0
    assert [row.state for row in store.rows("SELECT state FROM outbox")] == ["done"]


def test_what_was_written_before_the_look_began_is_put_back_when_it_is_gone(store: Store, loaded: Loaded) -> None:
    look(store, loaded, STALE)
    shown = written(store)
    assert look(store, loaded, item(SHOWN | shown | {"Gate": "Open"})).writes == 1


def test_a_field_that_nobody_is_writing_is_wished_beside_the_one_in_hand(store: Store, loaded: Loaded) -> None:
    wish(store, STALE.native_id, Gate="Shut")
    store.outbox().claim(JIRA, 10)
    assert look(store, loaded, STALE).writes == 1
    (row,) = store.rows("SELECT wanted FROM outbox WHERE claim_token IS NULL AND state = 'waiting'")
    assert "Gate" not in row.wanted
    assert "Gate blockers" in row.wanted


def test_an_item_is_looked_at_again_when_the_write_in_hand_is_outdated(store: Store, loaded: Loaded) -> None:
    look(store, loaded, STALE)
    shown = written(store)
    wish(store, STALE.native_id, Gate="Open")
    store.outbox().claim(JIRA, 10)
    assert look(store, loaded, item(SHOWN | shown)).writes == 0
    (row,) = store.rows("SELECT native_id, extract(epoch FROM due_at - now())::float8 AS wait, inbox_id FROM dirty_key")
    assert row.native_id == STALE.native_id
    assert 0 < float(str(row.wait)) <= 2
    assert row.inbox_id is None


def test_a_row_in_a_bulk_edit_is_left_to_its_end(store: Store, loaded: Loaded) -> None:
    look(store, loaded, STALE)
    store.outbox().into_bulk(store.outbox().claim(JIRA, 10), "task 1", 0)
    assert look(store, loaded, STALE).writes == 0
    (in_bulk,) = store.outbox().claim_task(JIRA, "task 1", 10)
    store.outbox().done(in_bulk, Written.DONE)
    assert [row.state for row in store.rows("SELECT state FROM outbox")] == ["done"]


def test_many_items_keep_their_own_wishes(store: Store, loaded: Loaded) -> None:
    """The second of three is being written; the others are wished."""
    items = [replace(STALE, native_id=NativeId(str(number)), key=f"ITX-{number}") for number in (1, 2, 3)]
    look(store, loaded, items[1])
    store.outbox().claim(JIRA, 10)
    for number, one in enumerate(items):
        store.ring(f"e{number}", one.native_id)
    claim = store.work().claim(JIRA, 10)
    assert claim is not None
    settled = SqlLedger(store.engine, store.waker).settle(claim, [outcome(store, loaded, one) for one in items], 1, NOW)
    assert settled.writes == 2
    waiting = store.rows("SELECT native_id FROM outbox WHERE state = 'waiting' AND claim_token IS NULL ORDER BY 1")
    assert [row.native_id for row in waiting] == ["1", "3"]
    assert FieldName("Gate") in items[0].fields
