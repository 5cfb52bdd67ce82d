"""Cost spike: the unit cost of a service lies above what it was.

Three comparisons, because each alone is blind to something: the quarter before does not see what creeps, the same
quarter of the year before does not see what grows within a year, and the baseline does not see a season.  A month that
is not booked, or whose demand or rate is missing, is unknown and not zero: a quarter with such a month is not compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from governance.evidence import Service
from governance.money import Money, Period
from governance.rates import Conversion, Rates
from governance.time_text import month_text

QUARTER = 3
YEAR = 12


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a month is compared with."""

    what: str
    cost: Decimal
    """A month's unit cost then, in the currency of the newest month."""


def cost_spike(service: Service, tolerance: Decimal, decided: Period | None, rates: Rates) -> str:
    """What the newest booked month of the service is too far above; empty when it is not, or when nobody can say.

    ``tolerance`` is a share (0.20 = a fifth); ``decided`` the month in which the plan was locked, ``None`` before.
    """
    costs = unit_costs(service, rates)
    if not costs:
        return ""
    newest = max(costs)
    by_unit = newest in service.units
    return spike_sentence(service.name, costs, service.costs[newest].currency, tolerance, decided, by_unit=by_unit)


def spike_sentence(
    name: str,
    costs: Mapping[Period, Decimal],
    currency: str,
    tolerance: Decimal,
    decided: Period | None = None,
    *,
    by_unit: bool = True,
) -> str:
    """The same of costs by month that are in one currency already."""
    newest = max(costs)
    above = [
        f"{costs[newest] / one.cost - 1:.0%} above {one.what} ({Money(round(one.cost, 2), currency)})"
        for one in comparisons(costs, newest)
        if _is_above(costs[newest], one.cost, tolerance)
    ]
    baseline = _baseline(costs, newest, decided)
    if baseline is not None and _is_above(costs[newest], baseline.cost, tolerance):
        since = _since(costs, newest, baseline.cost, tolerance)
        above.append(
            f"{costs[newest] / baseline.cost - 1:.0%} above {baseline.what} "
            f"({Money(round(baseline.cost, 2), currency)}), more than the tolerated {tolerance:.0%} since "
            f"{month_text(since)}"
        )
    if not above:
        return ""
    unit = " per unit" if by_unit else ""
    return (
        f"{name} cost {Money(round(costs[newest], 2), currency)}{unit} in {month_text(newest)}, {' and '.join(above)}"
    )


def unit_costs(service: Service, rates: Rates) -> dict[Period, Decimal]:
    """Cost by unit and month, in the currency of the newest month; months of which it is unknown are absent."""
    months = sorted(month for month in service.costs if not service.units or service.units.get(month))
    if not months:
        return {}
    currency = service.costs[months[-1]].currency
    found: dict[Period, Decimal] = {}
    for month in months:
        converted = rates.convert(service.costs[month], currency, month)
        if isinstance(converted, Conversion):
            found[month] = converted.money.amount / service.units.get(month, Decimal(1))
    return found


def comparisons(costs: Mapping[Period, Decimal], newest: Period) -> Iterator[Comparison]:
    before = _mean(costs, (newest.plus(-number) for number in range(1, QUARTER + 1)))
    if before is not None:
        yield Comparison("the quarter before", before)
    number = (newest.month - 1) // QUARTER
    first = Period(newest.year - 1, number * QUARTER + 1)
    year_before = _mean(costs, (first.plus(month) for month in range(QUARTER)))
    if year_before is not None:
        yield Comparison(f"the same quarter of the year before, {first.year}-Q{number + 1}", year_before)


def _baseline(costs: Mapping[Period, Decimal], newest: Period, decided: Period | None) -> Comparison | None:
    """What the service cost when the measure was decided; before that the first booked month of the last twelve.

    A baseline lies a quarter back at least: two months say nothing of what a service usually costs.
    """
    if decided is not None and decided < newest:
        booked = [month for month in costs if decided.plus(-QUARTER) <= month < decided]
        if booked:
            mean = sum((costs[month] for month in booked), Decimal(0)) / len(booked)
            return Comparison(f"the baseline at the decision of {month_text(decided)}", mean)
    oldest, youngest = newest.plus(-YEAR), newest.plus(-QUARTER)
    first = min((month for month in costs if oldest <= month <= youngest), default=None)
    return Comparison(f"the baseline of {month_text(first)}", costs[first]) if first is not None else None


def _mean(costs: Mapping[Period, Decimal], months: Iterable[Period]) -> Decimal | None:
    """The mean of a quarter; ``None`` when one of its months is unknown."""
    known_costs = [costs[month] for month in months if month in costs]
    return sum(known_costs, Decimal(0)) / QUARTER if len(known_costs) == QUARTER else None


def _is_above(cost: Decimal, before: Decimal, tolerance: Decimal) -> bool:
    return before > 0 and cost > before * (1 + tolerance)


def _since(costs: Mapping[Period, Decimal], newest: Period, baseline: Decimal, tolerance: Decimal) -> Period:
    """The first month of those without a break that lie past the tolerance."""
    since = newest
    while (before := since.plus(-1)) in costs and _is_above(costs[before], baseline, tolerance):
        since = before
    return since
