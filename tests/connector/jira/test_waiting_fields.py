"""What is not provisioned waits and stops nothing else, and goes on by itself when it is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import uuid4

import pytest

from connector.errors import NotProvisioned, ValuesRejected
from connector.http.retry import Retry, decide
from connector.sync.outbox_writer import OutboxWriter
from connector.sync.ports import WriteRequest
from connector.sync.stores import Outbox, OutboxRow
from mapping.marks import Mark
from mapping.reply_comment import ReplyComment
from mapping.work_item import ConnectionName, FieldName, NativeId
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


def test_without_its_fields_an_item_is_still_moved_back_and_told_why(sandbox: servers.Sandbox) -> None:
    """As after ``provision destroy`` under an active mapping."""
    jira = sandbox.jira
    issue = jira.create("CLOUD", "Epic", "Ahead of its gate", by="kaya", status="Approved")
    row = OutboxRow(
        1, uuid4(), ConnectionName("jira-main"), NativeId(issue.id), issue.key,
        {FieldName("Not there"): "Breach", FieldName(Mark.STATUS): "Backlog"}, 1, ReplyComment("Gatepost\nmoved back"),
    )  # fmt: skip
    outbox = OneRow(row)
    OutboxWriter(cast("Outbox", outbox), outbox, lambda: 1.0, 10).run(jira_site(jira))
    assert jira.issue(issue.id).status == "Backlog"
    assert [comment.text.splitlines()[-1] for comment in issue.comments] == ["moved back"]
    assert outbox.postponed == [
        'waits for provisioning: jira-main: no field is called "Not there". Everything else was written.'
    ]


class OneRow:
    """An outbox with one row, which notes why it waits."""

    def __init__(self, row: OutboxRow) -> None:
        self._row = row
        self.postponed: list[str] = []

    def pause_reason(self, connection: ConnectionName) -> str | None:
        del connection
        return None

    def pause(self, connection: ConnectionName, reason: str, seconds: float | None) -> None:
        raise AssertionError((connection, reason, seconds))

    def claim(self, connection: ConnectionName, limit: int) -> tuple[OutboxRow, ...]:
        del connection, limit
        return (self._row,)

    def postpone(self, deliveries: Sequence[OutboxRow], seconds: float, reason: str, *, count: bool) -> None:
        del deliveries, seconds, count
        self.postponed.append(reason)
