"""What stays the same however much there is: the hot queries, the pages, a sweep, at each size of the database.

Each is done nine times by the product's own functions, and the median counts.  *Hot* is what a batch of a hundred items
costs, whose work is the same at every size; a page may show more at a larger size.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, text

from connector.bootstrap import MappingCache, Services
from connector.people.permissions import ToolAccount
from connector.runtime.tasks import refresh_all_rollups
from connector.store.ledger.sums import ledger_lines
from connector.store.operations.gauges import read_gauges
from connector.store.queue.dirty_keys import SqlDirtyKeys
from connector.store.queue.inbox import mark_dirty
from connector.store.reconcile.due_assessments import wake_due_assessments
from connector.store.reconcile.stored_state import SqlStateStore
from connector.store.reconcile.sweeps import SqlSweeps
from connector.store.reporting.rollups import Rollups
from connector.sync.active_mapping import ActiveMapping
from connector.sync.scan import ScannedItem, ScanPage
from connector.sync.sweep import Sweep, SweepKind
from mapping.work_item import ConnectionName, NativeId
from tests.bench.figure import Figure
from tests.bench.page_time import Page, page_seconds
from tests.bench.scene import JIRA

BATCH, REPEATS = 100, 9
SWEPT = ConnectionName("jira-main")
FLAT = "≤ 1.3"
PAGES = (
    Page("portfolio page", "/portfolio"),
    Page("page Money", "/money"),
    Page("page of a measure", "/measures/jira-main/7"),
    Page("My work of an owner", "/work", ToolAccount("jira-main", "owner-3")),
)


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Seconds at one size, by name."""

    hot: Mapping[str, float]
    pages: Mapping[str, float]


def measure_point(services: Services) -> CurvePoint:
    """At the size that the database has now, with nothing else running."""
    hot = {name: _median(work) for name, work in _hot(services).items()}
    return CurvePoint(hot, {page.name: page_seconds(services, page) for page in PAGES})


def curve(points: Mapping[int, CurvePoint]) -> list[Figure]:
    """What each costs at each size, and the largest divided by the smallest."""
    smallest, largest = min(points), max(points)
    found = []
    for is_page, names in ((False, points[smallest].hot), (True, points[smallest].pages)):
        for name in names:
            at = {size: (point.pages if is_page else point.hot)[name] for size, point in points.items()}
            found += [Figure(f"{name} with {size:,} measures", seconds * 1000, "ms") for size, seconds in at.items()]
            ratio = at[largest] / at[smallest]
            found.append(Figure(f"ratio: {name}, {largest:,} measures ÷ {smallest:,}", ratio, "×", FLAT))
    return found


def _hot(services: Services) -> Mapping[str, Callable[[], object]]:
    engine = services.engine
    with engine.connect() as connection:
        ids = (
            connection.execute(text("SELECT native_id FROM measure ORDER BY id LIMIT :n"), {"n": BATCH}).scalars().all()
        )
    items = [NativeId(one) for one in ids]
    active = MappingCache(services.mappings).active()
    assert active is not None
    return {
        f"read what is stored of {BATCH} items": lambda: SqlStateStore(engine).load(JIRA, items),
        f"add up the ledger of {BATCH} measures": lambda: _ledger(engine, items),
        f"mark and claim {BATCH} items": lambda: _claim(engine, items),
        f"a page of a sweep, {BATCH} items": lambda: _sweep_page(services, items),
        "find what is due to be assessed": lambda: wake_due_assessments(engine, services.waker, _LONG_AGO),
        "the gauges of /metrics": lambda: read_gauges(engine),
        f"refresh the roll-ups of {BATCH} changed measures": lambda: _refresh(engine, items, active),
    }


_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def _ledger(engine: Engine, items: Sequence[NativeId]) -> None:
    with engine.connect() as connection:
        ledger_lines(connection, [f"{JIRA}/{one}" for one in items])


def _claim(engine: Engine, items: Sequence[NativeId]) -> None:
    with engine.begin() as transaction:
        mark_dirty(transaction, JIRA, dict.fromkeys(items))
    SqlDirtyKeys(engine, 1, 600).claim(JIRA, BATCH)
    with engine.begin() as transaction:
        transaction.execute(text("DELETE FROM dirty_key"))


def _refresh(engine: Engine, items: Sequence[NativeId], active: ActiveMapping) -> None:
    """All that is due: each of these measures is of another group than before."""
    with engine.begin() as transaction:
        transaction.execute(_CHANGE, {"items": list(items)})
    refresh_all_rollups(Rollups(engine), active, datetime.now(UTC))


_CHANGE = text("""
    UPDATE measure SET potential = CASE potential WHEN 'amber' THEN 'red' ELSE 'amber' END
    WHERE connection = 'jira-main' AND native_id = ANY (CAST(:items AS text[]))
""")


def _sweep_page(services: Services, items: Sequence[NativeId]) -> None:
    """Nothing has changed: the items have the version that is stored."""
    sweeps, now = SqlSweeps(services.engine, services.waker), datetime.now(UTC)
    sweep = sweeps.begin(Sweep(SWEPT, SweepKind.CHANGED, "bench", now - timedelta(hours=1), now))
    sweeps.store_page(sweep, ScanPage([ScannedItem(one, "1") for one in items], None))


def _median(work: Callable[[], object]) -> float:
    work()
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times)
