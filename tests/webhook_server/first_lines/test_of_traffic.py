"""The first line of the lists of events and writes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.webhook_server.first_lines.test_of_work import FORMATS
from webhook_server.first_lines.operations import EventCounts, WriteCounts, traffic_line

HOUR = "in the last hour"


@pytest.mark.parametrize(
    ("lines", "outcomes", "label", "line"),
    [
        (EventCounts, (), "", "No event matches."),
        (WriteCounts, ((0, "done"),), HOUR, "No write matches in the last hour."),
        (WriteCounts, ((0, "waiting"), (1, "done")), "", "1 write: 1 done."),
        (EventCounts, ((1, "waiting"),), HOUR, "1 event in the last hour: 1 waiting."),
        (EventCounts, ((3, "waiting"), (2, "dead letters")), "", "5 events: 3 waiting, 2 dead letters."),
        (WriteCounts, ((1_000, "done"),), HOUR, "1,000 writes in the last hour: 1,000 done."),
        (WriteCounts, ((1_000, "done"), (1, "waiting")), "", "More than 1,000 writes: choose a shorter range to count them."),
        (EventCounts, ((2_000, "done"),), HOUR, "More than 1,000 events in the last hour: choose a shorter range to count them."),
    ],
)  # fmt: skip
def test_events_and_writes(
    lines: type[EventCounts | WriteCounts], outcomes: Sequence[tuple[int, str]], label: str, line: str
) -> None:
    assert traffic_line(lines, outcomes, label, 1_000, FORMATS) == line
