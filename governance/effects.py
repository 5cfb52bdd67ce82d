"""Effect lines: dated amounts by version, and the sums that every assessment needs.

Formulas: gross = benefit; net recurring = benefit − recurring cost; in-year(Y) = Σ months of fiscal year Y.  What is
expected at completion is in :mod:`governance.latest_estimate`, payback in :mod:`governance.investment`.  Plan,
forecast and actual are separate series (McKinsey Wave, "Impact tracking": plan frozen at the decision, forecast the
latest revised plan, actual what is posted).
EBITDA, cash and avoidance are separate accounts: these sums are of EBITDA and of the costs to achieve it;
avoidance never enters them (Syensqo's initiative dashboard; GEP on cost avoidance).  What reports need beyond
this (EBITDA, cash, run-rate, leakage, pipeline) is in :mod:`governance.definitions`.  The net of this module is the
cash effect before working capital and tax: capex lowers it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

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
BELOW_EBITDA = frozenset({EffectKind.DEPRECIATION, EffectKind.TAX})
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


# Looked up once: to look a member up in its enum for each line takes five times as long as to compare it.
_EBITDA = Account.EBITDA


def of_version(lines: Iterable[EffectLine], version: Version) -> list[EffectLine]:
    """The lines of one version."""
    return [line for line in lines if line.version is version]


def signed(line: EffectLine) -> Decimal:
    """Benefits count up, costs down."""
    return line.money.amount if line.kind.is_benefit else -line.money.amount


def is_in_net(line: EffectLine) -> bool:
    """Soft savings are in no account; a cost counts whatever it is called; depreciation and tax are in another one."""
    if line.account is not _EBITDA or line.kind in BELOW_EBITDA:
        return False
    return line.hard or not line.kind.is_benefit


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
    kinds: Mapping[EffectKind, Mapping[int, Decimal]]
    """Amounts of each kind by month, without a sign."""
    working_capital: Mapping[int, Decimal]
    """Signed amounts of the account cash; in no sum of the result."""
    steady_from: int | None = None
    """The month from which it is declared to be in steady state; ``None`` where nobody declared one."""

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

    def in_year(self, year: int, fiscal_year_start: int = 1) -> Decimal:
        """Net sum of the fiscal year that begins in ``year``."""
        first = year * 12 + fiscal_year_start - 1
        return sum((amount for month, amount in self.net.items() if first <= month < first + 12), ZERO)


@lru_cache(maxsize=4_096)
def period(number: int) -> Period:
    """The month behind its number."""
    return Period(number // 12, number % 12 + 1)


@dataclass(frozen=True, slots=True)
class Effects:
    """All series of a measure; a version without a line is ``None``."""

    plan: Series | None
    forecast: Series | None
    actual: Series | None


def sum_up(lines: Iterable[EffectLine]) -> Effects:
    """Add effect lines up.  Raises CurrencyMismatch when they are not all in one currency.

    So does planned working capital in another one: payback and hurdle of the plan would be better without it.
    """
    # Months are counted as plain numbers here: hashing 120 periods took longer than adding them up.  Lines come
    # grouped by version and kind, so that their months are looked up once per group.
    sums: dict[Version, dict[EffectKind, dict[int, Decimal]]] = {}
    cash: list[EffectLine] = []
    currency, version, kind = "", None, None
    months: dict[int, Decimal] = {}
    for line in lines:
        # Soft savings are in no account; a cost counts whatever it is called.
        if line.account is not _EBITDA or (not line.hard and line.kind.is_benefit):
            if line.account is Account.CASH:
                cash.append(line)
            continue
        money = line.money
        if money.currency != currency:
            if currency:
                raise _mismatch(currency, money.currency)
            currency = money.currency
        if line.version is not version or line.kind is not kind:
            version, kind = line.version, line.kind
            months = sums.setdefault(version, {}).setdefault(kind, {})
        year, month = line.month
        number = year * 12 + month - 1
        months[number] = months[number] + money.amount if number in months else money.amount
    working_capital = _working_capital(cash, currency) if cash else {}

    def series(version: Version) -> Series | None:
        kinds = {kind: months for kind, months in sums.get(version, {}).items() if kind not in BELOW_EBITDA}
        return _series(currency, kinds, working_capital.get(version, {})) if kinds else None

    return Effects(series(Version.PLAN), series(Version.FORECAST), series(Version.ACTUAL))


def _mismatch(one: str, other: str) -> CurrencyMismatch:
    return CurrencyMismatch(f"effects in {one} and {other} need a rate before they are added up")


def with_steady_state(effects: Effects, begins: Period | None) -> Effects:
    """The effects with the month from which their plan is declared to be in steady state."""
    if begins is None or effects.plan is None:
        return effects
    return replace(effects, plan=replace(effects.plan, steady_from=begins.year * 12 + begins.month - 1))


def _working_capital(lines: Iterable[EffectLine], currency: str) -> dict[Version, dict[int, Decimal]]:
    found: dict[Version, dict[int, Decimal]] = {}
    for line in lines:
        if line.money.currency != currency:
            if currency and line.version is Version.PLAN and line.money.amount:
                raise _mismatch(currency, line.money.currency)
            continue
        months = found.setdefault(line.version, {})
        number = line.month.year * 12 + line.month.month - 1
        amount = line.money.amount if line.kind.is_benefit else -line.money.amount
        months[number] = months.get(number, ZERO) + amount
    return found


def _series(
    currency: str, kinds: Mapping[EffectKind, Mapping[int, Decimal]], working_capital: Mapping[int, Decimal]
) -> Series:
    benefit: dict[int, Decimal] = {}
    for kind in BENEFITS:
        for number, amount in kinds.get(kind, {}).items() if benefit else ():
            benefit[number] = benefit[number] + amount if number in benefit else amount
        benefit = benefit or dict(kinds.get(kind, {}))
    own, costs_known = dict(benefit), False
    for kind, months in kinds.items():
        if kind in BENEFITS or kind is EffectKind.LEGACY_COST:
            continue
        costs_known = True
        for number, amount in months.items():
            own[number] = own[number] - amount if number in own else -amount
    legacy = kinds.get(EffectKind.LEGACY_COST, {})
    net: Mapping[int, Decimal] = own
    if legacy:
        net = {month: own.get(month, ZERO) - legacy.get(month, ZERO) for month in sorted({*own, *legacy})}
    return Series(
        currency,
        benefit,
        net,
        costs_known,
        sum(benefit.values(), ZERO),
        sum(net.values(), ZERO),
        own,
        legacy,
        kinds,
        working_capital,
    )
