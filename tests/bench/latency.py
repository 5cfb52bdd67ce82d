"""From the event to the written field, through everything: webhook endpoint, queue, worker, tool.

Real ``gatepost web`` and ``gatepost worker`` processes with default settings, an embedded
PostgreSQL with its commits on disk, and a stand-in of Jira that takes 20 ms for every call.  Somebody has changed the
plan of each epic, so that each event ends in one write with different values.

*Capacity*: the events arrive as fast as the endpoint accepts them; the time runs until the last write.
*At a quarter of it*: each event comes at its moment from another process; the time runs from that moment until the
stand-in has carried out the write, its 20 ms included.  The stand-in sends an event for every write, as Jira does, so
that the endpoint accepts twice as many.
"""

from __future__ import annotations

from tests.bench.figure import Basis, Figure
from tests.bench.load import send, share
from tests.bench.scene import BenchScene, waits_for_writes


def latency(here: BenchScene) -> list[Figure]:
    """In a scene that has been started."""
    scale, log = here.environment.scale, here.environment.log
    waits: list[float] = []
    items = here.known(scale.flow_items)
    here.change(items, 1)
    log(f"{len(items):,} events at once")
    at_once = send(here.plan(items, events=len(items)))
    here.world.wait_quiet()
    capacity = len(items) / (max(at for _, at in here.writes()) - at_once.started)
    rate = capacity / 4
    for step in range(2, scale.flow_rounds + 2):
        here.change(items, step)
        log(f"{rate:.0f} events a second, round {step - 1} of {scale.flow_rounds}")
        result = send(here.plan(items, events=len(items), rate=rate))
        here.world.wait_quiet()
        waits += waits_for_writes(result.moments, here.writes())
    name = f"event to field written at a quarter of that, calls of {scale.delay_ms} ms"
    allowed = Basis("5 calls + 100 ms", 5 * scale.delay_ms / 1000 + 0.1)
    return [
        Figure(f"events through everything, calls of {scale.delay_ms} ms, capacity", capacity, "/s"),
        Figure(f"{name}, p50", share(waits, 0.5) * 1000, "ms"),
        Figure(f"{name}, p95", share(waits, 0.95) * 1000, "ms", "≤ 1", allowed),
        Figure(f"{name}, the slowest of {len(waits):,}", max(waits) * 1000, "ms"),
    ]
