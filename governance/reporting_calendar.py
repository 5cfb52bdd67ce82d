"""When papers are due: weeks, months and fiscal quarters, with a cut-off and a moment of sending.

Pure calendar arithmetic: the clock, the time zone and the holidays are given.  A day is counted in working days, from
the end of the period that a paper reports on: ``1`` is the first working day after it, ``-1`` its last working day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from governance.definitions.years import FiscalYear, YearName
from governance.money import Period

SATURDAY = 5
DAY = timedelta(days=1)
MOST_MISSED = 60
"""Periods that are looked back at after an outage: more than a year of weeks."""


class Cadence(StrEnum):
    """How often a paper comes, and so which period it reports on."""

    WEEK = "week"
    """Monday to Sunday, by ISO 8601."""
    MONTH = "month"
    QUARTER = "quarter"
    """Of the fiscal year."""

    @property
    def adjective(self) -> str:
        return {"week": "weekly", "month": "monthly", "quarter": "quarterly"}[self.value]


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Monday to Friday without the holidays."""

    holidays: frozenset[date] = frozenset()

    def is_working(self, day: date) -> bool:
        return day.weekday() < SATURDAY and day not in self.holidays

    def after(self, day: date, number: int) -> date:
        """The ``number``-th working day after a day, which itself does not count."""
        found = day
        for _ in range(number):
            found = self._next(found + DAY, DAY)
        return found

    def back_from(self, day: date, number: int) -> date:
        """The ``number``-th working day counted back from a day, which itself counts."""
        found = self._next(day, -DAY)
        for _ in range(number - 1):
            found = self._next(found - DAY, -DAY)
        return found

    def _next(self, day: date, step: timedelta) -> date:
        while not self.is_working(day):
            day += step
        return day


@dataclass(frozen=True, slots=True)
class DayRule:
    """A day relative to the end of a period, and a time of that day."""

    working_day: int
    """``1`` and more: after the period.  ``-1`` and less: counted back from its end.  Never 0."""
    at: time
    """Wall clock of the calendar's time zone."""

    @property
    def order(self) -> tuple[int, time]:
        """Earlier ones first."""
        return (self.working_day, self.at)

    @property
    def text(self) -> str:
        """``working day 3 after it, 18:00``; ``its last working day, 12:00``."""
        number = self.working_day
        if number > 0:
            day = f"working day {number} after it"
        else:
            day = "its last working day" if number == -1 else f"its working day {-number} from the end"
        return f"{day}, {self.at:%H:%M}"


@dataclass(frozen=True, slots=True)
class PaperPeriod:
    """What one issue of a paper reports on."""

    cadence: Cadence
    first: date
    last: date
    label: str
    """``2027-W05``, ``2027-02``, ``FY2027-Q1``; unique within a cadence, and in order within a fiscal year."""

    @property
    def months(self) -> tuple[Period, ...]:
        """Every month that lies in it wholly; none of a week."""
        if self.cadence is Cadence.WEEK:
            return ()
        return tuple(Period.of(self.first).until(Period.of(self.last)))

    @property
    def closing_month(self) -> Period:
        """The month whose books have to be in for it: its last, of a week the last one that was over when it ended."""
        return Period.of(self.first).plus(-1) if self.cadence is Cadence.WEEK else Period.of(self.last)


@dataclass(frozen=True, slots=True)
class FiscalCalendar:
    """Where weeks, months and fiscal quarters begin."""

    start: int = 1
    """Number of the month in which the fiscal year begins."""
    named_by: YearName = YearName.FIRST

    def period_of(self, cadence: Cadence, day: date) -> PaperPeriod:
        """The period in which a day lies."""
        if cadence is Cadence.WEEK:
            first = day - timedelta(days=day.weekday())
            year, week, _ = first.isocalendar()
            return PaperPeriod(cadence, first, first + 6 * DAY, f"{year}-W{week:02d}")
        month = Period.of(day)
        if cadence is Cadence.MONTH:
            return PaperPeriod(cadence, month.first_day, month.last_day, str(month))
        year_of_day = FiscalYear.of(day, self.start, self.named_by)
        number = ((month.year - year_of_day.first.year) * 12 + month.month - year_of_day.first.month) // 3
        begin = year_of_day.first.plus(3 * number)
        return PaperPeriod(cadence, begin.first_day, begin.plus(2).last_day, f"FY{year_of_day.name}-Q{number + 1}")

    def following(self, period: PaperPeriod) -> PaperPeriod:
        return self.period_of(period.cadence, period.last + DAY)

    def preceding(self, period: PaperPeriod) -> PaperPeriod:
        return self.period_of(period.cadence, period.first - DAY)

    def named(self, label: str) -> PaperPeriod | None:
        """The period of a label; ``None`` for what is none."""
        kind, day = _day_in(label)
        if kind is None or day is None:
            return None
        if kind is not Cadence.QUARTER:
            found = self.period_of(kind, day)
            return found if found.label == label else None
        # The name of a fiscal year lies in it, or in the calendar year before or after.
        name, number = day.year, day.month
        for month in range(1, 13):
            for year in (name - 1, name, name + 1):
                found = self.period_of(kind, date(year, month, 1))
                if found.label == f"FY{name}-Q{number}":
                    return found
        return None


