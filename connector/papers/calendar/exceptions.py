"""The exception mail: what is in breach, stopped or unexplained; nothing is sent while nothing is."""

from __future__ import annotations

from datetime import timedelta

from connector.papers.calendar.paper import Paper, PaperBasis
from connector.papers.deck.decisions import decisions_asked
from connector.papers.words import count, day, money
from connector.store.reporting.figures_history import figures_at
from connector.store.reporting.steering_rows import SteeringRow, SteeringRows

MOST = 30
"""Exceptions that the message names."""


def exception_mail(basis: PaperBasis) -> Paper:
    """Raises NoFigures."""
    report, subject = basis.report, basis.subject
    currency = report.figures.currency
    at = report.on.at if report.on is not None else None
    connection = report.connection if at is None else figures_at(report.connection, at)
    today = (at or report.made_at).date()
    rows = [row for row in SteeringRows(connection, basis.viewer, subject.filters).due_by(today) if row.is_escalated]
    if not rows:
        return Paper(basis.title, "", nothing="nothing is in breach, stopped or unexplained")
    before = _escalated_before(basis)
    new = [row for row in rows if row.measure.id not in before]
    asked = {one.measure: one for one in decisions_asked(rows, today, currency)}
    begin = (
        f"{count(len(rows), 'measure')} {'needs' if len(rows) == 1 else 'need'} a decision, {len(new):,} of them new."
    )
    lines = [begin, report.as_of, *basis.sources.warnings]
    for row in sorted(rows, key=lambda row: row.measure.id in before)[:MOST]:
        measure, one = row.measure, asked.get(row.measure.id)
        mark = "" if measure.id in before else "new: "
        lines += ["", f"- {mark}{measure.key} {measure.title or 'without a title'}: {_why(row)}"]
        if one is not None:
            stake = f", at stake {money(one.stake, currency)}" if one.stake else ""
            lines.append(f"  {one.question} Decides: {one.who}, by {day(one.deadline)}{stake}.")
        lines.append(f"  {basis.address}/measures/{measure.id}")
    if len(rows) > MOST:
        lines += ["", f"- and {len(rows) - MOST:,} more: {basis.report_address}"]
    return Paper(f"{basis.title}: {count(len(rows), 'exception')}", "\n".join([*lines, *basis.foot]))


def _escalated_before(basis: PaperBasis) -> frozenset[str]:
    """Which were there at the cut-off before."""
    before = basis.subject.before
    rows = SteeringRows(figures_at(basis.report.connection, before), basis.viewer, basis.subject.filters)
    return frozenset(row.measure.id for row in rows.due_by((before - timedelta(days=1)).date()) if row.is_escalated)


def _why(row: SteeringRow) -> str:
    parts = []
    if row.stopped:
        parts.append(f"stopped by the kill switch: {row.stopped}")
    if row.is_breach:
        parts.append(f"the work went past the gate {row.next_label}".rstrip())
    if row.waits_for_reason:
        parts.append(f"{row.deviation or 'past its tolerance'}, and no reason is given")
    return "; ".join(parts)
