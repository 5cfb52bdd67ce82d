"""Amounts as thresholds see them: in the reporting currency, each month at the rate that was valid on its first day.

A threshold is one number for the whole organisation; 60,000 of another currency is not 60,000 of it.  A rate that is
missing leaves the amount unknown, and unknown passes no gate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from governance.effects import Series, period
from governance.facts import Unknown
from governance.money import Money, Period
from governance.rates import Converter, MissingRate, Rates

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class ReportingAmount:
    """An amount in the reporting currency, and as the measure has it."""

    money: Money
    own: Money

    def __str__(self) -> str:
        """``48,000 USD (44,160 EUR)``: never one figure in two currencies without saying so."""
        return str(self.own) if self.own.currency == self.money.currency else f"{self.own} ({self.money})"


@dataclass(frozen=True, slots=True)
class ReportingCurrency:
    """The currency of thresholds, and the rates into it; without a code amounts are compared as they are."""

    code: str
    rates: Converter

    def net(self, series: Series) -> ReportingAmount | Unknown:
        """Σ net of all months."""
        return self.total(series.net, series.currency)

    def amount(self, money: Money, month: Period) -> ReportingAmount | Unknown:
        """One amount of one month."""
        return self.total({month.year * 12 + month.month - 1: money.amount}, money.currency)

    def threshold(self, amount: Decimal, currency: str) -> Money:
        """A number of the policy; ``currency`` is the measure's own, for a policy without a currency."""
        return Money(amount, self.code or currency)

    def total(self, months: Mapping[int, Decimal], currency: str) -> ReportingAmount | Unknown:
        """Σ of amounts by month; months are counted as in a series."""
        own = Money(sum(months.values(), Decimal(0)), currency)
        if not self.code or currency == self.code:
            return ReportingAmount(own, own)
        total = Decimal(0)
        for number, amount in sorted(months.items()):
            if not amount:
                continue
            converted = self.rates.convert(Money(amount, currency), self.code, period(number))
            if isinstance(converted, MissingRate):
                return Unknown(f"there is {converted}: an administrator adds it")
            total += converted.money.amount
        return ReportingAmount(Money(total.quantize(CENT), self.code), own)


NO_RATES = Rates()
