"""Track records and relief worked out a second time from rows of the tables, without any code of Gatepost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

SIGNS = {"benefit": 1, "recurring_cost": -1}


def promises(rows: Iterable[Any], closed: str) -> dict[str, tuple[Decimal, Decimal, int]]:
    """By owner: promised, came, sample.  Rows: measure, owner, version (plan or actual), kind, month, amount."""
    sums: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for measure, owner, version, kind, month, amount in rows:
        if kind in SIGNS and month <= closed:
            sums[measure, owner][version == "actual"] += SIGNS[kind] * Decimal(amount)
    found: dict[str, tuple[Decimal, Decimal, int]] = {}
    for (_, owner), (promised, came) in sums.items():
        if promised > 0:
            before = found.get(owner, (Decimal(0), Decimal(0), 0))
            found[owner] = (before[0] + promised, before[1] + came, before[2] + 1)
    return found


def freed_by_stopping(months: Iterable[tuple[str, Decimal, Decimal]], first: str, last: str) -> Decimal:
    """One-off effect and capex (month, one-off, capex) of the months that are not over, taken away."""
    return -sum((one_off + capex for month, one_off, capex in months if first <= month <= last), Decimal(0))
