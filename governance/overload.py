"""Overload: the same people log more than their hours week after week, and the work counts as green.

Formula::

    a week is over when Σ hours of a person on all items of Monday to Sunday > their weekly hours
    overloaded = the last ``overload_weeks`` whole weeks are over, one after another

Weekly hours are those that are stated of the person or their team, or ``weekly_hours`` of the policy
(:mod:`governance.weekly_hours`).  A week that is not over yet does not count; neither does one of exactly the person's
hours.  Of somebody whose hours are not known nobody can say that they are not overloaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from governance.evidence import Team, TeamMember
from governance.facts import Unknown

MAX_NAMED = 3
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Overload:
    """Somebody who carries more than their hours."""

    name: str
    weeks: int
    """In a row, up to the last whole week."""
    mean: Decimal
    """Hours a week over these weeks."""
    hours: Decimal
    """Of theirs in a week."""


def window_days(weeks: int) -> int:
    """Days of hours that have to be read so that so many whole weeks are among them."""
    return (weeks + 1) * 7


def overloaded(team: Team, weekly_hours: Decimal, weeks: int, today: date) -> tuple[Overload, ...]:
    """Who is, the worst first; nobody of whom the hours of a week are not known."""
    last = _last_week(today)
    found = (
        _overload(member, weekly_hours if stated is None else stated, last)
        for member, stated in ((one, one.weekly_hours) for one in team.members)
        if not isinstance(stated, Unknown)
    )
    some = [one for one in found if one is not None and one.weeks >= weeks]
    return tuple(sorted(some, key=lambda one: (one.hours - one.mean, one.name)))


def not_judged(team: Team, weeks: int, today: date) -> tuple[Overload, ...]:
    """Who logged hours in each of the weeks, and how many of theirs a week has is not known; the most hours first."""
    found = (
        _overload(member, Decimal(0), _last_week(today))
        for member in team.members
        if isinstance(member.weekly_hours, Unknown)
    )
    some = [one for one in found if one is not None and one.weeks >= weeks]
    return tuple(sorted(some, key=lambda one: (-one.mean, one.name)))


def _last_week(today: date) -> date:
    return today - timedelta(days=today.weekday()) - WEEK


def _overload(member: TeamMember, weekly_hours: Decimal, last: date) -> Overload | None:
    by_week = dict(member.weeks)
    hours: list[Decimal] = []
    while by_week.get(last, Decimal(0)) > weekly_hours:
        hours.append(by_week[last])
        last -= WEEK
    return Overload(member.name, len(hours), sum(hours, Decimal(0)) / len(hours), weekly_hours) if hours else None


def overload_sentence(found: Sequence[Overload], members: int, weekly_hours: Decimal) -> str:
    """``2 of 5 people log more than 40 hours a week …``, or ``more than their hours a week`` where those differ."""
    alike = all(one.hours == weekly_hours for one in found)
    named = ", ".join(f"{one.name} {_logged(one, alike=alike)} for {one.weeks} weeks" for one in found[:MAX_NAMED])
    logs = "logs" if members == 1 else "log"
    people = "1 person" if members == 1 else f"{members} people"
    limit = f"{weekly_hours.normalize():f}" if alike else "their"
    return (
        f"{len(found)} of {people} {logs} more than {limit} hours a week ({named}{_more(found)}), and the work counts "
        "as green"
    )


def not_judged_sentence(found: Sequence[Overload]) -> str:
    """``nobody states the weekly hours of people of the team, …: P. Half (45.0 h a week for 3 weeks)``"""
    named = ", ".join(f"{one.name} ({one.mean:.1f} h a week for {one.weeks} weeks)" for one in found[:MAX_NAMED])
    return (
        "nobody states the weekly hours of people of the team, so it is not known whether what they log is more: "
        f"{named}{_more(found)}"
    )


def _logged(one: Overload, *, alike: bool) -> str:
    return f"{one.mean:.1f} h" if alike else f"{one.mean:.1f} of {one.hours.normalize():f} h"


def _more(found: Sequence[Overload]) -> str:
    return f", +{len(found) - MAX_NAMED}" if len(found) > MAX_NAMED else ""
