"""What has to be seen before a measure is closed: months in a row in which the plan is in steady state, all booked.

Not any three months: months that only cost, a ramp of small amounts and hand-picked good months show nothing of what
was planned.  What counts is what is left of the benefit after running cost, in the same months on both sides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from governance.definitions.steady_state import steady_window
from governance.effects import RECURRING, ZERO, EffectKind, Effects, Series, period
from governance.latest_estimate import LATE_MONTHS, Months, net_recurring, sum_of
from governance.money import Period
from governance.signature import LineKey, SignedLine
from governance.validation import validated_kinds

CENT = Decimal("0.01")
NOTHING: Mapping[LineKey, SignedLine] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Observation:
    """The observed months: what was planned for them, and what is booked."""

    first: Period
    last: Period
    length: int
    booked: int
    """Of these months, how many have every recurring kind booked that is planned for them."""
    planned: Decimal
    """Planned net recurring; above zero."""
    reached: Decimal
    """Booked net recurring, as far as nothing less was confirmed, less the legacy cost that counts for these months."""
    legacy: Decimal
    """Of these months, and of what was paid in others as large a part as these months are of the plan."""
    legacy_paid: Decimal
    """All legacy cost since the agreed end."""


def observation(
    effects: Effects,
    plan: Series,
    months: int,
    today: date,
    closed: Period | None,
    signed: Mapping[LineKey, SignedLine] = NOTHING,
) -> Observation | None:
    """The latest closed months at planned steady state; ``None`` when there are not so many yet.

    What the controller confirmed lower counts with its lower value.
    """
    planned, actual = net_recurring(plan.kinds), effects.actual
    limit = _number(closed) if closed is not None else today.year * 12 + today.month - 2
    booked = actual.kinds.get(EffectKind.BENEFIT, {}) if actual is not None else {}
    newest = max((month for month in booked if month <= limit), default=limit)
    # Bookings come late; the observed months end two months ago at the earliest, so that nothing stopped closes.
    until = limit if closed is not None else max(newest, limit - LATE_MONTHS)
    window = steady_window(planned, months, until, plan.steady_from)
    if window is None:
        return None
    kinds = validated_kinds(actual.kinds, signed) if actual is not None else {}
    reached = net_recurring(kinds)
    paid = kinds.get(EffectKind.LEGACY_COST, {})
    plan_of_window = sum((planned.get(month, ZERO) for month in window), ZERO)
    legacy = _legacy(paid, window, plan_of_window, sum(planned.values(), ZERO)) if paid else ZERO
    return Observation(
        period(window[0]),
        period(window[-1]),
        len(window),
        sum(_is_booked(month, plan, effects) for month in window),
        plan_of_window,
        sum((reached.get(month, ZERO) for month in window), ZERO) - legacy,
        legacy,
        sum(paid.values(), ZERO),
    )


def _legacy(paid: Months, window: range, planned: Decimal, planned_in_all: Decimal) -> Decimal:
    """A bill that comes once after the end takes off its part of the whole plan, not the whole of three months.

    While anything is still billed the measure is not closed anyway (:mod:`governance.legacy`).
    """
    within = sum((amount for month, amount in paid.items() if month in window), ZERO)
    outside = sum(paid.values(), ZERO) - within
    part = min(planned / planned_in_all, Decimal(1)) if planned_in_all > 0 else Decimal(1)
    return (within + outside * part).quantize(CENT)


def earns_once(plan: Series) -> Decimal:
    """Planned one-off benefit."""
    return sum_of(plan.kinds, EffectKind.ONE_OFF_BENEFIT)


def earns_regularly(plan: Series) -> bool:
    return any(amount > 0 for amount in plan.kinds.get(EffectKind.BENEFIT, {}).values())


def _is_booked(month: int, plan: Series, effects: Effects) -> bool:
    """A running cost that nobody books would make the net better than it is."""
    booked = effects.actual.kinds if effects.actual is not None else {}
    return all(month in booked.get(kind, {}) for kind in RECURRING if plan.kinds.get(kind, {}).get(month))


def _number(month: Period) -> int:
    return month.year * 12 + month.month - 1
