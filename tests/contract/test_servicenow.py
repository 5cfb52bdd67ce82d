"""The sandbox responds as ServiceNow is documented and as captured responses show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sandbox import servers
from sandbox.story import seed
from tests.waiting import LONGEST_CALL_SECONDS

AUTH = (seed.BOT_USER, seed.BOT_PASSWORD)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[servers.Sandbox]:
    running = servers.start()
    running.load_story()
    yield running
    running.stop()


def call(sandbox: servers.Sandbox, method: str, path: str, **options: object) -> requests.Response:
    options.setdefault("auth", AUTH)
    url = f"{sandbox.servicenow.base_url}/api/now{path}"
    return requests.request(method, url, timeout=LONGEST_CALL_SECONDS, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def envelopes(shared: Path) -> dict[str, dict[str, object]]:
    envelopes_read: dict[str, dict[str, object]] = json.loads(
        (shared / "reference/servicenow-error-envelopes.json").read_text()
    )
    return envelopes_read


def test_without_credentials_the_envelope_is_the_measured_one(
    sandbox: servers.Sandbox, envelopes: dict[str, dict[str, object]]
) -> None:
    response = call(sandbox, "GET", "/table/pm_project", auth=None)
    assert (response.status_code, response.json()) == (401, envelopes["401"]["body"])


def test_an_unknown_table_has_the_measured_envelope(
    sandbox: servers.Sandbox, envelopes: dict[str, dict[str, object]]
) -> None:
    response = call(sandbox, "GET", "/table/sys_nonexistent")
    assert (response.status_code, response.json()) == (400, envelopes["400_invalid_table"]["body"])


def test_a_missing_record_has_the_measured_envelope(
    sandbox: servers.Sandbox, envelopes: dict[str, dict[str, object]]
) -> None:
    response = call(sandbox, "GET", f"/table/pm_project/{'0' * 32}")
    assert (response.status_code, response.json()) == (404, envelopes["404"]["body"])


def test_a_rule_that_aborts_names_itself_and_keeps_its_message(sandbox: servers.Sandbox) -> None:
    record = next(iter(sandbox.servicenow.tables["pm_project"].values()))
    response = call(sandbox, "PATCH", f"/table/pm_project/{record['sys_id']}", json={"state": "3"})
    detail = response.json()["error"]["detail"]
    assert response.status_code == 403
    assert detail.startswith("Operation against file 'pm_project' was aborted by Business Rule 'Gatepost gate^")
    assert "not been assessed" not in response.text


@pytest.mark.parametrize(
    ("mode", "bare", "empty", "reference"),
    [
        ("false", "false", "", {"link", "value"}),
        ("true", "false", "", {"display_value", "link"}),
        ("all", "false", {"display_value": "", "value": ""}, {"display_value", "value", "link"}),
    ],
)
def test_the_display_modes_have_their_own_shapes(
    sandbox: servers.Sandbox, mode: str, bare: str, empty: object, reference: set[str]
) -> None:
    query = {
        "sysparm_query": "short_descriptionSTARTSWITHPayments",
        "sysparm_fields": "state,project_manager,parent",
        "sysparm_display_value": mode,
        "sysparm_exclude_reference_link": bare,
    }
    (row,) = call(sandbox, "GET", "/table/pm_project", params=query).json()["result"]
    assert set(row["project_manager"]) == reference
    assert row["parent"] == empty


def test_a_typo_in_a_condition_returns_everything(sandbox: servers.Sandbox) -> None:
    """The platform's own trap is reproduced, so that a client that does not check its columns fails here."""
    every = call(sandbox, "GET", "/table/pm_project").json()["result"]
    typo = call(sandbox, "GET", "/table/pm_project", params={"sysparm_query": "shortdescription=x"}).json()["result"]
    assert len(typo) == len(every)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("state=2", 3),
        ("state=2^ORstate=1", 5),
        ("stateIN2,1", 5),
        ("state=2^short_descriptionLIKEpayments", 1),
        ("state=2^NQstate=-5", 6),
        ("stateISEMPTY", 0),
        ("project_manager.user_name=lind", 2),
    ],
)
def test_encoded_queries(sandbox: servers.Sandbox, query: str, count: int) -> None:
    rows = call(sandbox, "GET", "/table/pm_project", params={"sysparm_query": query}).json()["result"]
    assert len(rows) == count


def test_only_the_writers_role_writes_owned_columns_and_others_are_dropped_silently(sandbox: servers.Sandbox) -> None:
    record = next(iter(sandbox.servicenow.tables["dmn_demand"].values()))
    state = sandbox.servicenow
    state.update("dmn_demand", record["sys_id"], {"u_gatepost_gate": "Open"}, "kaya")
    assert record["u_gatepost_gate"] != "Open"
    response = call(
        sandbox, "PATCH", f"/table/dmn_demand/{record['sys_id']}", json={"u_gatepost_gate": "Blocked", "nonsense": "x"}
    )
    assert response.json()["result"]["u_gatepost_gate"] == "Blocked"
    assert "nonsense" not in response.json()["result"]


def test_an_update_counts_and_a_journal_entry_is_a_row_of_its_own(sandbox: servers.Sandbox) -> None:
    record = next(iter(sandbox.servicenow.tables["change_request"].values()))
    before = int(record["sys_mod_count"])
    response = call(sandbox, "PATCH", f"/table/change_request/{record['sys_id']}", json={"work_notes": "a note"})
    assert int(response.json()["result"]["sys_mod_count"]) == before + 1
    assert response.json()["result"]["work_notes"] == ""
    query = {"sysparm_query": f"element_id={record['sys_id']}^value=a note"}
    assert len(call(sandbox, "GET", "/table/sys_journal_field", params=query).json()["result"]) == 1


def test_v1_returns_404_where_v2_returns_an_empty_list(sandbox: servers.Sandbox) -> None:
    nothing = {"sysparm_query": "number=none"}
    assert call(sandbox, "GET", "/v1/table/pm_project", params=nothing).status_code == 404
    assert call(sandbox, "GET", "/table/pm_project", params=nothing).json() == {"result": []}
