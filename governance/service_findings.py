"""What is wrong with a service, and what nobody knows of it: pure functions over its figures.

The three questions of a service (what does a unit cost, what is the demand, what is in the way) are blockers of their
own while they have no answer; findings report what its figures show.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from governance.cost_spike import QUARTER, comparisons, spike_sentence
from governance.effects import ZERO
from governance.facts import Unknown, known
from governance.money import Period
from governance.service import Better, LinkedMeasure, ServiceDefinition, ServiceKpi, ServiceMonth
from governance.service_economics import ServiceFigures
from governance.time_text import month_text

IMPROVED = Decimal("0.1")
"""Share by which a KPI has to be better than in the quarter before to count as an improvement."""
SHARED = "shared services"
NO_DEPARTMENT = "no cost centre"
MOST_DEPARTMENTS = 3
LEAST_RISE = Decimal("0.005")
"""Of a unit cost; what is shown as 0.00 caused nothing, and may come from a division."""


@dataclass(frozen=True, slots=True)
class ServiceBlocker:
    """A question of the service that has no answer."""

    code: str
    sentence: str
    who: str


@dataclass(frozen=True, slots=True)
class DepartmentRise:
    """What one department added to the unit cost; without demand to the cost of the month."""

    department: str
    amount: Decimal
    """In the reporting currency, per unit."""


@dataclass(frozen=True, slots=True)
class ServiceFinding:
    code: str
    sentence: str
    who: str
    departments: tuple[DepartmentRise, ...] = ()
    """Of a cost spike: who caused it, the largest first."""
    measures: tuple[str, ...] = ()
    """Ids of the measures that it is about."""
    named: str = ""
    """The sentence with the keys and amounts of these measures: for whoever may see all of them."""


def service_blockers(definition: ServiceDefinition, figures: ServiceFigures, hurdle: str) -> tuple[ServiceBlocker, ...]:
    """What of the three questions is not answered; ``hurdle`` is the newest answer to the third."""
    found = []
    who = definition.responsible
    if isinstance(figures.unit_cost, Unknown):
        found.append(
            ServiceBlocker("UNIT_COST_UNKNOWN", f"the unit cost is not known: {figures.unit_cost.reason}", who)
        )
    if isinstance(figures.demand, Unknown):
        found.append(ServiceBlocker("DEMAND_UNKNOWN", f"the demand is not known: {figures.demand.reason}", who))
    if not hurdle.strip():
        sentence = "nobody has said what is in the way of the service; state it, or state that nothing is"
        found.append(ServiceBlocker("HURDLE_UNNAMED", sentence, who))
    return tuple(found)


def service_findings(
    definition: ServiceDefinition,
    figures: ServiceFigures,
    measures: Sequence[LinkedMeasure],
    kpis: Mapping[str, Mapping[Period, Decimal]],
) -> tuple[ServiceFinding, ...]:
    """``kpis`` holds the values of the service's KPIs by month."""
    found = (
        _cost_spike(definition, figures),
        _negative_margin(definition, figures),
        _conflicting(definition, figures, measures),
        *_vanity(definition, figures, kpis),
    )
    return tuple(one for one in found if one is not None)


def _cost_spike(definition: ServiceDefinition, figures: ServiceFigures) -> ServiceFinding | None:
    by_unit = any(one.demand is not None for one in figures.months)
    costs = _costs(figures, by_unit=by_unit)
    if figures.month not in costs:
        return None
    sentence = spike_sentence(definition.name, costs, figures.currency, definition.tolerance, by_unit=by_unit)
    if not sentence:
        return None
    departments = departments_of_rise(figures, by_unit=by_unit)
    named = ", ".join(f"{one.department} {one.amount:+,.2f}" for one in departments[:MOST_DEPARTMENTS])
    caused = f"; caused by {named} {figures.currency}{' per unit' if by_unit else ''}" if named else ""
    return ServiceFinding("COST_SPIKE", f"{sentence}{caused}", definition.responsible, departments)


def _costs(figures: ServiceFigures, *, by_unit: bool) -> dict[Period, Decimal]:
    unknown = set(figures.unknown_months)
    amounts = ((one.month, one.unit_cost if by_unit else one.cost or None) for one in figures.months)
    return {month: amount for month, amount in amounts if amount is not None and month not in unknown}


