"""The instance is changed by rows of its own tables: tables, columns, choices, roles, rules, over the Table API."""

from __future__ import annotations

import json

from sandbox.servicenow.gatepost_app import GATE_SCRIPT
from tests.sandbox.servicenow.instance import ADMIN, ROBOT, RunningInstance


def add(instance: RunningInstance, table: str, **values: str) -> str:
    answer = instance.call("POST", f"/table/{table}", values, auth=ADMIN)
    assert answer.status_code == 201, answer.text
    sys_id: str = answer.json()["result"]["sys_id"]
    return sys_id


def drop(instance: RunningInstance, table: str, sys_id: str) -> None:
    assert instance.call("DELETE", f"/table/{table}/{sys_id}", auth=ADMIN).status_code == 204


def test_a_new_column_can_be_used_and_goes_again(instance: RunningInstance) -> None:
    record = instance.project()
    entry = {"name": "pm_project", "element": "u_wave", "column_label": "Wave", "internal_type": "integer"}
    column = add(instance, "sys_dictionary", **entry, max_length="40")
    path = f"/table/pm_project/{record['sys_id']}"
    assert instance.call("PATCH", path, {"u_wave": "3"}).json()["result"]["u_wave"] == "3"
    assert len(instance.rows("pm_project", query="u_wave=3")) == 1
    assert instance.rows("pm_project", query="u_wave=4") == []
    add(instance, "sys_choice", name="pm_project", element="u_wave", value="3", label="Third", sequence="1")
    assert instance.rows("pm_project", fields="u_wave", display_value="true") == [{"u_wave": "Third"}]
    drop(instance, "sys_dictionary", column)
    assert "u_wave" not in instance.call("GET", path).json()["result"]
    assert len(instance.rows("pm_project", query="u_wave=4")) == 1, "a condition on a removed column is ignored"


def test_a_column_of_task_is_one_of_everything_that_extends_it(instance: RunningInstance) -> None:
    add(instance, "sys_dictionary", name="task", column_label="Cost centre", internal_type="string")
    made = instance.call("POST", "/table/incident", {"short_description": "I", "u_cost_centre": "4711"}).json()[
        "result"
    ]
    assert (made["u_cost_centre"], made["number"], made["sys_class_name"]) == ("4711", "INC0000001", "incident")
    assert [row["number"] for row in instance.rows("task", query="u_cost_centre=4711")] == ["INC0000001"]


def test_a_new_table_can_be_used_and_goes_again(instance: RunningInstance) -> None:
    made = add(instance, "sys_db_object", name="u_wave", label="Wave")
    add(instance, "sys_dictionary", name="u_wave", element="u_title", column_label="Title", max_length="20")
    row = instance.call("POST", "/table/u_wave", {"u_title": "First"}).json()["result"]
    assert (row["u_title"], row["sys_mod_count"], row["sys_created_by"]) == ("First", "0", ROBOT[0])
    names = [row["element"] for row in instance.rows("sys_dictionary", query="name=u_wave")]
    assert {"", "sys_id", "sys_mod_count", "u_title"} <= set(names)
    drop(instance, "sys_db_object", made)
    answer = instance.call("GET", "/table/u_wave")
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, "Invalid table u_wave")
    assert instance.rows("sys_dictionary", query="name=u_wave") == []


def test_a_table_may_extend_another_one(instance: RunningInstance) -> None:
    task = next(key for key, row in instance.state.tables["sys_db_object"].items() if row["name"] == "task")
    add(instance, "sys_db_object", name="u_audit", label="Audit", super_class=task)
    made = instance.call("POST", "/table/u_audit", {"short_description": "A"}).json()["result"]
    assert made["sys_class_name"] == "u_audit"
    assert len(instance.rows("task")) == 1
    for name in ("u_audit", "No name"):
        answer = instance.call("POST", "/table/sys_db_object", {"name": name}, auth=ADMIN)
        assert (answer.status_code, answer.json()["error"]["message"]) == (400, "Invalid table")


def test_a_role_is_granted_and_taken_back_by_rows(instance: RunningInstance) -> None:
    role = add(instance, "sys_user_role", name="u_finance")
    user = instance.state.find_user(ROBOT[0])
    assert user is not None
    held = add(instance, "sys_user_has_role", user=user["sys_id"], role=role)
    assert "u_finance" in instance.state.roles[ROBOT[0]]
    drop(instance, "sys_user_has_role", held)
    assert "u_finance" not in instance.state.roles[ROBOT[0]]


def test_a_new_user_calls_with_a_password_that_cannot_be_read(instance: RunningInstance) -> None:
    made = add(instance, "sys_user", user_name="new.robot", name="New", user_password="pw")
    assert instance.call("GET", "/table/task", auth=("new.robot", "pw")).status_code == 200
    assert instance.call("GET", f"/table/sys_user/{made}").json()["result"]["user_password"] == ""
    instance.call("PATCH", f"/table/sys_user/{made}", {"active": "false"}, auth=ADMIN)
    assert instance.call("GET", "/table/task", auth=("new.robot", "pw")).status_code == 401


def test_the_gate_works_when_its_rows_came_over_the_table_api(instance: RunningInstance) -> None:
    add(instance, "sys_db_object", name="u_gatepost_verdict", label="Gatepost verdict")
    for name in ("u_task", "u_gate", "u_blockers", "u_checked", "u_link"):
        entry = {"name": "u_gatepost_verdict", "element": name, "column_label": name, "internal_type": "string"}
        add(instance, "sys_dictionary", **entry, max_length="4000")
    add(instance, "sys_properties", name="gatepost.gated.pm_project", value="state:3")
    record = instance.project()
    verdict = {"u_gate": "Blocked", "u_blockers": "No", "u_checked": "2026-06-25 09:59:00"}
    add(instance, "u_gatepost_verdict", u_task=record["sys_id"], **verdict)
    rule = {"name": "Gatepost gate", "collection": "pm_project", "when": "before", "action_update": "true"}
    made = add(instance, "sys_script", **rule, script=f"(function () {{ {GATE_SCRIPT} }}());")
    path = f"/table/pm_project/{record['sys_id']}"
    answer = instance.call("PATCH", path, {"state": "3"})
    assert answer.status_code == 403
    assert f"aborted by Business Rule 'Gatepost gate^{made}'" in json.dumps(answer.json())
    instance.call("PATCH", f"/table/sys_script/{made}", {"active": "false"}, auth=ADMIN)
    assert instance.call("PATCH", path, {"state": "3"}).status_code == 200
