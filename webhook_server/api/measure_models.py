"""What the API says of a measure and its verdict."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from governance.plan_check import CheckKind
from governance.verdict import Colour, Outcome
from webhook_server.api.books import BothBooksModel
from webhook_server.api.capitalisation import CapitalisationModel
from webhook_server.api.gates_model import GatesModel, ResponsibleModel
from webhook_server.api.measure_comparison import MeasureComparisonModel
from webhook_server.api.measure_kpis import MeasureKpiModel
from webhook_server.api.relapse import RelapseModel
from webhook_server.api.sources import SourceModel
from webhook_server.api.values import (
    Amount,
    HierarchyModel,
    Model,
)


class Figures(Model):
    """Net sums: benefit minus all costs."""

    plan: Amount | None
    forecast: Amount | None
    actual: Amount | None
    variance: Amount | None = Field(description="At completion minus plan.")


class FurtherHolder(Model):
    role: str = Field(description="Key of the role in the mapping, such as `risk_owner`.")
    name: str


class MeasureSummary(Model):
    id: str
    key: str
    title: str | None
    url: str = Field(description="The item in its tool.")
    connection: str
    rule: str = Field(description="The mapping rule that matches the item.")
    hierarchy: HierarchyModel
    business_unit: str | None
    legal_entity: str | None
    owner: str | None
    sponsor: str | None
    controller: str | None
    further_roles: list[FurtherHolder] = Field(description="Who holds the roles that the mapping adds.")
    stage: str | None = Field(description="The last granted stage.")
    tool_stage: str | None = Field(description="The stage that the item's status corresponds to.")
    gates: GatesModel
    implementation: Colour
    potential: Colour
    figures: Figures
    finding_count: int
    assessed_at: datetime


class ConditionModel(Model):
    """A condition of the gate into the next stage."""

    stage: str
    code: str
    subject: str
    outcome: Outcome = Field(description="Unknown counts as not met.")
    expected: str
    actual: str
    reason: str
    who: str
    responsible: list[ResponsibleModel]


class FindingModel(Model):
    code: str
    subject: str
    sentence: str
    who: str
    responsible: list[ResponsibleModel]
    since: datetime


class PlanCheckModel(Model):
    """The latest estimate against the plan in one figure."""

    kind: CheckKind
    period: str = Field(description="Fiscal year of the in-year benefit, month of the run-rate.")
    planned: Amount
    expected: Amount
    ratio: str | None = Field(description="1 is as planned, 0.9 a tenth too little benefit or too much cost.")


class CheckWithColour(PlanCheckModel):
    """One figure that the colour of the potential is made of."""

    colour: Colour


class StatusModel(Model):
    colour: Colour
    ratio: str | None = Field(description="1 is as planned.")
    reason: str
    checks: list[CheckWithColour] = Field(description="Of the potential: what the colour is the worst of, worst first.")


class PlanFigures(Model):
    """What the decision rests on, the variance to what was decided first, and the validated value."""

    npv: Amount | None = Field(description="Net present value of the plan at the policy's rate.")
    payback_months: int | None = Field(description="Months after which the cumulative cash stays at zero or more.")
    original_plan: Amount | None = Field(description="Net plan of the decision, if a re-baseline has replaced it.")
    variance_to_original: Amount | None = Field(description="At completion minus the plan of the decision.")
    claimed: Amount | None = Field(description="Booked effect on the result of all months, without capex.")
    validated: Amount | None = Field(description="What of it the controller has signed.")
    unvalidated: Amount | None = Field(description="What of it nobody has signed.")
    missing_actuals: list[str] = Field(description="Closed months without a booking; they count as forecast.")
    leakage: list[PlanCheckModel] = Field(
        description="In-year benefit and run-rate below the plan of the decision, also after a re-baseline."
    )


class KillCriterionModel(Model):
    text: str
    present: str = Field(description="The present value, or why it is not known.")
    holds: bool | None = Field(description="Null when the present value is not known.")
    since: datetime | None = Field(description="Since when it has held without a break.")
    fires_at: datetime | None = Field(description="When it stops the measure if nothing changes.")
    overridden: bool = Field(description="The sponsor decided to go on although it holds.")
    evaluated_at: datetime


class MeasureDetail(Model):
    known_from: datetime | None = Field(
        description="Since when what is shown was known, if a day was asked for; null for today."
    )
    measure: MeasureSummary
    checklist: list[ConditionModel] = Field(description="Every condition of the next gate, met or not.")
    findings: list[FindingModel]
    implementation: StatusModel
    potential: StatusModel
    plan_figures: PlanFigures
    kill_criteria: list[KillCriterionModel] = Field(description="The agreed criteria, evaluated from the decision on.")
    steady_from: str | None = Field(
        description="The month from which the plan is declared to be in steady state; null where nobody declares one."
    )
    kpis: list[MeasureKpiModel] = Field(description="What is measured beside money, with the targets of the mapping.")
    off_ramp: str | None = Field(description="Why it is on hold or cancelled; null otherwise.")
    mapping_version: int
    policy_version: str
    unreachable_since: datetime | None
    unreachable_reason: str | None
    unmapped_reason: str | None = Field(description="Why it is no longer a measure.")
    comparison: MeasureComparisonModel | None = Field(
        description="With the day of the parameter compare; null without it."
    )
    books: BothBooksModel | None = Field(
        description="Also in the currency and fiscal year of its legal entity, where the mapping names others than the "
        "group's; null for a day in the past, whose rates are not kept."
    )
    sources: list[SourceModel] = Field(description="The connection that it is read from; empty for a day in the past.")
    capitalisation: CapitalisationModel | None = Field(
        description="Whether what is spent may be capitalised; null for a day in the past."
    )
    relapse: RelapseModel | None = Field(
        description="What the watch after closing found; null while nothing is watched."
    )
