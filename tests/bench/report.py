"""The figures of a run: a table on the terminal, ``bench/latest.json``, the table in the documentation, and the history."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import psycopg
from rich.table import Table

from connector.store.database.postgres import conninfo
from tests.bench.environment import BenchEnvironment
from tests.bench.figure import Figure, short
from tests.bench.yardsticks import MEANING, Yardstick, YardsticksRead

PAGE = "docs/operating/speed.md"
BEGIN, END = "<!-- bench -->", "<!-- /bench -->"
TARGET_LABELS: Mapping[bool | None, str] = {True: "met", False: "missed", None: ""}


@dataclass(frozen=True, slots=True)
class Run:
    """Where and when the figures come from."""

    machine: str
    date: str
    python: str
    postgresql: str
    revision: str | None
    """The git revision, with a plus sign when files differ from it; None without git."""
    bodies: str
    minutes: float

    @property
    def description(self) -> str:
        revision = f", revision {self.revision}" if self.revision else ""
        return f"{self.machine}, Python {self.python}, PostgreSQL {self.postgresql}{revision}, {self.date}"


def run_of(environment: BenchEnvironment, root: Path, seconds: float, now: datetime) -> Run:
    with psycopg.connect(conninfo(environment.server)) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    return Run(
        f"{os.cpu_count()} cores ({platform.machine()})",
        now.astimezone(UTC).strftime("%Y-%m-%d"),
        platform.python_version(),
        str(row[0]) if row else "unknown",
        _revision(root),
        environment.bodies_text,
        round(seconds / 60, 1),
    )


def table_of(run: Run, figures: Iterable[Figure]) -> Table:
    table = Table("What", "Figure", "In yardsticks", "Bar", "", title=f"Gatepost on {run.description}")
    for figure in figures:
        style = "red" if figure.meets_target is False else ""
        label = TARGET_LABELS[figure.meets_target]
        table.add_row(figure.name, figure.text, figure.ratio_text, figure.target_text, label, style=style)
    return table


def yardsticks_table(read: Mapping[str, YardsticksRead]) -> Table:
    """Each yardstick before and after each line."""
    table = Table("Yardstick", *read, title="Microseconds before → after each line")
    for yardstick in Yardstick:
        cells = (f"{one.before[yardstick] * 1e6:,.0f} → {one.after[yardstick] * 1e6:,.0f}" for one in read.values())
        table.add_row(yardstick.value, *cells)
    return table


def save(
    root: Path,
    run: Run,
    lines: Mapping[str, Sequence[Figure]],
    read: Mapping[str, YardsticksRead] = MappingProxyType({}),
) -> None:
    """Write ``bench/latest.json`` and the documentation's table, and add a line to ``bench/history.jsonl``.

    Raises ValueError when the page has no markers.
    """
    page, folder = root / PAGE, root / "bench"
    text = into_page(page.read_text(), run, [figure for line in lines.values() for figure in line], read)
    folder.mkdir(exist_ok=True)
    stored = as_data(run, lines, read)
    (folder / "latest.json").write_text(json.dumps(stored, indent=1, ensure_ascii=False) + "\n")
    with (folder / "history.jsonl").open("a") as history:
        history.write(json.dumps(stored, ensure_ascii=False) + "\n")
    page.write_text(text)


def as_data(
    run: Run, lines: Mapping[str, Sequence[Figure]], read: Mapping[str, YardsticksRead] = MappingProxyType({})
) -> dict[str, object]:
    """The run with all its figures, each with its line, unit, ratio, target and whether the target is met."""
    figures = [
        {"line": name, **asdict(figure), "by": figure.by_name, "meets_target": figure.meets_target}
        for name, line in lines.items()
        for figure in line
    ]
    yardsticks = {line: {"before": dict(one.before), "after": dict(one.after)} for line, one in read.items()}
    return {**asdict(run), "yardsticks": yardsticks, "figures": figures}


def into_page(
    page: str, run: Run, figures: Iterable[Figure], read: Mapping[str, YardsticksRead] = MappingProxyType({})
) -> str:
    """The page with this run's table between its markers.  Raises ValueError when they are missing."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE} has no {BEGIN} … {END} to put the table between.")
    return f"{before}{BEGIN}\n{_markdown(run, figures, read)}{END}{after}"


def _markdown(run: Run, figures: Iterable[Figure], read: Mapping[str, YardsticksRead]) -> str:
    rows = "".join(
        f"| {figure.name} | {figure.text} | {figure.ratio_text} | {figure.target_text} | "
        f"{TARGET_LABELS[figure.meets_target]} |\n"
        for figure in figures
    )
    head = (
        f"One run of `make bench`: {run.description}; PostgreSQL embedded with its commits on disk, {run.bodies}.\n\n"
    )
    table = f"{head}| what | figure | in yardsticks | bar | |\n| --- | --- | --- | --- | --- |\n{rows}"
    return f"{table}{_markdown_yardsticks(read)}"


def _markdown_yardsticks(read: Mapping[str, YardsticksRead]) -> str:
    """Each yardstick with what it was in this run, least and most; nothing when none was read."""
    if not read:
        return ""
    rows = ""
    for yardstick in Yardstick:
        seconds = sorted(readings[yardstick] * 1e6 for one in read.values() for readings in (one.before, one.after))
        rows += f"| {yardstick.value} | {MEANING[yardstick]} | {short(seconds[0])} to {short(seconds[-1])} µs |\n"
    return f"\n| yardstick | is | in this run |\n| --- | --- | --- |\n{rows}"


def _revision(root: Path) -> str | None:
    try:
        result = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--exclude=*"],
            cwd=root, capture_output=True, text=True, check=False, timeout=30,
        )  # fmt: skip
    except OSError:
        return None
    return result.stdout.strip() or None
