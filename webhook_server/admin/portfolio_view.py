"""Portfolio figures as pages show them: sentences, labels of stages, and the data of the charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from connector.store.reporting.portfolio_filters import PortfolioFilters
from connector.store.reporting.portfolio_results import (
    CurvePoint,
    FigureSettings,
    PortfolioOverview,
    PortfolioSums,
)
from governance.definitions.report import WORDS
from governance.definitions.years import FiscalYear
from governance.effects import ZERO, Version
from governance.gates import Policy
from governance.left_out import ENDED, ON_HOLD, LeftOut
from governance.money import Period
from webhook_server.formats import Formats

STATUS_COLOURS = ("green", "amber", "red", "grey")
KIND_LABELS = {
    "one_off_benefit": "one-off benefit",
    "recurring_cost": "recurring cost",
    "one_off_cost": "one-off cost",
    "legacy_cost": "legacy cost",
    "ebitda": "EBITDA",
}
"""Labels of kinds and accounts that differ from their values."""

VERSION_LABELS = {Version.PLAN: "Plan", Version.FORECAST: "Latest estimate", Version.ACTUAL: "Actual"}
"""Series by month as people read them: the forecast is shown as the latest estimate that is made of it."""

TILE_NAMES = {
    name: WORDS[name].heading.replace(", EBITDA effect", "").replace(", in the steady month", "")
    for name in (
        "in_year_plan", "in_year_estimate", "in_year_actual", "run_rate_plan", "run_rate_estimate",
        "carry_over_estimate", "pipeline", "claimed", "validated", "unvalidated",
    )
}  # fmt: skip
"""What a tile is called; the note below it says of what the figure is."""

LEFT_OUT_LABELS = {
    LeftOut.LEFT: "Left the mapping",
    LeftOut.CANCELLED: "Cancelled",
    LeftOut.WITHOUT_VALUE: "Closed without value",
    LeftOut.NO_RATE: "Exchange rate missing",
    LeftOut.NOT_COMMITTED: "Not committed yet",
    LeftOut.NOT_GOVERNABLE: "Not governable",
    LeftOut.NO_PLAN: "Without a plan",
    LeftOut.NO_FORECAST: "Without a forecast",
}


@dataclass(frozen=True, slots=True)
class Scale:
    """The unit in which a table shows its amounts."""

    unit: str
    factor: Decimal

    @classmethod
    def of(cls, currency: str, *amounts: Decimal | None) -> Scale:
        """Thousands once a figure would have more than eight digits."""
        largest = max((abs(amount) for amount in amounts if amount is not None), default=ZERO)
        return cls(f"k {currency}", Decimal(1000)) if largest >= 10**8 else cls(currency, Decimal(1))

    def __call__(self, amount: Decimal | None) -> Decimal | None:
        return None if amount is None else amount / self.factor


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """One stage of the funnel, or an off-ramp, which is no stage."""

    key: str
    label: str
    sums: PortfolioSums
    share: Decimal
    is_off_ramp: bool


def summary_sentence(sums: PortfolioSums, figures: FigureSettings, formats: Formats) -> str:
    """The page's summary: how many measures are held up at a gate, and the benefit that waits this fiscal year."""
    if not sums.measures:
        return "There is no measure here."
    number, total = formats.number(sums.held_up), formats.number(sums.measures)
    of = f"{total} measure" if sums.measures == 1 else f"{total} measures"
    if not sums.held_up:
        return f"Nothing is held up at a gate: {'the one measure' if sums.measures == 1 else f'all {of}'} can go on."
    is_, it = ("is", "it") if sums.held_up == 1 else ("are", "them")
    amount = f"{formats.short(sums.amounts.delayed_benefit or ZERO)} {figures.currency}"
    return f"{number} of {of} {is_} held up at a gate, and {amount} of benefit still to come this year with {it}."


def stage_labels(policy: Policy | None) -> dict[str, str]:
    """Labels of stages and off-ramps, in their order."""
    stages = {stage.key: stage.label for stage in policy.stages} if policy else {}
    return {"": "None yet", **stages, ON_HOLD: "On hold", **{step: LEFT_OUT_LABELS[LeftOut(step)] for step in ENDED}}


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


@dataclass(frozen=True, slots=True)
class LeftOutRow:
    """Measures that the totals do not hold, for one reason."""

    reason: LeftOut
    label: str
    sums: PortfolioSums


