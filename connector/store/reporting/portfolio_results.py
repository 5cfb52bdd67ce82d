"""Results of the portfolio's queries: sums, parts of the hierarchy, curves, and the settings behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from governance.effects import ZERO, Version
from governance.money import Period
from governance.roll_up import LEFT_OUT
from governance.sums import LeakReason


@dataclass(frozen=True, slots=True)
class PortfolioSums:
    """The figures of many measures, in the reporting currency; ``None`` where no measure has such a figure."""

    measures: int
    excluded: int
    """Measures without a rate for their currency: counted, but in no amount."""
    held_up: int
    red_implementation: int
    red_potential: int
    plan: Decimal | None
    forecast: Decimal | None
    actual: Decimal | None
    at_completion: Decimal | None
    variance: Decimal | None
    in_year_plan: Decimal | None
    in_year_forecast: Decimal | None
    in_year_actual: Decimal | None
    run_rate_plan: Decimal | None
    run_rate_forecast: Decimal | None
    unforecast_run_rate: Decimal | None
    carry_over: Decimal | None
    leakage: Decimal | None
    gross_benefit: Decimal | None
    weighted_pipeline: Decimal | None
    cash: Decimal | None
    avoidance: Decimal | None
    held_up_benefit: Decimal | None

    @property
    def run_rate_change(self) -> Decimal:
        """From the planned run-rate to the forecast one, of the measures that have a forecast."""
        return -(self.leakage or ZERO)


@dataclass(frozen=True, slots=True)
class HierarchySums:
    """One place of the hierarchy with what lies under it."""

    path: tuple[str, ...]
    sums: PortfolioSums

    @property
    def name(self) -> str:
        return self.path[-1]


@dataclass(frozen=True, slots=True)
class PortfolioOverview:
    """One part of the portfolio, added up in all the ways that its page shows."""

    total: PortfolioSums
    leakage_by_reason: Mapping[LeakReason, Decimal]
    """Planned run-rate that is no longer forecast, by reason."""
    children: tuple[HierarchySums, ...]
    """What lies directly under the filtered part of the hierarchy, by name."""
    programs: tuple[HierarchySums, ...]
    """The programs when no part of the hierarchy is filtered; else the same as the children."""
    by_stage: Mapping[str, PortfolioSums]
    """By stage, with ``on_hold``, ``cancelled`` and ``without_value``; the empty text is before the first stage."""
    by_status: Mapping[tuple[str, str], PortfolioSums]
    """By implementation and potential status."""

    @property
    def left_out(self) -> Mapping[str, PortfolioSums]:
        """What no other sum here counts: cancelled, and closed without value."""
        return {step: self.by_stage[step] for step in LEFT_OUT if step in self.by_stage}


@dataclass(frozen=True, slots=True)
class FilterChoices:
    """Names to choose from; the empty text is what nobody has stated."""

    portfolios: tuple[str, ...]
    programs: tuple[str, ...]
    legal_entities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Net of one month, by version."""

    month: Period
    net: dict[Version, Decimal]


@dataclass(frozen=True, slots=True)
class FigureSettings:
    """The settings that figures were calculated with, and how old the figures are."""

    currency: str
    fiscal_year_start: int
    year: int
    refreshed_at: datetime


@dataclass(frozen=True, slots=True)
class RebuildProgress:
    """All figures are being made anew."""

    reason: str
    done: int
    total: int
    started_at: datetime
