"""What is kept, and how long: bodies go by the day, history in batches, what waits or is parked stays."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from secrets import token_hex
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from structlog.testing import capture_logs

from connector.people.permissions import Grant, PersonId, Role, Viewer
from connector.store.database.engine import open_database
from connector.store.database.row_level_access import reading
from connector.store.operations import retention
from connector.store.operations.retention import Cleaned, Keeping, Round, clean, foreseen
from connector.store.queue import event_body_partitions, traffic
from connector.store.queue.dead_letter_details import story
from connector.store.queue.event_body_partitions import Change, midnight
from connector.sync.lease import Grip
from tests.connector.store.conftest import JIRA, Store
from tests.waiting import LONGEST_WAIT_SECONDS

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
TODAY = NOW.date()
KEEPING = Keeping(body_days=14, history_days=400)
AHEAD = tuple(TODAY + timedelta(days=n) for n in range(8))


@pytest.fixture
def kept(store: Store) -> Store:
    """A store whose days are those of the tests' clock, of which today and the next seven have a partition."""
    with store.engine.connect() as connection:
        made_by_migration = event_body_partitions.days(connection)
    assert len(made_by_migration) == 8
    for day in made_by_migration:
        assert event_body_partitions.drop(store.engine, day) is Change.DONE
    assert clean(store.engine, KEEPING, NOW).made == AHEAD
    return store


def days(store: Store) -> tuple[date, ...]:
    with store.engine.connect() as connection:
        return event_body_partitions.days(connection)


def event(store: Store, name: str, *, age: timedelta, state: str = "done", body: bytes | None = b"{}") -> int:
    """An event of some age, which had its end at once, with its body."""
    at = NOW - age
    with store.engine.begin() as transaction:
        number = transaction.execute(
            text("""
                INSERT INTO inbox (connection, delivery_id, event, native_id, received_at, state, settled_at)
                VALUES ('jira-main', :name, 'jira:issue_updated', :name, :at, :state, :settled) RETURNING id
            """),
            {"name": name, "at": at, "state": state, "settled": None if state == "pending" else at},
        ).scalar_one()
        if body is not None:
            query = text("INSERT INTO inbox_body (inbox_id, received_at, body) VALUES (:id, :at, :body)")
            transaction.execute(query, {"id": number, "at": at, "body": body})
    return int(number)


def write(store: Store, *, age: timedelta, state: str) -> None:
    with store.engine.begin() as transaction:
        transaction.execute(
            text("""
                INSERT INTO outbox (connection, native_id, key, wanted, changes, state, settled_at)
                VALUES ('jira-main', :state, 'ITX-1', '{}', '[]', :state, :settled)
            """),
            {"state": state, "settled": None if state == "waiting" else NOW - age},
        )


def bodies(store: Store) -> list[tuple[str, str]]:
    """Every body that is kept, as (its event, the partition that it stands in)."""
    query = """
        SELECT i.delivery_id, CAST(CAST(b.tableoid AS regclass) AS text) AS partition
        FROM inbox_body AS b JOIN inbox AS i ON i.id = b.inbox_id ORDER BY i.delivery_id
    """
    return [(row.delivery_id, row.partition) for row in store.rows(query)]


def names(store: Store, table: str = "inbox", column: str = "delivery_id") -> list[str]:
    return [str(row[0]) for row in store.rows(f"SELECT {column} FROM {table} ORDER BY id")]


def test_today_and_the_next_seven_days_have_a_partition(kept: Store) -> None:
    assert days(kept) == AHEAD
    assert clean(kept.engine, KEEPING, NOW) == Cleaned(Round.DONE)
    tomorrow = clean(kept.engine, KEEPING, NOW + timedelta(days=1))
    assert tomorrow == Cleaned(Round.DONE, made=(TODAY + timedelta(days=8),))


def test_a_partition_keeps_its_index_and_no_constraint_beside_its_bounds(kept: Store) -> None:
    name = event_body_partitions.name_of(TODAY)
    assert [
        row.indexdef for row in kept.rows("SELECT indexdef FROM pg_indexes WHERE tablename = :name", name=name)
    ] == [f"CREATE INDEX {name}_inbox_id_idx ON public.{name} USING btree (inbox_id)"]
    checks = "SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid = CAST(:name AS regclass)"
    assert kept.rows(checks, name=name) == []


