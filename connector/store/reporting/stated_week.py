"""Weekly hours of people and teams, as files and programs state them, and of which team people are."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from sqlalchemy import Connection, text

from connector.sync.stores import StatedWeek
from governance.money import Period
from governance.weekly_hours import hours_name, named


def stated_week(connection: Connection, people: Collection[str], month: Period, *, teams: bool) -> StatedWeek:
    """The newest statement up to the month counts; where several sources state one, the least."""
    of_people: list[tuple[str, Decimal]] = []
    of_teams: list[tuple[str, Decimal]] = []
    asked = {"people": sorted(people), "month": month.first_day}
    for row in connection.execute(_WEEKLY, asked):
        (of_people if row.person else of_teams).append((row.person or row.team, row.hours))
    found: dict[str, set[str]] = {}
    if teams or of_teams:
        for row in connection.execute(_TEAMS, asked):
            found.setdefault(hours_name(row.person), set()).add(hours_name(row.team))
    return StatedWeek(named(of_people), named(of_teams), {name: tuple(sorted(some)) for name, some in found.items()})


_WEEKLY = text("""
    SELECT team, person, hours FROM (
        SELECT team, person, hours, month, max(month) OVER (PARTITION BY lower(team), lower(person)) AS newest
        FROM team_hours
        WHERE kind = 'weekly' AND month <= :month
          AND (person = '' OR lower(btrim(person)) = ANY(CAST(:people AS text[])))
    ) AS stated WHERE month = newest
""")
# The teams of the newest month in which anything is stated or logged of the person.
_TEAMS = text("""
    SELECT DISTINCT person, team FROM (
        SELECT person, team, month, max(month) OVER (PARTITION BY lower(btrim(person))) AS newest
        FROM team_hours
        WHERE month <= :month AND lower(btrim(person)) = ANY(CAST(:people AS text[])) AND person <> ''
    ) AS stated WHERE month = newest AND lower(btrim(team)) <> lower(btrim(person))
""")
