"""Rights: on APIs, tables, rows and columns; a limit comes before them, and a count does not know them."""

from __future__ import annotations

import pytest

from tests.sandbox.servicenow.instance import ADMIN, ROBOT, RunningInstance


def test_the_limit_is_applied_before_rows_are_hidden(instance: RunningInstance) -> None:
    for number in range(6):
        instance.project(f"P{number}", state="1" if number < 4 else "2")
    instance.state.restrict("pm_project", "read", condition="state=2")
    first = instance.call("GET", "/table/pm_project", limit="4")
    assert (first.json()["result"], first.headers["X-Total-Count"]) == ([], "6")
    second = instance.call("GET", "/table/pm_project", limit="4", offset="4")
    assert [row["short_description"] for row in second.json()["result"]] == ["P4", "P5"]
    assert instance.call("GET", "/stats/pm_project", count="true").json()["result"]["stats"] == {"count": "6"}


def test_a_hidden_row_is_as_good_as_missing(instance: RunningInstance) -> None:
    hidden = instance.project(state="1")
    instance.state.restrict("pm_project", "read", condition="state=2")
    path = f"/table/pm_project/{hidden['sys_id']}"
    for method, body in (("GET", None), ("PATCH", {"state": "2"}), ("DELETE", None)):
        answer = instance.call(method, path, body)
        assert answer.status_code == 404
        assert answer.json()["error"]["detail"] == "Record doesn't exist or ACL restricts the record retrieval"
    assert instance.call("GET", path, auth=ADMIN).status_code == 200


def test_a_table_that_takes_a_role_is_closed_to_others(instance: RunningInstance) -> None:
    instance.project()
    instance.state.restrict("task", "read", "itil")
    for path in ("/table/pm_project", "/stats/pm_project"):
        answer = instance.call("GET", path)
        error = {"message": "Insufficient rights to query records", "detail": None}
        assert (answer.status_code, answer.json()) == (403, {"error": error, "status": "failure"}), (
            "inherited from task"
        )
    instance.state.grant(ROBOT[0], "itil")
    assert len(instance.rows("pm_project")) == 1


def test_one_of_several_controls_is_enough_and_an_inactive_one_counts_for_nothing(instance: RunningInstance) -> None:
    instance.project()
    closed = instance.state.restrict("pm_project", "read", "itil")
    instance.state.restrict("pm_project", "read", condition="state=-5")
    assert len(instance.rows("pm_project")) == 1
    instance.state.restrict("cost_plan", "read", "finance")
    for row in instance.rows("sys_security_acl", auth=ADMIN, query="name=cost_plan"):
        instance.call("PATCH", f"/table/sys_security_acl/{row['sys_id']}", {"active": "false"}, auth=ADMIN)
    assert instance.call("GET", "/table/cost_plan").status_code == 200
    assert closed


def test_a_column_that_may_not_be_read_is_left_out(instance: RunningInstance) -> None:
    instance.project(description="secret")
    instance.state.restrict("task.description", "read", "itil")
    (seen,) = instance.rows("pm_project")
    assert "description" not in seen
    (seen,) = instance.rows("pm_project", auth=ADMIN)
    assert seen["description"] == "secret"


def test_a_column_that_may_not_be_written_is_dropped_silently(instance: RunningInstance) -> None:
    record = instance.project()
    instance.state.restrict("pm_project.business_unit", "write", "finance")
    sent = {"business_unit": "IT", "description": "d", "sys_mod_count": "99", "no_such_column": "x"}
    answer = instance.call("PATCH", f"/table/pm_project/{record['sys_id']}", sent)
    assert answer.status_code == 200
    assert (record["business_unit"], record["description"], record["sys_mod_count"]) == ("", "d", "1")
    made = instance.call("POST", "/table/pm_project", sent).json()["result"]
    assert (made["business_unit"], made["description"], made["sys_mod_count"]) == ("", "d", "0")


@pytest.mark.parametrize(("operation", "method"), [("create", "POST"), ("write", "PATCH"), ("delete", "DELETE")])
def test_each_operation_has_its_own_right(instance: RunningInstance, operation: str, method: str) -> None:
    record = instance.project()
    instance.state.restrict("pm_project", operation, "itil")
    path = "/table/pm_project" if method == "POST" else f"/table/pm_project/{record['sys_id']}"
    answer = instance.call(method, path, {"description": "d"})
    assert (answer.status_code, answer.json()["error"]["message"]) == (403, "Operation Failed")
    assert record["description"] == ""
    assert len(instance.state.tables["pm_project"]) == 1


def test_an_api_can_be_closed_as_a_whole(instance: RunningInstance) -> None:
    instance.state.restrict("Table API", "execute", "snc_platform_rest_api_access", kind="REST_Endpoint")
    answer = instance.call("GET", "/table/pm_project")
    assert answer.status_code == 403
    assert "Failed API level ACL Validation" in answer.json()["error"]["detail"]
    assert instance.call("GET", "/stats/pm_project", count="true").status_code == 200
    instance.state.grant(ROBOT[0], "snc_platform_rest_api_access")
    assert instance.call("GET", "/table/pm_project").status_code == 200


def test_the_platforms_own_tables_are_an_administrators(instance: RunningInstance) -> None:
    for table in ("sys_dictionary", "sys_script", "sys_properties", "sys_user"):
        assert instance.call("POST", f"/table/{table}", {"name": "x"}).status_code == 403
        assert instance.call("GET", f"/table/{table}", limit="1").status_code == 200


def test_a_table_that_is_closed_to_web_services_is_closed_to_everybody(instance: RunningInstance) -> None:
    row = next(row for row in instance.state.tables["sys_db_object"].values() if row["name"] == "incident")
    row["ws_access"] = "false"
    assert instance.call("GET", "/table/incident", auth=ADMIN).status_code == 403
