"""Since when something holds, where only a lasting recovery ends it.

A forecast is its owner's word: lifted for an hour once a month, it would never be red for three months.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from governance.money import Period

RECOVERY_MONTHS = 1
"""How long something has to be over until the clock starts anew."""


class HeldClock(NamedTuple):
    """A clock that runs while something holds."""

    since: datetime | None = None
    """Since when it holds; ``None`` while it does not, and has not for a month."""
    interrupted: datetime | None = None
    """Since when it does not hold, and the clock is still kept."""

    @property
    def running_since(self) -> datetime | None:
        """Since when it holds, if it holds now."""
        return self.since if self.interrupted is None else None

    def run_on(self, *, holds: bool | None, now: datetime) -> HeldClock:
        """The clock after another look; what is unknown (``None``) neither starts it nor is a recovery."""
        if self.interrupted is not None and now >= months_later(self.interrupted, RECOVERY_MONTHS):
            return HeldClock(now if holds else None)
        if holds:
            return HeldClock(self.since or now)
        if holds is None or self.since is None:
            return HeldClock(self.since)
        return HeldClock(self.since, self.interrupted or now)

    def stood_still(self, start: datetime, end: datetime) -> HeldClock:
        """The clock after a time that is neither of what holds nor of a recovery."""
        return HeldClock(*(_moved(moment, start, end) for moment in self))


def _moved(moment: datetime | None, start: datetime, end: datetime) -> datetime | None:
    """Later by as much of the time from ``start`` to ``end`` as lies after it."""
    return None if moment is None else moment + max(end - max(start, moment), timedelta())


def months_later(since: datetime, months: int) -> datetime:
    """The same day so many months later, or the last day of that month."""
    later = Period.of(since.date()).plus(months)
    return since.replace(year=later.year, month=later.month, day=min(since.day, later.last_day.day))
