"""The ledger: corrections are entries, everything is a sum, and order never matters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.effects import EffectKind, EffectLine, Version
from governance.ledger import (
    EntryId,
    EntryType,
    Ledger,
    LedgerEntry,
    LedgerVersion,
    NewEntry,
    Posting,
    Refusal,
    RefusalReason,
    posting_refusal,
    reversal_of,
)
from governance.ledger_source import (
    BillLine,
    EnteredBy,
    FieldSeen,
    FileCell,
    LedgerSource,
    SourceRecord,
    Worklog,
    source_from_mapping,
    source_to_mapping,
)
from governance.ledger_sums import booked_cost, digest, effect_lines
from governance.money import Money, Period

NOW = datetime(2026, 11, 5, 9, 0, tzinfo=UTC)
WEBER = EnteredBy("j.weber")
OCTOBER = Period(2026, 10)
GROUP = ("ACME AG", "ACME GmbH")


def posting(amount: str | Decimal = "100", **changes: object) -> Posting:
    money = Money(Decimal(amount), "EUR")
    whole = Posting(LedgerVersion.ACTUAL, EffectKind.BENEFIT, OCTOBER, money, "jira-main/10001", legal_entity="ACME AG")
    return replace(whole, **changes)  # type: ignore[arg-type]


def stored(number: int, new: NewEntry) -> LedgerEntry:
    return LedgerEntry(
        EntryId(number), new.posting, new.source, NOW, "j.weber", new.type, new.corrects, new.reason, new.reverses
    )


def entry(
    number: int, amount: str | Decimal = "100", type_: EntryType = EntryType.POSTING, **changes: object
) -> LedgerEntry:
    return stored(number, NewEntry(posting(amount, **changes), WEBER, type_))


def corrected(entries: Sequence[LedgerEntry], number: int, amount: str) -> list[LedgerEntry] | Refusal:
    """The entries with the correction after them."""
    made = Ledger(entries).correction(EntryId(number), Money(Decimal(amount), "EUR"), "wrong invoice", WEBER)
    if isinstance(made, Refusal):
        return made
    return [*entries, *(stored(len(entries) + index, new) for index, new in enumerate(made, start=1))]


def test_a_correction_holds_the_difference_so_that_the_sum_is_right() -> None:
    once = corrected([entry(1)], 1, "80")
    assert isinstance(once, list)
    assert (once[1].posting.money.amount, once[1].corrects, once[1].type) == (Decimal(-20), 1, EntryType.CORRECTION)
    twice = corrected(once, 2, "95.50")
    assert isinstance(twice, list)
    assert effect_lines(twice) == (
        EffectLine(Version.ACTUAL, EffectKind.BENEFIT, OCTOBER, Money(Decimal("95.50"), "EUR")),
    )


@pytest.mark.parametrize(
    ("number", "amount", "reason", "sentence"),
    [
        pytest.param(9, "80", RefusalReason.UNKNOWN_ENTRY, "There is no entry 9 in the ledger that you may see.", id="unknown"),
        pytest.param(
            1, "80", RefusalReason.ALREADY_CORRECTED, "Entry 1 was corrected by entry 2 already. Correct entry 2.",
            id="corrected",
        ),
        pytest.param(
            2, "90", RefusalReason.SAME_AMOUNT, "Entry 2 counts as 90 EUR already: nothing to correct.", id="same amount",
        ),
        pytest.param(
            2, "-5", RefusalReason.NEGATIVE,
            "-5 EUR is negative. Amounts are positive and the kind says which way they count.", id="negative",
        ),
    ],
)  # fmt: skip
def test_a_correction_that_is_refused(number: int, amount: str, reason: RefusalReason, sentence: str) -> None:
    once = corrected([entry(1)], 1, "90")
    assert isinstance(once, list)
    assert corrected(once, number, amount) == Refusal(reason, sentence)


@pytest.mark.parametrize("amount", ["0", "0.50", "99.99"])
def test_a_correction_says_who_made_it_and_may_leave_little_or_nothing(amount: str) -> None:
    found = Ledger([entry(1)]).correction(
        EntryId(1), Money(Decimal(amount), "EUR"), "wrong invoice", EnteredBy("m.brandt")
    )
    assert not isinstance(found, Refusal)
    assert [(new.source, new.reason, new.posting.money.amount) for new in found] == [
        (EnteredBy("m.brandt"), "wrong invoice", Decimal(amount) - 100)
    ]


def test_a_correction_needs_a_reason_and_stays_in_its_currency() -> None:
    ledger = Ledger([entry(1)])
    silent = ledger.correction(EntryId(1), Money(Decimal(80), "EUR"), " ", WEBER)
    dollars = ledger.correction(EntryId(1), Money(Decimal(80), "USD"), "billed in dollars", WEBER)
    assert silent == Refusal(RefusalReason.NO_REASON, "A correction needs a reason: say what was wrong.")
    assert dollars == Refusal(
        RefusalReason.OTHER_CURRENCY,
        "Entry 1 is in EUR. Correct it to 0 EUR, and post the amount in USD as an entry of its own.",
    )


def test_an_accrual_takes_itself_back_and_both_are_corrected_together() -> None:
    accrual = entry(1, "300", EntryType.ACCRUAL)
    entries = [accrual, stored(2, reversal_of(accrual))]
    smaller = corrected(entries, 1, "250")
    assert isinstance(smaller, list)
    by_month = {line.month: line.money.amount for line in effect_lines(smaller)}
    assert by_month == {Period(2026, 10): Decimal(250), Period(2026, 11): Decimal(-250)}
    assert corrected(entries, 2, "0") == Refusal(
        RefusalReason.REVERSAL, "Entry 2 takes back the accrual 1. Correct that one; its reversal follows."
    )


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        pytest.param(NewEntry(posting(), WEBER), None, id="as it should be"),
        pytest.param(NewEntry(posting("-40"), WEBER, EntryType.CREDIT), None, id="a credit note"),
        pytest.param(
            NewEntry(posting("-400", kind=EffectKind.ONE_OFF_COST), WEBER),
            "-400 EUR is negative. Amounts are positive and the kind says which way they count: write a cost as a positive "
            "amount, correct the entry that was too high, or post a credit note as such.",
            id="a cost with a sign",
        ),
        pytest.param(
            NewEntry(posting(month=Period(2026, 9)), WEBER),
            "Sep 2026 of ACME AG is closed. Post it into Oct 2026, correct an entry of the closed month, or ask for the "
            "month to be reopened.",
            id="a closed month",
        ),
        pytest.param(
            NewEntry(posting(month=Period(2031, 12)), WEBER),
            "Dec 2031 has not begun: an actual is what was booked. Post what is expected as forecast.",
            id="an actual of the future",
        ),
        pytest.param(
            NewEntry(posting(month=Period(2031, 12), version=LedgerVersion.FORECAST), WEBER),
            None,
            id="a forecast of it",
        ),
        pytest.param(
            NewEntry(posting(month=Period(2026, 11)), WEBER, EntryType.ACCRUAL), None, id="an accrual of this month"
        ),
        pytest.param(
            NewEntry(posting(counterparty="acme ag"), WEBER),
            "acme ag cannot be its own counterparty: name the other side.",
            id="with itself",
        ),
        pytest.param(
            NewEntry(posting(service="CRM"), WEBER),
            "An entry belongs to one measure or to one service: name one of them.",
            id="two subjects",
        ),
        pytest.param(
            NewEntry(posting("0"), WEBER),
            "An entry of 0 states nothing. Leave it out, or correct the entry it is of.",
            id="nothing",
        ),
    ],
)
def test_what_may_be_posted_while_september_is_closed(new: NewEntry, sentence: str | None) -> None:
    refusal = posting_refusal(new, closed_through=Period(2026, 9), today=NOW.date())
    assert (refusal.sentence if refusal else None) == sentence


def test_an_intercompany_saving_is_no_saving_of_the_group() -> None:
    """One company pays another 100 less: its saving is the other's loss."""
    entries = [entry(1), entry(2, "40", counterparty="ACME GmbH"), entry(3, "7", counterparty="Oracle")]
    assert [line.money.amount for line in effect_lines(entries)] == [Decimal(147)]
    assert [line.money.amount for line in effect_lines(entries, GROUP)] == [Decimal(107)]


