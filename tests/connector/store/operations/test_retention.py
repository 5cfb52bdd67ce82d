"""What is kept, and how long: bodies go by the day, history in batches, what waits and dead letters stay."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from secrets import token_hex
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DataError, ProgrammingError
from structlog.testing import capture_logs

from connector.people.permissions import PersonId, Role, RoleGrant, Viewer
from connector.remedy import Note, Remedy
from connector.store.database.engine import open_database
from connector.store.database.row_level_access import read_as
from connector.store.operations import retention
from connector.store.operations.retention import (
    CleanupResult,
    CleanupStatus,
    RetentionPeriods,
    clean_up,
    preview_clean_up,
)
from connector.store.queue import event_body_partitions, traffic
from connector.store.queue.dead_letter_details import dead_letter_details
from connector.store.queue.event_body_partitions import PartitionResult, midnight
from connector.sync.lease import LeaseState
from tests.connector.store.conftest import JIRA, StoreFixture
from tests.waiting import LONGEST_WAIT_SECONDS

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
TODAY = NOW.date()
KEEPING = RetentionPeriods(body_days=14, history_days=400)
AHEAD = tuple(TODAY + timedelta(days=n) for n in range(8))


@pytest.fixture
def kept(store: StoreFixture) -> StoreFixture:
    """A store whose days are those of the tests' clock, of which today and the next seven have a partition."""
    with store.engine.connect() as connection:
        made_by_migration = event_body_partitions.partition_days(connection)
    assert len(made_by_migration) == 8
    for day in made_by_migration:
        assert event_body_partitions.drop_partition(store.engine, day) is PartitionResult.DONE
    assert clean_up(store.engine, KEEPING, NOW).partitions_created == AHEAD
    return store


def days(store: StoreFixture) -> tuple[date, ...]:
    with store.engine.connect() as connection:
        return event_body_partitions.partition_days(connection)


def event(store: StoreFixture, name: str, *, age: timedelta, state: str = "done", body: bytes | None = b"{}") -> int:
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


def write(store: StoreFixture, *, age: timedelta, state: str) -> None:
    with store.engine.begin() as transaction:
        transaction.execute(
            text("""
                INSERT INTO outbox (connection, native_id, key, target_values, changes, state, settled_at)
                VALUES ('jira-main', :state, 'ITX-1', '{}', '[]', :state, :settled)
            """),
            {"state": state, "settled": None if state == "waiting" else NOW - age},
        )


def bodies(store: StoreFixture) -> list[tuple[str, str]]:
    """Every body that is kept, as (its event, the partition that it stands in)."""
    query = """
        SELECT i.delivery_id, CAST(CAST(b.tableoid AS regclass) AS text) AS partition
        FROM inbox_body AS b JOIN inbox AS i ON i.id = b.inbox_id ORDER BY i.delivery_id
    """
    return [(row.delivery_id, row.partition) for row in store.rows(query)]


def names(store: StoreFixture, table: str = "inbox", column: str = "delivery_id") -> list[str]:
    return [str(row[0]) for row in store.rows(f"SELECT {column} FROM {table} ORDER BY id")]


def test_today_and_the_next_seven_days_have_a_partition(kept: StoreFixture) -> None:
    assert days(kept) == AHEAD
    assert clean_up(kept.engine, KEEPING, NOW) == CleanupResult(CleanupStatus.DONE)
    tomorrow = clean_up(kept.engine, KEEPING, NOW + timedelta(days=1))
    assert tomorrow == CleanupResult(CleanupStatus.DONE, partitions_created=(TODAY + timedelta(days=8),))


def test_a_partition_keeps_its_index_and_no_constraint_beside_its_bounds(kept: StoreFixture) -> None:
    name = event_body_partitions.partition_name(TODAY)
    assert [
        row.indexdef for row in kept.rows("SELECT indexdef FROM pg_indexes WHERE tablename = :name", name=name)
    ] == [f"CREATE INDEX {name}_inbox_id_idx ON public.{name} USING btree (inbox_id)"]
    checks = "SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid = CAST(:name AS regclass)"
    assert kept.rows(checks, name=name) == []


