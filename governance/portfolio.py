"""The figures of many measures in one currency: what a CFO asks for, with what they lack.

Each measure is converted and summed on its own, and the sums are added up: a run-rate of a portfolio is the sum of
its measures' run-rates, because each reaches its steady state in a month of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from governance import sums
from governance.effects import ZERO, Version
from governance.hierarchy import RollUpMeasure
from governance.rates import MissingRate, Rates
from governance.roll_up import LEFT_OUT
from governance.sums import LeakReason


@dataclass(frozen=True, slots=True)
class Beside:
    """Measures of which nothing comes any more: how many, and what was planned of them, net of all costs."""

    measures: int
    plan: Decimal


@dataclass(frozen=True, slots=True)
class PortfolioFigures:
    """Sums in the reporting currency; ``left_out`` are measures with a line that has no rate."""

    currency: str
    year: int
    in_year: Mapping[Version, Decimal]
    """Net of all costs, in the fiscal year."""
    run_rate: Mapping[Version, Decimal]
    """Annualised, recurring only; plan and forecast."""
    carry_over: Decimal
    """What the plan brings in the next year on top of this one."""
    leakage: Mapping[LeakReason, Decimal]
    """Planned run-rate that is no longer forecast, by reason; only of measures that have a forecast."""
    pipeline: Decimal
    """Risk-weighted gross plan."""
    gross: Decimal
    cash: Decimal
    avoidance: Decimal
    left_out: Mapping[str, MissingRate] = field(default_factory=dict)
    """Measure id to the first rate that it lacks."""
    beside: Mapping[str, Beside] = field(default_factory=dict)
    """Cancelled measures, and those closed without value: in none of the sums above."""


def figures(
    entries: Iterable[RollUpMeasure],
    currency: str,
    rates: Rates,
    year: int,
    *,
    fiscal_year_start: int = 1,
    weights: Mapping[str, Decimal],
) -> PortfolioFigures:
    """Add everything up; a measure that cannot be converted whole is left out whole and named."""
    whole: list[RollUpMeasure] = []
    left_out: dict[str, MissingRate] = {}
    beside: dict[str, Beside] = {}
    for entry in entries:
        converted = _in(entry, currency, rates)
        if isinstance(converted, MissingRate):
            left_out[entry.id] = converted
        elif entry.step in LEFT_OUT:
            before = beside.get(entry.step, Beside(0, ZERO))
            net = sums.net(converted.lines, Version.PLAN)
            beside[entry.step] = Beside(before.measures + 1, before.plan + net)
        else:
            whole.append(converted)
    leaks = [
        sums.leakage(entry.lines, LeakReason.of(entry.reason))
        for entry in whole
        if any(line.version is Version.FORECAST for line in entry.lines)
    ]
    return PortfolioFigures(
        currency=currency,
        year=year,
        in_year={
            version: sum((sums.in_year(entry.lines, version, year, fiscal_year_start) for entry in whole), ZERO)
            for version in Version
        },
        run_rate={
            version: sum((sums.run_rate(entry.lines, version) for entry in whole), ZERO)
            for version in (Version.PLAN, Version.FORECAST)
        },
        carry_over=sum((sums.carry_over(e.lines, Version.PLAN, year, fiscal_year_start) for e in whole), ZERO),
        leakage={reason: amount for reason, amount in sums.by_reason(leaks).items() if amount},
        pipeline=sums.pipeline(((entry.stage, sums.gross(entry.lines, Version.PLAN)) for entry in whole), weights),
        gross=sum((sums.gross(entry.lines, Version.PLAN) for entry in whole), ZERO),
        cash=sum((sums.cash(entry.lines, Version.PLAN) for entry in whole), ZERO),
        avoidance=sum((sums.avoidance(entry.lines, Version.PLAN) for entry in whole), ZERO),
        left_out=left_out,
        beside=beside,
    )


def _in(entry: RollUpMeasure, currency: str, rates: Rates) -> RollUpMeasure | MissingRate:
    lines = []
    for line in entry.lines:
        converted = rates.convert(line.money, currency, line.month)
        if isinstance(converted, MissingRate):
            return converted
        lines.append(line if converted.rate is None else replace(line, money=converted.money))
    return replace(entry, lines=tuple(lines))
