"""Two days compared: what is between the latest estimates of both, each cent under exactly one heading."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from governance.definitions.parts import by_version, months_of
from governance.definitions.results import EBITDA_PARTS
from governance.effects import ZERO, EffectLine, Version


class ChangeKind(StrEnum):
    """Why the total is another one, in the order of a bridge."""

    NEW = "new"
    """The totals hold a measure that they did not hold before."""
    DROPPED = "dropped"
    """They do not hold it any more."""
    VALUE = "value"
    """More or less comes, over all months."""
    TIMING = "timing"
    """The same comes in other years."""
    RATE = "rate"
    """Exchange rates."""
    CORRECTION = "correction"
    """Booked months that were closed already are booked otherwise."""

    @property
    def label(self) -> str:
        return {
            ChangeKind.NEW: "New in the totals",
            ChangeKind.DROPPED: "No longer in the totals",
            ChangeKind.VALUE: "Value",
            ChangeKind.TIMING: "Timing",
            ChangeKind.RATE: "Exchange rates",
            ChangeKind.CORRECTION: "Corrections of closed months",
        }[self]


@dataclass(frozen=True, slots=True)
class KnownAmount:
    """One measure's part of a total on one day, in the reporting currency."""

    amount: Decimal
    fx: Decimal
    """What exchange rates made of it since the decision."""
    lifetime: Decimal
    """The same figure over all months."""
    lifetime_fx: Decimal


@dataclass(frozen=True, slots=True)
class Correction:
    """What closed months were booked otherwise by."""

    amount: Decimal = ZERO
    """The part of the compared figure."""
    lifetime: Decimal = ZERO


def change_of(
    before: KnownAmount | None, after: KnownAmount | None, correction: Correction = Correction()
) -> dict[ChangeKind, Decimal]:
    """What is between both amounts of one measure, by kind; the sum is their difference, always.

    Of what neither rates nor corrections explain, value is what also shows over all months, in the same direction; the
    rest moved between the years, which is timing.
    """
    if before is None:
        if after is None:
            return {}
        return _without_nothing({ChangeKind.NEW: after.amount})
    if after is None:
        return _without_nothing({ChangeKind.DROPPED: -before.amount})
    rate = after.fx - before.fx
    rest = after.amount - before.amount - rate - correction.amount
    lifetime = after.lifetime - before.lifetime - (after.lifetime_fx - before.lifetime_fx) - correction.lifetime
    value = min(rest, lifetime) if rest > 0 and lifetime > 0 else max(rest, lifetime) if rest < 0 > lifetime else ZERO
    return _without_nothing(
        {
            ChangeKind.VALUE: value,
            ChangeKind.TIMING: rest - value,
            ChangeKind.RATE: rate,
            ChangeKind.CORRECTION: correction.amount,
        }
    )


def _without_nothing(parts: Mapping[ChangeKind, Decimal]) -> dict[ChangeKind, Decimal]:
    return {kind: amount for kind, amount in parts.items() if amount}


def corrected_months(before: Iterable[EffectLine], after: Iterable[EffectLine], closed: int) -> dict[int, Decimal]:
    """By how much the EBITDA effect of months is booked otherwise that were booked and closed before.

    Lines of one currency; months are numbers (:func:`governance.effects.period`).  A month that was not booked before
    is no correction: it is booked for the first time.
    """
    old = months_of(by_version(before).get(Version.ACTUAL, {}), *EBITDA_PARTS)
    new = months_of(by_version(after).get(Version.ACTUAL, {}), *EBITDA_PARTS)
    found = {month: new.get(month, ZERO) - amount for month, amount in old.items() if month <= closed}
    return {month: amount for month, amount in found.items() if amount}