def test_old_bodies_go_with_their_partition_and_waiting_or_dead_events_stay(kept: StoreFixture) -> None:
    for age in (14, 15, 16):
        assert event_body_partitions.create_partition(kept.engine, TODAY - timedelta(days=age)) is PartitionResult.DONE
    event(kept, "young", age=timedelta(days=14))
    event(kept, "done", age=timedelta(days=15))
    event(kept, "dead_letter", age=timedelta(days=15), state="dead_letter")
    event(kept, "pending", age=timedelta(days=16), state="pending")
    assert len(bodies(kept)) == 4
    cleaned = clean_up(kept.engine, KEEPING, NOW)
    assert cleaned == CleanupResult(CleanupStatus.DONE, partitions_dropped=(date(2026, 3, 4), date(2026, 3, 5)))
    assert days(kept) == (date(2026, 3, 6), *AHEAD)
    assert bodies(kept) == [("young", "inbox_body_20260306")]
    assert kept.states() == [
        ("young", "young", "done"),
        ("done", "done", "done"),
        ("dead_letter", "dead_letter", "dead_letter"),
        ("pending", "pending", "pending"),
    ]


def test_an_event_of_a_day_without_a_partition_is_taken_by_the_default_one(kept: StoreFixture) -> None:
    event(kept, "too early", age=timedelta(days=-20))
    event(kept, "too late", age=timedelta(days=15))
    assert bodies(kept) == [("too early", "inbox_body_default"), ("too late", "inbox_body_default")]
    assert clean_up(kept.engine, KEEPING, NOW) == CleanupResult(CleanupStatus.DONE, bodies_deleted=1)
    assert bodies(kept) == [("too early", "inbox_body_default")]


WAITING_FOR_DEFAULT = """
    SELECT 1 FROM pg_locks WHERE relation = CAST('inbox_body_default' AS regclass) AND NOT granted
"""


def test_a_body_that_comes_while_its_partition_is_made_is_neither_lost_nor_refused(
    kept: StoreFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_body_partitions, "LOCK_TIMEOUT", "60s")
    day = TODAY + timedelta(days=8)
    with kept.engine.connect() as receiver, ThreadPoolExecutor(1) as pool:
        receiver.execute(text("INSERT INTO inbox_body VALUES (1, :at, 'a')"), {"at": midnight(day)})
        made = pool.submit(event_body_partitions.create_partition, kept.engine, day)
        while not kept.rows(WAITING_FOR_DEFAULT):
            assert not made.done()
        receiver.commit()
        assert made.result(timeout=LONGEST_WAIT_SECONDS) is PartitionResult.ROWS_IN_DEFAULT
    assert [row.inbox_id for row in kept.rows("SELECT inbox_id FROM inbox_body")] == [1]
    assert days(kept) == AHEAD


def test_a_day_that_has_begun_in_the_default_partition_stays_there(kept: StoreFixture) -> None:
    event(kept, "early", age=timedelta(days=-8))
    tomorrow = NOW + timedelta(days=1)
    (sentence,) = clean_up(kept.engine, KEEPING, tomorrow).problems
    assert sentence.text == (
        "No partition was made for 2026-03-28: the default partition already holds bodies of that time. They are deleted one "
        "by one when they are old."
    )
    assert bodies(kept) == [("early", "inbox_body_default")]
    assert clean_up(kept.engine, KEEPING, NOW + timedelta(days=2)).partitions_created == (date(2026, 3, 29),)
    assert clean_up(kept.engine, KEEPING, NOW + timedelta(days=23)).bodies_deleted == 1
    assert bodies(kept) == []


def test_several_workers_at_once_do_it_once(kept: StoreFixture) -> None:
    later = NOW + timedelta(days=30)
    with ThreadPoolExecutor(4) as pool:
        cleaned = list(pool.map(lambda _: clean_up(kept.engine, KEEPING, later), range(4)))
    done = [one for one in cleaned if one.status is not CleanupStatus.BUSY]
    made = sorted(day for one in done for day in one.partitions_created)
    assert made == [later.date() + timedelta(days=n) for n in range(8)]
    assert sorted(day for one in done for day in one.partitions_dropped) == list(AHEAD)
    assert days(kept) == tuple(made)


