"""Which rate converts which line: the plan's own, the closing rate of a balance, or the average rate of the month."""

from __future__ import annotations

from governance.definitions.parts import Part, part_of
from governance.effects import EffectLine, Version
from governance.plan_rates import FrozenRates, PlanRates
from governance.rates import Conversion, MissingRate, RateKind, Rates


class LineRates:
    """Converts the lines of one measure; ``frozen`` are the rates of its decision, ``None`` before it.

    ``plan`` converts plan figures, and ``budget`` figures at the rates of the decision, if there is one.
    """

    def __init__(self, rates: Rates, frozen: FrozenRates | None) -> None:
        self._rates = rates
        self.plan = PlanRates(rates, frozen)
        self.budget = None if frozen is None else self.plan

    def convert(self, line: EffectLine, to: str) -> Conversion | MissingRate:
        """A plan at budget rates, once it is locked at those of its decision; anything else at those of its month."""
        money = line.money
        if money.currency == to:
            return Conversion(money, None)
        if line.version is Version.PLAN:
            return self.plan.convert(money, to, line.month)
        balance = part_of(line) is Part.WORKING_CAPITAL
        return self._rates.convert(money, to, line.month, RateKind.CLOSING if balance else RateKind.AVERAGE)
