"""Taking events in: each once, with its dirty keys, and with one wake-up however many there are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import text

from connector.store.wake import NAMESPACE, Task, let_committers_pass
from connector.sync.ports import NoInterest
from connector.sync.stores import Arrival, TakenIn
from tests.connector.store.conftest import JIRA, Store


def test_an_event_is_stored_and_its_item_is_dirty(store: Store) -> None:
    assert store.ring("d1", "10001") is TakenIn.ACCEPTED
    assert store.states() == [("d1", "10001", "pending")]
    assert [row.native_id for row in store.rows("SELECT native_id FROM dirty_key")] == ["10001"]


def test_the_same_delivery_counts_once(store: Store) -> None:
    store.ring("d1", "10001")
    assert store.ring("d1", "10001") is TakenIn.DUPLICATE
    assert store.states() == [("d1", "10001", "pending")]
    assert store.rows("SELECT generation FROM dirty_key")[0].generation == 1


def test_an_event_about_two_items_keeps_its_body_once(store: Store) -> None:
    store.ring("d1", "10002", "10001")
    rows = store.rows("SELECT native_id, body FROM inbox ORDER BY part")
    assert [(row.native_id, row.body) for row in rows] == [("10001", b"{}"), ("10002", None)]


def test_an_event_of_no_interest_is_kept_with_the_reason_and_makes_nothing_dirty(store: Store) -> None:
    arrival = Arrival(JIRA, "d1", b"{}", NoInterest("sprint_started", "sprints are not governed"))
    assert store.inbox.take_in(arrival) is TakenIn.IGNORED
    assert store.inbox.take_in(arrival) is TakenIn.DUPLICATE
    (row,) = store.rows("SELECT event, state, reason FROM inbox")
    assert (row.event, row.state, row.reason) == ("sprint_started", "ignored", "sprints are not governed")
    assert store.rows("SELECT 1 FROM dirty_key") == []
    assert store.queued == []


def test_a_hundred_events_put_one_task_into_the_queue(store: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: store.ring(f"d{n}", str(n)), range(100)))
    waiting = store.rows("SELECT task_name, queueing_lock FROM procrastinate_jobs WHERE status = 'todo'")
    assert [(row.task_name, row.queueing_lock) for row in waiting] == [("reconcile", "reconcile:jira-main")]


def test_a_starting_task_waits_for_the_event_that_counted_on_it(store: Store) -> None:
    """The race that the pair of advisory locks closes; without it the key would lie until the next tick."""
    store.ring("d1", "1")
    with store.engine.connect() as event, ThreadPoolExecutor(1) as pool:
        store.waker.wake(event, Task.RECONCILE, JIRA)

        def start() -> None:
            with store.engine.begin() as task:
                let_committers_pass(task, Task.RECONCILE, JIRA)

        started = pool.submit(start)
        while not _somebody_waits(store):
            assert not started.done()
        event.commit()
        started.result(timeout=10)


def _somebody_waits(store: Store) -> bool:
    with store.engine.connect() as connection:
        query = text("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = :space AND NOT granted")
        return connection.execute(query, {"space": NAMESPACE}).first() is not None
