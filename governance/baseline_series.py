"""A baseline by month: how much there was of what costs, at the price that was agreed before the measure.

A saving is what falls short of the same volume at the old price, so the baseline of a month moves with its volume and
its exchange rate, and never with its price.  The prices are agreed, and lock with the plan; volumes and rates are facts
of their month, and listing another month changes nothing that was agreed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from governance.definitions.baseline import normalised_baseline
from governance.facts import Unknown
from governance.money import Money, Period
from governance.rates import MissingRate, Rates
from governance.time_text import month_text


@dataclass(frozen=True, slots=True)
class BaselineMonth:
    """One month of a baseline."""

    month: Period
    volume: Decimal
    price: Money
    """Of one unit."""
    rate: Decimal | None = None
    """From the price's currency to the baseline's, as it was stated; ``None``: that of :mod:`governance.rates`."""


@dataclass(frozen=True, slots=True)
class BaselineSeries:
    """Months in their order, each once."""

    months: tuple[BaselineMonth, ...]

    def __str__(self) -> str:
        """The agreed prices: ``12.50 EUR from Jan 2026, 13.00 EUR from Jan 2027``."""
        return ", ".join(f"{one.price} from {month_text(one.month)}" for one in self._prices())

    def _prices(self) -> Iterator[BaselineMonth]:
        before: Money | None = None
        for one in self.months:
            if one.price != before:
                yield one
            before = one.price

    def of(self, month: Period, *, planned: bool) -> BaselineMonth | None:
        """What a month is judged by; a planned month after the last one that is listed has the volume of that one."""
        found = next((one for one in self.months if one.month == month), None)
        if found is None and planned and self.months and month > self.months[-1].month:
            return self.months[-1]
        return found


def worth_of(series: BaselineSeries, month: Period, currency: str, rates: Rates, *, planned: bool) -> Decimal | Unknown:
    """What the baseline is worth in a month, in ``currency``; unknown where nobody listed its volume."""
    one = series.of(month, planned=planned)
    if one is None:
        return Unknown(f"the baseline lists no volume and price of {month_text(month)}: add the month")
    if one.rate is not None or one.price.currency == currency:
        return normalised_baseline(one.volume, one.price.amount, one.rate or Decimal(1))
    rate = rates.convert(Money(Decimal(1), one.price.currency), currency, month)
    if isinstance(rate, MissingRate):
        return Unknown(f"there is {rate} for the baseline of {month_text(month)}: an administrator adds it")
    return normalised_baseline(one.volume, one.price.amount, rate.money.amount)
