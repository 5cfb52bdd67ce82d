"""Everybody locks keys by item, then rows of the outbox and the inbox, then tasks: else two wait for one another."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from connector.store.database.postgres import conninfo
from connector.store.queue.dead_letters import causes, drop, reassess_item, replay
from connector.store.queue.leases import release_abandoned
from connector.store.queue.workers import take_back_claims
from connector.sync.stores import Claim, ClaimedKey
from mapping.work_item import NativeId
from tests.connector.store.conftest import JIRA, StoreFixture
from tests.connector.store.queue.test_dead_letters import NOW, WHO, dead_item, dead_write
from tests.connector.store.queue.test_leases import Moment, _holds
from tests.connector.store.queue.test_reassess import RecordingWaker, steps_of
from tests.waiting import wait_until

FIRST = "SELECT 1 FROM dirty_key WHERE native_id = '1' FOR UPDATE"
SECOND = "SELECT 1 FROM dirty_key WHERE native_id = '2' FOR UPDATE"
WRITE = "SELECT 1 FROM outbox FOR UPDATE"
EVENT = "SELECT 1 FROM inbox FOR UPDATE"
BLOCKED = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"

Run = Callable[[StoreFixture], object]


def is_free_meanwhile(store: StoreFixture, held: str, run: Run, asked: str, change: str = "") -> bool:
    """Whether somebody who holds some rows can lock others, while what runs waits for the first ones."""
    with ThreadPoolExecutor(1) as thread:
        with store.engine.connect() as holder:
            assert holder.execute(text(held)).all()
            running = thread.submit(run, store)
            wait_until(lambda: _blocked(store) or running.done(), "somebody who waits for the rows that are held")
            assert not running.done(), "it waits for nobody"
            try:
                free = bool(holder.execute(text(f"{asked} NOWAIT")).all())
                holder.execute(text(change or "SELECT 1"))
                holder.commit()
            except OperationalError:
                free = False
                holder.rollback()
        running.result()
    return free


def _blocked(store: StoreFixture) -> int:
    # As the login itself: the application's role does not see what other sessions wait for.
    with psycopg.connect(conninfo(store.url)) as connection:
        found = connection.execute(BLOCKED).fetchone()
    assert found
    return int(found[0])


def cause_of(store: StoreFixture) -> str:
    with store.engine.connect() as connection:
        return causes(connection)[0].id


@pytest.mark.parametrize("marked", [True, False], ids=["its item is dirty", "its item is not dirty"])
def test_a_write_that_is_replayed_locks_its_key_first(store: StoreFixture, marked: bool) -> None:
    number = dead_write(store, "1", "refused")
    if marked:
        store.receive_event("d1", "1")
    with steps_of(store, writes="UPDATE outbox", events="UPDATE inbox") as steps:
        assert replay(store.engine, RecordingWaker(steps), f"write/{number}", WHO, NOW) == 1
    assert steps == ["keys of jira-main", "writes", "events", "task of jira-main"]


def test_an_item_that_is_reassessed_locks_its_key_first(store: StoreFixture) -> None:
    dead_item(store, "1", "cannot be read")
    with steps_of(store, writes="UPDATE outbox", events="UPDATE inbox") as steps:
        reassess_item(store.engine, RecordingWaker(steps), JIRA, NativeId("1"), WHO)
    assert steps == ["keys of jira-main", "writes", "events", "task of jira-main"]
    assert store.states() == [("d1", "1", "pending")]


def _replay(store: StoreFixture) -> int:
    return replay(store.engine, store.waker, cause_of(store), WHO, NOW)


def _reassess(store: StoreFixture) -> None:
    reassess_item(store.engine, store.waker, JIRA, NativeId("1"), WHO)


def test_whoever_holds_a_key_gets_the_write_that_is_replayed(store: StoreFixture) -> None:
    dead_write(store, "1", "refused")
    store.receive_event("d1", "1")
    assert is_free_meanwhile(store, FIRST, _replay, WRITE)


def test_a_write_that_somebody_else_replayed_meanwhile_counts_once(store: StoreFixture) -> None:
    dead_write(store, "1", "refused")
    store.receive_event("d1", "1")
    counted: list[int] = []
    ended = "UPDATE outbox SET state = 'superseded', settled_at = now()"
    assert is_free_meanwhile(store, FIRST, lambda store: counted.append(_replay(store)), WRITE, ended)
    assert counted == [0]


def test_whoever_holds_a_key_gets_the_events_of_an_item_that_is_reassessed(store: StoreFixture) -> None:
    dead_item(store, "1", "cannot be read")
    assert is_free_meanwhile(store, FIRST, _reassess, EVENT)


def _dead(store: StoreFixture) -> None:
    for item in ("2", "1"):
        dead_item(store, item, "cannot be read")


def _claimed(store: StoreFixture) -> None:
    for item in ("2", "1"):
        store.receive_event(f"d{item}", item)
    assert store.work(lease=-60).claim(JIRA, 2) is not None


def _of_claim(end: str) -> Run:
    def run(store: StoreFixture) -> None:
        work, items = store.work(), [NativeId("2"), NativeId("1")]
        (row,) = store.rows("SELECT DISTINCT CAST(claim_token AS text) FROM dirty_key")
        claim = Claim(UUID(str(row[0])), JIRA, tuple(ClaimedKey(item, 0) for item in items), full=False, since=NOW)
        if end == "postpone":
            work.postpone(claim, items, 0, "later", count=False)
        else:
            work.dead_letter(claim, items, "cannot be read")

    return run


KEYS: dict[str, tuple[Run, Run]] = {
    "replayed": (_dead, _replay),
    "dropped": (_dead, lambda store: drop(store.engine, cause_of(store), WHO, "gone")),
    "postponed": (_claimed, _of_claim("postpone")),
    "given up": (_claimed, _of_claim("dead_letter")),
    "taken back": (_claimed, lambda store: take_back_claims(store.engine, store.waker, worker=2)),
    "released": (_claimed, lambda store: release_abandoned(store.engine, _holds(Moment()), worker=1)),
}


@pytest.mark.parametrize(("given", "run"), KEYS.values(), ids=KEYS)
def test_keys_are_locked_by_item(store: StoreFixture, given: Run, run: Run) -> None:
    """An event about both items holds the first key, and asks for the second, which lies first in the table."""
    given(store)
    assert is_free_meanwhile(store, FIRST, run, SECOND)
