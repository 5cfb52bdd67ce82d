"""The OpenAPI document against the running server: generated requests of every kind, valid and invalid ones.

Every answer has a status and a schema of the document; only documented operations answer 5xx; without a token every
operation answers 401; an unknown method is refused with the allowed ones.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from schemathesis import engine
from schemathesis.engine import events
from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge, RequestTimeout

from mapping.load import LoadedMapping, load_mapping
from sandbox.serving import Server
from tests.connector.store.conftest import open_store
from tests.databases import Databases
from tests.mapping.test_apply import MAPPING
from tests.webhook_server.api.error_table import ERRORS
from tests.webhook_server.api.generated_clients import CLIENT, check_types, generate, imported
from tests.webhook_server.api.list_checks import (
    PAGES,
    WHOLE,
    check_fields,
    check_pages,
    check_several_values,
    check_sort,
    check_unchanged,
    check_unknown_values,
    check_whole,
    fill,
)
from tests.webhook_server.api_server import ApiServer, api_server
from webhook_server.api import OPERATIONS
from webhook_server.api.idempotency import KEY_HEADER
from webhook_server.api.openapi import document
from webhook_server.api.problem import CODE_OF_STATUS, ProblemModel
from webhook_server.gateway.gateway import refusal_body

EXAMPLES = 4
"""Generated requests of each kind for each operation; those at the limits of the schemas come in addition."""


@pytest.fixture(scope="module")
def live(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """One server for the whole file: it has to keep answering whatever the requests leave behind."""
    result = load_mapping(MAPPING)
    assert isinstance(result, LoadedMapping)
    folder: Path = tmp_path_factory.mktemp("contract")
    with (
        databases.one() as database,
        open_store(database) as opened,
        api_server(opened, result, folder) as here,
    ):
        yield here


def test_every_list_has_orders_fields_cursors_of_its_own_and_known_values(live: ApiServer) -> None:
    fill(live)
    many = {}
    for operation in PAGES:
        check_several_values(operation)
        check_sort(live, operation)
        check_fields(live, operation)
        many[operation.path] = check_pages(live, operation)
        check_unchanged(live, operation)
        check_unknown_values(live, operation)
    for operation in WHOLE:
        check_unchanged(live, operation)
        check_whole(live, operation)
    several = {"/measures", "/findings", "/inbox", "/outbox", "/dead-letters", "/ledger/entries", "/audit"}
    assert {path for path, count in many.items() if count > 1} >= several


def test_every_error_is_a_problem_with_a_code(live: ApiServer) -> None:
    headers = {"Authorization": f"Bearer {live.tokens['admin']}"}
    for method, path, body, kind, status, code in ERRORS:
        answer = live.client.open(
            f"/api/v1{path}", method=method, data=body, headers=headers, content_type=kind or None
        )
        shown = answer.get_json()
        assert (answer.status_code, shown["code"]) == (status, code), (method, path, answer.text)
        assert (answer.mimetype, shown["type"]) == ("application/problem+json", f"urn:gatepost:problem:{code}")
        assert set(shown) == set(ProblemModel.model_fields), path
        assert shown["title"].endswith(".")
        assert ("Allow" in answer.headers) == (status == 405), path


@pytest.mark.parametrize("refusal", [BadRequest("a"), RequestTimeout("a"), RequestEntityTooLarge("a")])
def test_what_the_gateway_refuses_is_a_problem_for_the_api_alone(refusal: HTTPException) -> None:
    kind, body = refusal_body("/api/v1/reassess", refusal)
    assert (kind, json.loads(body)["code"]) == ("application/problem+json", CODE_OF_STATUS[refusal.code or 0].value)
    assert refusal_body("/hooks/jira/x", refusal) == ("text/plain; charset=utf-8", b"a")


def test_two_generated_clients_are_typed_and_play_the_common_calls(live: ApiServer, tmp_path: Path) -> None:
    generate(document(OPERATIONS), tmp_path)
    check_types(tmp_path)
    use = imported(tmp_path, "uses_client")
    live.person("brandt", accounts=(("jira-main", "b"),))
    server = Server(live.app).start()
    client = imported(tmp_path, CLIENT).AuthenticatedClient(f"{server.url}/api/v1", live.tokens["brandt"])
    try:
        assert use.keys(client) == ["ITX-1", "ITX-2"]
        assert use.may_deploy(client, "ITX-1") is False
        assert use.approve(client, "ITX-1", "detailed").startswith("s")
    finally:
        client.get_httpx_client().close()
        server.stop()
    models = imported(tmp_path, "gatepost_generated_models")
    page = models.MeasureSummaryPage.model_validate(live.get("brandt", "/measures").get_json())
    assert page.items[0].gates.may_enter == ["identified"]


def test_every_answer_is_as_described(live: ApiServer) -> None:
    server = Server(live.app).start()
    schema = schemathesis.openapi.from_dict(_tested_document())
    config = schema.config
    headers = {"Authorization": f"Bearer {live.tokens['admin']}"}
    # One worker: two that read syntax trees at once meet an error of CPython 3.11 (gh-106905).
    config.update(base_url=f"{server.url}/api/v1", headers=headers, continue_on_failure=True, workers=1)
    config.generation.update(max_examples=EXAMPLES)
    config.phases.update(phases=["examples", "coverage", "fuzzing"])
    # Values that a schema cannot tell apart are checked below.
    config.checks.positive_data_acceptance.enabled = False
    config.seed = 1
    failures: dict[str, str] = {}
    calls = 0
    for event in engine.from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            failures[f"{event}"] = str(getattr(event, "value", event))
        if isinstance(event, events.ScenarioFinished):
            calls += len(event.recorder.interactions)
            failures |= dict(_failures(event))
    server.stop()
    assert calls > 10 * len(OPERATIONS)
    assert not failures, "\n\n".join(f"{title}\n{text}" for title, text in failures.items())


def _tested_document() -> dict[str, Any]:
    """The document without parameters that depend on other requests; these have their own tests."""
    described = copy.deepcopy(document(OPERATIONS))
    for path in described["paths"].values():
        for operation in path.values():
            operation["parameters"] = [
                parameter
                for parameter in operation["parameters"]
                if parameter["name"] not in {"cursor", "fields", KEY_HEADER}
            ]
    return described


def _describes_503(label: str) -> bool:
    return any(
        label == f"{operation.method} {operation.path}" and 503 in operation.problems for operation in OPERATIONS
    )


def _failures(event: events.ScenarioFinished) -> Iterator[tuple[str, str]]:
    """Failed checks, and valid requests whose values were refused."""
    recorder = event.recorder
    for case, checks in recorder.checks.items():
        answer = recorder.interactions[case].response
        shown = f"{answer.status_code} {answer.content[:300]!r}" if answer else "no answer"
        for check in checks:
            # A tool that is unavailable is documented, and the answer is checked against its schema like any other.
            unavailable = check.name == "not_a_server_error" and answer is not None and answer.status_code == 503
            if check.failure_info is not None and not (unavailable and _describes_503(event.label or "")):
                failure = check.failure_info.failure
                yield f"{event.label}: {failure.title}", f"{failure.message}\n{check.failure_info.code_sample}\n{shown}"
    for name, node in recorder.cases.items():
        answer = recorder.interactions[name].response if name in recorder.interactions else None
        meta = node.value.meta
        valid = meta is not None and meta.generation.mode is schemathesis.GenerationMode.POSITIVE
        if not valid or answer is None or answer.status_code != 422:
            continue
        # A name of the schema's form that nothing has is refused as well.
        if answer.json()["errors"] and answer.json()["code"] != "unknown_filter_value":
            yield f"{event.label}: valid values were refused", f"{node.value}\n{answer.content!r}"


def test_every_operation_needs_a_token(live: ApiServer) -> None:
    for operation in OPERATIONS:
        path = operation.path.replace("{number}", "1").replace("{", "").replace("}", "")
        answer = live.call("nobody", operation.method, path)
        assert (answer.status_code, answer.mimetype) == (401, "application/problem+json"), operation.path


def test_a_write_needs_more_than_the_scope_read(live: ApiServer) -> None:
    for operation in OPERATIONS:
        if operation.is_write and operation.path not in {"/mappings/validate", "/gates/check"}:
            path = operation.path.replace("{number}", "1").replace("{", "").replace("}", "")
            assert live.call("settings", operation.method, path).status_code == 403, operation.path


def test_names_are_unique_and_every_route_is_described(live: ApiServer) -> None:
    names = [operation.name for operation in OPERATIONS]
    assert len(names) == len(set(names))
    described = set(document(OPERATIONS)["paths"])
    routes = {rule.rule for rule in live.app.url_map.iter_rules() if rule.rule.startswith("/api/v1/")}
    plain = {
        rule.removeprefix("/api/v1").replace("<path:", "{").replace("<int:", "{").replace("<", "{").replace(">", "}")
        for rule in routes
    }
    assert plain - {"/openapi.json"} == described


def test_everything_is_described_with_an_example_under_one_name(live: ApiServer) -> None:
    described = document(OPERATIONS)
    schemas = described["components"]["schemas"]
    assert [name for name in schemas if "_" in name or name.endswith("Model")] == []
    for name, schema in schemas.items():
        for key, part in schema.get("properties", {}).items():
            assert part["description"], f"{name}.{key}"
            assert "examples" in part or _refers(part), f"{name}.{key}"
    ids = [operation["operationId"] for path in described["paths"].values() for operation in path.values()]
    assert len(ids) == len(set(ids)) == len(OPERATIONS) + 1, "and that of the token endpoint"
    assert all(one.isalnum() and one[0].islower() for one in ids)
    for path in described["paths"].values():
        for operation in path.values():
            for parameter in operation["parameters"]:
                assert parameter["description"], parameter
                assert parameter.get("example") is not None, parameter


def _refers(schema: dict[str, Any]) -> bool:
    """Whether another schema has the example."""
    return "$ref" in str(schema)