def test_what_the_general_ledger_is_compared_with_is_the_booked_cost_of_one_currency() -> None:
    cost = EffectKind.RECURRING_COST
    entries = [
        entry(1),
        entry(2, "40", kind=cost),
        entry(3, "7", counterparty="ACME GmbH", kind=EffectKind.CAPEX),
        entry(4, "9", kind=cost, version=LedgerVersion.COMMITTED),
    ]
    assert booked_cost(entries, "EUR") == Money(Decimal(47), "EUR")
    assert booked_cost(entries, "USD") == Money(Decimal(0), "USD")


def test_budget_and_committed_are_kept_and_make_no_effect_line() -> None:
    entries = [entry(1, version=LedgerVersion.COMMITTED), entry(2, "5")]
    assert [line.money.amount for line in effect_lines(entries)] == [Decimal(5)]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (FileCell("Actuals.xlsx", "D14", "Oct"), "Actuals.xlsx, Oct!D14"),
        (SourceRecord("SAP", "4711"), "4711 of SAP"),
        (Worklog("jira-main", "CRM-1", "99"), "worklog 99 of CRM-1 on jira-main"),
        (BillLine("AWS 2026-10", "12"), "bill AWS 2026-10, line 12"),
        (
            FieldSeen("jira-main", "CRM-1", "Benefit", date(2026, 10, 31)),
            'the field "Benefit" of CRM-1 on jira-main, as seen on 2026-10-31',
        ),
        (WEBER, "entered by j.weber"),
    ],
)
def test_each_entry_says_where_it_comes_from(source: LedgerSource, text: str) -> None:
    assert str(source) == text
    assert source_from_mapping(source_to_mapping(source)) == source


