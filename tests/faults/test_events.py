"""Faulty senders: repeated, out of order, malformed events, and a wrong clock."""

from __future__ import annotations

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.events import Sender
from tests.faults.observed import Observed, differences, observe, visible_differences
from tests.faults.steps import CRM, epic, play
from tests.faults.world import FaultWorld

pytestmark = pytest.mark.story

DEEP = b'{"issue": ' * 50_000 + b"1" + b"}" * 50_000
JSON = "application/json"
MALFORMED: dict[str, tuple[bytes, str]] = {
    "broken in the middle": (b'{"webhookEvent": "jira:issue_updated", "issue": {"id": "100', JSON),
    "nothing at all": (b"", JSON),
    "not text": (b"\xff\xfe\x00\x01", JSON),
    "a list": (b'["jira:issue_updated"]', JSON),
    "a NUL in its name": (b'{"webhookEvent": "jira:issue\\u0000", "issue": {"id": "1"}}', JSON),
    "nested too deeply": (DEEP, JSON),
    "declared as plain text": (b'{"webhookEvent": "jira:issue_updated"}', "text/plain"),
}
WITHOUT_ISSUE: dict[str, bytes] = {
    "half a character in its name": b'{"webhookEvent": "jira:issue\\ud800", "issue": {}}',
    "a list for the issue": b'{"webhookEvent": "jira:issue_updated", "issue": []}',
    "an issue without an id": b'{"webhookEvent": "jira:issue_updated", "issue": {}}',
    "a NUL in the id": b'{"webhookEvent": "jira:issue_updated", "issue": {"id": "1\\u0000"}}',
    "a huge number for the id": b'{"webhookEvent": "jira:issue_updated", "issue": {"id": 1' + b"0" * 400 + b"}}",
}


@pytest.mark.parametrize("what", MALFORMED)
def test_a_signed_body_that_makes_no_sense_is_refused_for_good(plain: FaultWorld, what: str) -> None:
    """4xx: the sender does not send it again.  With 5xx it would send the same bytes until it gives up."""
    sender = Sender(plain)
    body, kind = MALFORMED[what]
    response = sender.send(sender.signed(body, content_type=kind))
    assert 400 <= response.status_code < 500, response.text
    assert response.json()["detail"].endswith("."), "a plain sentence"


@pytest.mark.parametrize("what", WITHOUT_ISSUE)
def test_a_body_that_names_no_issue_is_stored_with_that_reason_and_ignored(plain: FaultWorld, what: str) -> None:
    sender = Sender(plain)
    event = sender.signed(WITHOUT_ISSUE[what])
    response = sender.send(event)
    assert (response.status_code, response.json()) == (202, {"result": "ignored"})
    stored = plain.rows("SELECT state, reason FROM inbox WHERE delivery_id = :id", id=event.delivery)
    assert [(row.state, row.reason) for row in stored] == [("ignored", "the event names no issue")]


def test_repeated_shuffled_and_malformed_events_change_nothing_and_delay_nothing(
    plain: FaultWorld, undisturbed: list[Observed]
) -> None:
    """A hundred events, each five times, in random order, one in twenty of them malformed."""
    play(plain, 2)
    sender, chance = Sender(plain), random.Random(7)  # noqa: S311 - the same order each time
    keys = [issue.key for issue in plain.sandbox.jira.issues.values()]
    events = [sender.event(key) for key in keys for _ in range(100 // len(keys))] * 5
    bad = [sender.signed(body, content_type=kind) for body, kind in MALFORMED.values()]
    mixed = [*events, *(chance.choice(bad) for _ in range(len(events) // 20))]
    chance.shuffle(mixed)
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda event: sender.send(event).status_code, mixed))
    assert Counter(status for event, status in zip(mixed, statuses, strict=True) if event in events) == {
        202: len(events)
    }
    assert {status for event, status in zip(mixed, statuses, strict=True) if event in bad} <= {400, 413, 415}
    plain.wait_quiet()
    stored = plain.rows(
        "SELECT count(*) AS n FROM inbox WHERE delivery_id = ANY(:ids)", ids=[event.delivery for event in events]
    )
    assert stored[0].n == len(events) // 5, "each is stored once"
    difference = differences(undisturbed[2], observe(plain))
    assert not difference, difference
    plain.assert_nothing_lost()


@pytest.mark.parametrize(("seconds", "step"), [(600, 3), (-600, 4)], ids=["ten minutes ahead", "ten minutes behind"])
def test_a_clock_that_is_off_changes_no_verdict_about_jira(
    plain: FaultWorld, undisturbed: list[Observed], seconds: float, step: int
) -> None:
    """Jira's signature contains no time, and conditions that depend on the clock are assessed by the day."""
    play(plain, step)
    issue = epic(plain, CRM)
    before, benefit = issue.values.copy(), 1_250_000 + step
    plain.move_clock(seconds)
    try:
        plain.sandbox.jira.edit(issue.id, {"Planned benefit": benefit}, by="osei")
        plain.wait_quiet()
        assert plain.sandbox.jira.value_named(issue, "Plan net") == benefit - 300_000
    finally:
        plain.move_clock(0)
    name = plain.sandbox.jira.field_named("Planned benefit").id
    plain.sandbox.jira.edit(issue.id, {"Planned benefit": before[name]}, by="osei")
    plain.wait_quiet()
    difference = visible_differences(undisturbed[step], observe(plain))
    assert not difference, difference
    plain.assert_nothing_lost()


@pytest.mark.parametrize("seconds", [600, -600], ids=["ten minutes ahead", "ten minutes behind"])
def test_a_clock_that_is_off_refuses_timestamped_events_and_says_what_to_check(
    plain: FaultWorld, seconds: float
) -> None:
    """ServiceNow's app signs the time: five minutes either way are allowed.  The sweep finds what was refused."""
    play(plain, 4)
    sender = Sender(plain)
    plain.move_clock(seconds)
    try:
        response = sender.send(sender.timestamped("a" * 32, time.time()))
    finally:
        plain.move_clock(0)
    assert (response.status_code, response.json()["detail"]) == (
        401,
        "The event was signed more than 5 minutes ago or ahead; are both clocks right?",
    )
