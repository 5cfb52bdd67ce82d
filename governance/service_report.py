"""What is reported of a service: its figures, the answers to its three questions, and its findings."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from governance.facts import known
from governance.money import Period
from governance.rates import Rates
from governance.service import AllocatedCost, LinkedMeasure, ServiceDefinition, ServiceLine, ServiceMonth
from governance.service_economics import service_figures
from governance.service_findings import ServiceBlocker, ServiceFinding, service_blockers, service_findings

DEMAND = "demand"
"""Name of the KPI that is the demand of a service."""


@dataclass(frozen=True, slots=True)
class ServiceInputs:
    """What is known of one service."""

    definition: ServiceDefinition
    lines: Sequence[ServiceLine] = ()
    kpis: Mapping[str, Mapping[Period, Decimal]] = field(default_factory=dict)
    """Values by month, by the name of the KPI in lower case; that of the demand is :data:`DEMAND`."""
    allocated: Sequence[AllocatedCost] = ()
    measures: Sequence[LinkedMeasure] = ()
    hurdle: str = ""


@dataclass(frozen=True, slots=True)
class ServiceReport:
    """Amounts in ``currency``; what is ``None`` is not known, and a blocker says why."""

    month: Period
    """The last month that is over."""
    currency: str
    months: tuple[ServiceMonth, ...]
    cost: Decimal | None
    demand: Decimal | None
    unit_cost: Decimal | None
    fixed_per_unit: Decimal | None
    variable_per_unit: Decimal | None
    value_per_unit: Decimal | None
    margin: Decimal | None
    stranded: Decimal | None
    trend: Decimal | None
    saving: Decimal | None
    trend_sentence: str
    hurdle: str
    blockers: tuple[ServiceBlocker, ...]
    findings: tuple[ServiceFinding, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        codes = (*(one.code for one in self.blockers), *(one.code for one in self.findings))
        return tuple(dict.fromkeys(codes))


def reported_lines(report: ServiceReport) -> tuple[str, ...]:
    """What is reported, as a field of the tool shows it; measures are counted and not named."""
    parts: tuple[ServiceFinding | ServiceBlocker, ...] = (*report.findings, *report.blockers)
    return tuple(f"{one.sentence} · {one.who} · {one.code}" for one in parts)


def service_report(
    inputs: ServiceInputs, month: Period, rates: Rates, currency: str, off: Collection[str] = ()
) -> ServiceReport:
    """``off`` are the codes that the policy switches off."""
    definition = inputs.definition
    demand = inputs.kpis.get(DEMAND, {})
    figures = service_figures(definition, inputs.lines, demand, inputs.allocated, month, rates, currency)
    hurdle = inputs.hurdle or definition.hurdle
    blockers = service_blockers(definition, figures, hurdle)
    findings = service_findings(definition, figures, inputs.measures, inputs.kpis)
    return ServiceReport(
        month,
        currency,
        figures.months,
        known(figures.cost),
        known(figures.demand),
        known(figures.unit_cost),
        figures.fixed_per_unit,
        figures.variable_per_unit,
        figures.value_per_unit,
        figures.margin,
        figures.stranded,
        figures.trend,
        figures.saving,
        figures.trend_sentence,
        hurdle,
        tuple(one for one in blockers if one.code not in off),
        tuple(one for one in findings if one.code not in off),
    )
