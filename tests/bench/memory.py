"""The memory of a worker: the peak of a real ``gatepost worker`` process with 100,000 measures in the database.

It has assessed some thousands of items, first as new ones and then again, written what differed, and recalculated
the roll-ups of the whole portfolio.  The figure is the kernel's own: the largest resident set so far (``VmHWM``).
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from tests.bench.figure import Figure
from tests.bench.scene import BenchScene


def memory(here: BenchScene, size: int) -> list[Figure]:
    """For the worker that runs in this scene."""
    log, count = here.environment.log, here.environment.scale.assessed_items
    worker = here.world.processes["worker"].pid
    log(f"the worker assesses {count:,} new items")
    items = here.known(count)
    log(f"the worker assesses {count:,} items again")
    here.mark_dirty(items)
    here.world.wait_quiet()
    log("the worker recalculates all roll-ups")
    with here.world.services.engine.begin() as transaction:
        transaction.execute(text("UPDATE figures_settings SET digest = 'none'"))
    digest = "SELECT digest FROM figures_settings"
    here.world.wait_until(lambda: here.world.rows(digest)[0].digest != "none", "all roll-ups are recalculated")
    peak = resident(worker, "VmHWM")
    name = f"memory of a worker at {size:,} measures"
    return [
        Figure(f"{name}, peak", peak, "MB", "≤ 200"),
        Figure(f"{name}, idle", resident(worker, "VmRSS"), "MB"),
    ]


def resident(process: int, which: str) -> float:
    """Megabytes (of 1024 × 1024 bytes): ``VmRSS`` is the present size, ``VmHWM`` the peak."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(f"{which}:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"The kernel does not report {which} of process {process}.")
