"""The memory of a worker: the peak of a real ``gatepost worker`` process in front of 100,000 measures.

It has judged some thousands of items, first as new ones and then again, written what differed, and made the figures
of the whole portfolio anew.  The figure is the kernel's own: the largest resident set so far (``VmHWM``).
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from tests.bench.figure import Figure
from tests.bench.scene import Scene


def memory(here: Scene, size: int) -> list[Figure]:
    """Of the worker that runs in this scene."""
    say, judged = here.ground.say, here.ground.scale.judged
    worker = here.world.processes["worker"].pid
    say(f"the worker judges {judged:,} items as new ones")
    items = here.known(judged)
    say(f"the worker judges {judged:,} items again")
    here.ring(items)
    here.world.wait_quiet()
    say("the worker makes all figures anew")
    with here.world.services.engine.begin() as transaction:
        transaction.execute(text("UPDATE figures_basis SET digest = 'none'"))
    digest = "SELECT digest FROM figures_basis"
    here.world.wait_until(lambda: here.world.rows(digest)[0].digest != "none", "all figures are made anew")
    peak = resident(worker, "VmHWM")
    what = f"memory of a worker at {size:,} measures"
    return [
        Figure(f"{what}, peak", peak, "MB", "≤ 250"),
        Figure(f"{what}, when it has nothing to do", resident(worker, "VmRSS"), "MB"),
    ]


def resident(process: int, which: str) -> float:
    """Megabytes (of 1024 × 1024 bytes): ``VmRSS`` now, ``VmHWM`` at most so far."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(f"{which}:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"The kernel does not tell {which} of process {process}.")
