"""A date that the tool keeps with a time, in UTC: which day and month it is depends on where people are."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from governance.effects import Version
from governance.money import Period
from tests.mapping.governed import MAPPING, assessed, epic

IN_TOKYO = MAPPING.replace("measures:\n", "calendar: {time_zone: Asia/Tokyo}\nmeasures:\n", 1)
IN_NEW_YORK = IN_TOKYO.replace("Asia/Tokyo", "America/New_York")
EIGHT_IN_TOKYO = datetime(2026, 12, 31, 23, 0, tzinfo=UTC)
"""08:00 on 1 January 2027, which is when ServiceNow lets a day of work begin there."""


@pytest.mark.parametrize(
    ("mapping", "day", "month"),
    [
        pytest.param(MAPPING, date(2026, 12, 31), Period(2027, 1), id="without a time zone"),
        pytest.param(IN_TOKYO, date(2027, 1, 1), Period(2027, 2), id="in Tokyo"),
        pytest.param(IN_NEW_YORK, date(2026, 12, 31), Period(2027, 1), id="in New York"),
    ],
)
def test_a_year_begins_where_people_are(mapping: str, day: date, month: Period) -> None:
    """A project that ends on 1 January ended in the year before, and its benefit began a month early."""
    measure = assessed(epic({"Due date": EIGHT_IN_TOKYO}), mapping=mapping).mapped.measure
    assert measure.end == day
    assert (
        min(line.month for line in measure.effects if line.version is Version.PLAN and line.kind == "benefit") == month
    )


def test_a_day_without_a_time_is_the_same_everywhere() -> None:
    for mapping in (MAPPING, IN_TOKYO, IN_NEW_YORK):
        assert assessed(epic({"Due date": date(2027, 1, 1)}), mapping=mapping).mapped.measure.end == date(2027, 1, 1)
