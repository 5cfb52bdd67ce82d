"""The mapping as frozen models.  Extra keys are refused; a file is read by :mod:`mapping.load`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from governance.evidence import DEFAULT_REPORTS, Report
from governance.measure import Role
from governance.milestones import AmountPer
from governance.money import MAX_AMOUNT
from governance.outcomes import REFUSED_TARGET
from governance.rates import RATE_AGE_DAYS
from governance.spread import MAX_MONTHS, SpreadShape
from governance.track_record import LEAST_SAMPLE
from governance.verdict import GateState
from mapping.calendar_config import CalendarRule
from mapping.capacity_config import CapacityRule
from mapping.handoff_config import HandoffRule
from mapping.ledger_sources import LedgerSourceRule
from mapping.objective_config import ObjectiveRule
from mapping.service_config import Key, MeasureKpiRule, Name, OfferingRule, ServiceRule
from mapping.sources import MappingModel, RoleSource, Source

HoursOfWeek = Annotated[Decimal, Field(gt=0, le=168)]
Share = Annotated[Decimal, Field(gt=0, le=1)]
Days = Annotated[int, Field(ge=1, le=3650)]
Months = Annotated[int, Field(ge=1, le=MAX_MONTHS)]
Minutes = Annotated[int, Field(ge=0, le=60 * 24 * 365)]


class Selector(MappingModel):
    """Which of several values count: any of, all of, none of these (case-insensitive)."""

    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()


Selection = tuple[str, ...] | Selector


class Match(MappingModel):
    """All of the named selections must hold.  A plain list means *any of*."""

    project: Selection | None = None
    type: Selection | None = None
    status: Selection | None = None
    labels: Selection | None = None
    components: Selection | None = None
    table: Selection | None = None
    assignment_group: Selection | None = None
    fields: Mapping[str, Selection] = {}
    """Any field by its visible name."""


class HierarchyRule(MappingModel):
    """Names, or ``{Field name}`` to take a field's value."""

    portfolio: str | None = None
    program: str | None = None
    project: str | None = None
    package: str | None = None


RoleKey = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
"""Key of a role beside the four that every measure has: lower case, such as ``risk_owner``."""


class FurtherRole(MappingModel):
    """A role that an organisation has beside owner, sponsor and controller."""

    model_config = MappingModel.model_config | {"populate_by_name": True}

    label: Annotated[str, Field(min_length=1, max_length=60)] | None = None
    """What it is called; its key with blanks when it is left out."""
    source: Annotated[RoleSource, Field(alias="from")]


class RoleRule(MappingModel):
    """Visible names of person fields, or tables."""

    owner: RoleSource
    sponsor: RoleSource | None = None
    controller: RoleSource | None = None
    further: Mapping[RoleKey, FurtherRole] = {}
    """Roles by key that gates may ask for as well (``policy.approvals``)."""

    def by_role(self) -> dict[Role, RoleSource | None]:
        """Where the holder of each role is named."""
        held: dict[Role, RoleSource | None] = {
            Role.OWNER: self.owner,
            Role.SPONSOR: self.sponsor,
            Role.CONTROLLER: self.controller,
        }
        return {**held, **{Role(key): role.source for key, role in self.further.items()}}


