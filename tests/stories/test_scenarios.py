"""Six scenarios: what goes wrong in real portfolios, and what the tools show of it.

Each runs twice: with Gatepost's rule, and with the rule switched off in the mapping, where it has to fail.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from sqlalchemy import text
from sqlalchemy.engine import URL

from sandbox.jira.model import Deployment, Issue, Value
from sandbox.story.scenarios import Item
from tests.databases import Databases
from tests.stories.simulation import Simulation, simulation
from tests.waiting import LONGEST_CALL_SECONDS

pytestmark = pytest.mark.story

FACTS: dict[str, Value] = {
    "Program": "Data centre exit",
    "Sponsor": "brandt",
    "Controller": "weber",
    "Business unit": "Group IT",
    "Legal entity": "Nordbank AG",
    "Start date": "2026-01-01",
    "Baseline": 5_000_000,
    "Objective": "Cost-income ratio below 50 %",
    "Kill criteria": "Forecast below half of plan for three months",
    "Overlaps": "none",
    "Rough value": 1_200_000,
    "Planned benefit": 1_200_000,
    "Planned cost": 300_000,
    "Forecast benefit": 1_200_000,
    "Forecast cost": 300_000,
}


def epic(
    scene: Simulation,
    title: str,
    project: str = "ITX",
    children: tuple[int, int] = (0, 0),
    *,
    read_first: bool = False,
    **more: Value,
) -> Issue:
    """An epic of the year 2026 at Decided: sponsor and controller have approved, and the plan is locked.

    ``read_first``: its facts are read before anybody approves; where they come from other items as well, nobody could
    say else which facts an approval was given for.
    """
    jira = scene.sandbox.jira
    values = FACTS | {name.replace("_", " "): value for name, value in more.items()}
    due = str(values.pop("duedate", "2026-12-31"))
    issue = jira.create(
        project, "Epic", title, by="osei", status="Backlog", assignee="osei", duedate=due, values=values
    )
    for number in range(sum(children)):
        status = "Done" if number < children[0] else "Analysis"
        jira.create(project, "Story", f"{title}: step {number + 1}", by="osei", parent=issue.key, status=status)
    item = ("jira", title)
    if read_first:
        scene.run_until_idle()
    scene.comment(item, "brandt", "/approve detailed")
    scene.comment(item, "brandt", "/approve decided")
    scene.comment(item, "weber", "/approve decided")
    assert scene.move(item, "osei", "Approved")[0]
    assert scene.show(item).fields["DoI stage"] == "Decided"
    return issue


def paying_twice(scene: Simulation) -> None:
    """A migration is done; its legacy services are still active and billed."""
    snow = scene.sandbox.servicenow
    services = []
    for name, amount in (("CRM-OLD", 30_000), ("CRM-REPORTS", 11_000)):
        service = snow.insert(
            "cmdb_ci_service", {"name": name, "operational_status": "1", "install_status": "1"}, "admin"
        )
        services.append(service)
        for month in ("2026-08", "2026-09", "2026-10"):
            booking = {"source_id": service["sys_id"], "date": f"{month}-03", "amount": f"EUR;{amount}"}
            snow.insert("fm_expense_line", booking, "admin")
    both: Value = "CRM-OLD, CRM-REPORTS"
    crm = ("jira", "Replace the CRM")
    issue = epic(scene, crm[1], children=(2, 0), Legacy_services=both)
    scene.sandbox.jira.edit(issue.key, {"attachments": 1}, by="osei")
    project: Item = ("pm_project", "CRM decommissioning")
    people = {row["user_name"]: row["sys_id"] for row in snow.tables["sys_user"].values()}
    record = snow.insert(
        "pm_project",
        {
            "short_description": project[1], "state": "2", "u_program": "Data centre exit", "business_unit": "Group IT",
            "project_manager": people["lind"], "u_sponsor": people["brandt"], "u_controller": people["weber"],
            "u_legal_entity": "Nordbank AG", "u_baseline": "500000", "u_objective": "Cost-income ratio",
            "u_kill_criteria": "cost > 9M", "u_overlaps": "none", "start_date": "2026-01-01 00:00:00",
            "end_date": "2026-12-31 00:00:00", "u_planned_benefit": "400000", "u_planned_cost": "20000",
            "u_forecast_benefit": "400000", "u_forecast_cost": "20000", "u_legacy_services": str(both),
        },
        "lind",
    )  # fmt: skip
    task = {"short_description": "Switch it off", "top_task": record["sys_id"], "state": "3"}
    snow.insert("pm_project_task", task, "kaya")
    for person, comment in (("brandt", "/approve detailed\n/approve decided"), ("weber", "/approve decided")):
        scene.comment(project, person, comment)

    def paid(*months: str) -> str:
        each = [
            f"{name}: {', '.join(f'{amount} EUR in {month}' for month in months)}"
            for name, amount in (("CRM-OLD", "30,000"), ("CRM-REPORTS", "11,000"))
        ]
        return f"41,000 EUR a month still paid for 2 legacy services ({'; '.join(each)})"

    before = paid("Aug 2026", "Sep 2026", "Oct 2026")
    for item, owner, name, to in ((crm, "osei", "Kwame Osei", "Done"), (project, "lind", "Sara Lind", "3")):
        scene.comment(item, owner, "/approve implemented")
        allowed, message = scene.move(item, owner, to)
        blockers = scene.show(item).fields["Gate blockers"]
        assert not allowed, "the tool itself has to refuse"
        assert (
            f"Cannot move into Implemented yet: {before}, and no end is dated. {name} (owner) needs to act" in blockers
        )
        assert item is crm or f"{before}, and no end is dated" in message, "ServiceNow shows it on the form as well"

    for service in services:
        snow.update("cmdb_ci_service", service["sys_id"], {"u_retirement_date": "2026-11-30"}, "admin")
    assert scene.show(crm).fields["DoI stage"] == "Implemented", (
        "an event about a service reassesses the measures that depend on it"
    )
    assert scene.move(crm, "osei", "Done")[0]
    assert scene.move(project, "lind", "3")[0]

    scene.clock.to_month("2026-12")
    scene.edit(crm, "weber", Actual_benefit=400_000, Actual_cost=300_000)
    scene.clock.to_month("2027-01")
    for service, amount in zip(services, (30_000, 11_000), strict=True):
        booking = {"source_id": service["sys_id"], "date": "2027-01-03", "amount": f"EUR;{amount}"}
        snow.insert("fm_expense_line", booking, "admin")
    blockers = scene.edit(crm, "weber", Actual_benefit=800_000).fields["Gate blockers"]
    assert f"Cannot close yet: {paid('Jan 2027')}. Kwame Osei (owner) needs to act" in blockers
    assert not scene.move(crm, "osei", "Closed")[0], "still active: not closed"

    for service in services:
        snow.update("cmdb_ci_service", service["sys_id"], {"operational_status": "6"}, "admin")
    retired = paid("Jan 2027").replace("legacy", "retired")
    assert f"Cannot close yet: {retired}" in scene.show(crm).fields["Gate blockers"], "retired, and still billed"
    scene.clock.to_month("2027-02")
    scene.edit(crm, "weber", Actual_benefit=1_000_000)
    scene.clock.to_month("2027-03")
    scene.edit(crm, "weber", Actual_benefit=1_200_000)
    scene.clock.to_month("2027-04")
    # What is still paid after the agreed end is taken off: 900,000 EUR less 41,000 EUR.
    shown = scene.comment(crm, "weber", "/confirm 859k EUR 2026-12..2027-03")
    assert shown.fields["DoI stage"] == "Closed"
    assert scene.move(crm, "osei", "Closed")[0]


def green_outside_red_inside(scene: Simulation) -> None:
    """On time, while the forecast falls under 80 % of the plan."""
    item = ("jira", "Consolidate the branches' servers")
    epic(scene, item[1], children=(8, 2))
    shown = scene.edit(item, "osei", Forecast_benefit=950_000)
    assert (shown.fields["Implementation status"], shown.fields["Potential status"]) == ("Green", "Red")
    assert "The lifetime benefit is 21% below plan" in shown.fields["Gate blockers"]
    assert "@Kwame Osei: The lifetime benefit is 21% below plan: 950,000 EUR of 1,200,000 EUR planned." in shown.reply
    assert "sponsor Martin Brandt asked" not in shown.reply
    scene.clock.move(minutes=61)
    reply = scene.show(item).reply
    assert "@Martin Brandt: The lifetime benefit is 21% below plan" in reply
    assert "- owner Kwame Osei was asked on 5 Oct 2026 09:0" in reply
    assert "- sponsor Martin Brandt was asked on 5 Oct 2026 10:0" in reply
    shown = scene.comment(item, "osei", "/reason volume: two branches stay open")
    assert "please explain why" not in shown.fields["Gate blockers"]
    scene.clock.move(days=2)
    assert "steering committee" not in scene.show(item).reply, "a reason ends the escalation"
    comments = [author for author, _ in shown.comments if author == "gatepost-bot"]
    assert len(comments) == 1, "one comment, edited"


def technically_finished(scene: Simulation) -> None:
    """All work is done and the business case has failed: only a lower value that is confirmed closes it."""
    item = ("jira", "Voice assistant for branches")
    issue = epic(scene, item[1], children=(3, 0))
    scene.sandbox.jira.edit(issue.key, {"attachments": 1}, by="osei")
    scene.comment(item, "osei", "/approve implemented")
    assert scene.move(item, "osei", "Done")[0]
    scene.clock.to_month("2026-11")
    scene.edit(item, "weber", Forecast_benefit=400_000, Actual_benefit=400_000, Actual_cost=300_000)
    scene.comment(item, "osei", "/reason volume: customers prefer the app")
    scene.clock.to_month("2027-01")
    wrong = scene.comment(item, "weber", "/confirm 400k EUR 2026-11")
    assert "Correct form: /confirm 100000 EUR 2026-11" in wrong.reply
    shown = scene.comment(item, "weber", "/confirm 100k EUR 2026-11")
    assert not scene.move(item, "osei", "Closed")[0], "confirmed, but not realised"
    assert "VALUE_NOT_REALISED" in shown.fields["Gate blockers"]
    assert (
        "may not confirm"
        in scene.comment(item, "osei", "/confirm-lower 100k EUR 2026-10..2026-12 it is what it is").reply
    )
    shown = scene.comment(item, "weber", "/confirm-lower 100k EUR 2026-10..2026-12 the volume never came")
    assert (
        "Lower value confirmed: 100,000 EUR for Oct 2026 to Dec 2026 (the volume never came) by Julia Weber"
        in shown.reply
    )
    assert shown.fields["DoI stage"] == "Closed"
    assert scene.move(item, "osei", "Closed")[0]
    shown = scene.edit(item, "weber", Actual_benefit=350_000)
    assert shown.fields["Gate"] == "Breach", "a confirmation does not survive a change of the actuals"


def the_orphan(scene: Simulation) -> None:
    """The owner's account is deactivated; no ticket changes, and so no event is sent."""
    item = ("jira", "Cloud desktops")
    epic(scene, item[1])
    scene.sandbox.jira.deactivate("osei")
    scene.clock.move(days=1, minutes=5)
    shown = scene.show(item)
    assert shown.fields["Gate findings"] == (
        "the owner Kwame Osei has left (the account is inactive): name another owner"
        " · sponsor Martin Brandt · ORPHAN_OWNER"
    )
    shown = scene.edit(item, "brandt", assignee="lind")
    assert shown.fields["Gate findings"].startswith("the owner was changed from Kwame Osei to Sara Lind on 6 Oct 2026")
    shown = scene.comment(item, "brandt", "/accept-role owner")
    assert "Sara Lind accepted as owner by Martin Brandt." in shown.reply
    assert shown.fields["Gate findings"] == ""


