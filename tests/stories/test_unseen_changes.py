"""No change goes unseen: children, links and joined records make their measures dirty, with their events and without.

Jira Data Center, where a story hangs on its epic by the field Epic Link, and ServiceNow beside it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NoReturn

import pytest
import requests
from sqlalchemy import text

from connector.bootstrap import Sites
from connector.errors import Unreachable
from connector.jira.change_history import JiraChangeHistory
from connector.jira.removed_links import JiraRemovedLinks
from connector.runtime.tasks import build_sweeper
from connector.store.measures.known_changes import known_changes
from connector.sync import item_reading
from connector.sync.ingest import received_event
from connector.sync.sweep import Sweep, SweepKind
from mapping.work_item import ConnectionName, Tool
from sandbox.jira.model import Deployment, Issue, Value
from tests.databases import Databases
from tests.stories.simulation import Simulation, simulation
from tests.stories.test_scenarios import FACTS
from tests.waiting import result_of

pytestmark = pytest.mark.story
JIRA, SNOW = ConnectionName("jira-main"), ConnectionName("servicenow-main")


@pytest.fixture(scope="module", params=list(Deployment))
def scene(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Simulation]:
    with (
        databases.one() as database,
        simulation(database, tmp_path_factory.mktemp("unseen"), deployment=request.param) as running,
    ):
        running.run_until_idle()
        for connection in (JIRA, SNOW):
            sweep(running, connection, SweepKind.FULL)
            sweep(running, connection)
        yield running


@pytest.fixture
def events_are_lost(scene: Simulation) -> Iterator[None]:
    with without_events(scene):
        yield


@contextmanager
def without_events(scene: Simulation) -> Iterator[None]:
    """No event reaches Gatepost."""
    hooks, rules = list(scene.sandbox.jira.webhooks.registered.values()), list(scene.sandbox.servicenow.event_rules)
    for hook in hooks:
        hook.enabled = False
    scene.sandbox.servicenow.event_rules.clear()
    yield
    for hook in hooks:
        hook.enabled = True
    scene.sandbox.servicenow.event_rules.extend(rules)


def sweep(scene: Simulation, connection: ConnectionName = JIRA, kind: SweepKind = SweepKind.CHANGED) -> Sweep:
    scene.clock.move(minutes=1)
    _, sweeper = build_sweeper(scene.services, scene.clock)
    site, config = Sites(scene.services, scene.clock).get(connection), scene.services.active_config()
    assert site.scanner is not None
    assert config is not None
    done = sweeper.run(site, site.scanner, config, kind)
    scene.run_until_idle()
    return done


def settle(scene: Simulation) -> None:
    """What Gatepost itself has written changes the items as well: read that, too."""
    for _ in range(3):
        sweep(scene)


def children(scene: Simulation, native_id: str) -> tuple[int, int]:
    """Children in all and done, as the measure's last reading has them."""
    query = text("SELECT snapshot #> '{children}' AS c FROM work_item WHERE native_id = :id")
    with scene.services.engine.connect() as connection:
        found = connection.execute(query, {"id": native_id}).scalar_one()
    return found["total"], found["done"]


def epic_with_story(scene: Simulation) -> tuple[Issue, Issue]:
    jira = scene.sandbox.jira
    epic = jira.create("ITX", "Epic", "Retire the legacy CRM", by="kaya", values={"Program": "Data centre exit"})
    story = jira.create("ITX", "Story", "Move the data", by="kaya", status="Done", parent=epic.key)
    scene.run_until_idle()
    assert children(scene, epic.id) == (1, 1)
    return epic, story


def test_an_event_about_a_child_makes_its_measure_dirty(scene: Simulation) -> None:
    jira = scene.sandbox.jira
    epic, story = epic_with_story(scene)
    jira.transition(story.key, "Backlog", by="osei")
    scene.run_until_idle()
    assert children(scene, epic.id) == (1, 0), "reopened"
    other, _ = epic_with_story(scene)
    jira.hang(story.key, other.key, by="osei")
    scene.run_until_idle()
    assert children(scene, epic.id) == (0, 0), "the former parent"
    assert children(scene, other.id) == (2, 1), "the new one"
    jira.delete(story.key, by="osei")
    scene.run_until_idle()
    assert children(scene, other.id) == (1, 1), "deleted"


