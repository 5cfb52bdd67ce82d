"""A write that ServiceNow carried out but answered wrongly is verified by reading back, not repeated."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from connector.errors import PermissionDenied, Unreachable
from connector.sync.ports import ToolSite, WriteRequest, WriteResult
from mapping.work_item import FieldName, NativeId
from sandbox import servers
from sandbox.servicenow.model import Record
from sandbox.story import seed
from tests.sites import servicenow_site
from tests.waiting import LONGEST_CALL_SECONDS

GATE = FieldName("Gate")


@pytest.fixture
def sandbox() -> Iterator[servers.Sandbox]:
    running = servers.start()
    seed.set_up_servicenow(running.servicenow)
    yield running
    running.stop()


@pytest.fixture
def record(sandbox: servers.Sandbox) -> Record:
    return sandbox.servicenow.insert("pm_project", {"short_description": "P", "state": "-5"}, "kaya")


def write(sandbox: servers.Sandbox, record: Record, status: object) -> WriteResult:
    site: ToolSite = servicenow_site(sandbox.servicenow)
    site.reader.read([NativeId(f"pm_project:{record['sys_id']}")], frozenset({GATE}))
    fault = {"status": status, "method": "PATCH", "path": "/api/now/table/pm_project", "times": 1}
    requests.post(f"{sandbox.servicenow.base_url}/sandbox/faults", json=fault, timeout=LONGEST_CALL_SECONDS)
    return site.writer.write(WriteRequest(NativeId(f"pm_project:{record['sys_id']}"), {GATE: "Blocked"}))


@pytest.mark.parametrize("status", ["applied:500", "applied:403", "drop"])
def test_a_write_that_was_carried_out_is_done_whatever_the_response(
    sandbox: servers.Sandbox, record: Record, status: str
) -> None:
    """A transaction over its time, "POST returns 403 although operation succeeded", a connection that broke."""
    assert write(sandbox, record, status) is WriteResult.DONE
    row = sandbox.servicenow.tables["pm_project"][record["sys_id"]]
    assert (row["u_gatepost_gate"], row["sys_mod_count"]) == ("Blocked", "1"), "written once"


@pytest.mark.parametrize(("status", "error"), [(500, Unreachable), (403, PermissionDenied)])
def test_a_write_that_was_not_carried_out_is_not_recorded_as_done(
    sandbox: servers.Sandbox, record: Record, status: int, error: type[Exception]
) -> None:
    with pytest.raises(error):
        write(sandbox, record, status)
    assert not sandbox.servicenow.tables["pm_project"][record["sys_id"]].get("u_gatepost_gate")
