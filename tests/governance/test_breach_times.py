"""How often an item is moved back within a day before it is left where it is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from governance.breach_times import breach_times, reverted_again_at, stays_in_breach
from governance.measure_state import MeasureState
from tests.governance.factory import NOW

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
