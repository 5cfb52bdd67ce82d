"""The latest estimate: what is booked of the closed months, and what is forecast after them, kind by kind.

Formula: latest estimate = closed actuals + forecast after them (common practice of controllers); at completion = actual
cost + estimate to complete (PMI).  The cut-off of a kind is the last closed month.  Until a month close tells it, it is
the last month with a booking of that kind, and never later than the last complete calendar month: a small invoice that
comes late says nothing of the benefits before it.

* Recurring kinds: a month up to the cut-off counts as booked, every other one as forecast.  A month up to the cut-off
  without a booking is named, and counts as forecast; so is a later one that has been over for :data:`LATE_MONTHS`, so
  that nobody stops booking without its being seen.
* One-off kinds: what is booked counts, and what is still to come is forecast − booked, never below zero.
* Legacy cost is taken from the forecast, which holds what is booked of it as well (:mod:`governance.legacy_cost`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from governance.definitions.estimate import FAR, above_zero, never, one_off_estimate, recurring_estimate
from governance.effects import BENEFITS, RECURRING, ZERO, EffectKind, Effects, Series, period
from governance.facts import Unknown
from governance.money import Period
from governance.time_text import month_text, span_text

Months: TypeAlias = Mapping[int, Decimal]
"""Amounts by number of the month: ``year × 12 + month − 1``."""

NO_MONTHS: Months = {}
COSTS = (EffectKind.RECURRING_COST, EffectKind.ONE_OFF_COST, EffectKind.CAPEX)
SPEND = (EffectKind.ONE_OFF_COST, EffectKind.CAPEX)
"""What is paid to get there."""
LATE_MONTHS = 2
"""Bookings may come so many months late before they are missed."""

KIND_LABELS: Mapping[EffectKind, str] = {
    EffectKind.BENEFIT: "recurring benefit",
    EffectKind.ONE_OFF_BENEFIT: "one-off benefit",
    EffectKind.RECURRING_COST: "running cost",
    EffectKind.ONE_OFF_COST: "one-off cost",
    EffectKind.CAPEX: "capex",
    EffectKind.LEGACY_COST: "legacy cost",
}


@dataclass(frozen=True, slots=True)
class MissingActuals:
    """Closed months for which nothing of the kind is booked; they count as forecast."""

    kind: EffectKind
    months: tuple[Period, ...]

    @property
    def text(self) -> str:
        """``no recurring benefit is booked for 2026-02 and 2026-05 to 2026-08``"""
        return f"no {KIND_LABELS.get(self.kind, self.kind.value)} is booked for {months_text(self.months)}"


def months_text(months: Iterable[Period]) -> str:
    """``Feb 2026 and May 2026 to Aug 2026``"""
    names = list(_runs(months))
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def _runs(months: Iterable[Period]) -> Iterator[str]:
    """Months in a row as one: ``May 2026 to Aug 2026``."""
    runs: list[list[Period]] = []
    for month in months:
        if runs and runs[-1][-1].plus(1) == month:
            runs[-1].append(month)
        else:
            runs.append([month])
    for run in runs:
        if len(run) > 2:
            yield span_text(run[0], run[-1])
        else:
            yield from map(month_text, run)


@dataclass(frozen=True, slots=True)
class LatestEstimate:
    """What is expected over all months, in the measure's currency."""

    currency: str
    kinds: Mapping[EffectKind, Months]
    """Amounts are positive; the kind says which way they count."""
    net: Months
    """Benefits less all costs and legacy cost, by month."""
    at_completion: Decimal
    """Σ net."""
    missing: tuple[MissingActuals, ...] = ()

    def of(self, kind: EffectKind) -> Months:
        return self.kinds.get(kind, NO_MONTHS)


def latest_estimate(
    effects: Effects | None, today: date | None, closed_through: Period | None = None
) -> LatestEstimate | Unknown:
    """The estimate, or why there is none.

    ``closed_through`` is the last month that finance has closed, where that is known.  Without ``today`` every month
    counts as complete.
    """
    if effects is None or effects.forecast is None:
        return Unknown("there is no forecast")
    plan, forecast, actual = effects.plan, effects.forecast, effects.actual
    left_out = _unforecast(plan, forecast)
    if left_out:
        return Unknown(f"there is no forecast of the {' and the '.join(KIND_LABELS[kind] for kind in left_out)}")
    limit = FAR if today is None else today.year * 12 + today.month - 2
    if closed_through is not None:
        limit = min(limit, closed_through.year * 12 + closed_through.month - 1)
    booked_kinds = actual.kinds if actual is not None else {}
    kinds: dict[EffectKind, Months] = {}
    missing = []
    for kind in EffectKind:
        booked, expected = booked_kinds.get(kind, NO_MONTHS), forecast.kinds.get(kind, NO_MONTHS)
        if kind is EffectKind.LEGACY_COST or not booked:
            months: Months = expected
        elif kind in RECURRING:
            months = recurring_estimate(booked, expected, limit, never if kind in BENEFITS else above_zero)
        else:
            months = one_off_estimate(booked, expected, limit)
        if months:
            kinds[kind] = months
        if kind in RECURRING and (booked or closed_through is not None):
            gap = _gap(booked, expected, limit, closed=closed_through is not None)
            if gap:
                missing.append(MissingActuals(kind, gap))
    net = _net(kinds)
    return LatestEstimate(forecast.currency, kinds, net, sum(net.values(), ZERO), tuple(missing))


def _unforecast(plan: Series | None, forecast: Series) -> list[EffectKind]:
    """Planned kinds of which nobody forecasts anything: an empty field is no forecast of zero."""
    if plan is None:
        return []
    return [
        kind
        for kind, months in plan.kinds.items()
        if kind not in forecast.kinds and kind is not EffectKind.LEGACY_COST and any(months.values())
    ]


def _gap(booked: Months, expected: Months, limit: int, *, closed: bool) -> tuple[Period, ...]:
    """Months that are closed or long over, and are forecast and not booked."""
    newest = max((month for month in booked if month <= limit), default=-1)
    cut_off = limit if closed else newest if limit == FAR or newest < 0 else max(newest, limit - LATE_MONTHS)
    return tuple(
        [period(month) for month in sorted(expected) if month <= cut_off and month not in booked and expected[month]]
    )


def _net(kinds: Mapping[EffectKind, Months]) -> dict[int, Decimal]:
    net: dict[int, Decimal] = {}
    for kind, months in kinds.items():
        if not net and kind in BENEFITS:
            net = dict(months)
        elif kind in BENEFITS:
            for month, amount in months.items():
                net[month] = net[month] + amount if month in net else amount
        else:
            for month, amount in months.items():
                net[month] = net[month] - amount if month in net else -amount
    return net


def sum_of(kinds: Mapping[EffectKind, Months], *wanted: EffectKind) -> Decimal:
    """Σ over all months of these kinds."""
    total = ZERO
    for kind in wanted:
        months = kinds.get(kind)
        if months:
            total += sum(months.values(), ZERO)
    return total


def net_recurring(kinds: Mapping[EffectKind, Months]) -> Months:
    """Recurring benefit − running cost, by month."""
    benefit, cost = kinds.get(EffectKind.BENEFIT, NO_MONTHS), kinds.get(EffectKind.RECURRING_COST, NO_MONTHS)
    if not cost:
        return benefit
    net = dict(benefit)
    for month, amount in cost.items():
        net[month] = net[month] - amount if month in net else -amount
    return net
