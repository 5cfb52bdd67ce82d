"""Sums of the portfolio: in total, by hierarchy, stage, status and month."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from pydantic import Field

from connector.bootstrap import system_clock
from connector.store.operations.source_ages import visible_sources
from connector.store.reporting.figures_history import PastPortfolio
from connector.store.reporting.portfolio import Portfolio
from connector.store.reporting.portfolio_filters import PortfolioFilters
from connector.store.reporting.portfolio_results import HierarchySums, PortfolioSums
from governance.effects import Version
from governance.verdict import Colour
from webhook_server.api.known_on import day_of
from webhook_server.api.operation import ApiCall, Operation
from webhook_server.api.problem import Problem
from webhook_server.api.sources import SourceModel, source_models
from webhook_server.api.values import Amount, Model, ShortText

AMOUNT_FIELDS = (
    "plan", "forecast", "actual", "at_completion", "variance", "in_year_plan", "in_year_forecast", "in_year_actual",
    "run_rate_plan", "run_rate_forecast", "carry_over", "leakage", "gross_benefit", "weighted_pipeline", "cash",
    "avoidance",
)  # fmt: skip


class Totals(Model):
    """Net, in the reporting currency; null if no measure has such a figure."""

    measures: int
    without_rate: int = Field(description="Measures without an exchange rate: counted, but not in the amounts.")
    held_up: int = Field(description="Measures whose gate is due and shut: waiting, blocked or in breach.")
    red_implementation: int
    red_potential: int
    plan: Amount | None
    forecast: Amount | None
    actual: Amount | None
    at_completion: Amount | None = Field(description="Actual to date, and forecast for the rest.")
    variance: Amount | None = Field(description="At completion minus plan, of measures that have a forecast.")
    in_year_plan: Amount | None
    in_year_forecast: Amount | None
    in_year_actual: Amount | None
    run_rate_plan: Amount | None
    run_rate_forecast: Amount | None
    carry_over: Amount | None
    leakage: Amount | None = Field(description="Planned run-rate that is no longer forecast.")
    gross_benefit: Amount | None = Field(description="Planned benefit of all years.")
    weighted_pipeline: Amount | None = Field(description="The gross benefit, weighted by stage.")
    cash: Amount | None
    avoidance: Amount | None = Field(description="Not included in the other figures.")
    held_up_benefit: Amount | None = Field(description="This year's benefit of these measures.")


class HierarchyTotals(Model):
    hierarchy: list[str]
    totals: Totals


class StageTotals(Model):
    stage: str = Field(description="A stage's key, on_hold, cancelled or without_value; empty before the first stage.")
    totals: Totals


class StatusTotals(Model):
    implementation: Colour
    potential: Colour
    totals: Totals


class MonthTotals(Model):
    month: date = Field(description="Its first day.")
    plan: Amount | None
    forecast: Amount | None
    actual: Amount | None


class PortfolioTotals(Model):
    currency: str
    fiscal_year: int
    refreshed_at: datetime = Field(description="When the figures were calculated.")
    total: Totals
    hierarchies: list[HierarchyTotals] = Field(description="The next level below the requested part.")
    stages: list[StageTotals]
    left_out: list[StageTotals] = Field(
        description="What no other sum counts: measures that were cancelled or closed without value. "
        "They are among the stages as well."
    )
    statuses: list[StatusTotals]
    months: list[MonthTotals]
    sources: list[SourceModel] = Field(description="Of the measures that you see; empty for a day in the past.")


class PortfolioQuery(Model):
    portfolio: ShortText | None = None
    program: ShortText | None = None
    project: ShortText | None = None
    package: ShortText | None = None
    legal_entity: ShortText | None = None
    business_unit: ShortText | None = None
    owner: ShortText | None = None
    stage: ShortText | None = None
    implementation: Colour | None = None
    potential: Colour | None = None
    on: ShortText | None = Field(
        default=None,
        description="As known on a day (2026-06-30, until its end in UTC) or at a moment (2026-06-30T12:00Z); "
        "without the months, which are kept for today alone.",
    )


def totals(call: ApiCall) -> PortfolioTotals:
    query = call.query_as(PortfolioQuery)
    same = ("portfolio", "program", "project", "package", "owner", "stage", "implementation", "potential")
    given = {name: value for name in same if (value := getattr(query, name)) is not None}
    filters = PortfolioFilters(entity=query.legal_entity, unit=query.business_unit, **given)
    on = day_of(query.on)
    with call.services.read_as(call.viewer) as connection:
        portfolio = (
            Portfolio(connection, call.viewer, filters)
            if on is None
            else PastPortfolio(connection, call.viewer, filters, on.at)
        )
        settings = portfolio.settings()
        if settings is None and on is not None:
            raise Problem(404, f"No figures were known on {on}.", "Ask for a later day.")
        if settings is None:
            raise Problem(
                409,
                "There are no figures yet.",
                "A worker calculates them; start one with: gatepost serve, or gatepost worker",
            )
        overview, points = portfolio.overview(), portfolio.curve()
        ages = visible_sources(call.services.engine, connection, call.viewer) if on is None else ()
    currency = settings.currency
    return PortfolioTotals(
        sources=source_models(ages, call.services.settings.source_age_limit, system_clock()),
        currency=currency,
        fiscal_year=settings.year,
        refreshed_at=settings.refreshed_at,
        total=_totals(overview.total, currency),
        hierarchies=[_hierarchy(node, currency) for node in overview.children],
        stages=[StageTotals(stage=name, totals=_totals(sums, currency)) for name, sums in overview.by_stage.items()],
        left_out=[StageTotals(stage=name, totals=_totals(sums, currency)) for name, sums in overview.left_out.items()],
        statuses=[
            StatusTotals(
                implementation=Colour(implementation), potential=Colour(potential), totals=_totals(sums, currency)
            )
            for (implementation, potential), sums in overview.by_status.items()
        ],
        months=[
            MonthTotals(
                month=point.month.first_day,
                **{version.value: _amount(point.net.get(version), currency) for version in Version},
            )
            for point in points
        ],
    )


def _hierarchy(node: HierarchySums, currency: str) -> HierarchyTotals:
    return HierarchyTotals(hierarchy=list(node.path), totals=_totals(node.sums, currency))


def _totals(sums: PortfolioSums, currency: str) -> Totals:
    return Totals(
        measures=sums.measures,
        without_rate=sums.excluded,
        held_up=sums.held_up,
        red_implementation=sums.red_implementation,
        red_potential=sums.red_potential,
        held_up_benefit=_amount(sums.held_up_benefit, currency),
        **{name: _amount(getattr(sums, name), currency) for name in AMOUNT_FIELDS},
    )


def _amount(value: Decimal | None, currency: str) -> Amount | None:
    return Amount.of(value, currency)


OPERATIONS = (
    Operation(
        "GET", "/portfolio", "portfolio", "Show sums of the portfolio", totals, PortfolioTotals, query=PortfolioQuery,
        problems={404: "No figures were known on that day.", 409: "There are no figures yet."},
        description="Sums are over the measures that the caller may see.",
    ),
)  # fmt: skip
