"""Sums of the portfolio: in total, by hierarchy, stage, status and month."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from pydantic import Field
from sqlalchemy import Connection

from connector.bootstrap import system_clock
from connector.measures.known_on import KnownOn
from connector.measures.usable_rates import usable_rates
from connector.papers.report import Report
from connector.people.permissions import TokenScope
from connector.store.operations.source_ages import visible_sources
from connector.store.reporting.figures_history import PastPortfolio
from connector.store.reporting.portfolio import Portfolio
from connector.store.reporting.portfolio_filters import PortfolioFilters
from connector.store.reporting.portfolio_results import HierarchySums, PortfolioSums, in_constant_currency
from connector.store.reporting.track_record import weighted
from governance.constant_currency import RatesView
from governance.definitions.leakage import LeakReason
from governance.effects import Version
from governance.left_out import LeftOut
from governance.verdict import Colour
from webhook_server.api.comparison import ComparisonModel, comparison_of
from webhook_server.api.known_filters import require_known_part
from webhook_server.api.known_on import day_of
from webhook_server.api.operation import ApiCall, Operation
from webhook_server.api.portfolio_amounts import PortfolioAmounts, amounts_of
from webhook_server.api.problem import Problem
from webhook_server.api.sources import SourceModel, source_models
from webhook_server.api.values import Amount, Model, ShortText

CENT = Decimal("0.01")


class Totals(Model):
    """Counts are of all measures that have not ended, amounts of those that committed totals hold."""

    measures: int
    counted: int = Field(
        description="Measures that the amounts are of: plan, latest estimate and variance of the same."
    )
    held_up: int = Field(description="Measures whose gate is due and shut: waiting, blocked or in breach.")
    red_implementation: int
    red_potential: int
    amounts: PortfolioAmounts = Field(
        description="Of the counted measures; the pipeline, delayed benefit, claimed, validated and unvalidated value "
        "are of all that have not ended."
    )


class LeftOutTotals(Model):
    reason: LeftOut = Field(description="Why the totals do not hold these measures.")
    totals: Totals


class Losses(Model):
    """Leakage by reason; null is none."""

    reason: LeakReason
    run_rate: Amount | None
    in_year: Amount | None


class HierarchyTotals(Model):
    hierarchy: list[str]
    totals: Totals


class StageTotals(Model):
    stage: str = Field(
        description="A stage's key, on_hold, cancelled, without_value or left; empty before the first stage."
    )
    totals: Totals


class StatusTotals(Model):
    implementation: Colour
    potential: Colour
    totals: Totals


class MonthTotals(Model):
    month: date = Field(description="Its first day.")
    plan: Amount | None = Field(description="EBITDA effect.")
    estimate: Amount | None = Field(description="The same of the latest estimate.")
    actual: Amount | None
    cash_plan: Amount | None = Field(description="Cash effect.")
    cash_estimate: Amount | None
    cash_actual: Amount | None


class PortfolioTotals(Model):
    currency: str
    fiscal_year: int = Field(description="As the organisation names it, by its first or its last calendar year.")
    fiscal_year_begins: date
    closed_month: date = Field(
        description="First day of the last month that is over. Actuals count until it, or until the last month that "
        "the legal entity has closed; forecasts count after it."
    )
    committed_from: str = Field(description="Key of the stage from which totals count a measure.")
    refreshed_at: datetime = Field(description="When the figures were calculated.")
    total: Totals
    pipeline_by_track_record: Amount | None = Field(
        description="The pipeline with its benefit weighted by the track record of owners or programs; null while the "
        "policy does not ask for it, and for a day in the past."
    )
    hierarchies: list[HierarchyTotals] = Field(description="The next level below the requested part.")
    stages: list[StageTotals]
    left_out: list[LeftOutTotals] = Field(
        description="What the totals do not hold, by reason. They are among the stages as well."
    )
    losses: list[Losses]
    statuses: list[StatusTotals]
    months: list[MonthTotals]
    comparison: ComparisonModel | None = Field(description="With the day of the parameter compare; null without it.")
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
    left_out: LeftOut | None = Field(None, description="Only what the totals leave out for this reason.")
    rates: RatesView = Field(
        RatesView.MONTH,
        description="month: estimates and actuals at the rates of their months; budget: in constant currency, at the "
        "rates of each decision, the months as well.",
    )
    on: ShortText | None = Field(
        default=None,
        description="As known on a day (2026-06-30, until its end in UTC) or at a moment (2026-06-30T12:00Z); "
        "its months are kept by program, for who sees all of it.",
    )

    compare: ShortText | None = Field(
        default=None, description="An earlier day or moment: what changed since, as a bridge that adds up to the cent."
    )


SIDES = {Version.PLAN: "plan", Version.FORECAST: "estimate", Version.ACTUAL: "actual"}


def filters_of(query: PortfolioQuery) -> PortfolioFilters:
    """The part that a query asks for."""
    same = ("portfolio", "program", "project", "package", "owner", "stage", "implementation", "potential",
            "left_out")  # fmt: skip
    given = {name: value for name in same if (value := getattr(query, name)) is not None}
    return PortfolioFilters(entity=query.legal_entity, unit=query.business_unit, **given)


def totals(call: ApiCall) -> PortfolioTotals:
    query = call.query_as(PortfolioQuery)
    filters = filters_of(query)
    on, earlier = day_of(query.on), day_of(query.compare)
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
                "A worker calculates them.",
            )
        require_known_part(call, connection, filters, on)
        overview, points = portfolio.overview(), portfolio.curve()
        if query.rates is RatesView.BUDGET:
            overview = in_constant_currency(overview)
            points = tuple(point.in_constant_currency() for point in points)
        ages = visible_sources(call.services.engine, connection, call.viewer) if on is None else ()
        found = None if on is not None else weighted(connection, call.viewer, filters, call.services.active_config())
        comparison = _comparison(call, connection, filters, query.rates, on, earlier)
    currency = settings.currency
    return PortfolioTotals(
        comparison=comparison,
        sources=source_models(ages, call.services.settings.source_age_limit, system_clock()),
        currency=currency,
        fiscal_year=settings.year.name,
        fiscal_year_begins=settings.year.first.first_day,
        closed_month=settings.closed.first_day,
        committed_from=settings.committed_from,
        refreshed_at=settings.refreshed_at,
        total=_totals(overview.total, currency),
        pipeline_by_track_record=None if found is None else _amount(found.weighted.quantize(CENT), currency),
        hierarchies=[_hierarchy(node, currency) for node in overview.children],
        stages=[StageTotals(stage=name, totals=_totals(sums, currency)) for name, sums in overview.by_stage.items()],
        left_out=[
            LeftOutTotals(reason=reason, totals=_totals(sums, currency)) for reason, sums in overview.left_out.items()
        ],
        losses=[
            Losses(
                reason=reason,
                run_rate=_amount(overview.run_rate_losses.get(reason), currency),
                in_year=_amount(overview.in_year_losses.get(reason), currency),
            )
            for reason in LeakReason
            if reason in overview.run_rate_losses or reason in overview.in_year_losses
        ],
        statuses=[
            StatusTotals(
                implementation=Colour(implementation), potential=Colour(potential), totals=_totals(sums, currency)
            )
            for (implementation, potential), sums in overview.by_status.items()
        ],
        months=[
            MonthTotals(
                month=point.month.first_day,
                **{SIDES[version]: _amount(point.ebitda.get(version), currency) for version in Version},
                **{f"cash_{SIDES[version]}": _amount(point.cash.get(version), currency) for version in Version},
            )
            for point in points
        ],
    )


def _comparison(
    call: ApiCall,
    connection: Connection,
    filters: PortfolioFilters,
    view: RatesView,
    on: KnownOn | None,
    earlier: KnownOn | None,
) -> ComparisonModel | None:
    if earlier is None:
        return None
    now, services = system_clock(), call.services
    rates = usable_rates(services.rates.rates(), services.active_config(), now.date())
    return comparison_of(Report(connection, call.viewer, "", {}, rates, now, filters, on, view), earlier)


def _hierarchy(node: HierarchySums, currency: str) -> HierarchyTotals:
    return HierarchyTotals(hierarchy=list(node.path), totals=_totals(node.sums, currency))


def _totals(sums: PortfolioSums, currency: str) -> Totals:
    return Totals(
        measures=sums.measures,
        counted=sums.counted,
        held_up=sums.held_up,
        red_implementation=sums.red_implementation,
        red_potential=sums.red_potential,
        amounts=amounts_of(sums.amounts, currency),
    )


def _amount(value: Decimal | None, currency: str) -> Amount | None:
    return Amount.of(value, currency)


OPERATIONS = (
    Operation(
        "GET", "/portfolio", "portfolio", "Show sums of the portfolio", totals, PortfolioTotals, query=PortfolioQuery,
        problems={404: "No figures were known on that day.",
                  409: "There are no figures yet, or the two days cannot be compared."},
        description="Sums are over the measures that the caller may see.", scope=TokenScope.MONEY_READ,
    ),
)  # fmt: skip