def the_zombie(scene: Simulation) -> None:
    """Three of six architects log their time on support while the milestones stay untouched."""
    jira = scene.sandbox.jira
    architects = [f"architect{number}" for number in range(1, 7)]
    for number, account in enumerate(architects, 1):
        jira.add_user(account, f"Architect {number}", f"{account}@nordbank.example")
    item = ("jira", "Target architecture")
    issue = epic(scene, item[1], children=(8, 2), Team=architects)
    assert scene.show(item).fields["Implementation status"] == "Green"
    scene.clock.move(days=20)
    incident = jira.create("SUP", "Task", "Night shifts", by="kaya")
    for number, account in enumerate(architects):
        where = incident.key if number < 3 else issue.key
        for back in range(5):
            jira.log_work(where, 8, by=account, started=scene.clock() - timedelta(days=back))
    scene.clock.move(days=1, minutes=5)
    shown = scene.show(item)
    sentence = "3 of 6 people log their time elsewhere (120 h in 14 days, most of them on one other project)"
    assert f"{sentence}, and no milestone was touched since 5 Oct 2026" in shown.fields["Gate findings"]
    assert shown.fields["Gate findings"].endswith("· sponsor Martin Brandt · RESOURCE_DIVERSION")
    assert shown.fields["Implementation status"] == "Amber", "green on paper is not green"


