"""Savings relapse: after a measure is closed, its benefit has to stay and its legacy cost has to stay away.

For the agreed months after closure (``relapse_months``) each month that is over is compared.  Expected of a month is
the plan's steady month, or what the plan has for that month where that is less; of a measure that was closed on a
lower value no more than what was booked then.  A month below the agreed share of it, one that is closed and holds
nothing, and any legacy cost from the month of closing on are a relapse.  A month that has long been over and that
nobody closes is not known to be fine, and is named.  See ``deploy/adr/0040-savings-relapse-and-budget-lock.md``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum

from governance.definitions.steady_state import steady_window
from governance.effects import RECURRING, ZERO, Account, EffectKind, EffectLine, Effects, Series, Version, period
from governance.evidence import Service
from governance.facts import Fact, Unknown
from governance.latest_estimate import KIND_LABELS, LATE_MONTHS, Months, net_recurring
from governance.money import Money, Period
from governance.rates import MissingRate, Rates
from governance.time_text import day_text, month_text

CODE = "SAVINGS_RELAPSE"
CENT = Decimal("0.01")


class RelapseCause(StrEnum):
    BELOW = "below"
    """Less than the agreed share of what was expected is booked."""
    MISSING = "missing"
    """The month is over, and nothing is booked for it."""
    LEGACY = "legacy"
    """The legacy is paid for again."""


@dataclass(frozen=True, slots=True)
class RelapsedMonth:
    """One month in which the saving did not stay."""

    cause: RelapseCause
    month: Period
    lost: Money
    """What is lost of the month: expected − booked; of the legacy what was paid."""
    expected: Money | None = None
    """Of the benefit: net recurring that was expected."""
    booked: Money | None = None
    """Net recurring that is booked; ``None`` when a part of it is missing."""
    missing: EffectKind | None = None
    """What is not booked."""
    services: tuple[str, ...] = ()
    """Names of the services that were paid for."""

    @property
    def text(self) -> str:
        """``10,000 EUR of 20,000 EUR net recurring benefit in Jan 2027 (50%)``"""
        if self.cause is RelapseCause.LEGACY:
            names = f" for {' and '.join(self.services)}" if self.services else ""
            return f"{self.lost} legacy cost in {month_text(self.month)}{names}"
        if self.booked is None or self.expected is None:
            what = KIND_LABELS[self.missing or EffectKind.BENEFIT]
            return f"no {what} is booked for {month_text(self.month)}, where {self.expected} was expected"
        # Never rounded to the better side.
        percent = (self.booked.amount / self.expected.amount * 100).quantize(Decimal("0.1"), ROUND_FLOOR).normalize()
        return f"{self.booked} of {self.expected} net recurring benefit in {month_text(self.month)} ({percent:f}%)"


@dataclass(frozen=True, slots=True)
class Relapse:
    """What the watch over a closed measure found."""

    closed_on: date
    months: tuple[RelapsedMonth, ...] = ()
    not_closed: tuple[Period, ...] = ()
    """Months that have long been over, hold nothing that could be judged, and that finance has not closed."""
    problem: str = ""
    """Why benefit or legacy cost cannot be watched; empty when they can."""

    @property
    def is_relapse(self) -> bool:
        return bool(self.months)

    @property
    def lost(self) -> Money | None:
        """Leakage: Σ of what is lost of each month, in the measure's currency; ``None`` without a relapse."""
        if not self.months:
            return None
        return Money(sum((one.lost.amount for one in self.months), ZERO), self.months[0].lost.currency)

    @property
    def sentence(self) -> str:
        """``closed on 21 Nov 2026, and the saving did not stay: … ; 14,000 EUR leaked``; empty without a relapse"""
        if not self.months:
            return ""
        told = "; ".join(one.text for one in self.months)
        return f"closed on {day_text(self.closed_on)}, and the saving did not stay: {told}; {self.lost} lost since"

    @property
    def unknown_sentence(self) -> str:
        """What cannot be said; empty when everything can."""
        parts = [self.problem] if self.problem else []
        if self.not_closed:
            named = " and ".join(map(month_text, self.not_closed))
            verb = "is" if len(self.not_closed) == 1 else "are"
            parts.append(f"{named} {verb} over for more than {LATE_MONTHS} months and not closed")
        return f"whether the saving stays is not known: {'; '.join(parts)}" if parts else ""


