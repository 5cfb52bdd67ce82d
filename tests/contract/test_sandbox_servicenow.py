"""The rows of Gatepost's app, added to the sandbox one by one over the Table API: they work there, and are removed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TypedDict

import pytest

from sandbox.servicenow.app_tables import CHECKLIST, COLUMNS, HEARTBEAT, OUTBOX, OWNED_COLUMNS
from sandbox.servicenow.model import Record, Table
from sandbox.servicenow.rights import ROLES
from tests.conftest import ROOT
from tests.sandbox.servicenow.instance import ADMIN, ROBOT, RunningInstance, start

RECORDS = ROOT / "connector/servicenow/app/records.json"


class Row(TypedDict):
    table: str
    sys_id: str
    name: str
    fields: dict[str, str | None]


def app_rows() -> list[Row]:
    if not RECORDS.is_file():
        pytest.skip(f"the records of the app are not at {RECORDS}; they are generated from deploy/servicenow-app")
    rows: list[Row] = json.loads(RECORDS.read_text(encoding="utf-8"))
    return rows


@pytest.fixture(scope="module")
def installed() -> Iterator[RunningInstance]:
    here = start()
    for row in app_rows():
        response = here.call("POST", f"/table/{row['table']}", row["fields"] | {"sys_id": row["sys_id"]}, auth=ADMIN)
        assert response.status_code == 201, (row["table"], row["name"], response.text)
        assert response.json()["result"]["sys_id"] == row["sys_id"]
    for role in ROLES:
        here.state.grant(ROBOT[0], role)
    yield here
    here.running.stop()


def test_every_row_exists_once(installed: RunningInstance) -> None:
    row = app_rows()[0]
    again = installed.call("POST", f"/table/{row['table']}", row["fields"] | {"sys_id": row["sys_id"]}, auth=ADMIN)
    assert (again.status_code, again.json()["error"]["message"]) == (403, "Operation Failed")


@pytest.mark.parametrize("table", [CHECKLIST, HEARTBEAT, OUTBOX], ids=lambda table: table.name)
def test_the_sandboxs_own_form_of_the_app_has_its_columns(installed: RunningInstance, table: Table) -> None:
    columns = installed.state.columns[table.name]
    for column in table.columns:
        existing = columns[column.element]
        assert (existing.label, existing.type, existing.reference) == (column.label, column.type, column.reference)


def test_the_verdicts_columns_are_the_same(installed: RunningInstance) -> None:
    for table in ("pm_project", "dmn_demand", "change_request"):
        columns = installed.state.columns[table]
        assert [(columns[column.element].label, columns[column.element].type) for column in COLUMNS] == [
            (column.label, column.type) for column in COLUMNS
        ]


def test_the_gate_the_rights_and_the_outbox_work(installed: RunningInstance) -> None:
    record: Record = installed.project(state="2")
    path = f"/table/pm_project/{record['sys_id']}"
    installed.state.insert(
        "u_gatepost_heartbeat", {"u_connection": "m", "u_heartbeat_at": "2026-06-25 09:59:00"}, ROBOT[0]
    )
    installed.state.tables["u_gatepost_outbox"].clear()
    verdict = {"u_task": record["sys_id"], "u_gate": "Blocked", "u_blockers": "Not yet"}
    response = installed.call("POST", "/table/u_gatepost_verdict", verdict)
    assert response.json()["result"]["u_gate"] == "Blocked"
    installed.call("PATCH", path, {"u_gatepost_gate": "Blocked"})
    assert installed.state.tables["u_gatepost_outbox"] == {}, "its own columns send no event"
    installed.state.update("pm_project", record["sys_id"], {"u_gatepost_gate": "Open", "description": "d"}, "kaya")
    assert (record["u_gatepost_gate"], record["description"]) == ("Blocked", "d")
    (event,) = installed.state.tables["u_gatepost_outbox"].values()
    assert (event["u_state"], event["u_record"]) == ("queued", record["sys_id"])
    installed.state.passwords["kaya"] = "kaya"
    refused = installed.call("PATCH", path, {"state": "3"}, auth=("kaya", "kaya"))
    assert "aborted by Business Rule 'Gatepost gate^" in refused.json()["error"]["detail"]
    assert installed.call("GET", "/table/u_gatepost_outbox", auth=ADMIN).status_code == 403, "closed to web services"


def test_the_app_is_removed_row_by_row(installed: RunningInstance) -> None:
    """Last of all, because it dismantles the instance of this module."""
    for row in reversed(app_rows()):
        response = installed.call("DELETE", f"/table/{row['table']}/{row['sys_id']}", auth=ADMIN)
        # A column is removed with its table.
        assert response.status_code in {204, 404}, (row["table"], row["name"], response.text)
    assert not set(OWNED_COLUMNS) & set(installed.state.columns["pm_project"])
    assert [name for name in installed.state.columns if name.startswith("u_gatepost_")] == []
    record = installed.project(state="2")
    assert installed.call("PATCH", f"/table/pm_project/{record['sys_id']}", {"state": "3"}).status_code == 200
