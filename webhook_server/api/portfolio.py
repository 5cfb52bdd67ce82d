"""The portfolio in sums: in all, by place, by stage, by both lights, by month."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from pydantic import Field

from connector.store.reporting.portfolio import Portfolio
from connector.store.reporting.portfolio_filters import Filters
from connector.store.reporting.portfolio_results import Node, Sums
from governance.effects import Version
from governance.verdict import Colour
from webhook_server.api.operation import Call, Operation
from webhook_server.api.problem import Problem
from webhook_server.api.values import Amount, Model, Word

AMOUNTS = (
    "plan", "forecast", "actual", "completion", "variance", "in_year_plan", "in_year_forecast", "in_year_actual",
    "run_rate_plan", "run_rate_forecast", "carry_over", "leakage", "gross", "pipeline", "cash", "avoidance", "waiting",
)  # fmt: skip


class Totals(Model):
    """Net, in the reporting currency; null where no measure has such a figure."""

    measures: int
    left_out: int = Field(description="Measures without a rate for their currency: counted, but in no amount.")
    shut: int = Field(description="Measures at a shut gate.")
    red_work: int
    red_money: int
    plan: Amount | None
    forecast: Amount | None
    actual: Amount | None
    completion: Amount | None = Field(description="Actual to date and forecast after.")
    variance: Amount | None = Field(description="At completion minus plan, of measures that have a forecast.")
    in_year_plan: Amount | None
    in_year_forecast: Amount | None
    in_year_actual: Amount | None
    run_rate_plan: Amount | None
    run_rate_forecast: Amount | None
    carry_over: Amount | None
    leakage: Amount | None = Field(description="Planned run-rate that is no longer forecast.")
    gross: Amount | None = Field(description="Planned benefit of all years.")
    pipeline: Amount | None = Field(description="The same, weighted by stage.")
    cash: Amount | None
    avoidance: Amount | None = Field(description="Counted apart; in no other figure.")
    waiting: Amount | None = Field(description="This year's benefit behind shut gates.")


class PlaceTotals(Model):
    place: list[str]
    totals: Totals


class StageTotals(Model):
    stage: str = Field(description="A stage's key, on_hold or cancelled; empty before the first stage.")
    totals: Totals


class LightTotals(Model):
    implementation: Colour
    potential: Colour
    totals: Totals


class MonthNet(Model):
    month: date = Field(description="Its first day.")
    plan: Amount | None
    forecast: Amount | None
    actual: Amount | None


class Whole(Model):
    currency: str
    fiscal_year: int
    refreshed_at: datetime = Field(description="How old the figures are.")
    total: Totals
    places: list[PlaceTotals] = Field(description="The places right under the one that is asked for.")
    stages: list[StageTotals]
    lights: list[LightTotals]
    months: list[MonthNet]


class PortfolioQuery(Model):
    portfolio: Word | None = None
    program: Word | None = None
    project: Word | None = None
    package: Word | None = None
    legal_entity: Word | None = None
    business_unit: Word | None = None
    owner: Word | None = None
    stage: Word | None = None
    implementation: Colour | None = None
    potential: Colour | None = None


def totals(call: Call) -> Whole:
    query = call.asked(PortfolioQuery)
    same = ("portfolio", "program", "project", "package", "owner", "stage", "implementation", "potential")
    given = {name: value for name in same if (value := getattr(query, name)) is not None}
    filters = Filters(entity=query.legal_entity, unit=query.business_unit, **given)
    with call.services.reading(call.viewer) as connection:
        part = Portfolio(connection, call.viewer, filters)
        shown = part.shown()
        if shown is None:
            raise Problem(
                409, "No figures have been made yet.", "A worker makes them: gatepost serve, or gatepost worker"
            )
        found, points = part.overview(), part.curve()
    currency = shown.currency
    return Whole(
        currency=currency,
        fiscal_year=shown.year,
        refreshed_at=shown.refreshed_at,
        total=_totals(found.total, currency),
        places=[_place(node, currency) for node in found.children],
        stages=[StageTotals(stage=name, totals=_totals(sums, currency)) for name, sums in found.steps.items()],
        lights=[
            LightTotals(implementation=Colour(work), potential=Colour(money), totals=_totals(sums, currency))
            for (work, money), sums in found.lights.items()
        ],
        months=[
            MonthNet(
                month=point.month.first_day,
                **{version.value: _amount(point.net.get(version), currency) for version in Version},
            )
            for point in points
        ],
    )


def _place(node: Node, currency: str) -> PlaceTotals:
    return PlaceTotals(place=list(node.path), totals=_totals(node.sums, currency))


def _totals(sums: Sums, currency: str) -> Totals:
    counts = ("measures", "left_out", "shut", "red_work", "red_money")
    return Totals(
        **{name: getattr(sums, name) for name in counts},
        **{name: _amount(getattr(sums, name), currency) for name in AMOUNTS},
    )


def _amount(value: Decimal | None, currency: str) -> Amount | None:
    return Amount.of(value, currency)


OPERATIONS = (
    Operation(
        "GET", "/portfolio", "portfolio", "Add the portfolio up", totals, Whole, query=PortfolioQuery,
        problems={409: "No figures have been made yet."},
        about="Every sum is over the measures that the caller sees.",
    ),
)  # fmt: skip
