"""Up to when a source is known, and from when on its age is a warning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connector.store.operations.source_ages import SourceAge

NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
LIMIT = timedelta(hours=1)


def minutes_ago(minutes: int | None) -> datetime | None:
    return None if minutes is None else NOW - timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("swept", "event", "waiting", "until", "late"),
    [
        pytest.param(None, None, None, None, True, id="never read: unknown is late"),
        pytest.param(None, 1, None, None, True, id="an event says nothing of what was not read"),
        pytest.param(None, None, 1, None, True, id="an item that waits neither"),
        pytest.param(60, None, None, 60, False, id="at the limit"),
        pytest.param(61, 1, None, 61, True, id="past the limit, although an event has just come"),
        pytest.param(5, 1, 90, 90, True, id="a change that was found waits to be assessed"),
        pytest.param(30, 1, 5, 30, False, id="what waits is younger than the sweep"),
    ],
)
def test_a_source_is_known_up_to_its_last_sweep_and_its_oldest_waiting_item(
    swept: int | None, event: int | None, waiting: int | None, until: int | None, late: bool
) -> None:
    age = SourceAge("jira-main", minutes_ago(swept), minutes_ago(event), minutes_ago(waiting))
    assert (age.read_until, age.is_late(NOW, LIMIT)) == (minutes_ago(until), late)
