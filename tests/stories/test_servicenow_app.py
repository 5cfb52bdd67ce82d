"""The installed app and Gatepost together: signed events, a gate that refuses, on-hold marks, a checklist, a heartbeat."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from sqlalchemy import text
from sqlalchemy.engine import URL

from mapping.work_item import ConnectionName
from sandbox.servicenow.gatepost_app import install_app
from sandbox.story import seed
from sandbox.story.scenarios import Item
from tests.command_line import Cli, told
from tests.conftest import ROOT
from tests.stories.simulation import SECRET, Simulation, simulation
from tests.waiting import LONGEST_CALL_SECONDS

pytestmark = pytest.mark.story
STORY = (ROOT / "sandbox/story/mapping.yaml").read_text()
ONE_MEASURE = (ROOT / "deploy/examples/one-measure.yaml").read_text()
NEXT_YEAR = datetime.now(UTC).year + 1
PROJECT: Item = ("pm_project", "Retire the loan ledger")
CHANGE: Item = ("change_request", "Cut the ledger off")
MARKS = """    marks: {checklist: true, on_hold: shut, link: "https://gatepost.example"}
    write:
      written_at: Gatepost looked
"""


def app(scene: Simulation) -> None:
    """Install the app instead of the sandbox's own rules; its events are signed with their time."""
    snow = scene.sandbox.servicenow
    url = next(rule.url for rule in snow.event_rules)
    snow.event_rules.clear()
    install_app(snow, url=url, secret=SECRET, writer=seed.BOT_USER)


def marked(rule: str, marks: str) -> str:
    """The story's mapping with marks and a time of writing in one rule."""
    before, after = STORY.split(f"  - name: {rule}", 1)
    changed = after.replace("    write:\n", marks, 1)
    return f"{before}  - name: {rule}{changed}"


@pytest.fixture
def scene(database: URL, tmp_path: Path) -> Iterator[Simulation]:
    marks = MARKS.replace("on_hold: shut, ", "")
    with simulation(database, tmp_path, mapping=marked("projects", marks)) as here:
        app(here)
        yield here


def project(scene: Simulation) -> dict[str, str]:
    snow = scene.sandbox.servicenow
    people = {row["user_name"]: row["sys_id"] for row in snow.tables["sys_user"].values()}
    return snow.insert(
        "pm_project",
        {"short_description": PROJECT[1], "state": "-5", "project_manager": people["lind"], "u_program": "Core"},
        "lind",
    )


def events(scene: Simulation) -> list[tuple[str, str]]:
    with scene.services.engine.connect() as connection:
        rows = connection.execute(text("SELECT native_id, state FROM inbox ORDER BY id")).all()
    return [(str(row.native_id).partition(":")[0], row.state) for row in rows]


def test_the_gate_refuses_with_gateposts_reason_and_the_checklist_has_every_condition(scene: Simulation) -> None:
    record = project(scene)
    shown = scene.show(PROJECT)
    assert (shown.fields["Gate"], shown.fields["DoI stage"]) == ("Blocked", "None yet")
    assert ("pm_project", "done") in events(scene), "the app's timestamped signature is accepted"

    allowed, message = scene.move(PROJECT, "lind", "3")
    assert not allowed
    first = shown.fields["Gate blockers"].splitlines()[0]
    assert "Gatepost keeps State from becoming Closed Complete: the gate is shut." in message
    assert first in json.loads(message)["message"]
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
    assert len(after) == len(scene.sandbox.servicenow.tables["u_gatepost_checklist"]), "and has each condition once"


