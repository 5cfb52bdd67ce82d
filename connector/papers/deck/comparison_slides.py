"""What changed since an earlier day, as slides."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from connector.papers.comparison import ComparedTotals, Comparison
from connector.papers.deck.model import Cell, Chart, Column, Paragraph, Slide, Table, Text, Tone, amounts_column
from connector.papers.deck.stacked_bars import stacked_bars
from connector.papers.words import amount, count, signed
from governance.effects import ZERO


def comparison_slides(of: Comparison) -> Iterator[Slide]:
    """A bridge of each figure, and the measures that moved it most."""
    for totals in of.totals:
        yield _bridge(of, totals)
    if of.notes:
        yield Slide("What is not compared", (Text(tuple(Paragraph(note) for note in of.notes)),))


def _bridge(of: Comparison, totals: ComparedTotals) -> Slide:
    title = f"Since {of.earlier}: {totals.figure.label}, latest estimate"
    steps: list[tuple[str, Decimal | None, Decimal]] = [(str(of.earlier), None, totals.before)]
    steps += [(kind.label, change, ZERO) for kind, change in totals.changes.items() if change]
    steps.append((str(of.later), None, totals.after))
    chart: Chart = stacked_bars(of.currency, steps)
    rows = [
        (Cell(f"As known on {of.earlier}", Tone.STRONG), Cell(amount(totals.before), Tone.STRONG)),
        *((Cell(kind.label), Cell(signed(change))) for kind, change in totals.changes.items()),
        (Cell(f"As known on {of.later}", Tone.STRONG), Cell(amount(totals.after), Tone.STRONG)),
    ]
    table = Table((Column("Step", 1.3), amounts_column(of.currency, 1.2)), tuple(rows))
    if not totals.measures:
        return Slide(title, (chart, table, Text((Paragraph("No measure changed.", Tone.MUTED, 13),))))
    columns = (Column("Measure", 3), amounts_column("Change", 1.2), Column("Because of", 3))
    named = tuple(
        (
            Cell(f"{one.key} {one.title}"),
            Cell(signed(one.total)),
            Cell("; ".join(f"{kind.label} {signed(part)}" for kind, part in one.parts.items())),
        )
        for one in totals.measures
    )
    head = f"{count(totals.changed, 'measure')} changed; the largest changes:"
    return Slide(title, (chart, table, Text((Paragraph(head, Tone.STRONG, 14),)), Table(columns, named, 11)))
