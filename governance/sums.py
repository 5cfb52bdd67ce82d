"""The sums of reports: run-rate, carry-over, cash, avoidance, leakage, pipeline, the loss of a slip.

Sources: McKinsey Wave, "Annualized or run rate impacts" (annualised against calendarised); the practice's
formulas, ``reference/practice.md`` §1.4; PiPware, "Idea stages" (risk-weighted pipeline by stage; costs are never
weighted: invarem).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from governance.effects import ZERO, Account, EffectKind, EffectLine, Version
from governance.money import Period

MONTHS = 12


class LeakReason(StrEnum):
    """Why less comes than was locked."""

    SCOPE = "scope"
    DELAY = "delay"
    PRICE = "price"
    VOLUME = "volume"
    OVERLAP = "overlap"
    CANCELLED = "cancelled"
    UNSTATED = "unstated"

    @classmethod
    def of(cls, text: str) -> LeakReason:
        """The code that a reason begins with: ``delay: the supplier is late``."""
        word = text.strip().partition(" ")[0].rstrip(":,.-").casefold()
        return cls(word) if word in set(cls) else cls.UNSTATED


def signed(line: EffectLine) -> Decimal:
    """Benefits count up, costs down."""
    return line.money.amount if line.kind.is_benefit else -line.money.amount


def _of(lines: Iterable[EffectLine], version: Version, account: Account = Account.EBITDA) -> Iterable[EffectLine]:
    return (line for line in lines if line.version is version and line.account is account)


def gross(lines: Iterable[EffectLine], version: Version) -> Decimal:
    """Benefits before any cost."""
    return sum((line.money.amount for line in _of(lines, version) if line.kind.is_benefit), ZERO)


def net(lines: Iterable[EffectLine], version: Version) -> Decimal:
    """Benefits less all costs, over all years."""
    return sum(map(signed, _of(lines, version)), ZERO)


def net_recurring(lines: Iterable[EffectLine], version: Version) -> dict[Period, Decimal]:
    """Benefit − recurring cost, by month."""
    sums: dict[Period, Decimal] = {}
    for line in _of(lines, version):
        if line.kind in {EffectKind.BENEFIT, EffectKind.RECURRING_COST}:
            sums[line.month] = sums.get(line.month, ZERO) + signed(line)
    return sums


def run_rate(lines: Iterable[EffectLine], version: Version) -> Decimal:
    """12 × the steady-state month, which is the last month with a recurring effect; 0 without one."""
    months = net_recurring(lines, version)
    return months[max(months)] * MONTHS if months else ZERO


def in_year(lines: Iterable[EffectLine], version: Version, year: int, fiscal_year_start: int = 1) -> Decimal:
    """Net of all costs in the fiscal year that begins in ``year``."""
    first = Period(year, fiscal_year_start)
    last = first.plus(MONTHS - 1)
    return sum((signed(line) for line in _of(lines, version) if first <= line.month <= last), ZERO)


def recurring_in_year(lines: Iterable[EffectLine], version: Version, year: int, fiscal_year_start: int = 1) -> Decimal:
    first = Period(year, fiscal_year_start)
    last = first.plus(MONTHS - 1)
    return sum((amount for month, amount in net_recurring(lines, version).items() if first <= month <= last), ZERO)


def carry_over(lines: Iterable[EffectLine], version: Version, year: int, fiscal_year_start: int = 1) -> Decimal:
    """Run-rate − recurring in-year(``year``): what the next year gets on top, fully running then."""
    all_lines = tuple(lines)
    return run_rate(all_lines, version) - recurring_in_year(all_lines, version, year, fiscal_year_start)


def cash(lines: Iterable[EffectLine], version: Version) -> Decimal:
    """EBITDA effect − capex − one-off costs + working capital: what reaches the bank account."""
    all_lines = tuple(lines)
    return sum((signed(line) for line in _of(all_lines, version)), ZERO) + sum(
        (signed(line) for line in _of(all_lines, version, Account.CASH)), ZERO
    )


def avoidance(lines: Iterable[EffectLine], version: Version) -> Decimal:
    """Costs that do not come; counted apart."""
    return sum((signed(line) for line in _of(lines, version, Account.AVOIDANCE)), ZERO)


def soft(lines: Iterable[EffectLine], version: Version) -> Decimal:
    """The part of the gross benefit that is measurable in value terms only."""
    return sum((line.money.amount for line in _of(lines, version) if line.kind.is_benefit and not line.hard), ZERO)


@dataclass(frozen=True, slots=True)
class Leak:
    """Locked plan run-rate − forecast run-rate; positive when value is lost."""

    reason: LeakReason
    amount: Decimal


def leakage(lines: Iterable[EffectLine], reason: LeakReason) -> Leak:
    """``lines`` hold the locked plan and the forecast of one measure."""
    all_lines = tuple(lines)
    return Leak(reason, run_rate(all_lines, Version.PLAN) - run_rate(all_lines, Version.FORECAST))


def by_reason(leaks: Iterable[Leak]) -> dict[LeakReason, Decimal]:
    sums: dict[LeakReason, Decimal] = {}
    for leak in leaks:
        sums[leak.reason] = sums.get(leak.reason, ZERO) + leak.amount
    return sums


def pipeline(benefits: Iterable[tuple[str | None, Decimal]], weights: Mapping[str, Decimal]) -> Decimal:
    """Risk-weighted pipeline: Σ benefit × weight of its stage.  Costs are never weighted: they come for sure."""
    return sum((benefit * weights.get(stage or "", ZERO) for stage, benefit in benefits), ZERO)


def loss_of_slip(monthly: Decimal, planned: Period, expected: Period, year: int, fiscal_year_start: int = 1) -> Decimal:
    """Monthly effect × months slipped inside the fiscal year: a delay is money that this year does not get."""
    first = Period(year, fiscal_year_start)
    begin, end = max(planned, first), min(expected, first.plus(MONTHS))
    return monthly * max(begin.months_to(end), 0)