def _day_in(label: str) -> tuple[Cadence | None, date | None]:
    """A day of a week or month; of a quarter its year and number, as year and month of a date."""
    try:
        if "-W" in label:
            year, week = label.split("-W")
            return Cadence.WEEK, date.fromisocalendar(int(year), int(week), 1)
        if label.startswith("FY"):
            year, number = label[2:].split("-Q")
            return (Cadence.QUARTER, date(int(year), int(number), 1)) if 2 <= int(year) <= 9_998 else (None, None)
        return Cadence.MONTH, Period.parse(label).first_day
    except (ValueError, OverflowError):
        return None, None


@dataclass(frozen=True, slots=True)
class IssueDates:
    """One issue of a paper: what it reports on, until when is reported, and when it is sent."""

    period: PaperPeriod
    cut_off: datetime
    """UTC; figures are those that were known then."""
    due: datetime
    """UTC."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When the issues of a paper are due."""

    cadence: Cadence
    cut_off: DayRule
    send: DayRule
    zone: tzinfo
    days: WorkingDays = WorkingDays()
    fiscal: FiscalCalendar = FiscalCalendar()

    @property
    def text(self) -> str:
        """``month, cut-off working day 3 after it, 18:00; sent working day 5 after it, 08:00 (Europe/Berlin)``"""
        return f"{self.cadence.value}, cut-off {self.cut_off.text}; sent {self.send.text} ({self.zone})"

    def dates_of(self, period: PaperPeriod) -> IssueDates:
        return IssueDates(period, self._moment(self.cut_off, period), self._moment(self.send, period))

    def latest_due(self, now: datetime) -> IssueDates:
        """The newest issue whose moment of sending has come."""
        found = self.dates_of(self.fiscal.following(self._period_at(now)))
        while found.due > now:
            found = self.dates_of(self.fiscal.preceding(found.period))
        return found

    def next_due(self, now: datetime) -> IssueDates:
        """The first issue whose moment of sending is still to come."""
        return self.dates_of(self.fiscal.following(self.latest_due(now).period))

    def due_since(self, since: datetime, now: datetime) -> tuple[IssueDates, ...]:
        """What became due after ``since`` and up to ``now``, the newest first and not without end."""
        return tuple(self._back_until(since, now))

    def _back_until(self, since: datetime, now: datetime) -> Iterator[IssueDates]:
        found = self.latest_due(now)
        for _ in range(MOST_MISSED):
            if found.due <= since:
                return
            yield found
            found = self.dates_of(self.fiscal.preceding(found.period))

    def _period_at(self, now: datetime) -> PaperPeriod:
        return self.fiscal.period_of(self.cadence, now.astimezone(self.zone).date())

    def _moment(self, rule: DayRule, period: PaperPeriod) -> datetime:
        """In UTC.

        An hour that the clocks leave out in spring is taken an hour later, one that comes twice in autumn the first
        time (https://peps.python.org/pep-0495/).
        """
        if rule.working_day > 0:
            day = self.days.after(period.last, rule.working_day)
        else:
            day = self.days.back_from(period.last, -rule.working_day)
        return datetime.combine(day, rule.at, self.zone).astimezone(UTC)


class IssueState(StrEnum):
    """Where an issue of a paper is."""

    COLLECTING = "collecting"
    """Before the cut-off: people report."""
    CLOSED = "closed"
    """After the cut-off, before it is sent."""
    SENDING = "sending"
    """It is made and goes out; some copies wait or are tried again."""
    SENT = "sent"
    FAILED = "failed"
    """Some copies were not accepted, and are not tried any more."""
    MISSED = "missed"
    """It was due while no worker ran or the paper was paused, and a later one was sent in its place."""
    PAUSED = "paused"

    @property
    def label(self) -> str:
        return {
            "collecting": "Reports come in",
            "closed": "Cut-off is past",
            "sending": "Being sent",
            "sent": "Sent",
            "failed": "Not sent to everybody",
            "missed": "Left out",
            "paused": "Paused",
        }[self.value]


def state_before_sending(dates: IssueDates, now: datetime, *, paused: bool) -> IssueState:
    """Of an issue that is still to be sent."""
    if paused:
        return IssueState.PAUSED
    return IssueState.COLLECTING if now < dates.cut_off else IssueState.CLOSED
