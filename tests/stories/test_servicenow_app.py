"""The installed app and Gatepost together: signed events, a gate that refuses, holds, a checklist, a heartbeat."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from sqlalchemy import text
from sqlalchemy.engine import URL

from mapping.work_item import ConnectionName
from sandbox.servicenow.gatepost_app import install_app
from sandbox.story import seed
from sandbox.story.scenarios import Item
from tests.command_line import Cli
from tests.conftest import ROOT
from tests.stories.simulation import SECRET, Theatre, theatre
from tests.waiting import LONGEST_CALL_SECONDS

pytestmark = pytest.mark.story
STORY = (ROOT / "sandbox/story/mapping.yaml").read_text()
ONE = (ROOT / "deploy/examples/one-measure.yaml").read_text()
PROJECT: Item = ("pm_project", "Retire the loan ledger")
CHANGE: Item = ("change_request", "Cut the ledger off")
MARKS = """    marks: {checklist: true, hold: shut, link: "https://gatepost.example"}
    write:
      checked: Gatepost looked
"""


def app(scene: Theatre) -> None:
    """The app instead of the sandbox's own rules; its events come signed over their time."""
    snow = scene.sandbox.servicenow
    url = next(rule.url for rule in snow.event_rules)
    snow.event_rules.clear()
    install_app(snow, url=url, secret=SECRET, robot=seed.BOT_USER)


def marked(rule: str, marks: str) -> str:
    """The story's mapping with marks and a moment in one rule."""
    before, rest = STORY.split(f"  - name: {rule}", 1)
    whole = rest.replace("    write:\n", marks, 1)
    return f"{before}  - name: {rule}{whole}"


@pytest.fixture
def scene(database: URL, tmp_path: Path) -> Iterator[Theatre]:
    marks = MARKS.replace("hold: shut, ", "")
    with theatre(database, tmp_path, mapping=marked("projects", marks)) as here:
        app(here)
        yield here


def project(scene: Theatre) -> dict[str, str]:
    snow = scene.sandbox.servicenow
    people = {row["user_name"]: row["sys_id"] for row in snow.tables["sys_user"].values()}
    return snow.insert(
        "pm_project",
        {"short_description": PROJECT[1], "state": "-5", "project_manager": people["lind"], "u_program": "Core"},
        "lind",
    )


def events(scene: Theatre) -> list[tuple[str, str]]:
    with scene.services.engine.connect() as connection:
        rows = connection.execute(text("SELECT native_id, state FROM inbox ORDER BY id")).all()
    return [(str(row.native_id).partition(":")[0], row.state) for row in rows]


def test_the_gate_refuses_in_gateposts_words_and_the_checklist_says_all_of_it(scene: Theatre) -> None:
    record = project(scene)
    shown = scene.show(PROJECT)
    assert (shown.fields["Gate"], shown.fields["DoI stage"]) == ("Shut", "None yet")
    assert ("pm_project", "done") in events(scene), "the app's stamped signature opens the door"

    went, told = scene.move(PROJECT, "lind", "3")
    assert not went
    first = shown.fields["Gate blockers"].splitlines()[0]
    assert "Gatepost keeps State from becoming Closed Complete: the gate is shut." in told
    assert first in json.loads(told)["message"]
    page = requests.post(
        f"{scene.sandbox.servicenow.base_url}/record/pm_project/{record['sys_id']}",
        data={"as": "lind", "state": "3"}, timeout=LONGEST_CALL_SECONDS,
    ).text  # fmt: skip
    assert "Gatepost keeps State from becoming Closed Complete: the gate is shut." in page

    rows = list(scene.sandbox.servicenow.tables["u_gatepost_checklist"].values())
    assert {row["u_task"] for row in rows} == {record["sys_id"]}
    assert {row["u_stage"] for row in rows} == {"Identified"}
    assert {"met", "unmet"} <= {row["u_result"] for row in rows}
    unmet = [row for row in rows if row["u_result"] != "met"]
    assert all(row["u_who"] and row["u_since"] for row in unmet)
    link = scene.sandbox.servicenow.tables["pm_project"][record["sys_id"]]["u_gatepost_link"]
    assert link == f"https://gatepost.example/measures/servicenow-main/pm_project:{record['sys_id']}"

    scene.edit(PROJECT, "lind", Rough_value="500000")
    after = {row["u_code"]: row["u_result"] for row in scene.sandbox.servicenow.tables["u_gatepost_checklist"].values()}
    assert after != {row["u_code"]: row["u_result"] for row in rows}, "the list follows the verdict"
    assert len(after) == len(scene.sandbox.servicenow.tables["u_gatepost_checklist"]), "and doubles no condition"


