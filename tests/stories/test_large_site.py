"""A site with many epics: provisioned, synchronised, and synchronised again without a single write.

1,000 epics by default, to keep the suite short; ``GATEPOST_TEST_EPICS=20000`` is the promised size.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
import requests
from sqlalchemy import text
from sqlalchemy.engine import URL

from connector.bootstrap import Sites
from connector.runtime.tasks import build_sweeper
from connector.store.connections.provisioned_objects import ProvisionedObjects
from connector.sync.provision import ProvisionOptions
from connector.sync.sweep import Sweep, SweepKind
from mapping.work_item import ConnectionName
from sandbox.jira.model import Value
from sandbox.jira.state import JiraState
from tests.conftest import ROOT
from tests.stories.simulation import Simulation, simulation
from tests.waiting import LONGEST_CALL_SECONDS

EPICS = int(os.environ.get("GATEPOST_TEST_EPICS", "1000"))
JIRA = ConnectionName("jira-main")
MAPPING = (ROOT / "deploy/examples/jira-only.yaml").read_text()
pytestmark = [pytest.mark.story, pytest.mark.timeout(900 + EPICS // 10)]


def fill(state: JiraState) -> None:
    """Half of them without figures, half with figures of their own."""
    ideas: dict[str, Value] = {"Program": "Ideas"}
    for number in range(EPICS):
        values: dict[str, Value] = {
            "Program": f"Program {number % 40}",
            "Rough value": 100_000 + number,
            "Planned benefit": 100_000 + number,
        }
        state.create(
            "ITX" if number % 2 else "CLOUD", "Epic", f"Measure {number}", by="kaya", assignee="osei" if number % 2 else None,
            labels=["governed"], values=values if number % 2 else ideas,
        )  # fmt: skip


def provision(scene: Simulation) -> None:
    site, config = Sites(scene.services, scene.clock).get(JIRA), scene.services.active_config()
    assert site.provisioner is not None
    assert config is not None
    registry = ProvisionedObjects(scene.services.engine, JIRA, "tests")
    for _ in range(9):
        plan = site.provisioner.plan(config, registry.all(), ProvisionOptions())
        if not plan.steps:
            break
        for step in (step for step in plan.steps if step.kind is plan.steps[0].kind):
            registry.record(site.provisioner.apply(step))
    assert site.provisioner.verify(config) == []


def sync(scene: Simulation) -> tuple[Sweep, float]:
    site, config = Sites(scene.services, scene.clock).get(JIRA), scene.services.active_config()
    assert site.scanner is not None
    assert config is not None
    _, sweeper = build_sweeper(scene.services, scene.clock)
    started = time.monotonic()
    done = sweeper.run(site, site.scanner, config, SweepKind.FULL)
    scene.run_until_idle()
    return done, time.monotonic() - started


def calls(scene: Simulation) -> Counter[str]:
    calls_made = requests.get(f"{scene.sandbox.jira.base_url}/sandbox/calls", timeout=LONGEST_CALL_SECONDS).json()[
        "calls"
    ]
    requests.delete(f"{scene.sandbox.jira.base_url}/sandbox/calls", timeout=LONGEST_CALL_SECONDS)
    kinds: Counter[str] = Counter()
    for call in calls_made:
        path = str(call["path"])
        if path.endswith(("/search/jql", "/issue/bulkfetch", "/approximate-count")) or call["method"] == "GET":
            kinds["read"] += 1
        else:
            kinds["bulk" if "bulk/issues" in path else "write"] += 1
    return kinds


def test_a_large_site_is_provisioned_synchronised_and_the_second_time_nothing_is_written(
    database: URL, tmp_path: Path
) -> None:
    with simulation(database, tmp_path, mapping=MAPPING) as scene:
        state = scene.sandbox.jira
        for hook in list(state.webhooks.registered):
            state.webhooks.registered.pop(hook)
        fill(state)
        scene.run_until_idle()
        provision(scene)
        calls(scene)
        first, seconds = sync(scene)
        made = calls(scene)
        assert first.seen == EPICS
        with scene.services.engine.connect() as connection:
            measures = connection.execute(text("SELECT count(*) FROM measure")).scalar_one()
            unwritten = connection.execute(
                text("SELECT count(*) FROM outbox WHERE state NOT IN ('done', 'superseded')")
            ).scalar_one()
        assert (measures, unwritten) == (EPICS, 0)
        assert made["write"] <= EPICS, "one write at most for each whose values differ"
        sys.stdout.write(f"first: {seconds:.0f} s, {dict(made)}\n")
        scene.clock.move(minutes=1)
        second, again = sync(scene)
        made = calls(scene)
        assert (made["write"], made["bulk"]) == (0, 0), made
        sys.stdout.write(f"second: {again:.0f} s, {second.marked} read again, {dict(made)}\n")
        third, last = sync(scene)
        made = calls(scene)
        assert (third.marked, made["write"], made["bulk"]) == (0, 0, 0)
        assert made["read"] <= EPICS // 100 + 20
        sys.stdout.write(f"third: {last:.0f} s, {dict(made)}\n")
