"""What is not provisioned waits and stops nothing else, and goes on by itself when it is there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from connector.errors import NotProvisioned, ValuesRejected
from connector.http.retry import Retry, decide
from connector.sync.ports import WriteRequest
from mapping.work_item import FieldName, NativeId
from sandbox import servers
from sandbox.story import seed
from tests.sites import jira_site


@pytest.fixture(scope="module")
def sandbox() -> Iterator[servers.Sandbox]:
    running = servers.start()
    seed.set_up_jira(running.jira)
    yield running
    running.stop()


def test_a_write_waits_for_a_field_and_the_rest_is_written(sandbox: servers.Sandbox) -> None:
    jira, now = sandbox.jira, [datetime(2026, 11, 20, 9, tzinfo=UTC)]
    site = jira_site(jira, clock=lambda: now[0])
    issue = jira.create("ITX", "Epic", "Retire the legacy CRM", by="kaya")
    request = WriteRequest(
        NativeId(issue.id), {FieldName("Gate"): "Blocked", FieldName("Gate headline"): "two approvals are missing"}
    )
    with pytest.raises(NotProvisioned) as waits:
        site.writer.write(request)
    assert str(waits.value).startswith('waits for provisioning: jira-main: no field is called "Gate headline".'), (
        waits.value
    )
    assert str(waits.value).endswith("Everything else was written.")
    assert jira.value_named(issue, "Gate") == "Blocked"
    jira.add_field("Gate headline", "textfield")
    now[0] += timedelta(seconds=6)
    site.writer.write(request)
    assert jira.value_named(issue, "Gate headline") == "two approvals are missing", (
        "looked up anew, not in five minutes"
    )


def test_what_waits_is_tried_for_ever_and_what_is_refused_is_not() -> None:
    waits = [decide(NotProvisioned("no field"), attempts, jitter=1.0) for attempts in (1, 2, 3, 4, 100)]
    assert waits == [Retry(120.0), Retry(240.0), Retry(480.0), Retry(900.0), Retry(900.0)]
    assert not isinstance(decide(ValuesRejected("no"), 1, jitter=1.0), Retry)
