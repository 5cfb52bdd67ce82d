"""Why a variance is what it is, of one measure and of a part of the portfolio; children add up to their parent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from pydantic import Field

from connector.measures.why import MeasureWhy, Rating, measure_why, why_of_now
from connector.people.permissions import TokenScope
from connector.store.measures.known_changes import KnownChange, KnownEdit
from connector.store.reporting.figures_history import PastPortfolio, figures_at
from connector.store.reporting.portfolio import Portfolio
from connector.store.reporting.portfolio_filters import PortfolioFilters
from connector.store.reporting.variance_by_place import PlaceVariance, VarianceBy, variance_by
from governance.effects import EffectKind
from governance.variance_tree import KindShare, VarianceCause
from webhook_server.api.known_filters import require_known_part
from webhook_server.api.known_on import day_of
from webhook_server.api.measure_lookup import MEASURE_PARAMETER, KnownOnQuery, find_known
from webhook_server.api.operation import ApiCall, Operation
from webhook_server.api.problem import Problem
from webhook_server.api.values import Amount, Model, ShortText


class KnownEditModel(Model):
    """A mapped field that was changed in the tool."""

    field: str = Field(description="Its visible name.")
    by: str | None = Field(description="Who changed it last; null if that is not known for certain.")


class KnownChangeModel(Model):
    """What one assessment found changed."""

    at: datetime
    parts: list[str] = Field(description="Each as `name: before became after`.")
    edits: list[KnownEditModel] = Field(description="Changed fields; empty if the change came from elsewhere.")
    by: list[str] = Field(description="Whose commands were accepted then.")


class MonthShareModel(Model):
    month: date = Field(description="Its first day.")
    amount: Amount


class CauseShare(Model):
    cause: VarianceCause
    amount: Amount
    months: list[MonthShareModel]


class KindModel(Model):
    kind: EffectKind
    hard: bool
    amount: Amount
    shift: int = Field(description="Months by which its first amount moved; positive is later.")
    causes: list[CauseShare]
    change: KnownChangeModel | None = Field(description="The newest change of an amount of this kind.")


class WhyModel(Model):
    amount: Amount | None = Field(description="At completion minus plan; null if there is none.")
    problem: str = Field(description="Why there is no variance; empty otherwise.")
    kinds: list[KindModel]
    other: Amount | None = Field(description="What the variance holds beside the lines.")
    rating: Rating = Field(description="How the amounts are converted; a past day is shown in constant currency.")
    stated_reason: str
    changes: list[KnownChangeModel] = Field(description="Newest first.")
    changes_complete: bool = Field(description="False when older changes are left out.")


class MeasureVarianceModel(Model):
    id: str
    key: str
    title: str
    amount: Amount


class PlaceModel(Model):
    name: str
    amount: Amount
    measures: list[MeasureVarianceModel] = Field(description="The largest ones; the others are one sum.")
    others: int
    others_amount: Amount


class PortfolioWhyModel(Model):
    amount: Amount
    by: VarianceBy
    places: list[PlaceModel] = Field(description="The largest loss first.")


class PortfolioWhyQuery(Model):
    by: VarianceBy = VarianceBy.PROGRAM
    portfolio: ShortText | None = None
    program: ShortText | None = None
    legal_entity: ShortText | None = None
    on: ShortText | None = Field(default=None, description="As known on a day or at a moment.")


def why(call: ApiCall) -> WhyModel:
    with call.services.read_as(call.viewer) as connection:
        row, known = find_known(call, connection)
        if known is None:
            found = why_of_now(connection, row)
        else:
            until = day_of(call.query_as(KnownOnQuery).on)
            at = until.at if until else None
            found = measure_why(connection, row, known.effect_lines, at)
    return _why(found)


def portfolio_why(call: ApiCall) -> PortfolioWhyModel:
    query = call.query_as(PortfolioWhyQuery)
    filters = PortfolioFilters(portfolio=query.portfolio, program=query.program, entity=query.legal_entity)
    on = day_of(query.on)
    with call.services.read_as(call.viewer) as connection:
        portfolio = (
            Portfolio(connection, call.viewer, filters)
            if on is None
            else PastPortfolio(connection, call.viewer, filters, on.at)
        )
        settings = portfolio.settings()
        if settings is None:
            raise Problem(409, "There are no figures yet, or there were none on that day.", "Ask for a later day.")
        require_known_part(call, connection, filters, on)
        source = connection if on is None else figures_at(connection, on.at)
        variance = variance_by(source, call.viewer, filters, query.by)
    return PortfolioWhyModel(
        amount=_money(variance.amount, settings.currency),
        by=query.by,
        places=[_place(place, settings.currency) for place in variance.places],
    )


def _place(place: PlaceVariance, currency: str) -> PlaceModel:
    return PlaceModel(
        name=place.name,
        amount=_money(place.amount, currency),
        measures=[
            MeasureVarianceModel(id=one.id, key=one.key, title=one.title, amount=_money(one.amount, currency))
            for one in place.measures
        ],
        others=place.others,
        others_amount=_money(place.others_amount, currency),
    )


def _why(found: MeasureWhy) -> WhyModel:
    tree, currency = found.tree, found.currency
    return WhyModel(
        amount=_money(tree.amount, currency) if tree else None,
        problem=found.problem,
        kinds=[_kind(share, currency, found.change_of(share)) for share in tree.kinds] if tree else [],
        other=_money(tree.other, currency) if tree else None,
        rating=found.rating,
        stated_reason=found.stated_reason,
        changes=[_change(change, change.edits) for change in found.known.changes],
        changes_complete=found.known.complete,
    )


def _kind(share: KindShare, currency: str, change: KnownChange | None) -> KindModel:
    return KindModel(
        kind=share.kind,
        hard=share.hard,
        amount=_money(share.amount, currency),
        shift=share.shift,
        causes=[
            CauseShare(
                cause=cause.cause,
                amount=_money(cause.amount, currency),
                months=[
                    MonthShareModel(month=month.first_day, amount=_money(amount, currency))
                    for month, amount in cause.months
                ],
            )
            for cause in share.causes
        ],
        change=_change(change, change.edits_of(share.kind)) if change else None,
    )


def _change(change: KnownChange, edits: Iterable[KnownEdit]) -> KnownChangeModel:
    edited = [KnownEditModel(field=edit.field, by=edit.person) for edit in edits]
    parts = [f"{part.name}: {part.before} became {part.after}" for part in change.parts]
    return KnownChangeModel(at=change.at, parts=parts, edits=edited, by=list(change.people))


def _money(amount: Decimal, currency: str) -> Amount:
    return Amount(amount=f"{amount:f}", currency=currency)


OPERATIONS = (
    Operation(
        "GET", "/measures/{measure}/why", "measures", "Open the variance into kinds, causes and months", why, WhyModel,
        path_parameters=(MEASURE_PARAMETER,), query=KnownOnQuery,
        problems={404: "Gatepost did not know this measure on that day.", 409: "Several measures have this key."},
        scope=TokenScope.MEASURES_READ,
    ),
    Operation(
        "GET", "/portfolio/why", "portfolio", "Open the variance by program or another name", portfolio_why,
        PortfolioWhyModel, query=PortfolioWhyQuery, problems={409: "There are no figures."},
        scope=TokenScope.MONEY_READ,
    ),
)  # fmt: skip
