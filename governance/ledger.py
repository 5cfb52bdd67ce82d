"""The ledger: money as finance knows it, in entries that are never changed.

Every figure is a sum over entries.  An entry is corrected by another entry, which names it, gives a reason, and holds
the *difference* between the amount that is right and the one that counted before; so sums need to know nothing of
corrections, and the order of entries does not matter.  An accrual takes itself back in the month after.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from governance.effects import Account, EffectKind
from governance.ledger_source import FieldSeen, LedgerSource
from governance.money import Money, Period
from governance.time_text import month_text

EntryId = NewType("EntryId", int)


class LedgerVersion(StrEnum):
    """What an amount states; a superset of the versions of effect lines."""

    BUDGET = "budget"
    """Approved for the fiscal year."""
    PLAN = "plan"
    FORECAST = "forecast"
    COMMITTED = "committed"
    """Ordered and not invoiced yet."""
    ACTUAL = "actual"


class EntryType(StrEnum):
    POSTING = "posting"
    CREDIT = "credit"
    """A credit note or cancelled invoice: negative, and meant so."""
    ACCRUAL = "accrual"
    """Estimated for a month whose invoice has not come; its reversal is posted with it."""
    REVERSAL = "reversal"
    """Takes an accrual back in the month after."""
    CORRECTION = "correction"


class Spend(StrEnum):
    """How an amount is treated in the accounts."""

    CAPEX = "capex"
    OPEX = "opex"


@dataclass(frozen=True, slots=True)
class Posting:
    """What an entry states: an amount of one month, and what it is for."""

    version: LedgerVersion
    kind: EffectKind
    month: Period
    money: Money
    """Positive; the kind says which way it counts."""
    measure: str = ""
    """Id of the measure; empty when the amount belongs to a service."""
    service: str = ""
    account: Account = Account.EBITDA
    hard: bool = True
    """Measurable in the books, or in value terms only (soft)."""
    pl_line: str = ""
    """Line of the profit and loss statement, where it is known."""
    spend: Spend | None = None
    cost_centre: str = ""
    gl_account: str = ""
    """Account of the general ledger."""
    legal_entity: str = ""
    counterparty: str = ""
    """The legal entity on the other side; one of the own group makes the entry intercompany."""

    @property
    def subject(self) -> str:
        """What the amount belongs to."""
        return self.measure or f"service/{self.service}"


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry before it is in the ledger."""

    posting: Posting
    source: LedgerSource
    type: EntryType = EntryType.POSTING
    reason: str = ""
    """Why it corrects; empty for anything but a correction."""
    corrects: EntryId | None = None
    reverses: EntryId | None = None
    statement: str = ""
    """Key of what an import or a sweep states, see :mod:`governance.statements`."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One line of the ledger."""

    id: EntryId
    posting: Posting
    source: LedgerSource
    entered_at: datetime
    entered_by: str
    type: EntryType = EntryType.POSTING
    corrects: EntryId | None = None
    """A correction: the entry whose amount it changes."""
    reason: str = ""
    reverses: EntryId | None = None
    """A reversal: its accrual."""
    batch: str = ""
    """The import that it came with."""
    after_close: bool = False
    """It corrects a month that had been closed when it was entered."""
    statement: str = ""