def test_an_expired_verdict_refuses_until_gatepost_is_active_again(scene: Simulation) -> None:
    record = project(scene)
    scene.show(PROJECT)
    scene.clock.move(minutes=90)
    allowed, message = scene._act(PROJECT, "lind", "state", "3")
    assert not allowed
    assert "it was last active at 2026-10-05 09:0" in message
    scene.handlers.sweep(ConnectionName("servicenow-main"))
    (heartbeat,) = scene.sandbox.servicenow.tables["u_gatepost_heartbeat"].values()
    assert (heartbeat["u_connection"], heartbeat["u_heartbeat_at"][:16]) == ("servicenow-main", "2026-10-05 10:30")
    _, message = scene._act(PROJECT, "lind", "state", "3")
    assert "the gate is shut." in message, "the verdict is fresh: the gate itself refuses"
    # A planning console, a flow or a transform map may save without running any rule: the sweep finds what it did.
    scene.sandbox.servicenow.update("pm_project", record["sys_id"], {"state": "3"}, "lind", workflow=False)
    scene.clock.move(minutes=90)
    scene.handlers.sweep(ConnectionName("servicenow-main"))
    shown = scene.show(PROJECT)
    assert ("gatepost", "measure.breached") in scene.audit(PROJECT)
    moved = scene.sandbox.servicenow.tables["pm_project"][record["sys_id"]]["state"]
    assert (shown.fields["Gate"], moved) == ("Blocked", record["state"]), "and it is moved back"


def test_a_change_is_on_hold_with_the_blockers_as_its_reason(database: URL, tmp_path: Path) -> None:
    with simulation(database, tmp_path, mapping=marked("changes", MARKS)) as scene:
        app(scene)
        snow = scene.sandbox.servicenow
        people = {row["user_name"]: row["sys_id"] for row in snow.tables["sys_user"].values()}
        values = {"short_description": CHANGE[1], "state": "-5", "assigned_to": people["lind"], "u_program": "Core"}
        sys_id = snow.insert("change_request", values, "lind")["sys_id"]
        scene.run_until_idle()
        on_hold = snow.tables["change_request"][sys_id]
        assert on_hold["on_hold"] == "true"
        assert on_hold["on_hold_reason"].startswith("Gatepost: Cannot move into Identified yet: ")
        snow.update("change_request", sys_id, {"u_rough_value": "500000"}, "lind")
        scene.run_until_idle()
        updated = snow.tables["change_request"][sys_id]
        assert updated["u_gatepost_stage"] == "Identified"
        assert updated["on_hold_reason"].startswith("Gatepost: Cannot move into Detailed yet: "), (
            "the reason follows the blockers"
        )
        snow.update("change_request", sys_id, {"on_hold_reason": "The vendor is late"}, "lind")
        scene.run_until_idle()
        assert snow.tables["change_request"][sys_id]["on_hold_reason"] == "The vendor is late", (
            "a hold that people set stays"
        )


EPIC: Item = ("jira", "Move the archive")


def create_joined(scene: Simulation, table: str, **values: str) -> str:
    snow = scene.sandbox.servicenow
    issue = next(issue for issue in scene.sandbox.jira.issues.values() if issue.summary == EPIC[1])
    record = snow.insert(table, {"short_description": f"{table} of it", "correlation_id": issue.key} | values, "lind")
    return record["sys_id"]


