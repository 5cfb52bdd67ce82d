"""A native gate in the whole flow: the tool refuses by itself, opens when it may, and Gatepost's own account passes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.engine import URL

from connector.bootstrap import Sites
from connector.store.connections.provisioned_objects import ProvisionedObjects
from connector.store.database.tables import ALERT
from connector.store.queue.dead_letters import causes
from connector.sync.provision import ProvisionOptions
from mapping.work_item import ConnectionName
from sandbox.jira.model import Issue, Workflow
from sandbox.story.scenarios import Item
from tests.stories.simulation import Simulation, simulation
from tests.stories.test_scenarios import FACTS
from tests.stories.test_write_back import mapping

pytestmark = pytest.mark.story
JIRA = ConnectionName("jira-main")
ITEM: Item = ("jira", "Retire the legacy CRM")


@pytest.fixture
def guarded(database: URL, tmp_path: Path) -> Iterator[Simulation]:
    """The project CLOUD, whose workflow nobody has changed but Gatepost."""
    with simulation(database, tmp_path, mapping=mapping(enforce="native")) as scene:
        jira = scene.sandbox.jira
        jira.create("CLOUD", "Epic", ITEM[1], by="osei", assignee="osei", duedate="2026-12-31", values=FACTS)
        scene.run_until_idle()
        provision(scene)
        yield scene


def provision(scene: Simulation) -> None:
    site = Sites(scene.services, scene.clock).get(JIRA)
    config = scene.services.active_config()
    assert site.provisioner is not None
    assert config is not None
    registry = ProvisionedObjects(scene.services.engine, JIRA, "tests")
    for step in site.provisioner.plan(config, (), ProvisionOptions()).steps:
        registry.record(site.provisioner.apply(step))


def workflow(scene: Simulation) -> Workflow:
    return scene.sandbox.jira.projects["CLOUD"].workflow_of("Epic")


def test_the_tool_refuses_while_the_gate_is_shut_and_allows_the_move_when_it_opens(guarded: Simulation) -> None:
    assert not guarded.move(ITEM, "osei", "Analysis")[0]
    assert guarded.show(ITEM).fields["Gate"] == "Waiting"
    guarded.comment(ITEM, "brandt", "/approve detailed")
    assert guarded.show(ITEM).fields["Gate"] == "Open"
    assert guarded.move(ITEM, "osei", "Analysis")[0]
    assert guarded.show(ITEM).fields["Gate"] == "Waiting", "the next gate is a different one"
    assert not guarded.move(ITEM, "osei", "Approved")[0]
    assert guarded.move(ITEM, "osei", "Backlog")[0], "the way back is never guarded"


def test_stories_of_the_same_workflow_are_not_gated(guarded: Simulation) -> None:
    jira = guarded.sandbox.jira
    story = jira.create("CLOUD", "Story", "Not governed", by="osei")
    jira.transition(story.key, "Analysis", by="osei")
    assert story.status == "Analysis"


def full_sweep(scene: Simulation) -> None:
    scene.clock.move(days=1)
    scene.handlers.sweep(JIRA)
    scene.run_until_idle()


@pytest.mark.parametrize("restore", [False, True])
def test_a_removed_gate_is_reported_or_restored_by_the_full_sweep(guarded: Simulation, restore: bool) -> None:
    workflow(guarded).transitions[2].conditions = None
    settings = guarded.services.settings.model_copy(update={"restore_native_gates": restore})
    object.__setattr__(guarded.services, "settings", settings)
    full_sweep(guarded)
    actions = [entry.action for entry in guarded.services.audit.entries(JIRA)]
    assert actions[-1] == ("gates.repaired" if restore else "gates.drifted")
    assert (workflow(guarded).transitions[2].conditions is not None) is restore


def issue_of(scene: Simulation) -> Issue:
    return next(issue for issue in scene.sandbox.jira.issues.values() if issue.summary == ITEM[1])


def pass_by(scene: Simulation, status: str) -> None:
    """A trigger of a development tool, an import, a move between projects: the conditions are not asked."""
    kept = [transition.conditions for transition in workflow(scene).transitions]
    for transition in workflow(scene).transitions:
        transition.conditions = None
    assert scene.move(ITEM, "osei", status)[0]
    for transition, conditions in zip(workflow(scene).transitions, kept, strict=True):
        transition.conditions = conditions
    scene.run_until_idle()


def test_gateposts_own_account_passes_its_own_gates(guarded: Simulation) -> None:
    """What got past a native gate is moved back, and the way back is open to Gatepost's own account."""
    pass_by(guarded, "Done")
    assert guarded.show(ITEM).fields["Status"] == "Backlog"
    assert issue_of(guarded).status == "Backlog"
    said = [comment.text for comment in issue_of(guarded).comments if comment.author == "gatepost-bot"]
    assert "moved to Done (Implemented) by Kwame Osei" in said[-1]


