"""From the event to the written field, through everything: webhook endpoint, queue, worker, tool.

Real ``gatepost web`` and ``gatepost worker`` processes with default settings, an embedded
PostgreSQL with its commits on disk, and a stand-in of Jira that takes 20 ms for every call.  Somebody has changed the
plan of each epic, so that each event ends in one write with different values.  50 events a second come from another
process, each at its moment; the time runs from that moment until the stand-in has carried out the write, its 20 ms
included.  The stand-in sends an event for every write, as Jira does, so the endpoint accepts 100 events a second.
"""

from __future__ import annotations

from tests.bench.figure import Figure
from tests.bench.load import send, share
from tests.bench.scene import BenchScene, waits_for_writes


def latency(here: BenchScene) -> list[Figure]:
    """In a scene that has been started."""
    scale, log = here.environment.scale, here.environment.log
    waits: list[float] = []
    items = here.known(scale.flow_items)
    for step in range(1, scale.flow_rounds + 1):
        here.change(items, step)
        log(f"{scale.flow_rate:.0f} events a second, round {step} of {scale.flow_rounds}")
        result = send(here.plan(items, events=len(items), rate=scale.flow_rate))
        here.world.wait_quiet()
        waits += waits_for_writes(result.moments, here.writes())
    name = f"event to field written at {scale.flow_rate:.0f} events/s, calls of {scale.delay_ms} ms"
    return [
        Figure(f"{name}, p50", share(waits, 0.5) * 1000, "ms"),
        Figure(f"{name}, p95", share(waits, 0.95) * 1000, "ms", "≤ 1,000"),
        Figure(f"{name}, the slowest of {len(waits):,}", max(waits) * 1000, "ms"),
    ]
