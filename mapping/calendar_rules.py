"""What a reporting calendar in a mapping may not say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

CalendarProblem: TypeAlias = "tuple[tuple[str | int, ...], str, str]"


def check_calendar(data: Mapping[str, object]) -> Iterator[CalendarProblem]:
    """(path, message, hint) of each problem of a mapping's plain values."""
    calendar = data.get("calendar")
    if not isinstance(calendar, Mapping):
        return
    zone = calendar.get("time_zone")
    if isinstance(zone, str) and not is_time_zone(zone):
        yield ("calendar", "time_zone"), f'"{zone}" is no time zone.', "Name one such as Europe/Berlin."
    papers = calendar.get("papers")
    for key, paper in papers.items() if isinstance(papers, Mapping) else ():
        if isinstance(paper, Mapping):
            yield from _check_paper(("calendar", "papers", str(key)), paper)


def is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _check_paper(path: tuple[str | int, ...], paper: Mapping[str, object]) -> Iterator[CalendarProblem]:
    moments = []
    for name, usual in (("cut_off", "08:00"), ("send", "08:00")):
        rule = paper.get(name)
        number = rule.get("working_day") if isinstance(rule, Mapping) else None
        if not isinstance(rule, Mapping) or not isinstance(number, int):
            continue
        if number == 0:
            hint = "1 is the first working day after the period, -1 its last one."
            yield (*path, name, "working_day"), "there is no working day 0.", hint
        moments.append((number, str(rule.get("at", usual))))
    if len(moments) == 2 and moments[1] < moments[0]:
        message = "it is sent before its cut-off."
        yield (*path, "send"), message, "Send it at the cut-off or later, so that all reports are in it."
    if paper.get("program") is not None and paper.get("portfolio") is None:
        yield (*path, "program"), "a program needs its portfolio.", "Name the portfolio as well."
    recipients = paper.get("to")
    for index, one in enumerate(recipients if isinstance(recipients, list) else ()):
        if isinstance(one, Mapping):
            yield from _check_recipient((*path, "to", index), one)


def _check_recipient(path: tuple[str | int, ...], one: Mapping[str, object]) -> Iterator[CalendarProblem]:
    if ("person" in one) == ("role" in one):
        yield path, "say who receives it, in one way.", "role: office, or person: the login of somebody."
    elif "person" in one and any(name in one for name in ("portfolio", "program", "legal_entity")):
        yield path, "a person is named without a part.", "What they receive is what they may see of the paper's part."
    if one.get("program") is not None and one.get("portfolio") is None:
        yield (*path, "program"), "a program needs its portfolio.", "Name the portfolio as well."
