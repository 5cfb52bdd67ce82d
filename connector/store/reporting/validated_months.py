"""What the controllers have signed by month, in the reporting currency: the months of the figure *validated value*."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import ColumnElement, Connection, func, literal, select

from connector.people.permissions import Viewer
from connector.store.database.tables import MEASURE_FIGURES, MEASURE_VALIDATED, ROLLUP_GROUP, ROLLUP_VALIDATED
from connector.store.reporting.portfolio_filters import (
    PortfolioFilters,
    can_use_sums,
    live,
    measures_where,
    sums_where,
    visible_measures,
    visible_sums,
)
from governance.money import Period


@dataclass(frozen=True, slots=True)
class ValidatedMonth:
    """One month of the measures that have not ended."""

    amount: Decimal
    measures: int
    """Of which something is signed for this month."""


def validated_by_month(
    connection: Connection, viewer: Viewer, filters: PortfolioFilters
) -> Mapping[Period, ValidatedMonth]:
    """Adds up to the validated value of the same part; what no rate converts is in neither."""
    if can_use_sums(viewer) and not filters.needs_measures:
        months = ROLLUP_VALIDATED
        measures: ColumnElement[int] = ROLLUP_VALIDATED.c.measures
        source = months.join(ROLLUP_GROUP, ROLLUP_GROUP.c.group_id == months.c.group_id)
        wanted = (sums_where(filters), visible_sums(viewer), live(filters, ROLLUP_GROUP))
    else:
        months, measures = MEASURE_VALIDATED, literal(1)
        source = months.join(MEASURE_FIGURES, MEASURE_FIGURES.c.measure_id == months.c.measure_id)
        wanted = (measures_where(filters), visible_measures(viewer), live(filters, MEASURE_FIGURES))
    month = months.c.month
    query = select(month, func.sum(months.c.amount), func.sum(measures)).select_from(source).where(*wanted)
    rows = connection.execute(query.group_by(month).order_by(month))
    return {Period.of(of): ValidatedMonth(amount, int(count)) for of, amount, count in rows}
