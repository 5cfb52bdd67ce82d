"""Portfolio figures as pages show them: sentences, names of stages, and the data of the charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from connector.store.reporting.portfolio_filters import Filters
from connector.store.reporting.portfolio_results import Node, Overview, Point, Shown, Sums
from governance.effects import ZERO, Version
from governance.gates import Policy
from governance.hierarchy import NOWHERE
from governance.money import Period
from governance.roll_up import CANCELLED, ON_HOLD
from governance.sums import MONTHS, LeakReason
from webhook_server.formats import Formats

LIGHTS = ("green", "amber", "red", "grey")
BARS = 10
"""Bars of a bridge; the smaller steps are one."""

LEAKS = {
    LeakReason.SCOPE: "Scope",
    LeakReason.DELAY: "Delay",
    LeakReason.PRICE: "Price",
    LeakReason.VOLUME: "Volume",
    LeakReason.OVERLAP: "Overlap",
    LeakReason.CANCELLED: "Cancelled",
    LeakReason.UNSTATED: "No reason given",
}
WORDS = {
    "one_off_benefit": "one-off benefit",
    "recurring_cost": "recurring cost",
    "one_off_cost": "one-off cost",
    "ebitda": "EBITDA",
}
"""Kinds and accounts as people write them; the others are words already."""

BRIDGES = {"cause": "By cause", "stage": "By stage", "place": "By place"}


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
class Step:
    """One bar of a bridge: a name, what it adds or takes, and the filters that it leads to."""

    name: str
    amount: Decimal
    query: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Bridge:
    plan: Decimal
    steps: tuple[Step, ...]
    forecast: Decimal


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """One stage of the funnel; ``apart`` are the off-ramps, which are no stage."""

    key: str
    label: str
    sums: Sums
    share: Decimal
    apart: bool


def sentence(sums: Sums, shown: Shown, formats: Formats) -> str:
    """The page's answer: how many stand at a shut gate, and what waits behind them this fiscal year."""
    if not sums.measures:
        return "There is no measure here."
    number, total = formats.number(sums.shut), formats.number(sums.measures)
    of = f"{total} measure" if sums.measures == 1 else f"{total} measures"
    if not sums.shut:
        return f"No gate is shut: {'the one measure' if sums.measures == 1 else f'all {of}'} may move on."
    stand, behind = ("stands", "it") if sums.shut == 1 else ("stand", "them")
    amount = f"{formats.short(sums.waiting or ZERO)} {shown.currency}"
    return f"{number} of {of} {stand} at a shut gate; {amount} of this year's benefit waits behind {behind}."


def labels(policy: Policy | None) -> dict[str, str]:
    """What stages and off-ramps are called, in their order."""
    stages = {stage.key: stage.label for stage in policy.stages} if policy else {}
    return {"": "None yet", **stages, ON_HOLD: "On hold", CANCELLED: "Cancelled"}


def funnel(overview: Overview, names: Mapping[str, str]) -> tuple[FunnelRow, ...]:
    """Every stage in its order, also an empty one; a stage of an earlier policy comes after the others."""
    order = [*(key for key in names if key not in {ON_HOLD, CANCELLED})]
    order += [key for key in overview.steps if key not in names]
    order += [ON_HOLD, CANCELLED]
    whole = overview.total.run_rate_plan or ZERO
    rows = []
    for key in order:
        sums = overview.steps.get(key, EMPTY)
        share = (sums.run_rate_plan or ZERO) / whole if whole else ZERO
        if sums.measures or (key in names and key not in {"", ON_HOLD, CANCELLED}):
            rows.append(FunnelRow(key, names.get(key, key), sums, share, key in {ON_HOLD, CANCELLED}))
    return tuple(rows)


EMPTY = Sums(0, 0, 0, 0, 0, *([None] * 18))


def bridge(overview: Overview, by: str, names: Mapping[str, str]) -> Bridge:
    """From the planned run-rate to the forecast one; what nobody has forecast is a step of its own."""
    total = overview.total
    if by == "stage":
        order = [*(key for key in names if key in overview.steps), *(key for key in overview.steps if key not in names)]
        steps = [Step(names.get(key, key), overview.steps[key].step, {"stage": key or NOWHERE}) for key in order]
    elif by == "place":
        steps = [_place_step(node) for node in overview.programs]
        steps.sort(key=lambda step: -abs(step.amount))
    else:
        steps = [Step(LEAKS[reason], -amount) for reason, amount in overview.leaks.items()]
    kept = [step for step in steps if step.amount]
    if len(kept) > BARS:
        rest = kept[BARS - 1 :]
        kept = [*kept[: BARS - 1], Step(f"{len(rest)} others", sum((step.amount for step in rest), ZERO))]
    if total.unforecast:
        kept.append(Step("Not forecast yet", -total.unforecast))
    return Bridge(total.run_rate_plan or ZERO, tuple(kept), total.run_rate_forecast or ZERO)


