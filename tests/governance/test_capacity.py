"""Hours that are planned against hours that were logged, by team and month."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from governance.capacity import PlannedPeople, StatedHours, TeamMonth, planned_hours, team_months, working_days
from governance.money import Period
from governance.weekly_hours import WeeklyHours

NOVEMBER = Period(2026, 11)
FORTY = Decimal(40)


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        pytest.param(date(2026, 11, 1), date(2026, 11, 30), 21, id="a month"),
        pytest.param(date(2026, 11, 7), date(2026, 11, 8), 0, id="a weekend"),
        pytest.param(date(2026, 11, 6), date(2026, 11, 9), 2, id="Friday and Monday"),
        pytest.param(date(2026, 11, 9), date(2026, 11, 8), 0, id="nothing"),
    ],
)
def test_working_days(first: date, last: date, days: int) -> None:
    assert working_days(first, last) == days


def test_people_of_a_measure_are_planned_for_the_days_of_its_work() -> None:
    one = PlannedPeople("Network", Decimal("1.5"), date(2026, 11, 16), date(2027, 1, 31))
    assert planned_hours(one, NOVEMBER, FORTY) == Decimal("1.5") * 40 * 11 / 5
    assert planned_hours(one, Period(2026, 12), FORTY) == Decimal("1.5") * 40 * 23 / 5


def months(stated: str | None, logged: str | None, people: str | None) -> TeamMonth:
    def hours(value: str | None) -> list[StatedHours]:
        return [] if value is None else [StatedHours("Network", NOVEMBER, Decimal(value))]

    planned = [] if people is None else [PlannedPeople("NETWORK", Decimal(people), date(2026, 1, 1), date(2027, 1, 1))]
    (found,) = team_months(hours(stated), hours(logged), planned, NOVEMBER, NOVEMBER, WeeklyHours(FORTY))
    return found


def test_a_stated_plan_counts_before_what_measures_plan() -> None:
    found = months("320", "400", "1")
    assert (found.planned, found.by_measures, found.load, found.free) == (320, 168, Decimal("1.25"), 152)
    alone = months(None, "84", "1")
    assert (alone.planned, alone.load, alone.free) == (168, Decimal("0.5"), 0)


def test_the_hours_of_a_team_count_for_its_people() -> None:
    people = [PlannedPeople(team, Decimal(1), date(2026, 1, 1), date(2027, 1, 1)) for team in ("Network", "Field")]
    weekly = WeeklyHours(None, teams={"network": Decimal("38.5")})
    field, network = team_months([], [StatedHours("Field", NOVEMBER, Decimal(9))], people, NOVEMBER, NOVEMBER, weekly)
    assert (network.by_measures, network.planned) == (Decimal("161.7"), Decimal("161.7"))
    assert (field.team, field.by_measures, field.planned, field.logged, field.load) == ("Field", None, None, 9, None)
    alone = team_months([], [], people[1:], NOVEMBER, NOVEMBER, weekly)
    assert alone == [TeamMonth("Field", NOVEMBER, None, None, None)], "listed, and not known"


def test_what_nobody_states_is_not_known() -> None:
    found = months(None, "400", None)
    assert (found.planned, found.load, found.free) == (None, None, None)
    assert months("320", None, None).load is None
    assert months("0", "10", None).load is None


def test_layers_by_month_and_team() -> None:
    """Half a person for half a month, somebody in two teams, and a month of which nobody states a plan."""
    december = Period(2026, 12)
    half = PlannedPeople("Network", Decimal("0.5"), date(2026, 11, 16), date(2026, 12, 31))
    stated = [StatedHours("Platform", NOVEMBER, Decimal(80)), StatedHours("platform", NOVEMBER, Decimal(60))]
    logged = [
        StatedHours("Network", NOVEMBER, Decimal(44)), StatedHours("Platform", NOVEMBER, Decimal("140.01")),
        StatedHours("Platform", december, Decimal(10)),
    ]  # fmt: skip
    requested = [StatedHours("Platform", december, Decimal(900))]
    found = {
        (one.team, one.month): one
        for one in team_months(stated, logged, [half], NOVEMBER, december, WeeklyHours(FORTY), requested=requested)
    }
    network, platform = found["Network", NOVEMBER], found["Platform", NOVEMBER]
    assert (network.planned, network.by_measures, network.load) == (44, 44, 1)
    assert (platform.planned, platform.load) == (140, Decimal("140.01") / 140)
    unknown = found["Platform", december]
    assert (unknown.planned, unknown.load, unknown.free, unknown.requested) == (None, None, None, 900)
    assert (found["Network", december].planned, found["Network", december].load) == (92, None)
