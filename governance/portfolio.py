"""The figures of many measures in one currency: what a CFO asks for, with what is left out.

Each measure is converted and summed on its own, and the sums are added up: a run-rate of a portfolio is the sum of
its measures' run-rates, because each reaches its steady month at a time of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from governance.definitions.leakage import LeakReason
from governance.effects import ZERO
from governance.hierarchy import RollUpMeasure
from governance.left_out import LeftOut
from governance.measure_figures import measure_figures
from governance.rates import MissingRate, Rates
from governance.roll_up import AMOUNTS, Amounts, MeasureFigures, RollUpSettings

OPEN_AMOUNTS = ("pipeline", "delayed_benefit", "claimed", "validated", "unvalidated")
"""Amounts of all measures that have not ended, whether committed totals hold them or not."""


@dataclass(frozen=True, slots=True)
class LeftOutSum:
    """Measures that the totals do not hold: how many, and their amounts as far as they can be converted."""

    measures: int
    amounts: Amounts


@dataclass(frozen=True, slots=True)
class PortfolioFigures:
    """Sums in the reporting currency over the measures that committed totals hold."""

    settings: RollUpSettings
    measures: int
    amounts: Amounts
    """Those of :data:`OPEN_AMOUNTS` are of every measure that has not ended, committed or not."""
    run_rate_losses: Mapping[LeakReason, Decimal]
    in_year_losses: Mapping[LeakReason, Decimal]
    left_out: Mapping[LeftOut, LeftOutSum]
    missing_rates: Mapping[str, MissingRate]
    """Measure id to the first rate that it lacks."""


def figures(entries: Iterable[RollUpMeasure], settings: RollUpSettings, rates: Rates) -> PortfolioFigures:
    """Add everything up; a measure that cannot be converted whole is left out whole and named."""
    made = [(entry.id, measure_figures(entry, settings, rates)) for entry in entries]
    counted = [figures for _, figures in made if figures.left_out is None]
    beside = {
        reason: [figures for _, figures in made if figures.left_out is reason]
        for reason in LeftOut
        if any(figures.left_out is reason for _, figures in made)
    }
    return PortfolioFigures(
        settings=settings,
        measures=len(counted),
        amounts=replace(added(counted), **_open_amounts(figures for _, figures in made)),
        run_rate_losses=_by_reason(figures.run_rate_losses for figures in counted),
        in_year_losses=_by_reason(figures.in_year_losses for figures in counted),
        left_out={reason: LeftOutSum(len(found), added(found)) for reason, found in beside.items()},
        missing_rates={measure: figures.missing for measure, figures in made if figures.missing is not None},
    )


def _open_amounts(parts: Iterable[MeasureFigures]) -> dict[str, Decimal]:
    sums = added(parts)
    return {name: getattr(sums, name) or ZERO for name in OPEN_AMOUNTS}


def added(parts: Iterable[MeasureFigures]) -> Amounts:
    """Name by name; ``None`` where no measure has such a figure."""
    sums: dict[str, Decimal] = {}
    for part in parts:
        for name in AMOUNTS:
            amount = getattr(part.amounts, name)
            if amount is not None:
                sums[name] = sums.get(name, ZERO) + amount
    return Amounts(**sums)


def _by_reason(losses: Iterable[Mapping[LeakReason, Decimal]]) -> dict[LeakReason, Decimal]:
    sums: dict[LeakReason, Decimal] = {}
    for found in losses:
        for reason, amount in found.items():
            sums[reason] = sums.get(reason, ZERO) + amount
    return {reason: sums[reason] for reason in LeakReason if sums.get(reason)}
