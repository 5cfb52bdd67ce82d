"""Events through all of Gatepost at an ordinary size: the latency of an event, and a burst."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from tests.bench.burst import burst
from tests.bench.environment import BenchEnvironment
from tests.bench.figure import Figure
from tests.bench.latency import latency
from tests.bench.scene import BenchScene, scene

PARTS: Mapping[str, Callable[[BenchScene], list[Figure]]] = {"latency": latency, "burst": burst}


def flow(environment: BenchEnvironment, parts: Collection[str]) -> dict[str, list[Figure]]:
    """Some of the parts, one after the other in one scene."""
    with scene(environment, "flow") as here:
        here.start()
        return {name: part(here) for name, part in PARTS.items() if name in parts}
