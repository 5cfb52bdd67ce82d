"""A tool that is away for an hour: nothing is given up, and all of it is there when the tool is back."""

from __future__ import annotations

import pytest
import requests

from tests.faults.observed import Seen, seen, shown_otherwise
from tests.faults.steps import STEPS, play
from tests.faults.world import Struck
from tests.waiting import LONGEST_CALL_SECONDS

pytestmark = pytest.mark.story

REST = {"jira": "/rest/", "servicenow": "/api/"}


def away(world: Struck, tool: str) -> None:
    base = getattr(world.sandbox, tool).base_url
    fault = {"status": 503, "path": REST[tool], "times": 1_000_000}
    requests.post(f"{base}/sandbox/faults", json=fault, timeout=LONGEST_CALL_SECONDS).raise_for_status()


def back(world: Struck, tool: str) -> None:
    base = getattr(world.sandbox, tool).base_url
    requests.delete(f"{base}/sandbox/calls", timeout=LONGEST_CALL_SECONDS).raise_for_status()


@pytest.mark.parametrize("tool", REST)
def test_a_tool_that_is_away_for_an_hour_gets_all_of_it_when_it_is_back(
    plain: Struck, quiet: list[Seen], tool: str
) -> None:
    """Twelve times five minutes pass; people go on working in both tools meanwhile, and so does the other tool."""
    play(plain, plain.done)
    away(plain, tool)
    STEPS[plain.done].act(plain)
    plain.done += 1
    for number in range(12):
        if number in {3, 6}:
            STEPS[plain.done].act(plain)
            plain.done += 1
        plain.time_passes(minutes=5)
        plain.wait_until(lambda: not plain.rows(_DUE), "everything that was due was tried again")
    waiting = plain.rows(
        "SELECT state, reason, attempts FROM dirty_key UNION ALL SELECT state, reason, attempts FROM outbox"
    )
    assert "parked" not in {str(row.state) for row in waiting}, "an outage is no failure of an item"
    back(plain, tool)
    plain.time_passes(minutes=5)
    plain.wait_quiet()
    told = shown_otherwise(quiet[plain.done], seen(plain))
    assert not told, told
    plain.accounted()


_DUE = """
    SELECT 1 FROM dirty_key WHERE state = 'waiting' AND (due_at <= now() OR claim_token IS NOT NULL)
    UNION ALL SELECT 1 FROM outbox WHERE state = 'waiting' AND (due_at <= now() OR claim_token IS NOT NULL)
"""
