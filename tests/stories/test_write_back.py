"""What is written beside fields, what is written in bulk, and what is moved back: on both kinds of Jira."""

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
from tests.stories.simulation import Theatre, theatre
from tests.stories.test_scenarios import FACTS
from tests.waiting import LONGEST_CALL_SECONDS, LONGEST_WAIT_SECONDS

JIRA = ConnectionName("jira-main")
pytestmark = pytest.mark.story

STORY = (ROOT / "sandbox/story/mapping.yaml").read_text()
MARKS = """
    marks: {property: gatepost, link: "https://gatepost.nordbank.example", flag: shut, blocked_by: SUP-1}
"""


def mapping(*, enforce: str = "comment", marks: str = "", write: str = "", answers: bool = True) -> str:
    """The story's rules, the epics' one changed."""
    changed = STORY.replace("enforce: comment", f"enforce: {enforce}\n    answers: {str(answers).lower()}{marks}", 1)
    return changed.replace("      doi_stage: DoI stage\n", f"      doi_stage: DoI stage\n{write}", 1)


@pytest.fixture(params=list(Deployment))
def deployment(request: pytest.FixtureRequest) -> Deployment:
    chosen: Deployment = request.param
    return chosen


def epic(scene: Theatre, title: str, project: str = "CLOUD", **more: str | int) -> Issue:
    return scene.sandbox.jira.create(
        project, "Epic", title, by="osei", assignee="osei", duedate="2026-12-31", values=FACTS | more
    )


def calls(scene: Theatre) -> Counter[str]:
    """Successful calls by method and last literal part of the path."""
    answer = requests.get(f"{scene.sandbox.jira.base_url}/sandbox/calls", timeout=LONGEST_CALL_SECONDS).json()["calls"]
    return Counter(f"{call['method']} {call['path']}" for call in answer if call["status"] < 300)


def forget_calls(scene: Theatre) -> None:
    requests.delete(f"{scene.sandbox.jira.base_url}/sandbox/calls", timeout=LONGEST_CALL_SECONDS)


# --- marks -----------------------------------------------------------------------------------------------


def test_the_whole_verdict_the_link_the_flag_and_the_blocker_stand_at_the_issue(
    database: URL, tmp_path: Path, deployment: Deployment
) -> None:
    with theatre(database, tmp_path, mapping=mapping(marks=MARKS), deployment=deployment) as scene:
        jira = scene.sandbox.jira
        flag = jira.add_field("Flagged", "multicheckboxes", ("Impediment",))
        governance = jira.create("SUP", "Task", "Gates of the transformation office", by="kaya")
        assert governance.key == "SUP-1"
        item: Item = ("jira", "Retire the legacy CRM")
        issue = epic(scene, item[1])
        scene.settle()
        told = issue.properties["gatepost"]
        assert isinstance(told, dict)
        assert (told["stage"], told["next"], told["gate"], told["open"]) == ("identified", "detailed", "shut", 1)
        assert told["blockers"][0]["code"] == "APPROVAL_MISSING"
        (link,) = issue.remote_links.values()
        shown = link["object"]
        assert isinstance(shown, dict)
        assert (shown["title"], shown["summary"]) == ("Gate into Detailed: shut", "1 blocker")
        assert shown["icon"]["url16x16"] == "https://gatepost.nordbank.example/static/gate-shut.svg"
        assert shown["status"]["resolved"] is False
        assert issue.values[flag.id] == ["Impediment"]
        assert issue.blocked_by == [governance.id]
        assert "SUP-1" not in scene.show(item).fields["Gate blockers"], "our own blocker is no news"

        scene.say(item, "brandt", "/approve detailed")
        assert scene.show(item).fields["Gate"] == "Open"
        assert issue.values[flag.id] == [], "our own flag is taken away"
        assert issue.blocked_by == []
        assert isinstance(issue.properties["gatepost"], dict)
        assert issue.properties["gatepost"]["passes"] == ["Detailed"]
        (link,) = issue.remote_links.values()
        shown = link["object"]
        assert isinstance(shown, dict)
        assert (shown["title"], shown["status"]["resolved"]) == ("Gate into Decided: open", True)

        forget_calls(scene)
        jira.webhooks.issue("jira:issue_updated", issue, "kaya", [])
        scene.settle()
        assert not [call for call in calls(scene) if call.startswith(("PUT", "DELETE"))], (
            "nothing differs, nothing goes"
        )