@dataclass(frozen=True, slots=True)
class RelapseWatch:
    """What is watched, of a measure that is closed or that a relapse has opened again."""

    closed_on: date
    today: date
    months: int
    """How many months after the one of closing are watched."""
    share: Decimal
    """Of what is expected, that has to be booked."""
    observed: int
    """Length of the window of the plan's steady state."""
    closed_through: Period | None = None
    """The last month that finance has closed, where that is known."""
    written_down: bool = False
    """It was closed on less than its plan."""
    rates: Rates = field(default_factory=Rates)

    @property
    def first(self) -> Period:
        """The month of closing: it was not over then, and so no part of what was observed."""
        return Period.of(self.closed_on)

    @property
    def last(self) -> Period:
        return self.first.plus(self.months)

    @property
    def complete(self) -> Period:
        """The last month that is over."""
        return Period.of(self.today).plus(-1)


def find_relapse(
    watch: RelapseWatch,
    effects: Effects | None,
    problem: str,
    services: Fact[tuple[Service, ...]],
    posted: tuple[EffectLine, ...] = (),
) -> Relapse:
    """Compare each watched month.  ``posted`` are lines of legacy cost of the ledger; ``problem`` says why effects are
    not known."""
    if effects is None or effects.plan is None:
        return Relapse(watch.closed_on, problem=problem or "there is no plan to compare with")
    currency = effects.plan.currency
    months, not_closed = _benefit(watch, effects.plan, effects.actual)
    legacy = _legacy(watch, currency, services, posted)
    if isinstance(legacy, Unknown):
        return Relapse(watch.closed_on, tuple(months), not_closed, problem or legacy.reason)
    found = sorted([*months, *legacy], key=lambda one: (one.month, one.cause.value))
    return Relapse(watch.closed_on, tuple(found), not_closed, problem)


def months_without_benefit(relapse: Relapse) -> tuple[Period, ...]:
    """Months of which no benefit is booked."""
    return tuple(one.month for one in relapse.months if one.missing is EffectKind.BENEFIT)


def nothing_booked(months: Collection[Period], lines: Sequence[EffectLine]) -> tuple[EffectLine, ...]:
    """Lines of 0 for these months, where no benefit is booked: after closing nobody's forecast stands in for them."""
    benefits = [one for one in lines if one.kind is EffectKind.BENEFIT and one.account is Account.EBITDA]
    booked = {one.month for one in benefits if one.version is Version.ACTUAL}
    currency = benefits[0].money.currency if benefits else ""
    return tuple(
        EffectLine(Version.ACTUAL, EffectKind.BENEFIT, month, Money(ZERO, currency))
        for month in sorted(set(months) - booked)
        if currency
    )


def _benefit(
    watch: RelapseWatch, plan: Series, actual: Series | None
) -> tuple[list[RelapsedMonth], tuple[Period, ...]]:
    planned = net_recurring(plan.kinds)
    booked = actual.kinds if actual is not None else {}
    reached = net_recurring(booked)
    limit = _steady_month(watch, plan, planned, reached)
    judged = _judged_through(watch, booked.get(EffectKind.BENEFIT, {}))
    found: list[RelapsedMonth] = []
    not_closed = []
    for month in watch.first.until(min(watch.last, watch.complete)) if watch.first <= watch.complete else ():
        number = month.year * 12 + month.month - 1
        expected = min(limit, planned.get(number, ZERO))
        if expected <= 0:
            continue
        if month > judged:
            if month < watch.complete.plus(1 - LATE_MONTHS):
                not_closed.append(month)
            continue
        relapsed = _compared(watch, plan, booked, (month, number), expected, reached.get(number, ZERO))
        if relapsed is not None:
            found.append(relapsed)
    return found, tuple(not_closed)