class FactRule(MappingModel):
    """Where a measure's facts come from: visible names of fields, expressions, translated fields."""

    model_config = MappingModel.model_config | {"populate_by_name": True}

    title: Source | None = None
    business_unit: Source | None = None
    legal_entity: Source | None = None
    start: Source | None = None
    end: Source | None = None
    rough_value: Source | None = None
    baseline: Source | None = None
    objective: Source | None = None
    kill_criteria: Source | None = None
    services: Source | None = None
    """The services that the measure is about, by key or name, separated by commas or lines."""
    planned_people: Source | None = None
    """How many people are planned for its work (full-time); without it those of ``team`` are counted."""
    planned_team: Source | None = None
    """The team from which they come; without it the business unit."""
    overlaps: Source | None = None
    baseline_id: Source | None = None
    """The baseline that the benefit is claimed on, by name; several measures may share one."""
    baseline_series: Source | None = None
    """A text field with the baseline by month: volume, price, rate; see :mod:`mapping.baseline_table`."""
    baseline_kind: Source | None = None
    """``cost`` or ``revenue``: a benefit may be more than the revenue that it starts from, never more than the cost."""
    measure_class: Annotated[Source | None, Field(alias="class")] = None
    """The class of the measure, one of ``policy.classes``."""
    completion_probable: Source | None = None
    """For capitalisation, yes or no: whether it will probably be completed."""
    development_certain: Source | None = None
    """For capitalisation, yes or no: whether no significant development uncertainty is left."""
    cloud_service: Source | None = None
    """For capitalisation, yes or no: whether the work configures a cloud service."""


class ProgressFrom(StrEnum):
    CHILDREN = "children"
    """Share of the child items that are done, by count, or by the field ``weight``."""
    PERCENT = "percent"
    """A field that holds a percentage."""
    DATES = "dates"
    """The elapsed share of the schedule: work that nobody measures is taken to be on time until its end."""


class ProgressRule(MappingModel):
    model_config = MappingModel.model_config | {"populate_by_name": True}

    source: Annotated[ProgressFrom, Field(alias="from")] = ProgressFrom.CHILDREN
    field: str | None = None
    """For ``percent``: the field."""
    weight: str | None = None
    """For ``children``: their field that says how much each one counts, such as story points."""


class ReportRule(MappingModel):
    """What counts as somebody's report on the work.  Without one for the policy's days the status is grey."""

    counts: tuple[Report, ...] = tuple(sorted(DEFAULT_REPORTS))
    fields: tuple[str, ...] = ()
    """Fields in which people report, such as a status report; Gatepost writes none of them."""


class EffectsFrom(StrEnum):
    FIELDS = "fields"
    """The item's own fields."""
    CHILDREN = "children"
    """The same fields of its child items, added up."""
    PLANS = "plans"
    """ServiceNow's cost plans and benefit plans of the record: planned and actual amounts by fiscal period."""
    LEDGER = "ledger"
    """Finance owns this version: its figures come from the ledger, and nothing of it is read from the tool."""


class Sign(StrEnum):
    """How a tool writes its costs."""

    POSITIVE = "positive"
    """All amounts are positive; what they are says which way they count."""
    NEGATIVE_COSTS = "negative_costs"
    """Costs are below zero, benefits above."""


class TimingRule(MappingModel):
    """When an amount of plan and forecast comes: over the months of the work, or from a month on.

    Without one of ``over``, ``start`` and ``milestone``, recurring amounts and one-off benefits begin in the month
    after the end of the work, capex falls into its last month, and one-off costs lie over its months.
    """

    over: Literal["work"] | None = None
    """Over the months from the start of the work to its end."""
    start: Source | None = None
    """A date: the month of the first amount."""
    milestone: str | None = None
    """``start`` or ``end`` of the work, or a name under ``milestones``."""
    offset: Annotated[int, Field(ge=-120, le=120)] = 0
    """Months after the start or milestone; below zero before it."""
    ramp_up: Annotated[int, Field(ge=0, le=120)] = 0
    """Recurring: months in which the amount grows evenly until it is whole."""
    duration: Months | None = None
    """Recurring: months that it lasts; without it until the policy's horizon."""
    per: AmountPer = AmountPer.YEAR
    """Recurring: whether the field holds the amount of a month, of a year, or of all months together."""


class TimingsRule(MappingModel):
    """When plan and forecast of each kind come."""

    benefit: TimingRule | None = None
    one_off_benefit: TimingRule | None = None
    recurring_cost: TimingRule | None = None
    one_off_cost: TimingRule | None = None
    capex: TimingRule | None = None
    avoidance: TimingRule | None = None
    cash: TimingRule | None = None


