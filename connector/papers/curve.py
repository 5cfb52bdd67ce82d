"""The S-curve: EBITDA effect by month and added up, the same for page and papers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from connector.store.reporting.portfolio_results import CurvePoint, FigureSettings
from governance.effects import ZERO, Version
from governance.money import Period

VERSION_LABELS = {Version.PLAN: "Plan", Version.FORECAST: "Latest estimate", Version.ACTUAL: "Actual"}
"""Series by month as people read them: the forecast is shown as the latest estimate that is made of it."""

NO_MONTHS = "There are no months here: of a day of the past they are kept by program, for who sees all of it."


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


def year_end_row(rows: Sequence[CurveRow], figures: FigureSettings) -> CurveRow | None:
    """The row of the present fiscal year's last month."""
    return next((row for row in rows if row.month == figures.year.last), None)