amounts = st.decimals(min_value=1, max_value=10_000, places=2)


@settings(max_examples=50)
@given(
    booked=st.lists(st.tuples(amounts, st.integers(1, 12)), min_size=1, max_size=6),
    changes=st.lists(st.tuples(st.integers(0, 5), amounts), max_size=6),
    data=st.data(),
)
def test_the_order_of_entries_and_corrections_does_not_matter(
    booked: list[tuple[Decimal, int]], changes: list[tuple[int, Decimal]], data: st.DataObject
) -> None:
    """Any order gives the same lines and digest, and each month is the sum of the amounts that are in effect."""
    entries = [entry(i, amount, month=Period(2026, month)) for i, (amount, month) in enumerate(booked, start=1)]
    newest, right = list(range(1, len(entries) + 1)), [amount for amount, _ in booked]
    for index, amount in changes:
        place = index % len(booked)
        result = corrected(entries, newest[place], str(amount))
        if isinstance(result, list):
            entries, newest[place], right[place] = result, len(result), amount
    shuffled = data.draw(st.permutations(entries))
    assert effect_lines(shuffled) == effect_lines(entries)
    assert digest(shuffled) == digest(entries)
    expected: dict[Period, Decimal] = {}
    for amount, (_, month) in zip(right, booked, strict=True):
        expected[Period(2026, month)] = expected.get(Period(2026, month), Decimal(0)) + amount
    assert {line.month: line.money.amount for line in effect_lines(shuffled)} == expected


@settings(max_examples=60)
@given(
    st.lists(
        st.one_of(st.tuples(st.integers(1, 12), amounts), st.sampled_from(["close"])),
        max_size=30,
    )
)
def test_a_closed_month_never_changes_whatever_is_posted_later(acts: list[tuple[int, Decimal] | str]) -> None:
    """Months close one after the other; whatever is refused says so, and whatever is posted reaches open months only."""
    entries: list[LedgerEntry] = []
    closed: Period | None = None
    sealed: dict[Period, tuple[str, tuple[EffectLine, ...]]] = {}

    def month_of(month: Period) -> tuple[str, tuple[EffectLine, ...]]:
        held = [one for one in entries if one.posting.month == month]
        return digest(held), effect_lines(held)

    for act in acts:
        if isinstance(act, str):
            closed = Period(2026, 1) if closed is None else closed.plus(1)
            sealed[closed] = month_of(closed)
            continue
        month, amount = act
        new = NewEntry(posting(amount, month=Period(2026, month)), WEBER)
        refusal = posting_refusal(new, closed, date(2027, 12, 31))
        if closed is not None and new.posting.month <= closed:
            assert refusal is not None
        if refusal is None:
            entries.append(stored(len(entries) + 1, new))
    assert {month: month_of(month) for month in sealed} == sealed


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(1, 6), amounts), min_size=1, max_size=12),
    st.randoms(use_true_random=False),
)
def test_the_order_of_files_and_of_their_lines_does_not_matter(
    lines: list[tuple[int, int, Decimal]], random: Random
) -> None:
    """Each line belongs to one of three files; whichever is posted first, every month has the same sum."""

    def posted(order: list[tuple[int, int, Decimal]]) -> tuple[EffectLine, ...]:
        return effect_lines(
            stored(number, NewEntry(posting(amount, month=Period(2026, month)), FileCell(f"{file}.csv", "line 2")))
            for number, (file, month, amount) in enumerate(order, 1)
        )

    by_file = sorted(lines, key=lambda line: -line[0])
    shuffled = list(lines)
    random.shuffle(shuffled)
    assert posted(lines) == posted(by_file) == posted(shuffled)