def test_an_epic_its_project_and_its_change_are_one_measure(database: URL, tmp_path: Path) -> None:
    with simulation(database, tmp_path, mapping=ONE_MEASURE) as scene:
        app(scene)
        scene.sandbox.jira.create(
            "ITX", "Epic", EPIC[1], by="kaya", assignee="osei",
            values={
                "Program": "Cloud exit", "Rough value": 500000, "Planned benefit": 500000,
                "Start date": "2026-01-01",
            },
            duedate="2026-12-31",
        )  # fmt: skip
        scene.run_until_idle()
        project_id = create_joined(scene, "pm_project", state="2")
        change_id = create_joined(scene, "change_request", state="-1")
        epic = scene.show(EPIC).fields
        tables = scene.sandbox.servicenow.tables
        project, change = tables["pm_project"][project_id], tables["change_request"][change_id]
        assert (project["u_gatepost_gate"], change["u_gatepost_gate"], epic["Gate"]) == (
            "Blocked",
            "Blocked",
            "Blocked",
        )
        assert project["u_gatepost_stage"] == epic["DoI stage"] == "Identified"
        assert project["u_gatepost_plan"] == "500000.00"
        assert change["u_gatepost_plan"] == "", "a change gets the gate and no amounts"
        assert project["u_gatepost_blockers"] == epic["Gate blockers"]
        with scene.services.engine.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM measure")).scalar_one() == 1
        allowed, message = scene._act(("change_request", "change_request of it"), "lind", "state", "3")
        assert not allowed
        assert epic["Gate blockers"].splitlines()[0] in json.loads(message)["message"], (
            "whoever closes the change reads the epic's blockers"
        )
        scene.sandbox.servicenow.update("change_request", change_id, {"u_gatepost_gate": "Open"}, "admin")
        scene.run_until_idle()
        assert tables["change_request"][change_id]["u_gatepost_gate"] == "Blocked", (
            "edits by hand are restored there too"
        )


LEADING_PROJECT = """\
version: 1
organization: Nordbank
reporting_currency: EUR
policy: {done_on_word: true, off: [OVERLAP_UNDECLARED, KILL_CRITERIA_MISSING, NO_OUTCOME_LINK, DEVIATION_UNEXPLAINED]}
measures:
  - name: projects
    connection: servicenow-main
    match: {table: [pm_project]}
    hierarchy: {program: "{Gatepost program}"}
    roles: {owner: Project manager, sponsor: Sponsor, controller: Controller}
    facts:
      business_unit: Business unit
      legal_entity: Legal entity
      start: Planned start date
      end: Planned end date
      rough_value: Rough value
      baseline: Baseline
    joins:
      - {name: epics, connection: jira-main, own_field: Objective, write: {gate: Gate, highest_stage: Highest stage}}
    effects:
      plan: {benefit: Planned benefit, one_off_cost: Planned cost, spread: linear}
    stage:
      from_status: {Pending: identified, Open: detailed, Work in Progress: decided, Closed Complete: implemented}
    write: {doi_stage: DoI stage, gate: Gate, blockers: Gate blockers}
"""


def test_an_epic_that_is_not_done_keeps_its_projects_is_held_up_and_says_so(database: URL, tmp_path: Path) -> None:
    """The reverse: the project is the measure and names its epics in a column."""
    with simulation(database, tmp_path, mapping=LEADING_PROJECT) as scene:
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
                "start_date": "2026-01-01 00:00:00", "end_date": f"{NEXT_YEAR}-12-31 00:00:00",
            },
            "lind",
        )  # fmt: skip
        scene.comment(PROJECT, "brandt", "/approve detailed")
        scene.comment(PROJECT, "brandt", "/approve decided")
        shown = scene.comment(PROJECT, "weber", "/approve decided")
        assert shown.fields["DoI stage"] == "Decided"
        assert f"1 Jira epic is still open ({issue.key})" in shown.fields["Gate blockers"]
        assert scene.show(EPIC).fields["Gate"] == "Not due", "the epic shows the gate of the measure that it belongs to"
        assert scene.move(EPIC, "kaya", "Done")[0] is False, "and its workflow refuses"
        shown = scene.comment(PROJECT, "lind", "/approve implemented")
        assert shown.fields["Gate blockers"].count("·") == 1, "only the epic blocks"
        assert scene.show(EPIC).fields["Gate"] == "Open", "the epic does not wait for itself"
        assert scene.move(EPIC, "kaya", "Done")[0] is True
        assert scene.show(PROJECT).fields["Gate"] == "Open", "an epic that is done reassesses its project"


class Admin:
    """``gatepost provision`` with an administrator's account, on an instance without the app."""

    def __init__(self, scene: Simulation, cli: Cli) -> None:
        self._cli = cli
        cli.environment["GATEPOST_SECRET_KEY"] = scene.services.settings.secret_key or ""
        cli.environment["GATEPOST_CREDENTIAL"] = seed.ADMIN_PASSWORD

    def run(self, *arguments: str, user: str = seed.ADMIN_USER) -> str:
        result = self._cli.run("provision", *arguments, "servicenow-main", "--user", user)
        return " ".join(f"{result.output} {told(result)}".split())


