"""The pipeline by stage, the same for page and papers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from connector.store.reporting.portfolio_results import PortfolioOverview, PortfolioSums
from governance.effects import ZERO
from governance.left_out import ENDED, ON_HOLD

NO_SUMS = PortfolioSums()


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """One stage of the funnel, or an off-ramp, which is no stage."""

    key: str
    label: str
    sums: PortfolioSums
    share: Decimal
    is_off_ramp: bool


def funnel(overview: PortfolioOverview, names: Mapping[str, str]) -> tuple[FunnelRow, ...]:
    """Every stage in order, also empty ones; stages of an earlier policy come last."""
    order = [*(key for key in names if key not in {ON_HOLD, *ENDED})]
    order += [key for key in overview.by_stage if key not in names]
    order += [ON_HOLD, *ENDED]
    total = sum((_run_rate(sums) for key, sums in overview.by_stage.items() if key not in ENDED), ZERO)
    rows = []
    for key in order:
        sums = overview.by_stage.get(key, NO_SUMS)
        share = _run_rate(sums) / total if total and key not in ENDED else ZERO
        if sums.measures or (key in names and key not in {"", ON_HOLD, *ENDED}):
            rows.append(FunnelRow(key, names.get(key, key), sums, share, key in {ON_HOLD, *ENDED}))
    return tuple(rows)


def _run_rate(sums: PortfolioSums) -> Decimal:
    return sums.amounts.run_rate_plan or ZERO