def the_hidden_edit(scene: Simulation) -> None:
    """Somebody sets the fields of the gate by hand and drags the epic to Done before anybody notices."""
    item = ("jira", "Data lake")
    issue = epic(scene, item[1], children=(1, 4))
    jira = scene.sandbox.jira
    with jira.lock:
        jira.edit(issue.key, {"Gate": "Open", "Highest stage": 5}, by="novak")
        jira.transition(issue.key, "Done", by="novak")
    shown = scene.show(item)
    assert shown.fields["Gate"] == "Breach"
    assert shown.fields["Gate blockers"].startswith(
        "This was moved to Done without approval. Move it back to Decided, or complete what is listed · GATE_ORDER"
    )
    assert ("gatepost", "field.restored") in scene.audit(item)
    moved, edited = (_who(scene, item, action) for action in ("measure.breached", "field.restored"))
    assert (moved, edited) == ("Petr Novak", "Petr Novak"), "the audit says who it was"
    assert not scene.move(item, "novak", "Closed")[0], "it cannot move further"
    assert scene.services.audit.verify().breaks == ()


def _who(scene: Simulation, item: Item, action: str) -> str:
    """Whom the audit names for the first such entry of the item."""
    with scene.services.engine.begin() as connection:
        query = "SELECT detail -> 'by' ->> 'name' FROM audit WHERE action = :action ORDER BY seq LIMIT 1"
        return str(connection.execute(text(query), {"action": action}).scalar())


