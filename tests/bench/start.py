"""What starting costs: CPU seconds of a fresh interpreter, user and system together, the least of several rounds.

Held against ``import typer``, the library that any command of this kind needs; both are measured by turns, so that a
machine that has other work slows both.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tests.bench.environment import Ground
from tests.bench.figure import Figure

BASE = ("import typer",)
COMMAND = "from cli import main; main()"
"""What the installed script ``gatepost`` does."""

MEASURED = {
    "gatepost version": ((COMMAND, "version"), "≤ 4"),
    "gatepost --help": ((COMMAND, "--help"), "≤ 4"),
    "the modules of gatepost web": (("import cli.run, webhook_server.app",), ""),
    "the modules of gatepost worker": (("import cli.worker",), ""),
}


def start(ground: Ground) -> list[Figure]:
    ground.say("starts and ends")
    base = [cpu_seconds(*BASE)]
    least: dict[str, float] = {}
    for _ in range(ground.scale.start_rounds):
        for name, (words, _) in MEASURED.items():
            base.append(cpu_seconds(*BASE))
            least[name] = min(cpu_seconds(*words), least.get(name, float("inf")))
    return [
        Figure("start: CPU time of import typer, which the next lines are held against", min(base) * 1000, "ms"),
        *(
            Figure(f"start: {name} ÷ import typer", least[name] / min(base), "×", bar)
            for name, (_, bar) in MEASURED.items()
        ),
    ]


def cpu_seconds(code: str, *arguments: str) -> float:
    """What ``python -c code arguments`` takes of the processor.  Raises CalledProcessError when it fails."""
    command = [sys.executable, "-c", code, *arguments]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command)
    return usage.ru_utime + usage.ru_stime