def left_out_rows(overview: PortfolioOverview, filters: PortfolioFilters) -> tuple[LeftOutRow, ...]:
    """What the totals of the page do not hold; nothing where just that is asked for."""
    if filters.left_out is not None or filters.stage in ENDED:
        return ()
    return tuple(LeftOutRow(reason, LEFT_OUT_LABELS[reason], sums) for reason, sums in overview.left_out.items())


NO_SUMS = PortfolioSums()


def funnel_chart(rows: Sequence[FunnelRow], currency: str, formats: Formats) -> dict[str, Any]:
    return {
        "unit": currency,
        "locale": _locale_tag(formats),
        "rows": [
            {
                "name": row.label,
                "plan": _float(row.sums.amounts.run_rate_plan),
                "estimate": _float(row.sums.amounts.run_rate_estimate),
                "offRamp": row.is_off_ramp,
            }
            for row in rows
        ],
    }


@dataclass(frozen=True, slots=True)
class CurveRow:
    """EBITDA effect of a month, and up to and with it; ``None`` after the last month that a version has."""

    month: Period
    ebitda: Mapping[Version, Decimal | None]
    total: Mapping[Version, Decimal | None]


def curve(points: Sequence[CurvePoint]) -> tuple[CurveRow, ...]:
    """Every month from the first to the last, also months without amounts."""
    if not points:
        return ()
    by_month = {point.month: point.ebitda for point in points}
    last = {version: max((p.month for p in points if version in p.ebitda), default=None) for version in Version}
    running = dict.fromkeys(Version, ZERO)
    rows = []
    for month in points[0].month.until(points[-1].month):
        amounts = by_month.get(month, {})
        for version in Version:
            running[version] += amounts.get(version, ZERO)
        until = {version: end is not None and month <= end for version, end in last.items()}
        total = {version: running[version] if until[version] else None for version in Version}
        rows.append(CurveRow(month, {version: amounts.get(version) for version in Version}, total))
    return tuple(rows)


def curve_chart(rows: Sequence[CurveRow], figures: FigureSettings, formats: Formats) -> dict[str, Any]:
    return {
        "unit": figures.currency,
        "locale": _locale_tag(formats),
        "months": [formats.month(row.month) for row in rows],
        "series": {version.value: [_float_or_none(row.total[version]) for row in rows] for version in Version},
        "today": _row_index(rows, Period.of(formats.now.date())),
        "years": [
            {"at": index, "name": FiscalYear(row.month, figures.year.named_by).label}
            for index, row in enumerate(rows)
            if row.month.month == figures.year.first.month
        ],
    }


def year_end_row(rows: Sequence[CurveRow], figures: FigureSettings) -> CurveRow | None:
    """The row of the present fiscal year's last month."""
    return next((row for row in rows if row.month == figures.year.last), None)


def shade(measures: int, maximum: int) -> int:
    """0 (none) to 4 (most): how strongly a cell of the matrix is shaded."""
    return 0 if not measures or not maximum else min(4, 1 + int(4 * measures / maximum) if measures < maximum else 4)


def days_since(moment: datetime | None, now: datetime) -> int | None:
    return None if moment is None else max((now - moment).days, 0)


def name_choices(names: Sequence[str], not_stated: str) -> list[tuple[str, str]]:
    """Names for a choice: value and text; an empty name is shown as not stated."""
    return [(name or not_stated, name or not_stated) for name in names]


def stage_choices(stages: Mapping[str, str], not_stated: str) -> list[tuple[str, str]]:
    """Stages for a choice."""
    return [(key or not_stated, label) for key, label in stages.items()]


def enum_choices(values: Sequence[StrEnum]) -> list[tuple[str, str]]:
    """An enumeration for a choice, with its labels."""
    return [(member.value, KIND_LABELS.get(member.value, member.value)) for member in values]


def other_filters(filters: PortfolioFilters, name: str) -> dict[str, str]:
    """The filters without the named one."""
    return filters.without(name).query


def _row_index(rows: Sequence[CurveRow], month: Period) -> int | None:
    return next((index for index, row in enumerate(rows) if row.month == month), None)


def _float(amount: Decimal | None) -> float:
    """For charts only; the table shows the exact amount."""
    return round(float(amount or ZERO), 2)


def _float_or_none(amount: Decimal | None) -> float | None:
    return None if amount is None else _float(amount)


def _locale_tag(formats: Formats) -> str:
    return str(formats.locale).replace("_", "-")
