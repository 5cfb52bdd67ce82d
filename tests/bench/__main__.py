"""``make bench``: every line of the speed table, measured in one run.

``python -m tests.bench`` runs all of it and writes ``bench/latest.json`` and the README's table; with names
(``python -m tests.bench door drain``) it runs these and writes nothing.  Absolute figures are of this machine; a ratio
compares two things measured one after the other in the same run.  Each module's docstring says how it measures.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import structlog
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tests.bench.calls import calls
from tests.bench.drain import drain
from tests.bench.environment import OWN, Ground, Scale, bodies
from tests.bench.figure import Figure
from tests.bench.flow import PARTS as FLOW
from tests.bench.flow import flow
from tests.bench.growth import PARTS as GROWTH
from tests.bench.growth import growth
from tests.bench.pure import pure
from tests.bench.report import keep, run_of, table_of
from tests.bench.start import start
from tests.bench.webhook_endpoint import door
from tests.conftest import ROOT

Found: TypeAlias = dict[str, list[Figure]]


def _alone(name: str, line: Callable[[Ground], list[Figure]]) -> Callable[[Ground, Collection[str]], Found]:
    return lambda ground, parts: {name: line(ground)}


GROUPS: Mapping[tuple[str, ...], Callable[[Ground, Collection[str]], Found]] = {
    ("pure",): _alone("pure", pure),
    ("start",): _alone("start", start),
    ("door",): _alone("door", door),
    ("drain",): _alone("drain", drain),
    tuple(FLOW): flow,
    ("calls",): _alone("calls", calls),
    GROWTH: growth,
}
"""The lines in the order of the table; those of one group share what is dear to set up."""
LINES = tuple(name for group in GROUPS for name in group)


def measured(ground: Ground, names: Sequence[str], began: Callable[[str], None]) -> Found:
    """The figures of some lines, or of all without a name; ``began`` hears of each group."""
    found: Found = {}
    for group, run in GROUPS.items():
        parts = [name for name in group if not names or name in names]
        if parts:
            began(", ".join(parts))
            found |= run(ground, parts)
    return found


def main(names: Sequence[str], root: Path = ROOT, scale: Scale | None = None) -> None:
    """Measure, show, and write what a whole run found.  Raises SystemExit for a name that is none."""
    wrong = sorted(set(names) - set(LINES))
    if wrong:
        raise SystemExit(f"There is no line {', '.join(wrong)}. There are: {', '.join(LINES)}")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    console, started = Console(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="gatepost-bench-", ignore_cleanup_errors=True) as folder:
        bar = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=console, transient=True,
        )  # fmt: skip
        showing: AbstractContextManager[object] = bar if console.is_terminal else nullcontext()
        with showing:
            task = bar.add_task("", total=sum(1 for group in GROUPS if not names or set(group) & set(names)))
            line = [""]

            def say(what: str) -> None:
                bar.update(task, description=f"{line[0]}: {what}")

            def began(name: str) -> None:
                bar.update(task, completed=bar.tasks[0].completed + bool(line[0]))
                line[0] = name
                if not console.is_terminal:
                    console.print(f"{time.monotonic() - started:6.0f} s  {name}")

            ground = Ground(Path(folder), scale or Scale(), bodies(), say)
            found = measured(ground, names, began)
        run = run_of(ground, root, time.monotonic() - started, datetime.now(UTC))
    figures = [figure for some in found.values() for figure in some]
    console.print(table_of(run, figures))
    if ground.bodies == [OWN]:
        console.print(
            "The corpus of real payloads is not there (GATEPOST_SHARED names its folder): small bodies were sent."
        )
    if not names:
        keep(root, run, found)


if __name__ == "__main__":
    main(sys.argv[1:])