def test_old_bodies_go_with_their_partition_and_what_waits_or_is_parked_stays(kept: Store) -> None:
    for age in (14, 15, 16):
        assert event_body_partitions.make(kept.engine, TODAY - timedelta(days=age)) is Change.DONE
    event(kept, "young", age=timedelta(days=14))
    event(kept, "done", age=timedelta(days=15))
    event(kept, "parked", age=timedelta(days=15), state="parked")
    event(kept, "pending", age=timedelta(days=16), state="pending")
    assert len(bodies(kept)) == 4
    cleaned = clean(kept.engine, KEEPING, NOW)
    assert cleaned == Cleaned(Round.DONE, dropped=(date(2026, 3, 4), date(2026, 3, 5)))
    assert days(kept) == (date(2026, 3, 6), *AHEAD)
    assert bodies(kept) == [("young", "inbox_body_20260306")]
    assert kept.states() == [
        ("young", "young", "done"),
        ("done", "done", "done"),
        ("parked", "parked", "parked"),
        ("pending", "pending", "pending"),
    ]


def test_an_event_of_a_day_without_a_partition_is_taken_by_the_default_one(kept: Store) -> None:
    event(kept, "too early", age=timedelta(days=-20))
    event(kept, "too late", age=timedelta(days=15))
    assert bodies(kept) == [("too early", "inbox_body_default"), ("too late", "inbox_body_default")]
    assert clean(kept.engine, KEEPING, NOW) == Cleaned(Round.DONE, bodies=1)
    assert bodies(kept) == [("too early", "inbox_body_default")]


WAITING_FOR_DEFAULT = """
    SELECT 1 FROM pg_locks WHERE relation = CAST('inbox_body_default' AS regclass) AND NOT granted
"""


def test_a_body_that_comes_while_its_partition_is_made_is_neither_lost_nor_refused(
    kept: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_body_partitions, "LOCK_WAIT", "60s")
    day = TODAY + timedelta(days=8)
    with kept.engine.connect() as door, ThreadPoolExecutor(1) as pool:
        door.execute(text("INSERT INTO inbox_body VALUES (1, :at, 'a')"), {"at": midnight(day)})
        made = pool.submit(event_body_partitions.make, kept.engine, day)
        while not kept.rows(WAITING_FOR_DEFAULT):
            assert not made.done()
        door.commit()
        assert made.result(timeout=LONGEST_WAIT_SECONDS) is Change.FILLED
    assert [row.inbox_id for row in kept.rows("SELECT inbox_id FROM inbox_body")] == [1]
    assert days(kept) == AHEAD


def test_a_day_that_has_begun_in_the_default_partition_stays_there(kept: Store) -> None:
    event(kept, "early", age=timedelta(days=-8))
    tomorrow = NOW + timedelta(days=1)
    (sentence,) = clean(kept.engine, KEEPING, tomorrow).left
    assert sentence == (
        "No partition was made for 2026-03-28: the default partition holds bodies of then already. They are deleted one "
        "by one when they are old."
    )
    assert bodies(kept) == [("early", "inbox_body_default")]
    assert clean(kept.engine, KEEPING, NOW + timedelta(days=2)).made == (date(2026, 3, 29),)
    assert clean(kept.engine, KEEPING, NOW + timedelta(days=23)).bodies == 1
    assert bodies(kept) == []


def test_several_workers_at_once_do_it_once(kept: Store) -> None:
    later = NOW + timedelta(days=30)
    with ThreadPoolExecutor(4) as pool:
        cleaned = list(pool.map(lambda _: clean(kept.engine, KEEPING, later), range(4)))
    done = [one for one in cleaned if one.round is not Round.BUSY]
    made = sorted(day for one in done for day in one.made)
    assert made == [later.date() + timedelta(days=n) for n in range(8)]
    assert sorted(day for one in done for day in one.dropped) == list(AHEAD)
    assert days(kept) == tuple(made)


def test_while_another_process_cleans_nothing_is_done(kept: Store) -> None:
    with kept.engine.connect() as other:
        other.execute(text("SELECT pg_advisory_lock(:key)"), {"key": retention.LOCK})
        assert clean(kept.engine, KEEPING, NOW + timedelta(days=1)) == Cleaned(Round.BUSY)
        other.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": retention.LOCK})
    assert days(kept) == AHEAD


def test_a_drop_that_does_not_get_its_lock_gives_way_and_is_done_in_the_next_round(kept: Store) -> None:
    for age in (15, 16):
        event_body_partitions.make(kept.engine, TODAY - timedelta(days=age))
    event(kept, "old", age=timedelta(days=15))
    with kept.engine.connect() as backup:
        backup.execute(text("RESET ROLE"))
        backup.execute(text("LOCK TABLE inbox_body IN ACCESS SHARE MODE"))
        with capture_logs() as logged:
            held = clean(kept.engine, KEEPING, NOW)
        assert kept.ring("d1", "10001").name == "ACCEPTED"
        assert len(bodies(kept)) == 2
    told = (
        "The bodies of 2026-03-04 to 2026-03-05 (2 days) could not be dropped: somebody holds the table inbox_body, for "
        "example a backup. It is tried again in the next round."
    )
    assert held == Cleaned(Round.DONE, left=(told,))
    assert [(one["event"], one["why"]) for one in logged] == [("cleaning left something", told)]
    assert clean(kept.engine, KEEPING, NOW).dropped == (date(2026, 3, 4), date(2026, 3, 5))
    assert [name for name, _ in bodies(kept)] == ["d1"]


