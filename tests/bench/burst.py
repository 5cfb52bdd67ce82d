"""A burst: 10,000 events on 100 items end in at most 100 writes.

Somebody has changed each item once; then events about them arrive as fast as the endpoint accepts them, a hundred each,
while the worker is running.  Real web and worker processes.  The writes that the stand-in received are counted; the time
runs from the first event until nothing is left to do.
"""

from __future__ import annotations

import time

from tests.bench.figure import Figure
from tests.bench.load import send
from tests.bench.scene import BenchScene


def burst(here: BenchScene) -> list[Figure]:
    """In a scene that has been started."""
    events, count = here.environment.scale.burst_events, here.environment.scale.burst_items
    items = here.known(count)
    here.change(items, 1)
    here.environment.log(f"{events:,} events on {count} items")
    result = send(here.plan(items, events=events))
    here.world.wait_quiet()
    seconds = time.time() - result.started
    writes = here.writes()
    written = {item for item, _ in writes}
    if len(written) != count:
        raise RuntimeError(f"{count} items were changed, {len(written)} were written.")
    return [
        Figure(f"{events:,} events on {count} items: writes", len(writes), "writes", f"≤ {count}"),
        Figure("the same: from the first event until nothing is left to do", seconds, "s"),
    ]
