"""How often an item was found past a shut gate lately: moving it back for ever against something that moves it on helps
nobody."""

from __future__ import annotations

from datetime import datetime, timedelta

from governance.measure_state import MeasureState

MAX_REVERTS = 3
"""Times within a day that an item is moved back; after the next breach it stays where it is."""
PERIOD = timedelta(days=1)


def breach_times(before: MeasureState, now: datetime, *, in_breach: bool) -> tuple[datetime, ...]:
    """The moments of the last day at which the item was found past a shut gate, this one among them if it is new."""
    recent = tuple(moment for moment in before.breach_times if now - moment < PERIOD)
    return (*recent, now) if in_breach and not before.in_breach else recent


def stays_in_breach(state: MeasureState) -> bool:
    """Whether the item is not moved back any more: it went past the gate too often within a day."""
    return len(state.breach_times) > MAX_REVERTS


def reverted_again_at(state: MeasureState) -> datetime:
    """From when on it would be moved back again."""
    return state.breach_times[-MAX_REVERTS - 1] + PERIOD