def test_an_outage_of_the_other_tool_shuts_the_gate_and_passes(database: URL, tmp_path: Path) -> None:
    """What could not be read is unknown; it is read again soon, without an event."""
    with simulation(database, tmp_path) as scene:
        scene.sandbox.servicenow.insert("cmdb_ci_service", {"name": "CRM-OLD", "operational_status": "6"}, "admin")
        item = ("jira", "Replace the CRM")
        epic(scene, item[1], Legacy_services="CRM-OLD")
        assert "LEGACY_COST_RUNNING" not in scene.show(item).fields["Gate blockers"]
        broken = {"status": 503, "path": "/api/now/table/cmdb_ci_service", "times": 9}
        requests.post(f"{scene.sandbox.servicenow.base_url}/sandbox/faults", json=broken, timeout=LONGEST_CALL_SECONDS)
        shown = scene.edit(item, "osei", Objective="Another one")
        assert (
            "Cannot move into Implemented yet: the services of servicenow-main could not be read"
            in shown.fields["Gate blockers"]
        )
        assert "Administrator needs to act" in shown.fields["Gate blockers"]
        requests.delete(f"{scene.sandbox.servicenow.base_url}/sandbox/calls", timeout=LONGEST_CALL_SECONDS)
        scene.clock.move(minutes=6)
        assert "LEGACY_COST_RUNNING" not in scene.show(item).fields["Gate blockers"]


