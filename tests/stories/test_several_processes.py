"""Several workers and web servers on one database, and two versions of them side by side.

One world for all of it: starting its processes takes longer than what is tried on it.
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
from tests.stories.fleet import WATCH, Fleet, in_two_hands, next_version
from tests.stories.world import world
from tests.waiting import LONGEST_CALL_SECONDS, LONGEST_WAIT_SECONDS

pytestmark = pytest.mark.story

ITEMS = 120
JIRA = ConnectionName("jira-main")
LEASE_SECONDS = 3600
"""Longer than anything is waited for: what is taken over here is so because its worker is known to be gone."""
UNDER_WAY = 12
"""Calls that three workers of four tasks each may have under way at once."""
_numbers = itertools.count(1)


def _logs(folder: Path) -> Path:
    (folder / "logs").mkdir()
    return folder / "logs"


@pytest.fixture
def fleet(databases: Databases, tmp_path: Path) -> Iterator[Fleet]:
    """Two web servers at which Jira rings in turn, three workers, and epics that are all judged and written."""
    with (
        databases.one() as database,
        world(database, _logs(tmp_path), story=False) as here,
    ):
        seed.set_up_jira(here.sandbox.jira)
        seed.set_up_servicenow(here.sandbox.servicenow)
        with here.services.engine.begin() as connection:
            connection.execute(text("RESET ROLE"))
            connection.connection.driver_connection.execute(WATCH)  # type: ignore[union-attr]
        here.environment["GATEPOST_LEASE_SECONDS"] = str(LEASE_SECONDS)
        ships = Fleet(here)
        for name in ("web 1", "web 2", "worker 1", "worker 2", "worker 3"):
            ships.start(name)
        here.wait_until(lambda: all(ships.ready(name) for name in ("web 1", "web 2")), "both web servers are ready")
        here.wait_until(lambda: ships.workers() == 3, "three workers are there")
        slow(ships, 20)
        for number in range(ITEMS):
            ships.balance()
            # What stands at Done while its gate is shut is told so in a comment.
            here.sandbox.jira.create(
                "CLOUD", "Epic", f"Measure {number}", by="kaya", assignee="osei",
                status="Done" if number % 10 == 0 else None,
                duedate="2027-06-30",
                values={"Program": f"Program {number % 7}", "Rough value": 1000 + number, "Planned cost": 10,
                        "Planned benefit": 1000 + number, "Start date": "2026-10-01"},
            )  # fmt: skip
        here.wait_until(lambda: here.sandbox.wait_delivered(1), "every event is taken in")
        yield ships


def slow(ships: Fleet, milliseconds: int) -> None:
    url = ships.here.sandbox.jira.base_url
    requests.post(f"{url}/sandbox/faults", json={"delay_ms": milliseconds}, timeout=LONGEST_CALL_SECONDS)


def edit_all(ships: Fleet) -> None:
    """Somebody changes the figures of every item while Gatepost is paused: a backlog in which each is written once."""
    here, turn = ships.here, next(_numbers)
    here.services.connections.pause(JIRA, "a backlog is made", None)
    for number, issue in enumerate(list(here.sandbox.jira.issues.values())):
        ships.balance()
        value = turn * 10_000 + number
        here.sandbox.jira.edit(issue.id, {"Planned benefit": value}, by="kaya")
    ships.here.wait_until(lambda: here.sandbox.wait_delivered(1), "every event is taken in")
    here.services.connections.resume(JIRA)


def in_hand(ships: Fleet) -> dict[int, int]:
    """How many writes each worker has in hand."""
    rows = ships.here.rows(
        "SELECT claimed_by, count(*) AS n FROM outbox WHERE claim_token IS NOT NULL GROUP BY claimed_by"
    )
    return {int(str(row.claimed_by)): int(str(row.n)) for row in rows}


def busy(ships: Fleet, least: int = 10) -> int:
    """A worker in the middle of writing."""
    ships.here.wait_until(
        lambda: max(in_hand(ships).values(), default=0) >= least, "a worker is in the middle of writing"
    )
    held = in_hand(ships)
    return max(held, key=held.__getitem__, default=0)


def all_is_well(ships: Fleet, *, twice: int = 0) -> None:
    """Nothing waits, nothing was in two hands, and no more than ``twice`` writes were made a second time."""
    here = ships.here
    here.wait_quiet()
    assert in_two_hands(here) == []
    assert {row.state for row in here.rows("SELECT DISTINCT state FROM inbox")} <= {"done", "superseded", "ignored"}
    assert {row.state for row in here.rows("SELECT DISTINCT state FROM outbox")} <= {"done", "superseded"}
    assert here.rows("SELECT 1 FROM dirty_key") == []
    made, wanted = ships.written(), ships.wanted()
    assert wanted - made == {}, "what is recorded was written"
    assert (made - wanted).total() <= twice, made - wanted
    for issue in here.sandbox.jira.issues.values():
        assert len([one for one in issue.comments if one.author == "gatepost-bot"]) <= 1, issue.key
    assert {log.status for log in here.sandbox.jira.deliverer.log} == {202}


def three_workers_share_the_work_and_nothing_is_done_twice(fleet: Fleet) -> None:
    all_is_well(fleet)
    assert len(fleet.here.rows("SELECT 1 FROM measure")) == ITEMS
    assert len(fleet.here.rows("SELECT 1 FROM outbox WHERE state = 'done'")) >= ITEMS
    took = fleet.here.rows("SELECT DISTINCT worker FROM hand WHERE taken")
    assert len(took) >= 2, "the work was shared"
    told = [issue for issue in fleet.here.sandbox.jira.issues.values() if issue.comments]
    assert len(told) == ITEMS / 10


def a_limit_that_one_worker_meets_holds_for_all(fleet: Fleet) -> None:
    """Retry-After of five seconds: within them nobody calls, but for what was under way, of which each is one call."""
    edit_all(fleet)
    busy(fleet)
    requests.post(
        f"{fleet.here.sandbox.jira.base_url}/sandbox/faults",
        json={"status": 429, "method": "PUT", "path": "/rest/api/3/issue/", "times": 1, "retry_after": 5,
              "reason": "jira-quota-global-based"},
        timeout=LONGEST_CALL_SECONDS,
    )  # fmt: skip
    fleet.here.wait_until(lambda: any(call["status"] == 429 for call in fleet.calls()), "one of them meets the limit")
    all_is_well(fleet)
    calls = fleet.calls()
    (met,) = [float(str(call["at"])) for call in calls if call["status"] == 429]
    within = [call for call in calls if met < float(str(call["at"])) < met + 5.0]
    assert len(within) <= UNDER_WAY, within
    assert any(float(str(call["at"])) > met + 5.0 for call in calls), "afterwards they go on"


def what_a_killed_worker_had_in_hand_is_taken_over(fleet: Fleet) -> None:
    """kill -9: its one write that was under way may be made again, and everything else is made once."""
    slow(fleet, 100)
    edit_all(fleet)
    worker = busy(fleet)
    fleet.kill(fleet.name_of(worker))
    fleet.here.wait_until(lambda: worker not in in_hand(fleet), "its writes are in other hands")
    slow(fleet, 5)
    all_is_well(fleet)


def a_worker_that_is_stopped_in_a_backlog_leaves_the_rest_to_the_others(fleet: Fleet) -> None:
    before = fleet.written() - fleet.wanted()
    slow(fleet, 100)
    edit_all(fleet)
    worker = busy(fleet)
    code = fleet.end(fleet.name_of(worker))
    assert (code, worker in in_hand(fleet)) == (0, False)
    (row,) = fleet.here.rows("SELECT stopped_at FROM worker WHERE id = :id", id=worker)
    assert row.stopped_at is not None
    waiting = fleet.here.rows("SELECT 1 FROM outbox WHERE state = 'waiting'")
    assert waiting, "it ended in the middle"
    slow(fleet, 5)
    all_is_well(fleet, twice=before.total())


def the_next_version_works_beside_this_one(fleet: Fleet, folder: Path) -> None:
    """Upgrade of the schema first, then one process after another; the old ones work on until they are stopped."""
    before = fleet.written() - fleet.wanted()
    (old,) = [name for name in fleet.here.processes if name.startswith("worker")]
    newer = next_version(folder / "next")
    edit_all(fleet)
    busy(fleet, 1)
    upgrade = [sys.executable, "-m", "cli", "db", "upgrade"]
    told = subprocess.run(
        upgrade,
        cwd=newer,
        env=fleet.here.environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=LONGEST_WAIT_SECONDS,
    )
    assert told.stdout == "The schema is at revision 9999.\n"
    fleet.start("worker 9", code=newer)
    fleet.start("web 9", code=newer)
    fleet.here.wait_until(lambda: fleet.ready("web 9") == {"status": "ready"}, "the new web server is ready")
    fleet.here.wait_until(lambda: fleet.workers() == 2, "the new worker works beside the old one")
    assert fleet.ready("web 1") == {
        "status": "ready", "note": "The schema is newer; upgrade this process as well."
    }  # fmt: skip
    fleet.rung = "web 9"
    edit_all(fleet)
    busy(fleet, 1)
    for name in ("web 1", "web 2", old):
        assert fleet.end(name) == 0, name
    edit_all(fleet)
    all_is_well(fleet, twice=before.total())
    last = fleet.here.rows("SELECT worker FROM hand WHERE taken ORDER BY at DESC LIMIT 1")
    assert fleet.name_of(int(str(last[0].worker))) == "worker 9"


def test_several_processes_on_one_database_lose_nothing_and_do_nothing_twice(fleet: Fleet, tmp_path: Path) -> None:
    """One test, so that its parts stay together and in order wherever they run."""
    three_workers_share_the_work_and_nothing_is_done_twice(fleet)
    a_limit_that_one_worker_meets_holds_for_all(fleet)
    what_a_killed_worker_had_in_hand_is_taken_over(fleet)
    a_worker_that_is_stopped_in_a_backlog_leaves_the_rest_to_the_others(fleet)
    the_next_version_works_beside_this_one(fleet, tmp_path)
