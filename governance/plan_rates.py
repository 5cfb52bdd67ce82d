"""The rates of a locked plan: those of the decision, whatever the currencies do afterwards.

A plan whose amounts move with the exchange rate is no plan: nobody could miss it, and nobody could be held to it.  So
the rates that were known then are kept with it, a re-baseline changes none of them, and what a currency does is a
figure of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from governance.money import Money, Period
from governance.rates import Conversion, Converter, MissingRate, Rate, RateKind, Rates

MONTHS_BEFORE = 12
"""Months before the plan for which its rates are kept as well: an estimate may begin earlier."""


@dataclass(frozen=True, slots=True)
class FrozenRates:
    """What is kept with a plan: the rates that were known on the day of its decision."""

    rates: tuple[Rate, ...]
    day: date


class PlanRates:
    """Converts amounts of a plan: with the budget rate of the month, and where there is none with the average rate."""

    def __init__(self, rates: Rates, frozen: FrozenRates | None = None) -> None:
        self._rates, self._frozen = rates, frozen
        self._kept = rates
        self._pairs: frozenset[tuple[str, str]] = frozenset()
        if frozen is not None:
            self._kept = Rates(frozen.rates, frozen.day, rates.most_days)
            self._pairs = frozenset((rate.currency, rate.to_currency) for rate in frozen.rates)

    def convert(self, money: Money, to: str, month: Period) -> Conversion | MissingRate:
        """A rate that was not known on the day of the decision is the one that is recorded for then now."""
        if money.currency == to:
            return Conversion(money, None)
        rates, until = self._kept, month
        if self._frozen is not None and (money.currency, to) not in self._pairs:
            rates, until = self._rates, min(month, Period.of(self._frozen.day))
        budget = rates.convert(money, to, month, RateKind.BUDGET)
        return budget if isinstance(budget, Conversion) else rates.convert(money, to, until)


def frozen_rates(
    currencies: Iterable[str], first: Period, rates: Rates, day: date, before: FrozenRates | None = None
) -> FrozenRates:
    """The rates of a plan that begins in ``first`` and is locked on ``day``.

    A re-baseline keeps those of the decision, so that it turns no loss of a currency into a plan; only a currency that
    the plan did not have gets its rates then.
    """
    begin = first.plus(-MONTHS_BEFORE)
    if before is None:
        return FrozenRates(tuple(rates.known_for(currencies, begin)), day)
    had = {rate.currency for rate in before.rates}
    return FrozenRates((*before.rates, *rates.known_for(set(currencies) - had, begin)), before.day)


def converter_of(frozen: FrozenRates | None, rates: Rates) -> Converter:
    """What converts plan figures."""
    return PlanRates(rates, frozen)
