"""Gatepost in operation: web and worker as separate processes, and a stand-in of Jira that is as slow as a real site.

The stand-in runs in the bench's process, which is otherwise idle; the load comes from another process.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import requests
from sqlalchemy import text

from connector.runtime.queue import TaskQueue
from connector.store.queue.inbox import mark_dirty
from connector.store.queue.wake_up import TaskKind, Waker
from mapping.work_item import ConnectionName, NativeId
from sandbox.jira.model import Issue, Value
from sandbox.story import seed
from tests.bench.environment import BenchEnvironment
from tests.bench.load import Plan
from tests.stories.world import SECRET, World, world

JIRA = ConnectionName("jira-main")
CONNECTIONS = (JIRA, ConnectionName("servicenow-main"))
WRITE = re.compile(r"/rest/api/3/issue/([^/]+)")
FACTS: dict[str, Value] = {
    "Sponsor": "brandt",
    "Controller": "weber",
    "Business unit": "Group IT",
    "Legal entity": "Nordbank AG",
    "Start date": "2026-01-01",
    "Baseline": 5_000_000,
    "Objective": "Cost-income ratio below 50 %",
    "Kill criteria": "Forecast below half of plan for three months",
    "Overlaps": "none",
    "Rough value": 1_200_000,
    "Planned benefit": 1_200_000,
    "Planned cost": 300_000,
    "Forecast benefit": 1_200_000,
    "Forecast cost": 300_000,
}
"""An epic with twelve months of plan and forecast."""


@dataclass
class BenchScene:
    environment: BenchEnvironment
    world: World
    items: list[Issue] = field(default_factory=list)

    def add(self, count: int, **more: Value) -> list[Issue]:
        """Epics whose figures all differ."""
        state = self.world.sandbox.jira
        first = len(self.items)
        added = [
            state.create(
                "CLOUD", "Epic", f"Measure {number}", by="kaya", assignee="osei", duedate="2026-12-31",
                values=FACTS | {"Program": f"Program {number % 40}", "Planned benefit": 1_200_000 + number} | more,
            )
            for number in range(first, first + count)
        ]  # fmt: skip
        self.items += added
        return added

    def known(self, count: int) -> list[Issue]:
        """New epics that have been assessed and written, without events and without delay."""
        self.world.sandbox.jira.webhooks.registered.clear()
        self.set_delay(0)
        added = self.add(count)
        self.mark_dirty(added)
        self.world.wait_quiet()
        return added

    def change(self, items: list[Issue], step: int) -> None:
        """Change the plan of each without an event: the load sends the events.  From now on calls are counted.

        Then the stand-in sends an event for every change, also for Gatepost's own writes, as a real site does.
        """
        jira = self.world.sandbox.jira
        jira.webhooks.registered.clear()
        for index, item in enumerate(items):
            jira.edit(item.id, {"Planned benefit": 1_200_000 + step * 100_000 + index}, by="kaya")
        self.world.sandbox.register_webhooks(f"{self.world.url}/hooks/jira/{JIRA}", None, SECRET)
        requests.delete(f"{self._url}/sandbox/calls", timeout=30).raise_for_status()
        self.set_delay(self.environment.scale.delay_ms)

    def mark_dirty(self, items: list[Issue]) -> None:
        """Mark items for assessment as a sweep does: all in one transaction."""
        with self.world.services.engine.begin() as transaction:
            mark_dirty(transaction, JIRA, {NativeId(item.id): None for item in items})
            Waker(TaskQueue().defer).wake(transaction, TaskKind.RECONCILE, JIRA)

    def start(self) -> None:
        self.environment.log("start web and worker")
        self.world.start("web")
        self.world.start("worker")
        self.world.wait_ready()

    def set_delay(self, milliseconds: int) -> None:
        """Make the stand-in take this long for every call, as a site on the internet does."""
        self._post({"delay_ms": milliseconds})

    def plan(self, items: list[Issue], *, events: int, rate: float = 0) -> Plan:
        return Plan(
            "127.0.0.1", self.world.port, f"/hooks/jira/{JIRA}", SECRET, [str(file) for file in self.environment.bodies],
            [item.id for item in items], self.environment.scale.connections, events=events, rate=rate,
        )  # fmt: skip

    def writes(self) -> list[tuple[str, float]]:
        """Item and wall clock of every write that the stand-in carried out, oldest first."""
        writes = []
        for call in requests.get(f"{self._url}/sandbox/calls", timeout=60).json()["calls"]:
            item = WRITE.fullmatch(call["path"])
            if call["method"] == "PUT" and call["status"] < 300 and item:
                writes.append((item[1], float(call["at"])))
        return writes

    @property
    def _url(self) -> str:
        return self.world.sandbox.jira.base_url

    def _post(self, fault: dict[str, object]) -> None:
        requests.post(f"{self._url}/sandbox/faults", json=fault, timeout=30).raise_for_status()


@contextmanager
def scene(environment: BenchEnvironment, name: str) -> Iterator[BenchScene]:
    """A fresh Gatepost on a new database, not started, and a site without epics that sends no events."""
    folder = environment.subfolder(name)
    with world(environment.database(), folder, story=False) as here:
        # Default settings, but no sweeps, whose time would be random.
        for setting in ("GATEPOST_WEB_THREADS", "GATEPOST_WORKER_CONCURRENCY"):
            here.environment.pop(setting, None)
        here.environment["GATEPOST_LOG_LEVEL"] = "WARNING"
        here.copied = False
        _mark_swept(here)
        here.sandbox.jira.webhooks.registered.clear()
        here.sandbox.servicenow.event_rules.clear()
        # Ids distinct from those of generated measures, which start at 1.
        here.sandbox.jira._ids = itertools.count(5_000_001)
        seed.set_up_jira(here.sandbox.jira)
        seed.set_up_servicenow(here.sandbox.servicenow)
        yield BenchScene(environment, here)


def waits_for_writes(events: list[tuple[str, float]], writes: list[tuple[str, float]]) -> list[float]:
    """Seconds from each event to the first write of its item after it.  Raises RuntimeError when one has none."""
    times: dict[str, list[float]] = {}
    for item, at in writes:
        times.setdefault(item, []).append(at)
    waits = []
    for item, planned in events:
        after = [at - planned for at in times.get(item, ()) if at >= planned]
        if not after:
            raise RuntimeError(f"The event on {item} was accepted and led to no write.")
        waits.append(min(after))
    return waits


def _mark_swept(here: World) -> None:
    """Record that both sweeps of both connections have just run."""
    now = datetime.now(UTC)
    with here.services.engine.begin() as transaction:
        for connection in CONNECTIONS:
            for kind in ("changed", "full"):
                row = {"connection": connection, "kind": kind, "now": now, "due": now + timedelta(days=1)}
                transaction.execute(_SWEPT, row)


_SWEPT = text("""
    INSERT INTO sweep (connection, kind, query, started_at, ended_at, due_at)
    VALUES (:connection, :kind, '', :now, :now, :due)
""")