def test_a_partition_that_does_not_get_its_lock_is_made_in_the_next_round(kept: Store) -> None:
    tomorrow = NOW + timedelta(days=1)
    with kept.engine.connect() as other:
        other.execute(text("RESET ROLE"))
        other.execute(text("LOCK TABLE inbox_body IN SHARE UPDATE EXCLUSIVE MODE"))
        held = clean(kept.engine, KEEPING, tomorrow)
    assert held.left == (
        "No partition could be made for 2026-03-28: somebody holds the table inbox_body. It is tried again in the next "
        "round.",
    )
    assert clean(kept.engine, KEEPING, tomorrow).made == (date(2026, 3, 28),)


@pytest.fixture
def clerk(kept: Store) -> Iterator[Engine]:
    """Works for the application, but owns no table."""
    name, password = f"clerk_{token_hex(4)}", token_hex(8)
    with kept.engine.begin() as transaction:
        transaction.execute(text("RESET ROLE"))
        transaction.exec_driver_sql(f"CREATE ROLE {name} LOGIN PASSWORD '{password}' IN ROLE gatepost_app")
    engine = open_database(kept.url.set(username=name, password=password), pool_size=2, application="tests")
    yield engine
    engine.dispose()
    with kept.engine.begin() as transaction:
        transaction.execute(text("RESET ROLE"))
        transaction.exec_driver_sql(f"DROP ROLE {name}")


def test_a_login_that_owns_no_table_removes_bodies_one_by_one_and_says_so(kept: Store, clerk: Engine) -> None:
    event_body_partitions.make(kept.engine, TODAY - timedelta(days=15))
    event(kept, "old", age=timedelta(days=15))
    cleaned = clean(clerk, KEEPING, NOW + timedelta(days=1))
    assert (cleaned.made, cleaned.dropped, cleaned.bodies) == ((), (), 1)
    assert cleaned.left == (
        "No partition could be made for 2026-03-28: Gatepost's login does not own the table inbox_body. Bodies go to the "
        "default partition and are deleted one by one, which takes longer; make the login the owner of inbox_body and "
        "its partitions.",
        "The bodies of 2026-03-05 could not be dropped as a whole: Gatepost's login does not own the table inbox_body. "
        "They were deleted one by one; make the login the owner of inbox_body and its partitions.",
    )
    assert bodies(kept) == []


