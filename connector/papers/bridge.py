"""Bridges from plan to latest estimate, in-year and run-rate: losses and gains are bars of their own.

The same for page and papers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from connector.store.reporting.made_of import SEVERAL
from connector.store.reporting.portfolio_filters import PortfolioFilters
from connector.store.reporting.portfolio_results import HierarchySums, PortfolioOverview, PortfolioSums
from governance.definitions.leakage import LeakReason
from governance.effects import ZERO
from governance.hierarchy import NOT_STATED

MAX_BRIDGE_STEPS = 10
"""Bars of a bridge; smaller steps are added up, losses and gains apart."""

BRIDGE_LABELS = {"cause": "By cause", "stage": "By stage", "hierarchy": "By program"}

LEAKAGE_LABELS = {
    LeakReason.SCOPE: "Scope",
    LeakReason.DELAY: "Delay",
    LeakReason.PRICE: "Price",
    LeakReason.VOLUME: "Volume",
    LeakReason.OVERLAP: "Overlap",
    LeakReason.CANCELLED: "Cancelled",
    LeakReason.OTHER: "Another reason",
    LeakReason.UNSTATED: "Shortfall without a stated reason",
}


EXCHANGE_LABEL = "Exchange rates"


class Horizon(StrEnum):
    """What a bridge is of."""

    IN_YEAR = "in_year"
    """EBITDA effect of the fiscal year."""
    RUN_RATE = "run_rate"

    def plan(self, sums: PortfolioSums) -> Decimal:
        """The plan of the decision, from which losses are counted."""
        return self._of(sums, "original")

    def is_replaced(self, sums: PortfolioSums) -> bool:
        """Whether a re-baseline has made another plan of it."""
        return self._of(sums, "plan") != self._of(sums, "original")

    def estimate(self, sums: PortfolioSums) -> Decimal:
        return self._of(sums, "estimate")

    def loss(self, sums: PortfolioSums) -> Decimal:
        return self._of(sums, "loss")

    def gain(self, sums: PortfolioSums) -> Decimal:
        return self._of(sums, "gain")

    def exchange(self, sums: PortfolioSums) -> Decimal:
        """What exchange rates made of the estimate since the decision."""
        amount: Decimal | None = getattr(sums.amounts, self.exchange_name)
        return amount or ZERO

    @property
    def loss_name(self) -> str:
        return f"{self.value}_loss"

    @property
    def gain_name(self) -> str:
        return f"{self.value}_gain"

    def leak_name(self, reason: LeakReason) -> str:
        """The amount that measures lose for this reason."""
        return f"year_leak_{reason.value}" if self is Horizon.IN_YEAR else f"leak_{reason.value}"

    @property
    def exchange_name(self) -> str:
        return "in_year_fx" if self is Horizon.IN_YEAR else "run_rate_original_fx"

    def reasons(self, overview: PortfolioOverview) -> Mapping[LeakReason, Decimal]:
        return overview.in_year_losses if self is Horizon.IN_YEAR else overview.run_rate_losses

    def _of(self, sums: PortfolioSums, side: str) -> Decimal:
        amount: Decimal | None = getattr(sums.amounts, f"{self.value}_{side}")
        return amount or ZERO


@dataclass(frozen=True, slots=True)
class BridgeStep:
    """One bar of a bridge: a name, the amount that it adds or subtracts, and the filters of its link."""

    name: str
    amount: Decimal
    query: Mapping[str, str] | None = None
    made_of: str = ""
    """The amount of each measure that the bar is the sum of."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """Plan + steps = latest estimate, to the cent."""

    horizon: Horizon
    begin: str
    """What the first bar is."""
    plan: Decimal
    steps: tuple[BridgeStep, ...]
    estimate: Decimal

    @property
    def plan_name(self) -> str:
        """The amount of each measure that the first bar is the sum of."""
        return f"{self.horizon.value}_original"

    @property
    def estimate_name(self) -> str:
        return f"{self.horizon.value}_estimate"


def bridge(overview: PortfolioOverview, horizon: Horizon, by: str, names: Mapping[str, str]) -> Bridge:
    """What is between both: losses of each cause or place, then gains, then what exchange rates did."""
    if by == "stage":
        steps = list(_by_stage(overview, horizon, names))
    elif by == "hierarchy":
        steps = [step for node in overview.programs for step in _of_place(node, horizon)]
    else:
        steps = [
            BridgeStep(LEAKAGE_LABELS[reason], -amount, made_of=horizon.leak_name(reason))
            for reason, amount in horizon.reasons(overview).items()
        ]
        steps.append(BridgeStep("Gains", horizon.gain(overview.total), made_of=horizon.gain_name))
    losses = _largest([step for step in steps if step.amount < 0], "losses")
    shown = (*losses, *_largest([step for step in steps if step.amount > 0], "gains"))
    exchange = horizon.exchange(overview.total)
    if exchange:
        shown = (*shown, BridgeStep(EXCHANGE_LABEL, exchange, made_of=horizon.exchange_name))
    plan, estimate = horizon.plan(overview.total), horizon.estimate(overview.total)
    # Where measures are asked for that totals leave out: they lack the one or the other.  After a re-baseline the
    # run-rate of the present plan may be in its steady month at another age than that of the decision's.
    rest = estimate - plan - sum((step.amount for step in shown), ZERO)
    if rest:
        shown = (*shown, BridgeStep("Not compared", rest, made_of=f"{horizon.value}_rest"))
    begin = "Plan original" if horizon.is_replaced(overview.total) else "Plan"
    return Bridge(horizon, begin, plan, shown, estimate)


def _by_stage(overview: PortfolioOverview, horizon: Horizon, names: Mapping[str, str]) -> Iterator[BridgeStep]:
    found = overview.counted_by_stage
    for key in (*(key for key in names if key in found), *(key for key in found if key not in names)):
        name, query = names.get(key, key), {"stage": key or NOT_STATED}
        yield BridgeStep(name, -horizon.loss(found[key]), query, horizon.loss_name)
        yield BridgeStep(f"{name}, gains", horizon.gain(found[key]), query, horizon.gain_name)


def _of_place(node: HierarchySums, horizon: Horizon) -> Iterator[BridgeStep]:
    name, query = node.name or NOT_STATED, PortfolioFilters().at_path(node.path).query
    yield BridgeStep(name, -horizon.loss(node.sums), query, horizon.loss_name)
    yield BridgeStep(f"{name}, gains", horizon.gain(node.sums), query, horizon.gain_name)


def _largest(steps: list[BridgeStep], name: str) -> tuple[BridgeStep, ...]:
    most = MAX_BRIDGE_STEPS // 2
    if len(steps) <= most:
        return tuple(steps)
    steps = sorted(steps, key=lambda step: -abs(step.amount))
    rest = steps[most - 1 :]
    # Of what the bars are made that are not shown one by one: those of stages and places are parts of one amount.
    made_of = SEVERAL.join(dict.fromkeys(step.made_of for step in rest))
    other = BridgeStep(f"{len(rest)} other {name}", sum((step.amount for step in rest), ZERO), made_of=made_of)
    return (*steps[: most - 1], other)


def axis_minimum(figures: Bridge) -> Decimal:
    """Where the axis of a bridge begins: above zero when its steps would be too small to see; the caption says so."""
    level, levels = figures.plan, [figures.plan, figures.estimate]
    for step in figures.steps:
        level += step.amount
        levels.append(level)
    least, most = min(levels), max(levels)
    if least <= 0 or most - least >= most / 2:
        return min(ZERO, least)
    room = Decimal(10) ** (max(most.adjusted(), 1) - 1)
    return max((least - (most - least) * 2 / 5) // room * room, ZERO)