def test_the_app_is_created_over_the_table_api_once_and_removed(database: URL, tmp_path: Path, cli: Cli) -> None:
    with simulation(database, tmp_path, mapping=STORY) as scene:
        snow = scene.sandbox.servicenow
        snow.before_rules.clear()
        before = {table: set(rows) for table, rows in snow.tables.items()}
        admin = Admin(scene, cli)
        plan = admin.run("plan")
        assert "create 41 records of sys_dictionary: u_gatepost_checklist.u_code" in plan
        assert "This is second best, for a development instance" in plan
        assert {table: set(rows) for table, rows in snow.tables.items()} == before, "a plan changes nothing"

        applied = admin.run("apply", "--yes")
        assert "the sender has no secret: events wait in the app's outbox." in applied
        assert "Nothing is missing." in admin.run("plan")
        scene.clock.move(minutes=6)  # a running worker reads the dictionary again
        project(scene)
        assert scene.show(PROJECT).fields["Gate"] == "Blocked"
        scene.handlers.sweep(ConnectionName("servicenow-main"))
        allowed, message = scene.move(PROJECT, "lind", "3")
        assert (allowed, "Gatepost keeps State from becoming Closed Complete" in message) == (False, True)

        destroyed = admin.run("destroy", "--yes")
        assert "was deleted." in destroyed
        after = {table: set(rows) for table, rows in snow.tables.items() if table in before}
        for table in ("sys_script", "sys_dictionary", "sys_db_object", "sys_security_acl", "sys_properties"):
            assert after[table] - before[table] == set(), table


def test_the_integration_user_is_not_an_administrator(database: URL, tmp_path: Path, cli: Cli) -> None:
    with simulation(database, tmp_path, mapping=STORY) as scene:
        admin = Admin(scene, cli)
        cli.environment["GATEPOST_CREDENTIAL"] = seed.BOT_PASSWORD
        output = admin.run("apply", "--yes", user=seed.BOT_USER)
        assert "Gatepost's app is not installed, and the columns exist without it" in output
        assert "Have an administrator of the instance review and commit" in output
        assert "u_gatepost_verdict" not in scene.sandbox.servicenow.tables, "nothing was created"


def test_a_record_that_went_past_a_shut_gate_is_moved_back_where_nothing_refuses(database: URL, tmp_path: Path) -> None:
    """Without the app, ``enforce: revert``: the state is found by its label, and the granted stage decides."""
    before, projects = STORY.split("  - name: projects", 1)
    mapping = f"{before}  - name: projects{projects.replace('    enforce: native', '    enforce: revert', 1)}"
    with simulation(database, tmp_path, mapping=mapping) as scene:
        scene.sandbox.servicenow.before_rules.clear()
        record = project(scene)
        scene.run_until_idle()
        assert scene.move(PROJECT, "lind", "3")[0] is True, "nothing refuses it"
        scene.run_until_idle()
        moved = scene.sandbox.servicenow.tables["pm_project"][record["sys_id"]]
        assert moved["state"] == "-5", "back to Pending, which is what its stage allows"
        assert ("gatepost", "field.restored") in scene.audit(PROJECT)


def test_a_record_that_is_deleted_keeps_its_measure_which_says_since_when(scene: Simulation) -> None:
    record = project(scene)
    scene.show(PROJECT)
    scene.sandbox.servicenow.delete("pm_project", record["sys_id"])
    scene.run_until_idle()
    (measure,) = scene.services.measures.find(f"servicenow-main/pm_project:{record['sys_id']}")
    assert measure.unreachable_since is not None
    assert measure.unreachable_reason == "deleted: the tool's event said so"
