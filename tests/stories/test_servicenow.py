"""ServiceNow's own approvals as evidence: they count like their approvers' commands, and no further."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from sandbox.story.scenarios import Item
from tests.conftest import ROOT
from tests.stories.simulation import Simulation, simulation

pytestmark = pytest.mark.story
STORY = (ROOT / "sandbox/story/mapping.yaml").read_text()
PROJECT: Item = ("pm_project", "Retire the loan ledger")


@pytest.fixture
def scene(database: URL, tmp_path: Path) -> Iterator[Simulation]:
    before, projects = STORY.split("  - name: projects", 1)
    mapping = f"{before}  - name: projects{projects.replace('    enforce: native', '    approvals: detailed', 1)}"
    with simulation(database, tmp_path, mapping=mapping) as here:
        snow = here.sandbox.servicenow
        people = {row["user_name"]: row["sys_id"] for row in snow.tables["sys_user"].values()}
        snow.insert(
            "pm_project",
            {
                "short_description": PROJECT[1], "state": "-5", "u_program": "Core", "business_unit": "Group IT",
                "project_manager": people["lind"], "u_sponsor": people["brandt"], "u_controller": people["weber"],
                "u_legal_entity": "Nordbank AG", "u_baseline": "500000", "u_objective": "Cost-income ratio",
                "u_kill_criteria": "cost > 9M", "u_overlaps": "none", "start_date": "2026-01-01 00:00:00",
                "end_date": "2026-12-31 00:00:00", "u_planned_benefit": "400000", "u_planned_cost": "20000",
            },
            "lind",
        )  # fmt: skip
        here.run_until_idle()
        yield here


def decide(scene: Simulation, person: str, state: str, *, by: str = "") -> dict[str, str]:
    (sys_id,) = (row["sys_id"] for row in scene.sandbox.servicenow.tables["pm_project"].values())
    scene.sandbox.servicenow.decide_approval("pm_project", sys_id, person, state, by=by)
    return dict(scene.show(PROJECT).fields)


def test_the_sponsors_approval_in_the_tool_opens_the_gate(scene: Simulation) -> None:
    assert scene.show(PROJECT).fields["DoI stage"] == "Identified"
    assert decide(scene, "brandt", "approved")["DoI stage"] == "Detailed"
    assert ("Martin Brandt", "command.accepted") in scene.audit(PROJECT)


def test_an_approval_by_somebody_else_counts_for_nothing(scene: Simulation) -> None:
    shown = decide(scene, "lind", "approved")
    assert shown["DoI stage"] == "Identified"
    assert "Waiting for Martin Brandt (sponsor) to approve" in shown["Gate blockers"]
    assert ("Sara Lind", "command.refused") in scene.audit(PROJECT)


def test_a_request_and_a_rejection_open_nothing(scene: Simulation) -> None:
    assert decide(scene, "brandt", "requested")["DoI stage"] == "Identified"
    assert decide(scene, "brandt", "rejected")["DoI stage"] == "Identified"
    assert ("Martin Brandt", "command.accepted") in scene.audit(PROJECT)


def test_the_owner_sets_the_sponsors_approval(scene: Simulation) -> None:
    """It is a finding, and the sponsor's own decision settles it."""
    shown = decide(scene, "brandt", "approved", by="lind")
    assert shown["DoI stage"] == "Identified"
    assert shown["Gate findings"].startswith("Sara Lind set the approval on 5 Oct 2026 09:00 UTC: it does not count, ")
    (approval,) = scene.sandbox.servicenow.tables["sysapproval_approver"].values()
    scene.clock.move(minutes=5)
    scene.sandbox.servicenow.change_approval(approval["sys_id"], "requested", by="brandt")
    assert "COMMAND_ALTERED" not in scene.show(PROJECT).fields["Gate findings"]
    scene.sandbox.servicenow.change_approval(approval["sys_id"], "approved", by="brandt")
    shown = dict(scene.show(PROJECT).fields)
    assert shown["DoI stage"] == "Detailed"
    assert "COMMAND_ALTERED" not in shown["Gate findings"]


def test_a_journal_that_was_rewritten_changes_no_command(scene: Simulation) -> None:
    scene.comment(PROJECT, "brandt", "/reject detailed no case")
    (entry,) = (
        row
        for row in scene.sandbox.servicenow.tables["sys_journal_field"].values()
        if row["value"].startswith("/reject")
    )
    scene.sandbox.servicenow.rewrite_journal(entry["sys_id"], "/approve detailed")
    shown = scene.edit(PROJECT, "lind", Objective="Resilience").fields
    assert "Martin Brandt rejected Detailed on 5 Oct 2026: no case" in shown["Gate blockers"]
    assert shown["Gate findings"].startswith(
        "somebody whom the tool does not name edited Martin Brandt's comment of 5 Oct 2026 with /reject Detailed: "
    )
