"""People who carry more than their hours for weeks while the status is green."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from governance.assess import assess
from governance.evidence import Team, TeamMember
from governance.facts import Fact, Unknown
from governance.overload import overloaded, window_days
from governance.verdict import Finding
from tests.governance.factory import NOW, POLICY, evidence, measure

LAST = date(2026, 11, 9)
"""Monday of the last whole week: now is Saturday, 21 November."""
FORTY = Decimal(40)


def member(*hours: str, name: str = "A. Kaya", last: date = LAST) -> TeamMember:
    """Hours of the weeks that end with the last one."""
    mondays = (last - timedelta(days=7 * number) for number in range(len(hours) - 1, -1, -1))
    return TeamMember(name, Decimal(0), Decimal(0), weeks=tuple(zip(mondays, map(Decimal, hours), strict=True)))


@pytest.mark.parametrize(
    ("some", "weeks"),
    [
        pytest.param(member("41", "41", "41"), [3], id="three weeks"),
        pytest.param(member("40.1", "40.1", "40.1"), [3], id="a little more each week"),
        pytest.param(member("40", "41", "41"), [], id="exactly the hours is not more"),
        pytest.param(member("41", "41"), [], id="two weeks"),
        pytest.param(member("60", "60", "60", "39"), [], id="the last week is in order"),
        pytest.param(member("50", "50", "50", "50"), [4], id="a fourth week counts"),
        pytest.param(member("50", "50", "50", last=LAST + timedelta(days=7)), [], id="this week is not over"),
        pytest.param(member(), [], id="no hours"),
    ],
)
def test_weeks_in_a_row_with_more_than_the_hours(some: TeamMember, weeks: list[int]) -> None:
    assert [one.weeks for one in overloaded(Team((some,), 14), FORTY, 3, NOW.date())] == weeks


@pytest.mark.parametrize(
    ("some", "hours", "weeks"),
    [
        pytest.param(member("32", "32", "32"), Decimal(32), [], id="exactly their hours"),
        pytest.param(member("32.1", "33", "34"), Decimal(32), [3], id="more than their 32, less than 40"),
        pytest.param(member("45", "45", "45"), Decimal(48), [], id="more than 40, less than their 48"),
        pytest.param(member("1", "1", "1"), Decimal(0), [3], id="somebody who has no hours"),
        pytest.param(member("60", "60", "60"), Unknown("nobody states them"), [], id="not known"),
    ],
)
def test_the_hours_of_the_person_count(some: TeamMember, hours: Fact[Decimal], weeks: list[int]) -> None:
    team = Team((replace(some, weekly_hours=hours),), 14)
    assert [one.weeks for one in overloaded(team, FORTY, 3, NOW.date())] == weeks


def test_so_many_days_are_read_that_the_weeks_are_whole_on_any_day() -> None:
    for day in range(7):
        today = date(2026, 11, 16) + timedelta(days=day)
        first = today - timedelta(days=today.weekday()) - timedelta(days=21)
        assert today - timedelta(days=window_days(3)) <= first


def found(team: Team, code: str = "OVERLOAD", **more: object) -> list[Finding]:
    verdict = assess(measure(), replace(evidence("decided", team=team), **more), POLICY, NOW)  # type: ignore[arg-type]
    return [one for one in verdict.findings if one.code == code]


def test_it_is_reported_while_the_work_counts_as_green() -> None:
    team = Team((member("45", "50", "55"), member("30", "30", "30", name="B. Li")), 14)
    (finding,) = found(team, progress=Decimal(1))
    assert finding.sentence == (
        "1 of 2 people log more than 40 hours a week (A. Kaya 50.0 h for 3 weeks), and the work counts as green"
    )
    assert finding.who == "owner A. Kaya and sponsor M. Brandt"
    assert not found(team, progress=Decimal("0.1"), children=None), "a status that is red says it already"
    assert not found(replace(team, members=team.members[1:]))


def test_whose_hours_differ_is_named_with_them() -> None:
    people = (member("41", "41", "41"), replace(member("30", "30", "30", name="P. Half"), weekly_hours=Decimal(20)))
    (finding,) = found(Team(people, 14), progress=Decimal(1))
    assert finding.sentence == (
        "2 of 2 people log more than their hours a week (P. Half 30.0 of 20 h for 3 weeks, A. Kaya 41.0 of 40 h for 3 "
        "weeks), and the work counts as green"
    )


def test_of_somebody_whose_hours_nobody_states_nobody_says_that_they_are_in_order() -> None:
    unknown = Unknown("nobody states them")
    some = replace(member("12", "14", "16", name="X. New"), weekly_hours=unknown)
    idle = replace(member("12", "0", "16", name="Y. Idle"), weekly_hours=unknown)
    team = Team((member("30", "30", "30"), some, idle), 14)
    assert not found(team, progress=Decimal(1))
    (finding,) = found(team, "EVIDENCE_UNKNOWN", progress=Decimal(1))
    assert (finding.sentence, finding.who) == (
        "nobody states the weekly hours of people of the team, so it is not known whether what they log is more: X. New "
        "(14.0 h a week for 3 weeks)",
        "administrator",
    )
    assert not found(team, "EVIDENCE_UNKNOWN", progress=Decimal("0.1"), children=None), "it is red already"
    assert not found(Team((idle,), 14), "EVIDENCE_UNKNOWN", progress=Decimal(1))


def test_somebody_in_two_teams_counts_once_with_all_their_hours_and_half_a_week_is_no_overload() -> None:
    """Hours are those of the person, on whatever item: each measure on whose team they are is told of the same ones."""
    both = member("41", "41", "41")
    half = member("20", "20", "20", name="P. Half")
    for team in (Team((both, half), 14), Team((half, both), 14)):
        (finding,) = found(team, progress=Decimal(1))
        assert "1 of 2 people log more than 40 hours a week (A. Kaya 41.0 h for 3 weeks)" in finding.sentence
    assert not found(Team((half,), 14), progress=Decimal(1))
