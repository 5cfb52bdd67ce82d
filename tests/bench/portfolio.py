"""The portfolio page on the largest database, and the cost of refreshing its roll-ups.

Each page is requested nine times with Flask's own client (page_time.py), signed in as the office, whose role sees
everything; the median counts.  Browser and network time is not included.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Engine, text

from connector.bootstrap import MappingCache
from connector.runtime.tasks import roll_up_settings
from connector.store.reporting.rollups import Rollups
from governance.roll_up import RollUpSettings
from tests.bench.figure import Figure
from tests.bench.history import vacuum
from tests.bench.page_time import Page, page_figures
from tests.bench.scene import BenchScene

PAGES = (
    Page("portfolio page, everything", "/portfolio"),
    Page("portfolio page, one cell of the matrix", "/portfolio?implementation=green&potential=red"),
    Page("portfolio page, one program", "/portfolio?portfolio=Group+IT&program=Cloud+exit+North"),
    Page("portfolio page, all that is held up (its curve is loaded later)", "/portfolio?gate=held_up"),
    Page("effect lines behind a figure", "/portfolio/lines?version=plan"),
    Page("list of measures", "/portfolio/measures"),
    Page("list of measures by variance", "/portfolio/measures?sort=variance"),
    Page("search of the command palette", "/palette?q=ledger"),
)


def portfolio(here: BenchScene) -> list[Figure]:
    """In a scene whose database has been filled, with nothing else running."""
    services, now = here.world.services, datetime.now(UTC)
    here.environment.log("request the portfolio's pages")
    active = MappingCache(services.mappings).active()
    assert active is not None
    settings = roll_up_settings(active, now)
    rollups = Rollups(services.engine)
    figures = [
        Figure(
            "refresh the roll-ups of 1,000 changed measures", _changed(services.engine, rollups, settings, now), "ms"
        )
    ]
    vacuum(services.engine)
    return [*figures, *page_figures(services, PAGES)]


def _changed(engine: Engine, rollups: Rollups, settings: RollUpSettings, now: datetime) -> float:
    """Milliseconds for 1,000 measures all over the portfolio, changed as by a batch of assessments."""
    with engine.begin() as transaction:
        measures = int(transaction.execute(text("SELECT count(*) FROM measure")).scalar_one())
        transaction.execute(_CHANGE, {"step": max(1, measures // 1_000)})
        count = int(transaction.execute(text("SELECT count(*) FROM figures_due")).scalar_one())
    return _seconds(lambda: rollups.refresh(settings, now)) / count * 1_000 * 1_000


_CHANGE = text("""
    UPDATE measure SET potential = CASE potential WHEN 'amber' THEN 'red' ELSE 'amber' END
    WHERE CAST(native_id AS bigint) % :step = 0
""")


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
