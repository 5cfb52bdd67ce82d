"""Effect lines: dated amounts by version, and the sums that every assessment needs.

Formulas: gross = benefit; net recurring = benefit − recurring cost; cumulative net(t) = Σ net recurring −
Σ one-off; payback = first month with cumulative net ≥ 0; in-year(Y) = Σ months of fiscal year Y; at
completion = actual to date + forecast after.  Plan, forecast and actual are separate series (McKinsey Wave,
"Impact tracking": plan frozen at the decision, forecast the latest revised plan, actual what is posted).
EBITDA, cash and avoidance are separate accounts: these sums are of EBITDA and of the costs to achieve it;
avoidance never enters them (Syensqo's initiative dashboard; GEP on cost avoidance).  What reports need beyond
this (EBITDA, cash, run-rate, leakage, pipeline) is in :mod:`governance.definitions`.  The net of this module is the
cash effect before working capital and tax: capex lowers it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from governance.money import CurrencyMismatch, Money, Period

ZERO = Decimal(0)


class EffectKind(StrEnum):
    BENEFIT = "benefit"
    """A recurring benefit: it comes back every month once it is there."""
    ONE_OFF_BENEFIT = "one_off_benefit"
    RECURRING_COST = "recurring_cost"
    ONE_OFF_COST = "one_off_cost"
    CAPEX = "capex"
    LEGACY_COST = "legacy_cost"
    """Still paid after the agreed end for what the measure retires; see :mod:`governance.legacy_cost`."""
    DEPRECIATION = "depreciation"
    """Of capex: in EBIT only; its account is :attr:`Account.EBIT`."""
    TAX = "tax"
    """Paid on the effect: in cash only; its account is :attr:`Account.CASH`."""

    @property
    def is_benefit(self) -> bool:
        return self in BENEFITS


BENEFITS = frozenset({EffectKind.BENEFIT, EffectKind.ONE_OFF_BENEFIT})
RECURRING = frozenset({EffectKind.BENEFIT, EffectKind.RECURRING_COST})


class Account(StrEnum):
    """Where an amount shows; they are never added up into one."""

    EBITDA = "ebitda"
    CASH = "cash"
    """Working capital and other effects that are cash but no result."""
    AVOIDANCE = "avoidance"
    """A cost that does not come; an estimate, never part of the EBITDA total."""
    EBIT = "ebit"
    """Below EBITDA: depreciation."""


class Version(StrEnum):
    PLAN = "plan"
    FORECAST = "forecast"
    ACTUAL = "actual"


@dataclass(frozen=True, slots=True)
class EffectLine:
    """One amount of one month.  Amounts are positive; the kind says which way they count."""

    version: Version
    kind: EffectKind
    month: Period
    money: Money
    account: Account = Account.EBITDA
    hard: bool = True
    """Measurable in the books (hard) or in value terms only (soft); ServiceNow's benefit categories."""
    pl_line: str = ""
    """The line of the profit and loss statement where it shows, as the organisation calls it; empty: not stated."""


def signed(line: EffectLine) -> Decimal:
    """Benefits count up, costs down."""
    return line.money.amount if line.kind.is_benefit else -line.money.amount


def is_in_net(line: EffectLine) -> bool:
    """Soft savings are in no account; a cost counts whatever it is called."""
    return line.account is Account.EBITDA and (line.hard or not line.kind.is_benefit)


@dataclass(frozen=True, slots=True)
class Series:
    """One version of a measure's effects, added up by month; built once per assessment.

    Months are counted from year 0: ``year × 12 + month − 1``; :func:`period` gives the month back.
    """

    currency: str
    benefit: Mapping[int, Decimal]
    net: Mapping[int, Decimal]
    costs_known: bool
    """At least one line of a cost kind is there."""
    benefit_total: Decimal
    net_total: Decimal
    own: Mapping[int, Decimal]
    """Net without legacy cost: only months with an amount of the measure's own."""
    legacy: Mapping[int, Decimal]
    """What is still paid for the legacy; part of ``net``."""

    @property
    def first(self) -> Period:
        return period(min(self.net))

    @property
    def last(self) -> Period:
        return period(max(self.net))

    def total_benefit(self) -> Decimal:
        return self.benefit_total

    def total_net(self) -> Decimal:
        return self.net_total

    def payback_months(self) -> int | None:
        """Months from the first line to the first month with a cumulative net of zero or more.

        1 when the first month already pays; ``None`` when the series never does.
        """
        running, first = ZERO, min(self.net)
        for month in sorted(self.net):
            running += self.net[month]
            if running >= 0:
                return month - first + 1
        return None

    def in_year(self, year: int, fiscal_year_start: int = 1) -> Decimal:
        """Net sum of the fiscal year that begins in ``year``."""
        first = year * 12 + fiscal_year_start - 1
        return sum((amount for month, amount in self.net.items() if first <= month < first + 12), ZERO)


