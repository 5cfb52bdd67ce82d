"""The tool misbehaves; the state that people see in the end is the right one, and nothing is written twice."""

from __future__ import annotations

import time

import pytest
import requests

from sandbox.jira.model import Deployment, Value
from sandbox.story.acts import CRM
from tests.stories.world import World

pytestmark = pytest.mark.story

IDENTIFIED: dict[str, Value] = {"assignee": "osei", "Rough value": 1_200_000}


def _root(here: World) -> str:
    """Where issues are on this kind of Jira."""
    return f"/rest/api/{3 if here.sandbox.jira.deployment is Deployment.CLOUD else 2}"


def _fault(here: World, **fault: object) -> None:
    answer = requests.post(f"{here.sandbox.jira.base_url}/sandbox/faults", json=fault, timeout=5)
    assert answer.status_code == 201


def _edit(here: World) -> None:
    key = here.player.show(CRM).key
    here.sandbox.jira.edit(key, IDENTIFIED, by="kaya")


def _wait_for_stage(here: World, stage: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while here.player.show(CRM).fields.get("DoI stage") != stage:
        assert time.monotonic() < deadline, here.player.show(CRM).fields
        time.sleep(0.1)


def _writes(here: World) -> list[str]:
    calls = requests.get(f"{here.sandbox.jira.base_url}/sandbox/calls", timeout=5).json()["calls"]
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
def test_a_refused_write_is_made_later_and_once(calm: World, fault: dict[str, object]) -> None:
    _fault(calm, method="PUT", path=f"{_root(calm)}/issue", times=2, **fault)
    before = len(_writes(calm))
    _edit(calm)
    _wait_for_stage(calm, "Identified")
    calm.wait_quiet()
    assert len(_writes(calm)) == before + 1
    assert calm.rows("SELECT 1 FROM outbox WHERE state = 'parked'") == []


def test_a_write_that_was_taken_without_an_answer_ends_in_the_same_state(calm: World) -> None:
    """The connection drops after Jira took the values: the same values may go a second time, and do no harm."""
    _fault(calm, method="PUT", path=f"{_root(calm)}/issue", times=1, status="drop")
    _edit(calm)
    _wait_for_stage(calm, "Identified")
    calm.wait_quiet()
    (row,) = calm.rows("SELECT count(*) AS n FROM outbox WHERE state = 'parked'")
    assert row.n == 0


def test_a_tool_that_cannot_be_read_makes_the_answer_late_and_not_wrong(calm: World) -> None:
    _fault(
        calm,
        method="POST",
        path=f"{_root(calm)}/{'issue/bulkfetch' if calm.sandbox.jira.deployment is Deployment.CLOUD else 'search'}",
        times=4,
        status=503,
    )
    _edit(calm)
    _wait_for_stage(calm, "Identified")
    calm.wait_quiet()
    assert calm.rows("SELECT 1 FROM inbox WHERE state = 'parked'") == []


def test_expired_credentials_pause_the_connection_and_lose_nothing(calm: World) -> None:
    users = calm.sandbox.jira.users
    bot = users["gatepost-bot"]
    users["gatepost-bot"] = type(bot)(bot.account_id, bot.name, bot.email, "another token")
    _edit(calm)
    deadline = time.monotonic() + 30
    while calm.services.connections.paused("jira-main") is None:  # type: ignore[arg-type]
        assert time.monotonic() < deadline
        time.sleep(0.1)
    (row,) = calm.rows("SELECT state, attempts FROM dirty_key")
    assert (row.state, row.attempts) == ("waiting", 0), "it waits, and this was no attempt"
    calls = requests.get(f"{calm.sandbox.jira.base_url}/sandbox/calls", timeout=5).json()["calls"]
    refused = [call for call in calls if call["status"] == 401]
    time.sleep(6)
    calls = requests.get(f"{calm.sandbox.jira.base_url}/sandbox/calls", timeout=5).json()["calls"]
    assert [call for call in calls if call["status"] == 401] == refused, "nobody knocks again and again"
    users["gatepost-bot"] = bot
    assert calm.services.connections.resume("jira-main")
    _wait_for_stage(calm, "Identified")


def test_a_value_that_the_tool_does_not_take_parks_that_item_alone(calm: World) -> None:
    """The field is gone from the screen: the row says so by name, and other items go on."""
    state = calm.sandbox.jira
    stage = state.field_named("DoI stage")
    _fault(
        calm, method="PUT", path=f"{_root(calm)}/issue/{state.issue(calm.player.show(CRM).key).id}", times=1, status=400
    )
    _edit(calm)
    deadline = time.monotonic() + 30
    while not (parked := calm.rows("SELECT key, reason FROM outbox WHERE state = 'parked'")):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert parked[0].key == calm.player.show(CRM).key
    assert str(parked[0].reason).startswith(f"jira-main refused PUT {_root(calm)}/issue/")
    other = next(issue for issue in state.issues.values() if issue.summary == "Back-up as a service")
    state.edit(other.id, IDENTIFIED, by="kaya")
    calm.wait_quiet()
    assert other.values[stage.id] == "Identified"


def test_doubled_and_shuffled_events_change_nothing(calm: World) -> None:
    before = calm.fields()
    decisions = calm.rows("SELECT count(*) FROM decision")
    issues = [issue for issue in calm.sandbox.jira.issues.values() if issue.type == "Epic"]
    for number in range(5):
        for issue in issues[:: 1 if number % 2 else -1]:
            calm.sandbox.jira.webhooks.issue("jira:issue_updated", issue, "kaya", [])
    calm.wait_quiet()
    assert calm.fields() == before
    assert calm.rows("SELECT count(*) FROM decision") == decisions


def test_an_item_that_is_deleted_keeps_its_measure_which_says_since_when(calm: World) -> None:
    issue = calm.sandbox.jira.issue(calm.player.show(CRM).key)
    calm.sandbox.jira.delete(issue.id, by="kaya")
    calm.wait_quiet()
    (row,) = calm.rows("SELECT unreachable_since FROM work_item WHERE native_id = :id", id=issue.id)
    assert row.unreachable_since is not None
    assert len(calm.rows("SELECT 1 FROM measure WHERE native_id = :id", id=issue.id)) == 1
