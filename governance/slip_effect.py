"""What a later start of a benefit costs a year: lost for good, or postponed to a later one; each amount counted once.

Formula, over the recurring net p(month) of the plan and the months s by which the forecast begins later::

    slipped(month) = p(month − s), up to the last month of the forecast
    missing(year)  = Σ max(p − slipped, 0) over the months of the year
    made up(year)  = Σ max(slipped − p, 0) over the months of the year
    postponed      = what of missing is made up in any year, the earliest first;  lost = missing − postponed

A benefit that lasts for a duration moves as a whole: all is postponed.  One that ends on a date of its own, or at the
horizon, has fewer months: what is missing is lost.  For a steady benefit, missing(year) is
:func:`governance.sums.loss_of_slip`.  What the forecast changes beside its start is no slip and not in here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from governance.effects import RECURRING, ZERO, Account, EffectKind, EffectLine
from governance.money import CurrencyMismatch, Period

YEAR = 12


@dataclass(frozen=True, slots=True)
class SlipEffect:
    """Amounts of one fiscal year, in the currency of the plan; all zero without a slip."""

    months: int = 0
    """Months by which the benefit begins later; negative when it begins earlier."""
    lost: Decimal = ZERO
    """Missing in the year, and in no later one made up."""
    postponed: Decimal = ZERO
    """Missing in the year, and made up later."""
    made_up: Decimal = ZERO
    """What comes in the year on top of its plan: from years before, or because the benefit begins earlier."""

    @property
    def in_year(self) -> Decimal:
        """What the year has less by the slip; negative when it has more."""
        return self.lost + self.postponed - self.made_up


def slip_effect(
    plan: Iterable[EffectLine], forecast: Iterable[EffectLine], year: int, fiscal_year_start: int = 1
) -> SlipEffect:
    """What the slip of the forecast's benefit costs the fiscal year that begins in ``year``.

    Raises CurrencyMismatch when the lines are not all in one currency.
    """
    planned, forecast_lines = tuple(plan), tuple(forecast)
    if len({line.money.currency for line in (*planned, *forecast_lines)}) > 1:
        raise CurrencyMismatch("plan and forecast in several currencies need a rate before they are compared")
    before, after = _first_benefit(planned), _first_benefit(forecast_lines)
    if before is None or after is None or before == after:
        return SlipEffect()
    months = before.months_to(after)
    amounts = _net_by_month(planned)
    last = max(_net_by_month(forecast_lines))
    slipped = {moved: amount for month, amount in amounts.items() if (moved := month.plus(months)) <= last}
    first_of_year = Period(year, fiscal_year_start)
    differences = {month: amounts.get(month, ZERO) - slipped.get(month, ZERO) for month in sorted({*amounts, *slipped})}
    to_make_up = -sum((less for less in differences.values() if less < 0), ZERO)
    lost = postponed = made_up = ZERO
    for month, less in differences.items():
        later = min(max(less, ZERO), to_make_up)
        to_make_up -= later
        if 0 <= first_of_year.months_to(month) < YEAR:
            postponed += later
            lost += max(less, ZERO) - later
            made_up += max(-less, ZERO)
    return SlipEffect(months, lost, postponed, made_up)


def _first_benefit(lines: Iterable[EffectLine]) -> Period | None:
    return min((line.month for line in lines if line.kind is EffectKind.BENEFIT and _counts(line)), default=None)


def _net_by_month(lines: Iterable[EffectLine]) -> dict[Period, Decimal]:
    sums: dict[Period, Decimal] = {}
    for line in lines:
        if line.kind in RECURRING and _counts(line):
            amount = line.money.amount if line.kind.is_benefit else -line.money.amount
            sums[line.month] = sums.get(line.month, ZERO) + amount
    return sums


def _counts(line: EffectLine) -> bool:
    return line.account is Account.EBITDA and line.money.amount != 0