def test_the_kill_switch_stops_a_measure_in_the_tool_and_only_the_sponsor_revives_it(
    database: URL, tmp_path: Path
) -> None:
    with simulation(database, tmp_path) as scene:
        item = ("jira", "Robots for mortgages")
        epic(scene, item[1], duedate="2027-06-30", children=(1, 4))
        scene.edit(item, "osei", Forecast_benefit=500_000)
        scene.comment(item, "osei", "/reason volume: nobody wants it")
        for month in ("2026-11", "2026-12"):
            scene.clock.to_month(month)
            assert scene.show(item).fields["DoI stage"] == "Decided"
        scene.clock.to_month("2027-01")
        scene.clock.move(days=1)
        shown = scene.show(item)
        assert shown.fields["DoI stage"] == "On hold (Decided)"
        assert "the potential status is red since 5 Oct 2026, for 3 months" in shown.fields["Gate blockers"]
        assert "4 child items are in progress, although the measure was stopped" in shown.fields["Gate findings"]
        assert "@Martin Brandt and steering committee: stopped by the kill switch on 6 Jan 2027" in shown.reply
        assert not scene.move(item, "osei", "Done")[0]
        refused = scene.comment(item, "osei", "/resume")
        assert "Kwame Osei may not override the kill switch; sponsor Martin Brandt may." in refused.reply
        assert scene.comment(item, "brandt", "/resume").fields["DoI stage"] == "Decided"
        assert ("gatepost", "measure.kill_switch") in scene.audit(item)


def the_moved_deadline(scene: Simulation) -> None:
    """The due date of a decided epic is moved when the work is late, and a step that is open is deleted."""
    item = ("jira", "Retire the archive")
    epic(scene, item[1], children=(2, 2))
    scene.clock.to_month("2027-01")
    scene.clock.move(days=3)
    assert scene.show(item).fields["Implementation status"] == "Red"
    shown = scene.edit(item, "osei", duedate="2027-12-31")
    assert shown.fields["Implementation status"] == "Red", "time is judged by the locked end"
    assert "the end is 2027-12-31 instead of 2026-12-31" in shown.fields["Gate blockers"]
    assert shown.fields["Gate findings"] == (
        "the end is 2027-12-31 instead of 2026-12-31 since the plan was locked on 5 Oct 2026, and nobody has approved it"
        " · sponsor Martin Brandt · TERMS_CHANGED"
    )
    assert "the work is 365 days behind the locked schedule" in shown.fields["Gate blockers"]
    scene.comment(item, "osei", "/rebaseline delay: the archive's vendor is late")
    scene.comment(item, "brandt", "/approve rebaseline")
    shown = scene.comment(item, "weber", "/approve rebaseline")
    assert "PLAN_LOCKED" not in shown.fields["Gate blockers"]
    assert shown.fields["Gate findings"] == ""


def _state(scene: Simulation, item: Item) -> str:
    rows = scene.sandbox.servicenow.tables[item[0]].values()
    return next(row["state"] for row in rows if row["short_description"] == item[1])


def cancelled_and_ended(scene: Simulation) -> None:
    """A project of the kind that the tool closes without a result: open after the cancellation, a breach before it."""
    snow, project = scene.sandbox.servicenow, ("pm_project", "Replace the archive")
    people = {row["user_name"]: row["sys_id"] for row in snow.tables["sys_user"].values()}
    values = {
        "short_description": project[1], "state": "-5", "u_program": "Data centre exit", "business_unit": "Group IT",
        "project_manager": people["lind"], "u_sponsor": people["brandt"], "u_controller": people["weber"],
        "start_date": "2026-01-01 00:00:00", "end_date": "2026-12-31 00:00:00", "u_planned_benefit": "400000",
        "u_planned_cost": "20000", "u_forecast_benefit": "400000", "u_forecast_cost": "20000",
    }  # fmt: skip
    snow.insert("pm_project", values, "lind")
    assert not scene.move(project, "lind", "3")[0], "Closed Complete is a success, and its gate is shut"
    assert scene.move(project, "lind", "4")[0], "no native gate stands before Closed Incomplete"
    shown = scene.show(project)
    assert shown.fields["Gate"] != "Breach", "it was moved back: nobody has cancelled it"
    assert _state(scene, project) == "-5"
    shown = scene.comment(project, "brandt", "/cancel replaced by the group's own platform")
    assert (shown.fields["Gate"], shown.fields["DoI stage"]) == ("Not due", "Cancelled (Identified)")
    assert not scene.move(project, "lind", "3")[0], "and what is cancelled does not pass for a success"
    assert scene.move(project, "lind", "4")[0]
    shown = scene.show(project)
    assert _state(scene, project) == "4", "and there it stays"
    assert (shown.fields["Implementation status"], shown.fields["Potential status"]) == ("Grey", "Grey")
    assert len(shown.fields["Gate blockers"].splitlines()) == 1
    assert shown.fields["Gate findings"] == ""