def _place_step(node: Node) -> Step:
    query = Filters().at(node.path).query
    return Step(node.name or NOWHERE, node.sums.step, query)


def floor_of(shown: Bridge) -> Decimal:
    """Where the axis of a bridge begins: above zero when its steps would be too small to see, and then it is said."""
    levels = [shown.plan, shown.forecast]
    for step in shown.steps:
        levels.append((levels[-1] if len(levels) > 2 else shown.plan) + step.amount)
    least, most = min(levels), max(levels)
    if least <= 0 or most - least >= most / 2:
        return min(ZERO, least)
    room = Decimal(10) ** (max(most.adjusted(), 1) - 1)
    return max((least - (most - least) * 2 / 5) // room * room, ZERO)


def bridge_chart(shown: Bridge, currency: str, formats: Formats) -> dict[str, Any]:
    bars: list[dict[str, Any]] = [{"name": "Plan", "from": 0, "to": _float(shown.plan), "kind": "total"}]
    level = shown.plan
    for step in shown.steps:
        following = level + step.amount
        kind = "gain" if step.amount > 0 else "loss"
        bars.append({"name": step.name, "from": _float(level), "to": _float(following), "kind": kind})
        level = following
    bars.append({"name": "Forecast", "from": 0, "to": _float(shown.forecast), "kind": "total"})
    return {"unit": currency, "locale": _tag(formats), "floor": _float(floor_of(shown)), "bars": bars}


def funnel_chart(rows: Sequence[FunnelRow], currency: str, formats: Formats) -> dict[str, Any]:
    return {
        "unit": currency,
        "locale": _tag(formats),
        "rows": [
            {
                "name": row.label,
                "plan": _float(row.sums.run_rate_plan),
                "forecast": _float(row.sums.run_rate_forecast),
                "apart": row.apart,
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


def curve(points: Sequence[Point]) -> tuple[CurveRow, ...]:
    """Every month from the first to the last, also one in which nothing happens."""
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
        until = {version: there is not None and month <= there for version, there in last.items()}
        total = {version: running[version] if until[version] else None for version in Version}
        rows.append(CurveRow(month, {version: net.get(version) for version in Version}, total))
    return tuple(rows)


def curve_chart(rows: Sequence[CurveRow], shown: Shown, formats: Formats) -> dict[str, Any]:
    return {
        "unit": shown.currency,
        "locale": _tag(formats),
        "months": [formats.month(row.month) for row in rows],
        "series": {version.value: [_float_or_none(row.total[version]) for row in rows] for version in Version},
        "today": _place(rows, Period.of(formats.now.date())),
        "years": [
            {"at": place, "name": f"FY {row.month.year}"}
            for place, row in enumerate(rows)
            if row.month.month == shown.fiscal_year_start
        ],
    }


def year_end(rows: Sequence[CurveRow], shown: Shown) -> CurveRow | None:
    """The row of the present fiscal year's last month."""
    last = Period(shown.year, shown.fiscal_year_start).plus(MONTHS - 1)
    return next((row for row in rows if row.month == last), None)


def heat(measures: int, most: int) -> int:
    """0 for none to 4 for the fullest cells: how strongly a cell of the matrix is shaded."""
    return 0 if not measures or not most else min(4, 1 + int(4 * measures / most) if measures < most else 4)


def days_since(moment: datetime | None, now: datetime) -> int | None:
    return None if moment is None else max((now - moment).days, 0)


def pairs(names: Sequence[str], nowhere: str) -> list[tuple[str, str]]:
    """Names for a choice: value and text; what nobody has stated has a name of its own."""
    return [(name or nowhere, name or nowhere) for name in names]


def staged(stages: Mapping[str, str], nowhere: str) -> list[tuple[str, str]]:
    """Stages for a choice."""
    return [(key or nowhere, label) for key, label in stages.items()]


def same(values: Sequence[StrEnum]) -> list[tuple[str, str]]:
    """An enumeration for a choice, in words."""
    return [(one.value, WORDS.get(one.value, one.value)) for one in values]


def rest(filters: Filters, name: str) -> dict[str, str]:
    """The other filters."""
    return filters.without(name).query


def _place(rows: Sequence[CurveRow], month: Period) -> int | None:
    return next((place for place, row in enumerate(rows) if row.month == month), None)


def _float(amount: Decimal | None) -> float:
    """For drawing only; what is read stands in the table."""
    return round(float(amount or ZERO), 2)


def _float_or_none(amount: Decimal | None) -> float | None:
    return None if amount is None else _float(amount)


def _tag(formats: Formats) -> str:
    return str(formats.locale).replace("_", "-")
