"""``make mutants``: change the code of the judgement in one place at a time, and see whether a test notices.

``python -m tests.mutants governance.gates governance.effects`` draws 25 mutants of each module, always the same ones, has
mutmut try them, and lists which live.  ``--of 60`` draws more, ``--of all`` takes every one; without a name the modules of
:data:`DECIDING` are sampled.  ``--draw 100`` draws as many from the whole judgement at once, each mutant as likely as any
other; ``--seed`` gives another hundred.  ``python -m mutmut show NAME`` shows a mutant that lives.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.conftest import ROOT

DECIDING = (
    "governance.approvals",
    "governance.business_case",
    "governance.conditions",
    "governance.deviations",
    "governance.effects",
    "governance.gate_state",
    "governance.gates",
    "governance.kill_criteria",
    "governance.kill_evaluation",
    "governance.kill_switch",
    "governance.latest_estimate",
    "governance.month_close",
    "governance.plan_checks",
    "governance.relapse",
    "governance.roll_up",
    "governance.schedule",
    "governance.status",
    "governance.validation",
    "mapping.assess_item",
)
"""Modules whose mistakes a person would decide by."""
SURVIVED, NO_TESTS = 0, 33
"""What mutmut stores of a mutant that no test noticed, and of one that no test runs."""


def exit_codes(module: str, root: Path = ROOT) -> dict[str, int | None]:
    """Each mutant of a module with what became of it; ``None`` for one that was not tried."""
    stored = root / "mutants" / f"{module.replace('.', '/')}.py.meta"
    found: dict[str, int | None] = json.loads(stored.read_text())["exit_code_by_key"]
    return found


def judging_modules(root: Path = ROOT) -> list[str]:
    """Every module that judges: the domain, and what makes an assessment of an item."""
    found = sorted((root / "mutants/governance").rglob("*.meta"))
    modules = (
        path.relative_to(root / "mutants").as_posix().removesuffix(".py.meta").replace("/", ".") for path in found
    )
    return [*modules, "mapping.assess_item"]


def sample(names: Iterable[str], size: int | None, seed: str = "") -> list[str]:
    """``size`` names, the same ones each time for the same seed; all of them for ``None``."""
    drawn = sorted(names, key=lambda name: hashlib.sha256((seed + name).encode()).digest())
    return sorted(drawn[:size])


def report(module: str, drawn: Sequence[str], codes: dict[str, int | None]) -> str:
    """``governance.gates: 24 of 25 die (96 %)``, and the ones that live."""
    living = [name for name in drawn if codes[name] in {SURVIVED, NO_TESTS, None}]
    dead = len(drawn) - len(living)
    share = f"{dead * 100 // len(drawn)} %" if drawn else "none drawn"
    return "\n".join((f"{module}: {dead} of {len(drawn)} die ({share})", *(f"    lives: {name}" for name in living)))


def forget_stale_times(root: Path = ROOT) -> None:
    """Have mutmut find out anew which tests run which function, where code or a test has changed since.

    It keeps what it knew, and would take a function that has moved for one that no test runs.
    """
    stats = root / "mutants/mutmut-stats.json"
    sources = (path for name in ("governance", "mapping", "tests") for path in (root / name).rglob("*.py"))
    if stats.exists() and max(path.stat().st_mtime for path in sources) > stats.stat().st_mtime:
        stats.unlink()


def _mutmut(*names: str) -> int:
    return subprocess.run(
        [sys.executable, "-m", "mutmut", "run", "--max-children", "1", *names], cwd=ROOT, check=False
    ).returncode


def _draw_from_all(size: int, seed: str) -> str:
    """One sample of everything that judges, with one share of what died."""
    every = {name: code for module in judging_modules() for name, code in exit_codes(module).items()}
    drawn = sample(every, size, seed)
    _mutmut(*drawn)
    after = {name: code for module in judging_modules() for name, code in exit_codes(module).items()}
    return report(f"a sample of {len(every)} mutants", drawn, after)


def _draw_from_each(modules: Sequence[str], size: int | None, seed: str) -> str:
    drawn = {module: sample(exit_codes(module), size, seed) for module in modules}
    _mutmut(*(name for names in drawn.values() for name in names))
    return "\n".join(report(module, names, exit_codes(module)) for module, names in drawn.items())


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="make mutants")
    parser.add_argument("modules", nargs="*", default=list(DECIDING))
    parser.add_argument("--of", default="25", help="how many mutants of each module; all for every one")
    parser.add_argument("--draw", type=int, help="how many mutants of the whole judgement, in one sample")
    parser.add_argument("--seed", default="", help="any word; another one draws other mutants")
    options = parser.parse_args(arguments)
    forget_stale_times()
    # It makes the mutants of all modules and times the tests, and stops because no mutant has this name.
    _mutmut("none")
    size = None if options.of == "all" else int(options.of)
    text = (
        _draw_from_each(options.modules, size, options.seed)
        if options.draw is None
        else _draw_from_all(options.draw, options.seed)
    )
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
