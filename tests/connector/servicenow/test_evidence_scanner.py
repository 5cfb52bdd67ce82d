"""What changed besides the measures on an instance: each table on which a verdict may rest, and whom it concerns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from connector.sync.scan import EvidenceChange
from mapping.config import MappingConfig
from mapping.load import LoadedMapping, load_mapping
from sandbox import servers
from sandbox.servicenow.state import ServiceNowState
from sandbox.story import seed
from tests.conftest import ROOT
from tests.sites import servicenow_site

START = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)
Change = Callable[[ServiceNowState, str], None]


class Hand:
    """The clock of both sides."""

    now = START


@pytest.fixture(scope="module")
def sandbox() -> Iterator[servers.Sandbox]:
    running = servers.start(clock=lambda: Hand.now)
    seed.set_up_servicenow(running.servicenow)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def config() -> MappingConfig:
    text = (ROOT / "deploy/examples/servicenow-only.yaml").read_text()
    text = text.replace("    enforce: native\n", "    approvals: decided\n    enforce: native\n", 1)
    plans = "      plan: {from: plans, benefit: Planned benefit"
    text = text.replace("      plan: {benefit: Planned benefit", plans, 1)
    text = text.replace("    enforce: native\n", "    team: Team\n    enforce: native\n", 1)
    loaded = load_mapping(text)
    assert isinstance(loaded, LoadedMapping), loaded
    return loaded.config


def inserted(table: str, column: str, **values: str) -> Change:
    def insert(state: ServiceNowState, project: str) -> None:
        state.insert(table, {column: project.partition(":")[2], **values}, "lind")

    return insert


def approval(state: ServiceNowState, project: str) -> None:
    brandt = person(state, "brandt")
    state.insert("sysapproval_approver", {"sysapproval": project.partition(":")[2], "approver": brandt}, "lind")


def person(state: ServiceNowState, login: str) -> str:
    return next(key for key, row in state.tables["sys_user"].items() if row["user_name"] == login)


def changed(sandbox: servers.Sandbox, config: MappingConfig) -> list[EvidenceChange]:
    scanner = servicenow_site(sandbox.servicenow, clock=lambda: Hand.now).evidence_scanner
    assert scanner is not None
    # Its first answers say how far the tool's clock is off.
    list(scanner.evidence_changes(config, Hand.now))
    return [one for page in scanner.evidence_changes(config, Hand.now - timedelta(minutes=1)) for one in page]


@pytest.mark.parametrize(
    ("table", "change"),
    [
        pytest.param("pm_project_task", inserted("pm_project_task", "top_task"), id="task"),
        pytest.param("incident", inserted("incident", "parent"), id="incident"),
        pytest.param("change_request", inserted("change_request", "parent"), id="change"),
        pytest.param("cost_plan", inserted("cost_plan", "task"), id="cost plan"),
        pytest.param("cost_plan_breakdown", inserted("cost_plan_breakdown", "task"), id="month of a cost plan"),
        pytest.param("benefit_plan", inserted("benefit_plan", "task"), id="benefit plan"),
        pytest.param(
            "benefit_plan_breakdown", inserted("benefit_plan_breakdown", "task"), id="month of a benefit plan"
        ),
        pytest.param("sysapproval_approver", approval, id="approval"),
        pytest.param(
            "sys_attachment", inserted("sys_attachment", "table_sys_id", table_name="pm_project"), id="attachment"
        ),
    ],
)
def test_a_changed_record_names_the_measure_that_rests_on_it(
    sandbox: servers.Sandbox, config: MappingConfig, table: str, change: Change
) -> None:
    state = sandbox.servicenow
    Hand.now += timedelta(hours=1)
    project = f"pm_project:{state.insert('pm_project', {'short_description': table}, 'lind')['sys_id']}"
    change(state, project)
    found = [one for one in changed(sandbox, config) if one.native_id.startswith(f"{table}:")]
    assert [project in one.targets for one in found] == [True], found
    assert found[0].at == Hand.now, "by which measures that were read since are left out"


def test_an_expense_names_the_service_on_which_it_is_booked(sandbox: servers.Sandbox, config: MappingConfig) -> None:
    Hand.now += timedelta(hours=1)
    service = sandbox.servicenow.insert("cmdb_ci_service", {"name": "CRM-OLD"}, "admin")
    Hand.now += timedelta(hours=1)
    booked = {"source_id": service["sys_id"], "date": "2026-10-03", "amount": "EUR;5"}
    sandbox.servicenow.insert("fm_expense_line", booked, "admin")
    (found,) = changed(sandbox, config)
    assert "crm-old" in found.names, "as the field of a measure names it"


def test_a_time_card_names_whose_hours_it_has(sandbox: servers.Sandbox, config: MappingConfig) -> None:
    Hand.now += timedelta(hours=1)
    brandt = person(sandbox.servicenow, "brandt")
    sandbox.servicenow.insert("time_card", {"user": brandt, "week_starts_on": "2026-10-04", "monday": "8"}, "brandt")
    (found,) = changed(sandbox, config)
    assert f"logged:{brandt}" in found.names, "as measures with them in their team name it"


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        pytest.param({"name": "Martin Brandt-Lind"}, True, id="renamed"),
        pytest.param({"active": "false"}, True, id="left the company"),
        pytest.param({"last_login_time": "now"}, False, id="signed in"),
        pytest.param({"last_login_time": "now", "active": "false"}, True, id="signed in and left"),
    ],
)
def test_a_changed_person_concerns_whoever_they_hold_and_a_sign_in_nobody(
    sandbox: servers.Sandbox, config: MappingConfig, columns: dict[str, str], found: bool
) -> None:
    state = sandbox.servicenow
    Hand.now += timedelta(hours=1)
    brandt = person(state, "brandt")
    now = f"{Hand.now:%Y-%m-%d %H:%M:%S}"
    state.update(
        "sys_user", brandt, {name: now if value == "now" else value for name, value in columns.items()}, "admin"
    )
    assert [one.people for one in changed(sandbox, config)] == ([frozenset({brandt})] if found else [])
    state.update("sys_user", brandt, {"active": "true", "last_login_time": ""}, "admin")