class SteadyRule(MappingModel):
    """From when on the plan is in steady state: months after a milestone."""

    milestone: str = "end"
    """``start`` or ``end`` of the work, or a name under ``milestones``."""
    offset: Annotated[int, Field(ge=-120, le=120)] = 0
    """Months after it; below zero before it."""


class SeriesRule(MappingModel):
    """Where the amounts of one version are: in fields, or in a table by month in one field.

    What fields hold of plan and forecast comes when ``timing`` says; of actuals they hold totals to date, which are
    booked in the month in which they are seen to change.
    """

    model_config = MappingModel.model_config | {"populate_by_name": True}

    benefit: Source | None = None
    one_off_benefit: Source | None = None
    recurring_cost: Source | None = None
    one_off_cost: Source | None = None
    capex: Source | None = None
    avoidance: Source | None = None
    """A recurring cost that does not come; counted apart, never in the net."""
    cash: Source | None = None
    """A one-off cash effect that is no result, such as working capital; it may be negative."""
    table: str | None = None
    """A text field with a table by month; see :mod:`mapping.month_table`."""
    source: Annotated[EffectsFrom, Field(alias="from")] = EffectsFrom.FIELDS
    spread: SpreadShape = SpreadShape.LINEAR
    """How amounts over the work, and totals, are laid over their months."""
    sign: Sign = Sign.POSITIVE


class CompareRule(MappingModel):
    """Totals to date that the tool holds beside the ledger's actuals.

    They count nowhere; a difference is somebody's work.
    """

    benefit: Source | None = None
    one_off_benefit: Source | None = None
    recurring_cost: Source | None = None
    one_off_cost: Source | None = None
    capex: Source | None = None


class LineAttributes(MappingModel):
    pl_line: str | None = None
    """Line of the profit and loss statement, as the organisation calls it."""


class BenefitAttributes(LineAttributes):
    hard: bool | Source | None = None
    """Whether the books show it; a field says so with *yes* or *hard*, and anything else is soft."""


class CapexAttributes(LineAttributes):
    depreciation_months: Annotated[int, Field(ge=1, le=480)] | None = None
    """It is depreciated in equal parts over so many months, from the month after it was spent."""


class SpendAttributes(CapexAttributes):
    capex: bool | Source | None = None
    """Whether it is capitalised; a field says so with *yes*, *capex* or *capitalised*; anything else is expensed."""


class AttributesRule(MappingModel):
    """What lines of a kind are beside their kind, in all versions."""

    benefit: BenefitAttributes | None = None
    one_off_benefit: BenefitAttributes | None = None
    recurring_cost: LineAttributes | None = None
    one_off_cost: SpendAttributes | None = None
    capex: CapexAttributes | None = None
    avoidance: LineAttributes | None = None
    cash: LineAttributes | None = None


class EffectRule(MappingModel):
    currency: str | None = None
    """Field that names the currency; without it amounts are in the reporting currency."""
    timing: TimingsRule = TimingsRule()
    steady: SteadyRule | None = None
    """Without it the steady state is worked out from the plan."""
    plan: SeriesRule | None = None
    forecast: SeriesRule | None = None
    actual: SeriesRule | None = None
    compare: CompareRule | None = None
    attributes: AttributesRule = AttributesRule()


class LegacyRule(MappingModel):
    """The services that a measure retires: a field that names them, and the ServiceNow that knows them."""

    services: str
    """Field with the services' names, separated by commas or lines."""
    connection: str
    end_column: str | None = None
    """Label of the service's column with its planned end."""


class WatchedRule(MappingModel):
    """Services that the measure is about and that stay: a field that names them, and the ServiceNow that knows them."""

    services: str
    """Field with the services' names, separated by commas or lines."""
    connection: str


