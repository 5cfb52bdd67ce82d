"""Start-up cost: CPU seconds of a fresh interpreter, user and system together, the least of several rounds.

Compared with ``import typer``, the library that any command of this kind needs; both are measured in turn, so that
other load on the machine slows both.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tests.bench.environment import BenchEnvironment
from tests.bench.figure import Figure

BASE = ("import typer",)
COMMAND = "from cli import main; main()"
"""The code of the installed script ``gatepost``."""

MEASURED = {
    "gatepost version": ((COMMAND, "version"), "≤ 4"),
    "gatepost --help": ((COMMAND, "--help"), "≤ 4"),
    "the modules of gatepost web": (("import cli.run, webhook_server.app",), ""),
    "the modules of gatepost worker": (("import cli.worker",), ""),
}


def start(environment: BenchEnvironment) -> list[Figure]:
    environment.log("measures start-up")
    base = [cpu_seconds(*BASE)]
    least: dict[str, float] = {}
    for _ in range(environment.scale.start_rounds):
        for name, (arguments, _) in MEASURED.items():
            base.append(cpu_seconds(*BASE))
            least[name] = min(cpu_seconds(*arguments), least.get(name, float("inf")))
    return [
        Figure("start: CPU time of import typer, the base of the next lines", min(base) * 1000, "ms"),
        *(
            Figure(f"start: {name} ÷ import typer", least[name] / min(base), "×", target)
            for name, (_, target) in MEASURED.items()
        ),
    ]


def cpu_seconds(code: str, *arguments: str) -> float:
    """CPU seconds of ``python -c code arguments``.  Raises CalledProcessError when it fails."""
    command = [sys.executable, "-c", code, *arguments]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command)
    return usage.ru_utime + usage.ru_stime
