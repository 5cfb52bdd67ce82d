"""The drain: dirty keys to committed decisions and outbox rows, on a real PostgreSQL with its commits on disk.

The tool answers at once, so that only Gatepost's part is measured: claim, load state, map, assess, and the one
transaction that stores measures, effect lines, decisions, outbox rows and audit entries.  Every worker is a
separate process with the reconciler of the product; the clock starts when all of them are ready, and ends with the
last one.

*First time*: nothing is known of the items; each ends with a measure, a decision and a waiting write.
*Nothing changed*: the same items again, with the tool showing the written values.
*Another mapping*: the same items again after an activation that changes the policy, so that each is assessed again.

Processor time is that of the worker processes alone, in multiples of mapping and assessing one of these items.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from multiprocessing import get_context
from multiprocessing.connection import Connection as Line
from multiprocessing.context import SpawnProcess
from typing import NamedTuple

import structlog
from sqlalchemy import Engine
from sqlalchemy import text as sql
from sqlalchemy.engine import URL, make_url

from connector.runtime import garbage_collection
from connector.runtime.queue import TaskQueue
from connector.store.connections.connections import ConnectionRecord, Connections
from connector.store.database.engine import open_database
from connector.store.database.json_codec import values_from_json
from connector.store.mapping_versions.versions import MappingVersions
from connector.store.queue.dirty_keys import SqlDirtyKeys
from connector.store.queue.inbox import mark_dirty
from connector.store.queue.wake_up import Waker
from connector.store.reconcile.assessment_store import SqlAssessmentStore
from connector.store.reconcile.stored_state import SqlStateStore
from connector.sync.active_mapping import ActiveMapping
from connector.sync.ports import ItemsChanged, ReadResult, ToolSite, WriteRequest, WriteResult
from connector.sync.reconcile import BatchResult, Reconciler
from connector.sync.related_evidence import RelatedEvidenceReader
from connector.vault import open_vault
from governance.measure_state import MeasureState
from mapping.assess_item import assess_item
from mapping.load import LoadedMapping, load_mapping
from mapping.policy import Policies
from mapping.work_item import ConnectionName, FieldName, FieldValue, NativeId, Tool
from sandbox.story import seed
from tests.bench.environment import BenchEnvironment
from tests.bench.figure import Basis, Figure
from tests.bench.yardsticks import Yardstick, median_seconds
from tests.conftest import ROOT
from tests.mapping.items import item

JIRA = ConnectionName("jira-main")
FACTS: dict[str, FieldValue] = {
    **dict.fromkeys(seed.WRITTEN_FIELDS),
    "Legal entity": "Nordbank AG",
    "Baseline": Decimal(5_000_000),
    "Objective": "Cost-income ratio below 50 %",
    "Kill criteria": "Forecast below half of plan for three months",
    "Overlaps": "none",
    "Rough value": Decimal(1_200_000),
    "Legacy services": None,
    "Retirement date": None,
    "Team": None,
    "Start date": date(2026, 1, 1),
    "Due date": date(2026, 9, 30),
    "Planned benefit": Decimal(1_200_000),
    "Planned cost": Decimal(300_000),
    "Forecast benefit": Decimal(1_150_000),
    "Forecast cost": Decimal(300_000),
    "Actual benefit": None,
    "Actual cost": None,
}
"""An epic with every field of the story's mapping; its plan and forecast make about twenty effect lines."""
MAPPING = (ROOT / "sandbox/story/mapping.yaml").read_text()


def drain(environment: BenchEnvironment) -> list[Figure]:
    url, keys = environment.database(), environment.scale.keys
    engine = open_database(url, pool_size=4, application="bench")
    vault = open_vault(None, environment.subfolder("drain"))
    record = ConnectionRecord(JIRA, Tool.JIRA, "https://x.example", "u", "c", ("s",))
    Connections(engine, vault).save(record)
    _activate(engine, MAPPING)
    try:
        with _workers(url) as workers:
            return _drained(engine, workers, keys, environment)
    finally:
        engine.dispose()


