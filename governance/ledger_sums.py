"""Sums over ledger entries: effect lines, the group's view, and the digest of a month that a signature rests on."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal

from governance.effects import EffectKind, EffectLine, Version
from governance.ledger import LedgerEntry, LedgerVersion
from governance.money import Money

SERIES = {LedgerVersion(version.value): version for version in Version if version.value in set(LedgerVersion)}
"""The versions that an assessment reads; the others are kept and reported only."""

COSTS = frozenset({EffectKind.RECURRING_COST, EffectKind.ONE_OFF_COST, EffectKind.CAPEX})
"""The kinds that stand in the accounts of the general ledger."""


def effect_lines(entries: Iterable[LedgerEntry], group: Collection[str] = ()) -> tuple[EffectLine, ...]:
    """One line per version, kind, month, currency, account and hardness: Σ of the entries, corrections included.

    ``group`` names the legal entities of the own group: what is booked between two of them is left out
    (:func:`is_intercompany`).  A month whose entries add up to 0 keeps its line: something was booked there.
    """
    sums: dict[tuple[object, ...], tuple[LedgerEntry, Decimal]] = {}
    for entry in outside_group(entries, group):
        posting = entry.posting
        if posting.version not in SERIES:
            continue
        key = (posting.version, posting.kind, posting.month, posting.money.currency, posting.account, posting.hard)
        first, amount = sums.get(key, (entry, Decimal(0)))
        sums[key] = (first, amount + posting.money.amount)
    lines = (
        EffectLine(
            SERIES[first.posting.version],
            first.posting.kind,
            first.posting.month,
            Money(amount, first.posting.money.currency),
            first.posting.account,
            first.posting.hard,
        )
        for first, amount in sums.values()
    )
    return tuple(sorted(lines, key=_line_order))


def _line_order(line: EffectLine) -> tuple[object, ...]:
    return (line.version.value, line.month, line.kind.value, line.money.currency, line.account.value, line.hard)


def is_intercompany(entry: LedgerEntry, group: Collection[str]) -> bool:
    """Whether both sides are the own group: the saving of one company is then the loss of another."""
    counterparty = entry.posting.counterparty.casefold()
    return bool(counterparty) and counterparty in {name.casefold() for name in group}


def outside_group(entries: Iterable[LedgerEntry], group: Collection[str]) -> Iterator[LedgerEntry]:
    """The entries of the group's consolidated view."""
    names = {name.casefold() for name in group}
    for entry in entries:
        if not entry.posting.counterparty or entry.posting.counterparty.casefold() not in names:
            yield entry


def booked_cost(entries: Iterable[LedgerEntry], currency: str) -> Money:
    """Σ actuals of running cost, one-off cost and investment in one currency, corrections and reversals included.

    That is what the general ledger of a legal entity shows too; a saving stands in no account, and what is booked
    between two companies of the group stands in the books of each.
    """
    amounts = (
        entry.posting.money.amount
        for entry in entries
        if entry.posting.version is LedgerVersion.ACTUAL
        and entry.posting.kind in COSTS
        and entry.posting.money.currency == currency
    )
    return Money(sum(amounts, Decimal(0)), currency)


def digest(entries: Iterable[LedgerEntry]) -> str:
    """SHA-256 over the entries in the order of their numbers, hexadecimal: what a signature of a month rests on."""
    found = hashlib.sha256()
    for entry in sorted(entries, key=lambda one: one.id):
        posting = entry.posting
        parts = (
            entry.id, posting.version, posting.kind, posting.month, posting.money.amount.normalize(),
            posting.money.currency, posting.measure, posting.service, posting.account, posting.hard, posting.pl_line,
            posting.spend, posting.cost_centre, posting.gl_account, posting.legal_entity, posting.counterparty,
            entry.type, entry.corrects, entry.reverses,
        )  # fmt: skip
        found.update("\x1f".join("" if part is None else str(part) for part in parts).encode())
        found.update(b"\x1e")
    return found.hexdigest()
