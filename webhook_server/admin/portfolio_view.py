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
    HierarchySums,
    PortfolioOverview,
    PortfolioSums,
)
from governance.effects import ZERO, Version
from governance.gates import Policy
from governance.hierarchy import NOT_STATED
from governance.money import Period
from governance.roll_up import CANCELLED, LEFT_OUT, ON_HOLD, WITHOUT_VALUE
from governance.sums import MONTHS, LeakReason
from webhook_server.formats import Formats

STATUS_COLOURS = ("green", "amber", "red", "grey")
MAX_BRIDGE_STEPS = 10
"""Bars of a bridge; smaller steps are added up in one."""

LEAKAGE_LABELS = {
    LeakReason.SCOPE: "Scope",
    LeakReason.DELAY: "Delay",
    LeakReason.PRICE: "Price",
    LeakReason.VOLUME: "Volume",
    LeakReason.OVERLAP: "Overlap",
    LeakReason.CANCELLED: "Cancelled",
    LeakReason.UNSTATED: "No reason given",
}
KIND_LABELS = {
    "one_off_benefit": "one-off benefit",
    "recurring_cost": "recurring cost",
    "one_off_cost": "one-off cost",
    "ebitda": "EBITDA",
}
"""Labels of kinds and accounts that differ from their values."""

BRIDGE_LABELS = {"cause": "By cause", "stage": "By stage", "hierarchy": "By program"}


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
class BridgeStep:
    """One bar of a bridge: a name, the amount that it adds or subtracts, and the filters of its link."""

    name: str
    amount: Decimal
    query: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Bridge:
    plan: Decimal
    steps: tuple[BridgeStep, ...]
    forecast: Decimal


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
    amount = f"{formats.short(sums.held_up_benefit or ZERO)} {figures.currency}"
    return f"{number} of {of} {is_} held up at a gate, and {amount} of this year's benefit with {it}."


def stage_labels(policy: Policy | None) -> dict[str, str]:
    """Labels of stages and off-ramps, in their order."""
    stages = {stage.key: stage.label for stage in policy.stages} if policy else {}
    return {"": "None yet", **stages, ON_HOLD: "On hold", CANCELLED: "Cancelled", WITHOUT_VALUE: "Closed without value"}


def funnel(overview: PortfolioOverview, names: Mapping[str, str]) -> tuple[FunnelRow, ...]:
    """Every stage in order, also empty ones; stages of an earlier policy come last."""
    order = [*(key for key in names if key not in {ON_HOLD, *LEFT_OUT})]
    order += [key for key in overview.by_stage if key not in names]
    order += [ON_HOLD, *LEFT_OUT]
    total = overview.total.run_rate_plan or ZERO
    rows = []
    for key in order:
        sums = overview.by_stage.get(key, NO_SUMS)
        share = (sums.run_rate_plan or ZERO) / total if total else ZERO
        if sums.measures or (key in names and key not in {"", ON_HOLD, *LEFT_OUT}):
            rows.append(FunnelRow(key, names.get(key, key), sums, share, key in {ON_HOLD, *LEFT_OUT}))
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class BesideRow:
    """Measures that no total of the page counts: cancelled, or closed without value."""

    key: str
    label: str
    sums: PortfolioSums


def beside(overview: PortfolioOverview, filters: PortfolioFilters) -> tuple[BesideRow, ...]:
    """What is left out of the totals, unless the page is filtered to it."""
    if filters.stage in LEFT_OUT:
        return ()
    names = {CANCELLED: "cancelled", WITHOUT_VALUE: "closed without value"}
    return tuple(BesideRow(step, names[step], sums) for step, sums in overview.left_out.items())


NO_SUMS = PortfolioSums(0, 0, 0, 0, 0, *([None] * 18))


def bridge(overview: PortfolioOverview, by: str, names: Mapping[str, str]) -> Bridge:
    """From the planned run-rate to the forecast run-rate; what is not forecast yet is a step of its own."""
    total = overview.total
    if by == "stage":
        order = [
            *(key for key in names if key in overview.by_stage and key not in LEFT_OUT),
            *(key for key in overview.by_stage if key not in names),
        ]
        steps = [
            BridgeStep(names.get(key, key), overview.by_stage[key].run_rate_change, {"stage": key or NOT_STATED})
            for key in order
        ]
    elif by == "hierarchy":
        steps = [_hierarchy_step(node) for node in overview.programs]
        steps.sort(key=lambda step: -abs(step.amount))
    else:
        steps = [BridgeStep(LEAKAGE_LABELS[reason], -amount) for reason, amount in overview.leakage_by_reason.items()]
    shown = [step for step in steps if step.amount]
    if len(shown) > MAX_BRIDGE_STEPS:
        rest = shown[MAX_BRIDGE_STEPS - 1 :]
        shown = [
            *shown[: MAX_BRIDGE_STEPS - 1],
            BridgeStep(f"{len(rest)} others", sum((step.amount for step in rest), ZERO)),
        ]
    if total.unforecast_run_rate:
        shown.append(BridgeStep("Not forecast yet", -total.unforecast_run_rate))
    return Bridge(total.run_rate_plan or ZERO, tuple(shown), total.run_rate_forecast or ZERO)


