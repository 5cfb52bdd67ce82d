"""Entries with the amount that is in effect: their own, together with every correction."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection, text

from connector.store.ledger.entry_rows import entry_from_row
from governance.ledger import EntryId, EntryType, LedgerEntry
from governance.money import Money
from governance.statements import StatedAmount


@dataclass(frozen=True, slots=True)
class EntryInEffect:
    """An entry that corrects no other one."""

    entry: LedgerEntry
    stated: StatedAmount


def all_in_effect(connection: Connection) -> Iterator[tuple[LedgerEntry, Money, str]]:
    """Every entry that corrects no other one, with its amount in effect and the key of its measure."""
    rows = connection.execute(_IN_EFFECT, {"ids": None}, execution_options={"yield_per": 2_000})
    for row in rows.mappings():
        yield entry_from_row(row), Money(row["total"], row["currency"]), row["key"] or ""


def in_effect(connection: Connection, numbers: Collection[int]) -> dict[int, EntryInEffect]:
    """The entries of these numbers; what is unknown, or corrects another one, is absent."""
    found = {}
    for row in connection.execute(_IN_EFFECT, {"ids": sorted(numbers)}).mappings():
        entry = entry_from_row(row)
        by_hand = row["newest"] != entry.id
        found[int(entry.id)] = EntryInEffect(
            entry, StatedAmount(row["total"], EntryId(row["newest"]), entry.posting, by_hand)
        )
    return found


def amounts_without(connection: Connection, numbers: Collection[int], batch: str) -> dict[int, Decimal]:
    """The amounts in effect of entries, without what a batch corrected of them."""
    rows = connection.execute(_WITHOUT, {"ids": sorted(numbers), "batch": batch})
    return {row.root: row.total for row in rows}


def is_fixed(entry: LedgerEntry) -> bool:
    """Whether its correction is more than one entry: an accrual and its reversal go together."""
    return entry.type in {EntryType.ACCRUAL, EntryType.REVERSAL}


_IN_EFFECT = text("""
    WITH RECURSIVE chain AS (
        SELECT id AS root, id, amount FROM ledger_entry
        WHERE corrects IS NULL AND (CAST(:ids AS bigint[]) IS NULL OR id = ANY (:ids))
        UNION ALL
        SELECT chain.root, e.id, e.amount FROM chain JOIN ledger_entry AS e ON e.corrects = chain.id
    ), found AS (SELECT root, sum(amount) AS total, max(id) AS newest FROM chain GROUP BY root)
    SELECT e.*, found.total, found.newest, m.key FROM found JOIN ledger_entry AS e ON e.id = found.root
    LEFT JOIN measure AS m ON m.id = e.measure_id ORDER BY e.id
""")
_WITHOUT = text("""
    WITH RECURSIVE chain AS (
        SELECT id AS root, id, amount, batch FROM ledger_entry WHERE corrects IS NULL AND id = ANY (:ids)
        UNION ALL
        SELECT chain.root, e.id, e.amount, e.batch FROM chain JOIN ledger_entry AS e ON e.corrects = chain.id
    )
    SELECT root, coalesce(sum(amount) FILTER (WHERE batch <> :batch), 0) AS total FROM chain GROUP BY root
""")
