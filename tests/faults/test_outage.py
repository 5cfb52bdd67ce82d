"""A tool that is down for an hour: nothing is given up, and everything is done when the tool is back."""

from __future__ import annotations

import pytest
import requests

from tests.faults.observed import Observed, observe, visible_differences
from tests.faults.steps import STEPS, play
from tests.faults.world import FaultWorld
from tests.waiting import LONGEST_CALL_SECONDS, LONGEST_WAIT_SECONDS

pytestmark = pytest.mark.story

REST = {"jira": "/rest/", "servicenow": "/api/"}


def take_down(world: FaultWorld, tool: str) -> None:
    base = getattr(world.sandbox, tool).base_url
    fault = {"status": 503, "path": REST[tool], "times": 1_000_000}
    requests.post(f"{base}/sandbox/faults", json=fault, timeout=LONGEST_CALL_SECONDS).raise_for_status()


def bring_back(world: FaultWorld, tool: str) -> None:
    base = getattr(world.sandbox, tool).base_url
    requests.delete(f"{base}/sandbox/calls", timeout=LONGEST_CALL_SECONDS).raise_for_status()


def act(world: FaultWorld) -> None:
    """The next step, and its events have arrived: an approval that is read after the next step's edit does not count."""
    STEPS[world.done].act(world)
    world.done += 1
    assert world.sandbox.wait_delivered(LONGEST_WAIT_SECONDS)


@pytest.mark.parametrize("tool", REST)
def test_a_tool_that_is_down_for_an_hour_gets_everything_when_it_is_back(
    plain: FaultWorld, undisturbed: list[Observed], tool: str
) -> None:
    """Twelve times five minutes pass; people keep working in both tools, and the other tool keeps running."""
    play(plain, plain.done)
    take_down(plain, tool)
    act(plain)
    for number in range(12):
        if number in {3, 6}:
            act(plain)
        plain.time_passes(minutes=5)
        plain.wait_until(lambda: not plain.rows(_DUE), "everything that was due was tried again")
    waiting = plain.rows(
        "SELECT state, reason, attempts FROM dirty_key UNION ALL SELECT state, reason, attempts FROM outbox"
    )
    assert "dead_letter" not in {str(row.state) for row in waiting}, "an outage is not a failure of an item"
    bring_back(plain, tool)
    plain.time_passes(minutes=5)
    plain.wait_quiet()
    difference = visible_differences(undisturbed[plain.done], observe(plain))
    assert not difference, difference
    plain.assert_nothing_lost()


_DUE = """
    SELECT 1 FROM dirty_key WHERE state = 'waiting' AND (due_at <= now() OR claim_token IS NOT NULL)
    UNION ALL SELECT 1 FROM outbox WHERE state = 'waiting' AND (due_at <= now() OR claim_token IS NOT NULL)
"""
