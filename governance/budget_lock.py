"""Budget lock: a validated saving is taken out of a cost centre's budget for the next year, agreed by two people.

What may be taken out of each month is what the observed months brought on average when the measure was closed, less
what was taken out before.  It is done with corrections of the budget's entries, so that the budget as it was approved
stays beside what it is now.  See ``deploy/adr/0040-savings-relapse-and-budget-lock.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum

from governance.effects import ZERO
from governance.ledger import EntryId, Ledger, LedgerEntry, LedgerVersion
from governance.ledger_sums import COSTS
from governance.money import Money, Period
from governance.month_close import Signer
from governance.observation import Observation
from governance.relapse import Relapse
from governance.time_text import month_text

MONTHS = 12


class LockStepKind(StrEnum):
    PREPARED = "prepared"
    LOCKED = "locked"
    REFUSED = "refused"


class LockRefusal(StrEnum):
    """Why a saving is not taken out of a budget."""

    NOT_CLOSED = "not_closed"
    RELAPSED = "relapsed"
    NOT_VALIDATED = "not_validated"
    TOO_MUCH = "too_much"
    WRONG_AMOUNT = "wrong_amount"
    HAS_BEGUN = "has_begun"
    NO_BUDGET = "no_budget"
    NO_REASON = "no_reason"
    WAITS = "waits"
    NOTHING_WAITS = "nothing_waits"
    SAME_PERSON = "same_person"
    NOT_A_PERSON = "not_a_person"


@dataclass(frozen=True, slots=True)
class RefusedLock:
    """Why not, and what to do."""

    reason: LockRefusal
    sentence: str


@dataclass(frozen=True, slots=True)
class BudgetLock:
    """What is taken out: the same amount in each of the twelve months from ``first`` on."""

    measure: str
    cost_centre: str
    first: Period
    amount: Money
    """Of one month."""
    reason: str

    @property
    def last(self) -> Period:
        return self.first.plus(MONTHS - 1)

    @property
    def text(self) -> str:
        """``500 EUR a month out of the budget of cost centre 4711, Jan 2027 to Dec 2027``"""
        months = f"{month_text(self.first)} to {month_text(self.last)}"
        return f"{self.amount} a month out of the budget of cost centre {self.cost_centre}, {months}"


@dataclass(frozen=True, slots=True)
class BudgetLockStep:
    """What somebody did: prepare a lock, agree to it, or refuse it."""

    id: int
    kind: LockStepKind
    lock: BudgetLock
    by: Signer
    at: datetime
    answers: int | None = None
    entries: int = 0
    """How many corrections it posted."""


@dataclass(frozen=True, slots=True)
class Reduction:
    """The amount that an entry of the budget has from now on."""

    entry: EntryId
    right: Money


def validated_month(
    key: str, *, is_closed: bool, relapse: Relapse | None, observed: Observation | None, currency: str
) -> Money | RefusedLock:
    """What a closed measure brings in a month: mean net recurring of the observed months, never rounded up."""
    if not is_closed:
        return RefusedLock(
            LockRefusal.NOT_CLOSED,
            f"{key} is not closed: only a saving that the controller has confirmed is taken out of a budget.",
        )
    if relapse is not None and (relapse.is_relapse or relapse.unknown_sentence):
        told = relapse.sentence or relapse.unknown_sentence
        return RefusedLock(LockRefusal.RELAPSED, f"{key}: {told}. Settle that first.")
    if observed is None or observed.booked < observed.length or observed.reached <= 0:
        return RefusedLock(
            LockRefusal.NOT_VALIDATED,
            f"{key} has no closed months in a row at planned steady state with a saving booked.",
        )
    return Money((observed.reached / observed.length).quantize(Decimal("0.01"), ROUND_FLOOR), currency)


def refusal_to_lock(lock: BudgetLock, validated: Money, taken: Iterable[BudgetLock], today: date) -> RefusedLock | None:
    """Why a saving may not be taken out; ``None`` when it may."""
    if not lock.reason.strip():
        return RefusedLock(LockRefusal.NO_REASON, "A change of the budget needs a reason: say what saving it is for.")
    if lock.amount.amount <= 0 or lock.amount.currency != validated.currency:
        return RefusedLock(
            LockRefusal.WRONG_AMOUNT, f"State a positive amount a month in {validated.currency}, such as {validated}."
        )
    if lock.first <= Period.of(today):
        return RefusedLock(
            LockRefusal.HAS_BEGUN,
            f"{month_text(lock.first)} has begun: a budget is locked for a year that begins later.",
        )
    before = sum((one.amount.amount for one in taken if one.first <= lock.last and lock.first <= one.last), ZERO)
    if before + lock.amount.amount > validated.amount:
        already = f", of which {Money(before, validated.currency)} is taken out already" if before else ""
        return RefusedLock(
            LockRefusal.TOO_MUCH, f"{lock.amount} a month is more than is validated: {validated} a month{already}."
        )
    return None


def refusal_to_agree(step: BudgetLockStep, by: Signer) -> RefusedLock | None:
    """Whoever agrees is another person, known as one."""
    if by.person is None or step.by.person is None:
        return RefusedLock(LockRefusal.NOT_A_PERSON, "A budget is changed by two people with an account of their own.")
    if by.person == step.by.person or by.login.casefold() == step.by.login.casefold():
        return RefusedLock(LockRefusal.SAME_PERSON, "You prepared it yourself: somebody else has to agree.")
    return None


def reductions(lock: BudgetLock, entries: Sequence[LedgerEntry]) -> list[Reduction] | RefusedLock:
    """The budget's entries with less in them, month by month, the largest first.

    ``entries`` are those of the cost centre's budget with their corrections.
    """
    ledger, found = Ledger(entries), []
    for month in lock.first.until(lock.last):
        open_entries = [
            (ledger.amount_in_effect(one.id).amount, one.id)
            for one in entries
            if one.posting.month == month
            and one.posting.version is LedgerVersion.BUDGET
            and one.posting.kind in COSTS
            and one.posting.money.currency == lock.amount.currency
            and ledger.corrected_by(one.id) is None
        ]
        there, rest = sum((amount for amount, _ in open_entries), ZERO), lock.amount.amount
        if there < rest:
            return RefusedLock(
                LockRefusal.NO_BUDGET,
                f"The budget of cost centre {lock.cost_centre} holds {Money(there, lock.amount.currency)} of cost in "
                f"{month_text(month)}, and {lock.amount} is to be taken out: post the budget first.",
            )
        for amount, entry in sorted(open_entries, key=lambda one: (-one[0], one[1])):
            part = min(amount, rest)
            if part > 0:
                found.append(Reduction(entry, Money(amount - part, lock.amount.currency)))
                rest -= part
    return found
