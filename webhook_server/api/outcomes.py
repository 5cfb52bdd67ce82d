"""Objectives and key results, and what serves none of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from connector.bootstrap import system_clock
from connector.finance.objectives_file import WrongLine, check_objectives
from connector.measures.usable_rates import usable_rates
from connector.people.permissions import POSTING_ROLES, Action, TokenScope
from connector.store.service_portfolio.objectives import (
    NOTHING,
    coverage,
    fiscal_months,
    read_objectives,
    serving,
    store_objectives,
)
from governance.facts import known
from governance.outcomes import KeyResult, Objective, TeamCoverage, progress_by_objective, share, whole_coverage
from webhook_server.api.operation import ApiCall, Operation
from webhook_server.api.problem import Problem
from webhook_server.api.values import Amount, Model, ShortText

CENT = Decimal("0.01")
MOST_SERVING = 50
"""Measures, and services, of one objective that an answer names."""
Number = Annotated[str, Field(pattern=r"^-?\d{1,15}(\.\d{1,12})?$", examples=["80"])]
Weight = Annotated[str, Field(pattern=r"^\d{1,4}(\.\d{1,6})?$", examples=["1"])]
Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,59}$", examples=["run-cost"])]


class NewKeyResult(Model):
    key: Key
    name: ShortText
    start: Number = Field(default="0", description="The value from which it counts.")
    target: Number = Field(description="The value that is to be reached; it may lie below the start.")
    current: Number | None = Field(default=None, description="The value now; null is not known.")
    weight: Weight = Field(default="1", description="How much it counts in its objective.")
    unit: Annotated[str, Field(max_length=40)] = Field(default="", description="Of the values, for people.")


class NewObjective(Model):
    key: Key
    name: ShortText
    parent: Annotated[str, Field(max_length=60)] = Field(default="", description="Key of the objective above it.")
    owner: Annotated[str, Field(max_length=200)] = ""
    period: Annotated[str, Field(pattern=r"^(\d{4}(-Q[1-4])?)?$")] = Field(
        default="", description="Year or quarter.", examples=["2026-Q4"]
    )
    weight: Weight = Field(default="1", description="How much it counts among the objectives of its parent.")
    key_results: list[NewKeyResult] = Field(default=[], max_length=100)


class NewObjectives(Model):
    source: ShortText = Field(description="Who states them: they stand in place of its earlier ones.", examples=["OKR"])
    objectives: Annotated[list[NewObjective], Field(max_length=5_000)]


class StatedObjectives(Model):
    stored: int = Field(description="How many were stored.")
    left_alone: list[str] = Field(description="Keys that the mapping or another source states: left as they are there.")


class KeyResultModel(Model):
    key: str = Field(description="Of the objective and its own; KPI values name it so.", examples=["run-cost/month"])
    name: str
    start: str = Field(description="The value from which it counts.", examples=["100"])
    target: str = Field(description="The value that is to be reached.", examples=["80"])
    current: str | None = Field(description="The value now; null is not known.", examples=["95"])
    weight: str = Field(description="How much it counts in its objective.", examples=["1"])
    unit: str = Field(description="Of the values.", examples=["kEUR"])
    progress: str | None = Field(description="A share from 0 to 1; null is not known.", examples=["0.25"])


class ServedBy(Model):
    kind: str = Field(description="measure or service.", examples=["measure"])
    id: str = Field(description="Id of the measure, or key of the service.", examples=["jira-main/10001"])
    key: str
    name: str


class ObjectiveModel(Model):
    key: str = Field(examples=["run-cost"])
    name: str
    parent: str = Field(description="Key of the objective above it; empty for none.")
    owner: str
    period: str = Field(description="Year or quarter; empty for none.", examples=["2026-Q4"])
    weight: str = Field(description="How much it counts among the objectives of its parent.", examples=["1"])
    progress: str | None = Field(description="A share from 0 to 1; null is not known.", examples=["0.25"])
    unknown: str = Field(description="Why the progress is not known; empty where it is.")
    key_results: list[KeyResultModel]
    served_by: list[ServedBy] = Field(
        description="Of those that the caller may see, at most 50 measures and 50 services."
    )
    served_by_count: int = Field(description="How many the caller may see in all.", examples=[3])


class ObjectiveList(Model):
    items: list[ObjectiveModel]


class CoverageModel(Model):
    business_unit: str
    spend: Amount | None = Field(description="Booked cost of the fiscal year.")
    spend_without: Amount | None = Field(description="Of it what serves no objective.")
    spend_share: str | None = Field(description="Share of the spend that serves none.", examples=["0.12"])
    hours: Amount | None = Field(description="What logged hours cost, as booked.")
    hours_without: Amount | None = Field(description="Of it what serves no objective.")
    tickets: int = Field(description="Tickets that its measures wait for or waited for.")
    tickets_without: int = Field(description="Of them those of measures that serve no objective.")
    measures: int
    measures_without: int = Field(description="Of them those that serve no objective.")
    owners: list[str] = Field(description="Owners of the measures that serve none.")


class CoverageList(Model):
    first: str = Field(description="First month of the fiscal year.", examples=["2026-01"])
    last: str = Field(description="Its last month.", examples=["2026-12"])
    total: CoverageModel
    items: list[CoverageModel] = Field(description="By business unit.")
    missing_rates: list[str] = Field(description="Rates without which amounts are left out.")


def list_all(call: ApiCall) -> ObjectiveList:
    with call.services.read_as(call.viewer) as connection:
        objectives = read_objectives(connection)
        served = serving(connection, [one.key for one in objectives], MOST_SERVING)
    progress = progress_by_objective(objectives)
    return ObjectiveList(
        items=[
            ObjectiveModel(
                key=one.key,
                name=one.name,
                parent=one.parent,
                owner=one.owner,
                period=one.period,
                weight=_text(one.weight),
                progress=_share(known(progress[one.key])),
                unknown=getattr(progress[one.key], "reason", ""),
                key_results=[_key_result(result) for result in one.key_results],
                served_by=[
                    ServedBy(kind=item.kind, id=item.id, key=item.key, name=item.name)
                    for item in served.get(one.key, NOTHING).rows
                ],
                served_by_count=served.get(one.key, NOTHING).count,
            )
            for one in objectives
        ]
    )


def _key_result(result: KeyResult) -> KeyResultModel:
    return KeyResultModel(
        key=result.key,
        name=result.name,
        start=_text(result.start),
        target=_text(result.target),
        current=None if result.current is None else _text(result.current),
        weight=_text(result.weight),
        unit=result.unit,
        progress=_share(known(result.progress)),
    )


def state_all(call: ApiCall) -> StatedObjectives:
    if not call.viewer.holds_everywhere(POSTING_ROLES):
        raise Problem(403, "This needs the role controller or office for the whole organisation.")
    sent = call.body_as(NewObjectives)
    stated = tuple(_objective(one) for one in sent.objectives)
    try:
        check_objectives(stated)
    except WrongLine as error:
        raise Problem(422, "Nothing was stored.", str(error)) from None
    with call.services.engine.begin() as transaction:
        left = store_objectives(transaction, stated, f"api {sent.source}", call.viewer.login, system_clock())
    return StatedObjectives(stored=len(stated) - len(left), left_alone=left)


def _objective(one: NewObjective) -> Objective:
    results = tuple(
        KeyResult(
            f"{one.key}/{result.key}", result.name, Decimal(result.start), Decimal(result.target),
            None if result.current is None else Decimal(result.current), Decimal(result.weight), result.unit,
        )
        for result in one.key_results
    )  # fmt: skip
    names = tuple(sorted({one.key, one.name.strip().lower()}))
    return Objective(one.key, one.name, names, one.parent, one.owner, one.period, Decimal(one.weight), results)


def read_coverage(call: ApiCall) -> CoverageList:
    config = call.services.active_config()
    if config is None:
        raise Problem(409, "No mapping is active yet.", "Activate one first.")
    today = system_clock().date()
    first, last = fiscal_months(today, config.fiscal_year_start)
    rates = usable_rates(call.services.rates.rates(), config, today)
    with call.services.read_as(call.viewer) as connection:
        teams, missing = coverage(connection, first, last, rates, config.reporting_currency)
    return CoverageList(
        first=str(first),
        last=str(last),
        total=_coverage(whole_coverage(teams), config.reporting_currency),
        items=[_coverage(one, config.reporting_currency) for one in teams],
        missing_rates=[str(one) for one in missing],
    )


def _coverage(one: TeamCoverage, currency: str) -> CoverageModel:
    return CoverageModel(
        business_unit=one.team,
        spend=Amount.of(one.spend.quantize(CENT), currency),
        spend_without=Amount.of(one.spend_without.quantize(CENT), currency),
        spend_share=_share(share(one.spend_without, one.spend)),
        hours=Amount.of(one.hours.quantize(CENT), currency),
        hours_without=Amount.of(one.hours_without.quantize(CENT), currency),
        tickets=one.tickets,
        tickets_without=one.tickets_without,
        measures=one.measures,
        measures_without=one.measures_without,
        owners=list(one.owners),
    )


def _text(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _share(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:.4f}"


OPERATIONS = (
    Operation("GET", "/objectives", "objectives", "List objectives with their key results", list_all, ObjectiveList,
        scope=TokenScope.MEASURES_READ,
    ),
    Operation(
        "PUT", "/objectives", "objectives", "State objectives, in place of those that the same source stated before",
        state_all, StatedObjectives, scope=TokenScope.MONEY_WRITE, action=Action.POST_MONEY, body=NewObjectives,
        problems={422: "A key is none, or stands twice: nothing was stored."},
    ),
    Operation(
        "GET", "/objectives/coverage", "objectives", "Read what serves no objective, by business unit", read_coverage,
        CoverageList, problems={409: "No mapping is active yet."}, scope=TokenScope.MEASURES_READ,
    ),
)  # fmt: skip