def _drained(engine: Engine, workers: Sequence[_Worker], keys: int, environment: BenchEnvironment) -> list[Figure]:
    log, assess = environment.log, _assess_seconds(environment.scale.loops)
    log(f"drains {keys:,} keys, one worker")
    _mark(engine, 1_000_000, keys)
    one_worker = _drain(workers[:1], {}).rate
    log(f"drains {keys:,} keys, two workers")
    _mark(engine, 2_000_000, keys)
    changed = _drain(workers, {})
    two_workers = changed.rate
    _assert_stored(engine, 2 * keys)
    log("the same again when nothing has changed")
    written = _written_values(engine)
    _mark(engine, 2_000_000, keys)
    unchanged = _drain(workers, written)
    _assert_stored(engine, 2 * keys)
    log("all of them again under another mapping")
    # Activation marks every known item.
    _activate(engine, MAPPING.replace("hurdle: 100000", "hurdle: 90000"))
    reassessed = _drain(workers, written).rate
    name = "dirty key to committed decision and outbox row, first time"
    reassessment = f"100,000 items assessed again under another mapping, two workers (from {2 * keys:,})"
    cores = os.cpu_count() or 1
    one, again = Basis("assess", assess), Basis("assess ÷ cores", 100_000 * assess / cores)
    return [
        Figure("map and assess one of the drained items (pure, one core)", assess * 1e6, "µs", by=Yardstick.LOOP),
        Figure(f"{name}, one worker", one_worker, "items/s", by=one),
        Figure(f"{name}, two workers", two_workers, "items/s", by=one),
        Figure("ratio: two workers ÷ one", two_workers / one_worker, "×", "≥ 1.8"),
        Figure("processor time of the workers by changed item", changed.processor_time * 1e6, "µs", "≤ 4", one),
        Figure("the same items when nothing has changed, two workers", unchanged.rate, "items/s", by=one),
        Figure("processor time of the workers by unchanged item", unchanged.processor_time * 1e6, "µs", "≤ 2.5", one),
        Figure("ratio: nothing changed ÷ first time", unchanged.rate / two_workers, "×"),
        Figure(reassessment, 100_000 / reassessed, "s", "≤ 5", again),
    ]


def _assess_seconds(loops: int) -> float:
    """Processor time of mapping and assessing one of the items, with nothing else."""
    loaded = load_mapping(MAPPING)
    assert isinstance(loaded, LoadedMapping)
    policies, read = Policies(loaded.config), item(FACTS, native_id="1", key="ITX-1")
    state, now = MeasureState(), datetime.now(UTC)
    return median_seconds(
        lambda: assess_item(read, loaded.config, policies, measure_state=state, last_written={}, now=now), loops
    )


def _activate(engine: Engine, text: str) -> None:
    loaded = load_mapping(text)
    assert isinstance(loaded, LoadedMapping)
    MappingVersions(engine, Waker(TaskQueue().defer)).activate(text, loaded.version, author="bench", reason="bench")


def _mark(engine: Engine, first: int, keys: int) -> None:
    """Dirty keys as a sweep leaves them."""
    with engine.begin() as transaction:
        for start in range(first, first + keys, 1_000):
            names = range(start, min(start + 1_000, first + keys))
            mark_dirty(transaction, JIRA, {NativeId(str(name)): None for name in names})


def _written_values(engine: Engine) -> dict[str, FieldValue]:
    """The target values of a write; they are the same for every item."""
    with engine.connect() as connection:
        stored: dict[str, object] = connection.execute(sql("SELECT target_values FROM outbox LIMIT 1")).scalar_one()
    return {str(name): value for name, value in values_from_json(stored).items()}


def _assert_stored(engine: Engine, items: int) -> None:
    with engine.connect() as connection:
        row = connection.execute(_STORED).one()
    if (row.measures, row.decisions, row.writes, row.dirty) != (items, items, items, 0):
        raise RuntimeError(f"{items} items should have been assessed; the tables contain {row}.")


_STORED = sql("""
    SELECT (SELECT count(*) FROM measure) AS measures, (SELECT count(*) FROM decision) AS decisions,
           (SELECT count(*) FROM outbox) AS writes, (SELECT count(*) FROM dirty_key) AS dirty
""")


@dataclass(frozen=True, slots=True)
class _Worker:
    process: SpawnProcess
    line: Line


