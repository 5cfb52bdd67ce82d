"""Dated exchange rates, and amounts converted with them.

A month's result is converted with the average rate of the month, a balance with the closing rate of its last day (IAS
21: income and expenses at the rates of their dates, for which an average serves; assets and liabilities at the closing
rate).  An average rate is valid from its day until a newer one takes over, and looked up on the month's first day;
ServiceNow converts a monetary benefit plan in the same way, so both sides reconcile.  A rate that is not there, or is
older than the policy allows, is said, never guessed, and never worked out of another one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter
from typing import Protocol, TypeAlias

from governance.money import Money, Period
from governance.time_text import day_text

RATE_AGE_DAYS = 400
"""Greatest age of a rate in days where the policy says nothing else: a table for each year, and a month to renew it."""


class RateKind(StrEnum):
    """What a rate is for."""

    AVERAGE = "average"
    """Of a month: income, costs and capex."""
    CLOSING = "closing"
    """Of a day: balances, so working capital."""
    BUDGET = "budget"
    """Agreed for a year: of plans, in place of the average rate; a month that has none takes the average rate."""


@dataclass(frozen=True, slots=True)
class Reporting:
    """How totals are reported: in which currency, and with rates of which greatest age."""

    currency: str
    """Empty without a mapping."""
    rate_age_days: int = RATE_AGE_DAYS


@dataclass(frozen=True, slots=True, order=True)
class Rate:
    """``amount × factor`` turns ``currency`` into ``to``, from ``since`` until a newer rate takes over."""

    currency: str
    to_currency: str
    since: date
    factor: Decimal
    source: str = ""
    kind: RateKind = RateKind.AVERAGE

    def __str__(self) -> str:
        kind = "" if self.kind is RateKind.AVERAGE else f" ({self.kind.value} rate)"
        return f"1 {self.currency} = {self.factor.normalize():f} {self.to_currency} since {self.since}{kind}"


@dataclass(frozen=True, slots=True, order=True)
class MissingRate:
    """There is no rate for this month, or only one that is too old."""

    currency: str
    to_currency: str
    month: Period
    kind: RateKind = RateKind.AVERAGE
    newest: date = date.min
    """Since when the newest rate is valid; it is too old.  ``date.min``: there is none at all."""

    def __str__(self) -> str:
        """Reads after *there is*."""
        kind = "" if self.kind is RateKind.AVERAGE else f"{self.kind.value} "
        day = self.month.last_day if self.kind is RateKind.CLOSING else self.month.first_day
        text = f"no {kind}rate from {self.currency} to {self.to_currency} on {day_text(day)}"
        return (
            text if self.newest == date.min else f"{text} that is new enough (the newest is of {day_text(self.newest)})"
        )


@dataclass(frozen=True, slots=True)
class Conversion:
    """An amount in another currency, with the rate that was used; ``None`` when it already was in it."""

    money: Money
    rate: Rate | None


class Converter(Protocol):
    """What turns a month's amount into another currency: dated rates, or those that a plan was locked with."""

    def convert(self, money: Money, to: str, month: Period) -> Conversion | MissingRate: ...


_Key: TypeAlias = "tuple[RateKind, str, str]"


class Rates:
    """Dated rates by kind, looked up by month."""

    def __init__(self, rates: Iterable[Rate] = (), today: date = date.max, most_days: int | None = None) -> None:
        self._by_pair: dict[_Key, list[Rate]] = {}
        for rate in sorted(rates, key=attrgetter("since")):
            self._by_pair.setdefault((rate.kind, rate.currency, rate.to_currency), []).append(rate)
        self._found: dict[tuple[RateKind, str, str, Period], Rate | MissingRate] = {}
        self._today, self._most_days = today, most_days
        self._aged: dict[tuple[date, int], Rates] = {}

    def aged(self, today: date, most_days: int) -> Rates:
        """The same rates, of which none counts once it is older than ``most_days``.

        The age is counted to the month; to ``today`` for a month to come, of which nobody knows the rate yet.
        """
        found = self._aged.get((today, most_days))
        if found is None:
            # Shared by all measures of a run, with what they have looked up.
            found = self._aged[today, most_days] = Rates((), today, most_days)
            found._by_pair = self._by_pair
        return found

    def rate_for(self, currency: str, to: str, month: Period, kind: RateKind = RateKind.AVERAGE) -> Rate | MissingRate:
        """The newest rate that is valid on the month's first day; a closing rate on its last day."""
        key = (kind, currency, to, month)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._newest(*key)
        return found

    def _newest(self, kind: RateKind, currency: str, to: str, month: Period) -> Rate | MissingRate:
        day = month.last_day if kind is RateKind.CLOSING else month.first_day
        dated = self._by_pair.get((kind, currency, to), ())
        newer = bisect_right(dated, day, key=attrgetter("since"))
        if not newer:
            return MissingRate(currency, to, month, kind)
        rate = dated[newer - 1]
        if self._most_days is not None and (min(day, self._today) - rate.since).days > self._most_days:
            return MissingRate(currency, to, month, kind, rate.since)
        return rate

    def convert(
        self, money: Money, to: str, month: Period, kind: RateKind = RateKind.AVERAGE
    ) -> Conversion | MissingRate:
        """Not rounded: a total is rounded once, when it is shown."""
        if money.currency == to:
            return Conversion(money, None)
        rate = self.rate_for(money.currency, to, month, kind)
        if isinstance(rate, MissingRate):
            return rate
        return Conversion(Money(money.amount * rate.factor, to), rate)

    @property
    def most_days(self) -> int | None:
        """Greatest age of a rate; ``None`` while any age counts."""
        return self._most_days

    def known_for(self, currencies: Iterable[str], first: Period) -> Iterator[Rate]:
        """The budget and average rates of some currencies into every other one, from the month ``first`` on."""
        wanted = frozenset(currencies)
        for (kind, currency, _), dated in sorted(self._by_pair.items()):
            if currency in wanted and kind is not RateKind.CLOSING:
                begin = bisect_right(dated, first.first_day, key=attrgetter("since"))
                yield from dated[max(begin - 1, 0) :]
