"""How many calls 1,000 changed items cost, counted by the stand-ins of Jira Cloud and ServiceNow.

All keys are marked in one transaction, as a sweep leaves them; the product's own worker does the rest.

*Values differ*: somebody has changed the plan of each item to a value of its own.
*Nothing differs*: the same items are looked at again.
*One value fits all*: new items whose mapping writes the gate alone; it is shut for each.

A read is whatever only asks: a GET, a search, a bulk fetch, or a batch of those.  A write is a call that changes items,
be it one or fifty in a batch; of a bulk edit the questions whether it is done count as well.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

import requests

from connector.runtime.queue import Queue
from connector.store.queue.inbox import mark_dirty
from connector.store.queue.wake_up import Task, Waker
from mapping.work_item import ConnectionName, NativeId
from tests.bench.environment import Ground
from tests.bench.figure import Figure
from tests.bench.scene import FACTS
from tests.conftest import ROOT
from tests.stories.simulation import Theatre, theatre

MAPPING = (ROOT / "sandbox/story/mapping.yaml").read_text()
GATE_ALONE = re.sub(r"write:\n(      .+\n?)+", "write: {gate: Gate}\n", MAPPING)
READS = ("/search/jql", "/issue/bulkfetch", "/approximate-count")
JIRA, SNOW = ConnectionName("jira-main"), ConnectionName("servicenow-main")


def calls(ground: Ground) -> list[Figure]:
    apart, alike = (_played(ground, name, mapping) for name, mapping in (("apart", MAPPING), ("alike", GATE_ALONE)))
    return [figure for one, other in zip(apart, alike, strict=True) for figure in (*one, *other)]


def _played(ground: Ground, name: str, mapping: str) -> list[list[Figure]]:
    """The figures of each tool."""
    with theatre(ground.database(), ground.place(f"calls-{name}"), mapping=mapping) as scene:
        scene.sandbox.jira.webhooks.registered.clear()
        scene.sandbox.servicenow.event_rules.clear()
        sides = {"Jira Cloud": _Jira(scene, JIRA, ground), "ServiceNow": _ServiceNow(scene, SNOW, ground)}
        return [side.alike(tool) if name == "alike" else side.apart(tool) for tool, side in sides.items()]


class _Side:
    """One tool's items."""

    def __init__(self, scene: Theatre, connection: ConnectionName, ground: Ground) -> None:
        self._scene = scene
        self._connection = connection
        self._ground = ground
        self._count = ground.scale.changed

    def add(self) -> list[str]:
        """New items, each with a plan of its own; their ids."""
        raise NotImplementedError

    def change(self, items: list[str]) -> None:
        """Another plan for each."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        raise NotImplementedError

    def apart(self, tool: str) -> list[Figure]:
        self._ground.say(f"{tool}: {self._count:,} items whose values differ")
        items = self.add()
        self._counted(items)
        self.change(items)
        changed = self._counted(items)
        self._ground.say(f"{tool}: the same again when nothing differs")
        same = self._counted(items)
        name = f"{tool}, {self._count:,} changed items"
        return [
            Figure(f"{name}: reads", changed["read"], "calls", f"≤ {max(10, self._count // 100)}"),
            Figure(f"{name} whose values differ: writes", changed["write"], "calls", f"≤ {self._count:,}"),
            Figure(f"{tool}, {self._count:,} items where nothing differs: writes", same["write"], "calls", "≤ 0"),
        ]

    def alike(self, tool: str) -> list[Figure]:
        self._ground.say(f"{tool}: one value for {self._count:,} items")
        made = self._counted(self.add())
        name = f"{tool}, one value for {self._count:,} items: writes in all"
        return [Figure(name, made["write"], "calls", "≤ 3")]

    def _counted(self, items: list[str]) -> Counter[str]:
        """The calls that it takes until nothing is left to do."""
        address = f"{self.url}/sandbox/calls"
        requests.delete(address, timeout=30).raise_for_status()
        with self._scene.services.engine.begin() as transaction:
            mark_dirty(transaction, self._connection, {NativeId(item): None for item in items})
            Waker(Queue().defer).wake(transaction, Task.RECONCILE, self._connection)
        self._scene.settle()
        return _kinds(requests.get(address, timeout=60).json()["calls"])


class _Jira(_Side):
    @property
    def url(self) -> str:
        return self._scene.sandbox.jira.base_url

    def add(self) -> list[str]:
        state = self._scene.sandbox.jira
        return [
            state.create(
                "CLOUD", "Epic", f"Measure {number}", by="kaya", assignee="osei", duedate="2026-12-31",
                values=FACTS | {"Program": "P", "Planned benefit": 1_200_000 + number},
            ).id
            for number in range(self._count)
        ]  # fmt: skip

    def change(self, items: list[str]) -> None:
        for number, item in enumerate(items):
            self._scene.sandbox.jira.edit(item, {"Planned benefit": 1_300_000 + number}, by="kaya")


class _ServiceNow(_Side):
    @property
    def url(self) -> str:
        return self._scene.sandbox.servicenow.base_url

    def add(self) -> list[str]:
        state = self._scene.sandbox.servicenow
        people = {row["user_name"]: row["sys_id"] for row in state.tables["sys_user"].values()}
        made = [
            state.insert(
                "pm_project",
                {
                    "short_description": f"Measure {number}", "state": "-5", "u_program": "P",
                    "project_manager": people["lind"], "u_rough_value": "1200000",
                    "u_planned_benefit": str(1_200_000 + number), "u_planned_cost": "300000",
                    "start_date": "2026-01-01 00:00:00", "end_date": "2026-12-31 00:00:00",
                },
                "lind",
            )
            for number in range(self._count)
        ]  # fmt: skip
        return [f"pm_project:{record['sys_id']}" for record in made]

    def change(self, items: list[str]) -> None:
        for number, item in enumerate(items):
            values = {"u_planned_benefit": str(1_300_000 + number)}
            self._scene.sandbox.servicenow.update("pm_project", item.partition(":")[2], values, "lind")


def _kinds(made: Iterable[Mapping[str, object]]) -> Counter[str]:
    """Reads and writes.  A batch is what stands in it; the calls in it are logged before it."""
    kinds: Counter[str] = Counter()
    within: set[str] = set()
    for call in made:
        method, path = str(call["method"]), str(call["path"])
        if call.get("inner"):
            within.add(method)
            continue
        batch, asks = path.endswith("/batch"), method == "GET" or path.endswith(READS)
        writes = bool(within - {"GET"}) if batch else "/bulk/" in path or not asks
        kinds["write" if writes else "read"] += 1
        if batch:
            within.clear()
    return kinds