def _compared(
    watch: RelapseWatch,
    plan: Series,
    booked: Mapping[EffectKind, Months],
    at: tuple[Period, int],
    expected: Decimal,
    reached: Decimal,
) -> RelapsedMonth | None:
    month, number = at
    wanted = Money(expected.quantize(CENT), plan.currency)
    # A running cost that nobody books would make the net better than it is.
    missing = next((kind for kind in _planned_kinds(plan, number) if number not in booked.get(kind, {})), None)
    if missing is not None:
        lost = wanted if missing is EffectKind.BENEFIT else Money(max(wanted.amount - reached, ZERO), plan.currency)
        return RelapsedMonth(RelapseCause.MISSING, month, lost, wanted, missing=missing)
    if reached >= expected * watch.share:
        return None
    return RelapsedMonth(
        RelapseCause.BELOW,
        month,
        Money(wanted.amount - reached, plan.currency),
        wanted,
        Money(reached, plan.currency),
    )


def _planned_kinds(plan: Series, month: int) -> Iterator[EffectKind]:
    for kind in (EffectKind.BENEFIT, *sorted(RECURRING - {EffectKind.BENEFIT})):
        if plan.kinds.get(kind, {}).get(month):
            yield kind


def _steady_month(watch: RelapseWatch, plan: Series, planned: Months, reached: Months) -> Decimal:
    """Mean of the plan's months at steady state; of a written-down measure no more than was booked of them."""
    until = watch.first.year * 12 + watch.first.month - 2
    declared = plan.steady_from
    window = steady_window(planned, watch.observed, until, declared) or steady_window(
        planned, watch.observed, declared=declared
    )
    if window is None:
        return ZERO
    steady = sum((planned.get(month, ZERO) for month in window), ZERO) / len(window)
    if not watch.written_down:
        return steady
    kept = sum((reached.get(month, ZERO) for month in window), ZERO) / len(window)
    return min(steady, kept)


def _judged_through(watch: RelapseWatch, booked: Months) -> Period:
    """The last month that can be judged: by the close, or without one by the bookings, and two months late at most."""
    if watch.closed_through is not None:
        return min(watch.closed_through, watch.complete)
    limit = watch.complete.year * 12 + watch.complete.month - 1
    newest = max((month for month in booked if month <= limit), default=0)
    return period(max(newest, limit - LATE_MONTHS))


def _legacy(
    watch: RelapseWatch, currency: str, services: Fact[tuple[Service, ...]], posted: tuple[EffectLine, ...]
) -> list[RelapsedMonth] | Unknown:
    """What was paid from the month of closing on, by month; a credit note takes it back."""
    if isinstance(services, Unknown):
        return services
    paid: dict[Period, Decimal] = {}
    names: dict[Period, list[str]] = {}
    # A month that the ledger holds is the ledger's: a service that bills the same would count twice.
    of_ledger = {line.month for line in posted}
    amounts = [(line.month, line.money, "") for line in posted]
    amounts += [
        (month, money, one.name)
        for one in services or ()
        for month, money in one.costs.items()
        if month not in of_ledger
    ]
    now = Period.of(watch.today)
    for month, money, name in amounts:
        if not watch.first <= month <= min(watch.last, now) or not money.amount:
            continue
        converted = watch.rates.convert(money, currency, month)
        if isinstance(converted, MissingRate):
            return Unknown(f"there is {converted} for the legacy cost of {month_text(month)}: an administrator adds it")
        paid[month] = paid.get(month, ZERO) + converted.money.amount
        if name:
            names.setdefault(month, []).append(name)
    return [
        RelapsedMonth(RelapseCause.LEGACY, month, Money(paid[month], currency), services=tuple(names.get(month, ())))
        for month in sorted(paid)
        if paid[month] > 0
    ]
