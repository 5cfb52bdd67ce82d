"""Several workers and web servers on one database, and two versions of them side by side.

One world for all scenarios: starting its processes takes longer than the scenarios.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from sqlalchemy import text

from mapping.work_item import ConnectionName
from sandbox.story import seed
from tests.databases import Databases
from tests.stories.fleet import CLAIM_WATCH_SQL, Fleet, claimed_twice, next_version
from tests.stories.world import world
from tests.waiting import LONGEST_CALL_SECONDS, LONGEST_WAIT_SECONDS

pytestmark = pytest.mark.story

ITEMS = 60
"""Few, because each costs processor time six times; that somebody is in the middle of them takes a slow tool instead."""
JIRA = ConnectionName("jira-main")
LEASE_SECONDS = 3600
"""Longer than any wait: claims are taken over here only because their worker is known to be lost."""
CONCURRENT_CALLS = 12
"""Calls that three workers of four tasks each can have in progress at once."""
_numbers = itertools.count(1)


def _logs(folder: Path) -> Path:
    (folder / "logs").mkdir()
    return folder / "logs"


@pytest.fixture
def fleet(databases: Databases, tmp_path: Path) -> Iterator[Fleet]:
    """Two web servers that get Jira's events in turn, three workers, and epics that are all assessed and written."""
    with (
        databases.one() as database,
        world(database, _logs(tmp_path), story=False) as here,
    ):
        seed.set_up_jira(here.sandbox.jira)
        seed.set_up_servicenow(here.sandbox.servicenow)
        with here.services.engine.begin() as connection:
            connection.execute(text("RESET ROLE"))
            connection.connection.driver_connection.execute(CLAIM_WATCH_SQL)  # type: ignore[union-attr]
        here.environment["GATEPOST_LEASE_SECONDS"] = str(LEASE_SECONDS)
        fleet = Fleet(here)
        for name in ("web 1", "web 2", "worker 1", "worker 2", "worker 3"):
            fleet.start(name)
        here.wait_until(lambda: all(fleet.ready(name) for name in ("web 1", "web 2")), "both web servers are ready")
        here.wait_until(lambda: fleet.workers() == 3, "three workers are there")
        slow(fleet, 40)
        for number in range(ITEMS):
            fleet.route_events()
            # An epic at Done while its gate is shut gets a comment about it.
            here.sandbox.jira.create(
                "CLOUD", "Epic", f"Measure {number}", by="kaya", assignee="osei",
                status="Done" if number % 10 == 0 else None,
                duedate="2027-06-30",
                values={"Program": f"Program {number % 7}", "Rough value": 1000 + number, "Planned cost": 10,
                        "Planned benefit": 1000 + number, "Start date": "2026-10-01"},
            )  # fmt: skip
        here.wait_until(lambda: here.sandbox.wait_delivered(1), "every event is accepted")
        yield fleet


def slow(fleet: Fleet, milliseconds: int) -> None:
    url = fleet.world.sandbox.jira.base_url
    requests.post(f"{url}/sandbox/faults", json={"delay_ms": milliseconds}, timeout=LONGEST_CALL_SECONDS)


def edit_all(fleet: Fleet) -> None:
    """Somebody changes the figures of every item while Gatepost is paused: a backlog in which each is written once."""
    here, turn = fleet.world, next(_numbers)
    here.services.connections.pause(JIRA, "a backlog is made", None)
    for number, issue in enumerate(list(here.sandbox.jira.issues.values())):
        fleet.route_events()
        value = turn * 10_000 + number
        here.sandbox.jira.edit(issue.id, {"Planned benefit": value}, by="kaya")
    fleet.world.wait_until(lambda: here.sandbox.wait_delivered(1), "every event is accepted")
    here.services.connections.resume(JIRA)


def claims_by_worker(fleet: Fleet) -> dict[int, int]:
    """How many writes each worker has claimed."""
    rows = fleet.world.rows(
        "SELECT claimed_by, count(*) AS n FROM outbox WHERE claim_token IS NOT NULL GROUP BY claimed_by"
    )
    return {int(str(row.claimed_by)): int(str(row.n)) for row in rows}


def busy(fleet: Fleet, least: int = 10) -> int:
    """A worker in the middle of writing."""
    fleet.world.wait_until(
        lambda: max(claims_by_worker(fleet).values(), default=0) >= least, "a worker is in the middle of writing"
    )
    claims = claims_by_worker(fleet)
    return max(claims, key=claims.__getitem__, default=0)


def assert_complete(fleet: Fleet, *, repeated: int = 0) -> None:
    """Nothing waits, nothing was claimed twice, and at most ``repeated`` writes were made a second time."""
    here = fleet.world
    here.wait_quiet()
    assert claimed_twice(here) == []
    assert {row.state for row in here.rows("SELECT DISTINCT state FROM inbox")} <= {"done", "superseded", "ignored"}
    assert {row.state for row in here.rows("SELECT DISTINCT state FROM outbox")} <= {"done", "superseded"}
    assert here.rows("SELECT 1 FROM dirty_key") == []
    made, recorded = fleet.written(), fleet.recorded_writes()
    assert recorded - made == {}, "every recorded write was made"
    assert (made - recorded).total() <= repeated, made - recorded
    for issue in here.sandbox.jira.issues.values():
        assert len([comment for comment in issue.comments if comment.author == "gatepost-bot"]) <= 1, issue.key
    assert {log.status for log in here.sandbox.jira.deliverer.log} == {202}