def test_a_resolution_that_the_move_left_behind_is_cleared(guarded: Simulation) -> None:
    issue_of(guarded).resolution = "Done"
    pass_by(guarded, "Done")
    assert (issue_of(guarded).status, issue_of(guarded).resolution) == ("Backlog", None)


def test_a_screen_on_the_way_back_is_filled_with_what_the_issue_holds(guarded: Simulation) -> None:
    jira = guarded.sandbox.jira
    for transition in workflow(guarded).transitions:
        if transition.to == "Backlog":
            transition.screen = (jira.field_named("Objective").id, jira.field_named("Sponsor").id)
    pass_by(guarded, "Done")
    assert issue_of(guarded).status == "Backlog"


def test_a_screen_that_asks_for_what_is_empty_is_told(guarded: Simulation) -> None:
    jira = guarded.sandbox.jira
    for transition in workflow(guarded).transitions:
        if transition.to == "Backlog":
            transition.screen = (jira.field_named("Legacy services").id,)
    pass_by(guarded, "Done")
    assert issue_of(guarded).status == "Done"
    with guarded.services.engine.connect() as connection:
        letters = [cause.reason for cause in causes(connection)]
    assert any("the screen of the transition requires Legacy services, which is empty" in reason for reason in letters)


def test_what_moves_it_on_again_and_again_is_reported_and_left(guarded: Simulation) -> None:
    for _ in range(3):
        pass_by(guarded, "Done")
        assert issue_of(guarded).status == "Backlog"
        guarded.clock.move(minutes=5)
    pass_by(guarded, "Done")
    assert issue_of(guarded).status == "Done"
    with guarded.services.engine.connect() as connection:
        alerts = connection.execute(select(ALERT.c.kind, ALERT.c.detail)).all()
    assert [(row.kind, row.detail["times"]) for row in alerts] == [("breach_stays", "4")]


def test_an_account_that_administers_nothing_sees_that_a_gate_is_gone(guarded: Simulation) -> None:
    guarded.sandbox.jira.withheld.add("ADMINISTER")
    full_sweep(guarded)
    assert "gates.drifted" not in {entry.action for entry in guarded.services.audit.entries(JIRA)}
    workflow(guarded).transitions[2].conditions = None
    full_sweep(guarded)
    last = list(guarded.services.audit.entries(JIRA))[-1]
    assert (last.action, last.detail["text"]) == (
        "gates.drifted", f'Jira offers "To Done" into Done at {issue_of(guarded).key}, past its shut gate'
    )  # fmt: skip


@pytest.mark.parametrize(("withheld", "mails"), [((), 0), (("ADMINISTER_PROJECTS",), 1)])
def test_writes_mail_nobody_where_jira_lets_them(guarded: Simulation, withheld: tuple[str, ...], mails: int) -> None:
    jira = guarded.sandbox.jira
    jira.withheld |= set(withheld)
    jira.mails = 0
    jira.edit(issue_of(guarded).key, {"Gate": "Open"}, by="osei")
    guarded.run_until_idle()
    assert guarded.show(ITEM).fields["Gate"] == "Waiting"
    assert jira.mails == mails
