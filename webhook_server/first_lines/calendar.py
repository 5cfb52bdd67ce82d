"""The first line of the calendar of papers."""

from __future__ import annotations

from enum import StrEnum

from connector.papers.calendar.state import PaperState
from webhook_server.formats import Formats


class Calendar(StrEnum):
    NONE = "No paper is planned that you would receive or run."
    NEXT = "{paper} for {period} is next: {due}."


def calendar_line(following: PaperState | None, formats: Formats) -> str:
    """Which paper comes next, and when."""
    if following is None:
        return Calendar.NONE
    return Calendar.NEXT.format(
        paper=following.paper.name,
        period=following.dates.period.label,
        due=formats.moment(following.dates.due),
    )
