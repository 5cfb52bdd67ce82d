"""How a preview looks on a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mapping.preview import Fate, Row, summary

COLOURS = {Fate.NEW: "green", Fate.CHANGED: "yellow", Fate.SAME: "dim", Fate.DROPPED: "red", Fate.UNMAPPED: "dim"}
SHOWN_VALUE = 100


def print_rows(rows: Sequence[Row]) -> None:
    """One block per item that something would happen to, the others by name only."""
    console = Console(highlight=False, soft_wrap=True)
    for one in rows:
        head = f"[{COLOURS[one.fate]}]{one.fate.value:>8}[/]  [bold]{escape(one.key)}[/] {escape(one.title)}"
        if one.reason:
            console.print(f"{head}: {escape(one.reason)}")
            continue
        console.print(f"{head} · rule {escape(one.rule)} · {escape(one.stage)}, gate {one.gate}")
        for change in one.changes:
            present, wanted = _short(change.present), _short(change.wanted)
            console.print(f"            {escape(str(change.field))}: {present} → [bold]{wanted}[/]")
        for name in one.unreadable:
            console.print(f"            [red]{escape(str(name))} cannot be read, and would not be written[/]")
        for blocker in one.appearing:
            console.print(f"            [yellow]+ {escape(blocker.sentence)}[/]")
        for code in one.vanishing:
            console.print(f"            [green]− {escape(code)}[/]")


def print_summary(rows: Sequence[Row], asked: int) -> None:
    found = summary(rows)
    table = Table("What", "Items", title=f"{asked} item{'' if asked == 1 else 's'}; nothing was written")
    table.columns[1].justify = "right"
    for fate in Fate:
        if found.fates[fate]:
            table.add_row(fate.value, str(found.fates[fate]))
    if asked > len(rows):
        table.add_row("not shown by the tool", str(asked - len(rows)))
    _section(table, "taken by", found.rules)
    _section(table, "would write", found.fields)
    _section(table, "blocker appears", found.appearing)
    _section(table, "blocker vanishes", found.vanishing)
    _section(table, "not mapped", found.reasons)
    Console(highlight=False).print(table)


def _section(table: Table, title: str, counts: Counter[str]) -> None:
    if counts:
        table.add_section()
    for name, count in counts.most_common(20):
        table.add_row(f"{title}: {escape(str(name))}", str(count))


def _short(value: object) -> str:
    text = "–" if value in {None, ""} else " / ".join(str(value).splitlines())
    return escape(text if len(text) <= SHOWN_VALUE else f"{text[: SHOWN_VALUE - 1]}…")