class WriteRule(MappingModel):
    """Which owned field of the tool receives which part of the verdict (visible names)."""

    doi_stage: str | None = None
    implementation: str | None = None
    potential: str | None = None
    gate: str | None = None
    highest_stage: str | None = None
    """Number of the highest stage that the item may enter now, 0 for the first; Jira's native gates compare it."""
    blockers: str | None = None
    why: str | None = None
    """Why each status has its colour.  Without this field the reasons of what is not green follow the blockers."""
    findings: str | None = None
    priority: str | None = None
    """Of a joined ticket: what is wrong with its own priority; nothing in the measure's own fields."""
    delay_cost: str | None = None
    """Of a joined ticket: what a day costs for which a valuable measure waits for it, as a number to sort by."""
    waiting_since: str | None = None
    """Of a joined ticket: since when the measure waits for it."""
    suggested_priority: str | None = None
    """Of a joined ticket: the priority that the waiting money asks for; empty when it has it."""
    handoffs: str | None = None
    """Of a joined ticket: how long it has waited between teams, and what that costs."""
    plan: str | None = None
    forecast: str | None = None
    actual: str | None = None
    variance: str | None = None
    funding: str | None = None
    """Whether money may be spent: Not released, Released, or Stopped by the kill switch or a cancellation."""
    written_at: str | None = None
    """When the fields were written last; the app's gate goes by it.  Written along with the others only."""


TICKET_TABLES = frozenset({"incident", "problem"})
"""Tables of ServiceNow whose records are tickets."""


class JoinRule(MappingModel):
    """Items of another connection that feed the same measure."""

    name: str
    """How facts and effects refer to them: ``{from: name, field: …}``."""
    connection: str
    table: str | None = None
    """ServiceNow: the table."""
    their_field: str | None = None
    """Their field that holds this item's key (ServiceNow: by label)."""
    own_field: str | None = None
    """This item's field that holds their keys or numbers, separated by commas or lines."""
    link: str | None = None
    """The label of this item's links to them, as it reads here: ``relates to``, ``is implemented by``."""
    tickets: bool | None = None
    """Whether they are tickets that serve the measure: their priority is checked, and they shut no gate.  Incidents
    and problems are, unless it says otherwise."""
    owner: str | None = None
    """Their field that names who owns them; another owner than the measure's is reported."""
    write: WriteRule | None = None
    """Fields of theirs that receive the measure's verdict too, while no rule makes a measure of them."""

    @property
    def joins_tickets(self) -> bool:
        return self.tickets if self.tickets is not None else self.table in TICKET_TABLES


class StageRule(MappingModel):
    """Tool status (visible name) to stage key."""

    from_status: Mapping[str, str]


class EndRule(MappingModel):
    """Statuses of the tool in which work ends without its result."""

    cancelled: tuple[str, ...] = ()
    """*Won't do*, *Closed Incomplete* and the like: open to cancelled measures, a breach for all others."""


class Enforce(StrEnum):
    NATIVE = "native"
    REVERT = "revert"
    COMMENT = "comment"
    OFF = "off"


class OnBreach(StrEnum):
    """What answers an item that got past a native gate: by a trigger, an import, an automation rule, a move."""

    REVERT = "revert"
    COMMENT = "comment"


class FlagWhen(StrEnum):
    SHUT = "shut"
    """While the gate is shut, and in a breach; the flag only while the gate is due as well."""
    BREACH = "breach"


class MarkRule(MappingModel):
    """What Gatepost leaves at an item beside its fields; each mark is of one tool, but for the link."""

    property: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,100}$")] | None = None
    """Key of an issue property that holds the verdict, for expressions, boards and other programs."""
    property_figures: bool = False
    """Amounts and the blockers' sentences in it as well: everybody who sees the issue, and every app, reads them."""
    link: Annotated[str, Field(pattern=r"^https?://[^\s/]+")] | None = None
    """Address of Gatepost: a remote link with the gate's icon leads there; in ServiceNow the app's column Gatepost."""
    flag: FlagWhen | None = None
    """Raise the item's flag; a flag that somebody else raised is left alone."""
    blocked_by: str | Mapping[str, str] | None = None
    """Key of an issue that is linked as a blocker while the gate is shut; or one for each portfolio, because an issue
    can have 2,000 links."""
    on_hold: FlagWhen | None = None
    """Put the record on hold, with the reason (ServiceNow); a hold that somebody else made is left alone."""
    checklist: bool = False
    """Keep every condition of the next gate as a row of the app's related list (ServiceNow)."""


