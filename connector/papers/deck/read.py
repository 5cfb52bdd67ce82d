"""What a deck is made of, read for one reader, one part and one day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from connector.measures.known_on import KnownOn
from connector.papers.comparison import compare
from connector.papers.deck.contents import GATE_DAYS, DeckFigures
from connector.papers.deck.status import StatusThresholds
from connector.papers.report import Report
from connector.papers.source_lines import SourceLines
from connector.store.reporting.figures_history import figures_at
from connector.store.reporting.steering_rows import SteeringRows
from governance.constant_currency import RatesView
from governance.gates import Thresholds

TOP_VARIANCES = 40


def deck_figures(
    report: Report,
    thresholds: Thresholds,
    sources: SourceLines,
    *,
    compared_to: KnownOn | None = None,
    report_id: str = "",
) -> DeckFigures:
    """Raises NoFigures when nothing was calculated by that day, NotComparable for a day that cannot be compared."""
    figures = report.figures
    at = report.on.at if report.on is not None else None
    today = (report.on.at if report.on is not None else report.made_at).date()
    connection = report.connection if at is None else figures_at(report.connection, at)
    steering = SteeringRows(connection, report.viewer, report.filters)
    return DeckFigures(
        organization=report.organization,
        heading=_heading(report, sources.lines, compared_to),
        warnings=sources.warnings,
        report_id=report_id,
        today=today,
        figures=figures,
        overview=report.overview,
        months=report.months,
        stages=report.stages,
        variances=report.lists.measures("variance", limit=TOP_VARIANCES).rows,
        steering=steering.due_by(today + timedelta(days=GATE_DAYS)),
        thresholds=StatusThresholds(thresholds.potential_green, thresholds.potential_amber),
        comparison=compare(report, compared_to) if compared_to is not None else None,
    )


def _heading(report: Report, sources: Sequence[str], compared_to: KnownOn | None) -> tuple[str, ...]:
    figures = report.figures
    rates = "the rates of each decision" if report.view is RatesView.BUDGET else "the rates of their months"
    part = ", ".join(f"{label}: {value}" for label, value in report.filters.labels)
    lines = [
        report.as_of,
        f"Part: {part}." if part else "The whole portfolio, as far as the reader may see it.",
        f"Amounts in {figures.currency}, at {rates}; {figures.year.label}; months are closed up to {figures.closed}.",
    ]
    if compared_to is not None:
        lines.append(f"Compared with what was known on {compared_to}.")
    return (*lines, *sources)
