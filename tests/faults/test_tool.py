"""The tool misbehaves; people see the correct final state, and nothing is written twice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests

from sandbox.jira.model import Deployment, Issue, Value
from sandbox.story import seed
from tests.databases import Databases
from tests.faults.world import JIRA, switch_environment
from tests.stories.world import World, world
from tests.waiting import LONGEST_CALL_SECONDS

pytestmark = pytest.mark.story

PROGRAM: dict[str, Value] = {"Program": "Data centre exit"}
IDENTIFIED: dict[str, Value] = {"assignee": "osei", "Rough value": 1_200_000}


@pytest.fixture(scope="module", params=list(Deployment))
def running(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """One Gatepost for every case with one kind of Jira."""
    folder = tmp_path_factory.mktemp("tool")
    with (
        databases.one() as database,
        world(database, folder, story=False, deployment=request.param) as here,
    ):
        here.environment |= switch_environment(folder)
        seed.set_up_jira(here.sandbox.jira)
        seed.set_up_servicenow(here.sandbox.servicenow)
        here.start("web")
        here.start("worker")
        here.wait_ready()
        yield here


@dataclass
class Case:
    """One test case: an epic without an owner, assessed, with nothing left to do."""

    world: World
    epic: Issue

    def stage(self) -> Value:
        return self.world.sandbox.jira.value_named(self.epic, "DoI stage")


@pytest.fixture
def case(running: World, request: pytest.FixtureRequest) -> Case:
    requests.delete(f"{running.sandbox.jira.base_url}/sandbox/calls", timeout=LONGEST_CALL_SECONDS)
    epic = running.sandbox.jira.create("CLOUD", "Epic", request.node.name, by="kaya", values=PROGRAM)
    running.wait_until(lambda: running.sandbox.jira.value_named(epic, "Gate"), "the epic is assessed")
    running.wait_quiet()
    return Case(running, epic)


def _root(here: World) -> str:
    """Where issues are on this kind of Jira."""
    return f"/rest/api/{3 if here.sandbox.jira.deployment is Deployment.CLOUD else 2}"


def _fault(here: World, **fault: object) -> None:
    response = requests.post(f"{here.sandbox.jira.base_url}/sandbox/faults", json=fault, timeout=LONGEST_CALL_SECONDS)
    assert response.status_code == 201


def _edit(case: Case) -> None:
    case.world.sandbox.jira.edit(case.epic.id, IDENTIFIED, by="kaya")


def _wait_for_stage(case: Case, stage: str) -> None:
    def is_there() -> bool:
        _make_due(case.world)
        return case.stage() == stage

    case.world.wait_until(is_there, f"the epic is at {stage}")


def _make_due(here: World) -> None:
    """Make waiting rows due now; delays that the tool has asked for are still respected."""
    with here.services.engine.begin() as transaction:
        for table in ("dirty_key", "outbox"):
            transaction.exec_driver_sql(f"UPDATE {table} SET due_at = now() WHERE due_at > now()")


def _dead_letters(case: Case) -> list[tuple[str, str]]:
    """Key and reason of the epic's writes that are dead letters."""
    rows = case.world.rows(
        "SELECT key, reason FROM outbox WHERE state = 'dead_letter' AND native_id = :id", id=case.epic.id
    )
    return [(str(row.key), str(row.reason)) for row in rows]


def _writes(here: World) -> list[str]:
    calls = requests.get(f"{here.sandbox.jira.base_url}/sandbox/calls", timeout=LONGEST_CALL_SECONDS).json()["calls"]
    return [call["path"] for call in calls if call["method"] == "PUT" and call["status"] == 204]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"status": 429, "reason": "jira-burst-based", "retry_after": 1}, id="too many writes in a burst"),
        pytest.param(
            {"status": 429, "reason": "jira-per-issue-on-write", "retry_after": 1}, id="too many writes on one issue"
        ),
        pytest.param(
            {"status": 429, "reason": "jira-quota-tenant-based", "retry_after": 1}, id="the hour's quota is used up"
        ),
        pytest.param({"status": 503}, id="the tool is being restarted"),
        pytest.param({"status": 500}, id="the tool breaks on the write"),
    ],
)
def test_a_refused_write_is_made_later_and_once(case: Case, fault: dict[str, object]) -> None:
    _fault(case.world, method="PUT", path=f"{_root(case.world)}/issue", times=2, **fault)
    before = len(_writes(case.world))
    _edit(case)
    _wait_for_stage(case, "Identified")
    case.world.wait_quiet()
    assert len(_writes(case.world)) == before + 1
    assert _dead_letters(case) == []


