"""The locked plan: frozen at the decision, changed only by an approved re-baseline.

McKinsey Wave, "Impact tracking": at L3 the plan is locked and the forecast stays editable.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

from governance.effects import BENEFITS, ZERO, EffectLine, Version, of_version
from governance.locked_terms import LockedTerms, changed_terms
from governance.measure import Measure
from governance.money import Money
from governance.plan_rates import FrozenRates, frozen_rates
from governance.rates import Rates

EffectKey: TypeAlias = "tuple[str, str, bool, str, int, int]"


@dataclass(frozen=True, slots=True)
class LockedPlan:
    """The plan as it was agreed; ``number`` 1 is the decision's, each re-baseline counts up."""

    number: int
    lines: tuple[EffectLine, ...]
    at: datetime
    reason: str
    approved_by: tuple[str, ...] = ()
    terms: LockedTerms | None = None
    """Schedule, kill criteria, baseline and scope, which lock with the amounts."""
    original: tuple[EffectLine, ...] | None = None
    """The lines of the decision, which no re-baseline replaces; ``None`` while they are these."""
    rates: FrozenRates | None = None
    """The exchange rates of the decision; a re-baseline keeps them."""

    @property
    def decided_lines(self) -> tuple[EffectLine, ...]:
        return self.lines if self.original is None else self.original


def lock_plan(
    lines: Iterable[EffectLine],
    at: datetime,
    *,
    number: int = 1,
    reason: str = "",
    by: tuple[str, ...] = (),
    terms: LockedTerms | None = None,
    before: LockedPlan | None = None,
    rates: FrozenRates | None = None,
) -> LockedPlan:
    """Keep the plan lines and the terms as they are now, beside the plan of the decision."""
    planned = tuple(of_version(lines, Version.PLAN))
    original = before.decided_lines if before is not None else None
    return LockedPlan(number, planned, at, reason, by, terms, original, rates)


def rates_of_plan(
    lines: Iterable[EffectLine], rates: Rates, day: date, before: LockedPlan | None = None
) -> FrozenRates | None:
    """What the plan in these lines is frozen with on ``day``; ``before`` is the plan that it replaces."""
    planned = of_version(lines, Version.PLAN)
    if not planned:
        # An emptied plan keeps them for the one after it.
        return before.rates if before is not None else None
    first = min(line.month for line in planned)
    currencies = {line.money.currency for line in planned}
    return frozen_rates(currencies, first, rates, day, before.rates if before is not None else None)


def with_locked_plan(lines: tuple[EffectLine, ...], locked: LockedPlan | None) -> tuple[EffectLine, ...]:
    """The lines that count: the locked plan in place of whatever the tool holds as plan now."""
    if locked is None:
        return lines
    plan = Version.PLAN
    return (*locked.lines, *[line for line in lines if line.version is not plan])


def differs_from_locked(lines: tuple[EffectLine, ...], locked: LockedPlan) -> bool:
    """Whether the tool's plan says something else than the locked one."""
    present = tuple(of_version(lines, Version.PLAN))
    return present != locked.lines and _sums(present) != _sums(locked.lines)


def is_changed(measure: Measure, locked: LockedPlan) -> bool:
    """Whether amounts or terms are no longer the locked ones."""
    return differs_from_locked(measure.effects, locked) or bool(changed_terms(measure, locked.terms))


def net_of(lines: Iterable[EffectLine], currency: str = "") -> Money | None:
    """Net of all lines; ``None`` without lines or over two currencies."""
    # Every assessment takes this of all lines twice for its fingerprints.
    net, found = ZERO, ""
    for line in lines:
        money, kind = line.money, line.kind
        if money.currency != found:
            if found:
                return None
            found = money.currency
        if kind in BENEFITS:
            net += money.amount
        else:
            net -= money.amount
    return Money(net, found or currency) if found or currency else None


def _sums(lines: Iterable[EffectLine]) -> dict[EffectKey, Decimal]:
    sums: dict[EffectKey, Decimal] = {}
    for line in lines:
        key = (line.kind.value, line.account.value, line.hard, line.money.currency, line.month.year, line.month.month)
        sums[key] = sums.get(key, ZERO) + line.money.amount
    return {key: amount for key, amount in sums.items() if amount}
