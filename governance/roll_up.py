"""One measure's part of every total, in the reporting currency: what the roll-ups are made of.

The sums are those of :mod:`governance.sums`, so that the parts of any set of measures add up to what
:func:`governance.portfolio.figures` says of the same measures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from governance import sums
from governance.effects import RECURRING, ZERO, Account, EffectLine, Version, sum_up
from governance.facts import Unknown
from governance.hierarchy import RollUpMeasure
from governance.latest_estimate import latest_estimate
from governance.money import Period
from governance.rates import MissingRate, Rates
from governance.sums import MONTHS, LeakReason

CANCELLED = "cancelled"
ON_HOLD = "on_hold"
WITHOUT_VALUE = "without_value"
LEFT_OUT = (CANCELLED, WITHOUT_VALUE)
"""Steps that no headline total counts: nothing comes of them any more.  They are shown beside, with count and sum."""


@dataclass(frozen=True, slots=True)
class RollUpSettings:
    """What every figure depends on; other settings make other figures."""

    currency: str
    fiscal_year_start: int
    year: int
    """First calendar year of the fiscal year that *in-year* means."""
    weights: Mapping[str, Decimal]
    """Share of the benefit that the risk-weighted pipeline counts, by stage."""

    @property
    def first_month(self) -> Period:
        return Period(self.year, self.fiscal_year_start)

    @property
    def last_month(self) -> Period:
        return self.first_month.plus(MONTHS - 1)


@dataclass(frozen=True, slots=True)
class MonthlyFigures:
    """What one month of one version brings.  Net is recurring + one-off; avoidance and cash stand apart."""

    version: Version
    month: Period
    recurring: Decimal = ZERO
    one_off: Decimal = ZERO
    avoidance: Decimal = ZERO
    cash: Decimal = ZERO
    """Working capital and other effects that are cash but no result."""


@dataclass(frozen=True, slots=True)
class MeasureFigures:
    """A measure's figures, all in one currency; ``None`` where a series has no line."""

    net: Mapping[Version, Decimal]
    """Net of all costs over all years; a version without a line is absent."""
    in_year: Mapping[Version, Decimal]
    run_rate: Mapping[Version, Decimal]
    completion: Decimal | None
    variance: Decimal | None
    """At completion − plan."""
    leakage: Decimal | None
    """Planned run-rate − forecast run-rate; ``None`` without a forecast."""
    reason: LeakReason
    carry_over: Decimal
    gross: Decimal
    pipeline: Decimal
    cash: Decimal
    avoidance: Decimal
    benefit: Decimal
    """This fiscal year's benefit before costs: as forecast, or as planned where nothing is forecast."""
    months: tuple[MonthlyFigures, ...]


def measure_figures(measure: RollUpMeasure, settings: RollUpSettings, rates: Rates) -> MeasureFigures | MissingRate:
    """A measure's figures; one that cannot be converted whole has none, and the missing rate says why."""
    lines = _converted(measure.lines, settings.currency, rates)
    if isinstance(lines, MissingRate):
        return lines
    year, start = settings.year, settings.fiscal_year_start
    effects = sum_up(lines)
    series = {Version.PLAN: effects.plan, Version.FORECAST: effects.forecast, Version.ACTUAL: effects.actual}
    net = {
        version: versions_series.total_net()
        for version, versions_series in series.items()
        if versions_series is not None
    }
    estimate = latest_estimate(effects, None)
    completion = None if isinstance(estimate, Unknown) else estimate.at_completion
    reason = LeakReason.of(measure.reason)
    # As in governance.portfolio: a measure counts as forecast when it has any forecast line, of whatever account.
    forecast = any(line.version is Version.FORECAST for line in lines)
    gross = sums.gross(lines, Version.PLAN)
    return MeasureFigures(
        net=net,
        in_year={version: sums.in_year(lines, version, year, start) for version in Version},
        run_rate={version: sums.run_rate(lines, version) for version in (Version.PLAN, Version.FORECAST)},
        completion=completion,
        variance=completion - net[Version.PLAN] if completion is not None and Version.PLAN in net else None,
        leakage=sums.leakage(lines, reason).amount if forecast else None,
        reason=reason,
        carry_over=sums.carry_over(lines, Version.PLAN, year, start),
        gross=gross,
        pipeline=sums.pipeline([(measure.stage, gross)], settings.weights),
        cash=sums.cash(lines, Version.PLAN),
        avoidance=sums.avoidance(lines, Version.PLAN),
        benefit=_benefit(lines, Version.FORECAST if forecast else Version.PLAN, settings),
        months=_months(lines),
    )


def funnel_step(stage: str | None, off_ramp: str | None, *, without_value: bool = False) -> str:
    """Where a measure stands in the funnel: its stage, or how it left; empty before the first stage."""
    if off_ramp is None:
        return WITHOUT_VALUE if without_value else stage or ""
    return CANCELLED if off_ramp == CANCELLED else ON_HOLD


def _converted(lines: Iterable[EffectLine], currency: str, rates: Rates) -> tuple[EffectLine, ...] | MissingRate:
    converted = []
    for line in lines:
        converted_money = rates.convert(line.money, currency, line.month)
        if isinstance(converted_money, MissingRate):
            return converted_money
        converted.append(line if converted_money.rate is None else replace(line, money=converted_money.money))
    return tuple(converted)


def _benefit(lines: Iterable[EffectLine], version: Version, settings: RollUpSettings) -> Decimal:
    first, last = settings.first_month, settings.last_month
    return sums.gross((line for line in lines if first <= line.month <= last), version)


def _months(lines: Iterable[EffectLine]) -> tuple[MonthlyFigures, ...]:
    converted_money: dict[tuple[Version, int], dict[str, Decimal]] = {}
    for line in lines:
        month_number = line.month.year * 12 + line.month.month - 1
        month = converted_money.setdefault((line.version, month_number), {})
        name = _column(line)
        month[name] = month.get(name, ZERO) + sums.signed(line)
    return tuple(
        MonthlyFigures(version, Period(month_number // 12, month_number % 12 + 1), **amounts)
        for (version, month_number), amounts in sorted(converted_money.items())
    )


def _column(line: EffectLine) -> str:
    match line.account:
        case Account.CASH:
            return "cash"
        case Account.AVOIDANCE:
            return "avoidance"
    return "recurring" if line.kind in RECURRING else "one_off"
