"""Planned hours that a connection knows: read with each full sweep, by month, of teams and people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import structlog

from connector.errors import ToolError
from connector.sync.ports import EffortUnit, PlannedEffort, ToolSite
from governance.capacity import WORKING_DAYS, working_days
from governance.money import Period
from governance.weekly_hours import WeeklyHours
from mapping.config import MappingConfig
from mapping.policy import weekly_hours

MONTHS_READ = 3
"""Whole months before the present one that are read anew: what was planned before stays as it was."""
_log = structlog.get_logger(__name__)

PlannedHours = dict[tuple[str, str, Period, bool], Decimal]
"""By team, person, month, and whether it counts as planned; what does not is only requested."""
StorePlanned = Callable[[str, PlannedHours, Period, datetime], None]
"""Connection, its hours, the first month of which they are all there is, and when they were read."""


def read_capacity(site: ToolSite, config: MappingConfig, store: StorePlanned, now: datetime) -> None:
    """Store what the connection's tables hold.  A table that cannot be read leaves what was stored before."""
    rules = [rule for rule in config.capacity_from if rule.connection == site.name]
    if not rules or site.planned_capacity is None:
        return
    first = Period.of(now.date()).plus(-MONTHS_READ)
    weekly = weekly_hours(config)
    found: list[PlannedEffort] = []
    try:
        for rule in rules:
            found += site.planned_capacity.planned(rule, first.first_day)
    except ToolError as error:
        _log.warning("planned hours not read", connection=site.name, why=str(error))
        return
    store(site.name, by_month(found, first, weekly), first, now)


def by_month(efforts: Sequence[PlannedEffort], first: Period, weekly: WeeklyHours) -> PlannedHours:
    """Hours evenly over the working days between start and end, as the vendor spreads them; months before are left.

    Days of people of whom nobody says how many hours they have are left out, and logged.
    """
    sums: PlannedHours = {}
    for one in efforts:
        theirs = weekly.of_person(one.person, one.team) if one.person else weekly.of_team(one.team)
        if theirs is None and one.effort.unit is not EffortUnit.HOURS:
            _log.warning("planned days without weekly hours", team=one.team)
            continue
        for month, hours in _spread(one, theirs or Decimal(0)).items():
            if month >= first:
                key = (one.team, one.person, month, one.counts)
                sums[key] = sums.get(key, Decimal(0)) + hours
    return sums


def _spread(one: PlannedEffort, weekly: Decimal) -> Mapping[Period, Decimal]:
    days = working_days(one.start, one.end)
    total = _hours(one, days, weekly)
    if days == 0:
        # A weekend's work, all of it in the month in which it begins.
        return {Period.of(one.start): total}
    found: dict[Period, Decimal] = {}
    month, last = Period.of(one.start), Period.of(one.end)
    while month <= last:
        begin, end = max(one.start, month.first_day), min(one.end, month.plus(1).first_day - timedelta(days=1))
        inside = working_days(begin, end)
        if inside:
            found[month] = total * inside / days
        month = month.plus(1)
    return found


def _hours(one: PlannedEffort, days: int, weekly: Decimal) -> Decimal:
    a_day = weekly / WORKING_DAYS
    match one.effort.unit:
        case EffortUnit.HOURS:
            return one.effort.amount
        case EffortUnit.DAYS:
            return one.effort.amount * a_day
        case EffortUnit.PEOPLE:
            return one.effort.amount * a_day * days
