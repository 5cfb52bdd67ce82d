"""What senders get wrong: twice, out of order, poisoned, and with another idea of what time it is."""

from __future__ import annotations

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.events import Sender
from tests.faults.observed import Seen, differences, seen, shown_otherwise
from tests.faults.steps import CRM, epic, play
from tests.faults.world import Struck

pytestmark = pytest.mark.story

DEEP = b'{"issue": ' * 50_000 + b"1" + b"}" * 50_000
JSON = "application/json"
POISON: dict[str, tuple[bytes, str]] = {
    "broken in the middle": (b'{"webhookEvent": "jira:issue_updated", "issue": {"id": "100', JSON),
    "nothing at all": (b"", JSON),
    "no text": (b"\xff\xfe\x00\x01", JSON),
    "a list": (b'["jira:issue_updated"]', JSON),
    "a NUL in its name": (b'{"webhookEvent": "jira:issue\\u0000", "issue": {"id": "1"}}', JSON),
    "nested beyond measure": (DEEP, JSON),
    "no JSON by its own word": (b'{"webhookEvent": "jira:issue_updated"}', "text/plain"),
}
NAMELESS: dict[str, bytes] = {
    "half a character in its name": b'{"webhookEvent": "jira:issue\\ud800", "issue": {}}',
    "a list for the issue": b'{"webhookEvent": "jira:issue_updated", "issue": []}',
    "an issue without an id": b'{"webhookEvent": "jira:issue_updated", "issue": {}}',
    "a NUL in the id": b'{"webhookEvent": "jira:issue_updated", "issue": {"id": "1\\u0000"}}',
    "a number beyond measure for the id": b'{"webhookEvent": "jira:issue_updated", "issue": {"id": 1'
    + b"0" * 400
    + b"}}",
}


@pytest.mark.parametrize("what", POISON)
def test_a_signed_body_that_makes_no_sense_is_refused_for_good(plain: Struck, what: str) -> None:
    """4xx: the sender does not come again.  5xx would have it send the same bytes until it gives up."""
    sender = Sender(plain)
    body, kind = POISON[what]
    answer = sender.send(sender.signed(body, content_type=kind))
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.json()["detail"].endswith("."), "a plain sentence"


@pytest.mark.parametrize("what", NAMELESS)
def test_a_body_that_names_no_issue_is_kept_with_that_reason_and_rings_nobody(plain: Struck, what: str) -> None:
    sender = Sender(plain)
    event = sender.signed(NAMELESS[what])
    answer = sender.send(event)
    assert (answer.status_code, answer.json()) == (202, {"result": "ignored"})
    kept = plain.rows("SELECT state, reason FROM inbox WHERE delivery_id = :id", id=event.delivery)
    assert [(row.state, row.reason) for row in kept] == [("ignored", "the event names no issue")]


def test_doubled_shuffled_and_poisoned_events_change_nothing_and_hold_nothing_up(
    plain: Struck, quiet: list[Seen]
) -> None:
    """A hundred events, each five times, in any order, one in twenty of them poison."""
    play(plain, 2)
    sender, chance = Sender(plain), random.Random(7)  # noqa: S311 - the same order each time
    keys = [issue.key for issue in plain.sandbox.jira.issues.values()]
    events = [sender.event(key) for key in keys for _ in range(100 // len(keys))] * 5
    bad = [sender.signed(body, content_type=kind) for body, kind in POISON.values()]
    mixed = [*events, *(chance.choice(bad) for _ in range(len(events) // 20))]
    chance.shuffle(mixed)
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda event: sender.send(event).status_code, mixed))
    assert Counter(status for event, status in zip(mixed, statuses, strict=True) if event in events) == {
        202: len(events)
    }
    assert {status for event, status in zip(mixed, statuses, strict=True) if event in bad} <= {400, 413, 415}
    plain.wait_quiet()
    kept = plain.rows(
        "SELECT count(*) AS n FROM inbox WHERE delivery_id = ANY(:ids)", ids=[one.delivery for one in events]
    )
    assert kept[0].n == len(events) // 5, "each is kept once"
    told = differences(quiet[2], seen(plain))
    assert not told, told
    plain.accounted()


@pytest.mark.parametrize(("seconds", "step"), [(600, 3), (-600, 4)], ids=["ten minutes ahead", "ten minutes behind"])
def test_a_clock_that_is_off_changes_no_verdict_about_jira(
    plain: Struck, quiet: list[Seen], seconds: float, step: int
) -> None:
    """Jira's signature knows no time, and what is judged by the clock is judged by the day."""
    play(plain, step)
    issue = epic(plain, CRM)
    kept, wanted = issue.values.copy(), 1_250_000 + step
    plain.move_clock(seconds)
    try:
        plain.sandbox.jira.edit(issue.id, {"Planned benefit": wanted}, by="osei")
        plain.wait_quiet()
        assert plain.sandbox.jira.value_named(issue, "Plan net") == wanted - 300_000
    finally:
        plain.move_clock(0)
    name = plain.sandbox.jira.field_named("Planned benefit").id
    plain.sandbox.jira.edit(issue.id, {"Planned benefit": kept[name]}, by="osei")
    plain.wait_quiet()
    told = shown_otherwise(quiet[step], seen(plain))
    assert not told, told
    plain.accounted()


@pytest.mark.parametrize("seconds", [600, -600], ids=["ten minutes ahead", "ten minutes behind"])
def test_a_clock_that_is_off_refuses_stamped_events_and_says_what_to_look_at(plain: Struck, seconds: float) -> None:
    """ServiceNow's app signs the time: five minutes either way are allowed.  The sweep finds what was refused."""
    play(plain, 4)
    sender = Sender(plain)
    plain.move_clock(seconds)
    try:
        answer = sender.send(sender.stamped("a" * 32, time.time()))
    finally:
        plain.move_clock(0)
    assert (answer.status_code, answer.json()["detail"]) == (
        401,
        "The event was signed more than 5 minutes ago or ahead; are both clocks right?",
    )
