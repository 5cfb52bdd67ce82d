"""Many things in one call: batches with their limits, and figures over many rows."""

from __future__ import annotations

import base64
import json

import pytest

from sandbox.servicenow.model import Column
from tests.sandbox.servicenow.instance import RunningInstance


def item(name: str, method: str, url: str, body: object = None) -> dict[str, object]:
    headers = [{"name": "Content-Type", "value": "application/json"}, {"name": "Authorization", "value": "Basic eDp5"}]
    one: dict[str, object] = {"id": name, "method": method, "url": url, "headers": headers}
    return one if body is None else one | {"body": base64.b64encode(json.dumps(body).encode()).decode()}


def run(instance: RunningInstance, *items: dict[str, object]) -> dict[str, dict[str, object]]:
    answer = instance.call("POST", "/v1/batch", {"batch_request_id": 7, "rest_requests": list(items)})
    assert answer.status_code == 200
    body = answer.json()
    assert body["batch_request_id"] == "7"
    found: dict[str, dict[str, object]] = {one["id"]: one for one in body["serviced_requests"]}
    assert set(found) | set(body["unserviced_requests"]) == {one["id"] for one in items}
    return found


def body_of(answer: dict[str, object]) -> object:
    return json.loads(base64.b64decode(str(answer["body"])))


def test_each_request_of_a_batch_has_its_own_answer(instance: RunningInstance) -> None:
    record = instance.project()
    instance.state.restrict("cost_plan", "read", "finance")
    path = f"/api/now/table/pm_project/{record['sys_id']}"
    answers = run(
        instance,
        item("read", "GET", "/api/now/table/pm_project?sysparm_fields=number"),
        item("write", "PATCH", path, {"description": "d"}),
        item("add", "POST", "/api/now/table/incident", {"short_description": "I"}),
        item("gone", "GET", f"/api/now/table/pm_project/{'0' * 32}"),
        item("closed", "GET", "/api/now/table/cost_plan"),
        item("count", "GET", "/api/now/stats/pm_project?sysparm_count=true"),
        item("drop", "DELETE", path),
        item("inner", "POST", "/api/now/v1/batch", {}),
        item("outside", "GET", "https://elsewhere.example/api/now/table/task"),
    )
    assert {name: (one["status_code"], one["status_text"]) for name, one in answers.items()} == {
        "read": (200, "OK"), "write": (200, "OK"), "add": (201, "Created"), "gone": (404, "Not Found"),
        "closed": (403, "Forbidden"), "count": (200, "OK"), "drop": (204, "No Content"),
        "inner": (400, "Bad Request"), "outside": (400, "Bad Request"),
    }  # fmt: skip
    assert body_of(answers["read"]) == {"result": [{"number": record["number"]}]}
    assert {"name": "X-Total-Count", "value": "1"} in answers["read"]["headers"]  # type: ignore[operator]
    assert instance.state.tables["pm_project"] == {}


def test_headers_are_left_out_where_that_is_asked(instance: RunningInstance) -> None:
    (answer,) = run(instance, item("1", "GET", "/api/now/table/task") | {"exclude_response_headers": True}).values()
    assert answer["headers"] == []


def test_a_request_that_is_too_large_is_refused_alone(instance: RunningInstance) -> None:
    instance.state.set_property("glide.rest.batch.max.inputSize", "100")
    answers = run(
        instance,
        item("large", "POST", "/api/now/table/incident", {"description": "x" * 100}),
        item("small", "POST", "/api/now/table/incident", {"description": "x"}),
    )
    assert (answers["large"]["status_code"], answers["small"]["status_code"]) == (400, 201)
    assert answers["large"]["error_message"] == "The input of a request may have 100 bytes, this one has 119"


def test_what_thirty_seconds_do_not_suffice_for_is_unserviced(instance: RunningInstance) -> None:
    instance.state.seconds_per_item = 11
    answers = run(instance, *(item(str(number), "GET", "/api/now/table/task") for number in range(4)))
    assert set(answers) == {"0", "1"}


@pytest.fixture
def plans(instance: RunningInstance) -> RunningInstance:
    instance.state.add_column("cost_plan", Column("u_days", "Days", "integer"))
    for name, cost, days in (("a", "EUR;100", "1"), ("a", "EUR;50.5", "2"), ("b", "EUR;10", "30"), ("", "", "")):
        instance.state.insert("cost_plan", {"resource_type": name, "total_planned_cost": cost, "u_days": days}, "kaya")
    return instance


@pytest.mark.parametrize(
    ("query", "stats"),
    [
        ({"count": "true"}, {"count": "4"}),
        ({"count": "true", "query": "resource_type=a"}, {"count": "2"}),
        ({"sum_fields": "total_planned_cost,u_days"}, {"sum": {"total_planned_cost": "160.5", "u_days": "33"}}),
        ({"avg_fields": "u_days"}, {"avg": {"u_days": "11.0000"}}),
        ({"min_fields": "u_days", "max_fields": "u_days"}, {"min": {"u_days": "1"}, "max": {"u_days": "30"}}),
        ({"sum_fields": "u_days", "query": "resource_type=none"}, {"sum": {"u_days": ""}}),
        ({"sum_fields": "no_such_column"}, {"sum": {"no_such_column": ""}}),
        ({"max_fields": "resource_type"}, {"max": {"resource_type": "b"}}),
    ],
)
def test_figures_over_rows(plans: RunningInstance, query: dict[str, str], stats: dict[str, object]) -> None:
    assert plans.ask("GET", "/stats/cost_plan", query).json() == {"result": {"stats": stats}}


def test_figures_by_group(plans: RunningInstance) -> None:
    query = {"count": "true", "group_by": "resource_type", "sum_fields": "u_days", "order_by": "COUNT^DESC"}
    found = plans.ask("GET", "/stats/cost_plan", query).json()["result"]
    assert [(one["groupby_fields"], one["stats"]["count"]) for one in found] == [
        ([{"field": "resource_type", "value": "a"}], "2"),
        ([{"field": "resource_type", "value": "b"}], "1"),
        ([{"field": "resource_type", "value": ""}], "1"),
    ]
    many = plans.ask("GET", "/stats/cost_plan", query | {"having": "count^^>^1"}).json()["result"]
    assert [one["stats"]["sum"] for one in many] == [{"u_days": "3"}]


def test_groups_have_labels(instance: RunningInstance) -> None:
    instance.project(state="1")
    (group,) = instance.call("GET", "/stats/pm_project", group_by="state", display_value="all").json()["result"]
    assert group["groupby_fields"] == [{"field": "state", "value": "1", "display_value": "Open"}]


@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        ("GET", "/tabl/x", 400, {"message": "Requested URI does not represent any resource", "detail": "/api/now/tabl/x"}),
        ("POST", "/stats/task", 405, {"message": "Method not Supported", "detail": "POST method not supported for API"}),
        ("GET", "/stats/no_table", 400, {"message": "Invalid table no_table", "detail": "Table no_table does not exist"}),
    ],
)  # fmt: skip
def test_what_is_not_there_has_the_envelope(
    instance: RunningInstance, method: str, path: str, status: int, error: dict[str, str]
) -> None:
    answer = instance.call(method, path, {} if method == "POST" else None)
    assert (answer.status_code, answer.json()) == (status, {"error": error, "status": "failure"})
