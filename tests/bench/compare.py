"""``make bench-compare REV=…``: two revisions measured in turn on one machine, so that a change is judged by ratios.

Each round runs the lines once with the files of the other revision, in a worktree of its own, and once with those of this
folder, uncommitted ones included; which of them begins changes with every round.  A figure is compared by its ratio to
its yardstick where both revisions have one, else by its value; the median of the rounds counts, and beside it stands how
far they lie apart.  A change that lies inside that says nothing.

``python -m tests.bench.compare REV [--rounds N] [LINE …]``
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from rich.console import Console
from rich.table import Table

from tests.bench.figure import short
from tests.conftest import ROOT

LINES = ("pure", "webhook-endpoint", "drain")
ROUNDS = 5
Values: TypeAlias = "dict[str, float]"

# Of whatever revision stands in the folder: it needs no more of it than this.
_RUN = """
import json, logging, sys, tempfile
from pathlib import Path
import structlog
from tests.bench.__main__ import measured
from tests.bench.environment import BenchEnvironment, BenchScale, bodies
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
with tempfile.TemporaryDirectory(prefix="gatepost-bench-", ignore_cleanup_errors=True) as folder:
    scale = BenchScale(**json.loads(sys.argv[1]))
    lines = measured(BenchEnvironment(Path(folder), scale, bodies(), lambda _: None), sys.argv[2:], lambda _: None)
found = {}
for figure in (figure for line in lines.values() for figure in line):
    found[figure.name] = [figure.value, getattr(figure, "ratio", None), figure.unit, figure.target]
print(json.dumps(found))
"""


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure of both revisions: new ÷ old in each round."""

    name: str
    ratios: tuple[float, ...]
    more_is_better: bool

    @property
    def median(self) -> float:
        return statistics.median(self.ratios)

    @property
    def says(self) -> str:
        """What the ratios say of the change."""
        if min(self.ratios) <= 1 <= max(self.ratios):
            return "no difference shown"
        better = (self.median > 1) == self.more_is_better
        return "better" if better else "worse"


def compared(
    old: Sequence[Mapping[str, Sequence[object]]], new: Sequence[Mapping[str, Sequence[object]]]
) -> list[Compared]:
    """The figures that both have in every round, in the order of the new ones."""
    found = []
    for name in new[0]:
        pairs = [(before.get(name), after.get(name)) for before, after in zip(old, new, strict=True)]
        ratios = [ratio for pair in pairs if (ratio := _ratio(*pair)) is not None]
        if len(ratios) == len(pairs):
            unit, target = str(new[0][name][2]), str(new[0][name][3])
            found.append(Compared(name, tuple(ratios), unit.endswith("/s") or target.startswith("≥")))
    return found


def _ratio(before: Sequence[object] | None, after: Sequence[object] | None) -> float | None:
    if before is None or after is None:
        return None
    in_yardsticks = before[1] is not None and after[1] is not None
    # A rate in yardsticks is the time of one, so that its ratio is turned round.
    is_rate = str(after[2]).endswith("/s")
    place = 1 if in_yardsticks else 0
    first, last = float(str(before[place])), float(str(after[place]))
    if not first or not last:
        return None
    return first / last if in_yardsticks and is_rate else last / first


def table_of(revision: str, found: Sequence[Compared]) -> Table:
    table = Table("What", "new ÷ old", "from", "to", "", title=f"This folder ÷ {revision}")
    for one in found:
        table.add_row(one.name, short(one.median), short(min(one.ratios)), short(max(one.ratios)), one.says)
    return table


def run(folder: Path, scale: Mapping[str, object], lines: Sequence[str]) -> dict[str, Sequence[object]]:
    """The figures of the revision in a folder.  Raises RuntimeError with the end of what it said."""
    environment = os.environ | {"PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", _RUN, json.dumps(scale), *lines],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"The bench of {folder} failed: {done.stderr[-2000:]}")
    found: dict[str, Sequence[object]] = json.loads(done.stdout.splitlines()[-1])
    return found


@contextmanager
def worktree(revision: str) -> Iterator[Path]:
    """The files of a revision in a folder of their own."""
    with tempfile.TemporaryDirectory(prefix="gatepost-revision-") as parent:
        folder = Path(parent) / "files"
        _git("worktree", "add", "--detach", "--quiet", str(folder), revision)
        try:
            yield folder
        finally:
            _git("worktree", "remove", "--force", str(folder))


def _git(*words: str) -> None:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"git {words[0]} {words[1]}: {done.stderr.strip()}")


def main(words: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="make bench-compare")
    parser.add_argument("revision")
    parser.add_argument("lines", nargs="*", metavar="LINE")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args(words)
    lines, console = given.lines or list(LINES), Console()
    old: list[dict[str, Sequence[object]]] = []
    new: list[dict[str, Sequence[object]]] = []
    with worktree(given.revision) as before:
        for number in range(given.rounds):
            console.print(f"round {number + 1} of {given.rounds}: {', '.join(lines)}")
            turns = [(old, before), (new, ROOT)]
            for results, folder in turns if number % 2 == 0 else reversed(turns):
                results.append(run(folder, {}, lines))
    console.print(table_of(given.revision, compared(old, new)))


if __name__ == "__main__":
    main(sys.argv[1:])
