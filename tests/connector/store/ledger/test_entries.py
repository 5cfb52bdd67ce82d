"""Posting into the ledger and correcting it, in one database for the whole module."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from connector.people.permissions import PersonId, Role, RoleGrant, Viewer
from connector.store.database.row_level_access import read_as
from connector.store.ledger.budget_locks import BudgetLocks
from connector.store.ledger.entries import LedgerEntries, PostingResult, read_entries
from connector.store.ledger.sums import ledger_lines
from governance.budget_lock import BudgetLock, BudgetLockStep, LockRefusal, LockStepKind, RefusedLock
from governance.effects import EffectKind, EffectLine, Version
from governance.ledger import EntryId, EntryType, LedgerVersion, NewEntry, Posting
from governance.ledger_source import EnteredBy, FileCell
from governance.ledger_sums import effect_lines
from governance.money import Money, Period
from governance.month_close import Signer
from tests.connector.store.conftest import StoreFixture, open_store
from tests.connector.store.reporting.portfolio_data import GivenMeasure, save
from tests.databases import Databases

NOW = datetime(2026, 11, 5, 9, 0, tzinfo=UTC)
OCTOBER = Period(2026, 10)
GROUP = ("Nordbank AG", "Nordbank Suisse SA")


@pytest.fixture(scope="module")
def store(databases: Databases) -> Iterator[StoreFixture]:
    with databases.one() as url, open_store(url) as opened:
        save(opened.engine, *(GivenMeasure(number) for number in range(1, 9)))
        yield opened


@pytest.fixture
def ledger(store: StoreFixture) -> LedgerEntries:
    return LedgerEntries(store.engine, store.waker)


def benefit(number: int, amount: str, month: Period = OCTOBER, **changes: object) -> NewEntry:
    posting = Posting(
        LedgerVersion.ACTUAL, EffectKind.BENEFIT, month, Money(Decimal(amount), "EUR"), f"jira-main/{number}"
    )
    return NewEntry(replace(posting, **changes), EnteredBy("j.weber"))  # type: ignore[arg-type]


def post(ledger: LedgerEntries, *entries: NewEntry, batch: str = "", dry_run: bool = False) -> PostingResult:
    return ledger.post(entries, by="j.weber", at=NOW, batch=batch, dry_run=dry_run)


def lines(store: StoreFixture, number: int, group: tuple[str, ...] = ()) -> tuple[EffectLine, ...]:
    name = f"jira-main/{number}"
    with store.engine.connect() as connection:
        return ledger_lines(connection, [name], group).get(name, ())  # type: ignore[call-overload, no-any-return]


def test_an_entry_is_posted_with_its_measures_legal_entity_and_the_measure_is_judged_again(
    store: StoreFixture, ledger: LedgerEntries
) -> None:
    (posted,) = post(ledger, benefit(1, "1000.50")).entries
    with store.engine.connect() as connection:
        (stored,) = read_entries(connection, measure="jira-main/1")
    assert stored == replace(posted, posting=replace(posted.posting, legal_entity="Nordbank AG"))
    assert lines(store, 1) == (
        EffectLine(Version.ACTUAL, EffectKind.BENEFIT, OCTOBER, Money(Decimal("1000.50"), "EUR")),
    )
    assert store.rows("SELECT 1 FROM dirty_key WHERE native_id = '1'")
    assert "reconcile:jira-main" in store.woken_tasks
    (entry,) = store.rows("SELECT actor, action, detail ->> 'text' AS text FROM audit WHERE subject = 'jira-main/1'")
    assert tuple(entry) == ("j.weber", "ledger.posted", "1,000.50 EUR of benefit posted as actual of Oct 2026.")


def test_one_bad_line_keeps_the_whole_batch_out(store: StoreFixture, ledger: LedgerEntries) -> None:
    result = post(ledger, benefit(2, "5"), benefit(2, "-5"), benefit(99, "5"), batch="October.csv")
    assert [(one.position, one.refusal.sentence.split(".")[0]) for one in result.refused] == [
        (1, "-5 EUR is negative"),
        (2, 'There is no measure "jira-main/99" that Gatepost has read'),
    ]
    assert lines(store, 2) == ()


def test_a_batch_is_taken_once_and_a_dry_run_stores_nothing(store: StoreFixture, ledger: LedgerEntries) -> None:
    assert [one.id for one in post(ledger, benefit(3, "5"), dry_run=True).entries] == [0]
    assert lines(store, 3) == ()
    assert not post(ledger, benefit(3, "5"), batch="November.csv").refused
    (again,) = post(ledger, benefit(3, "5"), batch="November.csv").refused
    assert again.refusal.sentence == (
        '"November.csv" is in the ledger already. To change what it brought, correct its entries.'
    )


def test_a_correction_changes_the_sum_once(store: StoreFixture, ledger: LedgerEntries) -> None:
    (entry,) = post(ledger, benefit(4, "100")).entries
    right, weber = Money(Decimal(80), "EUR"), EnteredBy("j.weber")
    (made,) = ledger.correct(entry.id, right, "credit note", weber, by="j.weber", at=NOW).entries
    assert (made.corrects, made.posting.money.amount, made.after_close) == (entry.id, Decimal(-20), False)
    assert [line.money.amount for line in lines(store, 4)] == [Decimal(80)]
    again = ledger.correct(entry.id, right, "twice", weber, by="j.weber", at=NOW).refused[0].refusal
    assert again.sentence == f"Entry {entry.id} was corrected by entry {made.id} already. Correct entry {made.id}."
    unknown = ledger.correct(EntryId(999_999), right, "none", weber, by="j.weber", at=NOW).refused[0].refusal
    assert unknown.sentence == "There is no entry 999999 in the ledger that you may see."


def test_an_accrual_and_its_reversal_come_and_are_corrected_together(
    store: StoreFixture, ledger: LedgerEntries
) -> None:
    accrual, reversal = post(ledger, replace(benefit(5, "300"), type=EntryType.ACCRUAL)).entries
    assert (reversal.reverses, reversal.posting.month) == (accrual.id, Period(2026, 11))
    first = ledger.correct(
        accrual.id, Money(Decimal(250), "EUR"), "less", EnteredBy("j.weber"), by="j.weber", at=NOW
    ).entries
    ledger.correct(first[0].id, Money(Decimal(260), "EUR"), "more", EnteredBy("j.weber"), by="j.weber", at=NOW)
    assert {str(line.month): line.money.amount for line in lines(store, 5)} == {
        "2026-10": Decimal(260),
        "2026-11": Decimal(-260),
    }


def test_the_databases_sums_are_those_of_the_domain_in_the_view_of_the_group(
    store: StoreFixture, ledger: LedgerEntries
) -> None:
    post(
        ledger,
        benefit(6, "100"),
        benefit(6, "40", counterparty="NORDBANK SUISSE SA"),
        benefit(6, "7", hard=False),
        benefit(6, "9", version=LedgerVersion.COMMITTED),
        benefit(6, "11", version=LedgerVersion.PLAN, month=Period(2026, 9)),
    )
    with store.engine.connect() as connection:
        entries = read_entries(connection, measure="jira-main/6")
    for group in ((), GROUP):
        assert sorted(map(repr, lines(store, 6, group))) == sorted(map(repr, effect_lines(entries, group)))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entry SET amount = 1",
        "DELETE FROM ledger_entry",
        "TRUNCATE ledger_entry CASCADE",
    ],
)
def test_nobody_changes_what_was_posted(store: StoreFixture, ledger: LedgerEntries, statement: str) -> None:
    post(ledger, benefit(1, "1"))
    refused = pytest.raises(DBAPIError, match=r"rows of ledger_entry are written once|permission denied")
    with refused, store.engine.begin() as transaction:
        transaction.execute(text(statement))


def test_entries_are_seen_by_whoever_sees_the_measure(store: StoreFixture, ledger: LedgerEntries) -> None:
    post(ledger, benefit(7, "5"), NewEntry(replace(benefit(7, "6").posting, measure="", service="CRM"), EnteredBy("w")))
    inside = Viewer(PersonId(2), "in", "In", (RoleGrant(Role.CONTROLLER, ("IT",)),))
    outside = Viewer(PersonId(3), "out", "Out", (RoleGrant(Role.CONTROLLER, ("HR",)),))
    everywhere = Viewer(PersonId(4), "all", "All", (RoleGrant(Role.OFFICE),))
    for viewer, amounts in ((inside, [5]), (outside, []), (everywhere, [5, 6])):
        with read_as(store.engine, viewer) as connection:
            seen = read_entries(connection)
        assert [
            one.posting.money.amount for one in seen if "7" in one.posting.measure or one.posting.service
        ] == amounts


def test_an_import_of_100_000_entries_stays_within_its_time(store: StoreFixture, ledger: LedgerEntries) -> None:
    """A smaller one of the same shape: what an entry costs does not grow with their number."""
    template = benefit(8, "1")
    entries = [replace(template, source=FileCell("Actuals.xlsx", f"D{row}", "Oct")) for row in range(1, 5_001)]
    began = time.process_time()
    assert len(post(ledger, *entries, batch="Actuals.xlsx").entries) == 5_000
    assert time.process_time() - began < 3
    assert [line.money.amount for line in lines(store, 8)] == [Decimal(5_000)]


def test_a_saving_is_taken_out_of_a_budget_by_two_people(store: StoreFixture, ledger: LedgerEntries) -> None:
    locks, first = BudgetLocks(store.engine, ledger), Period(2027, 1)
    post(
        ledger,
        *(
            benefit(
                8,
                "600",
                first.plus(number),
                version=LedgerVersion.BUDGET,
                kind=EffectKind.RECURRING_COST,
                cost_centre="4711",
            )
            for number in range(12)
        ),
    )
    lock = BudgetLock("jira-main/8", "4711", first, Money(Decimal(500), "EUR"), "licences are gone")
    brandt, keller = Signer("brandt", 1), Signer("keller", 2)

    def validated(_: BudgetLock) -> Money:
        return Money(Decimal(500), "EUR")

    prepared = locks.prepare(lock, validated, by=brandt, now=NOW)
    assert isinstance(prepared, BudgetLockStep)
    own = locks.agree(prepared.id, validated, by=brandt, now=NOW)
    assert isinstance(own, RefusedLock)
    assert own.sentence == "You prepared it yourself: somebody else has to agree."
    agreed = locks.agree(prepared.id, validated, by=keller, now=NOW)
    assert isinstance(agreed, BudgetLockStep)
    assert (agreed.kind, agreed.entries, locks.waiting()) == (LockStepKind.LOCKED, 12, ())
    rows = store.rows(
        "SELECT sum(amount), count(*) FILTER (WHERE type = 'correction') AS corrections, max(reason) AS reason"
        " FROM ledger_entry WHERE version = 'budget' AND measure_id = 'jira-main/8'"
    )
    assert tuple(rows[0]) == (
        Decimal(1200), 12, "licences are gone (saving of jira-main/8; prepared by brandt, agreed by keller)",
    )  # fmt: skip
    again = locks.prepare(lock, validated, by=brandt, now=NOW)
    assert isinstance(again, RefusedLock)
    assert again.reason is LockRefusal.TOO_MUCH
    (told,) = store.rows("SELECT actor, detail ->> 'text' AS text FROM audit WHERE action = 'budget.locked'")
    assert tuple(told) == (
        "keller",
        "500 EUR a month out of the budget of cost centre 4711, Jan 2027 to Dec 2027: locked, prepared by brandt. "
        "licences are gone",
    )
