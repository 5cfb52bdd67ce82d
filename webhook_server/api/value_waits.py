"""Where value waits, what would free it, and the capacity of teams."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from connector.bootstrap import system_clock
from connector.finance.capacity_file import TextHours, save_hours
from connector.people.permissions import POSTING_ROLES, Action, TokenScope
from connector.store.reporting.capacity import HoursKind, capacity
from connector.store.reporting.value_waits import WaitFilters, proposals, value_at_places, waiting_at
from governance.capacity import TeamMonth
from governance.money import Period
from governance.value_waits import Release, WaitingMeasure
from governance.waits import PlaceKind
from mapping.policy import weekly_hours
from webhook_server.api.operation import ApiCall, Operation
from webhook_server.api.problem import Problem, nothing_stored
from webhook_server.api.values import Amount, Model, ShortText

CENT = Decimal("0.01")
MOST_MONTHS = 36
Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", examples=["2026-10"])]


class WaitsQuery(Model):
    kind: PlaceKind | None = Field(default=None, description="Places of one kind only.")
    text: ShortText | None = Field(default=None, description="Part of the name of a place.")


class WaitingMeasureModel(Model):
    measure: str = Field(description="Its id.", examples=["jira-main/10001"])
    key: str
    title: str
    a_day: Amount | None = Field(description="Benefit of a day.")
    since: datetime = Field(description="Since when it waits there.")
    alone: bool = Field(description="Whether it waits at no other place but its gate.")
    in_queue: bool = Field(description="Of a team: nobody there has taken its ticket up.")
    ticket: str = Field(description="Key of the ticket; empty for none, or one that not every reader may see.")


class WaitingPlaceModel(Model):
    kind: PlaceKind = Field(description="Where it waits.", examples=["team"])
    place: str = Field(description="The stage whose gate is shut, who has to act, the team or supplier.")
    a_day: Amount | None = Field(description="Benefit of a day of all measures that wait there.")
    waits_only_there: Amount | None = Field(description="Of it, what waits nowhere else but at its gate.")
    measures: int
    since: datetime = Field(description="Since when the first of them waits.")
    dearest: list[WaitingMeasureModel] = Field(description="Up to ten of them, the dearest first.")


class PlaceList(Model):
    a_day: Amount | None = Field(description="Of all measures that wait anywhere, each once.")
    measures: int
    is_whole: bool = Field(description="Whether all places are listed.")
    items: list[WaitingPlaceModel] = Field(
        description="What most waits at first; a measure may stand at several places."
    )


class ReleaseModel(Model):
    kind: PlaceKind
    place: str
    proposal: str = Field(description="What somebody could do.", examples=["Network takes INC7 of ITX-4 up next"])
    frees: Amount | None = Field(description="Benefit of a day that flows as soon as it is done.")
    waits_elsewhere: Amount | None = Field(description="What then still waits at other places.")
    costs: Amount | None = Field(description="Benefit of a day that waits in its place; null is not known.")
    net: Amount | None = Field(description="frees - costs; null is not known.")
    because: str = Field(description="What it costs elsewhere, in words.")
    displaced: WaitingMeasureModel | None = Field(description="The measure that waits in its place.")
    measures: list[WaitingMeasureModel]


class ReleaseList(Model):
    items: list[ReleaseModel] = Field(description="What frees most after its cost first.")


class CapacityQuery(Model):
    first: Month | None = Field(default=None, description="First month; without it five months ago.")
    last: Month | None = Field(default=None, description="Last month; without it eight months after the first.")
    team: ShortText | None = Field(default=None, description="Name of one team.")


class TeamMonthModel(Model):
    team: str
    month: Month
    planned: str | None = Field(description="Hours; null is not known.", examples=["320"])
    by_measures: str | None = Field(description="Hours that the measures of the team plan.", examples=["168"])
    free: str | None = Field(description="Planned hours that measures do not need.", examples=["152"])
    logged: str | None = Field(description="Hours that were logged; null is not known.", examples=["400"])
    requested: str | None = Field(description="Hours asked for and not confirmed; in no other figure.", examples=["40"])
    load: str | None = Field(description="Logged over planned hours.", examples=["1.25"])


class TeamMonthList(Model):
    weekly_hours: str | None = Field(
        description="Hours of a person in a week of whom, and of whose team, the mapping states no others; null is not "
        "known.",
        examples=["40"],
    )
    items: list[TeamMonthModel] = Field(description="By team and month.")


class NewTeamHours(Model):
    team: ShortText
    month: Month
    kind: HoursKind = Field(
        default=HoursKind.PLANNED,
        description="Whether they are planned or were logged, or are those of a person in a week of the month.",
    )
    hours: Annotated[str, Field(pattern=r"^\d{1,7}(\.\d{1,4})?$", examples=["160"])]
    person: Annotated[str, Field(max_length=200)] = Field(default="", description="Empty for the team as a whole.")


class NewCapacity(Model):
    source: ShortText = Field(description="Where the hours come from.", examples=["resource plan"])
    hours: Annotated[list[NewTeamHours], Field(min_length=1, max_length=10_000)]
    dry_run: bool = False


class StoredHours(Model):
    changed: int = Field(description="Hours that are new or others than before.")


def list_places(call: ApiCall) -> PlaceList:
    query, currency = call.query_as(WaitsQuery), _currency(call)
    with call.services.read_as(call.viewer) as connection:
        found = value_at_places(connection, currency, WaitFilters(query.kind, query.text or ""))
        measures = waiting_at(connection, currency, found.places)
    return PlaceList(
        a_day=_amount(found.a_day, currency),
        measures=found.measures,
        is_whole=found.is_whole,
        items=[
            WaitingPlaceModel(
                kind=one.kind,
                place=one.place,
                a_day=_amount(one.a_day, currency),
                waits_only_there=_amount(one.freed, currency),
                measures=one.measures,
                since=one.since,
                dearest=[_measure(item, currency) for item in measures.get((one.kind, one.place), [])],
            )
            for one in found.places
        ],
    )


def list_proposals(call: ApiCall) -> ReleaseList:
    query, currency = call.query_as(WaitsQuery), _currency(call)
    with call.services.read_as(call.viewer) as connection:
        found = value_at_places(connection, currency, WaitFilters(query.kind, query.text or ""))
        some = proposals(connection, currency, found.places)
    return ReleaseList(items=[_proposal(one, currency) for one in some])


def _proposal(one: Release, currency: str) -> ReleaseModel:
    return ReleaseModel(
        kind=one.kind,
        place=one.place,
        proposal=one.sentence,
        frees=_amount(one.frees, currency),
        waits_elsewhere=_amount(one.after_others, currency),
        costs=_amount(one.costs, currency),
        net=_amount(one.net, currency),
        because=one.cost_sentence,
        displaced=_measure(one.displaced, currency) if one.displaced else None,
        measures=[_measure(item, currency) for item in one.measures],
    )


def _measure(one: WaitingMeasure, currency: str) -> WaitingMeasureModel:
    return WaitingMeasureModel(
        measure=one.id,
        key=one.key,
        title=one.title,
        a_day=_amount(one.a_day, currency),
        since=one.since,
        alone=one.alone,
        in_queue=one.queued,
        ticket=one.ticket,
    )


def list_capacity(call: ApiCall) -> TeamMonthList:
    query = call.query_as(CapacityQuery)
    first = Period.parse(query.first) if query.first else Period.of(system_clock().date()).plus(-5)
    last = Period.parse(query.last) if query.last else first.plus(8)
    if not first <= last <= first.plus(MOST_MONTHS - 1):
        raise Problem(422, "The query is not valid: last.", f"Ask for 1 to {MOST_MONTHS} months.")
    config = call.services.active_config()
    weekly = weekly_hours(config)
    with call.services.read_as(call.viewer) as connection:
        rows = capacity(connection, first, last, weekly)
    wanted = (query.team or "").strip().casefold()
    return TeamMonthList(
        weekly_hours=_hours(weekly.others),
        items=[_team_month(one) for one in rows if not wanted or one.team.casefold() == wanted],
    )


def _team_month(one: TeamMonth) -> TeamMonthModel:
    return TeamMonthModel(
        team=one.team,
        month=str(one.month),
        planned=_hours(one.planned),
        by_measures=_hours(one.by_measures),
        free=_hours(one.free),
        logged=_hours(one.logged),
        requested=_hours(one.requested),
        load=None if one.load is None else f"{one.load:.4f}",
    )


def state_capacity(call: ApiCall) -> StoredHours:
    if not call.viewer.holds_everywhere(POSTING_ROLES):
        raise Problem(403, "This needs the role controller or office for the whole organisation.")
    sent = call.body_as(NewCapacity)
    stated = [
        TextHours(f"hours[{number}]", one.kind, one.team, one.month, one.hours, one.person)
        for number, one in enumerate(sent.hours)
    ]
    result = save_hours(
        call.services.engine, stated, sent.source, call.viewer.login, system_clock(), dry_run=sent.dry_run
    )
    if result.problems:
        raise nothing_stored(result.problems)
    return StoredHours(changed=result.changed)


def _currency(call: ApiCall) -> str:
    config = call.services.active_config()
    return config.reporting_currency if config else ""


def _amount(value: Decimal | None, currency: str) -> Amount | None:
    return None if value is None else Amount.of(value.quantize(CENT), currency or None)


def _hours(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"


OPERATIONS = (
    Operation(
        "GET", "/value-waits", "portfolio", "List where benefit waits, by what a day costs", list_places, PlaceList,
        query=WaitsQuery, scope=TokenScope.MONEY_READ,
    ),
    Operation(
        "GET", "/value-waits/proposals", "portfolio", "List what would free most, and what it costs elsewhere",
        list_proposals, ReleaseList, query=WaitsQuery, scope=TokenScope.MONEY_READ,
    ),
    Operation(
        "GET", "/capacity", "portfolio", "List planned and logged hours by team and month", list_capacity,
        TeamMonthList, query=CapacityQuery, scope=TokenScope.MEASURES_READ,
    ),
    Operation(
        "POST", "/capacity", "portfolio", "State planned or logged hours of teams", state_capacity, StoredHours,
        scope=TokenScope.MONEY_WRITE, action=Action.POST_MONEY, body=NewCapacity,
        problems={422: "A line has no team or no hours: nothing was stored."},
    ),
)  # fmt: skip
