"""Results of the portfolio's queries: sums, parts of the hierarchy, curves, and the settings behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from governance import constant_currency
from governance.definitions.leakage import LeakReason
from governance.definitions.years import FiscalYear
from governance.effects import ZERO, Version
from governance.left_out import LeftOut
from governance.money import Period
from governance.roll_up import Amounts


@dataclass(frozen=True, slots=True)
class PortfolioSums:
    """Many measures: counts are of all that have not ended, amounts of those that committed totals hold."""

    measures: int = 0
    counted: int = 0
    """Measures that the amounts are of."""
    held_up: int = 0
    red_implementation: int = 0
    red_potential: int = 0
    amounts: Amounts = field(default_factory=Amounts)
    """In the reporting currency; of the pipeline, delayed benefit and unvalidated value, the amounts of all
    measures that have not ended."""


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
    run_rate_losses: Mapping[LeakReason, Decimal]
    """Planned run-rate that the latest estimate does not have any more, by reason."""
    in_year_losses: Mapping[LeakReason, Decimal]
    """The same of the fiscal year's EBITDA effect."""
    children: tuple[HierarchySums, ...]
    """What lies directly under the filtered part of the hierarchy, by name."""
    programs: tuple[HierarchySums, ...]
    """The programs when no part of the hierarchy is filtered; else the same as the children."""
    by_stage: Mapping[str, PortfolioSums]
    """By stage, with ``on_hold`` and how measures ended, whether totals hold them or not; the empty text is before the
    first stage."""
    counted_by_stage: Mapping[str, PortfolioSums]
    """The same of what totals hold."""
    by_status: Mapping[tuple[str, str], PortfolioSums]
    """By implementation and potential status."""

    left_out: Mapping[LeftOut, PortfolioSums]
    """What the amounts do not hold, by reason: with it, the measures of the total and those that have ended are all."""


@dataclass(frozen=True, slots=True)
class FilterChoices:
    """Names to choose from; the empty text is what nobody has stated."""

    portfolios: tuple[str, ...]
    programs: tuple[str, ...]
    legal_entities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """EBITDA effect and cash effect of one month: plan, latest estimate (``forecast``) and actual."""

    month: Period
    ebitda: dict[Version, Decimal]
    cash: dict[Version, Decimal]
    ebitda_fx: dict[Version, Decimal] = field(default_factory=dict)
    """The part that exchange rates made since the decision."""
    cash_fx: dict[Version, Decimal] = field(default_factory=dict)

    def in_constant_currency(self) -> CurvePoint:
        """The same month at the rates of each decision."""
        return CurvePoint(self.month, _without(self.ebitda, self.ebitda_fx), _without(self.cash, self.cash_fx))


@dataclass(frozen=True, slots=True)
class FigureSettings:
    """The settings that figures were calculated with, and how old the figures are."""

    currency: str
    year: FiscalYear
    closed: Period
    """The last month that was over; a legal entity that closes months here has its own."""
    committed_from: str
    """Key of the stage from which totals count a measure."""
    refreshed_at: datetime


@dataclass(frozen=True, slots=True)
class RebuildProgress:
    """All figures are being made anew."""

    reason: str
    done: int
    total: int
    started_at: datetime


def in_constant_currency(overview: PortfolioOverview) -> PortfolioOverview:
    """The same sums at the rates of each decision."""
    return replace(
        overview,
        total=_constant(overview.total),
        children=tuple(HierarchySums(node.path, _constant(node.sums)) for node in overview.children),
        programs=tuple(HierarchySums(node.path, _constant(node.sums)) for node in overview.programs),
        by_stage={key: _constant(sums) for key, sums in overview.by_stage.items()},
        counted_by_stage={key: _constant(sums) for key, sums in overview.counted_by_stage.items()},
        by_status={key: _constant(sums) for key, sums in overview.by_status.items()},
        left_out={key: _constant(sums) for key, sums in overview.left_out.items()},
    )


def _without(amounts: Mapping[Version, Decimal], effects: Mapping[Version, Decimal]) -> dict[Version, Decimal]:
    return {version: amount - effects.get(version, ZERO) for version, amount in amounts.items()}


def _constant(sums: PortfolioSums) -> PortfolioSums:
    return replace(sums, amounts=constant_currency.in_constant_currency(sums.amounts))
