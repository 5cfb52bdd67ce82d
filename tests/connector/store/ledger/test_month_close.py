"""Months that close: two people, a signature of what the ledger held, and corrections only afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from connector.store.database import audit
from connector.store.ledger.entries import LedgerEntries, read_entries
from connector.store.ledger.month_close import MonthClose
from governance.effects import EffectKind
from governance.ledger import EntryId, LedgerVersion, NewEntry, Posting
from governance.ledger_source import EnteredBy
from governance.ledger_sums import digest
from governance.money import Money, Period
from governance.month_close import CloseItemKind, CloseRefusal, CloseStep, RefusedStep, Signer, TieOut
from governance.rates import Rate, Reporting
from tests.connector.store.conftest import StoreFixture, open_store
from tests.connector.store.reporting.portfolio_data import GivenMeasure, line, save, save_rates
from tests.databases import Databases

NOW = datetime(2026, 11, 5, 9, 0, tzinfo=UTC)
SEPTEMBER, OCTOBER, NOVEMBER = Period(2026, 9), Period(2026, 10), Period(2026, 11)
WEBER, BRANDT, KELLER = Signer("j.weber", 1), Signer("m.brandt", 2), Signer("u.keller", 3)
EURO = Reporting("EUR")
AG, SUISSE = "Nordbank AG", "Nordbank Suisse SA"


@pytest.fixture(scope="module")
def store(databases: Databases) -> Iterator[StoreFixture]:
    with databases.one() as url, open_store(url) as opened:
        save(opened.engine, GivenMeasure(1), GivenMeasure(2, entity=SUISSE))
        yield opened


@pytest.fixture
def close(store: StoreFixture) -> MonthClose:
    return MonthClose(store.engine, store.waker)


def post(
    store: StoreFixture,
    amount: int,
    month: Period,
    number: int = 1,
    kind: str = "benefit",
    entity: str = "",
    at: datetime = NOW,
) -> EntryId | str:
    """The number of the entry, or why it was refused."""
    money = Money(Decimal(amount), "EUR")
    posting = Posting(LedgerVersion.ACTUAL, EffectKind(kind), month, money, f"jira-main/{number}", legal_entity=entity)
    found = LedgerEntries(store.engine, store.waker).post([NewEntry(posting, EnteredBy("w"))], by="j.weber", at=at)
    return found.refused[0].refusal.sentence if found.refused else found.entries[0].id


def step(found: CloseStep | RefusedStep) -> CloseStep:
    assert isinstance(found, CloseStep), found
    return found


def refused(found: CloseStep | RefusedStep) -> CloseRefusal:
    assert isinstance(found, RefusedStep), found
    return found.reason


def test_a_month_from_its_close_to_its_reopening(store: StoreFixture, close: MonthClose) -> None:
    first = post(store, 100, OCTOBER)
    assert isinstance(first, int)
    prepared = step(close.prepare(OCTOBER, AG, EURO, by=BRANDT, now=NOW))
    assert refused(close.accept(prepared.id, EURO, by=BRANDT, now=NOW)) is CloseRefusal.SAME_PERSON
    assert refused(close.accept(prepared.id, EURO, by=WEBER, now=NOW)) is CloseRefusal.OWN_ENTRIES
    post(store, 50, OCTOBER)
    assert refused(close.accept(prepared.id, EURO, by=KELLER, now=NOW)) is CloseRefusal.LEDGER_CHANGED
    step(close.refuse(prepared.id, "one invoice was missing", by=KELLER, now=NOW))
    prepared = step(close.prepare(OCTOBER, AG, EURO, by=BRANDT, now=NOW))
    closed = step(close.accept(prepared.id, EURO, by=KELLER, now=NOW))
    assert refused(close.accept(prepared.id, EURO, by=KELLER, now=NOW)) is CloseRefusal.NOTHING_WAITS

    # Of this legal entity nothing comes into October or before; of the other one it still does.
    assert (close.closed_through(AG), close.closed_through(SUISSE)) == (OCTOBER, None)
    assert post(store, 7, SEPTEMBER) == (
        "Sep 2026 of Nordbank AG is closed. Post it into Nov 2026, correct an entry of the closed month, or ask for the month "
        "to be reopened."
    )
    assert isinstance(post(store, 7, SEPTEMBER, number=2), int)
    assert isinstance(post(store, 7, NOVEMBER), int)

    # Nor through another company, or the same one in other letters: it is the measure's month.
    for other in ("NORDBANK AG", "Nordbank Nowhere"):
        assert str(post(store, 7, OCTOBER, entity=other)).casefold().startswith("oct 2026 of nordbank")

    # A correction carries the closed month, and says so.
    corrected = LedgerEntries(store.engine, store.waker).correct(
        first, Money(Decimal(90), "EUR"), "credit note", EnteredBy("w"), by="j.weber", at=NOW
    )
    assert [(one.posting.month, one.after_close) for one in corrected.entries] == [(OCTOBER, True)]
    with store.engine.connect() as connection:
        entries = read_entries(connection, month=OCTOBER, legal_entity=AG)
        told = audit.search(connection, subjects=[f"month/2026-10/{AG}"], actions=["month.closed"], limit=1)
    assert told[0].detail["text"] == "The close of Oct 2026 of Nordbank AG: reviewed and signed, prepared by m.brandt."
    assert (told[0].actor, told[0].detail["entries"]) == ("u.keller", 2)
    assert told[0].detail["ledger_digest"] == closed.ledger_digest == digest(entries[:2])

    # Two people and a reason open it again, and the month before stays as it was.
    assert refused(close.request_reopening(OCTOBER, AG, " ", by=BRANDT, now=NOW)) is CloseRefusal.NO_REASON
    wanted = step(close.request_reopening(OCTOBER, AG, "the whole file was wrong", by=BRANDT, now=NOW))
    assert refused(close.accept(wanted.id, EURO, by=BRANDT, now=NOW)) is CloseRefusal.SAME_PERSON
    step(close.accept(wanted.id, EURO, by=WEBER, now=NOW))
    assert close.closed_through(AG) is None
    assert isinstance(post(store, 8, OCTOBER), int)


def test_the_general_ledgers_cost_is_signed_beside_the_booked_one(store: StoreFixture, close: MonthClose) -> None:
    save(store.engine, GivenMeasure(4, entity="Nordbank Oy"))
    post(store, 120, OCTOBER, number=4, kind="recurring_cost")
    stated = Money(Decimal(100), "EUR")
    asked = partial(close.prepare, OCTOBER, "Nordbank Oy", EURO, by=BRANDT, now=NOW, gl_cost=stated)
    unexplained = asked()
    assert isinstance(unexplained, RefusedStep)
    assert unexplained.sentence == (
        "The general ledger shows 100 EUR of cost for Oct 2026 of Nordbank Oy, the ledger 120 EUR: find the difference of "
        "-20 EUR, or say why it stays."
    )
    prepared = step(asked(reason="20 EUR are booked in November"))
    signed = step(close.accept(prepared.id, EURO, by=KELLER, now=NOW))
    assert signed.tie_out == TieOut(stated, Money(Decimal(120), "EUR"))
    assert close.step(signed.id) == signed


def test_a_posting_that_was_not_assessed_yet_keeps_the_month_open(store: StoreFixture, close: MonthClose) -> None:
    save(store.engine, GivenMeasure(5, entity="Nordbank Ltd"))
    post(store, 120, OCTOBER, number=5, at=datetime(2026, 11, 22, tzinfo=UTC))
    kept = close.prepare(OCTOBER, "Nordbank Ltd", EURO, by=BRANDT, now=datetime(2026, 11, 23, tzinfo=UTC), reason="x")
    assert isinstance(kept, RefusedStep)
    assert kept.sentence == (
        "Oct 2026 of Nordbank Ltd stays open: ITX-5 has entries of Oct 2026 and has not been assessed since the last one (an "
        "operator has to act)."
    )


def test_what_is_closed_for_all_is_closed_for_each(store: StoreFixture, close: MonthClose) -> None:
    prepared = step(close.prepare(Period(2026, 3), "", EURO, by=BRANDT, now=NOW))
    step(close.accept(prepared.id, EURO, by=KELLER, now=NOW))
    assert close.closed_through(SUISSE) == Period(2026, 3)
    assert refused(close.request_reopening(Period(2026, 3), SUISSE, "why", by=BRANDT, now=NOW)) is (
        CloseRefusal.NOT_THE_LAST
    )
    assert refused(close.prepare(Period(2026, 5), SUISSE, EURO, by=BRANDT, now=NOW)) is CloseRefusal.OUT_OF_ORDER


def test_the_database_itself_lets_only_corrections_into_a_closed_month(store: StoreFixture, close: MonthClose) -> None:
    step(close.accept(step(close.prepare(Period(2026, 4), "", EURO, by=BRANDT, now=NOW)).id, EURO, by=KELLER, now=NOW))
    statement = text("""
        INSERT INTO ledger_entry (measure_id, version, kind, month, amount, currency, account, hard, type, source,
                                  entered_at, entered_by, legal_entity)
        VALUES ('jira-main/1', 'actual', 'benefit', '2026-04-01', 1, 'EUR', 'ebitda', true, 'posting', '{}', now(), 'x',
                'Nordbank AG')
    """)
    refusal = pytest.raises(DBAPIError, match="a month that is closed takes corrections only")
    with refusal, store.engine.begin() as transaction:
        transaction.execute(statement)


def test_the_checklist_names_what_is_missing_who_has_to_act_and_until_when(
    store: StoreFixture, close: MonthClose
) -> None:
    save(
        store.engine,
        GivenMeasure(
            3,
            entity="Nordbank SARL",
            lines=(
                line("plan", "benefit", "2026-11", 100),
                line("plan", "recurring_cost", "2026-11", 10, "USD"),
                line("actual", "benefit", "2026-11", 90),
                line("actual", "benefit", "2026-02", 90),
            ),
        ),
    )
    with store.engine.begin() as transaction:
        transaction.execute(
            text("INSERT INTO plan_version (measure_id, number, locked_at, reason, approved_by, lines) "
                 "VALUES ('jira-main/3', 1, now(), 'decided', '[]', '[]')")
        )  # fmt: skip
        transaction.execute(text("UPDATE measure SET controller = 'J. Weber' WHERE id = 'jira-main/3'"))
        transaction.execute(
            text("INSERT INTO ledger_difference VALUES ('jira-main/3', 'benefit', '180 EUR', '200 EUR', :at, :at)"),
            {"at": NOW},
        )
    found = close.checklist(NOVEMBER, "Nordbank SARL", EURO)
    assert [(item.text, item.who, str(item.due)) for item in found] == [
        ("ITX-3: of benefit to date the ledger has 180 EUR, the tool 200 EUR", "J. Weber", "2026-11-05"),
        ("there is no rate from USD to EUR on 1 Nov 2026", "an administrator", "2026-12-10"),
        ("ITX-3 has a plan of recurring cost for Nov 2026 and no actual", "J. Weber", "2026-12-10"),
        ("ITX-3: the actual benefit of Feb 2026 is not validated", "J. Weber", "2026-12-10"),
    ]
    december = datetime(2026, 12, 2, tzinfo=UTC)
    kept = close.prepare(NOVEMBER, "Nordbank SARL", EURO, by=BRANDT, now=december, reason="in a hurry")
    assert refused(kept) is CloseRefusal.OUT_OF_ORDER
    april = close.prepare(Period(2026, 5), "Nordbank SARL", EURO, by=BRANDT, now=december, reason="in a hurry")
    assert isinstance(april, RefusedStep)
    assert april.sentence == (
        "May 2026 of Nordbank SARL stays open: ITX-3: of benefit to date the ledger has 180 EUR, the tool 200 EUR "
        "(J. Weber has to act)."
    )
    save_rates(store.engine, [Rate("USD", "EUR", date(2026, 6, 1), Decimal("0.9"))])
    for days, missing in ((400, 0), (30, 1)):
        found = close.checklist(NOVEMBER, "Nordbank SARL", Reporting("EUR", days))
        assert sum(item.kind is CloseItemKind.MISSING_RATE for item in found) == missing
