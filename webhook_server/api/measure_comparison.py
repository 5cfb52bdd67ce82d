"""A measure compared with an earlier day, as an answer has it."""

from __future__ import annotations

from pydantic import Field
from sqlalchemy import Connection, RowMapping

from connector.bootstrap import system_clock
from connector.measures.usable_rates import usable_rates
from connector.papers.comparison import ComparedFigure
from connector.papers.measure_comparison import MeasureComparison, measure_comparison
from connector.papers.report import Report
from webhook_server.api.comparison import Change, amount_model, changes_of
from webhook_server.api.known_on import day_of
from webhook_server.api.measure_lookup import KnownOnQuery
from webhook_server.api.operation import ApiCall
from webhook_server.api.values import Amount, Model, ShortText


class MeasureComparedQuery(KnownOnQuery):
    compare: ShortText | None = Field(
        default=None,
        description="An earlier day or moment to compare with; the answer then has what became another one since.",
    )


class MeasureFigureComparison(Model):
    figure: ComparedFigure
    before: Amount = Field(description="Its part of the totals then; 0 when they did not hold it.")
    changes: list[Change] = Field(description="Those that are not 0; with before they come to after, to the cent.")
    after: Amount


class ChangedFactModel(Model):
    name: str = Field(description="stage, gate, implementation, potential, blockers, policy, or a fact of the item.")
    before: str
    after: str


class MeasureComparisonModel(Model):
    earlier: str
    figures: list[MeasureFigureComparison] = Field(description="None when the amounts of both days cannot be compared.")
    facts: list[ChangedFactModel] = Field(description="What else is another one.")
    problems: list[str] = Field(description="What cannot be compared, and why.")


def compared_measure(call: ApiCall, connection: Connection, row: RowMapping) -> MeasureComparison | None:
    """By the parameter ``compare``; ``row`` is the measure's of today."""
    query = call.query_as(MeasureComparedQuery)
    earlier = day_of(query.compare)
    if earlier is None:
        return None
    now, services = system_clock(), call.services
    rates = usable_rates(services.rates.rates(), services.active_config(), now.date())
    report = Report(connection, call.viewer, "", {}, rates, now, on=day_of(query.on))
    return measure_comparison(report, row, earlier)


def comparison_model(of: MeasureComparison | None) -> MeasureComparisonModel | None:
    if of is None:
        return None
    currency = of.amounts.currency if of.amounts is not None else ""
    return MeasureComparisonModel(
        earlier=of.earlier.iso,
        figures=[
            MeasureFigureComparison(
                figure=totals.figure,
                before=amount_model(totals.before, currency),
                changes=changes_of({kind: one for kind, one in totals.changes.items() if one}, currency),
                after=amount_model(totals.after, currency),
            )
            for totals in (of.amounts.totals if of.amounts is not None else ())
        ],
        facts=[ChangedFactModel(name=part.name, before=part.before, after=part.after) for part in of.parts],
        problems=list(of.problems),
    )
