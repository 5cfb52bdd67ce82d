"""What the platform refuses by itself: a hold without a reason, a close without a result, a jump between states."""

from __future__ import annotations

import pytest

from sandbox.servicenow.model import Record
from tests.sandbox.servicenow.instance import ADMIN, RunningInstance

CLOSED = {"state": "3", "close_code": "successful", "close_notes": "done"}


@pytest.fixture
def change(instance: RunningInstance) -> Record:
    return instance.state.insert("change_request", {"short_description": "C", "state": "-1"}, "kaya")


@pytest.mark.parametrize(
    ("sent", "lacking"),
    [
        ({"on_hold": "true"}, "On hold reason"),
        ({"on_hold": "true", "on_hold_reason": "waiting"}, ""),
        ({"state": "3"}, "Close code, Close notes"),
        ({"state": "3", "close_code": "successful"}, "Close notes"),
        (CLOSED, ""),
        ({"state": "4"}, ""),
    ],
)
def test_mandatory_fields(instance: RunningInstance, change: Record, sent: dict[str, str], lacking: str) -> None:
    answer = instance.call("PATCH", f"/table/change_request/{change['sys_id']}", sent)
    detail = f"Data Policy Exception: The following fields are mandatory: {lacking}"
    if lacking:
        assert (answer.status_code, answer.json()["error"]) == (403, {"message": "Operation Failed", "detail": detail})
        assert change["sys_mod_count"] == "0"
    else:
        assert answer.status_code == 200


def test_a_new_record_keeps_to_the_policies_as_well(instance: RunningInstance) -> None:
    answer = instance.call("POST", "/table/change_request", {"short_description": "C", "on_hold": "true"})
    assert answer.status_code == 403
    assert instance.state.tables["change_request"] == {}


@pytest.mark.parametrize(
    ("start", "columns", "to", "passes"),
    [
        ("-5", {}, "-4", True),
        ("-5", {}, "0", False),
        ("-5", {}, "4", True),
        ("-2", {}, "-1", True),
        ("-2", {}, "0", False),
        ("-1", {}, "0", True),
        ("0", {}, "-1", True),
        ("3", {"close_code": "successful", "close_notes": "x"}, "-1", False),
        ("4", {}, "-5", False),
        ("-1", {"on_hold": "true", "on_hold_reason": "x"}, "0", False),
        ("-1", {"on_hold": "true", "on_hold_reason": "x"}, "4", True),
    ],
)
def test_a_change_keeps_to_its_states(
    instance: RunningInstance, start: str, columns: dict[str, str], to: str, passes: bool
) -> None:
    change = instance.state.insert("change_request", {"short_description": "C", "state": start} | columns, "kaya")
    answer = instance.call("PATCH", f"/table/change_request/{change['sys_id']}", {"state": to})
    assert (answer.status_code == 200) is passes
    if not passes:
        assert "Business Rule 'Change Model: Check State Transition^" in answer.json()["error"]["detail"]


def test_an_administrator_switches_policies_and_rules_off(instance: RunningInstance, change: Record) -> None:
    for table in ("sys_data_policy2", "sys_script"):
        for row in instance.rows(table, auth=ADMIN):
            instance.call("PATCH", f"/table/{table}/{row['sys_id']}", {"active": "false"}, auth=ADMIN)
    assert instance.call("PATCH", f"/table/change_request/{change['sys_id']}", {"state": "3"}).status_code == 200


@pytest.mark.parametrize(
    ("table", "state", "active"),
    [("pm_project", "7", "false"), ("pm_project", "2", "true"), ("dmn_demand", "8", "false"), ("incident", "6", "true"),
     ("incident", "7", "false"), ("change_request", "0", "true")],
)  # fmt: skip
def test_a_record_is_active_by_its_state(instance: RunningInstance, table: str, state: str, active: str) -> None:
    assert instance.state.insert(table, {"short_description": "x", "state": state}, "kaya")["active"] == active


def test_an_offering_is_a_service_which_is_a_configuration_item(instance: RunningInstance) -> None:
    made = instance.state.insert("service_offering", {"name": "Gold", "operational_status": "1"}, "boss")
    for table in ("service_offering", "cmdb_ci_service", "cmdb_ci"):
        (row,) = instance.rows(table, fields="sys_id,sys_class_name,name")
        assert row == {"sys_id": made["sys_id"], "sys_class_name": "service_offering", "name": "Gold"}
    chain = {
        row["name"]: row for row in instance.rows("sys_db_object", display_value="true", fields="name,super_class.name")
    }
    assert [chain[name]["super_class.name"] for name in ("service_offering", "cmdb_ci_service")] == [
        "cmdb_ci_service",
        "cmdb_ci",
    ]
