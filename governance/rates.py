"""Dated exchange rates, and amounts converted with them.

ServiceNow converts a benefit with the reference rate that is valid on the first day of the fiscal period
(docs: monetary benefit plan breakdown); the same rule here lets both sides reconcile.  A rate that is not there
is said, never guessed, and never worked out of another one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from governance.money import Money, Period


@dataclass(frozen=True, slots=True, order=True)
class Rate:
    """``amount × factor`` turns ``currency`` into ``to``, from ``since`` until a newer rate takes over."""

    currency: str
    to_currency: str
    since: date
    factor: Decimal
    source: str = ""

    def __str__(self) -> str:
        return f"1 {self.currency} = {self.factor.normalize():f} {self.to_currency} since {self.since}"


@dataclass(frozen=True, slots=True, order=True)
class MissingRate:
    """There is no rate for this month."""

    currency: str
    to_currency: str
    month: Period

    def __str__(self) -> str:
        return f"no rate from {self.currency} to {self.to_currency} on {self.month.first_day}"


@dataclass(frozen=True, slots=True)
class Conversion:
    """An amount in another currency, with the rate that was used; ``None`` when it already was in it."""

    money: Money
    rate: Rate | None


class Rates:
    """Dated rates, looked up by the first day of a month."""

    def __init__(self, rates: Iterable[Rate] = ()) -> None:
        self._by_pair: dict[tuple[str, str], list[Rate]] = {}
        for rate in sorted(rates):
            self._by_pair.setdefault((rate.currency, rate.to_currency), []).append(rate)

    def rate_for(self, currency: str, to: str, month: Period) -> Rate | MissingRate:
        """The newest rate that is valid on the month's first day."""
        dated = self._by_pair.get((currency, to), [])
        newer = bisect_right([rate.since for rate in dated], month.first_day)
        return dated[newer - 1] if newer else MissingRate(currency, to, month)

    def convert(self, money: Money, to: str, month: Period) -> Conversion | MissingRate:
        """Not rounded: a total is rounded once, when it is shown."""
        if money.currency == to:
            return Conversion(money, None)
        rate = self.rate_for(money.currency, to, month)
        if isinstance(rate, MissingRate):
            return rate
        return Conversion(Money(money.amount * rate.factor, to), rate)
