"""``make bench``: every line of the speed table, measured in one run.

``python -m tests.bench`` runs all of it, writes ``bench/latest.json`` and the documentation's table, and adds the run to
``bench/history.jsonl``; with names (``python -m tests.bench webhook-endpoint drain``) it runs these and writes nothing.
``--measures 100000`` makes the largest database that large, which takes an hour on two slow cores.
Absolute figures depend on the machine; a bar is a ratio of two things measured in the same run, or a multiple of a yardstick
(yardsticks.py) that was measured before and after the line.  Each module's docstring says how it measures.
"""

from __future__ import annotations

import argparse
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
from tests.bench.environment import OWN_EVENT, BenchEnvironment, BenchScale, bodies, sizes_up_to
from tests.bench.figure import Figure
from tests.bench.flow import PARTS as FLOW
from tests.bench.flow import flow
from tests.bench.growth import PARTS as GROWTH
from tests.bench.growth import growth
from tests.bench.pure import pure
from tests.bench.report import run_of, save, table_of, yardsticks_table
from tests.bench.start import start
from tests.bench.webhook_endpoint import webhook_endpoint
from tests.bench.yardsticks import YardsticksRead
from tests.conftest import ROOT

Figures: TypeAlias = dict[str, list[Figure]]


def _single(
    name: str, line: Callable[[BenchEnvironment], list[Figure]]
) -> Callable[[BenchEnvironment, Collection[str]], Figures]:
    return lambda environment, parts: {name: line(environment)}


GROUPS: Mapping[tuple[str, ...], Callable[[BenchEnvironment, Collection[str]], Figures]] = {
    ("pure",): _single("pure", pure),
    ("start",): _single("start", start),
    ("webhook-endpoint",): _single("webhook-endpoint", webhook_endpoint),
    ("drain",): _single("drain", drain),
    tuple(FLOW): flow,
    ("calls",): _single("calls", calls),
    GROWTH: growth,
}
"""The lines in the order of the table; the lines of one group share a costly setup."""
LINES = tuple(name for group in GROUPS for name in group)


def measured(environment: BenchEnvironment, names: Sequence[str], on_start: Callable[[str], None]) -> Figures:
    """The figures of some lines, or of all without names; ``on_start`` is called with each group."""
    figures: Figures = {}
    before = environment.read_yardsticks()
    for group, run in GROUPS.items():
        parts = [name for name in group if not names or name in names]
        if parts:
            on_start(", ".join(parts))
            found = run(environment, parts)
            after = environment.read_yardsticks()
            read = YardsticksRead(before, after)
            figures |= {name: [figure.against(read) for figure in line] for name, line in found.items()}
            environment.yardsticks |= dict.fromkeys(found, read)
            before = after
    return figures


def main(names: Sequence[str], root: Path = ROOT, scale: BenchScale | None = None) -> None:
    """Measure, show, and save the figures of a complete run.  Raises SystemExit for an unknown name."""
    unknown = sorted(set(names) - set(LINES))
    if unknown:
        raise SystemExit(f"There is no line {', '.join(unknown)}. There are: {', '.join(LINES)}")
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

            def log(text: str) -> None:
                bar.update(task, description=f"{line[0]}: {text}")

            def on_start(name: str) -> None:
                bar.update(task, completed=bar.tasks[0].completed + bool(line[0]))
                line[0] = name
                if not console.is_terminal:
                    console.print(f"{time.monotonic() - started:6.0f} s  {name}")

            environment = BenchEnvironment(Path(folder), scale or BenchScale(), bodies(), log)
            lines = measured(environment, names, on_start)
        run = run_of(environment, root, time.monotonic() - started, datetime.now(UTC))
    figures = [figure for line in lines.values() for figure in line]
    console.print(table_of(run, figures))
    console.print(yardsticks_table(environment.yardsticks))
    if environment.bodies == [OWN_EVENT]:
        console.print("There is no corpus of real payloads (GATEPOST_SHARED names its folder): small bodies were sent.")
    if not names:
        save(root, run, lines, environment.yardsticks)


def arguments(given: Sequence[str]) -> tuple[list[str], BenchScale]:
    """The lines that are asked for and the scale.  Raises SystemExit for what is no argument."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("lines", nargs="*", metavar="line", help="lines of the table; all without one")
    parser.add_argument("--measures", type=int, help="measures of the largest database, such as 100000")
    found = parser.parse_args(given)
    try:
        scale = BenchScale() if found.measures is None else BenchScale(sizes=sizes_up_to(found.measures))
    except ValueError as error:
        parser.error(str(error))
    return found.lines, scale


if __name__ == "__main__":
    asked, chosen = arguments(sys.argv[1:])
    main(asked, scale=chosen)
