"""An instance with many projects: synchronised with one call per hundred records, and a second time without a write.

A full sweep reads every measure again with what it rests on, because a deletion leaves no trace; the sweep of every
quarter of an hour reads nothing that has not changed.

1,000 records by default, to keep the suite short; ``GATEPOST_TEST_RECORDS=10000`` is the promised size.
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
from connector.sync.sweep import Sweep, SweepKind
from mapping.work_item import ConnectionName
from sandbox.servicenow.state import ServiceNowState
from tests.conftest import ROOT
from tests.stories.simulation import Simulation, simulation
from tests.waiting import LONGEST_CALL_SECONDS

RECORDS = int(os.environ.get("GATEPOST_TEST_RECORDS", "1000"))
SNOW = ConnectionName("servicenow-main")
MAPPING = (ROOT / "deploy/examples/servicenow-only.yaml").read_text()
FIXED_CALLS = 25
"""Calls that do not grow with the number of records: the account, the dictionary, pages of other tables, the heartbeat."""
pytestmark = [pytest.mark.story, pytest.mark.timeout(900 + RECORDS // 10)]


def fill(state: ServiceNowState) -> None:
    people = {row["user_name"]: row["sys_id"] for row in state.tables["sys_user"].values()}
    for number in range(RECORDS):
        values = {
            "short_description": f"Measure {number}", "state": "-5", "u_program": f"Program {number % 40}",
            "project_manager": people["lind"], "u_rough_value": str(100_000 + number),
            "u_planned_benefit": str(100_000 + number),
            "start_date": "2026-01-01 00:00:00", "end_date": "2026-12-31 00:00:00",
        }  # fmt: skip
        record = state.insert("pm_project", values, "lind")
        if number % 10 == 0:
            state.insert("change_request", {"short_description": "C", "parent": record["sys_id"]}, "lind")
            state.insert("pm_project_task", {"short_description": "T", "top_task": record["sys_id"]}, "lind")


def sync(scene: Simulation, kind: SweepKind = SweepKind.FULL) -> tuple[Sweep, float]:
    site, config = Sites(scene.services, scene.clock).get(SNOW), scene.services.active_config()
    assert site.scanner is not None
    assert config is not None
    _, sweeper = build_sweeper(scene.services, scene.clock)
    started = time.monotonic()
    done = sweeper.run(site, site.scanner, config, kind)
    scene.run_until_idle()
    return done, time.monotonic() - started


def calls(scene: Simulation) -> Counter[str]:
    """Calls since the previous count: a batch of reads is a read, a batch of writes is a write."""
    address = f"{scene.sandbox.servicenow.base_url}/sandbox/calls"
    calls_made = requests.get(address, timeout=LONGEST_CALL_SECONDS).json()["calls"]
    requests.delete(address, timeout=LONGEST_CALL_SECONDS)
    kinds: Counter[str] = Counter()
    for call in (call for call in calls_made if not call.get("inner")):
        inner = str(call["path"]).endswith("/batch")
        kinds["batch" if inner else "read" if call["method"] == "GET" else "write"] += 1
    return kinds


def reconciled(scene: Simulation) -> tuple[int, int]:
    with scene.services.engine.connect() as connection:
        measures = connection.execute(text("SELECT count(*) FROM measure")).scalar_one()
        left = connection.execute(
            text("SELECT count(*) FROM outbox WHERE state NOT IN ('done', 'superseded')")
        ).scalar_one()
    return measures, left


def test_a_large_instance_is_read_in_few_calls_and_the_second_time_nothing_is_written(
    database: URL, tmp_path: Path
) -> None:
    with simulation(database, tmp_path, mapping=MAPPING) as scene:
        scene.sandbox.servicenow.event_rules.clear()
        # The worker's own first sweeps of the empty instance, so that they do not run beside the one that is counted.
        scene.run_until_idle()
        fill(scene.sandbox.servicenow)
        calls(scene)
        first, seconds = sync(scene)
        made = calls(scene)
        assert first.seen >= RECORDS
        measures, left = reconciled(scene)
        assert (measures >= RECORDS, left) == (True, 0)
        sys.stdout.write(f"first: {seconds:.0f} s, {dict(made)}\n")
        writes = -(-first.seen // 50)
        assert made["read"] + made["batch"] - writes <= RECORDS // 100 + FIXED_CALLS, made
        assert made["write"] <= 2, "every write went in a batch; the heartbeat alone is single"

        # Our own writes count each record up: it is read once more, and nothing is written.
        scene.clock.move(minutes=1)
        before = scene.services.engine
        with before.connect() as connection:
            rows = connection.execute(text("SELECT count(*) FROM outbox")).scalar_one()
        second, again = sync(scene)
        made = calls(scene)
        with before.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM outbox")).scalar_one() == rows
        assert made["write"] <= 2
        assert made["read"] + made["batch"] <= RECORDS // 100 + FIXED_CALLS, made
        sys.stdout.write(f"second: {again:.0f} s, {second.marked} read again, {dict(made)}\n")

        third, last = sync(scene)
        made = calls(scene)
        # Nothing has changed, and all of it is read once more: batches of reads, and not one write among them.
        assert (third.marked, third.evidence >= RECORDS, made["write"] <= 2) == (0, True, True), made
        assert made["read"] + made["batch"] <= RECORDS // 100 + FIXED_CALLS, made
        with before.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM outbox")).scalar_one() == rows
        sys.stdout.write(f"third: {last:.0f} s, {dict(made)}\n")

        # Before the worker's own sweep of what changed is due: it would be counted with this one.
        scene.clock.move(minutes=10)
        fourth, quick = sync(scene, SweepKind.CHANGED)
        made = calls(scene)
        # One batch asks every table for what changed.
        assert (fourth.marked, fourth.evidence, made["batch"] <= 1, made["write"] <= 2) == (0, 0, True, True), made
        assert made["read"] <= FIXED_CALLS, made
        sys.stdout.write(f"fourth: {quick:.0f} s, {dict(made)}\n")
