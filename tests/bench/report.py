"""What a run found: a table on the terminal, ``bench/latest.json``, and the table in the README."""

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
from tests.bench.environment import Ground
from tests.bench.figure import Figure

BEGIN, END = "<!-- bench -->", "<!-- /bench -->"
HELD: Mapping[bool | None, str] = {True: "held", False: "missed", None: ""}


@dataclass(frozen=True, slots=True)
class Run:
    """Where and when the figures come from."""

    machine: str
    date: str
    python: str
    postgresql: str
    revision: str | None
    """Of git, with a plus sign when files differ from it; None without git."""
    bodies: str
    minutes: float

    @property
    def told(self) -> str:
        revision = f", revision {self.revision}" if self.revision else ""
        return f"{self.machine}, Python {self.python}, PostgreSQL {self.postgresql}{revision}, {self.date}"


def run_of(ground: Ground, root: Path, seconds: float, now: datetime) -> Run:
    with psycopg.connect(conninfo(ground.server)) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    return Run(
        f"{os.cpu_count()} cores ({platform.machine()})",
        now.astimezone(UTC).strftime("%Y-%m-%d"),
        platform.python_version(),
        str(row[0]) if row else "unknown",
        _revision(root),
        ground.told_bodies,
        round(seconds / 60, 1),
    )


def table_of(run: Run, figures: Iterable[Figure]) -> Table:
    table = Table("What", "Figure", "Bar", "", title=f"Gatepost on {run.told}")
    for figure in figures:
        style = "red" if figure.held is False else ""
        table.add_row(figure.name, figure.shown, figure.bar, HELD[figure.held], style=style)
    return table


def keep(root: Path, run: Run, lines: Mapping[str, Sequence[Figure]]) -> None:
    """Write ``bench/latest.json`` and the README's table.  Raises ValueError when the README has no markers."""
    readme, target = root / "README.md", root / "bench" / "latest.json"
    told = into_readme(readme.read_text(), run, (figure for some in lines.values() for figure in some))
    target.parent.mkdir(exist_ok=True)
    target.write_text(as_json(run, lines))
    readme.write_text(told)


def as_json(run: Run, lines: Mapping[str, Sequence[Figure]]) -> str:
    """The run with all its figures, each with its line, unit, bar and whether that is held."""
    figures = [{"line": line, **asdict(figure), "held": figure.held} for line, some in lines.items() for figure in some]
    return json.dumps({**asdict(run), "figures": figures}, indent=1, ensure_ascii=False) + "\n"


def into_readme(readme: str, run: Run, figures: Iterable[Figure]) -> str:
    """The README with this run's table between its markers.  Raises ValueError when they are missing."""
    before, found, rest = readme.partition(BEGIN)
    _, closed, after = rest.partition(END)
    if not found or not closed:
        raise ValueError(f"The README has no {BEGIN} … {END} to put the table between.")
    return f"{before}{BEGIN}\n{_markdown(run, figures)}{END}{after}"


def _markdown(run: Run, figures: Iterable[Figure]) -> str:
    rows = "".join(f"| {one.name} | {one.shown} | {one.bar} | {HELD[one.held]} |\n" for one in figures)
    head = f"One run of `make bench`: {run.told}; PostgreSQL embedded with its commits on disk, {run.bodies}.\n\n"
    return f"{head}| what | figure | bar | |\n| --- | --- | --- | --- |\n{rows}"


def _revision(root: Path) -> str | None:
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--exclude=*"],
            cwd=root, capture_output=True, text=True, check=False, timeout=30,
        )  # fmt: skip
    except OSError:
        return None
    return done.stdout.strip() or None
