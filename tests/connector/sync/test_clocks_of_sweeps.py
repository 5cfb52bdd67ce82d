"""How often sweeps read a measure again for one change, whatever the tool's clock says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connector.store.reconcile.evidence_sweep import CLOCK_ERROR
from connector.sync.scan import LARGEST_SKEW, by_our_clock, by_their_clock
from connector.sync.sweep import OVERLAP

CHANGED = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)
INTERVAL, LATER = timedelta(minutes=15), timedelta(minutes=1)
MINUTES = timedelta(minutes=3)


def readings(theirs: timedelta, known: timedelta | None) -> int:
    """Of two days of sweeps: how many mark the measure; it is read a minute after each of them."""
    stamp, marked = CHANGED + theirs, 0
    read_at = CHANGED - timedelta(days=1)
    for number in range(1, 192):
        began = CHANGED + number * INTERVAL
        if stamp < by_their_clock(began - INTERVAL - OVERLAP, known):
            continue
        at = by_our_clock(stamp, known)
        if at is None or read_at < at + CLOCK_ERROR:
            marked, read_at = marked + 1, began + LATER
    return marked


@pytest.mark.parametrize(
    "skew",
    [
        timedelta(0), MINUTES, -MINUTES, timedelta(hours=1), timedelta(hours=-1, seconds=-1), timedelta(hours=14),
        timedelta(hours=-12), LARGEST_SKEW, -LARGEST_SKEW,
    ],
)  # fmt: skip
def test_a_known_clock_has_a_change_read_once(skew: timedelta) -> None:
    """Also one that is hours off, as where a time zone was taken for another one."""
    assert readings(skew, skew) == 1


@pytest.mark.parametrize(("theirs", "most"), [(timedelta(0), 2), (MINUTES, 2), (-MINUTES, 1), (timedelta(hours=3), 14)])
def test_an_unknown_clock_has_a_change_read_while_the_searches_overlap(theirs: timedelta, most: int) -> None:
    """Until the search begins after the moment that the tool noted."""
    assert 1 <= readings(theirs, None) <= most


def test_what_lies_further_back_than_a_day_is_left_to_the_nightly_sweep() -> None:
    """A search from before a month on would read everything again every quarter of an hour."""
    assert readings(timedelta(days=-30), timedelta(days=-30)) == 0
    assert readings(timedelta(hours=-3), None) == 0
