"""How far back the rates of the page *Operations* look, and how long a bar of them is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum

FIRST_STEP = datetime(2000, 1, 1, tzinfo=UTC)
"""From which steps are counted."""


class TimeSpan(StrEnum):
    """A range of time that can be chosen."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"

    @property
    def step(self) -> timedelta:
        """The length of one bar."""
        return {
            TimeSpan.HOUR: timedelta(minutes=1),
            TimeSpan.DAY: timedelta(minutes=30),
            TimeSpan.WEEK: timedelta(hours=3),
        }[self]

    @property
    def bars(self) -> int:
        return {TimeSpan.HOUR: 60, TimeSpan.DAY: 48, TimeSpan.WEEK: 56}[self]

    @property
    def label(self) -> str:
        """``the last hour``"""
        return {TimeSpan.HOUR: "the last hour", TimeSpan.DAY: "the last 24 hours", TimeSpan.WEEK: "the last 7 days"}[
            self
        ]

    @property
    def bar_label(self) -> str:
        return {TimeSpan.HOUR: "a minute", TimeSpan.DAY: "30 minutes", TimeSpan.WEEK: "3 hours"}[self]

    @property
    def begins(self) -> str:
        """What stands at the beginning of the axis."""
        return {TimeSpan.HOUR: "an hour ago", TimeSpan.DAY: "24 hours ago", TimeSpan.WEEK: "7 days ago"}[self]

    def first_bar(self, now: datetime) -> datetime:
        """When the first bar begins: a list of the range holds exactly what the bars count.

        Bars begin at whole steps, as ``date_bin`` of the database counts them.
        """
        return now - (now - FIRST_STEP) % self.step - self.step * (self.bars - 1)

    @classmethod
    def chosen(cls, text: str) -> TimeSpan | None:
        """For a list, which shows everything where none is chosen."""
        return cls(text) if text in set(cls) else None

    @classmethod
    def parse(cls, text: str) -> TimeSpan:
        """The last hour for anything unknown."""
        return cls(text) if text in set(cls) else cls.HOUR