def test_an_old_verdict_refuses_until_gatepost_is_heard_of_again(scene: Theatre) -> None:
    record = project(scene)
    scene.show(PROJECT)
    scene.clock.move(minutes=90)
    went, told = scene._act(PROJECT, "lind", "state", "3")
    assert not went
    assert "it was last heard of at 2026-10-05 09:0" in told
    scene.handlers.sweep(ConnectionName("servicenow-main"))
    (beat,) = scene.sandbox.servicenow.tables["u_gatepost_heartbeat"].values()
    assert (beat["u_connection"], beat["u_heard"][:16]) == ("servicenow-main", "2026-10-05 10:30")
    _, told = scene._act(PROJECT, "lind", "state", "3")
    assert "the gate is shut." in told, "the verdict is fresh: the gate itself speaks"
    assert record["sys_id"]


def test_a_change_is_held_with_the_blockers_as_its_reason_and_let_go_with_them(database: URL, tmp_path: Path) -> None:
    with theatre(database, tmp_path, mapping=marked("changes", MARKS)) as scene:
        app(scene)
        snow = scene.sandbox.servicenow
        people = {row["user_name"]: row["sys_id"] for row in snow.tables["sys_user"].values()}
        values = {"short_description": CHANGE[1], "state": "-5", "assigned_to": people["lind"], "u_program": "Core"}
        sys_id = snow.insert("change_request", values, "lind")["sys_id"]
        scene.settle()
        held = snow.tables["change_request"][sys_id]
        assert held["on_hold"] == "true"
        assert held["on_hold_reason"].startswith("Gatepost: Identified is shut: ")
        snow.update("change_request", sys_id, {"u_rough_value": "500000"}, "lind")
        scene.settle()
        let_go = snow.tables["change_request"][sys_id]
        assert let_go["u_gatepost_stage"] == "Identified"
        assert let_go["on_hold_reason"].startswith("Gatepost: Detailed is shut: "), "the reason follows the blockers"
        snow.update("change_request", sys_id, {"on_hold_reason": "The vendor is late"}, "lind")
        scene.settle()
        assert snow.tables["change_request"][sys_id]["on_hold_reason"] == "The vendor is late", "people's holds stay"


EPIC: Item = ("jira", "Move the archive")


def joined(scene: Theatre, table: str, **values: str) -> str:
    snow = scene.sandbox.servicenow
    issue = next(one for one in scene.sandbox.jira.issues.values() if one.summary == EPIC[1])
    record = snow.insert(table, {"short_description": f"{table} of it", "correlation_id": issue.key} | values, "lind")
    return record["sys_id"]


