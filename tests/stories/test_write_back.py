"""Marks beside fields, bulk writes, and moves back, on both kinds of Jira."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from sqlalchemy import text
from sqlalchemy.engine import URL

from mapping.work_item import ConnectionName
from sandbox.jira.model import Deployment, Issue
from sandbox.story.scenarios import Item
from tests.conftest import ROOT
from tests.stories.simulation import Simulation, simulation
from tests.stories.test_scenarios import FACTS
from tests.waiting import LONGEST_CALL_SECONDS, LONGEST_WAIT_SECONDS

JIRA = ConnectionName("jira-main")
pytestmark = pytest.mark.story

STORY = (ROOT / "sandbox/story/mapping.yaml").read_text()
MARKS = """
    marks: {property: gatepost, link: "https://gatepost.nordbank.example", flag: shut, blocked_by: SUP-1}
"""


def mapping(*, enforce: str = "comment", marks: str = "", write: str = "", reply_comment: bool = True) -> str:
    """The story's mapping with a changed rule for epics."""
    changed = STORY.replace(
        "enforce: comment", f"enforce: {enforce}\n    reply_comment: {str(reply_comment).lower()}{marks}", 1
    )
    return changed.replace("      doi_stage: DoI stage\n", f"      doi_stage: DoI stage\n{write}", 1)


@pytest.fixture(params=list(Deployment))
def deployment(request: pytest.FixtureRequest) -> Deployment:
    deployment: Deployment = request.param
    return deployment


def epic(scene: Simulation, title: str, project: str = "CLOUD", **more: str | int) -> Issue:
    return scene.sandbox.jira.create(
        project, "Epic", title, by="osei", assignee="osei", duedate="2026-12-31", values=FACTS | more
    )


def calls(scene: Simulation) -> Counter[str]:
    """Successful calls by method and last literal part of the path."""
    calls_made = requests.get(f"{scene.sandbox.jira.base_url}/sandbox/calls", timeout=LONGEST_CALL_SECONDS).json()[
        "calls"
    ]
    return Counter(f"{call['method']} {call['path']}" for call in calls_made if call["status"] < 300)


def reset_calls(scene: Simulation) -> None:
    requests.delete(f"{scene.sandbox.jira.base_url}/sandbox/calls", timeout=LONGEST_CALL_SECONDS)


# --- marks -----------------------------------------------------------------------------------------------


def test_the_issue_has_the_verdict_the_link_the_flag_and_the_blocker(
    database: URL, tmp_path: Path, deployment: Deployment
) -> None:
    with simulation(database, tmp_path, mapping=mapping(marks=MARKS), deployment=deployment) as scene:
        jira = scene.sandbox.jira
        flag = jira.add_field("Flagged", "multicheckboxes", ("Impediment",))
        governance = jira.create("SUP", "Task", "Gates of the transformation office", by="kaya")
        assert governance.key == "SUP-1"
        item: Item = ("jira", "Retire the legacy CRM")
        issue = epic(scene, item[1])
        scene.run_until_idle()
        verdict = issue.properties["gatepost"]
        assert isinstance(verdict, dict)
        following = verdict["next"]
        assert isinstance(following, dict)
        assert (verdict["may_enter"], following["stage"], following["state"], following["blocker_count"]) == (
            ["identified"],
            "detailed",
            "waiting",
            1,
        )
        assert following["blockers"][0]["code"] == "APPROVAL_MISSING"
        (link,) = issue.remote_links.values()
        shown = link["object"]
        assert isinstance(shown, dict)
        assert (shown["title"], shown["summary"]) == ("Gate into Detailed: waiting", "1 blocker")
        assert shown["icon"]["url16x16"] == "https://gatepost.nordbank.example/static/gate-waiting.svg"
        assert shown["status"]["resolved"] is False
        assert issue.values[flag.id] == ["Impediment"]
        assert issue.blocked_by == [governance.id]
        assert "SUP-1" not in scene.show(item).fields["Gate blockers"], "Gatepost's own blocker is not a condition"

        scene.comment(item, "brandt", "/approve detailed")
        assert scene.show(item).fields["Gate"] == "Open"
        assert issue.values[flag.id] == [], "Gatepost's own flag is removed"
        assert issue.blocked_by == []
        assert isinstance(issue.properties["gatepost"], dict)
        assert issue.properties["gatepost"]["may_enter"] == ["identified", "detailed"]
        (link,) = issue.remote_links.values()
        shown = link["object"]
        assert isinstance(shown, dict)
        assert (shown["title"], shown["status"]["resolved"]) == ("Gate into Detailed: open", True)

        reset_calls(scene)
        jira.webhooks.issue("jira:issue_updated", issue, "kaya", [])
        scene.run_until_idle()
        assert not [call for call in calls(scene) if call.startswith(("PUT", "DELETE"))], (
            "nothing differs, nothing is written"
        )


