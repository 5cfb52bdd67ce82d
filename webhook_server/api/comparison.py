"""Two days compared, as an answer has it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from pydantic import Field

from connector.measures.known_on import KnownOn
from connector.papers.comparison import ComparedFigure, ComparedTotals, Comparison, compare
from connector.papers.report import NoFigures, Report
from governance.comparison import ChangeKind
from webhook_server.api.problem import Problem
from webhook_server.api.values import Amount, Model


class Change(Model):
    kind: ChangeKind = Field(
        description="new and dropped: measures that the totals hold now or held then alone; value: more or less over "
        "all months; timing: the same in other years; rate: exchange rates; correction: closed months booked otherwise."
    )
    amount: Amount


class ChangedMeasure(Model):
    measure: str
    key: str
    title: str
    changes: list[Change]


class FigureComparison(Model):
    figure: ComparedFigure
    before: Amount
    changes: list[Change] = Field(description="Every kind; before and all changes come to after, to the cent.")
    after: Amount
    measures: list[ChangedMeasure] = Field(description="The largest changes, ten at most.")
    measures_changed: int


class ComparisonModel(Model):
    earlier: str
    later: str
    totals: list[FigureComparison]
    notes: list[str] = Field(description="What cannot be compared, and why.")


def comparison_of(report: Report, earlier: KnownOn | None) -> ComparisonModel | None:
    """Raises Problem 409 for days that cannot be compared."""
    if earlier is None:
        return None
    try:
        found = compare(report, earlier)
    except NoFigures as error:
        raise Problem(409, str(error), "Compare with another day.") from error
    return ComparisonModel(
        earlier=found.earlier.iso,
        later=found.later.iso,
        totals=[_figure(totals, found) for totals in found.totals],
        notes=list(found.notes),
    )


def _figure(totals: ComparedTotals, of: Comparison) -> FigureComparison:
    currency = of.currency
    return FigureComparison(
        figure=totals.figure,
        before=amount_model(totals.before, currency),
        changes=changes_of(totals.changes, currency),
        after=amount_model(totals.after, currency),
        measures=[
            ChangedMeasure(
                measure=one.id,
                key=one.key,
                title=one.title,
                changes=changes_of(one.parts, currency),
            )
            for one in totals.measures
        ],
        measures_changed=totals.changed,
    )


def changes_of(parts: Mapping[ChangeKind, Decimal], currency: str) -> list[Change]:
    return [Change(kind=kind, amount=amount_model(amount, currency)) for kind, amount in parts.items()]


def amount_model(amount: Decimal, currency: str) -> Amount:
    return Amount(amount=f"{amount:f}", currency=currency)
