"""Still paying: the legacy that a measure replaces has to end, or the benefit never comes.

A migration is not closed while its old services are active or billed; ServiceNow's CI life cycle and expense
lines say so, whatever the project's own status is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from governance.condition_context import ConditionContext
from governance.evidence import Service
from governance.facts import Unknown
from governance.legacy_cost import LATE_MONTHS
from governance.money import Money, Period
from governance.time_text import month_text
from governance.verdict import ConditionResult

CODE = "LEGACY_COST_RUNNING"
SUBJECT = "legacy"


@dataclass(frozen=True, slots=True)
class RunningLegacy:
    """Services that are not over: active, or retired and billed all the same."""

    services: tuple[Service, ...]
    monthly: Money | None
    """What they cost in the newest booked month; ``None`` when nothing was booked lately or currencies differ."""
    booked: tuple[tuple[str, str], ...] = ()
    """Each service by name, with its months and amounts."""

    def sentence(self) -> str:
        """``41,000 EUR a month still paid for 2 legacy services (A: 40,000 EUR in 2026-11; B: nothing booked)``"""
        names = "; ".join(f"{name}: {what}" for name, what in self.booked)
        retired = all(service.is_retired for service in self.services)
        kind = "retired" if retired else "legacy"
        count = f"1 {kind} service" if len(self.services) == 1 else f"{len(self.services)} {kind} services"
        if self.monthly is None:
            verb = "is" if len(self.services) == 1 else "are"
            return f"{count} {verb} still active ({names})"
        return f"{self.monthly} a month still paid for {count} ({names})"


def running_services(services: tuple[Service, ...], today: date) -> RunningLegacy | None:
    """The services that are active, or that were booked in this month or the last."""
    month = Period.of(today)
    recent = {month, month.plus(-1)}
    still = tuple(
        service
        for service in services
        if not service.is_retired or any(paid in recent and money.amount > 0 for paid, money in service.costs.items())
    )
    return running(still, today) if still else None


def running(services: tuple[Service, ...], today: date) -> RunningLegacy:
    """The services with what they cost now, and in which months that was booked."""
    month = Period.of(today)
    return RunningLegacy(
        services, _monthly(services, month), tuple((one.name, _booked(one, month)) for one in services)
    )


def _booked(service: Service, now: Period) -> str:
    """``30,000 EUR in Oct 2026, 30,000 EUR in Nov 2026``; the months of late bookings are among them."""
    months = [month for month in sorted(service.costs) if now.plus(-LATE_MONTHS) <= month <= now]
    paid = ", ".join(f"{service.costs[month]} in {month_text(month)}{_accounts(service, month)}" for month in months)
    return paid or "nothing booked"


def _accounts(service: Service, month: Period) -> str:
    """`` on account 4711``; empty where no booking names one."""
    accounts = service.accounts.get(month, ())
    return f" on account{'' if len(accounts) == 1 else 's'} {' and '.join(accounts)}" if accounts else ""


def _monthly(services: tuple[Service, ...], now: Period) -> Money | None:
    newest = []
    for service in services:
        booked = [month for month in service.costs if now.plus(-LATE_MONTHS) <= month <= now]
        if booked:
            newest.append(service.costs[max(booked)])
    currencies = {money.currency for money in newest}
    if len(currencies) != 1:
        return None
    total = sum((money.amount for money in newest), Decimal(0))
    return Money(total, currencies.pop()) if total else None


def end_is_dated(context: ConditionContext) -> ConditionResult:
    """Into Implemented: what still runs has a dated end."""
    expected = "legacy cost ended, or its end dated"
    services = context.evidence.legacy
    if isinstance(services, Unknown):
        return context.unknown(CODE, SUBJECT, expected, services.reason)
    still = running_services(services, _today(context)) if services else None
    undated = tuple(service for service in still.services if service.ends_on is None) if still else ()
    if not undated:
        return context.met(CODE, SUBJECT, expected, "every end is dated" if still else _over(services))
    reason = f"{running(undated, _today(context)).sentence()}, and no end is dated"
    return context.unmet(CODE, SUBJECT, expected, "no end", reason)


def has_ended(context: ConditionContext) -> ConditionResult:
    """Into Closed: it has ended, proven by life cycle and bookings."""
    expected = "legacy services retired and no longer billed"
    services = context.evidence.legacy
    if isinstance(services, Unknown):
        return context.unknown(CODE, SUBJECT, expected, services.reason)
    still = running_services(services, _today(context)) if services else None
    if still is None:
        return context.met(CODE, SUBJECT, expected, _over(services))
    return context.unmet(CODE, SUBJECT, expected, f"{len(still.services)} running", still.sentence())


def _over(services: tuple[Service, ...] | None) -> str:
    return f"{len(services)} retired" if services else "no legacy service is named"


def _today(context: ConditionContext) -> date:
    return context.now.date() if context.now else date.max
