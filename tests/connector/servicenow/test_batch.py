"""Many writes in one call: each with its own result, none lost, none done twice."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
import requests

from connector.errors import NotFound, NotProvisioned, RejectedByRule, RetryLater, Unreachable
from connector.sync.ports import BatchWriter, WriteRequest, WriteResult
from mapping.work_item import FieldName, NativeId
from sandbox import servers
from sandbox.servicenow.model import Column
from sandbox.story import seed
from tests.sites import servicenow_site
from tests.waiting import LONGEST_CALL_SECONDS

GATE, PLAN, STATE = FieldName("Gate"), FieldName("Plan net"), FieldName("State")


@pytest.fixture
def sandbox() -> Iterator[servers.Sandbox]:
    running = servers.start()
    seed.set_up_servicenow(running.servicenow)
    yield running
    running.stop()


@pytest.fixture
def batch(sandbox: servers.Sandbox) -> BatchWriter:
    writer = servicenow_site(sandbox.servicenow).batch_writer
    assert writer is not None
    return writer


def projects(sandbox: servers.Sandbox, count: int) -> list[NativeId]:
    state = sandbox.servicenow
    records = [state.insert("pm_project", {"short_description": f"P{n}", "state": "-5"}, "kaya") for n in range(count)]
    return [NativeId(f"pm_project:{record['sys_id']}") for record in records]


def test_each_record_gets_its_own_values_in_one_call(sandbox: servers.Sandbox, batch: BatchWriter) -> None:
    items = projects(sandbox, 5)
    write_requests = [WriteRequest(item, {GATE: "Blocked", PLAN: Decimal(n)}) for n, item in enumerate(items)]
    requests.delete(f"{sandbox.servicenow.base_url}/sandbox/calls", timeout=LONGEST_CALL_SECONDS)
    assert batch.write(write_requests) == dict.fromkeys(items, WriteResult.DONE)
    rows = sandbox.servicenow.tables["pm_project"]
    assert [rows[item.partition(":")[2]]["u_gatepost_plan"] for item in items] == ["0", "1", "2", "3", "4"]
    calls = requests.get(f"{sandbox.servicenow.base_url}/sandbox/calls", timeout=LONGEST_CALL_SECONDS).json()["calls"]
    assert len([call for call in calls if call["path"].endswith("/batch")]) == 1


def test_a_refused_write_has_its_own_error_and_the_others_are_written(
    sandbox: servers.Sandbox, batch: BatchWriter
) -> None:
    """A rule of the tool, a record that is gone, a missing column: 200 all the same."""
    good, guarded, other = projects(sandbox, 3)
    gone = NativeId(f"pm_project:{'0' * 32}")
    sandbox.servicenow.add_column("pm_project", Column("state", "State", "string"))
    results = batch.write(
        [
            WriteRequest(good, {GATE: "Blocked"}),
            WriteRequest(guarded, {STATE: "3"}),
            WriteRequest(gone, {GATE: "Blocked"}),
            WriteRequest(other, {FieldName("Gaet"): "Blocked"}),
        ]
    )
    assert results[good] is WriteResult.DONE
    kinds = {item: type(result) for item, result in results.items() if item != good}
    assert kinds == {guarded: RejectedByRule, gone: NotFound, other: NotProvisioned}


def test_what_the_batch_did_not_process_is_tried_again(sandbox: servers.Sandbox, batch: BatchWriter) -> None:
    items = projects(sandbox, 4)
    sandbox.servicenow.batch_limit = 2
    results = batch.write([WriteRequest(item, {GATE: "Blocked"}) for item in items])
    assert [isinstance(results[item], RetryLater) for item in items] == [False, False, True, True]


def test_a_batch_that_fails_as_a_whole_is_one_failure(sandbox: servers.Sandbox, batch: BatchWriter) -> None:
    fault = {"status": 503, "method": "POST", "path": "/api/now/v1/batch", "times": 1}
    requests.post(f"{sandbox.servicenow.base_url}/sandbox/faults", json=fault, timeout=LONGEST_CALL_SECONDS)
    with pytest.raises(Unreachable):
        batch.write([WriteRequest(item, {GATE: "Blocked"}) for item in projects(sandbox, 3)])


def test_a_batch_is_as_large_as_its_time_suffices_for(sandbox: servers.Sandbox, batch: BatchWriter) -> None:
    """Rules of the instance decide how long a write takes; fifty projects of a second each would not be serviced."""
    for seconds, size in ((0.001, 50), (1.0, 7), (4.0, 5)):
        sandbox.servicenow.seconds_per_item = seconds
        batch.write([WriteRequest(item, {GATE: "Blocked"}) for item in projects(sandbox, 3)])
        assert batch.max_requests == size


def test_a_batch_grows_with_what_fast_answers_have_shown(sandbox: servers.Sandbox, batch: BatchWriter) -> None:
    """The platform limits the time of a batch and not its number; three writes say little of hundreds."""
    items = projects(sandbox, 20)
    for seconds, sent, size in ((0.001, 3, 50), (0.001, 20, 200), (0.062, 20, 120), (1.0, 3, 7)):
        sandbox.servicenow.seconds_per_item = seconds
        batch.write([WriteRequest(item, {GATE: f"Blocked {seconds}"}) for item in items[:sent]])
        assert batch.max_requests == size
