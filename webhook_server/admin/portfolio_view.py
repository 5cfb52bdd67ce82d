"""Portfolio figures as pages show them: sentences, labels of stages, and the data of the charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from connector.papers.bridge import LEAKAGE_LABELS
from connector.papers.curve import CurveRow
from connector.papers.funnel import FunnelRow
from connector.store.reporting.portfolio_filters import PortfolioFilters
from connector.store.reporting.portfolio_results import (
    FigureSettings,
    PortfolioOverview,
    PortfolioSums,
)
from connector.store.reporting.validated_months import ValidatedMonth
from governance.definitions.report import WORDS
from governance.definitions.years import FiscalYear
from governance.effects import ZERO, Version
from governance.left_out import ENDED, LEFT_OUT_LABELS, LeftOut
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

TILE_NAMES = {
    name: WORDS[name].heading.replace(", EBITDA effect", "").replace(", in the steady month", "")
    for name in (
        "in_year_plan", "in_year_estimate", "in_year_actual", "run_rate_plan", "run_rate_estimate",
        "carry_over_estimate", "pipeline", "claimed", "validated", "unvalidated",
    )
}  # fmt: skip
"""What a tile is called; the note below it says of what the figure is."""


PART_NAMES = (
    {name: words.heading for name, words in WORDS.items()}
    | {f"leak_{reason.value}": f"Loss of run-rate: {label.lower()}" for reason, label in LEAKAGE_LABELS.items()}
    | {f"year_leak_{reason.value}": f"Loss in-year: {label.lower()}" for reason, label in LEAKAGE_LABELS.items()}
    | TILE_NAMES
    | {"in_year_rest": "In-year: not compared", "run_rate_rest": "Run-rate: not compared"}
)
"""Every amount that a list of measures can be made of."""


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
class ValidatedRow:
    """What is signed of a month of the curve; the sum up to it is ``None`` after the last month that has any."""

    amount: Decimal | None
    total: Decimal | None
    measures: int


def validated_rows(rows: Sequence[CurveRow], signed: Mapping[Period, ValidatedMonth]) -> tuple[ValidatedRow, ...]:
    """For each month of the curve, and what was signed of months before it in the first."""
    last, running, found = max(signed, default=None), ZERO, []
    for number, row in enumerate(rows):
        months = [month for month in signed if month == row.month or (not number and month < row.month)]
        amount = sum((signed[month].amount for month in months), ZERO)
        running += amount
        reached = last is not None and row.month <= last
        measures = sum(signed[month].measures for month in months)
        found.append(ValidatedRow(amount if months else None, running if reached else None, measures))
    return tuple(found)


def curve_chart(
    rows: Sequence[CurveRow], validated: Sequence[ValidatedRow], figures: FigureSettings, formats: Formats
) -> dict[str, Any]:
    return {
        "unit": figures.currency,
        "locale": _locale_tag(formats),
        "months": [formats.month(row.month) for row in rows],
        "series": {version.value: [_float_or_none(row.total[version]) for row in rows] for version in Version}
        | {"validated": [_float_or_none(row.total) for row in validated]},
        "today": _row_index(rows, Period.of(formats.now.date())),
        "years": [
            {"at": index, "name": FiscalYear(row.month, figures.year.named_by).label}
            for index, row in enumerate(rows)
            if row.month.month == figures.year.first.month
        ],
    }


@dataclass(frozen=True, slots=True)
class Tile:
    """A key figure: of what it is, how it stands against its target, and how it moved."""

    name: str
    note: str
    target: str = ""
    """The amount that it is held against."""
    target_label: str = ""


TILES = (
    Tile("in_year_plan", "net EBITDA effect, {year}"),
    Tile("in_year_estimate", "net EBITDA effect, {year}", "in_year_plan", "plan"),
    Tile("in_year_actual", "net EBITDA effect, booked in {year}", "in_year_plan", "plan"),
    Tile("run_rate_plan", "net recurring EBITDA, full year"),
    Tile("run_rate_estimate", "net recurring EBITDA, full year", "run_rate_plan", "plan"),
    Tile("carry_over_estimate", "net recurring EBITDA, into {following}"),
    Tile("pipeline", "weighted run-rate of open stages, full year"),
    Tile("claimed", "net effect booked, all years"),
    Tile("validated", "signed by the controllers, all years", "claimed", "claimed"),
    Tile("unvalidated", "signed by nobody, all years"),
)


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