def test_a_write_whose_response_was_lost_ends_in_the_same_state(case: Case) -> None:
    """The connection drops after Jira has stored the values: the same values may be written again without harm."""
    _fault(case.world, method="PUT", path=f"{_root(case.world)}/issue", times=1, status="drop")
    _edit(case)
    _wait_for_stage(case, "Identified")
    case.world.wait_quiet()
    assert _dead_letters(case) == []


def test_a_tool_that_cannot_be_read_makes_the_result_late_and_not_wrong(case: Case) -> None:
    here = case.world
    reads = "issue/bulkfetch" if here.sandbox.jira.deployment is Deployment.CLOUD else "search"
    _fault(here, method="POST", path=f"{_root(here)}/{reads}", times=4, status=503)
    _edit(case)
    _wait_for_stage(case, "Identified")
    here.wait_quiet()
    assert here.rows("SELECT 1 FROM inbox WHERE state = 'dead_letter'") == []


def test_expired_credentials_pause_the_connection_and_lose_nothing(case: Case) -> None:
    here = case.world
    users = here.sandbox.jira.users
    bot = users["gatepost-bot"]
    users["gatepost-bot"] = type(bot)(bot.account_id, bot.name, bot.email, "another token")
    _edit(case)
    here.wait_until(lambda: here.services.connections.pause_reason(JIRA), "the connection is paused")
    (row,) = here.rows("SELECT state, attempts FROM dirty_key")
    assert (row.state, row.attempts) == ("waiting", 0), "it waits, and this did not count as an attempt"
    calls = requests.get(f"{here.sandbox.jira.base_url}/sandbox/calls", timeout=LONGEST_CALL_SECONDS).json()["calls"]
    refused = [call for call in calls if call["status"] == 401]
    time.sleep(3)
    calls = requests.get(f"{here.sandbox.jira.base_url}/sandbox/calls", timeout=LONGEST_CALL_SECONDS).json()["calls"]
    assert [call for call in calls if call["status"] == 401] == refused, "the refused call is not repeated"
    users["gatepost-bot"] = bot
    assert here.services.connections.resume(JIRA)
    _wait_for_stage(case, "Identified")


def test_a_value_that_the_tool_refuses_makes_a_dead_letter_of_that_write_alone(case: Case) -> None:
    """The field was removed from the screen: the row names it, and other items continue."""
    here, path = case.world, f"{_root(case.world)}/issue/{case.epic.id}"
    _fault(here, method="PUT", path=path, times=1, status=400)
    _edit(case)
    key, reason = here.wait_until(lambda: _dead_letters(case), "the write is a dead letter")[0]
    assert key == case.epic.key
    assert reason.startswith(f"jira-main refused PUT {_root(here)}/issue/")
    other = here.sandbox.jira.create("CLOUD", "Epic", "Back-up as a service", by="kaya", values=PROGRAM)
    here.wait_quiet()
    here.sandbox.jira.edit(other.id, IDENTIFIED, by="kaya")
    here.wait_quiet()
    assert here.sandbox.jira.value_named(other, "DoI stage") == "Identified"
    here.sandbox.jira.webhooks.issue("jira:issue_updated", case.epic, "kaya", [])
    _wait_for_stage(case, "Identified")


def test_doubled_and_shuffled_events_change_nothing(case: Case) -> None:
    here = case.world
    for number in range(6):
        here.sandbox.jira.create("ITX", "Epic", f"Doubled {number}", by="kaya", values=PROGRAM)
    here.wait_quiet()
    before = here.fields()
    decisions = here.rows("SELECT count(*) FROM decision")
    issues = [issue for issue in here.sandbox.jira.issues.values() if issue.type == "Epic"]
    for number in range(5):
        for issue in issues[:: 1 if number % 2 else -1]:
            here.sandbox.jira.webhooks.issue("jira:issue_updated", issue, "kaya", [])
    here.wait_quiet()
    assert here.fields() == before
    assert here.rows("SELECT count(*) FROM decision") == decisions


def test_an_item_that_is_deleted_keeps_its_measure_which_says_since_when(case: Case) -> None:
    here, issue = case.world, case.epic
    here.sandbox.jira.delete(issue.id, by="kaya")
    here.wait_quiet()
    (row,) = here.rows("SELECT unreachable_since FROM work_item WHERE native_id = :id", id=issue.id)
    assert row.unreachable_since is not None
    assert len(here.rows("SELECT 1 FROM measure WHERE native_id = :id", id=issue.id)) == 1
