"""Where value waits, and hours of teams, of what a reader may see."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import text

from connector.finance.capacity_file import read_capacity_file, save_hours
from connector.people.permissions import PersonId, Role, RoleGrant, Viewer
from connector.store.database.row_level_access import read_as
from connector.store.reporting.capacity import capacity, store_logged_hours, store_planned_hours
from connector.store.reporting.value_waits import WaitFilters, proposals, value_at_places, waiting_at
from connector.store.reporting.waiting_csv import places_csv
from connector.sync.stores import StatedWeek
from governance.capacity import PlannedPeople, TeamMonth, team_months
from governance.money import Period
from governance.waits import PlaceKind
from governance.weekly_hours import WeeklyHours
from mapping.imports.rate_card import CardRate, RateCard
from mapping.related_evidence import TimeEntry
from mapping.work_item import NativeId
from tests.connector.store.conftest import StoreFixture, open_store
from tests.connector.store.reporting.portfolio_data import OFFICE, GivenMeasure, save
from tests.databases import Databases

RATE = CardRate(who="field", since=date(2026, 1, 1), rate=Decimal(1), currency="EUR")
NOW = datetime(2026, 11, 5, 9, tzinfo=UTC)
ONE = Viewer(PersonId(5), "v", "V", (RoleGrant(Role.VIEWER, ("IT", "Branches")),))
GATE, WHO = ("gate", "Decided", False, ""), ("approval", "sponsor M. Brandt", False, "")
WAITS: dict[str, tuple[int, list[tuple[str, str, bool, str]]]] = {
    "ITX-1": (900, [GATE, WHO]),
    "ITX-2": (400, [GATE, WHO, ("team", "Network", True, "INC7"), ("team", "network", True, "INC8")]),
    "ITX-3": (50, [("team", "Network", False, "INC9")]),
    "ITX-4": (70, [("team", "Network", False, "INC10")]),
}


@pytest.fixture(scope="module")
def store(databases: Databases) -> Iterator[StoreFixture]:
    with databases.one() as url, open_store(url) as opened:
        save(opened.engine, GivenMeasure(1), GivenMeasure(2, ("IT", "Branches", "Tills", None)),
             GivenMeasure(3), GivenMeasure(4))  # fmt: skip
        with opened.engine.begin() as transaction:
            for key, (a_day, waits) in WAITS.items():
                put(transaction, key, a_day, waits)
        yield opened


def put(
    transaction: object, key: str, a_day: int, waits: list[tuple[str, str, bool, str]], currency: str = "EUR"
) -> None:
    amount = {"amount": str(a_day), "currency": currency}
    named = [
        {"kind": kind, "place": place, "since": "2026-10-01T09:00:00+00:00", "queued": queued, "ticket": ticket}
        for kind, place, queued, ticket in waits
    ]
    verdict = {"value_waits": {"a_day": {"money": amount, "own": amount}, "waits": named} if waits else None}
    values = {"v": json.dumps(verdict), "key": key, "d": f"{key} {a_day} {len(waits)}"}
    sql = "UPDATE measure SET verdict = verdict || CAST(:v AS jsonb), verdict_digest = :d WHERE key = :key"
    transaction.execute(text(sql), values)  # type: ignore[attr-defined]


def test_each_measure_counts_once_at_a_place(store: StoreFixture) -> None:
    with read_as(store.engine, OFFICE) as connection:
        found = value_at_places(connection, "EUR")
        teams = value_at_places(connection, "EUR", WaitFilters(PlaceKind.TEAM, "NET"))
        assert value_at_places(connection, "USD").places == ()
    assert (found.a_day, found.measures, found.is_whole) == (1420, 4, True)
    assert [(one.kind.value, one.place, one.a_day, one.freed, one.measures) for one in found.places] == [
        ("approval", "sponsor M. Brandt", 1300, 900, 2),
        ("gate", "Decided", 1300, 900, 2),
        ("team", "Network", 520, 120, 3),
    ]
    assert [one.place for one in teams.places] == ["Network"]
    assert places_csv(found.places, "EUR").splitlines()[1] == (
        "approval,sponsor M. Brandt,1300.00,900.00,EUR,2,2026-10-01T09:00:00Z"
    )


def test_proposals_name_what_waits_in_their_place(store: StoreFixture) -> None:
    with read_as(store.engine, OFFICE) as connection:
        places = value_at_places(connection, "EUR").places
        first, second = proposals(connection, "EUR", places)
        dearest = waiting_at(connection, "EUR", places)[PlaceKind.APPROVAL, "sponsor M. Brandt"]
        assert proposals(connection, "EUR", places, waiting=waiting_at(connection, "EUR", places)) == [first, second]
    assert (first.sentence, first.frees, first.costs) == ("sponsor M. Brandt decides on 2 measures", 900, 0)
    assert (second.sentence, second.frees, second.after_others) == ("Network takes INC7 of ITX-2 up next", 0, 400)
    assert (second.costs, second.cost_sentence) == (50, "ITX-3 waits in its place")
    assert [one.key for one in dearest] == ["ITX-1", "ITX-2"]


def test_a_reader_sees_what_waits_of_their_measures(store: StoreFixture) -> None:
    with read_as(store.engine, ONE) as connection:
        found = value_at_places(connection, "EUR")
    assert (found.a_day, found.measures) == (400, 1)


def test_what_waits_no_more_is_gone(store: StoreFixture) -> None:
    with store.engine.begin() as transaction:
        put(transaction, "ITX-4", 70, [])
        assert (
            transaction.execute(text("SELECT count(*) FROM value_wait WHERE measure_id = 'jira-main/4'")).scalar() == 0
        )
        put(transaction, "ITX-4", 70, WAITS["ITX-4"][1])
        transaction.execute(text("UPDATE measure SET unmapped_since = now() WHERE key = 'ITX-4'"))
        assert (
            transaction.execute(text("SELECT count(*) FROM value_wait WHERE measure_id = 'jira-main/4'")).scalar() == 0
        )
        transaction.execute(text("UPDATE measure SET unmapped_since = NULL WHERE key = 'ITX-4'"))


def test_hours_of_teams_come_from_files_and_measures(store: StoreFixture) -> None:
    content = b"Team,Month,Person,Planned,Logged\nNetwork,2026-10,A. Kaya,160,210\nNetwork,2026-10-01,B. Li,160,190\n"
    stated = read_capacity_file("hours.csv", content)
    assert not isinstance(stated, str)
    assert save_hours(store.engine, stated, "hours.csv", "office", NOW, dry_run=True).changed == 4
    assert save_hours(store.engine, stated, "hours.csv", "office", NOW).changed == 4
    assert save_hours(store.engine, stated, "hours.csv", "office", NOW).changed == 0, "stated again"
    facts = {"planned_people": "2", "planned_team": "network", "start": "2026-10-01", "end": "2026-10-31"}
    sql = "UPDATE measure SET facts = facts || CAST(:f AS jsonb) WHERE key = 'ITX-2'"
    with store.engine.begin() as transaction:
        transaction.execute(text(sql), {"f": json.dumps(facts)})
    month = Period(2026, 10)
    with read_as(store.engine, OFFICE) as connection:
        (found,) = capacity(connection, month, month, WeeklyHours(Decimal(40)))
    assert found == TeamMonth("Network", month, Decimal(320), Decimal(352), Decimal(400))
    assert (found.load, found.free) == (Decimal("1.25"), Decimal(-32))
    with read_as(store.engine, ONE) as connection:
        (seen,) = capacity(connection, month, month, WeeklyHours(Decimal(40)))
    assert (seen.planned, seen.logged) == (352, None), "hours that name people are for those who see everything"


def test_hours_of_a_week_come_from_a_file_and_have_teams_judged(store: StoreFixture) -> None:
    content = (
        b"team,month,person,weekly,logged\nNight shift,2026-09,,38,\nNight shift,2026-10,,36,\nNight shift,2026-12,,30,\n"
        b"Night shift,2026-10,A. Kaya,32,\nNight shift,2026-10,M. Two,,100\nNetwork,2026-09,M. Two,,100\n"
    )
    stated = read_capacity_file("weekly.csv", content)
    assert not isinstance(stated, str)
    with store.engine.begin() as transaction:
        transaction.execute(text("INSERT INTO dependency VALUES ('jira-main/2', 'jira-main', 'logged:')"))
        transaction.execute(text("DELETE FROM dirty_key"))
    assert save_hours(store.engine, stated, "weekly.csv", "office", NOW).changed == 6
    assert [row.native_id for row in store.rows("SELECT native_id FROM dirty_key")] == ["2"]
    month = Period(2026, 11)
    found = store.stored_state.stated_hours({"a. kaya", "m. two", "x. new"}, month, teams=False)
    assert found == StatedWeek({"a. kaya": Decimal(32)}, {"night shift": Decimal(36)}, {
        "a. kaya": ("network", "night shift"), "m. two": ("night shift",),
    }), "the teams of the newest month, from whatever file"  # fmt: skip
    facts = {"planned_people": "1", "planned_team": "night shift", "start": "2026-11-01", "end": "2026-11-30"}
    sql = "UPDATE measure SET facts = facts || CAST(:f AS jsonb) WHERE key = 'ITX-2'"
    with store.engine.begin() as transaction:
        transaction.execute(text(sql), {"f": json.dumps(facts)})
    for viewer in (OFFICE, ONE):
        with read_as(store.engine, viewer) as connection:
            rows = capacity(connection, month, month, WeeklyHours(None))
        assert [one.by_measures for one in rows if one.team.casefold() == "night shift"] == [Decimal("151.2")], (
            "36 × 21 / 5"
        )


def test_planned_hours_of_a_connection_take_the_place_of_what_it_said_before(store: StoreFixture) -> None:
    """Half a person, somebody in two teams, what is only requested, and a month of which nobody states a plan."""
    july, august, september = (Period(2026, month) for month in (7, 8, 9))
    first = {
        ("Field", "A. Kaya", july, True): Decimal(70),
        ("Field", "A. Kaya", august, True): Decimal(84), ("Site", "A. Kaya", august, True): Decimal(84),
        ("Field", "B. Li", august, True): Decimal(168), ("Field", "", august, False): Decimal(40),
    }  # fmt: skip
    store_planned_hours(store.engine, "snow", first, july, NOW)
    entries = [
        TimeEntry(person, NativeId("incident:1"), None, "incident", day, Decimal(hours))
        for person, day, hours in (
            ("k", date(2026, 8, 3), 100), ("k", date(2026, 8, 31), 20), ("l", date(2026, 8, 4), 160),
            ("k", date(2026, 9, 1), 30), ("k", date(2026, 6, 30), 9),
        )
    ]  # fmt: skip
    card = RateCard(name="c", people={"k": "field", "l": "Site"}, rates=[RATE])
    with store.engine.begin() as transaction:
        store_logged_hours(transaction, "jira", entries, card, july, "bot", NOW)

    def found(viewer: Viewer = OFFICE) -> dict[tuple[str, Period], tuple[object, ...]]:
        with read_as(store.engine, viewer) as connection:
            rows = capacity(connection, july, september, WeeklyHours(Decimal(40)))
        return {
            (one.team.casefold(), one.month): (one.planned, one.logged, one.load, one.requested)
            for one in rows if one.team.casefold() in {"field", "site"}
        }  # fmt: skip

    assert found() == {
        ("field", july): (70, None, None, None),
        ("field", august): (252, 120, Decimal(120) / 252, 40),
        ("site", august): (84, 160, Decimal(160) / 84, None),
        ("field", september): (None, 30, None, None),
    }, "without a plan the load is not known, whatever was logged"
    assert found(ONE) == {}, "hours of people are for those who see everything"
    # The next sweep begins with August: July stays as it was planned then.
    store_planned_hours(store.engine, "snow", {("Field", "B. Li", august, True): Decimal(160)}, august, NOW)
    again = found()
    assert (again["field", july][0], again["field", august], again["site", august][0]) == (
        70, (160, 120, Decimal("0.75"), None), None,
    )  # fmt: skip


def test_people_of_many_measures_add_up_as_each_of_them_alone(store: StoreFixture) -> None:
    """The database adds them up by the days that are shown; here each measure is added up by itself."""
    days = [
        ("2026-07-09", "2026-08-20"), ("2026-08-03", "2026-12-04"), ("2026-09-30", "2026-09-30"),
        ("2025-01-01", "2027-01-01"), ("2026-10-31", "2026-11-01"), ("2026-12-01", "2027-03-05"),
        ("2026-08-31", "2026-08-30"), ("2026-06-01", "2026-08-31"), ("soon", "2026-10-31"), ("2026-09-02", None),
    ]  # fmt: skip
    given = [(begin, end, Decimal(number) / 4) for number, (begin, end) in enumerate(days * 2, start=1)]
    facts = [
        {
            "planned_people": str(people),
            "planned_team": ("Rails", "rails", "Roads")[number % 3],
            "start": begin,
            "end": end,
        }
        for number, (begin, end, people) in enumerate(given)
    ]
    ids = range(100, 100 + len(facts))
    save(store.engine, *(GivenMeasure(number) for number in ids))
    with store.engine.begin() as transaction:
        for number, one in zip(ids, facts, strict=True):
            sql = text("UPDATE measure SET facts = facts || CAST(:f AS jsonb) WHERE key = :key")
            transaction.execute(sql, {"f": json.dumps(one), "key": f"ITX-{number}"})
        off = """UPDATE measure SET measure_state = measure_state || '{"off_ramp": {"kind": "cancelled"}}' WHERE key = 'ITX-100'"""
        transaction.execute(text(off))
    first, last = Period(2026, 9), Period(2026, 12)
    alone = [
        PlannedPeople(str(one["planned_team"]), people, date.fromisoformat(begin), date.fromisoformat(end))
        for one, (begin, end, people) in list(zip(facts, given, strict=True))[1:]
        if end and begin != "soon" and begin <= end
    ]
    with read_as(store.engine, OFFICE) as connection:
        found = capacity(connection, first, last, WeeklyHours(Decimal("38.5")))
    own = [one for one in found if one.team.casefold() in {"rails", "roads"}]
    expected = team_months([], [], alone, first, last, WeeklyHours(Decimal("38.5")))
    by_key = {(one.team.casefold(), one.month): (one.planned, one.by_measures) for one in expected}
    assert {(one.team.casefold(), one.month): (one.planned, one.by_measures) for one in own} == by_key
    assert len(by_key) == 8


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"team,hours\nNetwork,1", "The first line has to name the columns team, month and planned (or logged, or weekly); there are "
         "team, hours."),
        (b"team,month,planned\n,2026-10,1", "line 2: no team is named."),
        (b"team,month,planned\nNetwork,October,1", 'line 2: "October" is no month; write 2026-10.'),
        (b"team,month,logged\nNetwork,2026-10,-1", 'line 2: "-1" is no number of hours.'),
        (b"team,month,weekly\nNetwork,2026-10,168.5", "line 2: a week has 168 hours, and 168.5 are stated."),
        (
            b"team,month,planned\nNetwork,2026-10,100\nDesk,2026-10,7\nNetwork,2026-10-01,50",
            "line 4: line 2 states the planned hours of Network in 2026-10 already.",
        ),
    ],
)  # fmt: skip
def test_a_wrong_line_stops_the_whole_file(store: StoreFixture, content: bytes, problem: str) -> None:
    stated = read_capacity_file("hours.csv", content)
    found = stated if isinstance(stated, str) else save_hours(store.engine, stated, "f", "office", NOW).problems[0]
    assert str(found) == problem


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_the_first_of_a_place_are_those_of_all_its_measures_in_order(store: StoreFixture, limit: int) -> None:
    """Who has not been taken up comes first, then the dearest, then the key: also where many cost the same."""
    ids = range(300, 312)
    waits = {f"ITX-{number}": (50 + number % 3, number % 2 == 0) for number in ids}
    if store.rows("SELECT 1 FROM measure WHERE key = 'ITX-300'") == []:
        save(store.engine, *(GivenMeasure(number) for number in ids))
    with store.engine.begin() as transaction:
        for key, (a_day, queued) in waits.items():
            put(transaction, key, a_day, [("team", "Desk", queued, f"T-{key}")], currency="CHF")
    with read_as(store.engine, OFFICE) as connection:
        places = value_at_places(connection, "CHF").places
        found = waiting_at(connection, "CHF", places, limit)
    expected = sorted(waits, key=lambda key: (not waits[key][1], -waits[key][0], key))
    assert [one.key for one in found[PlaceKind.TEAM, "Desk"]] == expected[:limit]
