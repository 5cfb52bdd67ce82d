"""Taking events in: each once, with its dirty keys, and with one wake-up however many there are."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DataError

from connector.store.database.postgres import conninfo
from connector.store.queue.dirty_keys import SqlDirtyKeys
from connector.store.queue.event_bodies import decompress
from connector.store.queue.inbox import mark_dirty
from connector.store.queue.wake_up import WAKE_LOCK_NAMESPACE, TaskKind, wait_for_open_transactions
from connector.sync.ports import IgnoredEvent, ItemsChanged
from connector.sync.stores import ReceivedEvent, ReceiveResult
from mapping.work_item import NativeId
from tests.connector.store.conftest import JIRA, StoreFixture
from tests.waiting import LONGEST_WAIT_SECONDS, result_of, wait_until


def test_an_event_is_stored_and_its_item_is_dirty(store: StoreFixture) -> None:
    assert store.receive_event("d1", "10001") is ReceiveResult.ACCEPTED
    assert store.states() == [("d1", "10001", "pending")]
    assert [row.native_id for row in store.rows("SELECT native_id FROM dirty_key")] == ["10001"]


def test_the_same_delivery_counts_once(store: StoreFixture) -> None:
    store.receive_event("d1", "10001")
    assert store.receive_event("d1", "10001") is ReceiveResult.DUPLICATE
    assert store.states() == [("d1", "10001", "pending")]
    assert store.rows("SELECT generation FROM dirty_key")[0].generation == 1


def test_an_event_about_two_items_keeps_its_body_once(store: StoreFixture) -> None:
    store.receive_event("d1", "10002", "10001")
    assert store.states() == [("d1", "10001", "pending"), ("d1", "10002", "pending")]
    rows = store.rows("SELECT i.native_id, b.body FROM inbox_body AS b JOIN inbox AS i ON i.id = b.inbox_id")
    assert [(row.native_id, decompress(bytes(row.body))) for row in rows] == [("10001", b"{}")]


def test_an_event_of_no_interest_is_kept_with_the_reason_and_makes_nothing_dirty(store: StoreFixture) -> None:
    arrival = ReceivedEvent(JIRA, "d1", b"{}", IgnoredEvent("sprint_started", "sprints are not governed"))
    assert result_of(store.inbox.submit, arrival) is ReceiveResult.IGNORED
    assert result_of(store.inbox.submit, arrival) is ReceiveResult.DUPLICATE
    (row,) = store.rows("SELECT event, state, reason FROM inbox")
    assert (row.event, row.state, row.reason) == ("sprint_started", "ignored", "sprints are not governed")
    assert store.rows("SELECT 1 FROM dirty_key") == []
    assert store.woken_tasks == []


def test_a_session_that_ends_between_two_groups_costs_no_event(store: StoreFixture) -> None:
    """Groups that follow one another use one session, which is checked before the first of them only."""
    results: list[ReceiveResult | BaseException] = []
    first, second = (
        ReceivedEvent(JIRA, name, b"{}", ItemsChanged("e", (NativeId(name),))) for name in ("10001", "10002")
    )

    def end_session(result: ReceiveResult | BaseException) -> None:
        results.append(result)
        # The application's role may end no session.
        with psycopg.connect(conninfo(store.url), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        store.inbox.submit(second, results.append)

    store.inbox.submit(first, end_session)
    wait_until(lambda: len(results) == 2, "both groups are done")
    assert results == [ReceiveResult.ACCEPTED] * 2
    assert [row[1] for row in store.states()] == ["10001", "10002"]


def test_a_hundred_events_put_one_task_into_the_queue(store: StoreFixture) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: store.receive_event(f"d{n}", str(n)), range(100)))
    waiting = store.rows("SELECT task_name, queueing_lock FROM procrastinate_jobs WHERE status = 'todo'")
    assert [(row.task_name, row.queueing_lock) for row in waiting] == [("reconcile", "reconcile:jira-main")]


def test_what_comes_at_once_is_committed_at_once_and_each_gets_its_own_answer(store: StoreFixture) -> None:
    """While one transaction is held up, thirty events come: a new one, its duplicate, one of no interest, a poisoned one."""
    poison = ReceivedEvent(JIRA, "bad", b"{}", ItemsChanged("a\x00name", (NativeId("10009"),)))
    ignored = ReceivedEvent(JIRA, "none", b"{}", IgnoredEvent("sprint_started", "sprints are not governed"))
    new = [ReceivedEvent(JIRA, f"d{n % 20}", b"{}", ItemsChanged("x", (NativeId(str(n % 20)),))) for n in range(28)]
    with store.engine.connect() as other, ThreadPoolExecutor(31) as pool:
        other.execute(text("LOCK TABLE inbox IN SHARE MODE"))
        first = pool.submit(store.receive_event, "first", "1")
        time.sleep(0.2)
        futures = [pool.submit(result_of, store.inbox.submit, one) for one in (*new, ignored, poison)]
        time.sleep(0.2)
        other.rollback()
        assert first.result() is ReceiveResult.ACCEPTED
        results = [future.result() for future in futures[:-1]]
        with pytest.raises(DataError):
            futures[-1].result()
    assert Counter(results) == {ReceiveResult.ACCEPTED: 20, ReceiveResult.DUPLICATE: 8, ReceiveResult.IGNORED: 1}
    assert len(store.rows("SELECT 1 FROM inbox")) == 22


def test_what_an_event_marked_comes_before_what_is_reassessed_in_bulk(store: StoreFixture) -> None:
    with store.engine.begin() as transaction:
        mark_dirty(transaction, JIRA, {NativeId(str(n)): None for n in range(5)})
    store.receive_event("d1", "9")
    store.receive_event("d2", "3")
    claim = SqlDirtyKeys(store.engine, 1, 60).claim(JIRA, 3)
    assert claim is not None
    assert {key.native_id for key in claim.keys} - {"9", "3"} < {"0", "1", "2", "4"}
    assert {"9", "3"} < {key.native_id for key in claim.keys}


def test_an_item_with_many_events_keeps_its_place(store: StoreFixture) -> None:
    store.receive_event("d1", "1")
    (before,) = store.rows("SELECT due_at FROM dirty_key")
    store.receive_event("d2", "1")
    assert store.rows("SELECT due_at, generation FROM dirty_key") == [(before.due_at, 2)]


def test_a_starting_task_waits_for_the_event_that_counted_on_it(store: StoreFixture) -> None:
    """The race that the pair of advisory locks closes; without it the key would lie until the next tick."""
    store.receive_event("d1", "1")
    with store.engine.connect() as event, ThreadPoolExecutor(1) as pool:
        store.waker.wake(event, TaskKind.RECONCILE, JIRA)

        def start() -> None:
            with store.engine.begin() as task:
                wait_for_open_transactions(task, TaskKind.RECONCILE, JIRA)

        started = pool.submit(start)
        while not _somebody_waits(store):
            assert not started.done()
        event.commit()
        started.result(timeout=LONGEST_WAIT_SECONDS)


def _somebody_waits(store: StoreFixture) -> bool:
    with store.engine.connect() as connection:
        query = text("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = :space AND NOT granted")
        return connection.execute(query, {"space": WAKE_LOCK_NAMESPACE}).first() is not None