class MeasureRule(MappingModel):
    name: str
    connection: str
    match: Match
    when: str | None = None
    """A CEL condition; the rule takes an item only while it holds."""
    hierarchy: HierarchyRule
    roles: RoleRule
    facts: FactRule = FactRule()
    milestones: Mapping[str, Source] = {}
    """Name of a milestone to the source of its date; the dates lock with the plan."""
    progress: ProgressRule = ProgressRule()
    reports: ReportRule = ReportRule()
    effects: EffectRule = EffectRule()
    joins: tuple[JoinRule, ...] = ()
    legacy: LegacyRule | None = None
    watched: WatchedRule | None = None
    team: str | None = None
    """Field with the people of the measure; their logged hours are compared."""
    hours_from: tuple[str, ...] = ()
    """Further connections on which the same people log hours: such as ServiceNow, for a team that works in Jira."""
    kpis: Mapping[Name, MeasureKpiRule] = {}
    """KPIs of its measures by name, shown beside money; a gate may ask that they are reached."""
    handoffs: HandoffRule | None = None
    """How hand-overs of the measure's tickets are read."""
    stage: StageRule
    ends: EndRule = EndRule()
    approvals: str | None = None
    """Stage that the tool's own approvals stand for (ServiceNow): an approval is its approver's ``/approve``."""
    enforce: Enforce = Enforce.NATIVE
    on_breach: OnBreach = OnBreach.REVERT
    """Under ``enforce: native``; the other ways say it themselves."""
    reply_comment: bool = True
    """Whether Gatepost replies to commands in one comment of the item."""
    write: WriteRule
    marks: MarkRule = MarkRule()


class ThresholdRule(MappingModel):
    """Numbers that an organisation, a program or a measure type sets for itself; what is left out stays."""

    potential_green: Share | None = None
    potential_amber: Share | None = None
    implementation_green: Share | None = None
    implementation_amber: Share | None = None
    stale_days: Days | None = None
    hurdle: Annotated[Decimal, Field(lt=MAX_AMOUNT)] | None = None
    """Least net plan, in the reporting currency."""
    npv_hurdle: Annotated[Decimal, Field(lt=MAX_AMOUNT)] | None = None
    """Least net present value of the plan, in the reporting currency."""
    discount_rate: Annotated[Decimal, Field(ge=0, le=1)] | None = None
    """Rate per year at which money that comes later is worth less."""
    horizon_months: Annotated[int, Field(ge=12, le=360)] | None = None
    """Months after the first one that the net present value counts."""
    contingency: Annotated[Decimal, Field(ge=0, le=1)] | None = None
    """Share that comes on top of planned one-off cost and capex when a plan is decided."""
    payback_months: Annotated[int, Field(ge=1, le=240)] | None = None
    realised_share: Share | None = None
    observation_months: Annotated[int, Field(ge=1, le=60)] | None = None
    relapse_months: Annotated[int, Field(ge=0, le=120)] | None = None
    """Months after the one of closing in which benefit and legacy cost are watched."""
    committee_limit: Annotated[Decimal, Field(ge=0, lt=MAX_AMOUNT)] | None = None
    """Planned benefit, or planned cost, from which the steering committee decides as well."""
    confirm_in: Annotated[str, Field(pattern=r"^(tool|page|above [0-9]{1,15}(\.[0-9]{1,2})?)$")] | None = None
    """Where approvals and confirmations count: also in the tool, on Gatepost's page only, or there above an amount."""
    tolerance: Share | None = None
    tolerance_amount: Annotated[Decimal, Field(ge=0, lt=MAX_AMOUNT)] | None = None
    """Amount in the reporting currency by which benefit or cost may be off whatever share that is."""
    slip_days: Annotated[int, Field(ge=0, le=3650)] | None = None
    """Days behind the locked end or milestone that need no reason."""
    slip_share: Annotated[Decimal, Field(ge=0, le=1)] | None = None
    """The same as a share of the locked duration; the longer of the two counts."""
    done_on_word: bool | None = None
    """Work without child items and progress is done when its owner says so."""
    kill_decision_days: Days | None = None
    """Days within which somebody has to decide after the kill switch."""
    kill_red_months: Annotated[int, Field(ge=1, le=60)] | None = None
    ageing_days: Days | None = None
    gate_lead_days: Days | None = None
    diversion_share: Share | None = None
    diversion_days: Annotated[int, Field(ge=1, le=90)] | None = None
    cost_spike: Annotated[Decimal, Field(gt=0, le=100)] | None = None
    high_value: Annotated[Decimal, Field(ge=0, lt=MAX_AMOUNT)] | None = None
    low_priorities: tuple[str, ...] | None = None
    handoff_days: Annotated[int, Field(ge=0, le=3650)] | None = None
    """Days that a ticket may lie between teams before that is reported."""
    weekly_hours: HoursOfWeek | None = None
    """Hours of a person in a week of whom, and of whose team, nothing else is stated."""
    overload_weeks: Annotated[int, Field(ge=1, le=12)] | None = None
    """Weeks in a row with more hours than that from which people count as overloaded."""
    delegation_days: Days | None = None
    owner_inactive_days: Days | None = None
    """Days without an action by the owner after which that is reported; never when it is left out."""