def test_an_event_about_a_blocker_makes_what_it_blocks_dirty(scene: Simulation) -> None:
    jira = scene.sandbox.jira
    epic, _ = epic_with_story(scene)
    blocker = jira.create("CLOUD", "Task", "Buy the licence", by="kaya")
    jira.link(blocker.key, epic.key)
    scene.run_until_idle()
    assert blocking(scene, epic) == [blocker.key]
    jira.transition(blocker.key, "Done", by="osei")
    scene.run_until_idle()
    assert blocking(scene, epic) == []


def blocking(scene: Simulation, epic: Issue) -> list[str]:
    query = text("SELECT snapshot #> '{blocking_links}' AS b FROM work_item WHERE native_id = :id")
    with scene.services.engine.connect() as connection:
        return [one["key"] for one in connection.execute(query, {"id": epic.id}).scalar_one()]


def edits_of(scene: Simulation, native_id: str) -> list[tuple[str, str | None]]:
    """Of the newest change of a measure: the fields, and who edited each."""
    measure = f"{SNOW if ':' in native_id else JIRA}/{native_id}"
    with scene.services.engine.connect() as connection:
        change = known_changes(connection, measure).changes[0]
    return [(edit.field, edit.person) for edit in change.edits]


def history_is_down(*_: object) -> NoReturn:
    raise Unreachable("the history does not answer")


def test_a_change_of_an_issue_names_who_edited_each_field(scene: Simulation, monkeypatch: pytest.MonkeyPatch) -> None:
    jira = scene.sandbox.jira
    epic = jira.create("ITX", "Epic", "Who did it", by="kaya", duedate="2026-12-31", values=FACTS)
    scene.run_until_idle()
    scene.clock.move(minutes=5)
    with jira.lock:
        # Both in one reading, however busy the machine is.
        jira.edit(epic.key, {"Forecast benefit": 900_000}, by="osei")
        jira.edit(epic.key, {"Forecast cost": 310_000}, by="lind")
    scene.run_until_idle()
    assert edits_of(scene, epic.id) == [("Forecast benefit", "Kwame Osei"), ("Forecast cost", "Sara Lind")]
    scene.clock.move(minutes=5)
    jira.edit(epic.key, {"Forecast benefit": 800_000}, by="gatepost-bot")
    scene.run_until_idle()
    assert edits_of(scene, epic.id) == [("Forecast benefit", None)], "Gatepost's own account is nobody"
    address = f"{jira.base_url}/sandbox/calls"
    requests.delete(address, timeout=30).raise_for_status()
    scene.clock.move(minutes=5)
    jira.comment(epic.key, "No field is another one", by="osei")
    scene.run_until_idle()
    made = requests.get(address, timeout=30).json()["calls"]
    assert made
    assert "changelog" not in json.dumps(made), "nobody is asked for where no mapped field changed"
    with monkeypatch.context() as broken:
        broken.setattr(JiraChangeHistory, "editors", history_is_down)
        jira.edit(epic.key, {"Forecast benefit": 750_000}, by="osei")
        scene.run_until_idle()
    assert edits_of(scene, epic.id) == [("Forecast benefit", None)], "a verdict does not wait for a name"
    monkeypatch.setattr(item_reading, "MOST_NAMED", 0)
    jira.edit(epic.key, {"Forecast benefit": 700_000}, by="osei")
    scene.run_until_idle()
    assert edits_of(scene, epic.id) == [("Forecast benefit", None)], "one of too many that changed at once"


def test_a_change_of_a_record_names_whoever_saved_it_once(scene: Simulation) -> None:
    snow = scene.sandbox.servicenow
    record = snow.insert("pm_project", {"short_description": "Who saved", "state": "-5", "u_objective": "A"}, "lind")
    native = f"pm_project:{record['sys_id']}"
    scene.run_until_idle()
    sweep(scene, SNOW)
    scene.clock.move(minutes=5)
    snow.update("pm_project", record["sys_id"], {"u_objective": "B", "description": "Not mapped"}, "osei")
    scene.run_until_idle()
    assert edits_of(scene, native) == [("Objective", "Kwame Osei")]
    sweep(scene, SNOW)
    scene.clock.move(minutes=5)
    snow.event_rules, rules = [], snow.event_rules
    for objective, login in (("C", "osei"), ("D", "lind")):
        snow.update("pm_project", record["sys_id"], {"u_objective": objective}, login)
    snow.event_rules = rules
    sweep(scene, SNOW)
    assert edits_of(scene, native) == [("Objective", None)], "two have saved it since: nobody is guessed"


