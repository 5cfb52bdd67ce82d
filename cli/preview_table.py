"""A preview as a table on a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.moving_back import moves_text
from governance.verdict import gate_text
from mapping.existing_breaches import STATUS
from mapping.preview import ItemPreview, PreviewOutcome, summarise

COLOURS = {
    PreviewOutcome.NEW: "green",
    PreviewOutcome.CHANGED: "yellow",
    PreviewOutcome.UNCHANGED: "dim",
    PreviewOutcome.DROPPED: "red",
    PreviewOutcome.UNMAPPED: "dim",
}
MAX_VALUE_LENGTH = 100


def print_rows(rows: Sequence[ItemPreview]) -> None:
    """One block per item that would change; the others by name only."""
    console = Console(highlight=False, soft_wrap=True)
    for row in rows:
        head = f"[{COLOURS[row.outcome]}]{row.outcome.value:>8}[/]  [bold]{escape(row.key)}[/] {escape(row.title)}"
        if row.reason:
            console.print(f"{head}: {escape(row.reason)}")
            continue
        console.print(f"{head} · rule {escape(row.rule)} · {escape(row.stage)}, gate {gate_text(row.gate)}")
        for change in row.changes:
            current, target = _shortened(change.present), _shortened(change.target)
            console.print(f"            {escape(str(change.field))}: {current} → [bold]{target}[/]")
        for name in row.unreadable:
            console.print(f"            [red]{escape(str(name))} cannot be read, and would not be written[/]")
        for blocker in row.new_blockers:
            console.print(f"            [yellow]+ {escape(blocker.sentence)}[/]")
        for code in row.removed_blockers:
            console.print(f"            [green]− {escape(code)}[/]")


def print_summary(rows: Sequence[ItemPreview], requested: int) -> None:
    summary = summarise(rows)
    table = Table("What", "Items", title=f"{requested} item{'' if requested == 1 else 's'}; nothing was written")
    table.columns[1].justify = "right"
    for outcome in PreviewOutcome:
        if summary.outcomes[outcome]:
            table.add_row(outcome.value, str(summary.outcomes[outcome]))
    if requested > len(rows):
        table.add_row("not shown by the tool", str(requested - len(rows)))
    _section(table, "matched by", summary.rules)
    _section(table, "would write", summary.fields)
    _section(table, "new blocker", summary.new_blockers)
    _section(table, "removed blocker", summary.removed_blockers)
    _section(table, "not mapped", summary.reasons)
    Console(highlight=False).print(table)
    moved = sum(any(change.field == STATUS for change in row.changes) for row in rows)
    if moved:
        typer.echo(moves_text(moved))


def _section(table: Table, title: str, counts: Counter[str]) -> None:
    if counts:
        table.add_section()
    for name, count in counts.most_common(20):
        table.add_row(f"{title}: {escape(str(name))}", str(count))


def _shortened(value: object) -> str:
    text = "–" if value in {None, ""} else " / ".join(str(value).splitlines())
    return escape(text if len(text) <= MAX_VALUE_LENGTH else f"{text[: MAX_VALUE_LENGTH - 1]}…")
