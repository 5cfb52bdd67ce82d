"""Whatever single event of a long story is lost: after one full sweep the state is that of the quiet run.

All runs of the story share one world and take each step together.  Run *n* loses, where events are received, whatever
its step *n* sends; run 0 loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import text

from connector.store.queue.inbox import SqlInbox
from connector.sync.ports import ItemsChanged
from connector.sync.stores import ReceivedEvent, ReceiveResult
from connector.sync.sweep import SweepKind
from sandbox.jira.model import Deployment, Value
from tests.databases import Databases
from tests.stories.simulation import Simulation, simulation
from tests.stories.test_unseen_changes import JIRA, SNOW, sweep

pytestmark = pytest.mark.story


@dataclass
class Run:
    """The items of one telling of the story, by their part in it."""

    number: int
    ids: dict[str, str] = field(default_factory=dict)


@dataclass
class Lossy:
    """Loses what arrives for some items."""

    items: set[str] = field(default_factory=set)
    lost: int = 0


Step = Callable[[Simulation, Run], None]


def jira_steps() -> list[Step]:
    def create(part: str, kind: str, above: str | None = None) -> Step:
        def step(scene: Simulation, run: Run) -> None:
            values: dict[str, Value] = {"Program": "Data centre exit", "Rough value": 900_000} if kind == "Epic" else {}
            parent = run.ids[above] if above else None
            home = "ITX" if kind == "Epic" else "CLOUD"
            issue = scene.sandbox.jira.create(home, kind, part, by="kaya", parent=parent, values=values)
            run.ids[part] = issue.id

        return step

    def act(method: str, part: str, *more: object) -> Step:
        def step(scene: Simulation, run: Run) -> None:
            parts = [run.ids.get(one, one) if isinstance(one, str) else one for one in more]
            getattr(scene.sandbox.jira, method)(run.ids[part], *parts, by="kaya")

        return step

    def link(scene: Simulation, run: Run) -> None:
        scene.sandbox.jira.link(run.ids["blocker"], run.ids["epic"])

    return [
        create("epic", "Epic"),
        create("other", "Epic"),
        create("story", "Story", "epic"),
        create("blocker", "Task"),
        act("edit", "epic", {"assignee": "kaya", "Sponsor": "brandt", "Controller": "weber"}),
        act("transition", "story", "Done"),
        link,
        act("comment", "epic", "/gate hold waiting for the licence"),
        act("hang", "story", "other"),
        act("transition", "story", "Backlog"),
        act("transition", "blocker", "Done"),
        act("log_work", "story", 3.0),
        act("edit", "epic", {"Rough value": 700_000}),
        act("delete", "story"),
    ]


def servicenow_steps() -> list[Step]:
    def insert(part: str, table: str, column: str = "") -> Step:
        def step(scene: Simulation, run: Run) -> None:
            values = {"short_description": part} | ({column: run.ids["project"].partition(":")[2]} if column else {})
            row = scene.sandbox.servicenow.insert(table, values, "lind")
            run.ids[part] = f"{table}:{row['sys_id']}"

        return step

    def update(part: str, values: dict[str, str]) -> Step:
        def step(scene: Simulation, run: Run) -> None:
            table, _, sys_id = run.ids[part].partition(":")
            scene.sandbox.servicenow.update(table, sys_id, values, "lind")

        return step

    def delete(scene: Simulation, run: Run) -> None:
        table, _, sys_id = run.ids["task"].partition(":")
        scene.sandbox.servicenow.delete(table, sys_id, "lind")

    return [
        insert("project", "pm_project"),
        insert("task", "pm_project_task", "top_task"),
        insert("incident", "incident", "parent"),
        insert("change", "change_request", "parent"),
        update("task", {"state": "3", "active": "false"}),
        update("project", {"work_notes": "/gate hold waiting for the vendor"}),
        update("incident", {"active": "false", "state": "7"}),
        update("project", {"short_description": "project"}),
        delete,
    ]


@pytest.fixture(scope="module")
def lossy() -> Iterator[Lossy]:
    losses, submit = Lossy(), SqlInbox.submit

    def submit_or_lose(
        inbox: SqlInbox, arrival: ReceivedEvent, then: Callable[[ReceiveResult | BaseException], None]
    ) -> None:
        if isinstance(arrival.parsed, ItemsChanged) and losses.items & set(arrival.parsed.items):
            losses.lost += 1
            then(ReceiveResult.IGNORED)
        else:
            submit(inbox, arrival, then)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqlInbox, "submit", submit_or_lose)
        yield losses


@pytest.fixture(scope="module")
def scene(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulation]:
    folder: Path = tmp_path_factory.mktemp("lost")
    with databases.one() as database, simulation(database, folder, deployment=Deployment.DATACENTER) as running:
        running.run_until_idle()
        yield running


@pytest.mark.parametrize("steps", [jira_steps(), servicenow_steps()], ids=["jira", "servicenow"])
def test_the_state_after_any_lost_event_and_a_full_sweep_is_that_of_the_quiet_run(
    scene: Simulation, lossy: Lossy, steps: list[Step]
) -> None:
    runs = [Run(number) for number in range(len(steps) + 1)]
    for number, step in enumerate(steps, 1):
        scene.clock.move(minutes=1)
        for run in runs:
            if run.number != number:
                step(scene, run)
        scene.run_until_idle()
        loser = runs[number]
        # An item that is created by this step has no id yet: everything that arrives now is lost.
        lossy.items = Everything(loser)
        step(scene, loser)
        scene.run_until_idle()
        lossy.items = set()
    assert lossy.lost >= 3, "events were lost"
    for connection in (JIRA, SNOW):
        sweep(scene, connection, SweepKind.FULL)
    scene.run_until_idle()
    quiet = state(scene, runs[0])
    assert {run.number: state(scene, run) for run in runs} == {run.number: quiet for run in runs}
    lossy.lost = 0


class Everything(set[str]):
    """Every item's events are lost: only one run is at work."""

    def __init__(self, run: Run) -> None:
        super().__init__({"every item", *run.ids.values()})

    def __and__(self, other: object) -> set[str]:
        return {"lost"}


def state(scene: Simulation, run: Run) -> dict[str, object]:
    """What is known and decided of each measure of a run, without keys and times."""
    query = text("""
        SELECT w.native_id, m.gate, m.stage, m.tool_stage, w.unreachable_since IS NULL AS reachable,
               (SELECT jsonb_agg(b ->> 'code' ORDER BY b ->> 'code')
                  FROM jsonb_array_elements(m.verdict -> 'blockers') AS b) AS blockers,
               w.snapshot #> '{children,total}' AS total, w.snapshot #> '{children,done}' AS done,
               jsonb_array_length(w.snapshot -> 'blocking_links') AS blocking,
               jsonb_array_length(w.snapshot -> 'incidents') AS incidents,
               jsonb_array_length(w.snapshot -> 'comments') AS comments, w.snapshot ->> 'status' AS status
        FROM measure AS m JOIN work_item AS w USING (connection, native_id)
        WHERE w.native_id = ANY(:ids)
    """)
    with scene.services.engine.connect() as connection:
        rows = {row.native_id: row for row in connection.execute(query, {"ids": list(run.ids.values())})}
    return {part: tuple(rows[identity])[1:] for part, identity in run.ids.items() if identity in rows}
