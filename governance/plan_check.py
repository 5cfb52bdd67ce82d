"""One comparison of what is expected now with what was planned, as data: figures first, texts made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum

from governance.money import Money

ONE = Decimal(1)
TENTH = Decimal("0.1")


class CheckKind(StrEnum):
    """What is compared."""

    LIFETIME = "lifetime_benefit"
    """All benefits over all months, less legacy cost."""
    IN_YEAR = "in_year_benefit"
    """The same of one fiscal year."""
    RUN_RATE = "run_rate"
    """Twelve times a month of recurring benefit less running cost, where the plan was last in steady state."""
    COST = "cost"
    """All costs over all months."""
    SPEND = "spend"
    """One-off cost and capex alone, so that a large running cost hides no overrun."""

    @property
    def is_cost(self) -> bool:
        return self in COST_KINDS

    @property
    def label(self) -> str:
        return LABELS[self]


COST_KINDS = frozenset({CheckKind.COST, CheckKind.SPEND})
LABELS: Mapping[CheckKind, str] = {
    CheckKind.LIFETIME: "lifetime benefit",
    CheckKind.IN_YEAR: "in-year benefit",
    CheckKind.RUN_RATE: "run-rate",
    CheckKind.COST: "cost",
    CheckKind.SPEND: "spend",
}


@dataclass(frozen=True, slots=True)
class PlanCheck:
    """Both amounts are in the measure's currency."""

    kind: CheckKind
    planned: Money
    expected: Money
    period: str = ""
    """Fiscal year of the in-year benefit, month of the run-rate."""

    @property
    def deviation(self) -> Decimal:
        """Favourable is positive: more benefit, less cost."""
        more = self.expected.amount - self.planned.amount
        return -more if self.kind.is_cost else more

    @property
    def ratio(self) -> Decimal | None:
        """1 as planned, 0.9 a tenth too little benefit or too much cost; unrounded; ``None`` if nothing was planned."""
        planned = self.planned.amount
        return ONE + self.deviation / abs(planned) if planned else None

    @property
    def shortfall(self) -> Decimal:
        """Unfavourable share of the plan, 0 for none; of what nobody planned, the whole."""
        if self.deviation >= 0:
            return Decimal(0)
        planned = self.planned.amount
        return -self.deviation / abs(planned) if planned else ONE

    @property
    def name(self) -> str:
        """``in-year benefit FY 2026``"""
        return f"{self.kind.label} {self.period}" if self.period else self.kind.label

    @property
    def text(self) -> str:
        """``lifetime benefit 222,000 EUR of 240,000 EUR planned (92.5%)``, ``run-rate 2026-12: 9 EUR as planned``"""
        planned, name = self.planned.amount, f"{self.name}:" if self.period else self.name
        if self.expected.amount == planned:
            return f"{name} {self.expected} as planned"
        if not planned:
            return f"{name} {self.expected}, and none was planned"
        # Never rounded to the better side: 94.96% of the benefit is not 95%.
        rounding = ROUND_CEILING if self.kind.is_cost else ROUND_FLOOR
        percent = (self.expected.amount / planned * 100).quantize(TENTH, rounding)
        return f"{name} {self.expected} of {self.planned} planned ({percent}%)"

    @property
    def shortfall_text(self) -> str:
        """``the lifetime benefit is 40% below plan``"""
        if not self.planned.amount:
            return f"the {self.name} is {self.expected}, and none was planned"
        return f"the {self.name} is {self.shortfall:.0%} {'above' if self.kind.is_cost else 'below'} plan"


def worst_benefit(checks: Iterable[PlanCheck]) -> PlanCheck | None:
    """The benefit that falls short most; the first of equal ones."""
    return max((one for one in checks if not one.kind.is_cost), key=lambda one: one.shortfall, default=None)


def worst_cost(checks: Iterable[PlanCheck]) -> PlanCheck | None:
    return max((one for one in checks if one.kind.is_cost), key=lambda one: one.shortfall, default=None)
