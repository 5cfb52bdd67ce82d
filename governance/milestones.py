"""Effects with a time of their own: from a milestone, the start or the end of the work on, and moving with it.

A benefit does not run while the work does and end when it goes live: it begins after a milestone, may ramp up, and
lasts for some months or until the policy's horizon.  ServiceNow's benefit plans know the offset (milestone, start or
end, ± n periods): when the date moves, the whole benefit moves (docs: benefit plan form).
See ``deploy/adr/0032-when-money-comes.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

from governance.effects import Account, EffectKind, EffectLine, Version
from governance.facts import Fact, Unknown
from governance.money import Money, Period
from governance.spread import CENT, MAX_MONTHS, MonthlyAmounts, SpreadShape, spread
from governance.time_text import month_text, span_text

MONTHS_OF_A_YEAR = 12
START, END = "start", "end"
"""The names under which the start and the end of the work are milestones."""


class AmountPer(StrEnum):
    """What an amount is of."""

    MONTH = "month"
    YEAR = "year"
    """Twelve months at full effect."""
    TOTAL = "total"
    """All months together."""


@dataclass(frozen=True, slots=True)
class MilestoneEffect:
    """``money`` per month, year or in total, from ``offset`` months after the milestone's month on."""

    version: Version
    kind: EffectKind
    money: Money
    milestone: str
    offset: int = 0
    months: int | None = 1
    """How long it lasts; ``None`` until the horizon."""
    account: Account = Account.EBITDA
    hard: bool = True
    per: AmountPer = AmountPer.MONTH
    ramp_up: int = 0
    """Months in which it grows evenly: with 3 a quarter, a half, three quarters, and then all of it."""
    shape: SpreadShape = SpreadShape.LINEAR
    """How a total without a ramp is laid over its months."""


def resolve_dates(
    effects: Iterable[MilestoneEffect], milestones: Mapping[str, Fact[date]], horizon: Period | None = None
) -> tuple[tuple[EffectLine, ...], tuple[str, ...]]:
    """Dated lines, and a sentence for each effect whose milestone has no date, or that would begin past the horizon.

    ``horizon`` is the last month of effects without a duration.
    """
    lines: list[EffectLine] = []
    problems: list[str] = []
    for effect in effects:
        found = _lines(effect, milestones.get(effect.milestone), horizon)
        if isinstance(found, str):
            problems.append(found)
        else:
            lines += found
    return tuple(lines), tuple(dict.fromkeys(problems))


def _lines(effect: MilestoneEffect, day: Fact[date], horizon: Period | None) -> list[EffectLine] | str:
    if not isinstance(day, date):
        return why_undated(effect.milestone, day)
    try:
        first = Period.of(day).plus(effect.offset)
    except ValueError:
        return f"{day} is no date for an effect to depend on"
    last = horizon if effect.months is None else first.plus(effect.months - 1)
    what = f"the {effect.version.value} {effect.kind.value.replace('_', ' ')}"
    if last is None:
        return f"{what} has neither a duration nor a horizon"
    if last < first:
        return (
            f"{what} would begin in {month_text(first)}, after the horizon of the policy in "
            f"{month_text(last)}: nothing of it would count; check the dates, or set horizon_months"
        )
    if first.months_to(last) >= MAX_MONTHS:
        return f"{span_text(first, last)} is longer than 50 years"
    laid = lay_out(effect, first, first.months_to(last) + 1)
    return [EffectLine(effect.version, effect.kind, month, money, effect.account, effect.hard) for month, money in laid]


def why_undated(milestone: str, day: Unknown | None) -> str:
    """Why an effect that depends on this milestone has no months."""
    if day is None:
        return f"{_named(milestone)} has no date for the effect to depend on"
    return f"the date of {_named(milestone)} is unknown: {day.reason}"


def _named(milestone: str) -> str:
    return f"the {milestone} of the work" if milestone in {START, END} else f'the milestone "{milestone}"'


def lay_out(effect: MilestoneEffect, first: Period, months: int) -> MonthlyAmounts:
    """The amount of each month, in cents whose sum is that of the unrounded amounts."""
    if effect.per is AmountPer.TOTAL and not effect.ramp_up:
        return spread(effect.money, first, first.plus(months - 1), effect.shape)
    full = effect.ramp_up + 1
    weights = [min(number, full) for number in range(1, months + 1)]
    match effect.per:
        case AmountPer.MONTH:
            whole = full
        case AmountPer.YEAR:
            whole = full * MONTHS_OF_A_YEAR
        case AmountPer.TOTAL:
            whole = sum(weights)
    amounts: list[tuple[Period, Money]] = []
    so_far, paid = 0, Decimal(0)
    for number, weight in enumerate(weights):
        so_far += weight
        due = effect.money.amount * so_far / whole
        # What rounding leaves is paid in the next month, so that the sum of twelve full months is the year's amount.
        cents = due if so_far == whole and effect.per is AmountPer.TOTAL else due.quantize(CENT, ROUND_DOWN)
        amounts.append((first.plus(number), Money(cents - paid, effect.money.currency)))
        paid = cents
    return tuple(amounts)
