"""The drain: dirty keys to committed decisions and outbox rows, on a real PostgreSQL with its commits on disk.

The tool answers at once, so that what is measured is Gatepost's own part: claim, recall, map, assess, and the one
transaction that stores measures, effect lines, decisions, outbox rows and audit entries.  Every worker is a process of
its own with the reconciler of the product; all of them wait until the last one is ready, then the clock starts, and it
ends with the last one.

*First time*: nothing is known of the items; each ends with a measure, a decision and a write that waits.
*Nothing changed*: the same items again, with the tool showing what was wanted of it.
*Another mapping*: the same items again after an activation that changes the policy, so that each is judged anew.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from multiprocessing import get_context
from multiprocessing.connection import Connection as Line
from multiprocessing.context import SpawnProcess

import structlog
from sqlalchemy import Engine
from sqlalchemy import text as sql
from sqlalchemy.engine import URL, make_url

from connector.runtime import garbage_collection
from connector.runtime.queue import Queue
from connector.store.connections.connections import ConnectionRecord, Connections
from connector.store.database.engine import open_database
from connector.store.database.json_codec import values_from_json
from connector.store.mapping_versions.versions import Mappings
from connector.store.queue.dirty_keys import SqlWork
from connector.store.queue.inbox import mark_dirty
from connector.store.queue.wake_up import Waker
from connector.store.reconcile.assessment_store import SqlLedger
from connector.store.reconcile.stored_state import SqlMemory
from connector.sync.ports import Doorbell, Reading, Site, Wish, Written
from connector.sync.reconcile import ActiveMapping, Reconciler, Round
from connector.sync.related_evidence import Surroundings
from connector.vault import open_vault
from mapping.load import Loaded, load_mapping
from mapping.policy import Policies
from mapping.work_item import ConnectionName, FieldName, FieldValue, NativeId, Tool
from sandbox.story import seed
from tests.bench.environment import Ground
from tests.bench.figure import Figure
from tests.conftest import ROOT
from tests.mapping.items import item

JIRA = ConnectionName("jira-main")
FACTS: dict[str, FieldValue] = {
    **dict.fromkeys(seed.WRITTEN),
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
"""An epic with everything that the story's mapping asks for; its plan and forecast make about twenty effect lines."""
MAPPING = (ROOT / "sandbox/story/mapping.yaml").read_text()


def drain(ground: Ground) -> list[Figure]:
    url, keys = ground.database(), ground.scale.keys
    engine = open_database(url, pool_size=4, application="bench")
    vault = open_vault(None, ground.place("drain"))
    record = ConnectionRecord(JIRA, Tool.JIRA, "https://x.example", "u", "c", ("s",))
    Connections(engine, vault).save(record)
    _activate(engine, MAPPING)
    try:
        with _workers(url) as workers:
            return _drained(engine, workers, keys, ground.say)
    finally:
        engine.dispose()


def _drained(engine: Engine, workers: Sequence[_Worker], keys: int, say: Callable[[str], None]) -> list[Figure]:
    say(f"drains {keys:,} keys, one worker")
    _mark(engine, 1_000_000, keys)
    alone = _rate(workers[:1], {})
    say(f"drains {keys:,} keys, two workers")
    _mark(engine, 2_000_000, keys)
    first = _rate(workers, {})
    _all_stored(engine, 2 * keys)
    say("the same again when nothing has changed")
    shown = _wanted(engine)
    _mark(engine, 2_000_000, keys)
    again = _rate(workers, shown)
    _all_stored(engine, 2 * keys)
    say("all of them again under another mapping")
    # Activating marks everything that is known.
    _activate(engine, MAPPING.replace("hurdle: 100000", "hurdle: 90000"))
    anew = _rate(workers, shown)
    name = "dirty key to committed decision and outbox row, first time"
    judged = f"100,000 items judged again under another mapping, two workers (from {2 * keys:,})"
    return [
        Figure(f"{name}, one worker", alone, "items/s"),
        Figure(f"{name}, two workers", first, "items/s", "≥ 1,000"),
        Figure("ratio: two workers ÷ one", first / alone, "×"),
        Figure("the same items when nothing has changed, two workers", again, "items/s"),
        Figure("ratio: nothing changed ÷ first time", again / first, "×"),
        Figure(judged, 100_000 / anew, "s", "≤ 120"),
    ]


