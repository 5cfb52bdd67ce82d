"""The weekly digest: what changed, what is due next, who has not reported, and the recipient's own open tasks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from connector.measures.known_on import KnownOn
from connector.notify.digest import compose_digest
from connector.papers.calendar.paper import Paper, PaperBasis
from connector.papers.comparison import compare
from connector.papers.deck.read import deck_figures
from connector.papers.deck.status import status_sentence
from connector.papers.report import NoFigures
from connector.papers.words import day, money, signed
from connector.store.reporting.steering_rows import SteeringRow
from connector.timestamp import timestamp_text
from governance.comparison import ChangeKind
from governance.verdict import GateState

AHEAD = timedelta(days=14)
MOST = 10
"""Gates and escalations that the message names."""


def weekly_digest(basis: PaperBasis) -> Paper:
    """Raises NoFigures."""
    figures = deck_figures(
        basis.report, basis.active.policies.base.thresholds, basis.sources, report_id=basis.report_id
    )
    sentence, _ = status_sentence(figures.overview, figures.figures, figures.thresholds)
    lines = [sentence, *figures.heading[:1], *figures.warnings, *_changes(basis)]
    until = basis.now.date() + AHEAD
    held = [row for row in figures.steering if GateState(row.measure.gate).holds_up]
    due = [row for row in figures.steering if row not in held and row.gate_due and row.gate_due <= until]
    lines += _gates("Held up at a gate", held, basis)
    lines += _gates(f"Gates due until {day(until)}", due, basis)
    escalated = [row for row in figures.steering if row.is_escalated]
    if escalated:
        lines += ["", f"Escalated: {', '.join(row.measure.key for row in escalated[:MOST])}"]
    lines += basis.unreported_lines
    own = compose_digest(basis.work, basis.address) if basis.work is not None else None
    if own is not None:
        lines += ["", own.body]
    return Paper(basis.title, "\n".join([*lines, *basis.foot]))


def _changes(basis: PaperBasis) -> list[str]:
    """Latest estimates against those of the cut-off before."""
    before = basis.subject.before
    try:
        found = compare(basis.report, KnownOn(before, timestamp_text(before)))
    except NoFigures as error:
        return ["", f"What changed in the week is not known: {error}"]
    lines = ["", f"Since {found.earlier}, latest estimate in {found.currency}:"]
    for total in found.totals:
        moved = total.after - total.before
        lines.append(
            f"- {total.figure.label}: {money(total.after, found.currency)}"
            + (f" ({signed(moved)}; {_parts(total.changes)})" if moved else ", as before")
        )
        lines += [f"    {one.key} {one.title}: {signed(one.total)}" for one in total.measures[:3]]
    return [*lines, *(f"- {note}" for note in found.notes)]


def _parts(changes: Mapping[ChangeKind, Decimal]) -> str:
    return ", ".join(f"{kind.value} {signed(amount)}" for kind, amount in changes.items() if amount)


def _gates(heading: str, rows: list[SteeringRow], basis: PaperBasis) -> list[str]:
    if not rows:
        return []
    lines = ["", f"{heading} ({len(rows):,})"]
    for row in rows[:MOST]:
        missing = "; ".join(one.reason for one in row.blockers[:2]) or row.next_state.label.lower()
        lines.append(f"- {row.measure.key} {row.measure.title or ''}: {row.next_label or 'gate'}, {missing}")
        lines.append(f"  {basis.address}/measures/{row.measure.id}")
    return [*lines, f"- and {len(rows) - MOST:,} more"] if len(rows) > MOST else lines
