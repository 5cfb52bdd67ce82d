"""Budget and plan: what was approved to be spent, and what was agreed to come of it."""

from __future__ import annotations

from decimal import Decimal

from governance.definitions.parts import Months
from governance.definitions.results import total


def budget(approved: Months) -> Decimal:
    """Budget.

    Formula: Σ approved cost by month, with its corrections, at the budget rate: the ledger's entries of the version
    budget.
    Source: common practice of controllers; ServiceNow, budget reference rates.
    """
    return total(approved)


def plan_original(first_lock: Months) -> Decimal:
    """Plan original.

    Formula: Σ of the plan as it was first locked, at the rates of the decision; no re-baseline replaces it.
    Source: McKinsey Wave, first and latest lock.
    """
    return total(first_lock)


def plan_current(latest_lock: Months) -> Decimal:
    """Plan current.

    Formula: Σ of the plan as it was last locked, at the rates of the decision; before a decision as it is entered.
    Source: McKinsey Wave, first and latest lock.
    """
    return total(latest_lock)
