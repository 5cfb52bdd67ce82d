"""Legacy cost as money: what is still paid for what a measure retires, after the month in which it was to end.

From the month after the agreed end each booked amount lowers the actual and the forecast.  A service that is still
active is expected to cost what it cost last, until its dated end; without one, as long as anything is forecast.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from governance.effects import Account, EffectKind, EffectLine, Version
from governance.evidence import Service
from governance.facts import Fact, Unknown
from governance.money import Money, Period
from governance.rates import MissingRate, Rates

LATE_MONTHS = 2
"""Bookings come late: what was booked two months ago still says what a month costs."""


@dataclass(frozen=True, slots=True)
class LegacyCost:
    """What the services cost after the agreed end, as lines of actual and forecast."""

    lines: tuple[EffectLine, ...] = ()
    problem: str = ""
    """Why the cost is not known; empty when it is."""


@dataclass(frozen=True, slots=True)
class LegacyCostContext:
    """The measure's own side: its currency, its agreed end, and how far it is forecast."""

    end: date
    today: date
    currency: str
    last_forecast: Period | None
    """The last month of the measure's own forecast; ``None`` without one."""
    rates: Rates


def own_lines(lines: tuple[EffectLine, ...]) -> tuple[EffectLine, ...]:
    """The measure's own amounts, without what is paid for the legacy."""
    legacy = EffectKind.LEGACY_COST
    own = [line for line in lines if line.kind is not legacy]
    return tuple(own) if len(own) < len(lines) else lines


def legacy_cost(
    services: Fact[tuple[Service, ...]], effects: tuple[EffectLine, ...], end: Fact[date], today: date, rates: Rates
) -> LegacyCost:
    """Nothing before the month after the agreed end, and nothing of a measure without amounts of its own."""
    if not services or not isinstance(end, date) or Period.of(today) <= Period.of(end):
        return LegacyCost()
    counted = [line for line in effects if line.account is Account.EBITDA]
    if not counted:
        return LegacyCost()
    if isinstance(services, Unknown):
        return LegacyCost(problem=services.reason)
    forecast = [line.month for line in counted if line.version is Version.FORECAST]
    context = LegacyCostContext(end, today, counted[0].money.currency, max(forecast, default=None), rates)
    lines: list[EffectLine] = []
    for service in services:
        booked = _converted(costs_after(service, end, today), context)
        expected = _converted(dict(_expected(service, context)), context)
        if isinstance(booked, MissingRate) or isinstance(expected, MissingRate):
            missing = booked if isinstance(booked, MissingRate) else expected
            return LegacyCost(problem=f"there is {missing} for {service.name}: an administrator adds it")
        lines += [_line(Version.ACTUAL, month, money) for month, money in booked.items()]
        if context.last_forecast is not None:
            lines += [_line(Version.FORECAST, month, money) for month, money in (booked | expected).items()]
    return LegacyCost(tuple(lines))


def with_posted(paid: LegacyCost, posted: tuple[EffectLine, ...], own: tuple[EffectLine, ...]) -> LegacyCost:
    """Without the months that the ledger holds: these are the ledger's, and are in the forecast as they are booked."""
    months = {line.month for line in posted}
    lines = [line for line in paid.lines if line.month not in months]
    if any(line.version is Version.FORECAST for line in own):
        lines += [replace(line, version=Version.FORECAST) for line in posted]
    return replace(paid, lines=tuple(lines))


def costs_after(service: Service, end: date, today: date) -> dict[Period, Money]:
    """What was booked from the month after the agreed end to this month."""
    first, last = Period.of(end).plus(1), Period.of(today)
    return {month: service.costs[month] for month in sorted(service.costs) if first <= month <= last}


def _expected(service: Service, context: LegacyCostContext) -> Iterator[tuple[Period, Money]]:
    """Months that are not booked yet, at the newest booked cost; only while the service is active and was billed."""
    now = Period.of(context.today)
    booked = [month for month in service.costs if now.plus(-LATE_MONTHS) <= month <= now]
    if service.is_retired or not booked or context.last_forecast is None:
        return
    last = Period.of(service.ends_on) if service.ends_on is not None else max(context.last_forecast, now)
    first = max(max(booked).plus(1), Period.of(context.end).plus(1))
    for month in first.until(last) if first <= last else ():
        yield month, service.costs[max(booked)]


def _converted(costs: dict[Period, Money], context: LegacyCostContext) -> dict[Period, Money] | MissingRate:
    converted = {}
    for month, money in costs.items():
        # The rate of this month for months that come: there is none of theirs yet.
        rated = context.rates.convert(money, context.currency, min(month, Period.of(context.today)))
        if isinstance(rated, MissingRate):
            return rated
        converted[month] = rated.money
    return converted


def _line(version: Version, month: Period, money: Money) -> EffectLine:
    return EffectLine(version, EffectKind.LEGACY_COST, month, Money(Decimal(money.amount), money.currency))
