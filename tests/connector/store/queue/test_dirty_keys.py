"""Claims: one key in one hand, taken back from the dead, never lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from sqlalchemy import text

from connector.store.database.postgres import conninfo
from connector.store.queue.workers import WorkerPresence, take_back_claims
from connector.sync.stores import AbsentItem, Claim, StoreResult
from mapping.work_item import NativeId
from tests.connector.store.conftest import JIRA, StoreFixture

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def _settle(store: StoreFixture, claim: Claim) -> StoreResult:
    return store.assessments.store(claim, [AbsentItem(key.native_id) for key in claim.keys], 1, NOW)


def _claim(store: StoreFixture, worker: int = 1, limit: int = 100) -> Claim:
    claim = store.work(worker).claim(JIRA, limit)
    assert claim is not None
    return claim


def test_a_claimed_key_is_not_given_to_a_second_worker(store: StoreFixture) -> None:
    store.receive_event("d1", "1")
    _claim(store)
    assert store.work(2).claim(JIRA, 100) is None


def test_two_workers_at_once_share_the_keys_without_overlap(store: StoreFixture) -> None:
    for number in range(200):
        store.receive_event(f"d{number}", str(number))
    with ThreadPoolExecutor(4) as pool:
        claims = [claim for claim in pool.map(lambda w: store.work(w).claim(JIRA, 50), range(4)) if claim]
    taken = [key.native_id for claim in claims for key in claim.keys]
    assert len(taken) == len(set(taken)) == 200


def test_a_settled_key_is_clean_and_its_events_are_done(store: StoreFixture) -> None:
    store.receive_event("d1", "1")
    store.receive_event("d2", "1")
    _settle(store, _claim(store))
    assert store.rows("SELECT 1 FROM dirty_key") == []
    assert store.states() == [("d1", "1", "superseded"), ("d2", "1", "done")]


def test_an_event_about_two_items_is_done_for_each_of_them(store: StoreFixture) -> None:
    store.receive_event("d1", "1", "2")
    _settle(store, _claim(store))
    assert store.states() == [("d1", "1", "done"), ("d1", "2", "done")]


def test_a_key_that_is_marked_while_it_is_claimed_is_claimed_again(store: StoreFixture) -> None:
    store.receive_event("d1", "1")
    claim = _claim(store)
    store.receive_event("d2", "1")
    assert store.work(2).claim(JIRA, 100) is None, "it is still in the first worker's hands"
    _settle(store, claim)
    assert store.states() == [("d1", "1", "done"), ("d2", "1", "pending")]
    again = _claim(store, worker=2)
    _settle(store, again)
    assert store.states() == [("d1", "1", "done"), ("d2", "1", "done")]
    assert store.rows("SELECT 1 FROM dirty_key") == []


def test_the_claims_of_a_dead_worker_are_taken_back_at_once(store: StoreFixture) -> None:
    store.receive_event("d1", "1")
    with WorkerPresence(store.engine, conninfo(store.url)) as dead:
        claim = _claim(store, worker=dead.worker)
        assert take_back_claims(store.engine, store.waker, worker=0) == 0, "it lives"
        with store.engine.begin() as connection:
            connection.execute(text("RESET ROLE"))
            connection.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '%presence'")
            )
        taken_back = 0
        while not taken_back:
            taken_back = take_back_claims(store.engine, store.waker, worker=0)
        assert taken_back == 1
        again = _claim(store, worker=2)
        late = _settle(store, claim)
    assert (late.stored, late.lost) == (0, 1), "what the dead worker brings later does not count"
    assert _settle(store, again).stored == 1


def test_a_lease_that_ran_out_is_taken_back_even_from_a_living_worker(store: StoreFixture) -> None:
    store.receive_event("d1", "1")
    with WorkerPresence(store.engine, conninfo(store.url)) as stuck:
        store.work(stuck.worker, lease=0).claim(JIRA, 100)
        assert take_back_claims(store.engine, store.waker, worker=0) == 1
    assert store.work(2).claim(JIRA, 100) is not None


def test_a_key_put_off_comes_due_later_and_counts_the_attempt(store: StoreFixture) -> None:
    store.receive_event("d1", "1")
    claim = _claim(store)
    store.work().postpone(claim, [NativeId("1")], 3600, "the tool does not answer", count=True)
    assert store.work().claim(JIRA, 100) is None
    (row,) = store.rows("SELECT attempts, reason, due_at > now() + interval '59 minutes' AS later FROM dirty_key")
    assert (row.attempts, row.reason, row.later) == (1, "the tool does not answer", True)


def test_waiting_for_an_outage_to_end_is_no_attempt(store: StoreFixture) -> None:
    store.receive_event("d1", "1")
    store.work().postpone(_claim(store), [NativeId("1")], 1, "down", count=False)
    assert store.rows("SELECT attempts FROM dirty_key")[0].attempts == 0


def test_a_dead_key_is_visible_with_its_reason_and_the_next_event_revives_it(store: StoreFixture) -> None:
    store.receive_event("d1", "1")
    store.work().dead_letter(_claim(store), [NativeId("1")], "the answer cannot be read")
    (row,) = store.rows("SELECT state, reason FROM dirty_key")
    assert (row.state, row.reason) == ("dead_letter", "the answer cannot be read")
    assert store.states() == [("d1", "1", "dead_letter")]
    assert store.work().claim(JIRA, 100) is None
    store.receive_event("d2", "1")
    _settle(store, _claim(store))
    assert store.states() == [("d1", "1", "dead_letter"), ("d2", "1", "done")]


def test_a_key_that_is_marked_while_it_becomes_a_dead_letter_is_tried_again(store: StoreFixture) -> None:
    store.receive_event("d1", "1")
    claim = _claim(store)
    store.receive_event("d2", "1")
    store.work().dead_letter(claim, [NativeId("1")], "cannot be read")
    assert store.states() == [("d1", "1", "dead_letter"), ("d2", "1", "pending")]
    assert [key.native_id for key in _claim(store).keys] == ["1"]


def test_due_work_is_woken_without_an_event(store: StoreFixture) -> None:
    store.receive_event("d1", "1")
    with store.engine.begin() as connection:
        connection.execute(text("DELETE FROM procrastinate_jobs"))
    take_back_claims(store.engine, store.waker, worker=0)
    assert [row.task_name for row in store.rows("SELECT task_name FROM procrastinate_jobs")] == ["reconcile"]