def test_grey_stays_grey_until_somebody_reports_on_the_work(database: URL, tmp_path: Path) -> None:
    """What anybody may do to a ticket, and what Gatepost writes itself, says nothing about the work."""
    with simulation(database, tmp_path) as scene:
        jira = scene.sandbox.jira
        item = ("jira", "Archive on request")
        issue = epic(scene, item[1], duedate="2027-06-30", children=(3, 1))
        assert scene.show(item).fields["Implementation status"] == "Green"
        scene.clock.move(days=61)
        assert scene.show(item).fields["Implementation status"] == "Grey", "and Gatepost has written the field"
        (step,) = [one for one in jira.issues.values() if one.summary == f"{item[1]}: step 4"]
        scene.comment(item, "osei", "All is well.")
        assert scene.edit(item, "osei", Objective="Another one").fields["Implementation status"] == "Grey"
        jira.edit(step.key, {"summary": "Another name"}, by="osei")
        jira.create("ITX", "Story", "One more step", by="osei", parent=issue.key, status="Analysis")
        scene.clock.move(days=1, minutes=5)
        assert scene.show(item).fields["Implementation status"] == "Grey"
        jira.transition(step.key, "Backlog", by="osei")
        scene.clock.move(days=1, minutes=5)
        assert scene.show(item).fields["Implementation status"] == "Green", "a step was moved: that is a report"


SCENARIOS: dict[str, tuple[Callable[[Simulation], None], tuple[str, ...]]] = {
    "paying twice": (paying_twice, ("LEGACY_COST_RUNNING",)),
    "green outside, red inside": (green_outside_red_inside, ("DEVIATION_UNEXPLAINED",)),
    "technically finished, case flawed": (technically_finished, ("VALUE_NOT_REALISED",)),
    "the orphan": (the_orphan, ("ORPHAN_OWNER",)),
    "the zombie": (the_zombie, ("RESOURCE_DIVERSION",)),
    "the moved deadline": (the_moved_deadline, ("PLAN_LOCKED",)),
    "the hidden edit": (the_hidden_edit, ("GATE_ORDER",)),
}


@pytest.mark.parametrize("deployment", Deployment)
@pytest.mark.parametrize("name", SCENARIOS)
def test_the_scenario_ends_as_expected(name: str, deployment: Deployment, database: URL, tmp_path: Path) -> None:
    scenario, _ = SCENARIOS[name]
    with simulation(database, tmp_path, deployment=deployment) as scene:
        scenario(scene)


def test_a_cancelled_project_ends_in_its_tool(database: URL, tmp_path: Path) -> None:
    with simulation(database, tmp_path) as scene:
        cancelled_and_ended(scene)


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_scenario_fails_without_its_rule(name: str, databases: Databases, tmp_path: Path) -> None:
    scenario, off = SCENARIOS[name]
    with (
        databases.one() as database,
        simulation(database, tmp_path, off=off) as scene,
        pytest.raises(AssertionError) as failed,
    ):
        scenario(scene)
    assert failed.traceback[-1].name == scenario.__name__, "the scenario itself has to fail, not its preparation"