def test_an_epic_its_project_and_its_change_are_one_measure(database: URL, tmp_path: Path) -> None:
    with theatre(database, tmp_path, mapping=ONE) as scene:
        app(scene)
        scene.sandbox.jira.create(
            "ITX", "Epic", EPIC[1], by="kaya", assignee="osei",
            values={
                "Program": "Cloud exit", "Rough value": 500000, "Planned benefit": 500000,
                "Start date": "2026-01-01",
            },
            duedate="2026-12-31",
        )  # fmt: skip
        scene.settle()
        project_id = joined(scene, "pm_project", state="2")
        change_id = joined(scene, "change_request", state="-1")
        epic = scene.show(EPIC).fields
        tables = scene.sandbox.servicenow.tables
        there, change = tables["pm_project"][project_id], tables["change_request"][change_id]
        assert (there["u_gatepost_gate"], change["u_gatepost_gate"], epic["Gate"]) == ("Shut", "Shut", "Shut")
        assert there["u_gatepost_stage"] == epic["DoI stage"] == "Identified"
        assert there["u_gatepost_plan"] == "500000.00"
        assert change["u_gatepost_plan"] == "", "a change gets the gate and nothing of the money"
        assert there["u_gatepost_blockers"] == epic["Gate blockers"]
        with scene.services.engine.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM measure")).scalar_one() == 1
        went, told = scene._act(("change_request", "change_request of it"), "lind", "state", "3")
        assert not went
        assert epic["Gate blockers"].splitlines()[0] in json.loads(told)["message"], (
            "who closes the change reads what the epic says"
        )
        scene.sandbox.servicenow.update("change_request", change_id, {"u_gatepost_gate": "Open"}, "admin")
        scene.settle()
        assert tables["change_request"][change_id]["u_gatepost_gate"] == "Shut", "edits by hand are put back there too"


LEADING_PROJECT = """\
version: 1
organization: Nordbank
reporting_currency: EUR
policy: {off: [OVERLAP_UNDECLARED, KILL_CRITERIA_MISSING, NO_OUTCOME_LINK]}
measures:
  - name: projects
    connection: servicenow-main
    match: {table: [pm_project]}
    place: {program: "{Gatepost program}"}
    roles: {owner: Project manager, sponsor: Sponsor, controller: Controller}
    facts:
      business_unit: Business unit
      legal_entity: Legal entity
      start: Planned start date
      end: Planned end date
      rough_value: Rough value
      baseline: Baseline
    joins:
      - {name: epics, connection: jira-main, mine: Objective, write: {gate: Gate}}
    effects:
      plan: {benefit: Planned benefit, one_off_cost: Planned cost, spread: linear}
    stage:
      from_status: {Pending: identified, Open: detailed, Work in Progress: decided, Closed Complete: implemented}
    write: {doi_stage: DoI stage, gate: Gate, blockers: Gate blockers}
"""


def test_an_epic_that_is_not_done_keeps_its_projects_gate_shut_and_says_so(database: URL, tmp_path: Path) -> None:
    """The reverse: the project leads, and names its epics in a column."""
    with theatre(database, tmp_path, mapping=LEADING_PROJECT) as scene:
        issue = scene.sandbox.jira.create("ITX", "Epic", EPIC[1], by="kaya", values={"Program": "Core"})
        snow = scene.sandbox.servicenow
        people = {row["user_name"]: row["sys_id"] for row in snow.tables["sys_user"].values()}
        snow.insert(
            "pm_project",
            {
                "short_description": PROJECT[1], "state": "2", "u_program": "Core", "business_unit": "Group IT",
                "project_manager": people["lind"], "u_sponsor": people["brandt"], "u_controller": people["weber"],
                "u_legal_entity": "Nordbank AG", "u_rough_value": "400000", "u_baseline": "500000",
                "u_planned_benefit": "400000", "u_planned_cost": "20000", "u_objective": issue.key,
                "start_date": "2026-01-01 00:00:00", "end_date": "2026-12-31 00:00:00",
            },
            "lind",
        )  # fmt: skip
        scene.say(PROJECT, "brandt", "/approve detailed")
        scene.say(PROJECT, "brandt", "/approve decided")
        shown = scene.say(PROJECT, "weber", "/approve decided")
        assert shown.fields["DoI stage"] == "Decided"
        assert f"1 Jira epic is still open ({issue.key})" in shown.fields["Gate blockers"]
        assert scene.show(EPIC).fields["Gate"] == "Shut", "the epic shows the gate of the measure that it belongs to"
        assert scene.move(EPIC, "kaya", "Done")[0] is False, "and its workflow refuses"
        shown = scene.say(PROJECT, "lind", "/approve implemented")
        assert shown.fields["Gate blockers"].count("·") == 3, "the epic alone is in the way"
        assert scene.show(EPIC).fields["Gate"] == "Open", "it does not wait for itself"
        assert scene.move(EPIC, "kaya", "Done")[0] is True
        assert scene.show(PROJECT).fields["Gate"] == "Open", "an epic that is done rings its project"