def departments_of_rise(figures: ServiceFigures, *, by_unit: bool = True) -> tuple[DepartmentRise, ...]:
    """By how much each department's part rose above what the month is compared with first, the largest first.

    That is the trailing quarter, and where one of its months is not known the oldest month.
    """
    present = figures.present
    if present is None:
        return ()
    costs = _costs(figures, by_unit=by_unit)
    whole = any(
        True
        for _ in comparisons({one: costs[one] for one in costs if one >= figures.month.plus(-QUARTER)}, figures.month)
    )
    months = {one.month: one for one in figures.months}
    compared = [months[figures.month.plus(-number)] for number in range(1, QUARTER + 1)] if whole else []
    if not compared and (oldest := min((one for one in costs if one < figures.month), default=None)) is not None:
        compared = [months[oldest]]
    if not compared:
        return ()
    now = _parts(present, by_unit=by_unit)
    before: dict[str, Decimal] = {}
    for month in compared:
        for name, amount in _parts(month, by_unit=by_unit).items():
            before[name] = before.get(name, ZERO) + amount
    mean = {name: amount / len(compared) for name, amount in before.items()}
    rises = (DepartmentRise(name, now.get(name, ZERO) - mean.get(name, ZERO)) for name in {*now, *before})
    caused = (one for one in rises if one.amount >= LEAST_RISE)
    return tuple(sorted(caused, key=lambda one: (-one.amount, one.department)))


def _parts(month: ServiceMonth, *, by_unit: bool) -> dict[str, Decimal]:
    parts = {name or NO_DEPARTMENT: amount for name, amount in month.by_department.items()}
    if month.allocated:
        parts[SHARED] = month.allocated
    units = month.demand if by_unit else Decimal(1)
    return {name: amount / units for name, amount in parts.items()} if units else {}


def _negative_margin(definition: ServiceDefinition, figures: ServiceFigures) -> ServiceFinding | None:
    if figures.margin is None or figures.margin >= 0 or figures.value_per_unit is None:
        return None
    unit_cost, demand = known(figures.unit_cost) or ZERO, known(figures.demand) or ZERO
    sentence = (
        f"each {definition.unit} of {definition.name} costs {unit_cost:,.2f} {figures.currency} and brings "
        f"{figures.value_per_unit:,.2f} in {month_text(figures.month)}: {-figures.margin * demand:,.2f} "
        f"{figures.currency} are lost with {demand:,.0f} of them"
    )
    return ServiceFinding("NEGATIVE_UNIT_MARGIN", sentence, definition.responsible)


def _conflicting(
    definition: ServiceDefinition, figures: ServiceFigures, measures: Sequence[LinkedMeasure]
) -> ServiceFinding | None:
    """A measure whose effect nobody knows pulls in no direction; neither does one of exactly nothing."""
    nets = [(one, net) for one in measures if (net := known(one.yearly_net)) is not None]
    lower = sorted(((one, net) for one, net in nets if net > 0), key=lambda pair: (-pair[1], pair[0].key))
    higher = sorted(((one, net) for one, net in nets if net < 0), key=lambda pair: (pair[1], pair[0].key))
    if not lower or not higher:
        return None

    def named(pairs: Sequence[tuple[LinkedMeasure, Decimal]]) -> str:
        return ", ".join(f"{one.key} {abs(net):,.0f}" for one, net in pairs[:MOST_DEPARTMENTS])

    sentence = f"{len(lower) + len(higher)} measures pull the cost of {definition.name} in opposite directions"
    detailed = (
        f"{sentence}: {named(lower)} {figures.currency} a year lower, {named(higher)} {figures.currency} a year higher"
    )
    ids = tuple(one.id for one, _ in (*lower, *higher))
    return ServiceFinding("CONFLICTING_MEASURES", sentence, definition.responsible, (), ids, detailed)


def _vanity(
    definition: ServiceDefinition, figures: ServiceFigures, kpis: Mapping[str, Mapping[Period, Decimal]]
) -> Iterator[ServiceFinding]:
    """A KPI is better by a tenth than in the quarter before, and the cost that it is to lower is not lower."""
    costs = _costs(figures, by_unit=False)
    cost_now, cost_before = _quarter(costs, figures.month), _quarter(costs, figures.month.plus(-QUARTER))
    for kpi in definition.kpis if cost_now is not None and cost_before is not None else ():
        values = kpis.get(kpi.name.casefold(), {})
        now, before = _quarter(values, figures.month), _quarter(values, figures.month.plus(-QUARTER))
        if not kpi.lowers_cost or now is None or not before:
            continue
        better = _improvement(kpi, now, before)
        if better >= IMPROVED and cost_now is not None and cost_before is not None and cost_now >= cost_before:
            change = cost_now - cost_before
            cost = f"rose by {change:,.2f} {figures.currency} a month" if change else "stayed as it was"
            yield ServiceFinding(
                "VANITY_METRIC",
                f"{kpi.name} of {definition.name} is {better:.0%} better than in the quarter before, and the cost that "
                f"it is to lower {cost}",
                definition.responsible,
            )


def _improvement(kpi: ServiceKpi, now: Decimal, before: Decimal) -> Decimal:
    change = now / before - 1 if before > 0 else (now - before) / abs(before)
    return -change if kpi.better is Better.LOWER else change


def _quarter(values: Mapping[Period, Decimal], last: Period) -> Decimal | None:
    """The mean of the three months that end with ``last``; ``None`` when one of them is not known."""
    found = [values[month] for number in range(QUARTER) if (month := last.plus(-number)) in values]
    return sum(found, ZERO) / QUARTER if len(found) == QUARTER else None