def test_a_flag_and_a_link_that_people_set_stay(database: URL, tmp_path: Path, deployment: Deployment) -> None:
    with simulation(database, tmp_path, mapping=mapping(marks=MARKS), deployment=deployment) as scene:
        jira = scene.sandbox.jira
        flag = jira.add_field("Flagged", "multicheckboxes", ("Impediment",))
        jira.create("SUP", "Task", "Gates of the transformation office", by="kaya")
        issue = epic(scene, "Retire the legacy CRM", Flagged=["Impediment"])  # type: ignore[arg-type]
        jira.link("SUP-1", issue.key)
        scene.run_until_idle()
        scene.comment(("jira", "Retire the legacy CRM"), "brandt", "/approve detailed")
        assert scene.show(("jira", "Retire the legacy CRM")).fields["Gate"] == "Open"
        assert issue.values[flag.id] == ["Impediment"]
        assert len(issue.blocked_by) == 1


def test_a_mark_that_cannot_be_set_is_reported_and_the_fields_are_written(
    database: URL, tmp_path: Path, deployment: Deployment
) -> None:
    """The site has no field Flagged."""
    flagged = "\n    marks: {flag: shut}\n"
    with simulation(database, tmp_path, mapping=mapping(marks=flagged), deployment=deployment) as scene:
        epic(scene, "Retire the legacy CRM")
        scene.run_until_idle()
        with scene.services.engine.connect() as connection:
            (reason,) = connection.execute(text("SELECT reason FROM outbox WHERE state = 'dead_letter'")).scalars()
        assert reason == (
            'jira-main: the flag cannot be raised, no field is called "Flagged". Everything else was written. '
            "Remove flag from the rule's marks, or let a board add the field."
        )


# --- in bulk ----------------------------------------------------------------------------------------------


def bulk_scene(database: URL, tmp_path: Path, deployment: Deployment = Deployment.CLOUD) -> Iterator[Simulation]:
    changed = mapping(reply_comment=False)
    with simulation(database, tmp_path, mapping=changed, deployment=deployment) as scene:
        yield scene


def create_alike(scene: Simulation, count: int) -> list[Issue]:
    """Issues that need the same write; no event is sent while they are created."""
    hooks = list(scene.sandbox.jira.webhooks.registered.values())
    for hook in hooks:
        hook.enabled = False
    scene.run_until_idle()
    issues = [scene.sandbox.jira.create("CLOUD", "Epic", f"Idea {number}", by="kaya") for number in range(count)]
    for hook in hooks:
        hook.enabled = True
    return issues


def send_events(scene: Simulation, issues: list[Issue]) -> None:
    """Send an event about each while the connection is paused, as after an outage."""
    scene.services.connections.pause(JIRA, "tests", None)
    for issue in issues:
        scene.sandbox.jira.webhooks.issue("jira:issue_updated", issue, "kaya", [])
    assert scene.sandbox.wait_delivered(LONGEST_WAIT_SECONDS)
    scene.services.connections.resume(JIRA)
    scene.run_until_idle()


def test_one_value_for_many_issues_is_written_in_one_bulk_edit(database: URL, tmp_path: Path) -> None:
    for scene in bulk_scene(database, tmp_path):
        issues = create_alike(scene, 60)
        reset_calls(scene)
        send_events(scene, issues)
        gate = scene.sandbox.jira.field_named("Gate").id
        assert {issue.values[gate] for issue in issues} == {"Blocked"}
        made = calls(scene)
        writes = sum(count for call, count in made.items() if call.startswith("PUT /rest/api/3/issue/"))
        tasks = made["POST /rest/api/3/bulk/issues/fields"]
        assert (tasks, writes) == (1, 0), made
        reset_calls(scene)
        send_events(scene, issues)
        assert not [call for call in calls(scene) if call.startswith("PUT") or "bulk/issues" in call]


def test_issues_that_a_bulk_edit_skips_are_written_singly(database: URL, tmp_path: Path) -> None:
    for scene in bulk_scene(database, tmp_path):
        issues = create_alike(scene, 40)
        scene.sandbox.jira.bulk.stubborn = {issues[3].id, issues[7].id}
        send_events(scene, issues)
        gate = scene.sandbox.jira.field_named("Gate").id
        assert {issue.values.get(gate) for issue in issues} == {"Blocked"}
        with scene.services.engine.connect() as connection:
            states = set(connection.execute(text("SELECT state FROM outbox")).scalars())
        assert states <= {"done", "superseded"}


