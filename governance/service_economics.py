"""What a service costs by the unit, what a unit brings, what of its cost is stranded, and how that has changed.

Formula, of one month, in the reporting currency::

    cost           = fixed + variable + allocated     (Σ actuals of cost of the ledger, and parts of shared services)
    unit cost      = cost / demand
    value per unit = benefits booked on the service / demand, without such the stated value
    margin         = value per unit - unit cost
    stranded       = (fixed + allocated) x (1 - demand / capacity), at least 0
    trend          = unit cost / mean unit cost of the three months before - 1

Without a stated capacity the mean demand of the three months before stands for it: fixed cost does not fall with
demand, so a lower demand strands a part of it.  A unit cost that falls because demand rises saves nothing: ``saving``
is the fall of the cost itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

from governance.cost_spike import QUARTER
from governance.effects import ZERO
from governance.facts import Fact, Unknown, known
from governance.money import Period
from governance.rates import Conversion, Rates
from governance.service import AllocatedCost, ServiceDefinition, ServiceLine, ServiceMonth
from governance.time_text import month_text

ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class ServiceFigures:
    """The newest finished month of a service, and the months before."""

    month: Period
    """The last month that is over: all is said of it, and what is not known of it is not known."""
    currency: str
    months: tuple[ServiceMonth, ...] = ()
    """Oldest first; a month without cost and demand is absent."""
    cost: Fact[Decimal] = None
    demand: Fact[Decimal] = None
    unit_cost: Fact[Decimal] = None
    fixed_per_unit: Decimal | None = None
    variable_per_unit: Decimal | None = None
    value_per_unit: Decimal | None = None
    margin: Decimal | None = None
    stranded: Decimal | None = None
    """Of the month's fixed and allocated cost, what no demand uses."""
    trend: Decimal | None = None
    """A share: 0.10 is ten per cent above the trailing quarter."""
    saving: Decimal | None = None
    """By how much the month's cost lies below the mean of the trailing quarter; negative when it lies above."""
    unknown_months: tuple[Period, ...] = ()
    """Months of which an exchange rate is missing: their cost is not known."""

    @property
    def present(self) -> ServiceMonth | None:
        return next((one for one in self.months if one.month == self.month), None)

    @property
    def trend_sentence(self) -> str:
        """The trend beside what it saved: a falling unit cost alone is no saving.  Empty without a trend."""
        if self.trend is None or self.saving is None:
            return ""
        if self.trend < 0 and self.saving <= 0:
            line = Trend.NO_SAVING
        elif not self.trend:
            line = (
                Trend.LOWER_AS_IT_WAS if self.saving > 0 else Trend.HIGHER_AS_IT_WAS if self.saving else Trend.AS_IT_WAS
            )
        elif self.trend < 0:
            line = Trend.FELL
        else:
            line = Trend.ROSE_AND_LOWER if self.saving > 0 else Trend.ROSE
        return line.format(share=f"{abs(self.trend):.1%}", amount=f"{abs(self.saving):,.2f} {self.currency}")


class Trend(StrEnum):
    """The sentences of a trend."""

    NO_SAVING = (
        "The unit cost fell by {share} against the trailing quarter because demand rose: the cost itself did not fall, "
        "so that nothing is saved."
    )
    FELL = "The unit cost fell by {share} against the trailing quarter; the cost is {amount} lower."
    ROSE = "The unit cost rose by {share} against the trailing quarter; the cost is {amount} higher."
    ROSE_AND_LOWER = "The unit cost rose by {share} against the trailing quarter; the cost is {amount} lower."
    AS_IT_WAS = "The unit cost stayed as it was in the trailing quarter, and so did the cost."
    LOWER_AS_IT_WAS = "The unit cost stayed as it was in the trailing quarter; the cost is {amount} lower."
    HIGHER_AS_IT_WAS = "The unit cost stayed as it was in the trailing quarter; the cost is {amount} higher."


def service_figures(
    definition: ServiceDefinition,
    lines: Iterable[ServiceLine],
    demand: Mapping[Period, Decimal],
    allocated: Sequence[AllocatedCost],
    month: Period,
    rates: Rates,
    currency: str,
) -> ServiceFigures:
    """``month`` is the last month that is over; what is booked after it is not looked at."""
    months, missing = _months(definition, lines, demand, allocated, month, rates, currency)
    figures = ServiceFigures(month, currency, tuple(months.values()), unknown_months=tuple(sorted(missing)))
    present = months.get(month, ServiceMonth(month))
    cost: Fact[Decimal] = Unknown(f"no cost is booked in {month_text(month)}") if not present.cost else present.cost
    if month in missing:
        cost = Unknown(missing[month])
    demanded: Fact[Decimal] = present.demand
    if present.demand is None:
        demanded = Unknown(f"no demand is stated for {month_text(month)}")
    figures = replace(figures, cost=cost, demand=demanded, unit_cost=_unit_cost(cost, demanded, month))
    if isinstance(figures.unit_cost, Unknown) or figures.unit_cost is None:
        return replace(figures, stranded=_stranded(definition, present, months) if month not in missing else None)
    demand_known = known(demanded)
    value = present.benefit / demand_known if present.benefit and demand_known else definition.value_per_unit
    before = [months[one] for one in _trailing(month) if one in months and one not in missing]
    unit_costs = [one.unit_cost for one in before if one.unit_cost is not None]
    whole = len(unit_costs) == QUARTER
    mean = sum(unit_costs, ZERO) / QUARTER if whole else None
    return replace(
        figures,
        fixed_per_unit=present.fixed_per_unit,
        variable_per_unit=present.variable_per_unit,
        value_per_unit=value,
        margin=value - figures.unit_cost if value is not None else None,
        stranded=_stranded(definition, present, months),
        trend=figures.unit_cost / mean - 1 if mean else None,
        saving=sum((one.cost for one in before), ZERO) / QUARTER - present.cost if whole else None,
    )