class RefusalReason(StrEnum):
    NO_SUBJECT = "no_subject"
    NEGATIVE = "negative"
    NOT_NEGATIVE = "not_negative"
    ZERO = "zero"
    SAME_ENTITY = "same_entity"
    MONTH_CLOSED = "month_closed"
    NOT_BEGUN = "not_begun"
    UNKNOWN_ENTRY = "unknown_entry"
    ALREADY_CORRECTED = "already_corrected"
    REVERSAL = "reversal"
    OF_FIELD = "of_field"
    SAME_AMOUNT = "same_amount"
    OTHER_CURRENCY = "other_currency"
    NO_REASON = "no_reason"
    BATCH_KNOWN = "batch_known"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an entry is not taken; the sentence says what to do."""

    reason: RefusalReason
    sentence: str


def posting_refusal(entry: NewEntry, closed_through: Period | None, today: date) -> Refusal | None:
    """Why a new entry that is no correction may not be posted; ``None`` when it may.

    ``closed_through`` is the last month that is closed for the entry's legal entity or for that of its measure.
    """
    posting, amount = entry.posting, entry.posting.money.amount
    if bool(posting.measure) == bool(posting.service):
        return Refusal(RefusalReason.NO_SUBJECT, "An entry belongs to one measure or to one service: name one of them.")
    if not amount:
        return Refusal(RefusalReason.ZERO, "An entry of 0 states nothing. Leave it out, or correct the entry it is of.")
    negative_expected = entry.type in {EntryType.CREDIT, EntryType.REVERSAL}
    if amount < 0 and not negative_expected:
        return Refusal(
            RefusalReason.NEGATIVE,
            f"{posting.money} is negative. Amounts are positive and the kind says which way they count: write a "
            "cost as a positive amount, correct the entry that was too high, or post a credit note as such.",
        )
    if amount > 0 and negative_expected:
        return Refusal(RefusalReason.NOT_NEGATIVE, f"{posting.money} is positive: a credit note is negative.")
    if posting.counterparty and posting.counterparty.casefold() == posting.legal_entity.casefold():
        return Refusal(
            RefusalReason.SAME_ENTITY, f"{posting.counterparty} cannot be its own counterparty: name the other side."
        )
    if (
        posting.version is LedgerVersion.ACTUAL
        and entry.type is not EntryType.REVERSAL
        and today < posting.month.first_day
    ):
        return Refusal(
            RefusalReason.NOT_BEGUN,
            f"{month_text(posting.month)} has not begun: an actual is what was booked. Post what is expected as "
            "forecast.",
        )
    if closed_through is not None and posting.month <= closed_through:
        entity = f" of {posting.legal_entity}" if posting.legal_entity else ""
        return Refusal(
            RefusalReason.MONTH_CLOSED,
            f"{month_text(posting.month)}{entity} is closed. Post it into {month_text(closed_through.plus(1))}, "
            "correct an entry of the closed month, or ask for the month to be reopened.",
        )
    return None


def reversal_of(accrual: LedgerEntry) -> NewEntry:
    """What takes an accrual back in the month after."""
    posting = accrual.posting
    back = replace(posting, month=posting.month.plus(1), money=-posting.money)
    return NewEntry(back, accrual.source, EntryType.REVERSAL, reverses=accrual.id)


class Ledger:
    """Entries with their corrections; made of any selection that holds what the entries refer to."""

    def __init__(self, entries: Iterable[LedgerEntry]) -> None:
        self._by_id = {entry.id: entry for entry in entries}
        self._corrected_by = {entry.corrects: entry.id for entry in self._by_id.values() if entry.corrects is not None}

    def corrected_by(self, entry: EntryId) -> EntryId | None:
        return self._corrected_by.get(entry)

    def amount_in_effect(self, entry: EntryId) -> Money:
        """The amount of an entry together with everything that it corrects.  Raises KeyError for an unknown one."""
        found = self._by_id[entry]
        total = found.posting.money
        while found.corrects is not None:
            found = self._by_id[found.corrects]
            total += found.posting.money
        return total

    def correction(self, entry: EntryId, right: Money, reason: str, source: LedgerSource) -> list[NewEntry] | Refusal:
        """The entries that make ``right`` the amount in effect: one, and for an accrual a second for its reversal.

        Amounts may be corrected to anything of the same sign as before, and to 0.
        """
        found = self._by_id.get(entry)
        if found is None:
            return Refusal(RefusalReason.UNKNOWN_ENTRY, f"There is no entry {entry} in the ledger that you may see.")
        if not reason.strip():
            return Refusal(RefusalReason.NO_REASON, "A correction needs a reason: say what was wrong.")
        later = self.corrected_by(entry)
        if later is not None:
            return Refusal(
                RefusalReason.ALREADY_CORRECTED,
                f"Entry {entry} was corrected by entry {later} already. Correct entry {self._newest(later)}.",
            )
        first = self._first(found)
        if first.type is EntryType.REVERSAL:
            return Refusal(
                RefusalReason.REVERSAL,
                f"Entry {entry} takes back the accrual {first.reverses}. Correct that one; its reversal follows.",
            )
        if isinstance(first.source, FieldSeen):
            return Refusal(
                RefusalReason.OF_FIELD,
                f"Entry {entry} is {first.source}: the tool owns it. Correct the field; the ledger follows.",
            )
        before = self.amount_in_effect(entry)
        refusal = _amount_refusal(entry, before, right, first.type)
        if refusal is not None:
            return refusal
        change = right - before
        made = [_correcting(found, change, reason, source)]
        reversal = next((one for one in self._by_id.values() if one.reverses == first.id), None)
        if reversal is not None:
            newest = self._by_id[self._newest(reversal.id)]
            made.append(_correcting(newest, -change, reason, source))
        return made

    def _first(self, entry: LedgerEntry) -> LedgerEntry:
        while entry.corrects is not None:
            entry = self._by_id[entry.corrects]
        return entry

    def _newest(self, entry: EntryId) -> EntryId:
        while (later := self._corrected_by.get(entry)) is not None:
            entry = later
        return entry


def _amount_refusal(entry: EntryId, before: Money, right: Money, kind: EntryType) -> Refusal | None:
    if right.currency != before.currency:
        return Refusal(
            RefusalReason.OTHER_CURRENCY,
            f"Entry {entry} is in {before.currency}. Correct it to 0 {before.currency}, and post the amount in "
            f"{right.currency} as an entry of its own.",
        )
    if right.amount == before.amount:
        return Refusal(RefusalReason.SAME_AMOUNT, f"Entry {entry} counts as {before} already: nothing to correct.")
    if kind is EntryType.CREDIT and right.amount > 0:
        return Refusal(RefusalReason.NOT_NEGATIVE, f"{right} is positive: a credit note is negative.")
    if kind is not EntryType.CREDIT and right.amount < 0:
        return Refusal(
            RefusalReason.NEGATIVE,
            f"{right} is negative. Amounts are positive and the kind says which way they count.",
        )
    return None


def _correcting(entry: LedgerEntry, change: Money, reason: str, source: LedgerSource) -> NewEntry:
    """An entry of the same month and meaning that holds the difference."""
    posting = replace(entry.posting, money=change)
    return NewEntry(posting, source, EntryType.CORRECTION, reason.strip(), corrects=entry.id, statement=entry.statement)