class OverrideRule(ThresholdRule):
    """Numbers for one program, one measure type (a rule's name), or one of both."""

    program: str | None = None
    measures: str | None = None


class ClassRule(MappingModel):
    """A class of measures with a hurdle of its own; what is left out is the policy's."""

    name: Annotated[str, Field(min_length=1)]
    hurdle: Annotated[Decimal, Field(lt=MAX_AMOUNT)] | None = None
    npv_hurdle: Annotated[Decimal, Field(lt=MAX_AMOUNT)] | None = None
    payback_months: Annotated[int, Field(ge=1, le=240)] | None = None
    mandatory: bool = False
    """It has to be done, with or without a benefit: no hurdle, and its cost is what is judged."""


class EscalationRule(MappingModel):
    """From whom the reason is requested, how many minutes after a deviation was detected."""

    owner: Minutes = 0
    sponsor: Minutes = 60
    steering_committee: Minutes = 24 * 60


class PolicyRule(ThresholdRule):
    """The stage model, its numbers, and what is switched off."""

    preset: Literal["five", "six", "levels", "haertegrad"] = "five"
    off: tuple[str, ...] = ()
    """Codes of rules that are switched off; every decision names the policy version that says so."""
    escalation: EscalationRule = EscalationRule()
    approvals: Mapping[str, Annotated[tuple[str, ...], Field(min_length=1)]] = {}
    """Stage to keys of further roles whose approval its gate asks for as well."""
    kept_apart: tuple[Annotated[tuple[str, ...], Field(min_length=2, max_length=2)], ...] = ()
    """Pairs of roles that one person may not hold on one measure, beside those of owner, sponsor and controller."""
    owner_may_sponsor: bool = False
    """Whether the owner of a measure may be its sponsor as well, or decide on it in the steering committee."""
    role_change: Annotated[str, Field(pattern=r"^(accept|trust|cooling [1-9][0-9]{0,3})$")] = "accept"
    """When a change of owner, sponsor or controller in the tool counts: when it is accepted, after hours of cooling
    in which nobody put it back (``cooling 48``), or at once (``trust``)."""
    after_role_change: Literal["shut", "take_back"] = "shut"
    """What becomes of a stage that rests on the approval of somebody whose role was changed without acceptance: the
    next gate is shut, or the stage is taken back."""
    horizon_months: Months = 60
    """Months from the start of the work up to which benefits and running costs without a duration count."""
    rate_age_days: Annotated[int, Field(ge=1, le=4_000)] = RATE_AGE_DAYS
    """Greatest age of an exchange rate in days; with an older one an amount is unknown."""
    gate_names: Mapping[GateState, str] = {}
    """What people read for the states of the gate, where that is another name: ``{blocked: Gesperrt}``."""
    committed_from: str | None = None
    """Key of the stage from which committed totals count a measure; without it the stage that locks the plan."""
    pipeline_track_record: Literal["off", "owner", "program"] = "off"
    """Whose track record weighs the pipeline."""
    track_record_sample: Annotated[int, Field(ge=1, le=1_000)] = LEAST_SAMPLE
    """Measures from which a track record weighs."""
    refused_target: Annotated[Decimal, Field(ge=0, le=1)] = REFUSED_TARGET
    """Share of the answered demands that is to be refused before their decision."""
    weekly_hours_by_person: Mapping[Annotated[str, Field(min_length=1)], HoursOfWeek] = {}
    """Hours of one person in a week, by account, login or name."""
    weekly_hours_by_team: Mapping[Annotated[str, Field(min_length=1)], HoursOfWeek] = {}
    """Hours of a person of the team in a week, where nothing is stated of the person."""
    weekly_hours_of_others: Literal["stated", "unknown"] = "stated"
    """Whether everybody of whom nothing is stated has ``weekly_hours``, or nobody knows theirs."""
    overrides: tuple[OverrideRule, ...] = ()
    classes: tuple[ClassRule, ...] = ()
    """Classes of measures; with them every measure has to be of one (``facts.class``)."""