def _activate(engine: Engine, text: str) -> None:
    loaded = load_mapping(text)
    assert isinstance(loaded, Loaded)
    Mappings(engine, Waker(Queue().defer)).activate(text, loaded.version, author="bench", reason="bench")


def _mark(engine: Engine, first: int, keys: int) -> None:
    """Dirty keys as a sweep leaves them."""
    with engine.begin() as transaction:
        for start in range(first, first + keys, 1_000):
            names = range(start, min(start + 1_000, first + keys))
            mark_dirty(transaction, JIRA, {NativeId(str(name)): None for name in names})


def _wanted(engine: Engine) -> dict[str, FieldValue]:
    """What has to be written to each: they are all alike."""
    with engine.connect() as connection:
        stored: dict[str, object] = connection.execute(sql("SELECT wanted FROM outbox LIMIT 1")).scalar_one()
    return {str(name): value for name, value in values_from_json(stored).items()}


def _all_stored(engine: Engine, items: int) -> None:
    with engine.connect() as connection:
        row = connection.execute(_STORED).one()
    if (row.measures, row.decisions, row.writes, row.dirty) != (items, items, items, 0):
        raise RuntimeError(f"{items} items were to be decided; the tables say {row}.")


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
    """Two workers that wait to be told to begin."""
    # A fresh interpreter for each, as in production; a fork would take this process's threads' locks along.
    context = get_context("spawn")
    running = []
    for number in (1, 2):
        mine, theirs = context.Pipe()
        process = context.Process(target=_work, args=(url.render_as_string(hide_password=False), number, theirs))
        process.start()
        theirs.close()
        running.append(_Worker(process, mine))
    try:
        yield running
    finally:
        for one in running:
            one.line.close()
            one.process.join(60)


def _rate(workers: Sequence[_Worker], shown: dict[str, FieldValue]) -> float:
    """Items per second of some workers until nothing waits.  Raises EOFError when one of them has ended."""
    for one in workers:
        one.line.send(shown)
    for one in workers:
        one.line.recv()
    started = time.perf_counter()
    for one in workers:
        one.line.send("go")
    judged = sum(int(one.line.recv()) for one in workers)
    return judged / (time.perf_counter() - started)


def _work(dsn: str, worker: int, line: Line) -> None:
    """Round after round until the line is closed: hear what the tool shows, get ready, wait, drain, tell the count."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    engine = open_database(make_url(dsn), pool_size=2, application="bench")
    # As ``gatepost worker`` does when it has been put together.
    garbage_collection.settle()
    with suppress(EOFError):
        while True:
            reader = _Reader(line.recv())
            round_ = _round(engine, worker, reader)
            line.send("ready")
            line.recv()
            while round_() in {Round.MORE, Round.DONE}:
                pass
            line.send(reader.count)
    engine.dispose()


def _round(engine: Engine, worker: int, reader: _Reader) -> Callable[[], Round]:
    """One batch of the product's own reconciler under the mapping that is active now."""
    waker = Waker(Queue().defer)
    stored = Mappings(engine, waker).active()
    assert stored is not None
    loaded = load_mapping(stored.source)
    assert isinstance(loaded, Loaded)
    memory, site = SqlMemory(engine), Site(JIRA, Tool.JIRA, reader, _Writer(), _Door())
    reconciler = Reconciler(
        work=SqlWork(engine, worker, 600), memory=memory, ledger=SqlLedger(engine, waker), pauses=_NoPauses(),
        surroundings=Surroundings(lambda name: site, memory), clock=lambda: datetime.now(UTC), jitter=lambda: 1.0,
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
    ) -> Reading:
        self.count += len(items)
        return Reading({name: item(FACTS | self.written, native_id=name, key=f"ITX-{name}") for name in items}, ())


class _Writer:
    def answer(self, item: NativeId, answer: object) -> Written:
        return Written.DONE

    def write(self, wish: Wish) -> Written:
        return Written.DONE


class _Door:
    def parse(self, body: bytes) -> Doorbell:
        return Doorbell("x", ())


class _NoPauses:
    def pause(self, connection: ConnectionName, reason: str, seconds: float | None) -> None: ...

    def paused(self, connection: ConnectionName) -> str | None:
        return None
