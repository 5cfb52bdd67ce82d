"""A connection that does not answer is not called, and then tried with one call."""

from __future__ import annotations

from connector.http.circuit_breaker import FIRST_PAUSE, LONGEST_PAUSE, SILENT_CALLS, CircuitBreaker


def closed(now: list[float]) -> CircuitBreaker:
    breaker = CircuitBreaker(lambda: now[0])
    assert [breaker.silent() for _ in range(SILENT_CALLS)] == [None, None, FIRST_PAUSE]
    return breaker


def test_three_silent_calls_in_a_row_close_it_and_an_answer_between_them_does_not() -> None:
    breaker = CircuitBreaker(lambda: 0.0)
    for _ in range(5):
        breaker.silent()
        breaker.silent()
        breaker.answered()
    assert breaker.closed_for() is None


def test_after_the_pause_one_call_tries_it() -> None:
    now = [100.0]
    breaker = closed(now)
    assert breaker.closed_for() == FIRST_PAUSE
    now[0] += FIRST_PAUSE
    assert (breaker.closed_for(), breaker.on_trial) == (None, True)
    assert breaker.closed_for() == 1.0, "one trial at a time"
    assert breaker.silent() == FIRST_PAUSE * 2
    now[0] += FIRST_PAUSE * 2
    assert breaker.closed_for() is None
    breaker.answered()
    assert [breaker.closed_for() for _ in range(3)] == [None, None, None]


def test_the_pause_grows_to_a_bound_and_a_lost_trial_closes_nothing_for_ever() -> None:
    now = [0.0]
    breaker = closed(now)
    pauses = []
    for _ in range(6):
        now[0] += LONGEST_PAUSE
        assert breaker.closed_for() is None
        pauses.append(breaker.silent())
    assert pauses == [20.0, 40.0, 80.0, 120.0, 120.0, 120.0]
    now[0] += LONGEST_PAUSE
    assert breaker.closed_for() is None
    now[0] += LONGEST_PAUSE
    assert breaker.closed_for() is None, "the thread of the trial has vanished"
