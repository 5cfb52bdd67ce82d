"""The first lines of the pages of waiting benefit and of capacity."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from connector.store.reporting.value_waits import ValueAtPlaces
from governance.capacity import TeamMonth
from governance.money import Period
from governance.value_waits import PlaceTotal
from governance.waits import PlaceKind
from webhook_server.formats import Formats


class Waiting(StrEnum):
    NONE = "No benefit waits that you may see."
    ONE = "{a_day} of benefit wait each day, of 1 measure."
    SEVERAL = "{a_day} of benefit wait each day, of {count} measures."


class Most(StrEnum):
    """Where most of it waits; a gate is nobody who could act."""

    APPROVAL = "Most of it waits for a decision of {place}: {amount} each day, since {since}."
    PERSON = "Most of it waits for {place} to act: {amount} each day, since {since}."
    TEAM = "Most of it waits for the team {place}: {amount} each day, since {since}."
    VENDOR = "Most of it waits for the supplier {place}: {amount} each day, since {since}."


class Capacity(StrEnum):
    NOTHING = "No hours are planned or logged from {first} to {last}."
    UNKNOWN = "From {first} to {last} it is not known of any team whether more hours were logged than planned."
    ENOUGH = "From {first} to {last} no team logged more hours than planned."
    ONE_OVER = "From {first} to {last} a team logged more hours than planned in 1 month: {teams}."
    OVER = "From {first} to {last} teams logged more hours than planned in {count} of their months: {teams}."


_MOST = {
    PlaceKind.APPROVAL: Most.APPROVAL, PlaceKind.PERSON: Most.PERSON, PlaceKind.TEAM: Most.TEAM,
    PlaceKind.VENDOR: Most.VENDOR,
}  # fmt: skip
MOST_TEAMS = 3
"""Teams that the line names."""


def waiting_line(found: ValueAtPlaces, currency: str, formats: Formats, *, filtered: bool = False) -> str:
    """What waits each day, and for whom most of it does; of some places alone nothing is the most."""
    if not found.measures:
        return Waiting.NONE
    line = Waiting.ONE if found.measures == 1 else Waiting.SEVERAL
    said = line.format(a_day=formats.money(found.a_day, currency, 2), count=formats.number(found.measures))
    places: Sequence[PlaceTotal] = () if filtered else [one for one in found.places if one.kind in _MOST]
    if not places:
        return said
    most = _MOST[places[0].kind].format(
        place=places[0].place,
        amount=formats.money(places[0].a_day, currency, 2),
        since=formats.day(places[0].since),
    )
    return f"{said} {most}"


def capacity_line(rows: Sequence[TeamMonth], first: Period, last: Period, formats: Formats) -> str:
    """In how many months of teams more was logged than planned; what is not known is never enough."""
    over = [one for one in rows if one.load is not None and one.load > 1]
    if not rows:
        line = Capacity.NOTHING
    elif all(one.load is None for one in rows):
        line = Capacity.UNKNOWN
    else:
        line = (Capacity.ONE_OVER if len(over) == 1 else Capacity.OVER) if over else Capacity.ENOUGH
    teams = ", ".join(list(dict.fromkeys(one.team for one in over))[:MOST_TEAMS])
    return line.format(
        first=formats.month(first), last=formats.month(last), count=formats.number(len(over)), teams=teams
    )  # fmt: skip