def test_while_another_process_cleans_nothing_is_done(kept: StoreFixture) -> None:
    with kept.engine.connect() as other:
        other.execute(text("SELECT pg_advisory_lock(:key)"), {"key": retention.RETENTION_LOCK})
        assert clean_up(kept.engine, KEEPING, NOW + timedelta(days=1)) == CleanupResult(CleanupStatus.BUSY)
        other.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": retention.RETENTION_LOCK})
    assert days(kept) == AHEAD


def test_a_drop_that_does_not_get_its_lock_gives_way_and_is_done_in_the_next_round(kept: StoreFixture) -> None:
    for age in (15, 16):
        event_body_partitions.create_partition(kept.engine, TODAY - timedelta(days=age))
    event(kept, "old", age=timedelta(days=15))
    with kept.engine.connect() as backup:
        backup.execute(text("RESET ROLE"))
        backup.execute(text("LOCK TABLE inbox_body IN ACCESS SHARE MODE"))
        with capture_logs() as logged:
            held = clean_up(kept.engine, KEEPING, NOW)
        assert kept.receive_event("d1", "10001").name == "ACCEPTED"
        assert len(bodies(kept)) == 2
    message = (
        "The bodies of 2026-03-04 to 2026-03-05 (2 days) could not be dropped: somebody holds the table inbox_body, for "
        "example a backup. It is tried again in the next round."
    )
    assert held == CleanupResult(CleanupStatus.DONE, problems=(Note(message),))
    assert [(one["event"], one["why"]) for one in logged] == [("cleanup incomplete", message)]
    assert clean_up(kept.engine, KEEPING, NOW).partitions_dropped == (date(2026, 3, 4), date(2026, 3, 5))
    assert [name for name, _ in bodies(kept)] == ["d1"]


def test_a_partition_that_does_not_get_its_lock_is_made_in_the_next_round(kept: StoreFixture) -> None:
    tomorrow = NOW + timedelta(days=1)
    with kept.engine.connect() as other:
        other.execute(text("RESET ROLE"))
        other.execute(text("LOCK TABLE inbox_body IN SHARE UPDATE EXCLUSIVE MODE"))
        held = clean_up(kept.engine, KEEPING, tomorrow)
    assert held.problems == (
        Note(
            "No partition could be made for 2026-03-28: somebody holds the table inbox_body. It is tried again in the next "
            "round."
        ),
    )
    assert clean_up(kept.engine, KEEPING, tomorrow).partitions_created == (date(2026, 3, 28),)


@pytest.fixture
def clerk(kept: StoreFixture) -> Iterator[Engine]:
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


def test_a_login_that_owns_no_table_has_partitions_made_and_dropped(kept: StoreFixture, clerk: Engine) -> None:
    event_body_partitions.create_partition(clerk, TODAY - timedelta(days=15))
    event(kept, "old", age=timedelta(days=15))
    assert clean_up(clerk, KEEPING, NOW + timedelta(days=1)) == CleanupResult(
        CleanupStatus.DONE, (date(2026, 3, 28),), (date(2026, 3, 5),)
    )
    assert bodies(kept) == []


def test_a_login_without_the_right_removes_bodies_one_by_one_and_says_so(kept: StoreFixture, clerk: Engine) -> None:
    event_body_partitions.create_partition(kept.engine, TODAY - timedelta(days=15))
    event(kept, "old", age=timedelta(days=15))
    with kept.engine.begin() as transaction:
        transaction.execute(text("RESET ROLE"))
        for function in ("gatepost_create_body_partition", "gatepost_drop_body_partition"):
            transaction.exec_driver_sql(f"REVOKE EXECUTE ON FUNCTION {function} FROM gatepost_app")
    cleaned = clean_up(clerk, KEEPING, NOW + timedelta(days=1))
    assert (cleaned.partitions_created, cleaned.partitions_dropped, cleaned.bodies_deleted) == ((), (), 1)
    assert cleaned.problems == (
        Note(
            "No partition could be made for 2026-03-28: Gatepost's login has no right to it. Bodies go to the default "
            "partition and are deleted one by one, which takes longer.",
            Remedy(command="Run: gatepost db upgrade"),
        ),
        Note(
            "The bodies of 2026-03-05 could not be dropped as a whole: Gatepost's login has no right to it. They were "
            "deleted one by one.",
            Remedy(command="Run: gatepost db upgrade"),
        ),
    )
    assert bodies(kept) == []