def three_workers_share_the_work_and_nothing_is_done_twice(fleet: Fleet) -> None:
    assert_complete(fleet)
    assert len(fleet.world.rows("SELECT 1 FROM measure")) == ITEMS
    assert len(fleet.world.rows("SELECT 1 FROM outbox WHERE state = 'done'")) >= ITEMS
    workers = fleet.world.rows("SELECT DISTINCT worker FROM claim_change WHERE claimed")
    assert len(workers) >= 2, "the work was shared"
    commented = [issue for issue in fleet.world.sandbox.jira.issues.values() if issue.comments]
    assert len(commented) == ITEMS / 10


def a_rate_limit_of_one_worker_applies_to_all(fleet: Fleet) -> None:
    """Retry-After of five seconds: nobody calls within them, except for the calls that were in progress."""
    slow(fleet, 300)
    edit_all(fleet)
    busy(fleet)
    requests.post(
        f"{fleet.world.sandbox.jira.base_url}/sandbox/faults",
        json={"status": 429, "method": "PUT", "path": "/rest/api/3/issue/", "times": 1, "retry_after": 5,
              "reason": "jira-quota-global-based"},
        timeout=LONGEST_CALL_SECONDS,
    )  # fmt: skip
    fleet.world.wait_until(lambda: any(call["status"] == 429 for call in fleet.calls()), "one worker is limited")
    assert_complete(fleet)
    calls = fleet.calls()
    (limited_at,) = [float(str(call["at"])) for call in calls if call["status"] == 429]
    within = [call for call in calls if limited_at < float(str(call["at"])) < limited_at + 5.0]
    assert len(within) <= CONCURRENT_CALLS, within
    assert any(float(str(call["at"])) > limited_at + 5.0 for call in calls), "afterwards they continue"


def claims_of_a_killed_worker_are_taken_over(fleet: Fleet) -> None:
    """kill -9: its write in progress may be made again, and everything else is made once."""
    slow(fleet, 300)
    edit_all(fleet)
    worker = busy(fleet)
    fleet.kill(fleet.name_of(worker))
    fleet.world.wait_until(lambda: worker not in claims_by_worker(fleet), "its claims are taken over")
    slow(fleet, 100)
    assert_complete(fleet)


def a_worker_that_is_stopped_in_a_backlog_leaves_the_rest_to_the_others(fleet: Fleet) -> None:
    before = fleet.written() - fleet.recorded_writes()
    slow(fleet, 300)
    edit_all(fleet)
    worker = busy(fleet)
    code = fleet.end(fleet.name_of(worker))
    assert (code, worker in claims_by_worker(fleet)) == (0, False)
    (row,) = fleet.world.rows("SELECT stopped_at FROM worker WHERE id = :id", id=worker)
    assert row.stopped_at is not None
    waiting = fleet.world.rows("SELECT 1 FROM outbox WHERE state = 'waiting'")
    assert waiting, "it ended before the backlog"
    slow(fleet, 100)
    assert_complete(fleet, repeated=before.total())


def the_next_version_works_beside_this_one(fleet: Fleet, folder: Path) -> None:
    """Upgrade of the schema first, then one process after another; the old ones keep working until they are stopped."""
    before = fleet.written() - fleet.recorded_writes()
    (old,) = [name for name in fleet.world.processes if name.startswith("worker")]
    newer = next_version(folder / "next")
    edit_all(fleet)
    busy(fleet, 1)
    upgrade = [sys.executable, "-m", "cli", "db", "upgrade"]
    owner = fleet.world.services.url.render_as_string(hide_password=False)
    result = subprocess.run(
        upgrade,
        cwd=newer,
        env=fleet.world.environment | {"GATEPOST_MAINTENANCE_DATABASE_URL": owner},
        capture_output=True,
        text=True,
        check=True,
        timeout=LONGEST_WAIT_SECONDS,
    )
    assert result.stdout == "The schema is at revision 9999.\n"
    fleet.start("worker 9", code=newer)
    fleet.start("web 9", code=newer)
    fleet.world.wait_until(lambda: fleet.ready("web 9") == {"status": "ready"}, "the new web server is ready")
    fleet.world.wait_until(lambda: fleet.workers() == 2, "the new worker works beside the old one")
    assert fleet.ready("web 1") == {
        "status": "ready", "note": "The schema is newer; upgrade this process as well."
    }  # fmt: skip
    fleet.only_web = "web 9"
    edit_all(fleet)
    busy(fleet, 1)
    for name in ("web 1", "web 2", old):
        assert fleet.end(name) == 0, name
    edit_all(fleet)
    assert_complete(fleet, repeated=before.total())
    last = fleet.world.rows("SELECT worker FROM claim_change WHERE claimed ORDER BY at DESC LIMIT 1")
    assert fleet.name_of(int(str(last[0].worker))) == "worker 9"


def test_several_processes_on_one_database_lose_nothing_and_do_nothing_twice(fleet: Fleet, tmp_path: Path) -> None:
    """One test, so that its parts stay together and in order wherever they run."""
    three_workers_share_the_work_and_nothing_is_done_twice(fleet)
    a_rate_limit_of_one_worker_applies_to_all(fleet)
    claims_of_a_killed_worker_are_taken_over(fleet)
    a_worker_that_is_stopped_in_a_backlog_leaves_the_rest_to_the_others(fleet)
    the_next_version_works_beside_this_one(fleet, tmp_path)
