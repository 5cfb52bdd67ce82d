"""The figures of a run: a table on the terminal, ``bench/latest.json``, and the table in the documentation."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from rich.table import Table

from connector.store.database.postgres import conninfo
from tests.bench.environment import BenchEnvironment
from tests.bench.figure import Figure

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
    table = Table("What", "Figure", "Target", "", title=f"Gatepost on {run.description}")
    for figure in figures:
        style = "red" if figure.meets_target is False else ""
        table.add_row(figure.name, figure.text, figure.target, TARGET_LABELS[figure.meets_target], style=style)
    return table


def save(root: Path, run: Run, lines: Mapping[str, Sequence[Figure]]) -> None:
    """Write ``bench/latest.json`` and the documentation's table.  Raises ValueError when the page has no markers."""
    page, target = root / PAGE, root / "bench" / "latest.json"
    text = into_page(page.read_text(), run, (figure for line in lines.values() for figure in line))
    target.parent.mkdir(exist_ok=True)
    target.write_text(as_json(run, lines))
    page.write_text(text)


def as_json(run: Run, lines: Mapping[str, Sequence[Figure]]) -> str:
    """The run with all its figures, each with its line, unit, target and whether the target is met."""
    figures = [
        {"line": name, **asdict(figure), "meets_target": figure.meets_target}
        for name, line in lines.items()
        for figure in line
    ]
    return json.dumps({**asdict(run), "figures": figures}, indent=1, ensure_ascii=False) + "\n"


def into_page(page: str, run: Run, figures: Iterable[Figure]) -> str:
    """The page with this run's table between its markers.  Raises ValueError when they are missing."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE} has no {BEGIN} … {END} to put the table between.")
    return f"{before}{BEGIN}\n{_markdown(run, figures)}{END}{after}"


def _markdown(run: Run, figures: Iterable[Figure]) -> str:
    rows = "".join(
        f"| {figure.name} | {figure.text} | {figure.target} | {TARGET_LABELS[figure.meets_target]} |\n"
        for figure in figures
    )
    head = (
        f"One run of `make bench`: {run.description}; PostgreSQL embedded with its commits on disk, {run.bodies}.\n\n"
    )
    return f"{head}| what | figure | target | |\n| --- | --- | --- | --- |\n{rows}"


def _revision(root: Path) -> str | None:
    try:
        result = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--exclude=*"],
            cwd=root, capture_output=True, text=True, check=False, timeout=30,
        )  # fmt: skip
    except OSError:
        return None
    return result.stdout.strip() or None
