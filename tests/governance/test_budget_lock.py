"""What of a saving may be taken out of a budget, and what becomes of the budget's entries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from governance.budget_lock import (
    BudgetLock,
    BudgetLockStep,
    LockRefusal,
    LockStepKind,
    Reduction,
    RefusedLock,
    reductions,
    refusal_to_agree,
    refusal_to_lock,
    validated_month,
)
from governance.effects import EffectKind
from governance.ledger import EntryId, EntryType, LedgerEntry, LedgerVersion, Posting
from governance.ledger_source import EnteredBy
from governance.money import Money, Period
from governance.month_close import Signer
from governance.observation import Observation
from governance.relapse import Relapse
from tests.governance.factory import eur

TODAY = date(2026, 11, 5)
NOW = datetime(2026, 11, 5, tzinfo=UTC)
LOCK = BudgetLock("jira-main/1", "4711", Period(2027, 1), eur(500), "licences are gone")
SEEN = Observation(
    Period(2026, 7), Period(2026, 9), 3, 3, eur(1_500).amount, eur("1500.05").amount, eur(0).amount, eur(0).amount
)


def validated(*, is_closed: bool = True, relapse: Relapse | None = None, observed: Observation | None = SEEN) -> object:
    found = validated_month("ITX-1", is_closed=is_closed, relapse=relapse, observed=observed, currency="EUR")
    return found.reason if isinstance(found, RefusedLock) else found


def test_what_is_validated_is_the_mean_of_the_observed_months_and_never_rounded_up() -> None:
    assert validated() == eur("500.01")
    assert validated(is_closed=False) is LockRefusal.NOT_CLOSED
    assert validated(observed=None) is LockRefusal.NOT_VALIDATED
    assert validated(observed=replace(SEEN, booked=2)) is LockRefusal.NOT_VALIDATED
    assert validated(relapse=Relapse(TODAY)) == eur("500.01")
    assert validated(relapse=Relapse(TODAY, not_closed=(Period(2026, 8),))) is LockRefusal.RELAPSED


CASES: Mapping[str, tuple[BudgetLock, tuple[BudgetLock, ...], str]] = {
    "all that is validated": (LOCK, (), ""),
    "more": (
        replace(LOCK, amount=eur(501)), (), "501 EUR a month is more than is validated: 500 EUR a month.",
    ),
    "the same saving twice": (
        LOCK, (replace(LOCK, cost_centre="4712"),),
        "500 EUR a month is more than is validated: 500 EUR a month, of which 500 EUR is taken out already.",
    ),
    "a year that overlaps": (
        replace(LOCK, first=Period(2027, 7), amount=eur(200)), (replace(LOCK, amount=eur(400)),),
        "200 EUR a month is more than is validated: 500 EUR a month, of which 400 EUR is taken out already.",
    ),
    "the year after": (replace(LOCK, first=Period(2028, 1)), (LOCK,), ""),
    "a year that has begun": (
        replace(LOCK, first=Period(2026, 11)), (), "Nov 2026 has begun: a budget is locked for a year that begins later.",
    ),
    "another currency": (
        replace(LOCK, amount=Money(eur(5).amount, "USD")), (), "State a positive amount a month in EUR, such as 500 EUR.",
    ),
    "nothing": (replace(LOCK, amount=eur(0)), (), "State a positive amount a month in EUR, such as 500 EUR."),
    "without a reason": (
        replace(LOCK, reason=" "), (), "A change of the budget needs a reason: say what saving it is for.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("lock", "taken", "sentence"), CASES.values(), ids=CASES.keys())
def test_a_saving_is_taken_out_once_and_only_as_far_as_it_is_validated(
    lock: BudgetLock, taken: tuple[BudgetLock, ...], sentence: str
) -> None:
    refused = refusal_to_lock(lock, eur(500), taken, TODAY)
    assert (refused.sentence if refused else "") == sentence


def test_somebody_else_agrees() -> None:
    step = BudgetLockStep(1, LockStepKind.PREPARED, LOCK, Signer("brandt", 1), NOW)
    refused = [
        refusal_to_agree(step, by)
        for by in (Signer("keller", 2), Signer("other", 1), Signer("Brandt", 3), Signer("root", None))
    ]
    assert [one.reason if one else None for one in refused] == [
        None, LockRefusal.SAME_PERSON, LockRefusal.SAME_PERSON, LockRefusal.NOT_A_PERSON,
    ]  # fmt: skip


def budget(number: int, month: Period, amount: int, corrects: int | None = None, **changes: object) -> LedgerEntry:
    posting = Posting(
        LedgerVersion.BUDGET, EffectKind.RECURRING_COST, month, eur(amount), service="CRM-OLD", cost_centre="4711"
    )
    kind = EntryType.CORRECTION if corrects else EntryType.POSTING
    of = EntryId(corrects) if corrects else None
    return LedgerEntry(
        EntryId(number),
        replace(posting, **changes),  # type: ignore[arg-type]
        EnteredBy("x"),
        NOW,
        "x",
        kind,
        of,
    )


YEAR = [budget(number, Period(2027, number), 600) for number in range(1, 13)]


def test_each_month_of_the_year_loses_the_saving() -> None:
    assert reductions(LOCK, YEAR) == [Reduction(EntryId(number), eur(100)) for number in range(1, 13)]


def test_the_largest_entry_goes_first_and_a_correction_counts_in_place_of_its_entry() -> None:
    january = Period(2027, 1)
    entries = [*YEAR, budget(20, january, 50), budget(21, january, -400, corrects=1), budget(22, january, 300)]
    assert reductions(LOCK, entries)[:3] == [  # type: ignore[index]
        Reduction(EntryId(22), eur(0)), Reduction(EntryId(21), eur(0)), Reduction(EntryId(2), eur(100)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("entries", "holds"),
    [
        (YEAR[:11], "0 EUR of cost in Dec 2027"),
        ([*YEAR[:11], budget(12, Period(2027, 12), 499)], "499 EUR of cost in Dec 2027"),
        ([*YEAR[:11], budget(12, Period(2027, 12), 900, kind=EffectKind.BENEFIT)], "0 EUR of cost in Dec 2027"),
    ],
)
def test_a_budget_that_does_not_hold_it_is_not_touched(entries: list[LedgerEntry], holds: str) -> None:
    refused = reductions(LOCK, entries)
    assert isinstance(refused, RefusedLock)
    assert refused.sentence == (
        f"The budget of cost centre 4711 holds {holds}, and 500 EUR is to be taken out: post the budget first."
    )
