"""How far the latest estimate is from the plan."""

from __future__ import annotations

from decimal import Decimal

from governance.definitions.parts import Months
from governance.definitions.results import total


def at_completion(estimate: Months) -> Decimal:
    """At completion.

    Formula: Σ latest estimate of all months: actual to date + estimate to complete.
    Source: PMI, estimate at completion.
    """
    return total(estimate)


def variance(plan: Months, estimate: Months) -> Decimal:
    """Variance.

    Formula: latest estimate at completion − plan, favourable is positive; both at the same rate of each month.
    Source: common practice of controllers; PMI, variance at completion.
    """
    return at_completion(estimate) - total(plan)
