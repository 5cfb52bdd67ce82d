"""The rule of Gatepost's app in the stand-in: the shared cases, and the same on a running instance."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime

import pytest
import requests

from sandbox import servers
from sandbox.servicenow.app_tables import OWNED_COLUMNS
from sandbox.servicenow.gate import GateDecision, Settings, decide
from sandbox.servicenow.gatepost_app import install_app, uninstall_app
from sandbox.servicenow.model import Record, Refusal
from sandbox.servicenow.readers import STORED
from tests.conftest import ROOT
from tests.waiting import LONGEST_CALL_SECONDS

CASES = ROOT / "deploy/servicenow-app/test/gate-cases.json"
NOW = datetime(2026, 6, 25, 10, 0, tzinfo=UTC)
BLOCKERS = "Cannot move into Implemented yet: 1 ServiceNow change is not closed successfully. Sara Lind (project manager) needs to act"
AUTH = ("gatepost.robot", "secret")


def cases() -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(CASES.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("case", cases(), ids=lambda case: str(case["name"]))
def test_the_stand_in_decides_as_the_app_does(case: dict[str, object]) -> None:
    known = {field.name for field in fields(Settings)}
    given = case["settings"]
    assert isinstance(given, dict)
    assert set(given) <= known, "a setting that the stand-in does not know"
    settings = Settings(**{name: value for name, value in given.items() if value is not None})
    now = datetime.strptime(str(case["now"]), STORED).replace(tzinfo=UTC)
    before, after, verdict = (_record(case[name]) for name in ("before", "after", "verdict"))
    found = decide(before, after or {}, verdict, settings, now)
    assert found == GateDecision(bool(case["abort"]), str(case["code"]), str(case["message"]))


def _record(given: object) -> Record | None:
    if not isinstance(given, dict):
        return None
    return {name: "" if value is None else str(value) for name, value in given.items()}


@pytest.fixture
def sandbox() -> Iterator[servers.Sandbox]:
    running = servers.start(clock=lambda: NOW)
    state = running.servicenow
    state.add_user("kaya", "Aylin Kaya", "kaya")
    state.add_user("boss", "Admin", "boss", roles=("admin",))
    state.add_user(AUTH[0], "Gatepost", AUTH[1])
    install_app(state, writer=AUTH[0], properties={"gatepost.when_unassessed": "closed"})
    yield running
    running.stop()


@pytest.fixture
def project(sandbox: servers.Sandbox) -> Record:
    state = sandbox.servicenow
    record = state.insert("pm_project", {"short_description": "P", "state": "2"}, "kaya")
    state.insert(
        "u_gatepost_verdict", {"u_task": record["sys_id"], "u_gate": "Blocked", "u_blockers": BLOCKERS}, AUTH[0]
    )
    state.insert("u_gatepost_heartbeat", {"u_connection": "main", "u_heartbeat_at": "2026-06-25 09:59:00"}, AUTH[0])
    return record


def verdict(sandbox: servers.Sandbox, project: Record) -> Record:
    rows = sandbox.servicenow.tables["u_gatepost_verdict"].values()
    return next(row for row in rows if row["u_task"] == project["sys_id"])


def refusal(sandbox: servers.Sandbox, record: Record, state: str, by: str = "kaya") -> str:
    try:
        sandbox.servicenow.update("pm_project", record["sys_id"], {"state": state}, by)
    except Refusal as refused:
        return refused.shown
    return ""


def test_a_shut_gate_is_reported_with_the_forms_labels(sandbox: servers.Sandbox, project: Record) -> None:
    assert refusal(sandbox, project, "3") == (
        f"Gatepost keeps State from becoming Closed Complete: the gate is shut.\n{BLOCKERS}"
    )
    assert project["state"] == "2"


def test_over_rest_only_the_rules_name_is_reported(sandbox: servers.Sandbox, project: Record) -> None:
    url = f"{sandbox.servicenow.base_url}/api/now/table/pm_project/{project['sys_id']}"
    answer = requests.patch(url, json={"state": "3"}, auth=("kaya", "kaya"), timeout=LONGEST_CALL_SECONDS)
    assert answer.status_code == 403
    assert answer.json()["error"]["detail"].endswith("Business Rule Stack:Gatepost gate")
    assert "Sara Lind" not in answer.text


@pytest.mark.parametrize(
    ("title", "properties", "columns", "passes"),
    [
        ("an open gate lets pass", {}, {"u_gate": "Open"}, True),
        ("a state that is not gated passes", {"gatepost.gated.pm_project": "state:7"}, {}, True),
        ("minutes that are no number count as the usual sixty", {"gatepost.stale_minutes": "0x"}, {"u_gate": "Open"}, True),
        ("an unassessed record passes where that is agreed", {"gatepost.when_unassessed": "open"}, {"u_gate": ""}, True),
        ("an unassessed record does not pass otherwise", {}, {"u_gate": ""}, False),
    ],
)  # fmt: skip
def test_properties_and_columns_decide(
    sandbox: servers.Sandbox,
    project: Record,
    title: str,
    properties: dict[str, str],
    columns: dict[str, str],
    passes: bool,
) -> None:
    for name, value in properties.items():
        sandbox.servicenow.set_property(name, value)
    sandbox.servicenow.update("u_gatepost_verdict", verdict(sandbox, project)["sys_id"], columns, AUTH[0])
    assert (refusal(sandbox, project, "3") == "") is passes, title


def test_without_a_heartbeat_the_gate_counts_as_stale(sandbox: servers.Sandbox, project: Record) -> None:
    verdict(sandbox, project).update(u_gate="Open", sys_updated_on="2026-06-25 08:00:00")
    sandbox.servicenow.tables["u_gatepost_heartbeat"].clear()
    assert "it was last active at 2026-06-25 08:00:00 UTC" in refusal(sandbox, project, "3")


def test_a_verdict_that_the_heartbeat_names_as_unwritten_is_not_fresh(
    sandbox: servers.Sandbox, project: Record
) -> None:
    verdict(sandbox, project).update(u_gate="Open")
    (heartbeat,) = sandbox.servicenow.tables["u_gatepost_heartbeat"].values()
    heartbeat["u_unwritten"] = project["sys_id"]
    assert "its last verdict on this record could not be read or written" in refusal(sandbox, project, "3")


def test_a_record_has_one_verdict_and_only_gatepost_writes_it(sandbox: servers.Sandbox, project: Record) -> None:
    row = verdict(sandbox, project)
    url = f"{sandbox.servicenow.base_url}/api/now/table/u_gatepost_verdict"
    for who in ("kaya", "boss"):
        answer = requests.patch(
            f"{url}/{row['sys_id']}", json={"u_gate": "Open"}, auth=(who, who), timeout=LONGEST_CALL_SECONDS
        )
        assert answer.status_code == 403, "not even an administrator"
    assert row["u_gate"] == "Blocked"
    second = requests.post(url, json={"u_task": project["sys_id"]}, auth=AUTH, timeout=LONGEST_CALL_SECONDS)
    assert "Unique Key violation" in second.text


def test_an_emergency_change_passes(sandbox: servers.Sandbox, project: Record) -> None:
    state = sandbox.servicenow
    for kind, passes in (("emergency", True), ("normal", False)):
        change = state.insert("change_request", {"short_description": "C", "state": "-2", "type": kind}, "kaya")
        state.insert("u_gatepost_verdict", {"u_task": change["sys_id"], "u_gate": "Blocked"}, AUTH[0])
        try:
            state.update("change_request", change["sys_id"], {"state": "-1"}, "kaya")
        except Refusal:
            assert not passes
        assert (change["state"] == "-1") is passes


def test_gatepost_itself_may_move_a_record(sandbox: servers.Sandbox, project: Record) -> None:
    assert refusal(sandbox, project, "3", AUTH[0]) == ""
    assert project["active"] == "false"


def test_only_gatepost_and_an_administrator_write_the_columns_on_a_record(
    sandbox: servers.Sandbox, project: Record
) -> None:
    for by, gate in (("kaya", ""), ("boss", "Open")):
        sandbox.servicenow.update("pm_project", project["sys_id"], {"u_gatepost_gate": "Open"}, by)
        assert project["u_gatepost_gate"] == gate
    copied = sandbox.servicenow.insert("pm_project", {"short_description": "Copy", "u_gatepost_gate": "Open"}, "kaya")
    assert copied["u_gatepost_gate"] == ""


def test_set_workflow_false_passes_every_rule(sandbox: servers.Sandbox, project: Record) -> None:
    sandbox.servicenow.update("pm_project", project["sys_id"], {"state": "3"}, "kaya", workflow=False)
    assert project["state"] == "3"
    assert project["sys_mod_count"] == "1"


def test_the_app_goes_without_a_trace(sandbox: servers.Sandbox, project: Record) -> None:
    uninstall_app(sandbox.servicenow)
    assert refusal(sandbox, project, "3") == ""
    assert not set(OWNED_COLUMNS) & set(sandbox.servicenow.columns["pm_project"])
    assert not set(OWNED_COLUMNS) & set(project)
    assert [name for name in sandbox.servicenow.tables if name.startswith("u_gatepost_")] == []


def test_the_page_shows_the_verdict_the_checklist_and_the_message(sandbox: servers.Sandbox, project: Record) -> None:
    state = sandbox.servicenow
    line = {"u_task": project["sys_id"], "u_stage": "Implemented", "u_result": "unmet", "u_order": "1"}
    state.insert("u_gatepost_checklist", line | {"u_sentence": "Close <CHG0000001>", "u_who": "Sara Lind"}, AUTH[0])
    state.add_user("weber", "Julia Weber")
    state.decide_approval("pm_project", project["sys_id"], "weber", "requested")
    url = f"{state.base_url}/record/pm_project/{project['number']}"
    page = requests.post(url, data={"as": "kaya", "state": "3"}, timeout=LONGEST_CALL_SECONDS).text
    message = f"Gatepost keeps State from becoming Closed Complete: the gate is shut.\n{BLOCKERS}"
    assert f'<p class="message">{message}</p>' in page
    assert "Close &lt;CHG0000001&gt;" in page
    for heading in ("Gate checklist", "Approvers", "Julia Weber", "Requested"):
        assert heading in page