def test_a_flag_and_a_link_that_people_made_stay(database: URL, tmp_path: Path, deployment: Deployment) -> None:
    with theatre(database, tmp_path, mapping=mapping(marks=MARKS), deployment=deployment) as scene:
        jira = scene.sandbox.jira
        flag = jira.add_field("Flagged", "multicheckboxes", ("Impediment",))
        jira.create("SUP", "Task", "Gates of the transformation office", by="kaya")
        issue = epic(scene, "Retire the legacy CRM", Flagged=["Impediment"])  # type: ignore[arg-type]
        jira.link("SUP-1", issue.key)
        scene.settle()
        scene.say(("jira", "Retire the legacy CRM"), "brandt", "/approve detailed")
        assert scene.show(("jira", "Retire the legacy CRM")).fields["Gate"] == "Open"
        assert issue.values[flag.id] == ["Impediment"]
        assert len(issue.blocked_by) == 1


def test_a_mark_that_cannot_be_made_is_told_and_the_fields_are_written(
    database: URL, tmp_path: Path, deployment: Deployment
) -> None:
    """The site has no field Flagged: nothing of it is guessed."""
    flagged = "\n    marks: {flag: shut}\n"
    with theatre(database, tmp_path, mapping=mapping(marks=flagged), deployment=deployment) as scene:
        epic(scene, "Retire the legacy CRM")
        scene.settle()
        with scene.services.engine.connect() as connection:
            (reason,) = connection.execute(text("SELECT reason FROM outbox WHERE state = 'parked'")).scalars()
        assert reason == (
            'jira-main: the flag cannot be raised, no field is called "Flagged". Everything else was written. Take '
            "flag out of the rule's marks, or let a board add the field."
        )


# --- in bulk ----------------------------------------------------------------------------------------------


def bulk_scene(database: URL, tmp_path: Path, deployment: Deployment = Deployment.CLOUD) -> Iterator[Theatre]:
    plain = mapping(answers=False)
    with theatre(database, tmp_path, mapping=plain, deployment=deployment) as scene:
        yield scene


def alike(scene: Theatre, count: int) -> list[Issue]:
    """Issues about which the same is to be said; nothing rings while they are made."""
    hooks = list(scene.sandbox.jira.webhooks.registered.values())
    for hook in hooks:
        hook.enabled = False
    scene.settle()
    made = [scene.sandbox.jira.create("CLOUD", "Epic", f"Idea {number}", by="kaya") for number in range(count)]
    for hook in hooks:
        hook.enabled = True
    return made


def ring_all(scene: Theatre, issues: list[Issue]) -> None:
    """They ring while nobody works, as after an outage."""
    scene.services.connections.pause(JIRA, "tests", None)
    for issue in issues:
        scene.sandbox.jira.webhooks.issue("jira:issue_updated", issue, "kaya", [])
    assert scene.sandbox.wait_delivered(LONGEST_WAIT_SECONDS)
    scene.services.connections.resume(JIRA)
    scene.settle()


def test_one_value_for_many_issues_is_written_in_one_go(database: URL, tmp_path: Path) -> None:
    for scene in bulk_scene(database, tmp_path):
        issues = alike(scene, 60)
        forget_calls(scene)
        ring_all(scene, issues)
        gate = scene.sandbox.jira.field_named("Gate").id
        assert {issue.values[gate] for issue in issues} == {"Shut"}
        made = calls(scene)
        writes = sum(count for call, count in made.items() if call.startswith("PUT /rest/api/3/issue/"))
        tasks = made["POST /rest/api/3/bulk/issues/fields"]
        assert (tasks, writes) == (1, 0), made
        forget_calls(scene)
        ring_all(scene, issues)
        assert not [call for call in calls(scene) if call.startswith("PUT") or "bulk/issues" in call]


def test_what_a_bulk_edit_leaves_out_is_written_singly(database: URL, tmp_path: Path) -> None:
    for scene in bulk_scene(database, tmp_path):
        issues = alike(scene, 40)
        scene.sandbox.jira.bulk.stubborn = {issues[3].id, issues[7].id}
        ring_all(scene, issues)
        gate = scene.sandbox.jira.field_named("Gate").id
        assert {issue.values.get(gate) for issue in issues} == {"Shut"}
        with scene.services.engine.connect() as connection:
            states = set(connection.execute(text("SELECT state FROM outbox")).scalars())
        assert states <= {"done", "superseded"}


