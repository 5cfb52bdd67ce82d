"""The variance of a part of the portfolio by program or another name, down to the measures that it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import Connection, and_, func, select

from connector.people.permissions import Viewer
from connector.store.database.tables import MEASURE_FIGURES
from connector.store.reporting.portfolio_filters import PortfolioFilters, counted, measures_where, visible_measures
from governance.effects import ZERO

MEASURES_OF_ONE = 20
"""Measures that are named under one name; the others are one sum."""


class VarianceBy(StrEnum):
    """What a variance is opened by."""

    PROGRAM = "program"
    PORTFOLIO = "portfolio"
    LEGAL_ENTITY = "legal_entity"
    BUSINESS_UNIT = "business_unit"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class MeasureVariance:
    id: str
    key: str
    title: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class PlaceVariance:
    """One name with its measures, the largest variance first."""

    name: str
    measures: tuple[MeasureVariance, ...]
    others: int
    """Measures with a variance that are not named."""
    others_amount: Decimal

    @property
    def amount(self) -> Decimal:
        return sum((one.amount for one in self.measures), self.others_amount)


@dataclass(frozen=True, slots=True)
class PortfolioVariance:
    """At completion less plan, of the measures that have both, in the reporting currency."""

    places: tuple[PlaceVariance, ...]

    @property
    def amount(self) -> Decimal:
        return sum((place.amount for place in self.places), ZERO)


def variance_by(connection: Connection, viewer: Viewer, filters: PortfolioFilters, by: VarianceBy) -> PortfolioVariance:
    """The largest loss first."""
    columns = MEASURE_FIGURES.c
    name = columns[by.value]
    wanted = and_(measures_where(filters), visible_measures(viewer), counted(filters, MEASURE_FIGURES))
    size = func.row_number().over(partition_by=name, order_by=(func.abs(columns.variance).desc(), columns.measure_id))
    ranked = (
        select(name.label("name"), columns.measure_id, columns.key, columns.title, columns.variance, size.label("rank"))
        .where(wanted, columns.variance.is_not(None), columns.variance != 0)
        .subquery()
    )
    named = select(ranked).where(ranked.c.rank <= MEASURES_OF_ONE).order_by(ranked.c.name, ranked.c.rank)
    others = (
        select(ranked.c.name, func.count(), func.sum(ranked.c.variance))
        .where(ranked.c.rank > MEASURES_OF_ONE)
        .group_by(ranked.c.name)
    )
    found: dict[str, list[MeasureVariance]] = {}
    for row in connection.execute(named):
        found.setdefault(row.name, []).append(MeasureVariance(row.measure_id, row.key, row.title, row.variance))
    rest = {row[0]: (int(row[1]), row[2]) for row in connection.execute(others)}
    places = [_place(one, measures, rest) for one, measures in found.items()]
    return PortfolioVariance(tuple(sorted(places, key=lambda place: (place.amount, place.name))))


def _place(name: str, measures: Sequence[MeasureVariance], rest: Mapping[str, tuple[int, Decimal]]) -> PlaceVariance:
    return PlaceVariance(name, tuple(measures), *rest.get(name, (0, ZERO)))