@pytest.mark.parametrize("day", [date(1990, 1, 1), date(2999, 12, 31)])
def test_no_partition_is_made_for_a_day_on_which_no_event_comes(kept: StoreFixture, day: date) -> None:
    with pytest.raises(DataError, match=f"no event is of {day}"):
        event_body_partitions.create_partition(kept.engine, day)


def test_only_partitions_of_the_bodies_are_dropped(kept: StoreFixture) -> None:
    with kept.engine.begin() as transaction:
        transaction.execute(text("RESET ROLE"))
        transaction.execute(text("CREATE TABLE inbox_body_20200101 (kept text)"))
    with pytest.raises(ProgrammingError, match="2020-01-01 has no partition"):
        event_body_partitions.drop_partition(kept.engine, date(2020, 1, 1))


def test_history_goes_in_batches_and_what_has_no_end_stays(kept: StoreFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH_SIZE", 2)
    old = timedelta(days=401)
    for n, state in enumerate(("done", "superseded", "ignored", "done", "done", "pending", "dead_letter")):
        event(kept, f"{n} {state}", age=old, state=state, body=None)
    event(kept, "young", age=timedelta(days=399), body=None)
    for state in ("done", "superseded", "done", "waiting", "dead_letter"):
        write(kept, age=old, state=state)
    write(kept, age=timedelta(days=399), state="done")
    before = kept.rows("SELECT count(*) FROM audit")
    assert preview_clean_up(kept.engine, KEEPING, NOW) == CleanupResult(
        CleanupStatus.DONE, events_deleted=5, writes_deleted=3
    )
    first = clean_up(kept.engine, KEEPING, NOW, max_batches=2)
    assert first == CleanupResult(CleanupStatus.MORE, events_deleted=4, writes_deleted=3)
    assert clean_up(kept.engine, KEEPING, NOW, max_batches=2) == CleanupResult(CleanupStatus.DONE, events_deleted=1)
    assert names(kept) == ["5 pending", "6 dead_letter", "young"]
    assert names(kept, "outbox", "state") == ["waiting", "dead_letter", "done"]
    assert kept.rows("SELECT count(*) FROM audit") == before


class Stopping:
    """A worker that is asked to stop after so many checks."""

    def __init__(self, checks: int) -> None:
        self._checks = checks

    def state(self, token: UUID | None = None) -> LeaseState:
        assert token is None
        self._checks -= 1
        return LeaseState.VALID if self._checks >= 0 else LeaseState.STOPPING


def test_a_worker_that_is_to_stop_leaves_the_rest_to_the_next_round(
    kept: StoreFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH_SIZE", 2)
    for n in range(5):
        event(kept, f"old {n}", age=timedelta(days=401), body=None)
    # One check before the bodies, one before the first batch of events.
    assert clean_up(kept.engine, KEEPING, NOW, lease=Stopping(2)) == CleanupResult(CleanupStatus.MORE, events_deleted=2)
    assert clean_up(kept.engine, KEEPING, NOW) == CleanupResult(CleanupStatus.DONE, events_deleted=3)


def test_an_event_is_kept_at_least_as_long_as_its_body(kept: StoreFixture) -> None:
    event(kept, "old", age=timedelta(days=401), body=None)
    assert clean_up(kept.engine, RetentionPeriods(body_days=500, history_days=400), NOW).events_deleted == 0
    assert names(kept) == ["old"]


def test_a_row_that_somebody_works_on_is_not_waited_for(kept: StoreFixture) -> None:
    number = event(kept, "old", age=timedelta(days=401), body=None)
    with kept.engine.connect() as other:
        other.execute(text("SELECT 1 FROM inbox WHERE id = :id FOR UPDATE"), {"id": number})
        assert clean_up(kept.engine, KEEPING, NOW) == CleanupResult(CleanupStatus.DONE)
    assert clean_up(kept.engine, KEEPING, NOW) == CleanupResult(CleanupStatus.DONE, events_deleted=1)


def test_a_preview_of_the_cleanup_changes_nothing(kept: StoreFixture) -> None:
    event_body_partitions.create_partition(kept.engine, TODAY - timedelta(days=15))
    event(kept, "by day", age=timedelta(days=15))
    event(kept, "one by one", age=timedelta(days=40))
    tomorrow = NOW + timedelta(days=1)
    would = preview_clean_up(kept.engine, KEEPING, tomorrow)
    assert would == CleanupResult(
        CleanupStatus.DONE,
        partitions_created=(date(2026, 3, 28),),
        partitions_dropped=(date(2026, 3, 5),),
        bodies_deleted=1,
    )
    assert len(bodies(kept)) == 2
    assert clean_up(kept.engine, KEEPING, tomorrow) == would


def test_a_body_is_read_from_the_partition_of_its_day(kept: StoreFixture) -> None:
    number = event(kept, "a", age=timedelta(), state="dead_letter", body=b'{"a": 1}')
    with kept.engine.begin() as transaction:
        transaction.execute(
            text(
                "INSERT INTO dirty_key (connection, native_id, inbox_id, state) VALUES (:here, 'a', :id, 'dead_letter')"
            ),
            {"here": JIRA, "id": number},
        )
    with kept.engine.connect() as connection:
        found = traffic.find_event(connection, number)
        assert found is not None
        assert bytes(found["content"]) == b'{"a": 1}'
        details = dead_letter_details(kept.engine, connection, f"item/{JIRA}/a", show_all=True)
    assert details is not None
    assert [one.body for one in details.events] == ['{\n  "a": 1\n}']


def test_only_the_partition_of_the_day_is_read(kept: StoreFixture) -> None:
    number = event(kept, "a", age=timedelta())
    with kept.engine.connect() as connection:
        explained = text(f"EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF) {traffic._EVENT}")
        lines = connection.execute(explained, {"number": number}).scalars().all()
    scanned = [
        re.search(r"Scan.* on (inbox_body_[a-z0-9]+) b_", line) for line in lines if "never executed" not in line
    ]
    assert [one[1] for one in scanned if one] == [event_body_partitions.partition_name(TODAY)]


@pytest.mark.parametrize(
    ("grants", "seen", "bodies"),
    [
        ((), 0, 0),
        ((RoleGrant(Role.VIEWER, ("HR",)),), 0, 0),
        ((RoleGrant(Role.OPERATOR, ("HR",)),), 0, 0),
        ((RoleGrant(Role.OPERATOR),), 1, 0),
        ((RoleGrant(Role.VIEWER),), 1, 1),
    ],
)
def test_a_body_is_for_whoever_sees_the_measure_and_not_for_who_operates(
    kept: StoreFixture, grants: tuple[RoleGrant, ...], seen: int, bodies: int
) -> None:
    event(kept, "a", age=timedelta())
    person = Viewer(PersonId(1), "x", "X", grants)
    with read_as(kept.engine, person) as connection:
        assert len(connection.execute(text("SELECT 1 FROM inbox")).all()) == seen
        assert len(connection.execute(text("SELECT 1 FROM inbox_body")).all()) == bodies


@pytest.mark.parametrize(
    ("received", "body_days", "message"),
    [
        (NOW, 14, "Its body is not kept."),
        (midnight(date(2026, 3, 6)), 14, "Its body is not kept."),
        (midnight(date(2026, 3, 6)) - timedelta(seconds=1), 14, "The body was removed after 14 days."),
        (NOW - timedelta(days=2), 1, "The body was removed after 1 day."),
    ],
)
def test_a_missing_body_has_its_reason(received: datetime, body_days: int, message: str) -> None:
    assert RetentionPeriods(body_days, 400).missing_body_reason(received, NOW) == message
