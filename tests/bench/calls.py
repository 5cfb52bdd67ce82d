"""How many calls 1,000 changed items cost, counted by the stand-ins of Jira Cloud and ServiceNow.

All keys are marked in one transaction, as by a sweep; the product's worker does the rest.

*Values differ*: somebody has changed the plan of each item to a different value.
*Nothing differs*: the same items are assessed again.
*One value fits all*: new items whose mapping writes the gate alone; it is shut for each.

A read is a call that changes nothing: a GET, a search, a bulk fetch, or a batch of those.  A write is a call that
changes items, one or many in a batch; status queries of a bulk edit count as writes.  The stand-in of ServiceNow says
that a write takes a millisecond: on an instance where it takes longer, a batch carries fewer.

A thousand issues of Jira cost at least eleven reads, whatever their bar says: ten, because a bulk fetch returns a
hundred of them, and a search for their child items, which no fetch of an issue returns.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

import requests

from connector.runtime.queue import TaskQueue
from connector.store.queue.inbox import mark_dirty
from connector.store.queue.wake_up import TaskKind, Waker
from mapping.work_item import ConnectionName, NativeId
from tests.bench.environment import BenchEnvironment
from tests.bench.figure import Figure
from tests.bench.scene import FACTS
from tests.conftest import ROOT
from tests.stories.simulation import Simulation, simulation

MAPPING = (ROOT / "sandbox/story/mapping.yaml").read_text()
GATE_ALONE = re.sub(r"write:\n(      .+\n?)+", "write: {gate: Gate}\n", MAPPING)
READS = ("/search/jql", "/issue/bulkfetch", "/changelog/bulkfetch", "/worklog/list", "/approximate-count")
"""Questions that are sent as POST."""
JIRA, SNOW = ConnectionName("jira-main"), ConnectionName("servicenow-main")


def calls(environment: BenchEnvironment) -> list[Figure]:
    different, same = (
        _measured(environment, name, mapping) for name, mapping in (("different", MAPPING), ("same", GATE_ALONE))
    )
    return [figure for one, other in zip(different, same, strict=True) for figure in (*one, *other)]


def _measured(environment: BenchEnvironment, name: str, mapping: str) -> list[list[Figure]]:
    """The figures of each tool."""
    with simulation(environment.database(), environment.subfolder(f"calls-{name}"), mapping=mapping) as scene:
        scene.sandbox.jira.webhooks.registered.clear()
        scene.sandbox.servicenow.event_rules.clear()
        sides = {"Jira Cloud": _Jira(scene, JIRA, environment), "ServiceNow": _ServiceNow(scene, SNOW, environment)}
        return [
            side.same_value(tool) if name == "same" else side.different_values(tool) for tool, side in sides.items()
        ]


class _ToolItems:
    """The items of one tool."""

    def __init__(self, scene: Simulation, connection: ConnectionName, environment: BenchEnvironment) -> None:
        self._scene = scene
        self._connection = connection
        self._environment = environment
        self._count = environment.scale.changed

    def add(self) -> list[str]:
        """Create items, each with a different plan; returns their ids."""
        raise NotImplementedError

    def change(self, items: list[str]) -> None:
        """Change the plan of each item."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        raise NotImplementedError

    def different_values(self, tool: str) -> list[Figure]:
        self._environment.log(f"{tool}: {self._count:,} items whose values differ")
        items = self.add()
        self._count_calls(items)
        self.change(items)
        changed = self._count_calls(items)
        self._environment.log(f"{tool}: the same again when nothing differs")
        unchanged = self._count_calls(items)
        name = f"{tool}, {self._count:,} changed items"
        return [
            Figure(f"{name}: reads", changed["read"], "calls", f"≤ {max(10, self._count // 100)}"),
            Figure(f"{name} whose values differ: writes", changed["write"], "calls", f"≤ {self._count:,}"),
            Figure(f"{tool}, {self._count:,} items where nothing differs: writes", unchanged["write"], "calls", "≤ 0"),
        ]

    def same_value(self, tool: str) -> list[Figure]:
        self._environment.log(f"{tool}: one value for {self._count:,} items")
        # The first sweeps would find the new items as well, and have them assessed a second time.
        self._scene.run_until_idle()
        made = self._count_calls(self.add())
        name = f"{tool}, one value for {self._count:,} items: writes in all"
        return [Figure(name, made["write"], "calls", "≤ 3")]

    def _count_calls(self, items: list[str]) -> Counter[str]:
        """The calls that are made until nothing is left to do."""
        address = f"{self.url}/sandbox/calls"
        requests.delete(address, timeout=30).raise_for_status()
        with self._scene.services.engine.begin() as transaction:
            mark_dirty(transaction, self._connection, {NativeId(item): None for item in items})
            Waker(TaskQueue().defer).wake(transaction, TaskKind.RECONCILE, self._connection)
        self._scene.run_until_idle()
        return _kinds(requests.get(address, timeout=60).json()["calls"])


class _Jira(_ToolItems):
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


class _ServiceNow(_ToolItems):
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
    """Reads and writes.  A batch counts by its contents; the calls in it are logged before it."""
    kinds: Counter[str] = Counter()
    contents: set[str] = set()
    for call in made:
        method, path = str(call["method"]), str(call["path"])
        if call.get("inner"):
            contents.add(method)
            continue
        batch, reads = path.endswith("/batch"), method == "GET" or path.endswith(READS)
        writes = bool(contents - {"GET"}) if batch else "/bulk/queue/" in path or not reads
        kinds["write" if writes else "read"] += 1
        if batch:
            contents.clear()
    return kinds