def blocked_epic(scene: Simulation, project: str = "ITX", summary: str = "Buy the licence") -> tuple[Issue, Issue]:
    """An epic and what blocks it."""
    epic, _ = epic_with_story(scene)
    blocker = scene.sandbox.jira.create(project, "Task", summary, by="kaya")
    scene.sandbox.jira.link(blocker.key, epic.key, by="kaya")
    scene.run_until_idle()
    assert blocking(scene, epic) == [blocker.key]
    scene.clock.move(minutes=5)
    return epic, blocker


def unlink(scene: Simulation, epic: Issue, blocker: Issue, by: str = "osei") -> None:
    scene.sandbox.jira.unlink(f"{blocker.id}{epic.id}", by=by)
    scene.run_until_idle()


def recorded(scene: Simulation, epic: Issue, action: str) -> list[object]:
    """What the record of the epic's measure says of one kind."""
    entries = scene.services.audit.entries(f"{JIRA}/{epic.id}")
    return [entry.detail["text"] for entry in entries if entry.action == action]


def removals(scene: Simulation, epic: Issue) -> list[object]:
    return recorded(scene, epic, "evidence.unlinked")


def test_a_blocking_link_that_somebody_removed_is_recorded_once_with_who_it_was(scene: Simulation) -> None:
    epic, blocker = blocked_epic(scene)
    unlink(scene, epic, blocker)
    assert blocking(scene, epic) == []
    said = (
        f'The blocking link to {blocker.key} "Buy the licence" was removed by Kwame Osei, and {blocker.key} is still '
        "open (Backlog)"
    )
    assert removals(scene, epic) == [said]
    with scene.services.engine.connect() as connection:
        query = text("SELECT names FROM audit WHERE subject = :id AND action = 'evidence.unlinked'")
        names = connection.execute(query, {"id": f"{JIRA}/{epic.id}"}).scalar_one()
    assert ["Kwame Osei"] in [[one for one in known if " " in one] for known in names.values()], "who can be erased"
    for comment in ("Read again", "And again"):
        scene.clock.move(minutes=5)
        scene.sandbox.jira.comment(epic.key, comment, by="osei")
        scene.run_until_idle()
    assert removals(scene, epic) == [said]
    scene.sandbox.jira.link(blocker.key, epic.key, by="kaya")
    scene.run_until_idle()
    scene.clock.move(minutes=5)
    unlink(scene, epic, blocker, by="lind")
    assert removals(scene, epic) == [said, said.replace("Kwame Osei", "Sara Lind")]


def test_what_blocked_from_another_project_is_not_named(scene: Simulation) -> None:
    epic, blocker = blocked_epic(scene, "CLOUD")
    unlink(scene, epic, blocker)
    assert removals(scene, epic) == [
        "The link to a blocking item of another project was removed by Kwame Osei, and that item is still open"
    ]


def test_a_link_that_nobody_removed_from_open_work_is_not_recorded(scene: Simulation) -> None:
    jira = scene.sandbox.jira
    epic, blocker = blocked_epic(scene, "CLOUD")
    jira.transition(blocker.key, "Done", by="osei")
    scene.run_until_idle()
    unlink(scene, epic, blocker)
    assert removals(scene, epic) == [], "done when it was read last"
    epic, blocker = blocked_epic(scene, "CLOUD")
    with without_events(scene):
        jira.transition(blocker.key, "Done", by="osei")
    unlink(scene, epic, blocker)
    assert removals(scene, epic) == [], "done by the time that the link is missed"
    epic, blocker = blocked_epic(scene)
    jira.delete(blocker.key, by="osei")
    jira.comment(epic.key, "It is gone", by="osei")
    scene.run_until_idle()
    assert (blocking(scene, epic), removals(scene, epic)) == ([], []), "deleted"
    epic, blocker = blocked_epic(scene)
    jira.move_to_project(blocker.key, "CLOUD", by="osei")
    jira.comment(epic.key, "It has another key", by="osei")
    scene.run_until_idle()
    assert blocking(scene, epic) == [jira.issue(blocker.id).key]
    assert removals(scene, epic) == [], "moved"
    epic, blocker = blocked_epic(scene)
    unlink(scene, epic, blocker, by="gatepost-bot")
    assert removals(scene, epic) == [], "Gatepost's own account is nobody"


