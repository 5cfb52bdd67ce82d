"""What a statement does to the ledger, and the key under which the next one finds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from governance.effects import EffectKind
from governance.ledger import EntryId, EntryType, LedgerVersion, NewEntry, Posting
from governance.ledger_source import EnteredBy
from governance.money import Money, Period
from governance.statements import (
    ChangeKind,
    StatedAmount,
    Statement,
    change_of,
    posting_key,
    statement_key,
    total_changes,
    total_of,
)

OF = Posting(LedgerVersion.ACTUAL, EffectKind.BENEFIT, Period(2026, 9), Money(Decimal(100), "EUR"), measure="m/1")


def stated(amount: int | str, posting: Posting = OF) -> Statement:
    return Statement("k", replace(posting, money=Money(Decimal(amount), "EUR")), EnteredBy("weber"))


def known(amount: int | str, *, by_hand: bool = False) -> StatedAmount:
    return StatedAmount(Decimal(amount), EntryId(7), OF, by_hand)


CASES: Mapping[str, tuple[StatedAmount | None, Statement, ChangeKind, list[str]]] = {
    "the first of its key": (None, stated(100), ChangeKind.NEW, ["posting 100"]),
    "a credit note": (None, stated(-5), ChangeKind.NEW, ["credit -5"]),
    "nothing of nothing": (None, stated(0), ChangeKind.UNCHANGED, []),
    "the same again": (known(100), stated(100), ChangeKind.UNCHANGED, []),
    "more": (known(100), stated(130), ChangeKind.CHANGED, ["correction 30"]),
    "a hundredth less": (known(100), stated("99.99"), ChangeKind.CHANGED, ["correction -0.01"]),
    "none any more": (known(100), stated(0), ChangeKind.TAKEN_BACK, ["correction -100"]),
    "it came back": (known(0), stated(40), ChangeKind.CHANGED, ["correction 40"]),
    "the other sign": (known(100), stated(-20), ChangeKind.CHANGED, ["correction -100", "credit -20"]),
    "another line": (
        known(100), stated(100, replace(OF, pl_line="IT")), ChangeKind.CHANGED, ["correction -100", "posting 100"],
    ),
    "none, and none before": (known(0), stated(0), ChangeKind.UNCHANGED, []),
}  # fmt: skip


def told(entry: NewEntry) -> str:
    return f"{entry.type.value} {entry.posting.money.amount.normalize():f}"


@pytest.mark.parametrize(("before", "statement", "kind", "entries"), CASES.values(), ids=CASES.keys())
def test_what_a_statement_changes(
    before: StatedAmount | None, statement: Statement, kind: ChangeKind, entries: list[str]
) -> None:
    change = change_of(statement, before, "The file says so")
    assert (change.kind, [told(entry) for entry in change.entries]) == (kind, entries)
    assert change.before == (before.amount if before else 0)
    for entry in change.entries:
        assert entry.statement == "k"
        if entry.type is EntryType.CORRECTION:
            assert (entry.corrects, entry.reason) == (EntryId(7), "The file says so")


def test_an_amount_that_somebody_had_corrected_is_said() -> None:
    assert change_of(stated(130), known(100, by_hand=True), "r").by_hand
    assert not change_of(stated(130), known(100), "r").by_hand


def test_totals_are_by_version_month_kind_and_currency() -> None:
    change = change_of(stated(130), known(100), "r")
    (total,) = total_changes([change], {total_of(OF): Decimal(500)})
    assert (total.of, total.before, total.after) == (total_of(OF), 500, 530)
    (first,) = total_changes([change_of(stated(100), None, "r")], {})
    assert (first.of, first.before, first.after) == (total_of(OF), 0, 100)


def test_a_key_is_32_digits_and_another_one_for_each_thing_that_it_is_of() -> None:
    keys = [
        statement_key("a", "b", None), statement_key("a", "b", ""), statement_key("a", "bc"), statement_key("ab", "c"),
        posting_key("a", "b", OF), posting_key("a", "c", OF), posting_key("a", "b", replace(OF, month=Period(2026, 8))),
        posting_key("a", "b", replace(OF, pl_line="IT")), posting_key("a", "b", OF, "row 2"),
    ]  # fmt: skip
    assert {len(key) for key in keys} == {32}
    assert keys[0] == keys[1], "nothing is nothing"
    assert len(set(keys)) == len(keys) - 1
