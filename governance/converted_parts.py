"""One measure's money in the reporting currency: at the rates of its months, and at those of its decision.

The latest estimate is made in the measure's own currency and then converted: what is still to come of a one-off amount
is the forecast less what is booked, and a rate that moved between both is no money to come.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias

from governance.definitions.estimate import latest_estimate
from governance.definitions.parts import Months, Part, Parts, by_version
from governance.definitions.years import number_of
from governance.effects import EffectLine, Version, period
from governance.hierarchy import RollUpMeasure
from governance.line_rates import LineRates
from governance.money import Money, Period
from governance.plan_rates import PlanRates
from governance.rates import MissingRate, RateKind, Rates

Versions: TypeAlias = Mapping[Version, Parts]


@dataclass(frozen=True, slots=True)
class ConvertedParts:
    """``None`` where there is no such line."""

    plan: Parts | None
    """At the rates of the decision, if the measure has one."""
    estimate: Parts | None
    actual: Parts | None
    original: Parts | None
    """The plan of the decision; :attr:`plan` until a re-baseline replaces it."""
    budget_estimate: Parts | None
    """The latest estimate at the rates of the decision; :attr:`estimate` where no exchange rate changes it."""
    budget_actual: Parts | None
    has_rates: bool = False
    """Whether the last two are other amounts than at the rates of their months, or may be."""


def converted_parts(
    measure: RollUpMeasure, currency: str, closed: Period, rates: Rates
) -> ConvertedParts | MissingRate:
    """The first missing rate, if the measure cannot be converted whole.

    Every line of a measure in the reporting currency is read once; another currency costs a conversion of each month.
    """
    currencies = {line.money.currency for line in (*measure.lines, *(measure.original or ()))}
    if currencies <= {currency}:
        return _domestic(measure, closed)
    made = _Conversion(measure, currency, closed, rates)
    try:
        return made.mixed() if len(currencies) > 1 else made.single(currencies.pop())
    except _Missing as missing:
        return missing.rate


def _domestic(measure: RollUpMeasure, closed: Period) -> ConvertedParts:
    versions = by_version(measure.lines)
    plan, actual, estimate = versions.get(Version.PLAN), versions.get(Version.ACTUAL), _estimate(versions, closed)
    original = plan if measure.original is None else by_version(measure.original).get(Version.PLAN)
    return ConvertedParts(plan, estimate, actual, original, estimate, actual)


def _estimate(versions: Versions, closed: Period) -> Parts | None:
    forecast = versions.get(Version.FORECAST)
    if forecast is None:
        return None
    plan, actual = versions.get(Version.PLAN), versions.get(Version.ACTUAL)
    return latest_estimate(plan or {}, actual or {}, forecast, number_of(closed))


class _Missing(Exception):
    def __init__(self, rate: MissingRate) -> None:
        super().__init__(str(rate))
        self.rate = rate


class _Conversion:
    def __init__(self, measure: RollUpMeasure, currency: str, closed: Period, rates: Rates) -> None:
        self._measure, self._currency, self._closed, self._rates = measure, currency, closed, rates
        self._lines = LineRates(rates, measure.rates)
        self._budget: PlanRates | None = self._lines.budget

    def single(self, own: str) -> ConvertedParts:
        """All lines are in one currency."""
        versions = by_version(self._measure.lines)
        plan, actual, estimate = (
            versions.get(Version.PLAN), versions.get(Version.ACTUAL), _estimate(versions, self._closed)
        )  # fmt: skip
        original = self._measure.original
        decided = plan if original is None else by_version(original).get(Version.PLAN)
        budget = self._budget
        planned = self._parts(plan, own, self._lines.plan)
        now, booked = self._parts(estimate, own, None), self._parts(actual, own, None)
        return ConvertedParts(
            planned,
            now,
            booked,
            planned if decided is plan else self._parts(decided, own, self._lines.plan),
            now if budget is None else self._parts(estimate, own, budget),
            booked if budget is None else self._parts(actual, own, budget),
            has_rates=budget is not None,
        )

    def mixed(self) -> ConvertedParts:
        """Lines of several currencies meet in the reporting currency, and are estimated there."""
        lines, budget = self._measure.lines, self._budget
        versions = by_version(self._now(lines))
        plan, actual, estimate = (
            versions.get(Version.PLAN), versions.get(Version.ACTUAL), _estimate(versions, self._closed)
        )  # fmt: skip
        original = self._measure.original
        decided = plan if original is None else by_version(self._now(original)).get(Version.PLAN)
        if budget is None:
            return ConvertedParts(plan, estimate, actual, decided, estimate, actual)
        agreed = by_version(self._at(lines, budget))
        return ConvertedParts(
            plan, estimate, actual, decided, _estimate(agreed, self._closed), agreed.get(Version.ACTUAL), has_rates=True
        )

    def _now(self, lines: Iterable[EffectLine]) -> Iterable[EffectLine]:
        for line in lines:
            converted = self._lines.convert(line, self._currency)
            if isinstance(converted, MissingRate):
                raise _Missing(converted)
            yield replace(line, money=converted.money)

    def _at(self, lines: Iterable[EffectLine], budget: PlanRates) -> Iterable[EffectLine]:
        for line in lines:
            converted = budget.convert(line.money, self._currency, line.month)
            if isinstance(converted, MissingRate):
                raise _Missing(converted)
            yield replace(line, money=converted.money)

    def _parts(self, parts: Parts | None, own: str, budget: PlanRates | None) -> Parts | None:
        """``budget``: the rates of the decision; without them each month has its own."""
        if parts is None:
            return None
        return {part: self._months(part, months, own, budget) for part, months in parts.items()}

    def _months(self, part: Part, months: Months, own: str, budget: PlanRates | None) -> dict[int, Decimal]:
        found: dict[int, Decimal] = {}
        kind = RateKind.CLOSING if part is Part.WORKING_CAPITAL else RateKind.AVERAGE
        for month, amount in months.items():
            money = Money(amount, own)
            if budget is not None:
                converted = budget.convert(money, self._currency, period(month))
            else:
                converted = self._rates.convert(money, self._currency, period(month), kind)
            if isinstance(converted, MissingRate):
                raise _Missing(converted)
            found[month] = converted.money.amount
        return found
