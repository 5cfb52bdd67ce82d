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

    Formula: latest estimate at completion − plan, favourable is positive; both at the rates of the decision.
    Source: common practice of controllers; PMI, variance at completion.
    """
    return at_completion(estimate) - total(plan)


def exchange_effect(now: Decimal, agreed: Decimal) -> Decimal:
    """Exchange effect.

    Formula: a figure at the rates of its months − the same figure at the rates of the decision.
    Source: common practice of controllers, constant currency; IAS 21 on average and closing rates.
    """
    return now - agreed
