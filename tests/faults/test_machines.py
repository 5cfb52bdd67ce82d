"""PostgreSQL on one machine, workers on others: two of them are cut off in the middle of their work.

One loses the database alone and could still write into the tool; the other one loses everything.  The remaining
one takes over the claims of both, and nothing is lost or done twice.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from sqlalchemy import text

from mapping.work_item import ConnectionName
from sandbox.story import seed
from tests.faults.machines import DATABASE, TOOLS, Machines, machines, missing_requirement, postgres_on, worker_on
from tests.stories.fleet import CLAIM_WATCH_SQL, Fleet, claimed_twice
from tests.stories.world import world
from tests.waiting import LONGEST_CALL_SECONDS

pytestmark = pytest.mark.story

JIRA = ConnectionName("jira-main")
ITEMS = 60
WORKERS = ("one", "two", "three")
LEASE_SECONDS = 3600
"""Longer than any wait: claims are taken over here only because PostgreSQL knows that their worker is lost."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Machines, Fleet]]:
    """The web server and the tools here, PostgreSQL and three workers each on a separate machine; nothing is left to do."""
    reason = missing_requirement()
    if reason is not None:
        pytest.skip(reason)
    with machines() as made:
        made.add("postgres", DATABASE)
        for machine in WORKERS:
            made.add(machine, DATABASE, TOOLS)
        with (
            postgres_on(made, "postgres") as database,
            world(database, tmp_path, story=False, tools_at=made.address(TOOLS)) as here,
        ):
            fleet = Fleet(here)
            seed.set_up_jira(here.sandbox.jira)
            with here.services.engine.begin() as connection:
                connection.execute(text("RESET ROLE"))
                connection.connection.driver_connection.execute(CLAIM_WATCH_SQL)  # type: ignore[union-attr]
            fleet.start("web 1")
            # Small batches, so that each worker has claims.
            environment = here.environment | {"GATEPOST_BATCH_SIZE": "15", "GATEPOST_LEASE_SECONDS": str(LEASE_SECONDS)}
            for machine in WORKERS:
                here.processes[machine] = worker_on(made, machine, environment, tmp_path / f"{machine}.log")
            here.wait_until(lambda: fleet.ready("web 1") is not None, "the web server is ready")
            here.wait_until(lambda: fleet.workers() == len(WORKERS), "the workers are there")
            fleet.route_events()
            for number in range(ITEMS):
                here.sandbox.jira.create(
                    "CLOUD", "Epic", f"Measure {number}", by="kaya", assignee="osei", duedate="2027-06-30",
                    status="Done" if number % 10 == 0 else None,
                    values={"Program": "Exit", "Rough value": 1000, "Planned cost": 10, "Planned benefit": 1000 + number,
                            "Start date": "2026-10-01"},
                )  # fmt: skip
            here.wait_until(lambda: here.sandbox.wait_delivered(1), "every event is accepted")
            here.wait_quiet()
            yield made, fleet


def _slow_down_jira(fleet: Fleet, seconds: float) -> None:
    """Each answer takes this long from now on."""
    address = f"{fleet.world.sandbox.jira.base_url}/sandbox/faults"
    requests.post(address, json={"delay_ms": int(seconds * 1000)}, timeout=LONGEST_CALL_SECONDS)


def _backlog(fleet: Fleet, turn: int) -> None:
    here = fleet.world
    here.services.connections.pause(JIRA, "a backlog is made", None)
    for number, issue in enumerate(list(here.sandbox.jira.issues.values())):
        status = {"status": "Done"} if number % 10 == turn else {}
        here.sandbox.jira.edit(issue.id, {"Planned benefit": turn * 10_000 + number}, by="kaya")
        if status:
            here.sandbox.jira.transition(issue.id, "Done", by="kaya")
    here.wait_until(lambda: here.sandbox.wait_delivered(1), "every event is accepted")
    here.services.connections.resume(JIRA)


def _busy_workers(fleet: Fleet) -> list[int]:
    """Workers that are in the middle of writing."""
    rows = fleet.world.rows(
        "SELECT claimed_by FROM outbox WHERE claim_token IS NOT NULL GROUP BY 1 HAVING count(*) > 5 ORDER BY 1"
    )
    return [int(str(row.claimed_by)) for row in rows]


def _claims(fleet: Fleet, worker: int) -> int:
    return len(fleet.world.rows("SELECT 1 FROM outbox WHERE claim_token IS NOT NULL AND claimed_by = :w", w=worker))


def _assert_complete(fleet: Fleet) -> None:
    here = fleet.world
    assert claimed_twice(here) == []
    assert {row.state for row in here.rows("SELECT DISTINCT state FROM inbox")} <= {"done", "superseded", "ignored"}
    assert {row.state for row in here.rows("SELECT DISTINCT state FROM outbox")} <= {"done", "superseded"}
    assert (fleet.recorded_writes() - fleet.written(), fleet.written() - fleet.recorded_writes()) == ({}, {}), (
        "each write was made once"
    )
    for issue in here.sandbox.jira.issues.values():
        assert len([comment for comment in issue.comments if comment.author == "gatepost-bot"]) <= 1, issue.key
    assert len(here.rows("SELECT 1 FROM measure")) == ITEMS


def test_workers_that_are_cut_off_lose_nothing_do_nothing_twice_and_work_on_later(site: tuple[Machines, Fleet]) -> None:
    made, fleet = site
    # Slow enough that a worker is still writing its first claims when the next one claims its own, on any machine.
    _slow_down_jira(fleet, 2)
    _backlog(fleet, 2)
    fleet.world.wait_until(lambda: len(_busy_workers(fleet)) >= 2, "two workers are in the middle of writing")
    first, second = _busy_workers(fleet)[:2]
    without_database, isolated = fleet.name_of(first), fleet.name_of(second)
    made.disconnect(without_database, DATABASE)
    made.disconnect(isolated, DATABASE, TOOLS)
    _slow_down_jira(fleet, 0.15)
    fleet.world.wait_until(lambda: _claims(fleet, first) + _claims(fleet, second) == 0, "their claims are taken over")
    fleet.world.wait_quiet()
    _assert_complete(fleet)
    made.reconnect(without_database, DATABASE)
    made.reconnect(isolated, DATABASE, TOOLS)
    fleet.world.wait_until(lambda: fleet.workers() == len(WORKERS), "both are back")
    # Packets that the machines had sent without an acknowledgement would arrive now.
    time.sleep(3)
    _assert_complete(fleet)
    _assert_each_works(fleet)


def _assert_each_works(fleet: Fleet) -> None:
    """Each worker in turn, after the previous ones were stopped."""
    for turn in range(3, 3 + len(WORKERS)):
        (row,) = fleet.world.rows("SELECT coalesce(max(id), 0) AS last FROM claim_change")
        _backlog(fleet, turn)
        fleet.world.wait_quiet()
        _assert_complete(fleet)
        active = fleet.world.rows(
            "SELECT DISTINCT worker FROM claim_change WHERE id > :last AND claimed", last=row.last
        )
        for name in [fleet.name_of(int(str(row.worker))) for row in active]:
            assert fleet.end(name) == 0
        if not any(machine in fleet.world.processes for machine in WORKERS):
            return
    raise AssertionError("a worker never did any work")
