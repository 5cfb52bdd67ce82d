"""A native gate in the whole flow: the tool refuses by itself, opens when it may, and our own robot passes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from connector.bootstrap import Sites
from connector.store.connections.provisioned_objects import Provisioned
from connector.sync.provision import Options
from mapping.work_item import ConnectionName
from sandbox.jira.model import Workflow
from sandbox.story.scenarios import Item
from tests.stories.simulation import Theatre, theatre
from tests.stories.test_scenarios import FACTS
from tests.stories.test_write_back import mapping

pytestmark = pytest.mark.story
JIRA = ConnectionName("jira-main")
ITEM: Item = ("jira", "Retire the legacy CRM")


@pytest.fixture
def guarded(database: URL, tmp_path: Path) -> Iterator[Theatre]:
    """The project CLOUD, whose workflow nobody has changed but Gatepost."""
    with theatre(database, tmp_path, mapping=mapping(enforce="native")) as scene:
        jira = scene.sandbox.jira
        jira.create("CLOUD", "Epic", ITEM[1], by="osei", assignee="osei", duedate="2026-12-31", values=FACTS)
        scene.settle()
        place(scene)
        yield scene


def place(scene: Theatre) -> None:
    site = Sites(scene.services, scene.clock).get(JIRA)
    config = scene.services.active_config()
    assert site.provisioner is not None
    assert config is not None
    registry = Provisioned(scene.services.engine, JIRA, "tests")
    for step in site.provisioner.plan(config, (), Options()).steps:
        registry.record(site.provisioner.apply(step))


def workflow(scene: Theatre) -> Workflow:
    return scene.sandbox.jira.projects["CLOUD"].workflow_of("Epic")


def test_the_tool_refuses_while_the_gate_is_shut_and_lets_through_when_it_opens(guarded: Theatre) -> None:
    assert not guarded.move(ITEM, "osei", "Analysis")[0]
    assert guarded.show(ITEM).fields["Gate"] == "Shut"
    guarded.say(ITEM, "brandt", "/approve detailed")
    assert guarded.show(ITEM).fields["Gate"] == "Open"
    assert guarded.move(ITEM, "osei", "Analysis")[0]
    assert guarded.show(ITEM).fields["Gate"] == "Shut", "the next gate is another one"
    assert not guarded.move(ITEM, "osei", "Approved")[0]
    assert guarded.move(ITEM, "osei", "Backlog")[0], "the way back is never guarded"


def test_stories_of_the_same_workflow_go_their_way(guarded: Theatre) -> None:
    jira = guarded.sandbox.jira
    story = jira.create("CLOUD", "Story", "Not governed", by="osei")
    jira.transition(story.key, "Analysis", by="osei")
    assert story.status == "Analysis"


def full_sweep(scene: Theatre) -> None:
    scene.clock.move(days=1)
    scene.handlers.sweep(JIRA)
    scene.settle()


@pytest.mark.parametrize("repair", [False, True])
def test_a_gate_that_somebody_took_out_is_told_or_put_back_by_the_nightly_look(guarded: Theatre, repair: bool) -> None:
    workflow(guarded).transitions[2].conditions = None
    settings = guarded.services.settings.model_copy(update={"repair_gates": repair})
    object.__setattr__(guarded.services, "settings", settings)
    full_sweep(guarded)
    actions = [entry.action for entry in guarded.services.audit.entries(JIRA)]
    assert actions[-1] == ("gates.repaired" if repair else "gates.drifted")
    assert (workflow(guarded).transitions[2].conditions is not None) is repair


def test_our_own_robot_passes_its_own_gates(guarded: Theatre) -> None:
    """Somebody with other rights moved the issue on; the way on is guarded, the robot takes the way back."""
    reverting = mapping(enforce="revert")
    from mapping.load import Loaded, load_mapping

    loaded = load_mapping(reverting)
    assert isinstance(loaded, Loaded)
    guarded.services.mappings.activate(reverting, loaded.version, author="tests", reason="revert as well")
    guarded.settle()
    jira = guarded.sandbox.jira
    issue = next(one for one in jira.issues.values() if one.summary == ITEM[1])
    kept = workflow(guarded).transitions[2].conditions
    workflow(guarded).transitions[2].conditions = None
    assert guarded.move(ITEM, "osei", "Done")[0]
    workflow(guarded).transitions[2].conditions = kept
    assert guarded.show(ITEM).fields["Status"] == "Backlog"
    assert issue.status == "Backlog"
