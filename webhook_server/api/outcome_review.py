"""The outcome review of a quarter: what was promised, what came, what stops, what starts, and what was refused."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from connector.bootstrap import MappingCache, system_clock
from connector.papers.active_report import active_report
from connector.papers.outcome_review import OutcomeReview, QuarterSums, fiscal_calendar, outcome_review
from connector.papers.report import NoFigures
from connector.people.permissions import TokenScope
from connector.store.reporting.outcome_rows import AnsweredDemands, StepRow
from connector.store.reporting.portfolio_filters import PortfolioFilters
from governance.reporting_calendar import Cadence
from mapping.papers import time_zone
from webhook_server.api.known_on import day_of
from webhook_server.api.operation import ApiCall, Operation
from webhook_server.api.problem import Problem
from webhook_server.api.values import Amount, Model, ShortText


class ReviewQuery(Model):
    period: Annotated[str, Field(pattern=r"^FY\d{4}-Q[1-4]$")] | None = Field(
        default=None, description="A fiscal quarter; the last one that is over by default.", examples=["FY2026-Q3"]
    )
    portfolio: ShortText | None = None
    program: ShortText | None = None
    legal_entity: ShortText | None = None
    on: ShortText | None = Field(
        default=None, description="As known on a day, or at a moment.", examples=["2026-10-05"]
    )


class QuarterSumsModel(Model):
    name: str = Field(description="Portfolio or program; empty for all.", examples=["Cloud exit"])
    measures: int = Field(description="Measures with an amount in the quarter.")
    promised: Amount | None = Field(description="Planned EBITDA effect of the quarter's months.")
    estimate: Amount | None = Field(description="The same of the latest estimate.")
    came: Amount | None = Field(description="What is booked of it.")
    difference: Amount | None = Field(description="What came less what was promised.")
    unbooked: int = Field(description="Measures with a plan for the quarter and nothing booked in it.")


class QuarterMeasure(Model):
    measure: str
    key: str
    title: str
    owner: str
    portfolio: str
    program: str
    reason: str = Field(description="Why less comes than was planned; empty where nobody gave one.")
    promised: Amount | None
    estimate: Amount | None
    came: Amount | None = Field(description="Null where nothing is booked.")


class MovedMeasure(Model):
    measure: str
    key: str
    title: str
    owner: str
    step: str = Field(description="Its stage, or how it ended.", examples=["cancelled"])
    at: datetime
    reason: str
    by: str
    run_rate_plan: Amount | None = Field(description="Planned run-rate, a year.")


class StopAsked(Model):
    measure: str
    key: str
    title: str
    why: str
    who: str = Field(description="Who decides.")
    deadline: date


class StartAsked(Model):
    measure: str
    key: str
    title: str
    owner: str
    gate: str = Field(description="Label of the stage that it leads into.", examples=["Decided"])
    due: date | None = Field(description="Null is now.")
    run_rate_plan: Amount | None


class AnsweredModel(Model):
    answered: int = Field(description="Demands that were refused or decided.")
    refused: int
    approved: int = Field(description="Decided.")
    share: str | None = Field(description="Refused over answered; null before the first.", examples=["0.3"])


class OutcomeReviewModel(Model):
    period: str = Field(examples=["FY2026-Q3"])
    first: date
    last: date
    currency: str
    sentence: str = Field(description="The quarter in words.")
    warnings: list[str] = Field(description="Late sources, and months that are not over.")
    total: QuarterSumsModel
    places: list[QuarterSumsModel]
    measures: list[QuarterMeasure] = Field(description="The largest shortfall first.")
    stopped: list[MovedMeasure] = Field(description="Cancelled, put on hold or closed without value in the quarter.")
    to_stop: list[StopAsked] = Field(description="What the committee is asked to stop.")
    started: list[MovedMeasure] = Field(description="Decided in the quarter.")
    to_start: list[StartAsked] = Field(description="Gates into the decision and beyond that are due next.")
    finished: list[MovedMeasure] = Field(description="Closed in the quarter with their value.")
    answered: AnsweredModel = Field(description="Demands of the quarter.")
    answered_ever: AnsweredModel
    target: str = Field(description="Share of refused demands that is aimed at.", examples=["0.3"])
    reaches_target: bool | None = Field(description="Null where nothing was answered in the quarter.")


def read_review(call: ApiCall) -> OutcomeReviewModel:
    query, now = call.query_as(ReviewQuery), system_clock()
    active = MappingCache(call.services.mappings).active()
    if active is None:
        raise Problem(409, "No mapping is active yet.", "Activate one first.")
    config = active.config
    calendar = fiscal_calendar(config)
    period = calendar.named(query.period) if query.period else calendar.preceding(
        calendar.period_of(Cadence.QUARTER, now.date())
    )  # fmt: skip
    if period is None or period.cadence is not Cadence.QUARTER:
        raise Problem(422, "The query is not valid: period.", "Write a quarter as FY2026-Q3.")
    on = day_of(query.on)
    filters = PortfolioFilters(portfolio=query.portfolio, program=query.program, entity=query.legal_entity)
    with call.services.read_as(call.viewer) as connection:
        report = active_report(call.services, active, connection, call.viewer, now, filters, on)
        try:
            found = outcome_review(
                report, config, period, time_zone(config.calendar.time_zone or call.services.settings.time_zone)
            )
        except NoFigures as error:
            raise Problem(409, "There are no figures.", str(error)) from None
    return _review(found)


def _review(found: OutcomeReview) -> OutcomeReviewModel:
    currency = found.currency
    return OutcomeReviewModel(
        period=found.period.label,
        first=found.period.first,
        last=found.period.last,
        currency=currency,
        sentence=f"{found.sentence} {found.moves_sentence} {found.refused_sentence}",
        warnings=list(found.warnings),
        total=_sums(found.total, currency),
        places=[_sums(one, currency) for one in found.places],
        measures=[
            QuarterMeasure(
                measure=row.id, key=row.key, title=row.title, owner=row.owner, portfolio=row.portfolio,
                program=row.program, reason=row.reason, promised=Amount.of(row.plan, currency),
                estimate=Amount.of(row.estimate, currency), came=Amount.of(row.actual, currency),
            )
            for row in found.lines
        ],
        stopped=[_moved(one, currency) for one in found.stopped],
        to_stop=[
            StopAsked(
                measure=one.measure, key=one.key, title=one.title or "", why=one.why, who=one.who,
                deadline=one.deadline,
            )
            for one in found.to_stop
        ],
        started=[_moved(one, currency) for one in found.started],
        to_start=[
            StartAsked(
                measure=one.id, key=one.key, title=one.title, owner=one.owner, gate=one.gate, due=one.due,
                run_rate_plan=Amount.of(one.run_rate_plan, currency),
            )
            for one in found.to_start
        ],
        finished=[_moved(one, currency) for one in found.finished],
        answered=_answered(found.answered),
        answered_ever=_answered(found.answered_ever),
        target=_share(found.target) or "",
        reaches_target=found.reaches_target,
    )  # fmt: skip


def _sums(one: QuarterSums, currency: str) -> QuarterSumsModel:
    return QuarterSumsModel(
        name=one.name,
        measures=one.measures,
        promised=Amount.of(one.plan, currency),
        estimate=Amount.of(one.estimate, currency),
        came=Amount.of(one.actual, currency),
        difference=Amount.of(one.difference, currency),
        unbooked=one.unbooked,
    )


def _moved(one: StepRow, currency: str) -> MovedMeasure:
    return MovedMeasure(
        measure=one.id,
        key=one.key,
        title=one.title,
        owner=one.owner,
        step=one.step,
        at=one.at,
        reason=one.reason,
        by=one.by,
        run_rate_plan=Amount.of(one.run_rate_plan, currency),
    )


def _answered(one: AnsweredDemands) -> AnsweredModel:
    return AnsweredModel(answered=one.requests, refused=one.refused, approved=one.approved, share=_share(one.share))


def _share(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"


OPERATIONS = (
    Operation("GET", "/outcome-review", "papers", "Read what a quarter promised, brought, stopped and started",
        read_review, OutcomeReviewModel, scope=TokenScope.MONEY_READ, query=ReviewQuery,
        problems={409: "No mapping is active, or no figures were known then."},
    ),
)  # fmt: skip
