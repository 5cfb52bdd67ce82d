"""The gauges of ``/metrics``: read from the database when somebody asks, at most once in some seconds.

Whoever watches has to get an answer most of all when the database does not: then the answer is that it is away.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from connector.runtime import metrics
from connector.runtime.metrics import Metric
from connector.store.operations.gauges import Gauges, gauges

FRESH_SECONDS = 5.0
"""How long figures are told that were read once; more than one Prometheus may ask."""
PATIENCE_SECONDS = 4.0
"""A Prometheus gives up after ten: a database that hangs is told as one that is away."""

_log = structlog.get_logger(__name__)


class StateCollector(Collector):
    """Tells what stands in the database."""

    def __init__(
        self, engine: Engine, *, monotonic: Callable[[], float] = time.monotonic, patience: float = PATIENCE_SECONDS
    ) -> None:
        self._engine = engine
        self._monotonic = monotonic
        self._patience = patience
        self._lock = Lock()
        # One thread, started by the first who asks: however many wait, the database is asked once.
        self._reading = ThreadPoolExecutor(max_workers=1, thread_name_prefix="metrics")
        self._future: Future[Gauges] | None = None
        self._read_at = 0.0

    def collect(self) -> Iterable[GaugeMetricFamily]:
        found = self._found()
        yield _family(metrics.DATABASE_UP, [((), float(found is not None))])
        if found is not None:
            yield from _families(found)

    def _found(self) -> Gauges | None:
        with self._lock:
            now = self._monotonic()
            if self._future is None or (self._future.done() and now - self._read_at >= FRESH_SECONDS):
                self._future, self._read_at = self._reading.submit(gauges, self._engine), now
            future = self._future
        try:
            return future.result(self._patience)
        except (SQLAlchemyError, TimeoutError) as error:
            _log.warning("no figures for metrics", error=type(error).__name__)
            return None


def _families(found: Gauges) -> Iterator[GaugeMetricFamily]:
    for metric, rows in (
        (metrics.BACKLOG_AGE, found.backlog),
        (metrics.DIRTY_KEYS, found.dirty),
        (metrics.OUTBOX_WAITING, found.outbox),
        (metrics.PAUSED, found.paused),
        (metrics.LIMITED, found.limited),
        (metrics.WRITTEN_LAST_MINUTE, found.written),
    ):
        yield _family(metric, [((name,), value) for name, value in rows])
    for metric, pairs in ((metrics.PARKED, found.parked), (metrics.SWEEP_OVERDUE, found.sweeps)):
        yield _family(metric, [((first, second), value) for first, second, value in pairs])
    yield _family(metrics.WORKERS_ALIVE, [((), found.workers)])
    yield _family(metrics.ALERTS_WAITING, [((), found.alerts)])


def _family(metric: Metric, rows: Sequence[tuple[tuple[str, ...], float]]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(metric.name, metric.meaning, labels=metric.labels)
    for labels, value in rows:
        family.add_metric(labels, value)
    return family
