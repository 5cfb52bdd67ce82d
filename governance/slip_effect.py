"""What a later start of a benefit costs a year: lost for good, or postponed to a later one; each amount counted once.

Formula, over the recurring net p(month) of the plan and the months s by which the forecast begins later::

    slipped(month) = p(month − s), up to the last month of the forecast
    missing(year)  = Σ max(p − slipped, 0) over the months of the year
    made up(year)  = Σ max(slipped − p, 0) over the months of the year
    postponed      = what of missing is made up in any year, the earliest first;  lost = missing − postponed

A benefit that lasts for a duration moves as a whole: all is postponed.  One that ends on a date of its own, or at the
horizon, has fewer months: what is missing is lost.  For a steady benefit, missing(year) is the monthly amount × the
months slipped inside the year.  What the forecast changes beside its start is no slip and not in here; where a measure
has several benefits, the first month of the earliest one counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from governance.effects import RECURRING, ZERO, Account, EffectKind, EffectLine, Version
from governance.facts import Fact, Unknown
from governance.money import Period


@dataclass(frozen=True, slots=True)
class SlipEffect:
    """Amounts of one fiscal year, in the currency of the plan; all zero without a slip."""

    lost: Decimal = ZERO
    """Missing in the year, and in no other one made up."""
    postponed: Decimal = ZERO
    """Missing in the year, and made up in another: a later one, or an earlier one where the benefit begins earlier."""
    made_up: Decimal = ZERO
    """What comes in the year on top of its plan: from years before, or because the benefit begins earlier."""

    @property
    def in_year(self) -> Decimal:
        """What the year has less by the slip; negative when it has more."""
        return self.lost + self.postponed - self.made_up


NO_EFFECT = SlipEffect()


@dataclass(frozen=True, slots=True)
class BenefitSlip:
    """When the benefit begins by plan and by forecast, and what that costs each fiscal year."""

    planned: Period
    """The first month with a benefit in the plan."""
    expected: Period
    """The first month with a benefit in the forecast."""
    currency: str
    by_year: Mapping[int, SlipEffect]
    """By the year in which the fiscal year begins; years without an effect are left out."""

    @property
    def months(self) -> int:
        """Months by which the benefit begins later; negative when it begins earlier."""
        return self.planned.months_to(self.expected)

    def of_year(self, year: int) -> SlipEffect:
        return self.by_year.get(year, NO_EFFECT)


def benefit_slip(lines: Iterable[EffectLine], fiscal_year_start: int = 1) -> Fact[BenefitSlip]:
    """The slip between plan and forecast of one measure; ``None`` without a planned benefit, which cannot slip.

    Unknown without a forecast of the benefit, and when amounts are in several currencies.
    """
    counted = [line for line in lines if line.version is not Version.ACTUAL and _counts(line)]
    plan = [line for line in counted if line.version is Version.PLAN]
    forecast = [line for line in counted if line.version is Version.FORECAST]
    planned, expected = _first_benefit(plan), _first_benefit(forecast)
    if planned is None:
        return None
    if expected is None:
        return Unknown("no benefit is forecast")
    if len({line.money.currency for line in counted}) > 1:
        return Unknown("plan and forecast are in several currencies")
    by_year = {} if planned == expected else _by_year(plan, forecast, planned.months_to(expected), fiscal_year_start)
    return BenefitSlip(planned, expected, plan[0].money.currency, by_year)


def _by_year(
    plan: Iterable[EffectLine], forecast: Iterable[EffectLine], months: int, fiscal_year_start: int
) -> dict[int, SlipEffect]:
    amounts, last = _net_by_month(plan), max(_net_by_month(forecast))
    slipped = {moved: amount for month, amount in amounts.items() if (moved := month.plus(months)) <= last}
    differences = {month: amounts.get(month, ZERO) - slipped.get(month, ZERO) for month in sorted({*amounts, *slipped})}
    to_make_up = -sum((less for less in differences.values() if less < 0), ZERO)
    years: dict[int, SlipEffect] = {}
    for month, less in differences.items():
        if not less:
            continue
        missing = max(less, ZERO)
        later = min(missing, to_make_up)
        to_make_up -= later
        year = month.year - (month.month < fiscal_year_start)
        before = years.get(year, NO_EFFECT)
        years[year] = SlipEffect(
            before.lost + missing - later, before.postponed + later, before.made_up + max(-less, ZERO)
        )
    return years


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
