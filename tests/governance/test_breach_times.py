"""How often an item is moved back within a day before it is left where it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from governance.assess import assess
from governance.breach_times import breach_times, reverted_again_at, stays_in_breach
from governance.facts import Unknown
from governance.measure_state import MeasureState
from governance.verdict import EventKind
from tests.governance.factory import KAYA, NOW, POLICY, evidence, measure

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(("times", "stays"), [(0, False), (3, False), (4, True)])
def test_after_the_third_time_within_a_day_it_stays(times: int, stays: bool) -> None:
    state = MeasureState("detailed", breach_times=tuple(NOW + number * HOUR for number in range(times)))
    assert stays_in_breach(state) is stays


def test_it_is_moved_back_again_a_day_after_the_fourth_last_time() -> None:
    state = MeasureState("detailed", breach_times=tuple(NOW + number * HOUR for number in range(5)))
    assert reverted_again_at(state) == NOW + HOUR + timedelta(days=1)


def test_what_is_a_day_old_is_forgotten_and_one_breach_counts_once() -> None:
    state = MeasureState("detailed", breach_times=(NOW - 24 * HOUR, NOW - 23 * HOUR))
    assert breach_times(state, NOW, in_breach=True) == (NOW - 23 * HOUR, NOW)
    assert breach_times(state, NOW, in_breach=False) == (NOW - 23 * HOUR,)


@pytest.mark.parametrize(
    ("tool_stage", "status", "told"),
    [
        pytest.param("decided", "In progress", [], id="it still is where it was"),
        pytest.param("identified", "In progress", [], id="it was moved back"),
        pytest.param(
            "implemented",
            "Done",
            ["Moved to Done (Implemented) by A. Kaya while the gate into Detailed is shut"],
            id="it was moved to another status",
        ),
    ],
)
def test_a_breach_that_was_there_before_is_not_told_again(tool_stage: str, status: str, told: list[str]) -> None:
    past = evidence("identified", "decided", commands=(), moved_by=KAYA)
    before = assess(measure(), past, POLICY, NOW)
    assert [event.text for event in before.events if event.kind is EventKind.BREACHED] == [
        "Moved to In progress (Decided) by A. Kaya while the gate into Detailed is shut"
    ]
    present = replace(past, tool_stage=tool_stage, tool_status=status, measure_state=before.measure_state)
    again = assess(measure(), present, POLICY, NOW + HOUR)
    assert [event.text for event in again.events if event.kind is EventKind.BREACHED] == told


@pytest.mark.parametrize(
    ("granted", "claimed", "breach"),
    [
        pytest.param(None, "identified", False, id="an item begins in the first stage"),
        pytest.param(None, "detailed", True, id="ahead before anything was granted"),
        pytest.param("identified", "detailed", True, id="one stage ahead of the first"),
        pytest.param("detailed", "detailed", False, id="where it may be"),
    ],
)
def test_an_item_ahead_of_its_stage_is_a_blocker_from_that_moment(
    granted: str | None, claimed: str, breach: bool
) -> None:
    verdict = assess(measure(title=None), evidence(granted, claimed, commands=()), POLICY, NOW)
    assert [one.since for one in verdict.blockers if one.code == "GATE_ORDER"] == ([NOW] if breach else [])


def test_a_stage_that_cannot_be_read_is_a_blocker_from_that_moment() -> None:
    unknown = replace(evidence("identified", commands=()), tool_stage=Unknown("no such status"))
    verdict = assess(measure(), unknown, POLICY, NOW)
    assert [one.since for one in verdict.blockers if one.code == "STAGE_UNKNOWN"] == [NOW]