def test_a_verdict_does_not_wait_for_what_became_of_a_link(scene: Simulation, monkeypatch: pytest.MonkeyPatch) -> None:
    epic, blocker = blocked_epic(scene)
    monkeypatch.setattr(JiraRemovedLinks, "_entries", history_is_down)
    unlink(scene, epic, blocker)
    (said,) = removals(scene, epic)
    assert said == (
        f'The blocking link to {blocker.key} "Buy the licence" was removed by somebody whom the tool does not name, and '
        f"{blocker.key} is still open (Backlog)"
    )
    epic, blocker = blocked_epic(scene)
    monkeypatch.setattr(JiraRemovedLinks, "_open", history_is_down)
    unlink(scene, epic, blocker)
    assert blocking(scene, epic) == []
    assert removals(scene, epic) == [
        f"The blocking link to {blocker.key} was removed by somebody whom the tool does not name, and {blocker.key} was "
        "open when it was read before; whether it still is could not be read"
    ]


def test_a_change_that_somebody_took_off_its_record_is_recorded_once(scene: Simulation) -> None:
    """The record itself is not counted up for it, and an instance that shows no audit names nobody."""
    snow = scene.sandbox.servicenow
    project, other = (snow.insert("pm_project", {"short_description": one, "state": "-5"}, "lind") for one in "AB")
    names = ("Cut over", "Roll back", "Clean up")
    cut_over, done, deleted = (
        snow.insert("change_request", {"short_description": one, "state": "-4", "parent": project["sys_id"]}, "lind")
        for one in names
    )
    scene.run_until_idle()
    sweep(scene, SNOW)
    measure = f"{SNOW}/pm_project:{project['sys_id']}"
    version = project["sys_mod_count"]

    def said() -> list[object]:
        entries = scene.services.audit.entries(measure)
        return [entry.detail["text"] for entry in entries if entry.action == "evidence.unlinked"]

    snow.update("change_request", cut_over["sys_id"], {"parent": other["sys_id"]}, "osei")
    snow.update("change_request", done["sys_id"], {"state": "4", "parent": ""}, "osei")
    snow.delete("change_request", deleted["sys_id"], "osei")
    scene.clock.move(days=1, minutes=5)
    scene.run_until_idle()
    number = cut_over["number"]
    once = [
        f'The change {number} "Cut over" was taken off it by somebody whom the tool does not name, and {number} is still '
        "open (Assess)"
    ]
    assert said() == once
    scene.clock.move(days=1, minutes=5)
    scene.run_until_idle()
    assert said() == once
    assert project["sys_mod_count"] == version, "the record was not counted up"


def test_whoever_is_taken_out_of_the_team_is_recorded_with_who_did_it(scene: Simulation) -> None:
    jira = scene.sandbox.jira
    team: dict[str, Value] = {"Program": "Data centre exit", "Team": ["osei", "kaya", "lind"]}
    epic = jira.create("ITX", "Epic", "Its people leave it", by="kaya", values=team)
    scene.run_until_idle()
    for people, by in ((["osei", "lind"], "brandt"), (["osei", "lind", "weber"], "brandt"), ([], "osei")):
        scene.clock.move(minutes=5)
        jira.edit(epic.key, {"Team": people}, by=by)
        scene.run_until_idle()
    scene.clock.move(minutes=5)
    jira.comment(epic.key, "Read again", by="osei")
    scene.run_until_idle()
    assert recorded(scene, epic, "team.reduced") == [
        'Aylin Kaya was taken out of the team by Martin Brandt, in the field "Team"',
        'Kwame Osei, Sara Lind and Julia Weber were taken out of the team by Kwame Osei, in the field "Team"',
    ]
    with scene.services.engine.connect() as connection:
        query = text(
            "SELECT names FROM audit WHERE subject = :id AND action = 'team.reduced' ORDER BY seq DESC LIMIT 1"
        )
        names = connection.execute(query, {"id": f"{JIRA}/{epic.id}"}).scalar_one()
    assert {"Kwame Osei", "Sara Lind"} <= {one for known in names.values() for one in known}, "who can be erased"


def last_read(scene: Simulation, issue: Issue) -> datetime:
    query = text("SELECT read_at FROM work_item WHERE connection = :connection AND native_id = :id")
    with scene.services.engine.connect() as connection:
        found: datetime = connection.execute(query, {"connection": JIRA, "id": issue.id}).scalar_one()
    return found


