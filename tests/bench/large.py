"""A database that has been in use for years: measures and effect lines by COPY, their past, and their figures made."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from connector.bootstrap import MappingCache, Services
from connector.runtime.tasks import bring_up_to_date
from connector.store.reporting.rollups import Rollups
from tests.bench.figure import Figure
from tests.bench.generate import Size, fill
from tests.bench.history import fill_history, tidy


def furnish(services: Services, measures: int) -> list[Figure]:
    """Put so many measures with their past into a database whose mapping is active; tells what it took."""
    now = datetime.now(UTC)
    active = MappingCache(services.mappings).active()
    if active is None:
        raise RuntimeError("A mapping has to be active before measures are put into the database.")
    size = Size(measures) if measures >= 10_000 else Size.small(measures)
    started = time.perf_counter()
    lines = fill(services.engine, active.number, size, now)
    filled = time.perf_counter()
    fill_history(services.engine)
    tidy(services.engine)
    before = time.perf_counter()
    bring_up_to_date(Rollups(services.engine), active, now)
    anew = time.perf_counter() - before
    tidy(services.engine)
    return [
        Figure(f"generate {measures:,} measures with {lines:,} effect lines", filled - started, "s", "≤ 60"),
        Figure(f"make the figures of {measures:,} measures anew", anew, "s"),
    ]