def period(number: int) -> Period:
    """The month behind its number."""
    return Period(number // 12, number % 12 + 1)


@dataclass(frozen=True, slots=True)
class Effects:
    """All series of a measure; a version without a line is ``None``."""

    plan: Series | None
    forecast: Series | None
    actual: Series | None

    def at_completion(self) -> Decimal | None:
        """Actual to date + forecast after the last actual month; ``None`` without a forecast."""
        months = self.completion_by_month()
        return None if months is None else sum(months.values(), ZERO)

    def completion_by_month(self) -> dict[int, Decimal] | None:
        """The months of :meth:`at_completion`.

        A late invoice for the legacy says nothing of how far the measure's own actuals reach, so legacy cost is taken
        as forecast, which holds what is booked of it as well.
        """
        if self.forecast is None:
            return None
        own = dict(self.actual.own) if self.actual else {}
        last = max(own, default=-1)
        months = own | {month: amount for month, amount in self.forecast.own.items() if month > last}
        for month, cost in self.forecast.legacy.items():
            months[month] = months.get(month, ZERO) - cost
        return months


def sum_up(lines: Iterable[EffectLine]) -> Effects:
    """Add effect lines up.  Raises CurrencyMismatch when they are not all in one currency."""
    # Months are counted as plain numbers here: hashing 120 periods took longer than adding them up.  Lines come
    # grouped by version, so that the pair of sums is looked up once per group.
    sums: dict[Version, tuple[dict[int, Decimal], dict[int, Decimal]]] = {}
    with_costs: set[Version] = set()
    legacy: dict[Version, dict[int, Decimal]] = {}
    currency, version = "", None
    benefit: dict[int, Decimal] = {}
    net: dict[int, Decimal] = {}
    for line in lines:
        money, month, kind = line.money, line.month, line.kind
        # Soft savings are in no account; a cost counts whatever it is called.
        if line.account is not Account.EBITDA or (not line.hard and kind.is_benefit):
            continue
        if money.currency != currency:
            if currency:
                raise CurrencyMismatch(
                    f"effects in {currency} and {money.currency} need a rate before they are added up"
                )
            currency = money.currency
        if line.version is not version:
            version = line.version
            benefit, net = sums.setdefault(version, ({}, {}))
        number, amount = month.year * 12 + month.month - 1, money.amount
        if kind is EffectKind.LEGACY_COST:
            paid = legacy.setdefault(line.version, {})
            paid[number] = paid.get(number, ZERO) + amount
        elif kind is EffectKind.BENEFIT or kind is EffectKind.ONE_OFF_BENEFIT:
            benefit[number] = benefit[number] + amount if number in benefit else amount
            net[number] = net[number] + amount if number in net else amount
        else:
            with_costs.add(version)
            net[number] = net[number] - amount if number in net else -amount

    def series(version: Version) -> Series | None:
        if version not in sums:
            return None
        return _series(currency, *sums[version], legacy.get(version, {}), costs_known=version in with_costs)

    return Effects(series(Version.PLAN), series(Version.FORECAST), series(Version.ACTUAL))


def _series(
    currency: str,
    benefit: Mapping[int, Decimal],
    own: Mapping[int, Decimal],
    legacy: Mapping[int, Decimal],
    *,
    costs_known: bool,
) -> Series:
    net = own
    if legacy:
        net = {month: own.get(month, ZERO) - legacy.get(month, ZERO) for month in sorted({*own, *legacy})}
    return Series(
        currency, benefit, net, costs_known, sum(benefit.values(), ZERO), sum(net.values(), ZERO), own, legacy
    )
