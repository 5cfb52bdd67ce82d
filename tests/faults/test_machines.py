"""PostgreSQL on one machine, workers on others: two of them are cut off in the middle of their work.

One loses the database alone and could still write into the tool; the other one loses everything.  The one that is left
takes over what both had in hand, and nothing is lost or done twice.
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
from tests.faults.machines import DATABASE, TOOLS, Machines, machines, missing, postgres_on, worker_on
from tests.stories.fleet import WATCH, Fleet, in_two_hands
from tests.stories.world import world
from tests.waiting import LONGEST_CALL_SECONDS

pytestmark = pytest.mark.story

JIRA = ConnectionName("jira-main")
ITEMS = 60
WORKERS = ("one", "two", "three")
LEASE_SECONDS = 3600
"""Longer than anything is waited for: what is taken over here is so because PostgreSQL knows that its worker is gone."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Machines, Fleet]]:
    """The web server and the tools here, PostgreSQL and three workers each on a machine of its own; all is quiet."""
    reason = missing()
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
                connection.connection.driver_connection.execute(WATCH)  # type: ignore[union-attr]
            fleet.start("web 1")
            # Small batches, so that each of them has something in hand.
            environment = here.environment | {"GATEPOST_BATCH_SIZE": "15", "GATEPOST_LEASE_SECONDS": str(LEASE_SECONDS)}
            for machine in WORKERS:
                here.processes[machine] = worker_on(made, machine, environment, tmp_path / f"{machine}.log")
            here.wait_until(lambda: fleet.ready("web 1") is not None, "the web server is ready")
            here.wait_until(lambda: fleet.workers() == len(WORKERS), "the workers are there")
            fleet.balance()
            for number in range(ITEMS):
                here.sandbox.jira.create(
                    "CLOUD", "Epic", f"Measure {number}", by="kaya", assignee="osei", duedate="2027-06-30",
                    status="Done" if number % 10 == 0 else None,
                    values={"Program": "Exit", "Rough value": 1000, "Planned cost": 10, "Planned benefit": 1000 + number,
                            "Start date": "2026-10-01"},
                )  # fmt: skip
            here.wait_until(lambda: here.sandbox.wait_delivered(1), "every event is taken in")
            here.wait_quiet()
            yield made, fleet


def _backlog(fleet: Fleet, turn: int) -> None:
    here = fleet.here
    requests.post(f"{here.sandbox.jira.base_url}/sandbox/faults", json={"delay_ms": 150}, timeout=LONGEST_CALL_SECONDS)
    here.services.connections.pause(JIRA, "a backlog is made", None)
    for number, issue in enumerate(list(here.sandbox.jira.issues.values())):
        status = {"status": "Done"} if number % 10 == turn else {}
        here.sandbox.jira.edit(issue.id, {"Planned benefit": turn * 10_000 + number}, by="kaya")
        if status:
            here.sandbox.jira.transition(issue.id, "Done", by="kaya")
    here.wait_until(lambda: here.sandbox.wait_delivered(1), "every event is taken in")
    here.services.connections.resume(JIRA)


def _in_the_middle(fleet: Fleet) -> list[int]:
    """Workers that are in the middle of writing."""
    rows = fleet.here.rows(
        "SELECT claimed_by FROM outbox WHERE claim_token IS NOT NULL GROUP BY 1 HAVING count(*) > 5 ORDER BY 1"
    )
    return [int(str(row.claimed_by)) for row in rows]


def _in_hand(fleet: Fleet, worker: int) -> int:
    return len(fleet.here.rows("SELECT 1 FROM outbox WHERE claim_token IS NOT NULL AND claimed_by = :w", w=worker))


def _well(fleet: Fleet) -> None:
    here = fleet.here
    assert in_two_hands(here) == []
    assert {row.state for row in here.rows("SELECT DISTINCT state FROM inbox")} <= {"done", "superseded", "ignored"}
    assert {row.state for row in here.rows("SELECT DISTINCT state FROM outbox")} <= {"done", "superseded"}
    assert (fleet.wanted() - fleet.written(), fleet.written() - fleet.wanted()) == ({}, {}), "each write was made once"
    for issue in here.sandbox.jira.issues.values():
        assert len([one for one in issue.comments if one.author == "gatepost-bot"]) <= 1, issue.key
    assert len(here.rows("SELECT 1 FROM measure")) == ITEMS


def test_workers_that_are_cut_off_lose_nothing_do_nothing_twice_and_work_on_later(site: tuple[Machines, Fleet]) -> None:
    made, fleet = site
    _backlog(fleet, 2)
    fleet.here.wait_until(lambda: len(_in_the_middle(fleet)) >= 2, "two workers are in the middle of writing")
    first, second = _in_the_middle(fleet)[:2]
    nasty, pulled = fleet.name_of(first), fleet.name_of(second)
    made.cut(nasty, DATABASE)
    made.cut(pulled, DATABASE, TOOLS)
    fleet.here.wait_until(
        lambda: _in_hand(fleet, first) + _in_hand(fleet, second) == 0, "what they had in hand is taken over"
    )
    fleet.here.wait_quiet()
    _well(fleet)
    made.mend(nasty, DATABASE)
    made.mend(pulled, DATABASE, TOOLS)
    fleet.here.wait_until(lambda: fleet.workers() == len(WORKERS), "both are back")
    # Whatever the machines had sent and nobody had confirmed would arrive now.
    time.sleep(3)
    _well(fleet)
    _each_works_on(fleet)


def _each_works_on(fleet: Fleet) -> None:
    """In its turn, after those that worked before it were stopped."""
    for turn in range(3, 3 + len(WORKERS)):
        (row,) = fleet.here.rows("SELECT coalesce(max(id), 0) AS last FROM hand")
        _backlog(fleet, turn)
        fleet.here.wait_quiet()
        _well(fleet)
        took = fleet.here.rows("SELECT DISTINCT worker FROM hand WHERE id > :last AND taken", last=row.last)
        for name in [fleet.name_of(int(str(one.worker))) for one in took]:
            assert fleet.end(name) == 0
        if not any(machine in fleet.here.processes for machine in WORKERS):
            return
    raise AssertionError("somebody was never at work")
