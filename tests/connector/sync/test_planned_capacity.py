"""Planned hours of a connection by month: how effort is spread, and what a tool that does not answer leaves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from connector.errors import PermissionDenied
from connector.sync.planned_capacity import PlannedHours, by_month, read_capacity
from connector.sync.ports import Effort, EffortUnit, PlannedEffort
from governance.money import Period
from governance.weekly_hours import WeeklyHours
from mapping.capacity_config import CapacityRule
from mapping.load import LoadedMapping, load_mapping
from tests.mapping.test_apply import MAPPING

NOW = datetime(2026, 11, 29, 9, 0, tzinfo=UTC)
OCTOBER, NOVEMBER, DECEMBER = (Period(2026, month) for month in (10, 11, 12))
FORTY = Decimal(40)


def effort(
    amount: str, unit: EffortUnit = EffortUnit.HOURS, *, start: date = date(2026, 11, 2), end: date = date(2026, 12, 31),
    team: str = "Network", person: str = "A. Kaya", counts: bool = True,
) -> PlannedEffort:  # fmt: skip
    return PlannedEffort(team, person, start, end, Effort(Decimal(amount), unit), counts)


@pytest.mark.parametrize(
    ("one", "hours"),
    [
        # 21 working days of November from the second on, and 23 of December.
        pytest.param(effort("88"), {NOVEMBER: 42, DECEMBER: 46}, id="hours lie evenly on working days"),
        pytest.param(effort("11", EffortUnit.DAYS), {NOVEMBER: 42, DECEMBER: 46}, id="person days are those of a week / 5"),
        pytest.param(effort("0.5", EffortUnit.PEOPLE), {NOVEMBER: 84, DECEMBER: 92}, id="half a person, part time"),
        pytest.param(effort("8", start=date(2026, 11, 28), end=date(2026, 11, 29)), {NOVEMBER: 8}, id="a weekend"),
        pytest.param(effort("44", start=date(2026, 10, 30), end=date(2026, 11, 2)), {NOVEMBER: 22}, id="from a month on"),
    ],
)  # fmt: skip
def test_effort_by_month(one: PlannedEffort, hours: dict[Period, int]) -> None:
    found = by_month([one], NOVEMBER, WeeklyHours(FORTY))
    assert found == {("Network", "A. Kaya", month, True): Decimal(amount) for month, amount in hours.items()}


def test_somebody_in_two_teams_counts_in_each_and_requested_hours_stay_apart() -> None:
    end = date(2026, 11, 30)
    some = [effort("40", end=end), effort("2", end=end), effort("60", team="Platform", end=end),
            effort("9", counts=False, end=end)]  # fmt: skip
    assert by_month(some, NOVEMBER, WeeklyHours(FORTY)) == {
        ("Network", "A. Kaya", NOVEMBER, True): 42,
        ("Platform", "A. Kaya", NOVEMBER, True): 60,
        ("Network", "A. Kaya", NOVEMBER, False): 9,
    }


class Reader:
    def __init__(self, *, refuses: bool = False) -> None:
        self.refuses = refuses

    def planned(self, rule: CapacityRule, first: date) -> Sequence[PlannedEffort]:
        assert (rule.table.value, first) == ("resource_plan", date(2026, 8, 1))
        if self.refuses:
            raise PermissionDenied("no right to read it")
        return (effort("88"),)


def swept(reader: Reader | None, source: str = "snow-main") -> list[tuple[str, PlannedHours, Period]]:
    loaded = load_mapping(f"{MAPPING}\ncapacity_from: [{{connection: {source}}}]\n")
    assert isinstance(loaded, LoadedMapping), loaded
    stored: list[tuple[str, PlannedHours, Period]] = []
    site: Any = SimpleNamespace(name="snow-main", planned_capacity=reader)
    read_capacity(site, loaded.config, lambda name, hours, first, _: stored.append((name, hours, first)), NOW)
    return stored


def test_a_sweep_reads_what_the_mapping_names_and_leaves_what_it_cannot_read() -> None:
    ((name, hours, first),) = swept(Reader())
    assert (name, first, len(hours)) == ("snow-main", Period(2026, 8), 2)
    assert swept(Reader(refuses=True)) == []
    assert swept(None) == []
    assert swept(Reader(), "jira-main") == []


def test_days_are_those_of_the_person_or_the_team() -> None:
    weekly = WeeklyHours(None, {"a. kaya": Decimal(20)}, {"field": Decimal(30)})
    some = [
        effort("11", EffortUnit.DAYS), effort("11", EffortUnit.DAYS, team="Field", person=""),
        effort("11", EffortUnit.DAYS, person="X. New"), effort("88", person="X. New"),
    ]  # fmt: skip
    assert {(team, person, month): hours for (team, person, month, _), hours in by_month(some, NOVEMBER, weekly).items()} == {
        ("Network", "A. Kaya", NOVEMBER): 21, ("Network", "A. Kaya", DECEMBER): 23,
        ("Field", "", NOVEMBER): Decimal("31.5"), ("Field", "", DECEMBER): Decimal("34.5"),
        ("Network", "X. New", NOVEMBER): 42, ("Network", "X. New", DECEMBER): 46,
    }, "days of somebody whose hours nobody states are left out, hours are not"  # fmt: skip
