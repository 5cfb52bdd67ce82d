"""Benefit of the fiscal year that waits for somebody."""

from __future__ import annotations

from decimal import Decimal

from governance.definitions.parts import Months
from governance.definitions.years import FiscalYear, in_year


def delayed_benefit(benefit: Months, year: FiscalYear, closed: int) -> Decimal:
    """Delayed benefit.

    Formula: Σ benefit of the open months of the fiscal year, of a measure that a gate holds up before it is
    implemented; nothing that is booked, nothing of closed months.
    Source: ours; what is realised already waits for nothing.
    """
    return in_year({month: amount for month, amount in benefit.items() if month > closed}, year)
