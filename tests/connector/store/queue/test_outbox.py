"""The outbox: one write of an item at a time, the newest request only, every row with an end."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import insert, text

from connector.store.database.json_codec import values_to_json
from connector.store.database.tables import OUTBOX
from connector.store.queue.workers import take_back_claims
from connector.sync.ports import WriteResult
from connector.sync.stores import OutboxRow
from mapping.work_item import FieldName
from mapping.writeback import WriteValue
from tests.connector.store.conftest import JIRA, StoreFixture

GATE = FieldName("Gate")


def add_write(store: StoreFixture, item: str, **values: WriteValue) -> None:
    wanted = values_to_json({FieldName(name): value for name, value in (values or {"Gate": "Blocked"}).items()})
    with store.engine.begin() as connection:
        connection.execute(
            insert(OUTBOX).values(connection=JIRA, native_id=item, key=f"ITX-{item}", target_values=wanted, changes=[])
        )


def states(store: StoreFixture) -> list[tuple[str, str, str | None]]:
    return [(row.key, row.state, row.reason) for row in store.rows("SELECT key, state, reason FROM outbox ORDER BY id")]


def only(store: StoreFixture, worker: int = 1) -> OutboxRow:
    (delivery,) = store.outbox(worker).claim(JIRA, 100)
    return delivery


def test_what_goes_in_comes_out_as_it_was(store: StoreFixture) -> None:
    add_write(store, "1", Gate="Blocked", Plan=Decimal("12.50"), Blockers=None)
    assert only(store).values == {"Gate": "Blocked", "Plan": Decimal("12.50"), "Blockers": None}


def test_a_done_write_is_remembered_as_last_written(store: StoreFixture) -> None:
    add_write(store, "1", Gate="Blocked", Plan=Decimal("12.50"))
    store.outbox().done(only(store), WriteResult.DONE)
    assert states(store) == [("ITX-1", "done", "done")]
    stored = store.stored_state.load(JIRA, ["1"])["1"]  # type: ignore[list-item,index]
    assert stored.last_written == {"Gate": "Blocked", "Plan": "12.5"}


def test_a_claimed_item_is_not_given_to_another_worker(store: StoreFixture) -> None:
    add_write(store, "1")
    only(store)
    add_write(store, "1", Gate="Open")
    assert store.outbox(2).claim(JIRA, 100) == ()


def test_a_newer_request_waits_for_the_write_in_progress_and_follows_it(store: StoreFixture) -> None:
    add_write(store, "1")
    first = only(store)
    add_write(store, "1", Gate="Open")
    store.outbox().done(first, WriteResult.DONE)
    assert only(store).values == {GATE: "Open"}


def test_a_failed_write_gives_way_to_a_newer_request(store: StoreFixture) -> None:
    add_write(store, "1")
    first = only(store)
    add_write(store, "1", Gate="Open")
    store.outbox().postpone([first], 0, "the tool does not answer", count=True)
    assert only(store).values == {GATE: "Open"}
    assert states(store)[0] == ("ITX-1", "superseded", "a later assessment")


def test_a_write_that_is_put_off_comes_due_later(store: StoreFixture) -> None:
    add_write(store, "1")
    store.outbox().postpone([only(store)], 3600, "down", count=True)
    assert store.outbox().claim(JIRA, 100) == ()
    assert store.rows("SELECT attempts FROM outbox")[0].attempts == 1


def test_waiting_for_the_connection_is_no_attempt(store: StoreFixture) -> None:
    add_write(store, "1")
    store.outbox().postpone([only(store)], 0, "waits for the connection", count=False)
    assert store.rows("SELECT attempts FROM outbox")[0].attempts == 0


def test_a_dead_write_stays_visible_and_delays_nobody(store: StoreFixture) -> None:
    add_write(store, "1")
    store.outbox().dead_letter(only(store), "the option does not exist")
    add_write(store, "2")
    assert only(store).key == "ITX-2"
    assert states(store)[0] == ("ITX-1", "dead_letter", "the option does not exist")


def test_a_write_claimed_by_a_dead_worker_is_released(store: StoreFixture) -> None:
    """Nobody holds worker 7's advisory lock: it is dead."""
    add_write(store, "1")
    only(store, worker=7)
    assert take_back_claims(store.engine, store.waker, worker=1) == 1
    assert only(store).key == "ITX-1"