def test_history_goes_in_batches_and_what_has_no_end_stays(kept: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    old = timedelta(days=401)
    for n, state in enumerate(("done", "superseded", "ignored", "done", "done", "pending", "parked")):
        event(kept, f"{n} {state}", age=old, state=state, body=None)
    event(kept, "young", age=timedelta(days=399), body=None)
    for state in ("done", "superseded", "done", "waiting", "parked"):
        write(kept, age=old, state=state)
    write(kept, age=timedelta(days=399), state="done")
    before = kept.rows("SELECT count(*) FROM audit")
    assert foreseen(kept.engine, KEEPING, NOW) == Cleaned(Round.DONE, events=5, writes=3)
    first = clean(kept.engine, KEEPING, NOW, most_batches=2)
    assert first == Cleaned(Round.MORE, events=4, writes=3)
    assert clean(kept.engine, KEEPING, NOW, most_batches=2) == Cleaned(Round.DONE, events=1)
    assert names(kept) == ["5 pending", "6 parked", "young"]
    assert names(kept, "outbox", "state") == ["waiting", "parked", "done"]
    assert kept.rows("SELECT count(*) FROM audit") == before


class Stopping:
    """A worker that is asked to stop after so many looks."""

    def __init__(self, looks: int) -> None:
        self._looks = looks

    def grip(self, token: UUID | None = None) -> Grip:
        assert token is None
        self._looks -= 1
        return Grip.FIRM if self._looks >= 0 else Grip.STOPPING


def test_a_worker_that_is_to_stop_leaves_the_rest_to_the_next_round(
    kept: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for n in range(5):
        event(kept, f"old {n}", age=timedelta(days=401), body=None)
    # One look before the bodies, one before the column, one before the first batch of events.
    assert clean(kept.engine, KEEPING, NOW, hold=Stopping(3)) == Cleaned(Round.MORE, events=2)
    assert clean(kept.engine, KEEPING, NOW) == Cleaned(Round.DONE, events=3)


def test_an_event_is_kept_at_least_as_long_as_its_body(kept: Store) -> None:
    event(kept, "old", age=timedelta(days=401), body=None)
    assert clean(kept.engine, Keeping(body_days=500, history_days=400), NOW).events == 0
    assert names(kept) == ["old"]


def test_a_row_that_somebody_works_on_is_not_waited_for(kept: Store) -> None:
    number = event(kept, "old", age=timedelta(days=401), body=None)
    with kept.engine.connect() as other:
        other.execute(text("SELECT 1 FROM inbox WHERE id = :id FOR UPDATE"), {"id": number})
        assert clean(kept.engine, KEEPING, NOW) == Cleaned(Round.DONE)
    assert clean(kept.engine, KEEPING, NOW) == Cleaned(Round.DONE, events=1)


def test_what_the_version_before_has_kept_with_the_event_is_emptied_by_age(kept: Store) -> None:
    for name, age in (("old", 15), ("parked", 16), ("young", 14)):
        event(kept, name, age=timedelta(days=age), state="parked" if name == "parked" else "done", body=None)
    with kept.engine.begin() as transaction:
        transaction.execute(text("UPDATE inbox SET body = 'as it came'"))
    assert clean(kept.engine, KEEPING, NOW) == Cleaned(Round.DONE, bodies=2)
    rows = kept.rows("SELECT delivery_id, body FROM inbox ORDER BY id")
    assert [(row.delivery_id, row.body) for row in rows] == [("old", None), ("parked", None), ("young", b"as it came")]


def test_what_would_be_done_is_told_and_not_done(kept: Store) -> None:
    event_body_partitions.make(kept.engine, TODAY - timedelta(days=15))
    event(kept, "by day", age=timedelta(days=15))
    event(kept, "one by one", age=timedelta(days=40))
    tomorrow = NOW + timedelta(days=1)
    would = foreseen(kept.engine, KEEPING, tomorrow)
    assert would == Cleaned(Round.DONE, made=(date(2026, 3, 28),), dropped=(date(2026, 3, 5),), bodies=1)
    assert len(bodies(kept)) == 2
    assert clean(kept.engine, KEEPING, tomorrow) == would


@pytest.mark.parametrize("stands", ["in its day", "with the event"])
def test_a_body_is_read_where_it_stands(kept: Store, stands: str) -> None:
    number = event(kept, "a", age=timedelta(), state="parked", body=b'{"a": 1}' if stands == "in its day" else None)
    with kept.engine.begin() as transaction:
        if stands == "with the event":
            transaction.execute(text("""UPDATE inbox SET body = '{"a": 1}'"""))
        transaction.execute(
            text("INSERT INTO dirty_key (connection, native_id, inbox_id, state) VALUES (:here, 'a', :id, 'parked')"),
            {"here": JIRA, "id": number},
        )
    with kept.engine.connect() as connection:
        found = traffic.event(connection, number)
        assert found is not None
        assert bytes(found["content"]) == b'{"a": 1}'
        told = story(kept.engine, connection, f"key/{JIRA}/a", everything=True)
    assert told is not None
    assert [one.body for one in told.events] == ['{\n  "a": 1\n}']


def test_of_the_partitions_only_that_of_the_day_is_looked_into(kept: Store) -> None:
    number = event(kept, "a", age=timedelta())
    with kept.engine.connect() as connection:
        explained = text(f"EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF) {traffic._EVENT}")
        lines = connection.execute(explained, {"number": number}).scalars().all()
    looked = [re.search(r"Scan.* on (inbox_body_[a-z0-9]+) b_", line) for line in lines if "never executed" not in line]
    assert [one[1] for one in looked if one] == [event_body_partitions.name_of(TODAY)]


@pytest.mark.parametrize(
    ("grants", "seen"),
    [((), 0), ((Grant(Role.VIEWER, ("HR",)),), 0), ((Grant(Role.OPERATOR),), 1), ((Grant(Role.VIEWER),), 1)],
)
def test_a_body_is_seen_by_whoever_sees_its_event(kept: Store, grants: tuple[Grant, ...], seen: int) -> None:
    event(kept, "a", age=timedelta())
    person = Viewer(PersonId(1), "x", "X", grants)
    with reading(kept.engine, person) as connection:
        assert len(connection.execute(text("SELECT 1 FROM inbox")).all()) == seen
        assert len(connection.execute(text("SELECT 1 FROM inbox_body")).all()) == seen


@pytest.mark.parametrize(
    ("received", "body_days", "told"),
    [
        (NOW, 14, "Its body is not kept."),
        (midnight(date(2026, 3, 6)), 14, "Its body is not kept."),
        (midnight(date(2026, 3, 6)) - timedelta(seconds=1), 14, "The body was removed after 14 days."),
        (NOW - timedelta(days=2), 1, "The body was removed after 1 day."),
    ],
)
def test_where_a_body_was_it_is_said_why_it_is_gone(received: datetime, body_days: int, told: str) -> None:
    assert Keeping(body_days, 400).why_gone(received, NOW) == told
