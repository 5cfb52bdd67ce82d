"""When papers are due: month ends, leap years, fiscal years, changes of the clock, holidays, and what was missed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from governance.definitions.years import YearName
from governance.reporting_calendar import (
    MOST_MISSED,
    Cadence,
    DayRule,
    FiscalCalendar,
    IssueState,
    Schedule,
    WorkingDays,
    state_before_sending,
)

BERLIN = ZoneInfo("Europe/Berlin")
CALENDAR = FiscalCalendar()


@pytest.mark.parametrize(
    ("cadence", "calendar", "day", "label", "first", "last"),
    [
        ("week", CALENDAR, date(2026, 11, 29), "2026-W48", date(2026, 11, 23), date(2026, 11, 29)),
        ("week", CALENDAR, date(2027, 1, 1), "2026-W53", date(2026, 12, 28), date(2027, 1, 3)),
        ("week", CALENDAR, date(2024, 12, 31), "2025-W01", date(2024, 12, 30), date(2025, 1, 5)),
        ("month", CALENDAR, date(2028, 2, 29), "2028-02", date(2028, 2, 1), date(2028, 2, 29)),
        ("month", CALENDAR, date(2027, 2, 28), "2027-02", date(2027, 2, 1), date(2027, 2, 28)),
        ("month", CALENDAR, date(2026, 12, 31), "2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        ("quarter", CALENDAR, date(2026, 3, 31), "FY2026-Q1", date(2026, 1, 1), date(2026, 3, 31)),
        ("quarter", FiscalCalendar(4), date(2026, 3, 31), "FY2025-Q4", date(2026, 1, 1), date(2026, 3, 31)),
        ("quarter", FiscalCalendar(4, YearName.LAST), date(2026, 4, 1), "FY2027-Q1", date(2026, 4, 1), date(2026, 6, 30)),
        ("quarter", FiscalCalendar(10, YearName.LAST), date(2026, 9, 30), "FY2026-Q4", date(2026, 7, 1),
         date(2026, 9, 30)),
        # A fiscal year may begin in a month that no calendar quarter begins in.
        ("quarter", FiscalCalendar(2), date(2028, 2, 1), "FY2028-Q1", date(2028, 2, 1), date(2028, 4, 30)),
        ("quarter", FiscalCalendar(12), date(2028, 2, 29), "FY2027-Q1", date(2027, 12, 1), date(2028, 2, 29)),
    ],
)  # fmt: skip
def test_which_period_a_day_lies_in(
    cadence: str, calendar: FiscalCalendar, day: date, label: str, first: date, last: date
) -> None:
    found = calendar.period_of(Cadence(cadence), day)
    assert (found.label, found.first, found.last) == (label, first, last)
    assert calendar.named(label) == found
    assert calendar.preceding(calendar.following(found)) == found


@pytest.mark.parametrize("label", ["", "2026", "2026-13", "2026-W54", "2025-W53", "FY2026-Q5", "FY-Q1", "FYx-Qy",
                                   "FY99999-Q1", "FY0001-Q1", "2026-1", "W-W"])  # fmt: skip
def test_what_names_no_period(label: str) -> None:
    assert CALENDAR.named(label) is None


def test_every_quarter_of_every_fiscal_year_is_found_by_its_name() -> None:
    for start in range(1, 13):
        for named_by in YearName:
            calendar = FiscalCalendar(start, named_by)
            period = calendar.period_of(Cadence.QUARTER, date(2026, 5, 15))
            for _ in range(8):
                assert calendar.named(period.label) == period
                assert len(period.months) == 3
                period = calendar.following(period)


def schedule(
    cadence: str = "month", cut_off: int = 3, send: int = 5, cut_at: str = "18:00", at: str = "08:00", *,
    zone: ZoneInfo = BERLIN, holidays: tuple[date, ...] = (), start: int = 1,
) -> Schedule:  # fmt: skip
    return Schedule(
        Cadence(cadence), DayRule(cut_off, time.fromisoformat(cut_at)), DayRule(send, time.fromisoformat(at)), zone,
        WorkingDays(frozenset(holidays)), FiscalCalendar(start),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "day", "cut_off", "due"),
    [
        pytest.param(schedule(), date(2026, 10, 15), "2026-11-04T17:00Z", "2026-11-06T07:00Z", id="a month, in winter"),
        pytest.param(schedule(), date(2026, 6, 1), "2026-07-03T16:00Z", "2026-07-07T06:00Z", id="in summer"),
        pytest.param(schedule(), date(2027, 2, 28), "2027-03-03T17:00Z", "2027-03-05T07:00Z", id="February of 28 days"),
        pytest.param(
            schedule(cut_off=-2, send=-1), date(2028, 2, 1), "2028-02-28T17:00Z", "2028-02-29T07:00Z", id="leap year"
        ),
        pytest.param(
            schedule(cut_off=-2, send=-1), date(2026, 5, 1), "2026-05-28T16:00Z", "2026-05-29T06:00Z",
            id="a month that ends on a Sunday: its last working day is Friday",
        ),
        pytest.param(
            schedule(cut_off=-2, send=-1, holidays=(date(2026, 12, 31), date(2026, 12, 25))), date(2026, 12, 1),
            "2026-12-29T17:00Z", "2026-12-30T07:00Z", id="the last working day before a holiday",
        ),
        pytest.param(
            schedule(cut_off=-1, send=1, holidays=(date(2027, 1, 1),)), date(2026, 12, 5),
            "2026-12-31T17:00Z", "2027-01-04T07:00Z", id="the first working day after New Year and a weekend",
        ),
        pytest.param(
            schedule("week", -1, 1, "12:00"), date(2026, 11, 25), "2026-11-27T11:00Z", "2026-11-30T07:00Z",
            id="a week: Friday noon, Monday morning",
        ),
        pytest.param(
            schedule("week", -1, 1, holidays=(date(2026, 4, 3), date(2026, 4, 6))), date(2026, 4, 1),
            "2026-04-02T16:00Z", "2026-04-07T06:00Z", id="Good Friday and Easter Monday",
        ),
        pytest.param(
            schedule("quarter", 5, 10, start=4), date(2026, 5, 5), "2026-07-07T16:00Z", "2026-07-14T06:00Z",
            id="a fiscal quarter",
        ),
        pytest.param(
            schedule(send=-1, cut_off=-1, cut_at="01:30", at="02:30"), date(2024, 3, 15), "2024-03-29T00:30Z",
            "2024-03-29T01:30Z", id="the Friday before the clocks go forward",
        ),
    ],
)  # fmt: skip
def test_cut_off_and_due(given: Schedule, day: date, cut_off: str, due: str) -> None:
    found = given.dates_of(given.fiscal.period_of(given.cadence, day))
    assert (found.cut_off, found.due) == (datetime.fromisoformat(cut_off), datetime.fromisoformat(due))
    assert found.due.tzinfo is UTC


@pytest.mark.parametrize(
    ("zone", "holidays", "day", "at", "due"),
    [
        # Cairo changed its clocks on a Friday, 24 April 2026 at midnight: half past twelve at night is not there.
        ("Africa/Cairo", (), date(2026, 4, 20), "00:30", "2026-04-23T22:30Z"),
        # The day before, and after.
        ("Africa/Cairo", (date(2026, 4, 24),), date(2026, 4, 20), "00:30", "2026-04-22T22:30Z"),
        # Sydney is ahead: its Friday morning is Thursday in UTC.
        ("Australia/Sydney", (), date(2026, 4, 2), "08:00", "2026-04-02T21:00Z"),
        ("Australia/Sydney", (), date(2026, 4, 8), "08:00", "2026-04-09T22:00Z"),
        ("America/New_York", (), date(2026, 11, 4), "08:00", "2026-11-06T13:00Z"),
        ("America/New_York", (), date(2026, 10, 28), "08:00", "2026-10-30T12:00Z"),
    ],
)
def test_changes_of_the_clock(zone: str, holidays: tuple[date, ...], day: date, at: str, due: str) -> None:
    given = schedule("week", -1, -1, "00:00", at, zone=ZoneInfo(zone), holidays=holidays)
    assert given.dates_of(given.fiscal.period_of(Cadence.WEEK, day)).due == datetime.fromisoformat(due)


def test_an_hour_that_comes_twice_is_taken_once_and_first() -> None:
    # Cairo set its clocks back on Friday, 30 October 2026 at midnight: Thursday 23:30 came twice.
    given = schedule("week", -2, -2, "00:00", "23:30", zone=ZoneInfo("Africa/Cairo"))
    assert given.dates_of(given.fiscal.period_of(Cadence.WEEK, date(2026, 10, 29))).due == datetime(
        2026, 10, 29, 20, 30, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("now", "latest", "following"),
    [
        ("2026-11-06T06:59:59Z", "2026-09", "2026-10"),
        ("2026-11-06T07:00Z", "2026-10", "2026-11"),
        ("2026-12-07T06:59Z", "2026-10", "2026-11"),
        ("2026-12-31T23:00Z", "2026-11", "2026-12"),
    ],
)
def test_the_latest_that_is_due_and_the_next(now: str, latest: str, following: str) -> None:
    at = datetime.fromisoformat(now)
    assert schedule().latest_due(at).period.label == latest
    assert schedule().next_due(at).period.label == following


def test_what_is_sent_within_its_own_period_is_due_before_it_ends() -> None:
    given = schedule("month", -3, -1)
    assert given.latest_due(datetime(2026, 11, 30, 7, 0, tzinfo=UTC)).period.label == "2026-11"
    assert given.latest_due(datetime(2026, 11, 30, 6, 59, tzinfo=UTC)).period.label == "2026-10"


def test_after_an_outage_the_newest_comes_first_and_what_was_due_before_the_paper_was_known_does_not() -> None:
    given = schedule("week", -1, 1)
    known_since = datetime(2026, 10, 12, 12, 0, tzinfo=UTC)
    now = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
    assert [one.period.label for one in given.due_since(known_since, now)] == ["2026-W44", "2026-W43", "2026-W42"]
    assert given.due_since(now, now) == ()
    assert len(given.due_since(datetime(2000, 1, 1, tzinfo=UTC), now)) == MOST_MISSED


def test_months_of_a_period() -> None:
    month = CALENDAR.period_of(Cadence.MONTH, date(2026, 1, 9))
    assert [str(one) for one in month.months] == ["2026-01"]
    week = CALENDAR.period_of(Cadence.WEEK, date(2026, 1, 9))
    assert (week.months, str(week.closing_month)) == ((), "2025-12")
    assert str(CALENDAR.period_of(Cadence.QUARTER, date(2026, 1, 9)).closing_month) == "2026-03"


def test_states_before_sending() -> None:
    dates = schedule().next_due(datetime(2026, 11, 10, tzinfo=UTC))
    before, after = dates.cut_off - timedelta(seconds=1), dates.cut_off
    assert state_before_sending(dates, before, paused=False) is IssueState.COLLECTING
    assert state_before_sending(dates, after, paused=False) is IssueState.CLOSED
    assert state_before_sending(dates, after, paused=True) is IssueState.PAUSED


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (DayRule(3, time(18)), "working day 3 after it, 18:00"),
        (DayRule(-1, time(12)), "its last working day, 12:00"),
        (DayRule(-2, time(7, 30)), "its working day 2 from the end, 07:30"),
    ],
)
def test_rules_in_words(rule: DayRule, text: str) -> None:
    assert rule.text == text
