"""Hours of teams: planned in files, programs and measures, logged in the tools."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import Connection, Engine, text

from connector.store.queue.reassess import mark_items
from connector.store.reporting.stated_week import stated_week
from connector.sync.stores import LOGGED_HOURS
from governance.capacity import PlannedPeople, StatedHours, TeamMonth, team_months
from governance.money import Period
from governance.weekly_hours import WeeklyHours
from mapping.imports.rate_card import RateCard
from mapping.related_evidence import TimeEntry
from mapping.work_item import ConnectionName, NativeId

_DAY = r"^\d{4}-\d{2}-\d{2}$"


class HoursKind(StrEnum):
    PLANNED = "planned"
    LOGGED = "logged"
    REQUESTED = "requested"
    """Asked for and not confirmed: shown apart, and in no load."""
    WEEKLY = "weekly"
    """Of a person in a week; of the team, those of each person of whom nothing else is stated."""


@dataclass(frozen=True, slots=True)
class NewHours:
    """Hours of a team in a month, of one person or of all."""

    kind: HoursKind
    team: str
    month: Period
    hours: Decimal
    person: str = ""


def store_hours(transaction: Connection, rows: Sequence[NewHours], source: str, login: str, now: datetime) -> int:
    """The newest statement of a source counts; returns how many are new or others than before."""
    unique = {(one.kind, one.team.strip(), one.month, one.person.strip()): one for one in rows}
    stored = [
        {
            "kind": kind.value, "team": team, "month": month.first_day, "person": person, "hours": one.hours,
            "source": source, "login": login, "now": now,
        }
        for (kind, team, month, person), one in unique.items()
    ]  # fmt: skip
    changed = [row["kind"] for row in stored if transaction.execute(_STORE, row).rowcount]
    if HoursKind.WEEKLY.value in changed:
        _judge_teams(transaction)
    return len(changed)


def _judge_teams(transaction: Connection) -> None:
    """Measures with a team are judged by the hours of its people."""
    rows = transaction.execute(_WITH_TEAM, {"name": LOGGED_HOURS})
    mark_items(transaction, {(ConnectionName(row.connection), NativeId(row.native_id)) for row in rows})


def store_logged_hours(
    transaction: Connection, connection: str, entries: Iterable[TimeEntry], card: RateCard, first: Period, login: str,
    now: datetime,
) -> None:  # fmt: skip
    """All that was logged on a connection since a month, in place of what was stored of these months before."""
    sums: dict[tuple[str, Period, str], Decimal] = {}
    for one in entries:
        month = Period.of(one.day)
        if month >= first:
            key = (card.people.get(one.person, one.person), month, one.person)
            sums[key] = sums.get(key, Decimal(0)) + one.hours
    transaction.execute(_FORGET, {"source": connection, "first": first.first_day})
    rows = [NewHours(HoursKind.LOGGED, team, month, hours, person) for (team, month, person), hours in sums.items()]
    store_hours(transaction, rows, connection, login, now)


def store_planned_hours(
    engine: Engine,
    connection: str,
    hours: Mapping[tuple[str, str, Period, bool], Decimal],
    first: Period,
    now: datetime,
) -> None:
    """All for which people are planned on a connection from a month on, in place of what was stored of these months."""
    rows = [
        NewHours(HoursKind.PLANNED if counts else HoursKind.REQUESTED, team, month, amount, person)
        for (team, person, month, counts), amount in hours.items()
    ]
    with engine.begin() as transaction:
        transaction.execute(_FORGET_PLANNED, {"source": connection, "first": first.first_day})
        store_hours(transaction, rows, connection, "gatepost", now)


def capacity(connection: Connection, first: Period, last: Period, policy: WeeklyHours) -> list[TeamMonth]:
    """By team and month, of what the reader may see: hours of people are for those who see everything."""
    weekly = policy.with_stated({}, stated_week(connection, (), last, teams=False).teams, {})
    asked = {"first": first.first_day, "last": last.first_day}
    stated: dict[str, list[StatedHours]] = {kind.value: [] for kind in HoursKind}
    for row in connection.execute(_HOURS, asked):
        stated[row.kind].append(StatedHours(row.team, Period.of(row.month), row.hours))
    # Days as the facts hold them, whose order is that of their texts.
    shown = {"first": str(first.first_day), "last": str(last.plus(1).first_day - timedelta(days=1)), "day": _DAY}
    measures = [
        PlannedPeople(row.team, row.people, date.fromisoformat(row.begins), date.fromisoformat(row.ends))
        for row in connection.execute(_MEASURES, shown)
        if row.team
    ]
    return team_months(
        stated["planned"], stated["logged"], measures, first, last, weekly, requested=stated["requested"]
    )


_STORE = text("""
    INSERT INTO team_hours (kind, team, month, person, hours, source, entered_by, entered_at)
    VALUES (:kind, :team, :month, :person, :hours, :source, :login, :now)
    ON CONFLICT (kind, team, month, person, source) DO UPDATE
        SET hours = excluded.hours, entered_by = excluded.entered_by, entered_at = excluded.entered_at
        WHERE team_hours.hours <> excluded.hours
""")
_FORGET = text("DELETE FROM team_hours WHERE kind = 'logged' AND source = :source AND month >= :first")
_FORGET_PLANNED = text("""
    DELETE FROM team_hours WHERE kind IN ('planned', 'requested') AND source = :source AND month >= :first
""")
_HOURS = text("""
    SELECT kind, team, month, sum(hours) AS hours FROM team_hours
    WHERE month BETWEEN :first AND :last AND kind <> 'weekly' GROUP BY kind, team, month
""")
_WITH_TEAM = text("""
    SELECT DISTINCT m.connection, m.native_id FROM dependency AS d JOIN measure AS m ON m.id = d.measure_id
    WHERE d.on_name = :name AND m.unmapped_since IS NULL
""")
_MEASURES = text("""
    SELECT coalesce(planned_team, business_unit) AS team, sum(planned_people) AS people,
           greatest(work_begins, :first) AS begins, least(work_ends, :last) AS ends
    FROM measure
    WHERE planned_people > 0 AND unmapped_since IS NULL AND work_begins ~ :day AND work_ends ~ :day
      AND work_begins <= :last AND work_ends >= greatest(work_begins, :first)
      AND coalesce(off_ramp, '') NOT IN ('cancelled', 'killed')
    GROUP BY 1, 3, 4
""")