@pytest.mark.usefixtures("events_are_lost")
class TestWithoutEvents:
    def test_the_next_sweep_finds_a_changed_and_a_moved_child(self, scene: Simulation) -> None:
        jira = scene.sandbox.jira
        epic = jira.create("ITX", "Epic", "No event", by="kaya", values={"Program": "Data centre exit"})
        other = jira.create("ITX", "Epic", "Another", by="kaya", values={"Program": "Data centre exit"})
        story = jira.create("ITX", "Story", "Move the data", by="kaya", status="Done", parent=epic.key)
        settle(scene)
        assert children(scene, epic.id) == (1, 1)
        scene.clock.move(minutes=20)
        jira.transition(story.key, "Backlog", by="osei")
        assert sweep(scene).evidence == 1
        assert children(scene, epic.id) == (1, 0)
        scene.clock.move(minutes=20)
        jira.hang(story.key, other.key, by="osei")
        sweep(scene)
        assert (children(scene, epic.id), children(scene, other.id)) == ((0, 0), (1, 0))

    def test_the_next_sweep_finds_hours_that_were_logged_edited_and_removed(self, scene: Simulation) -> None:
        """Worklogs change no field of their issue, and the webhooks of OAuth apps report none."""
        jira = scene.sandbox.jira
        team: dict[str, Value] = {"Program": "Data centre exit", "Team": ["osei", "kaya"]}
        epic = jira.create("ITX", "Epic", "Its people leave", by="kaya", values=team)
        jira.create("ITX", "Epic", "Without a team", by="kaya", values={"Program": "Data centre exit"})
        other = jira.create("CLOUD", "Task", "Something else", by="kaya")
        scene.clock.move(minutes=20)
        settle(scene)

        def found_by_a_sweep() -> int:
            scene.clock.move(minutes=20)
            before = last_read(scene, epic)
            marked = sweep(scene).evidence
            assert (last_read(scene, epic) > before) == (marked > 0)
            assert sweep(scene).evidence == 0, "what was read since is not read again"
            return marked

        assert found_by_a_sweep() == 0
        entry = jira.log_work(other.key, 8, by="osei")
        assert found_by_a_sweep() == 1
        jira.edit_work(other.key, entry.id, 6)
        assert found_by_a_sweep() == 1
        jira.delete_work(other.key, entry.id)
        scene.clock.move(minutes=20)
        before = last_read(scene, epic)
        assert sweep(scene).evidence == 1, "nobody says whose they were: whatever rests on hours is read again"
        assert last_read(scene, epic) > before

    def test_a_full_sweep_finds_a_deleted_child(self, scene: Simulation) -> None:
        jira = scene.sandbox.jira
        epic = jira.create("ITX", "Epic", "No event", by="kaya", values={"Program": "Data centre exit"})
        story = jira.create("ITX", "Story", "Move the data", by="kaya", parent=epic.key)
        settle(scene)
        jira.delete(story.key, by="osei")
        sweep(scene)
        assert children(scene, epic.id) == (1, 0), "a deletion leaves no trace in a search"
        sweep(scene, kind=SweepKind.FULL)
        assert children(scene, epic.id) == (0, 0)

    def test_the_next_sweep_finds_a_task_and_an_expense_of_servicenow(self, scene: Simulation) -> None:
        snow = scene.sandbox.servicenow
        project = snow.insert("pm_project", {"short_description": "Consolidate", "state": "-5"}, "lind")
        native = f"pm_project:{project['sys_id']}"
        sweep(scene, SNOW)
        assert children(scene, native) == (0, 0)
        scene.clock.move(minutes=20)
        snow.insert("pm_project_task", {"short_description": "Cut over", "top_task": project["sys_id"]}, "lind")
        sweep(scene, SNOW)
        assert children(scene, native) == (1, 0)


def test_an_event_of_a_table_that_no_rule_names_ends_as_ignored_and_stops_nothing(scene: Simulation) -> None:
    snow = scene.sandbox.servicenow
    project = snow.insert("pm_project", {"short_description": "Beside it", "state": "-5"}, "lind")
    parser = scene.services.event_parsers[Tool.SERVICENOW]
    body = json.dumps({"table": "u_nobody_knows", "sys_id": "f" * 32, "operation": "update"}).encode()
    result_of(scene.services.inbox.submit, received_event(body, connection=SNOW, parser=parser, delivery_id="odd"))
    scene.run_until_idle()
    with scene.services.engine.connect() as connection:
        (event,) = connection.execute(text("SELECT state, reason FROM inbox WHERE delivery_id = 'odd'")).all()
        dead = connection.execute(text("SELECT count(*) FROM dirty_key WHERE state = 'dead_letter'")).scalar()
    assert tuple(event) == ("ignored", "no rule names the table u_nobody_knows, and no evidence rests on it")
    assert dead == 0
    assert snow.tables["pm_project"][project["sys_id"]]["u_gatepost_gate"] == "Blocked"
