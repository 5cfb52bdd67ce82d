"""Figures in constant currency: everything at the rates of its decision, so that no rate moves them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from enum import StrEnum

from governance.definitions.report import REPORT
from governance.roll_up import Amounts


class RatesView(StrEnum):
    """At which rates a page or a file shows estimates and actuals; plans always have those of their decision."""

    MONTH = "month"
    BUDGET = "budget"


def _pairs() -> dict[str, str]:
    found = {line.estimate: line.fx for line in REPORT if line.fx}
    return found | {line.actual: f"{line.actual}_fx" for line in REPORT if line.actual}


FX_OF = _pairs()
"""Estimate or actual to the part of it that exchange rates made."""


def in_constant_currency(amounts: Amounts) -> Amounts:
    """Constant currency: a figure at the rates of its months − its exchange effect."""
    changed: dict[str, Decimal | None] = {}
    for name, fx in FX_OF.items():
        amount, effect = getattr(amounts, name), getattr(amounts, fx)
        if amount is not None and effect:
            changed |= {name: amount - effect, fx: None}
    changed["run_rate_original_fx"] = None
    return replace(amounts, **changed)