def test_a_bulk_edit_whose_response_was_lost_is_repeated_without_harm(database: URL, tmp_path: Path) -> None:
    for scene in bulk_scene(database, tmp_path):
        issues = create_alike(scene, 20)
        lost = {"status": "drop", "method": "POST", "path": "/rest/api/3/bulk/issues/fields", "times": 1}
        requests.post(f"{scene.sandbox.jira.base_url}/sandbox/faults", json=lost, timeout=LONGEST_CALL_SECONDS)
        send_events(scene, issues)
        gate = scene.sandbox.jira.field_named("Gate").id
        assert {issue.values.get(gate) for issue in issues} == {"Blocked"}
        assert len(scene.sandbox.jira.bulk.tasks) == 2, "the first one was carried out, its response was lost"
        with scene.services.engine.connect() as connection:
            assert set(connection.execute(text("SELECT state FROM outbox")).scalars()) <= {"done", "superseded"}


def test_without_the_permission_for_bulk_edits_every_issue_is_written_singly(database: URL, tmp_path: Path) -> None:
    for scene in bulk_scene(database, tmp_path):
        scene.sandbox.jira.withheld.add("BULK_CHANGE")
        issues = create_alike(scene, 20)
        send_events(scene, issues)
        gate = scene.sandbox.jira.field_named("Gate").id
        assert {issue.values.get(gate) for issue in issues} == {"Blocked"}


# --- moved back -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("enforce", "deployment"),
    [("revert", Deployment.CLOUD), ("revert", Deployment.DATACENTER), ("native", Deployment.DATACENTER)],
)
def test_an_issue_that_went_past_a_shut_gate_is_moved_back_with_one_comment(
    enforce: str, database: URL, tmp_path: Path, deployment: Deployment
) -> None:
    """Data Center cannot refuse a transition: there native means revert.  On Cloud a native gate refuses beforehand."""
    with simulation(database, tmp_path, mapping=mapping(enforce=enforce), deployment=deployment) as scene:
        item: Item = ("jira", "Retire the legacy CRM")
        issue = epic(scene, item[1])
        scene.comment(item, "brandt", "/approve detailed")
        assert scene.move(item, "osei", "Analysis")[0]
        scene.run_until_idle()
        # Not in the instant of our own write: nobody could say for certain then whose change was the last one.
        scene.clock.move(minutes=1)
        assert scene.move(item, "novak", "Done")[0], "this workflow has no native gate: it is allowed"
        shown = scene.show(item)
        assert (issue.status, shown.fields["Gate"]) == ("Analysis", "Waiting")
        assert (
            "@Kwame Osei: moved to Done (Implemented) by Petr Novak on 5 Oct 2026 09:01 UTC while the gate into Decided "
            "is shut; "
            "it is back at Analysis. 2 conditions are not met and are listed in the field Gate blockers."
        ) in shown.reply
        replies = [comment for comment in issue.comments if comment.author == "gatepost-bot"]
        assert len(replies) == 1, "one comment, edited"

        assert scene.move(item, "osei", "Done")[0]
        assert scene.show(item).fields["Status"] == "Analysis", "a second time as well"
        assert len([comment for comment in issue.comments if comment.author == "gatepost-bot"]) == 1

        scene.comment(item, "brandt", "/approve decided")
        opened = scene.comment(item, "weber", "/approve decided")
        assert "moved to Done" not in opened.reply, "the gate is open: there is nothing left to explain"
        assert scene.move(item, "osei", "Approved")[0]
        assert scene.show(item).fields["Status"] == "Approved"


def test_a_workflow_without_a_way_back_is_reported(database: URL, tmp_path: Path) -> None:
    with simulation(database, tmp_path, mapping=mapping(enforce="revert")) as scene:
        item: Item = ("jira", "Retire the legacy CRM")
        issue = epic(scene, item[1])
        scene.run_until_idle()
        project = scene.sandbox.jira.projects["CLOUD"]
        scene.sandbox.jira.remove_back_transitions(project.key)
        assert scene.move(item, "osei", "Done")[0]
        assert scene.show(item).fields["Gate"] == "Breach"
        assert issue.status == "Done"
        with scene.services.engine.connect() as connection:
            reasons = set(connection.execute(text("SELECT reason FROM outbox WHERE state = 'dead_letter'")).scalars())
        assert any("its workflow has no transition for Gatepost's account to Backlog" in reason for reason in reasons)
