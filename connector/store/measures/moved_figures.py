"""How a measure's own figures moved: what its verdicts said at the end of each of the last months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection, text

from connector.store.reporting.movement import MONTHS, FigureMovement
from governance.money import Money, Period
from governance.verdict import Verdict

NAMES = ("plan", "forecast", "actual", "claimed", "validated", "unvalidated", "at_completion", "variance")
"""Figures of a verdict that have a movement."""


def moved_figures(
    connection: Connection, measure: str, verdict: Verdict, now: datetime
) -> Mapping[str, FigureMovement]:
    """By the figure's name; a month in which it was in another currency, or not known, is no point."""
    months = [Period.of(now.date()).plus(number) for number in range(-MONTHS, 0)]
    ends = {_end(month): month for month in months}
    rows = connection.execute(_FIGURES, {"measure": measure, "ends": list(ends)}).all()
    found = {ends[row.at]: row.figures for row in rows}
    moved = {}
    for name in NAMES:
        present = getattr(verdict.figures, name)
        if isinstance(present, Money):
            values = {month: _amount(figures.get(name), present.currency) for month, figures in found.items()}
            moved[name] = _movement(months, values, present.amount)
    return {name: one for name, one in moved.items() if one is not None}


def _movement(
    months: Sequence[Period], values: Mapping[Period, Decimal | None], present: Decimal
) -> FigureMovement | None:
    known = [value for month in months if (value := values.get(month)) is not None]
    if not known:
        return None
    return FigureMovement(months[-1], values.get(months[-1]), (*known, present))


def _amount(stored: object, currency: str) -> Decimal | None:
    match stored:
        case {"amount": amount, "currency": of} if of == currency:
            return Decimal(str(amount))
    return None


def _end(month: Period) -> datetime:
    first = month.plus(1).first_day
    return datetime(first.year, first.month, 1, tzinfo=UTC) - timedelta(microseconds=1)


_FIGURES = text("""
    SELECT e.at, held.figures
    FROM unnest(CAST(:ends AS timestamptz[])) AS e (at)
    CROSS JOIN LATERAL (SELECT v.verdict -> 'figures' AS figures FROM verdict_version AS v
                        WHERE v.measure_id = :measure AND v.known_from <= e.at
                        ORDER BY v.known_from DESC, v.id DESC LIMIT 1) AS held
    ORDER BY e.at
""")