class CommitteeRule(MappingModel):
    """The steering committee of some programs."""

    name: str
    programs: Annotated[tuple[str, ...], Field(min_length=1)]
    members: Annotated[tuple[str, ...], Field(min_length=1)]
    """Account ids of Jira, sys_ids or user names of ServiceNow; never display names, which people may change."""
    quorum: Annotated[int, Field(ge=1)] = 1


class LegalEntityRule(MappingModel):
    """A company of the group, and its books where they are kept otherwise than the group's."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    """``None`` is the group's."""
    fiscal_year_start: Annotated[int, Field(ge=1, le=12)] | None = None
    """``None`` is the group's."""


class MappingConfig(MappingModel):
    version: Literal[1]
    organization: str
    reporting_currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    fiscal_year_start: Annotated[int, Field(ge=1, le=12)] = 1
    fiscal_year_named_by: Literal["first", "last"] = "first"
    """Whether a fiscal year is called by the calendar year in which it begins or by the one in which it ends."""
    legal_entities: Mapping[str, LegalEntityRule] = {}
    """The group's own companies by name, as measures state it; letter case does not count.

    What is booked between two of them is no effect of the group.
    """
    policy: PolicyRule = PolicyRule()
    committees: tuple[CommitteeRule, ...] = ()
    ledger: tuple[LedgerSourceRule, ...] = ()
    """What of the tools is swept into the ledger, and written back from it."""
    services: Mapping[Key, ServiceRule] = {}
    """Services by key, with what they cost, their demand and what is in their way."""
    objectives: Mapping[Key, ObjectiveRule] = {}
    """Objectives by key, with their key results; measures and services name them."""
    services_from: tuple[OfferingRule, ...] = ()
    """Tables of ServiceNow whose records are services as well."""
    capacity_from: tuple[CapacityRule, ...] = ()
    """Tables of ServiceNow in which people are planned for work."""
    calendar: CalendarRule = CalendarRule()
    """The reporting calendar: which paper is due when, and who receives it."""
    measures: Annotated[tuple[MeasureRule, ...], Field(min_length=1)]