def _unit_cost(cost: Fact[Decimal], demand: Fact[Decimal], month: Period) -> Fact[Decimal]:
    if isinstance(cost, Unknown):
        return cost
    if isinstance(demand, Unknown):
        return demand
    if cost is None or not demand:
        return Unknown(f"there was no demand in {month_text(month)}, and {cost or 0:,.2f} of cost")
    return cost / demand


def _stranded(
    definition: ServiceDefinition, present: ServiceMonth, months: Mapping[Period, ServiceMonth]
) -> Decimal | None:
    """``None`` where nobody knows what the fixed cost provides for."""
    if present.demand is None:
        return None
    capacity = definition.capacity
    if capacity is None:
        before = [
            one.demand for month in _trailing(present.month) if (one := months.get(month)) and one.demand is not None
        ]
        capacity = sum(before, ZERO) / QUARTER if len(before) == QUARTER else None
    if not capacity:
        return None
    return (present.fixed + present.allocated) * max(ONE - present.demand / capacity, ZERO)


def _trailing(month: Period) -> tuple[Period, ...]:
    return tuple(month.plus(-number) for number in range(1, QUARTER + 1))


@dataclass(slots=True)
class _Sums:
    fixed: Decimal = ZERO
    variable: Decimal = ZERO
    allocated: Decimal = ZERO
    benefit: Decimal = ZERO
    departments: dict[str, Decimal] = field(default_factory=dict)


def _months(
    definition: ServiceDefinition,
    lines: Iterable[ServiceLine],
    demand: Mapping[Period, Decimal],
    allocated: Sequence[AllocatedCost],
    last: Period,
    rates: Rates,
    currency: str,
) -> tuple[dict[Period, ServiceMonth], dict[Period, str]]:
    """The months up to the last one, and those that a missing rate leaves unknown."""
    fixed = {name.casefold() for name in definition.fixed}
    sums: dict[Period, _Sums] = {}
    missing: dict[Period, str] = {}
    for line in lines:
        if line.month > last:
            continue
        converted = rates.convert(line.money, currency, line.month)
        if not isinstance(converted, Conversion):
            missing[line.month] = f"there is {converted}"
            continue
        found, amount = sums.setdefault(line.month, _Sums()), converted.money.amount
        if line.is_benefit:
            found.benefit += amount
            continue
        found.departments[line.department] = found.departments.get(line.department, ZERO) + amount
        if fixed & {line.pl_line.casefold(), line.gl_account.casefold()}:
            found.fixed += amount
        else:
            found.variable += amount
    for part in allocated:
        if part.month <= last:
            sums.setdefault(part.month, _Sums()).allocated += part.amount
            if part.problem:
                missing[part.month] = part.problem
    months = {one for one in {*sums, *demand} if one <= last}
    return {
        one: ServiceMonth(
            one, found.fixed, found.variable, found.allocated, found.benefit, demand.get(one), found.departments
        )
        for one in sorted(months)
        for found in (sums.get(one, _Sums()),)
    }, missing


def own_cost(
    lines: Iterable[ServiceLine], rates: Rates, currency: str
) -> tuple[dict[Period, Decimal], dict[Period, str]]:
    """What is booked on a service by month, and why that of a month is not known."""
    cost: dict[Period, Decimal] = {}
    missing: dict[Period, str] = {}
    for line in lines:
        if line.is_benefit:
            continue
        converted = rates.convert(line.money, currency, line.month)
        if isinstance(converted, Conversion):
            cost[line.month] = cost.get(line.month, ZERO) + converted.money.amount
        else:
            missing[line.month] = f"there is {converted}"
    return cost, missing


def allocate(
    cost: Mapping[Period, Decimal],
    carriers: Mapping[str, tuple[Decimal | None, Mapping[Period, Decimal]]],
) -> dict[str, dict[Period, Decimal]]:
    """A shared service's own cost by month, given to those that carry it; what nobody carries stays with it.

    ``carriers`` holds each one's stated share, or (``None``) its values by month, of which it carries its part of what
    the stated shares leave.  Nobody carries more than there is: stated shares of more than one are scaled down.
    """
    found: dict[str, dict[Period, Decimal]] = {key: {} for key in carriers}
    stated = sum((share for share, _ in carriers.values() if share is not None), ZERO)
    scale = ONE / stated if stated > 1 else ONE
    for month, amount in cost.items():
        rest = amount * max(ONE - stated, ZERO)
        total = sum((values.get(month, ZERO) for share, values in carriers.values() if share is None), ZERO)
        for key, (share, values) in carriers.items():
            if share is not None:
                found[key][month] = amount * share * scale
            elif total and values.get(month):
                found[key][month] = rest * values[month] / total
    return found
