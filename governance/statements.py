"""What a file or a tool states, and the entries that make the ledger say the same.

A statement is an amount under a key: what it is of, whatever file it stands in.  The first one of a key is posted; a
later one is a correction that holds the difference, and one that says the same changes nothing.  So the ledger holds
the newest statement of each key, in whatever order rows and files came.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from governance.effects import EffectKind
from governance.ledger import EntryId, EntryType, LedgerVersion, NewEntry, Posting
from governance.ledger_source import LedgerSource
from governance.money import Money, Period

FIELD_STATEMENT = "field:"
"""How the key of what a field was seen to hold begins: the tool owns it, so it counts for no version of finance's."""


@dataclass(slots=True)
class Statement:
    """One amount that is stated; negative for a credit note, 0 when there is none any more."""

    key: str
    posting: Posting
    source: LedgerSource


@dataclass(frozen=True, slots=True)
class StatedAmount:
    """What the ledger holds under a key."""

    amount: Decimal
    """Together with its corrections."""
    newest: EntryId
    """The entry that the next correction has to name."""
    posting: Posting
    """What the amount is of; its own amount does not count."""
    corrected_by_hand: bool = False
    """Somebody has corrected it since it was stated."""


class ChangeKind(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    TAKEN_BACK = "taken back"
    """It was stated and is not any more."""
    UNCHANGED = "unchanged"


@dataclass(slots=True)
class Change:
    """What one statement does to the ledger."""

    statement: Statement
    kind: ChangeKind
    before: Decimal
    entries: tuple[NewEntry, ...] = ()
    by_hand: bool = False
    """It changes an amount that somebody had corrected by hand."""

    @property
    def after(self) -> Decimal:
        return self.statement.posting.money.amount


def statement_key(stream: str, *parts: object) -> str:
    """The key of a statement within its stream (a profile, or the records of a tool): 32 hexadecimal digits."""
    text = "\x1f".join((stream, *("" if part is None else str(part) for part in parts)))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def posting_key(stream: str, subject: str, posting: Posting, record: str = "") -> str:
    """The key of an amount by the name that it has in its file, and all that it is of.

    Not by its measure: whoever decides that a name means another measure moves the amount there.
    """
    return statement_key(
        stream, subject, posting.version, posting.kind, posting.month, posting.money.currency,
        posting.account, posting.hard, posting.pl_line, posting.spend, posting.cost_centre, posting.gl_account,
        posting.legal_entity, posting.counterparty, record,
    )  # fmt: skip


def change_of(statement: Statement, known: StatedAmount | None, reason: str) -> Change:
    """The entries that a statement needs, with what the ledger holds under its key."""
    money = statement.posting.money
    if known is None:
        if not money.amount:
            return Change(statement, ChangeKind.UNCHANGED, Decimal(0))
        return Change(statement, ChangeKind.NEW, Decimal(0), (_posted(statement),))
    same = replace(known.posting, money=money) == statement.posting
    if same and known.amount == money.amount:
        return Change(statement, ChangeKind.UNCHANGED, known.amount)
    kind = ChangeKind.CHANGED if money.amount else ChangeKind.TAKEN_BACK
    changed = same and known.amount * money.amount >= 0
    entries = []
    difference = money.amount - known.amount if changed else -known.amount
    if difference:
        posting = replace(known.posting, money=Money(difference, known.posting.money.currency))
        entries.append(
            NewEntry(
                posting, statement.source, EntryType.CORRECTION, reason, corrects=known.newest, statement=statement.key
            )
        )
    if not changed and money.amount:
        entries.append(_posted(statement))
    if not entries:
        return Change(statement, ChangeKind.UNCHANGED, known.amount)
    return Change(statement, kind, known.amount, tuple(entries), known.corrected_by_hand)


def _posted(statement: Statement) -> NewEntry:
    kind = EntryType.POSTING if statement.posting.money.amount > 0 else EntryType.CREDIT
    return NewEntry(statement.posting, statement.source, kind, statement=statement.key)


@dataclass(frozen=True, slots=True, order=True)
class TotalOf:
    """What totals are added up by."""

    version: LedgerVersion
    month: Period
    kind: EffectKind
    currency: str


@dataclass(frozen=True, slots=True)
class TotalChange:
    """Σ of the ledger before and after."""

    of: TotalOf
    before: Decimal
    after: Decimal


def total_of(posting: Posting) -> TotalOf:
    return TotalOf(posting.version, posting.month, posting.kind, posting.money.currency)


def total_changes(changes: Iterable[Change], before: Mapping[TotalOf, Decimal]) -> tuple[TotalChange, ...]:
    """Every total that a statement is part of, also those that stay."""
    differences: dict[TotalOf, Decimal] = {}
    for change in changes:
        of = total_of(change.statement.posting)
        differences.setdefault(of, Decimal(0))
        for entry in change.entries:
            own = total_of(entry.posting)
            differences[own] = differences.get(own, Decimal(0)) + entry.posting.money.amount
    return tuple(
        TotalChange(of, before.get(of, Decimal(0)), before.get(of, Decimal(0)) + difference)
        for of, difference in sorted(differences.items())
    )


def changes_digest(changes: Iterable[Change]) -> str:
    """SHA-256 of what would change, whatever the order: what a person has seen before they confirm it."""
    found = sorted(
        f"{change.statement.key}\x1f{change.before.normalize()}\x1f{change.after.normalize()}"
        for change in changes
        if change.entries
    )
    return hashlib.sha256("\x1e".join(found).encode()).hexdigest()
