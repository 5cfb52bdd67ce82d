"""Cloud bills as they were imported: what they cost, what was invoiced, and how much of it no rule allocates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, text

from governance.money import Money, Period


@dataclass(frozen=True, slots=True)
class ImportedBill:
    number: int
    """Of its import."""
    file: str
    rules: str
    imported_by: str
    imported_at: datetime
    charges: int
    effective: tuple[Money, ...]
    """Σ EffectiveCost by currency."""
    unallocated: tuple[Money, ...]
    """What of it still waits for a rule or a decision, by currency."""
    invoiced: tuple[tuple[Period, Money], ...]
    """Σ BilledCost by month of the invoice; it says nothing of when it was paid."""

    @property
    def unallocated_share(self) -> str:
        """In each currency, of Σ EffectiveCost."""
        total = {one.currency: one.amount for one in self.effective}
        shares = [
            f"{one.amount / total[one.currency] * 100:.1f} %" for one in self.unallocated if total.get(one.currency)
        ]
        return ", ".join(shares) or "0.0 %"


def read_bills(connection: Connection, limit: int = 50) -> list[ImportedBill]:
    """The newest first; those that were taken back are left out."""
    waiting: dict[int, list[Money]] = {}
    for row in connection.execute(_WAITING):
        waiting.setdefault(row.import_id, []).append(Money(row.amount, row.currency))
    return [
        ImportedBill(
            row.id, row.file, row.stream, row.imported_by, row.imported_at, int(row.bill["charges"]),
            tuple(Money(Decimal(amount), currency) for currency, amount in row.bill["effective"].items()),
            tuple(waiting.get(row.id, ())),
            tuple(
                (Period.parse(month), Money(Decimal(amount), currency))
                for month, currency, amount in row.bill["invoiced"]
            ),
        )
        for row in connection.execute(_BILLS, {"limit": limit})
    ]  # fmt: skip


_BILLS = text("""
    SELECT id, file, stream, imported_by, imported_at, report -> 'bill' AS bill FROM money_import
    WHERE report ? 'bill' AND taken_back_at IS NULL ORDER BY id DESC LIMIT :limit
""")
_WAITING = text("""
    SELECT import_id, currency, sum(amount) AS amount FROM money_quarantine
    WHERE state = 'open' AND gap = 'unallocated' GROUP BY import_id, currency ORDER BY import_id, currency
""")
