"""A database that has been in use for years: measures and effect lines by COPY, their history, and their roll-ups."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from sqlalchemy import Engine

from connector.bootstrap import MappingCache, Services
from connector.runtime.tasks import refresh_all_rollups
from connector.store.reporting.rollups import Rollups
from tests.bench.figure import Figure
from tests.bench.generate import Size, fill
from tests.bench.history import fill_history, vacuum


def fill_large_database(
    services: Services, measures: int, fill_more: Sequence[Callable[[Engine], object]] = ()
) -> list[Figure]:
    """Put measures with their history into a database whose mapping is active; returns how long it took.

    ``fill_more`` adds what else there is, also what the roll-ups read.
    """
    now = datetime.now(UTC)
    active = MappingCache(services.mappings).active()
    if active is None:
        raise RuntimeError("A mapping has to be active before measures are put into the database.")
    started = time.perf_counter()
    lines = fill(services.engine, active.number, Size.of(measures), now)
    filled = time.perf_counter()
    fill_history(services.engine)
    for fill_one in fill_more:
        fill_one(services.engine)
    vacuum(services.engine)
    before = time.perf_counter()
    refresh_all_rollups(Rollups(services.engine), active, now)
    refreshed = time.perf_counter() - before
    vacuum(services.engine)
    return [
        Figure(f"generate {measures:,} measures with {lines:,} effect lines", filled - started, "s"),
        Figure(f"recalculate the roll-ups of {measures:,} measures", refreshed, "s"),
    ]