@contextmanager
def _workers(url: URL) -> Iterator[list[_Worker]]:
    """Two workers that wait for the start."""
    # A fresh interpreter for each, as in production; a fork would copy the locks of this process's threads.
    context = get_context("spawn")
    running = []
    for number in (1, 2):
        line, worker_line = context.Pipe()
        process = context.Process(target=_work, args=(url.render_as_string(hide_password=False), number, worker_line))
        process.start()
        worker_line.close()
        running.append(_Worker(process, line))
    try:
        yield running
    finally:
        for worker in running:
            worker.line.close()
            worker.process.join(60)


class _Drained(NamedTuple):
    rate: float
    """Items per second."""
    processor_time: float
    """Seconds of the workers for each item."""


def _drain(workers: Sequence[_Worker], written: dict[str, FieldValue]) -> _Drained:
    """Some workers until no item waits.  Raises EOFError when one of them has ended."""
    for worker in workers:
        worker.line.send(written)
    for worker in workers:
        worker.line.recv()
    started = time.perf_counter()
    for worker in workers:
        worker.line.send("go")
    answers: list[tuple[int, float]] = [worker.line.recv() for worker in workers]
    assessed, seconds = sum(count for count, _ in answers), sum(used for _, used in answers)
    return _Drained(assessed / (time.perf_counter() - started), seconds / assessed)


def _work(dsn: str, worker: int, line: Line) -> None:
    """Until the line is closed: receive the tool's values, get ready, wait, drain, send the count."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    engine = open_database(make_url(dsn), pool_size=2, application="bench")
    # As ``gatepost worker`` does after its start.
    garbage_collection.tune_garbage_collection()
    with suppress(EOFError):
        while True:
            reader = _Reader(line.recv())
            run_batch = _batch(engine, worker, reader)
            line.send("ready")
            line.recv()
            before = time.process_time()
            while run_batch() is not BatchResult.IDLE:
                pass
            line.send((reader.count, time.process_time() - before))
    engine.dispose()


def _batch(engine: Engine, worker: int, reader: _Reader) -> Callable[[], BatchResult]:
    """One batch of the product's own reconciler under the mapping that is active now."""
    waker = Waker(TaskQueue().defer)
    stored = MappingVersions(engine, waker).active()
    assert stored is not None
    loaded = load_mapping(stored.source)
    assert isinstance(loaded, LoadedMapping)
    states, site = SqlStateStore(engine), ToolSite(JIRA, Tool.JIRA, reader, _Writer(), _EventParser())
    reconciler = Reconciler(
        dirty_keys=SqlDirtyKeys(engine, worker, 600), state_store=states, assessment_store=SqlAssessmentStore(engine, waker), pauses=_NoPauses(),
        related_evidence=RelatedEvidenceReader(lambda name: site, states), clock=lambda: datetime.now(UTC), jitter=lambda: 1.0,
        batch_size=100,
    )  # fmt: skip
    active = ActiveMapping(stored.number, loaded.config, Policies(loaded.config))
    return lambda: reconciler.run(site, active)


@dataclass
class _Reader:
    """A tool that answers at once."""

    written: dict[str, FieldValue] = field(default_factory=dict)
    count: int = 0

    def read(
        self,
        items: Sequence[NativeId],
        fields: frozenset[FieldName],
        child_fields: frozenset[FieldName] = frozenset(),
        plans: str | None = None,
        *,
        approvals: bool = False,
    ) -> ReadResult:
        self.count += len(items)
        return ReadResult({name: item(FACTS | self.written, native_id=name, key=f"ITX-{name}") for name in items}, ())


class _Writer:
    def write_reply_comment(self, item: NativeId, reply_comment: object) -> WriteResult:
        return WriteResult.DONE

    def write(self, request: WriteRequest) -> WriteResult:
        return WriteResult.DONE


class _EventParser:
    def parse(self, body: bytes) -> ItemsChanged:
        return ItemsChanged("x", ())


class _NoPauses:
    def pause(self, connection: ConnectionName, reason: str, seconds: float | None) -> None: ...

    def pause_reason(self, connection: ConnectionName) -> str | None:
        return None