def test_an_item_that_changed_meanwhile_is_reassessed(store: StoreFixture) -> None:
    add_write(store, "1")
    store.outbox().done(only(store), WriteResult.CHANGED_MEANWHILE)
    assert states(store) == [("ITX-1", "done", "changed_meanwhile")]
    assert [row.native_id for row in store.rows("SELECT native_id FROM dirty_key")] == ["1"]
    assert [name for name in store.woken_tasks if "reconcile" in name]


def test_a_moment_comes_out_as_it_went_in(store: StoreFixture) -> None:
    at = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
    add_write(store, "1", Checked=at)
    assert only(store).values == {"Checked": at}


def alike(store: StoreFixture, *items: str, value: str = "same", seconds: float = 0) -> None:
    for one in items:
        add_write(store, one)
    with store.engine.begin() as connection:
        connection.execute(
            text("UPDATE outbox SET bulk_key = :alike, created_at = now() - make_interval(secs => :seconds) "
                 "WHERE native_id = ANY(:items)"),
            {"alike": value, "items": list(items), "seconds": seconds},
        )  # fmt: skip


@pytest.mark.parametrize(
    ("dirty", "others", "seconds", "gathers"),
    [
        pytest.param(False, False, 0, False, id="nothing more can come"),
        pytest.param(True, False, 0, True, id="items are being assessed"),
        pytest.param(False, True, 0, True, id="another round holds some of the same"),
        pytest.param(True, True, 6, False, id="the oldest has waited long enough"),
    ],
)
def test_rows_that_are_alike_wait_for_more_of_them(
    store: StoreFixture, dirty: bool, others: bool, seconds: float, gathers: bool
) -> None:
    alike(store, "1", "2", seconds=seconds)
    mine = store.outbox().claim(JIRA, 100)
    if others:
        alike(store, "3", seconds=seconds)
        store.outbox(2).claim(JIRA, 100)
    if dirty:
        store.receive_event("d1", "9")
    assert store.outbox().expects_more(JIRA, "same", mine[0].token, 1_000) is gathers


@pytest.mark.parametrize(
    ("seconds", "enough", "gathers"),
    [
        pytest.param(25, 1_000, True, id="a mass change waits longer than a few rows"),
        pytest.param(31, 1_000, False, id="and not for ever"),
        pytest.param(0, 100, False, id="one call cannot carry more"),
    ],
)
def test_a_mass_change_goes_in_as_few_calls_as_carry_it(
    store: StoreFixture, seconds: float, enough: int, gathers: bool
) -> None:
    alike(store, *(str(number) for number in range(100)), seconds=seconds)
    mine = store.outbox().claim(JIRA, 10)
    store.receive_event("d1", "999")
    assert store.outbox().expects_more(JIRA, "same", mine[0].token, enough) is gathers


@pytest.mark.parametrize("more_to_assess", [True, False])
def test_what_another_call_carries_does_not_fill_this_one(store: StoreFixture, more_to_assess: bool) -> None:
    alike(store, *(str(number) for number in range(100)))
    store.outbox(2).claim(JIRA, 100)
    alike(store, "100", "101")
    mine = store.outbox().claim(JIRA, 100)
    if more_to_assess:
        store.receive_event("d1", "999")
    assert store.outbox().expects_more(JIRA, "same", mine[0].token, 100)


def test_what_another_call_carries_does_not_make_a_few_rows_a_mass_change(store: StoreFixture) -> None:
    alike(store, *(str(number) for number in range(100)), seconds=10)
    store.outbox(2).claim(JIRA, 100)
    alike(store, "100", "101", seconds=10)
    mine = store.outbox().claim(JIRA, 100)
    store.receive_event("d1", "999")
    assert not store.outbox().expects_more(JIRA, "same", mine[0].token, 1_000)


def test_all_rows_of_a_bulk_edit_are_claimed_together(store: StoreFixture) -> None:
    alike(store, "1", "2", "3")
    store.outbox().assign_bulk_task(store.outbox().claim(JIRA, 100), "task 1", 0)
    (first,) = store.outbox().claim(JIRA, 1)
    assert first.bulk_task == "task 1"
    assert len(store.outbox().claim_bulk_task(JIRA, "task 1", 100)) == 2
    assert store.outbox().claim_bulk_task(JIRA, "task 2", 100) == ()
