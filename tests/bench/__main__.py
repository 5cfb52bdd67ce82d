"""``make bench``: figures and ratios of the hot path, measured in one run.

Absolute figures are of this machine; a ratio compares two things measured one after the other in the same run.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from uuid import uuid4

import structlog
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine
from sqlalchemy import text as sql
from sqlalchemy.engine import make_url

from connector.engine import Queue
from connector.jira.fields import Field
from connector.jira.payloads import work_item
from connector.jsons import parse_object
from connector.postgres import locate
from connector.store import migrate
from connector.store.connections import ConnectionRecord, Connections
from connector.store.database import open_database
from connector.store.inbox import SqlInbox, mark_dirty
from connector.store.jsonable import values_from_json
from connector.store.ledger import SqlLedger
from connector.store.mappings import Mappings
from connector.store.memory import SqlMemory
from connector.store.wake import Waker
from connector.store.work import SqlWork
from connector.sync.ports import Doorbell, Reading, Site, Wish, Written
from connector.sync.reconcile import ActiveMapping, Reconciler, Round
from connector.sync.stores import Arrival
from connector.sync.surroundings import Surroundings
from connector.vault import open_vault
from governance.assess import assess
from governance.effects import Version
from governance.evidence import Children
from governance.plan import freeze
from governance.standing import Standing
from mapping.judge import judge
from mapping.load import Loaded, load_mapping
from mapping.policy import Policies
from mapping.work_item import ConnectionName, FieldName, FieldValue, NativeId, Tool, WorkItem
from tests.bench.figure import Figure
from tests.bench.portfolio import portfolio
from tests.conftest import ROOT
from tests.governance.factory import APPROVALS, NOW, POLICY, evidence, lines, measure
from tests.mapping.items import item

JIRA = ConnectionName("jira-main")
REPEATS = 7


def median(work: Callable[[], object], loops: int) -> float:
    """Median seconds of one call, over several rounds of ``loops`` calls."""
    rounds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        for _ in range(loops):
            work()
        rounds.append((time.perf_counter() - started) / loops)
    return statistics.median(rounds)


def pure() -> list[Figure]:
    """The domain and the mapping, on one core, without I/O."""
    many = tuple(
        line for version in Version for line in lines(version, 10_000, 50_000, months=39)
    )  # 3 × (39 + 1) = 120 lines
    assert len(many) == 120
    whole, fresh = measure(effects=many), evidence("decided", "decided")
    # Statements are heard once; every later look finds them with their rulings, and the plan locked.
    heard = assess(whole, evidence("decided", "decided", statements=APPROVALS[:3]), POLICY, NOW)
    standing = replace(heard.standing, plan=freeze(many, NOW))
    seen = evidence("decided", "decided", statements=heard.statements, standing=standing)
    mapping = load_mapping((ROOT / "sandbox/story/mapping.yaml").read_text())
    assert isinstance(mapping, Loaded)
    policy = Policies(mapping.config)
    issue = parse_object(_large_issue())
    fields = {FieldName("Sponsor"): Field("customfield_1", "Sponsor", "user", "userpicker")}

    def parse() -> WorkItem:
        return work_item(issue, connection=JIRA, base_url="https://x", fields=fields, children=Children(0, 0))

    some = item({"Business unit": "IT", "Forecast benefit": None, "Program": "P"})
    parsed = replace(parse(), fields=some.fields, project="ITX", type="Epic")

    def map_and_assess() -> object:
        return judge(parsed, mapping.config, policy, standing=Standing(), last_written={}, now=NOW)

    return [
        Figure(
            "assess a measure with 120 effect lines",
            median(lambda: assess(whole, seen, POLICY, NOW), 300) * 1e6,
            "µs",
            "≤ 200",
        ),
        Figure(
            "the same, hearing five statements and granting a stage",
            median(lambda: assess(whole, fresh, POLICY, NOW), 300) * 1e6,
            "µs",
        ),
        Figure("map and assess one item of a 20 kB issue", median(map_and_assess, 300) * 1e6, "µs", "≤ 300"),
        Figure("normalise a 20 kB issue", median(parse, 300) * 1e6, "µs"),
    ]


def _large_issue() -> bytes:
    filler = {f"customfield_{number}": {"value": "x" * 60, "id": str(number)} for number in range(200, 390)}
    fields = {
        "summary": "s",
        "status": {"name": "Backlog"},
        "issuetype": {"name": "Epic"},
        "project": {"key": "ITX"},
        **filler,
    }
    return json.dumps({"id": "10001", "key": "ITX-1", "fields": fields}).encode()


def stored(folder: Path) -> list[Figure]:
    """Events into the inbox and dirty keys to decisions, on a real PostgreSQL with its commits on disk."""
    engine = open_database(locate(None, folder), pool_size=4, application="bench")
    migrate.upgrade(engine)
    waker = Waker(Queue().defer)
    Connections(engine, open_vault(None, folder)).save(
        ConnectionRecord(JIRA, Tool.JIRA, "https://x.example", "u", "c", ("s",))
    )
    text = (ROOT / "sandbox/story/mapping.yaml").read_text()
    loaded = load_mapping(text)
    assert isinstance(loaded, Loaded)
    version = Mappings(engine, waker).activate(text, loaded.version, author="bench", reason="bench")
    inbox, ledger = SqlInbox(engine, waker), SqlLedger(engine, waker)
    body = _large_issue()

    def arrive(number: int) -> None:
        rung = Doorbell("jira:issue_updated", (NativeId(str(number)),))
        inbox.take_in(Arrival(JIRA, str(uuid4()), body, rung))

    count = 2_000
    started = time.perf_counter()
    for number in range(count):
        arrive(number)
    accept = count / (time.perf_counter() - started)
    active = ActiveMapping(version.number, loaded.config, Policies(loaded.config))
    reconciler = Reconciler(
        work=SqlWork(engine, 1, 600), memory=SqlMemory(engine), ledger=ledger, pauses=_NoPauses(),
        surroundings=Surroundings(lambda name: site, SqlMemory(engine)), clock=lambda: datetime.now(UTC),
        jitter=lambda: 1.0, batch_size=100,
    )  # fmt: skip
    reader = _Reader()
    site = Site(JIRA, Tool.JIRA, reader, _Writer(), _Door())
    rates = []
    for again in (False, True):
        if again:
            # The tool now shows what was wanted of it, so that nothing differs.
            reader.written = _wanted(engine)
            for number in range(count):
                arrive(number)
        started = time.perf_counter()
        while reconciler.run(site, active) is Round.MORE:
            pass
        rates.append(count / (time.perf_counter() - started))
    engine.dispose()
    return [
        Figure("accept an event of 20 kB, one at a time, committed", accept, "/s"),
        Figure("dirty key to decision and outbox, first time, one worker", rates[0], "items/s", "≥ 1,000 on 2 cores"),
        Figure("the same when nothing has changed", rates[1], "items/s"),
        Figure("ratio: nothing changed / first time", rates[1] / rates[0], "×"),
    ]


def reassessed(folder: Path) -> list[Figure]:
    """Every known item judged again under another mapping, by two workers on one database; calls to tools excluded."""
    url = locate(None, folder)
    engine = open_database(url, pool_size=4, application="bench")
    waker = Waker(Queue().defer)
    items = 10_000
    with engine.begin() as transaction:
        for start in range(0, items, 1_000):
            names = {NativeId(str(1_000_000 + start + n)): None for n in range(1_000)}
            mark_dirty(transaction, JIRA, names)
    dsn = url.render_as_string(hide_password=False)
    wanted = {name: str(value) for name, value in _wanted(engine).items()}
    _drain((dsn, 1, wanted))
    text = (ROOT / "sandbox/story/mapping.yaml").read_text().replace("hurdle: 100000", "hurdle: 90000")
    loaded = load_mapping(text)
    assert isinstance(loaded, Loaded)
    Mappings(engine, waker).activate(text, loaded.version, author="bench", reason="bench")
    engine.dispose()
    started = time.perf_counter()
    with ProcessPoolExecutor(2, mp_context=get_context("fork")) as pool:
        looked = sum(pool.map(_drain, [(dsn, worker, wanted) for worker in (2, 3)]))
    seconds = time.perf_counter() - started
    return [Figure("100,000 items judged again by two workers, from 10,000", seconds / looked * 100_000, "s", "≤ 120")]


def _drain(work: tuple[str, int, dict[str, str]]) -> int:
    """One worker until nothing waits; returns how many items it judged.  Runs in a process of its own."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    dsn, worker, wanted = work
    engine = open_database(make_url(dsn), pool_size=2, application="bench")
    stored = Mappings(engine, Waker(Queue().defer)).active()
    assert stored is not None
    loaded = load_mapping(stored.source)
    assert isinstance(loaded, Loaded)
    memory = SqlMemory(engine)
    reader = _Reader()
    reader.written = dict(wanted)
    site = Site(JIRA, Tool.JIRA, reader, _Writer(), _Door())
    reconciler = Reconciler(
        work=SqlWork(engine, worker, 600), memory=memory, ledger=SqlLedger(engine, Waker(Queue().defer)),
        pauses=_NoPauses(), surroundings=Surroundings(lambda name: site, memory), clock=lambda: datetime.now(UTC),
        jitter=lambda: 1.0, batch_size=100,
    )  # fmt: skip
    active = ActiveMapping(stored.number, loaded.config, Policies(loaded.config))
    while reconciler.run(site, active) in {Round.MORE, Round.DONE}:
        pass
    engine.dispose()
    return reader.count


def _wanted(engine: Engine) -> dict[str, FieldValue]:
    with engine.connect() as connection:
        stored: dict[str, object] = connection.execute(sql("SELECT wanted FROM outbox LIMIT 1")).scalar_one()
    return {str(name): value for name, value in values_from_json(stored).items()}


class _Reader:
    """A tool that answers at once: what is measured is Gatepost's own part."""

    def __init__(self) -> None:
        self.written: dict[str, FieldValue] = {}
        self.count = 0

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
        return Reading({name: item(self.written, native_id=name, key=f"ITX-{name}") for name in items}, ())


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


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory() as folder:
        figures = [*pure(), *stored(Path(folder)), *reassessed(Path(folder)), *portfolio(Path(folder))]
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    table = Table("What", "Figure", "", "Bar", title=f"Gatepost on {machine}")
    for figure in figures:
        table.add_row(figure.name, f"{figure.value:,.1f}", figure.unit, figure.bar)
    Console().print(table)
    target = ROOT / "bench" / "latest.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps({"machine": machine, "figures": [vars(figure) for figure in figures]}, indent=1))


if __name__ == "__main__":
    main()
