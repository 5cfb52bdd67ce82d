"""Capacity: hours for which people are planned, against hours that they logged, by team and month.

Formula::

    planned hours of a month = what a plan, a file or a program states of the team;
                               without it Σ over measures of people × weekly hours of the team × working days of the
                               month between start and end of the work / 5
    load                     = logged hours / planned hours

Where a plan states a month of a team, what measures plan is shown beside it and not added.  Unknown stays unknown: a
team of which nobody states a plan, or how many hours a week its people have, has no load.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from governance.money import Period
from governance.weekly_hours import WeeklyHours

WORKING_DAYS = 5
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class PlannedPeople:
    """People for whom a measure plans, over the time of its work."""

    team: str
    people: Decimal
    start: date
    end: date


@dataclass(frozen=True, slots=True)
class StatedHours:
    """Hours of one team and month, as a plan or a tool states them."""

    team: str
    month: Period
    hours: Decimal


@dataclass(frozen=True, slots=True)
class TeamMonth:
    """Hours of a team in a month; ``None`` where nobody states them."""

    team: str
    month: Period
    planned: Decimal | None
    by_measures: Decimal | None
    """What the measures of the team plan for that month."""
    logged: Decimal | None
    requested: Decimal | None = None
    """Asked for and not confirmed: in no other figure."""

    @property
    def load(self) -> Decimal | None:
        """Logged over planned hours."""
        return self.logged / self.planned if self.logged is not None and self.planned else None

    @property
    def free(self) -> Decimal | None:
        """Planned hours that measures do not need; below zero where they need more than there are."""
        if self.planned is None or self.by_measures is None:
            return None
        return self.planned - self.by_measures


def working_days(first: date, last: date) -> int:
    """Monday to Friday; holidays are not known."""
    days = max((last - first).days + 1, 0)
    weeks, rest = divmod(days, 7)
    return weeks * WORKING_DAYS + sum(
        (first + timedelta(days=number)).weekday() < WORKING_DAYS for number in range(rest)
    )


def planned_hours(one: PlannedPeople, month: Period, weekly_hours: Decimal) -> Decimal:
    """Of the days of the month that lie in the time of the work."""
    first, last = max(one.start, month.first_day), min(one.end, month.plus(1).first_day - timedelta(days=1))
    return one.people * weekly_hours * working_days(first, last) / WORKING_DAYS


def team_months(
    stated: Iterable[StatedHours],
    logged: Iterable[StatedHours],
    measures: Iterable[PlannedPeople],
    first: Period,
    last: Period,
    weekly: WeeklyHours,
    requested: Iterable[StatedHours] = (),
) -> list[TeamMonth]:
    """By team and month, letter case of a team does not count; months of which nothing is known are absent."""
    names: dict[str, str] = {}
    sums: dict[str, dict[tuple[str, Period], Decimal]] = {"stated": {}, "logged": {}, "measures": {}, "requested": {}}

    unknown: set[tuple[str, Period]] = set()
    """Measures plan people of whom nobody says how many hours they have."""

    def add(kind: str, team: str, month: Period, hours: Decimal) -> None:
        key = (team.strip().casefold(), month)
        names.setdefault(key[0], team.strip())
        sums[kind][key] = sums[kind].get(key, Decimal(0)) + hours

    for kind, rows in (("stated", stated), ("logged", logged), ("requested", requested)):
        for row in rows:
            if first <= row.month <= last:
                add(kind, row.team, row.month, row.hours)
    for one in measures:
        month = max(first, Period.of(one.start))
        while month <= min(last, Period.of(one.end)):
            hours = weekly.of_team(one.team)
            if hours is None:
                names.setdefault(one.team.strip().casefold(), one.team.strip())
                unknown.add((one.team.strip().casefold(), month))
            else:
                add("measures", one.team, month, planned_hours(one, month, hours))
            month = month.plus(1)
    keys = sorted(unknown.union(*sums.values()))
    return [
        TeamMonth(
            names[team], month, _rounded(sums["stated"].get((team, month), sums["measures"].get((team, month)))),
            _rounded(sums["measures"].get((team, month))), _rounded(sums["logged"].get((team, month))),
            _rounded(sums["requested"].get((team, month))),
        )
        for team, month in keys
    ]  # fmt: skip


def _rounded(hours: Decimal | None) -> Decimal | None:
    return None if hours is None else hours.quantize(CENT, ROUND_HALF_EVEN)
