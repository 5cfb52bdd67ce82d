"""Why a measure's variance is what it is: its parts by kind, cause and month; children always add up to their parent.

Variance = latest estimate − plan, favourable positive.  What each part is:

* scope: a kind of line that is only in one of the two, so it was added or removed;
* timing: the plan moved by as many months as its first amount moved, less the plan; a plan that moves past its own end
  and past the end of the estimate loses those months, one that begins earlier gains them;
* price or volume: the rest, as far as the owner's reason says so; value where nothing says more;
* exchange rate: the estimate at the rates of its months less the estimate at the rates of the decision, at which every
  other cause is counted;
* other: what the verdict counts beside these lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from governance.definitions.leakage import Cause, LeakReason
from governance.effects import ZERO, EffectKind, EffectLine, is_in_net, signed
from governance.money import Period

MonthlyAmounts: TypeAlias = "Mapping[Period, Decimal]"
LineKind: TypeAlias = "tuple[EffectKind, bool]"
"""A kind, and whether its amounts are hard."""
RateOf: TypeAlias = "Callable[[Period], Decimal]"


class VarianceCause(StrEnum):
    SCOPE = "scope"
    TIMING = "timing"
    PRICE = "price"
    VOLUME = "volume"
    VALUE = "value"
    EXCHANGE_RATE = "exchange_rate"
    OTHER = "other"


STATED = {LeakReason.PRICE: VarianceCause.PRICE, LeakReason.VOLUME: VarianceCause.VOLUME}
"""Causes of the rest that only its owner can state."""


@dataclass(frozen=True, slots=True)
class CauseShare:
    """What one cause takes or gives, by month."""

    cause: VarianceCause
    months: tuple[tuple[Period, Decimal], ...]
    """In their order; without those where it is nothing."""

    @property
    def amount(self) -> Decimal:
        return sum((amount for _, amount in self.months), ZERO)


@dataclass(frozen=True, slots=True)
class KindShare:
    """What one kind of line contributes."""

    kind: EffectKind
    hard: bool
    causes: tuple[CauseShare, ...]
    shift: int = 0
    """Months by which its first amount moved; positive is later."""

    @property
    def amount(self) -> Decimal:
        return sum((share.amount for share in self.causes), ZERO)


@dataclass(frozen=True, slots=True)
class VarianceTree:
    """The whole variance of one measure, in one currency."""

    kinds: tuple[KindShare, ...]
    other: Decimal = ZERO
    """What the variance holds beside these lines; nothing as long as both count the same."""

    @property
    def amount(self) -> Decimal:
        return sum((share.amount for share in self.kinds), self.other)


def variance_tree(
    plan: Iterable[EffectLine],
    estimate: Iterable[EffectLine],
    *,
    variance: Decimal | None = None,
    stated: Sequence[Cause] = (),
    rate: RateOf | None = None,
    locked_rate: RateOf | None = None,
) -> VarianceTree:
    """All lines are in one currency; ``rate`` turns their months into the reporting currency, and ``locked_rate`` does
    so with the rates of the decision.

    ``variance`` is what the verdict says in that currency; what it holds beyond these lines is named as other.
    """
    planned, expected = _by_kind(plan), _by_kind(estimate)
    kinds = tuple(
        share
        for kind in sorted({*planned, *expected}, key=lambda kind: (list(EffectKind).index(kind[0]), not kind[1]))
        if (share := _kind(kind, planned.get(kind, {}), expected.get(kind, {}), stated, rate, locked_rate)).causes
    )
    tree = VarianceTree(kinds)
    return tree if variance is None else VarianceTree(kinds, variance - tree.amount)


def _by_kind(lines: Iterable[EffectLine]) -> dict[LineKind, dict[Period, Decimal]]:
    found: dict[LineKind, dict[Period, Decimal]] = {}
    for line in lines:
        if is_in_net(line):
            months = found.setdefault((line.kind, line.hard), {})
            months[line.month] = months.get(line.month, ZERO) + signed(line)
    return found


def _kind(
    kind: LineKind,
    planned: MonthlyAmounts,
    expected: MonthlyAmounts,
    stated: Sequence[Cause],
    rate: RateOf | None,
    locked_rate: RateOf | None,
) -> KindShare:
    shift = _shift(planned, expected)
    moved = _moved(planned, shift, max((*planned, *expected)))
    parts: dict[VarianceCause, dict[Period, Decimal]] = {}
    if not planned or not expected:
        parts[VarianceCause.SCOPE] = _less(expected, planned)
    else:
        parts[VarianceCause.TIMING] = _less(moved, planned)
        parts |= _by_statement(_less(expected, moved), stated)
    counted = locked_rate or rate
    if counted is not None:
        parts = {
            cause: {month: amount * counted(month) for month, amount in months.items()}
            for cause, months in parts.items()
        }
    if rate is not None and locked_rate is not None:
        parts[VarianceCause.EXCHANGE_RATE] = {
            month: amount * (rate(month) - locked_rate(month)) for month, amount in expected.items()
        }
    causes = (CauseShare(cause, _stated_months(months)) for cause, months in parts.items())
    return KindShare(*kind, tuple(share for share in causes if share.months), shift)


def _by_statement(rest: MonthlyAmounts, stated: Sequence[Cause]) -> dict[VarianceCause, dict[Period, Decimal]]:
    """The rest by what its owner says; what nobody splits is value."""
    found: dict[VarianceCause, dict[Period, Decimal]] = {}
    left = dict(rest)
    for cause in stated:
        name = STATED.get(cause.reason)
        if name is None:
            continue
        months = found.setdefault(name, {})
        for month, amount in rest.items():
            part = amount * cause.share
            months[month] = months.get(month, ZERO) + part
            left[month] -= part
    return found | {VarianceCause.VALUE: left}


def _shift(planned: MonthlyAmounts, expected: MonthlyAmounts) -> int:
    """Months from the first planned amount to the first expected one; 0 where one of the two has none."""
    first = min((month for month, amount in planned.items() if amount), default=None)
    now = min((month for month, amount in expected.items() if amount), default=None)
    return first.months_to(now) if first is not None and now is not None else 0


def _moved(planned: MonthlyAmounts, shift: int, last: Period) -> dict[Period, Decimal]:
    """The plan as it would be if it only began so much later, or earlier."""
    if shift >= 0:
        return {later: amount for month, amount in planned.items() if (later := month.plus(shift)) <= last}
    # It begins earlier and goes on as long as planned.
    tail = max(planned).plus(shift)
    return {month.plus(shift): amount for month, amount in planned.items()} | {
        month: amount for month, amount in planned.items() if month > tail
    }


def _less(one: MonthlyAmounts, other: MonthlyAmounts) -> dict[Period, Decimal]:
    return {month: one.get(month, ZERO) - other.get(month, ZERO) for month in {*one, *other}}


def _stated_months(months: MonthlyAmounts) -> tuple[tuple[Period, Decimal], ...]:
    return tuple((month, months[month]) for month in sorted(months) if months[month])