def test_a_bulk_edit_whose_answer_never_came_is_begun_again_and_does_no_harm(database: URL, tmp_path: Path) -> None:
    for scene in bulk_scene(database, tmp_path):
        issues = alike(scene, 20)
        lost = {"status": "drop", "method": "POST", "path": "/rest/api/3/bulk/issues/fields", "times": 1}
        requests.post(f"{scene.sandbox.jira.base_url}/sandbox/faults", json=lost, timeout=LONGEST_CALL_SECONDS)
        ring_all(scene, issues)
        gate = scene.sandbox.jira.field_named("Gate").id
        assert {issue.values.get(gate) for issue in issues} == {"Shut"}
        assert len(scene.sandbox.jira.bulk.tasks) == 2, "the first one was taken and never heard of"
        with scene.services.engine.connect() as connection:
            assert set(connection.execute(text("SELECT state FROM outbox")).scalars()) <= {"done", "superseded"}


def test_without_the_permission_for_bulk_edits_every_issue_is_written_singly(database: URL, tmp_path: Path) -> None:
    for scene in bulk_scene(database, tmp_path):
        scene.sandbox.jira.withheld.add("BULK_CHANGE")
        issues = alike(scene, 20)
        ring_all(scene, issues)
        gate = scene.sandbox.jira.field_named("Gate").id
        assert {issue.values.get(gate) for issue in issues} == {"Shut"}


# --- moved back -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("enforce", "deployment"),
    [("revert", Deployment.CLOUD), ("revert", Deployment.DATACENTER), ("native", Deployment.DATACENTER)],
)
def test_an_issue_that_went_past_a_shut_gate_is_moved_back_with_one_comment(
    enforce: str, database: URL, tmp_path: Path, deployment: Deployment
) -> None:
    """Data Center cannot refuse by itself: there native means revert.  On Cloud a native gate refuses beforehand."""
    with theatre(database, tmp_path, mapping=mapping(enforce=enforce), deployment=deployment) as scene:
        item: Item = ("jira", "Retire the legacy CRM")
        issue = epic(scene, item[1])
        scene.say(item, "brandt", "/approve detailed")
        assert scene.move(item, "osei", "Analysis")[0]
        scene.settle()
        assert scene.move(item, "osei", "Done")[0], "nobody has changed this workflow: it goes through"
        shown = scene.show(item)
        assert (issue.status, shown.fields["Gate"]) == ("Analysis", "Shut")
        assert (
            "@Kwame Osei: moved to Done (Implemented) on 05 Oct 2026 09:00 UTC while the gate into Decided is shut; "
            "it is back at Analysis. 2 conditions are not met and stand in the field with the blockers."
        ) in shown.answer
        mine = [comment for comment in issue.comments if comment.author == "gatepost-bot"]
        assert len(mine) == 1, "one comment, edited"

        assert scene.move(item, "osei", "Done")[0]
        assert scene.show(item).fields["Status"] == "Analysis", "a second time as well"
        assert len([comment for comment in issue.comments if comment.author == "gatepost-bot"]) == 1

        scene.say(item, "brandt", "/approve decided")
        opened = scene.say(item, "weber", "/approve decided")
        assert "moved to Done" not in opened.answer, "the gate is open: there is nothing left to explain"
        assert scene.move(item, "osei", "Approved")[0]
        assert scene.show(item).fields["Status"] == "Approved"


def test_a_workflow_without_a_way_back_is_told(database: URL, tmp_path: Path) -> None:
    with theatre(database, tmp_path, mapping=mapping(enforce="revert")) as scene:
        item: Item = ("jira", "Retire the legacy CRM")
        issue = epic(scene, item[1])
        scene.settle()
        project = scene.sandbox.jira.projects["CLOUD"]
        scene.sandbox.jira.strip_ways_back(project.key)
        assert scene.move(item, "osei", "Done")[0]
        assert scene.show(item).fields["Gate"] == "Breach"
        assert issue.status == "Done"
        with scene.services.engine.connect() as connection:
            reasons = set(connection.execute(text("SELECT reason FROM outbox WHERE state = 'parked'")).scalars())
        assert any("its workflow offers Gatepost's account no transition to Backlog" in reason for reason in reasons)