def _hierarchy_step(node: HierarchySums) -> BridgeStep:
    query = PortfolioFilters().at_path(node.path).query
    return BridgeStep(node.name or NOT_STATED, node.sums.run_rate_change, query)


def axis_minimum(figures: Bridge) -> Decimal:
    """Where the axis of a bridge begins: above zero when its steps would be too small to see; the caption says so."""
    levels = [figures.plan, figures.forecast]
    for step in figures.steps:
        levels.append((levels[-1] if len(levels) > 2 else figures.plan) + step.amount)
    least, most = min(levels), max(levels)
    if least <= 0 or most - least >= most / 2:
        return min(ZERO, least)
    room = Decimal(10) ** (max(most.adjusted(), 1) - 1)
    return max((least - (most - least) * 2 / 5) // room * room, ZERO)


def bridge_chart(figures: Bridge, currency: str, formats: Formats) -> dict[str, Any]:
    bars: list[dict[str, Any]] = [{"name": "Plan", "from": 0, "to": _float(figures.plan), "kind": "total"}]
    level = figures.plan
    for step in figures.steps:
        following = level + step.amount
        kind = "gain" if step.amount > 0 else "loss"
        bars.append({"name": step.name, "from": _float(level), "to": _float(following), "kind": kind})
        level = following
    bars.append({"name": "Forecast", "from": 0, "to": _float(figures.forecast), "kind": "total"})
    return {"unit": currency, "locale": _locale_tag(formats), "minimum": _float(axis_minimum(figures)), "bars": bars}


def funnel_chart(rows: Sequence[FunnelRow], currency: str, formats: Formats) -> dict[str, Any]:
    return {
        "unit": currency,
        "locale": _locale_tag(formats),
        "rows": [
            {
                "name": row.label,
                "plan": _float(row.sums.run_rate_plan),
                "forecast": _float(row.sums.run_rate_forecast),
                "offRamp": row.is_off_ramp,
            }
            for row in rows
        ],
    }


@dataclass(frozen=True, slots=True)
class CurveRow:
    """Cumulative net up to and with a month; ``None`` after the last month that a version has."""

    month: Period
    net: Mapping[Version, Decimal | None]
    total: Mapping[Version, Decimal | None]


def curve(points: Sequence[CurvePoint]) -> tuple[CurveRow, ...]:
    """Every month from the first to the last, also months without amounts."""
    if not points:
        return ()
    by_month = {point.month: point.net for point in points}
    last = {version: max((p.month for p in points if version in p.net), default=None) for version in Version}
    running = dict.fromkeys(Version, ZERO)
    rows = []
    for month in points[0].month.until(points[-1].month):
        net = by_month.get(month, {})
        for version in Version:
            running[version] += net.get(version, ZERO)
        until = {version: end is not None and month <= end for version, end in last.items()}
        total = {version: running[version] if until[version] else None for version in Version}
        rows.append(CurveRow(month, {version: net.get(version) for version in Version}, total))
    return tuple(rows)


def curve_chart(rows: Sequence[CurveRow], figures: FigureSettings, formats: Formats) -> dict[str, Any]:
    return {
        "unit": figures.currency,
        "locale": _locale_tag(formats),
        "months": [formats.month(row.month) for row in rows],
        "series": {version.value: [_float_or_none(row.total[version]) for row in rows] for version in Version},
        "today": _row_index(rows, Period.of(formats.now.date())),
        "years": [
            {"at": index, "name": f"FY {row.month.year}"}
            for index, row in enumerate(rows)
            if row.month.month == figures.fiscal_year_start
        ],
    }


def year_end_row(rows: Sequence[CurveRow], figures: FigureSettings) -> CurveRow | None:
    """The row of the present fiscal year's last month."""
    last = Period(figures.year, figures.fiscal_year_start).plus(MONTHS - 1)
    return next((row for row in rows if row.month == last), None)


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