class Admin:
    """``gatepost provision`` with an administrator's account, on an instance without the app."""

    def __init__(self, scene: Theatre, cli: Cli) -> None:
        self._cli = cli
        cli.environment["GATEPOST_SECRET_KEY"] = scene.services.settings.secret_key or ""
        cli.environment["GATEPOST_CREDENTIAL"] = seed.ADMIN_PASSWORD

    def run(self, *words: str, user: str = seed.ADMIN_USER) -> str:
        told = self._cli.run("provision", *words, "servicenow-main", "--user", user)
        return " ".join(f"{told.output} {told.exception or ''}".split())


def test_the_app_is_made_over_the_table_api_once_and_taken_back(database: URL, tmp_path: Path, cli: Cli) -> None:
    with theatre(database, tmp_path, mapping=STORY) as scene:
        snow = scene.sandbox.servicenow
        snow.before_rules.clear()
        before = {table: set(rows) for table, rows in snow.tables.items()}
        admin = Admin(scene, cli)
        planned = admin.run("plan")
        assert "create 58 records of sys_dictionary: change_request.u_gatepost_actual" in planned
        assert "This is second best, for a development instance" in planned
        assert {table: set(rows) for table, rows in snow.tables.items()} == before, "a plan changes nothing"

        made = admin.run("apply", "--yes")
        assert "gatepost.secret is not set: events wait in the app's outbox." in made
        assert "Nothing is missing." in admin.run("plan")
        snow.grant(seed.BOT_USER, "u_gatepost_writer")
        project(scene)
        assert scene.show(PROJECT).fields["Gate"] == "Shut"
        scene.handlers.sweep(ConnectionName("servicenow-main"))
        went, told = scene.move(PROJECT, "lind", "3")
        assert (went, "Gatepost keeps State from becoming Closed Complete" in told) == (False, True)

        gone = admin.run("destroy", "--yes")
        assert "was deleted." in gone
        after = {table: set(rows) for table, rows in snow.tables.items() if table in before}
        for table in ("sys_script", "sys_dictionary", "sys_db_object", "sys_security_acl", "sys_properties"):
            assert after[table] - before[table] == set(), table


def test_the_integration_user_is_no_administrator(database: URL, tmp_path: Path, cli: Cli) -> None:
    with theatre(database, tmp_path, mapping=STORY) as scene:
        admin = Admin(scene, cli)
        cli.environment["GATEPOST_CREDENTIAL"] = seed.BOT_PASSWORD
        told = admin.run("apply", "--yes", user=seed.BOT_USER)
        assert "servicenow-main does not allow POST /api/now/table/" in told


def test_a_record_that_went_past_a_shut_gate_is_moved_back_where_nothing_refuses(database: URL, tmp_path: Path) -> None:
    """Without the app, ``enforce: revert``: the state is found by its label, and the granted stage decides."""
    before, projects = STORY.split("  - name: projects", 1)
    mapping = f"{before}  - name: projects{projects.replace('    enforce: native', '    enforce: revert', 1)}"
    with theatre(database, tmp_path, mapping=mapping) as scene:
        scene.sandbox.servicenow.before_rules.clear()
        record = project(scene)
        scene.settle()
        assert scene.move(PROJECT, "lind", "3")[0] is True, "nothing refuses it"
        scene.settle()
        moved = scene.sandbox.servicenow.tables["pm_project"][record["sys_id"]]
        assert moved["state"] == "-5", "back to Pending, which is what its stage allows"
        assert ("gatepost", "field.put_back") in scene.audit(PROJECT)


def test_a_record_that_is_deleted_keeps_its_measure_which_says_since_when(scene: Theatre) -> None:
    record = project(scene)
    scene.show(PROJECT)
    scene.sandbox.servicenow.delete("pm_project", record["sys_id"])
    scene.settle()
    (measure,) = scene.services.measures.find(f"servicenow-main/pm_project:{record['sys_id']}")
    assert measure.unreachable_since is not None
    assert measure.unreachable_reason == "deleted: the tool's event said so"
