"""The gauges of ``/metrics``: read from the database on request, at most once in some seconds.

Monitoring needs an answer even when the database gives none: then the answer is that the database is unavailable.
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
from connector.store.operations.gauges import Gauges, read_gauges

CACHE_SECONDS = 5.0
"""How long figures are served from memory; several Prometheus servers may ask."""
QUERY_TIMEOUT_SECONDS = 4.0
"""Prometheus gives up after ten: a database that hangs is reported as unavailable."""

_log = structlog.get_logger(__name__)


class DatabaseCollector(Collector):
    """Serves the gauges from the database."""

    def __init__(
        self,
        engine: Engine,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        patience: float = QUERY_TIMEOUT_SECONDS,
    ) -> None:
        self._engine = engine
        self._monotonic = monotonic
        self._patience = patience
        self._lock = Lock()
        # One thread, started by the first request: however many wait, the database is queried once.
        self._reading = ThreadPoolExecutor(max_workers=1, thread_name_prefix="metrics")
        self._future: Future[Gauges] | None = None
        self._read_at = 0.0

    def collect(self) -> Iterable[GaugeMetricFamily]:
        gauges = self._read_gauges()
        yield _family(metrics.DATABASE_UP, [((), float(gauges is not None))])
        if gauges is not None:
            yield from _families(gauges)

    def _read_gauges(self) -> Gauges | None:
        with self._lock:
            now = self._monotonic()
            if self._future is None or (self._future.done() and now - self._read_at >= CACHE_SECONDS):
                self._future, self._read_at = self._reading.submit(read_gauges, self._engine), now
            future = self._future
        try:
            return future.result(self._patience)
        except (SQLAlchemyError, TimeoutError) as error:
            _log.warning("metrics unavailable", error=type(error).__name__)
            return None


def _families(gauges: Gauges) -> Iterator[GaugeMetricFamily]:
    for metric, rows in (
        (metrics.BACKLOG_AGE, gauges.backlog_ages),
        (metrics.DIRTY_KEYS, gauges.dirty_keys),
        (metrics.OUTBOX_PENDING, gauges.waiting_writes),
        (metrics.PAUSED, gauges.paused),
        (metrics.RATE_LIMITED, gauges.rate_limited),
        (metrics.WRITES_LAST_MINUTE, gauges.written_last_minute),
        (metrics.AUDIT_ANCHOR_AGE, gauges.anchor_ages),
    ):
        yield _family(metric, [((name,), value) for name, value in rows])
    for metric, pairs in ((metrics.DEAD_LETTERS, gauges.dead_letters), (metrics.SWEEP_OVERDUE, gauges.overdue_sweeps)):
        yield _family(metric, [((first, second), value) for first, second, value in pairs])
    yield _family(metrics.WORKERS_ALIVE, [((), gauges.live_workers)])
    yield _family(metrics.ALERTS_PENDING, [((), gauges.waiting_alerts)])
    yield _family(metrics.PAPERS_PENDING, [((), gauges.waiting_papers)])


def _family(metric: Metric, rows: Sequence[tuple[tuple[str, ...], float]]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(metric.name, metric.description, labels=metric.labels)
    for labels, value in rows:
        family.add_metric(labels, value)
    return family
