"""The cost of size, on databases with 1,000 and 20,000 measures that have been in use for years.

``--measures 100000`` asks for 1,000, 10,000 and 100,000.

The measures, their effect lines and their history (events, writes, decisions, audit; see history.py) are put in with
COPY and analysed.  Then, as in latency.py, real web and worker processes, a stand-in that takes 20 ms for every call,
and events on separate epics at a rate so low that none waits for another.  Between the smallest and the largest
database the median may grow by 1.3: a full table scan would show here.

At each size the hot queries, the pages and a sweep are measured as well (curve.py), and the worker's memory.

On the largest one the portfolio's pages (portfolio.py), those of the ledger (ledger.py) and of services (services.py) and the
worker's memory (memory.py) are measured as well, so that it is filled only once.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime

from sqlalchemy import Engine

from tests.bench.curve import CurvePoint, curve, measure_point
from tests.bench.environment import BenchEnvironment
from tests.bench.figure import Figure
from tests.bench.large import fill_large_database
from tests.bench.ledger import fill_ledger, ledger
from tests.bench.load import send
from tests.bench.memory import memory, resident
from tests.bench.portfolio import portfolio
from tests.bench.scene import BenchScene, scene, waits_for_writes
from tests.bench.services import fill_services, services

PARTS = ("portfolio", "ledger", "services", "growth", "memory")


def growth(environment: BenchEnvironment, parts: Collection[str]) -> dict[str, list[Figure]]:
    """Some of the parts, each with its figures."""
    medians: dict[int, float] = {}
    points: dict[int, CurvePoint] = {}
    workers: dict[int, float] = {}
    figures: dict[str, list[Figure]] = {}
    largest = max(environment.scale.sizes)
    for size in environment.scale.sizes if "growth" in parts else (largest,):
        with scene(environment, f"size-{size}") as here:
            environment.log(f"put {size:,} measures into the database")
            filled = fill_large_database(here.world.services, size, _fillers(here, size, largest, parts))
            if size == largest and "portfolio" in parts:
                figures["portfolio"] = filled + portfolio(here)
            if size == largest and "ledger" in parts:
                figures["ledger"] = ledger(here)
            if size == largest and "services" in parts:
                figures["services"] = services(here)
            if "growth" in parts:
                environment.log(f"hot queries and pages with {size:,} measures")
                points[size] = measure_point(here.world.services)
            if "growth" in parts or "memory" in parts:
                here.start()
            if "growth" in parts:
                medians[size] = _median(here, size)
                workers[size] = resident(here.world.processes["worker"].pid, "VmHWM")
            if size == largest and "memory" in parts:
                figures["memory"] = memory(here, size)
    if medians:
        figures["growth"] = [*_curve(medians), *_memory(workers), *curve(points)]
    return {part: figures[part] for part in PARTS if part in figures}


def _fillers(here: BenchScene, size: int, largest: int, parts: Collection[str]) -> Sequence[Callable[[Engine], object]]:
    """What else the parts of this size read: the ledger, and services in proportion to the measures."""
    fillers: list[Callable[[Engine], object]] = []
    if "growth" in parts or (size == largest and {"ledger", "services"} & set(parts)):
        fillers.append(fill_ledger)
    if size == largest and "services" in parts:
        fillers.append(lambda _: fill_services(here.world.services, max(8, size // 20), datetime.now(UTC)))
    return fillers


def _curve(medians: dict[int, float]) -> list[Figure]:
    smallest, largest = min(medians), max(medians)
    name = "event to field written with"
    ratio = medians[largest] / medians[smallest]
    return [
        *(Figure(f"{name} {size:,} measures, median", median * 1000, "ms") for size, median in medians.items()),
        Figure(f"ratio: with {largest:,} measures ÷ with {smallest:,}", ratio, "×", "≤ 1.3"),
    ]


def _memory(workers: dict[int, float]) -> list[Figure]:
    """The worker after the same events at each size: what it holds must not grow with the database."""
    smallest, largest = min(workers), max(workers)
    ratio = workers[largest] / workers[smallest]
    return [
        *(
            Figure(f"memory of a worker with {size:,} measures, peak", megabytes, "MB")
            for size, megabytes in workers.items()
        ),
        Figure(f"ratio: memory of a worker with {largest:,} measures ÷ with {smallest:,}", ratio, "×", "≤ 1.3"),
    ]


def _median(here: BenchScene, size: int) -> float:
    scale = here.environment.scale
    items = here.known(scale.growth_events)
    here.change(items, 1)
    here.environment.log(f"events with {size:,} measures in the database")
    result = send(here.plan(items, events=len(items), rate=scale.growth_rate))
    here.world.wait_quiet()
    return statistics.median(waits_for_writes(result.moments, here.writes()))
