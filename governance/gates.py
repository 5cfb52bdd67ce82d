"""Stages, gates and thresholds: the policy, which is data.

Stage numbers never travel between models; names are mapped.  The models that come with Gatepost are in
:mod:`governance.presets`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from governance.definitions.years import YearName
from governance.evidence import Verb
from governance.fingerprint import FactGroup
from governance.measure import Role
from governance.rates import RATE_AGE_DAYS

REBASELINE = "rebaseline"
"""What ``/approve`` names to approve a change of the locked plan."""


class ConditionKind(StrEnum):
    """The named conditions that a gate may ask for; :mod:`governance.conditions` evaluates them."""

    TITLE = "title"
    OWNER = "owner"
    SPONSOR = "sponsor"
    CONTROLLER = "controller"
    PROGRAM = "program"
    BUSINESS_UNIT = "business_unit"
    LEGAL_ENTITY = "legal_entity"
    ROUGH_VALUE = "rough_value"
    SEPARATION_OF_DUTIES = "separation_of_duties"
    BASELINE = "baseline"
    BASELINE_CLAIMS = "baseline_claims"
    PHASING = "phasing"
    DATES = "dates"
    OBJECTIVE = "objective"
    OVERLAPS = "overlaps"
    HURDLE = "hurdle"
    PAYBACK = "payback"
    KILL_CRITERIA = "kill_criteria"
    PLAN_LOCK = "plan_lock"
    DEVIATION_EXPLAINED = "deviation_explained"
    SCOPE = "scope"
    OPEN_WORK = "open_work"
    DEPENDENCIES = "dependencies"
    CHANGES = "changes"
    LEGACY_DATED = "legacy_dated"
    LEGACY_ENDED = "legacy_ended"
    ACTUALS = "actuals"
    VALUE_REALISED = "value_realised"
    EVIDENCE_ATTACHED = "evidence_attached"
    KPIS = "kpis"
    """KPIs of the measure that its mapping asks for at this gate."""


class ApprovalKind(StrEnum):
    APPROVAL = "approval"
    SIZE_AND_TIMING = "size_and_timing"
    """The controller's confirmation, at the decision, of the plan's size and timing."""
    ACTUAL_EFFECT = "actual_effect"
    """The controller's confirmation of the actual effect; without it nothing is closed."""


@dataclass(frozen=True, slots=True)
class ApprovalRule:
    """One approval that a gate asks for; ``code`` is the blocker's code while it is missing."""

    role: Role
    kind: ApprovalKind = ApprovalKind.APPROVAL
    code: str = "APPROVAL_MISSING"
    depends_on: tuple[FactGroup, ...] = ()
    """When one of these changes after the approval, it has to be given again."""
    above_limit: bool = False
    """Only asked for when the plan's gross benefit is above the committee's limit of the thresholds."""


@dataclass(frozen=True, slots=True)
class Stage:
    key: str
    label: str
    weight: Decimal = Decimal(0)
    """Share of the benefit that the risk-weighted pipeline counts in this stage."""


@dataclass(frozen=True, slots=True)
class Gate:
    """The step into a stage."""

    into: str
    conditions: tuple[ConditionKind, ...]
    approvals: tuple[ApprovalRule, ...] = ()


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """One step of the escalation: from whom the reason is requested, how long after the deviation was detected."""

    role: Role
    after: timedelta


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Numbers of the policy, per program or measure type.  Shares are ratios (1 = as planned)."""

    potential_green: Decimal = Decimal("0.95")
    potential_amber: Decimal = Decimal("0.85")
    implementation_green: Decimal = Decimal("0.90")
    implementation_amber: Decimal = Decimal("0.75")
    stale_days: int = 60
    """Two monthly reporting periods without an update make the implementation status unknown."""
    hurdle: Decimal = Decimal(0)
    """Least net plan, in the policy's currency."""
    npv_hurdle: Decimal | None = None
    """Least net present value of the plan, in the policy's currency; ``None`` for none."""
    discount_rate: Decimal = Decimal("0.08")
    """Rate per year at which money that comes later is worth less."""
    horizon_months: int = 60
    """Months after the first one that the net present value counts."""
    contingency: Decimal = Decimal(0)
    """Share that comes on top of planned one-off cost and capex when a plan is decided."""
    payback_months: int = 36
    realised_share: Decimal = Decimal("0.90")
    observation_months: int = 3
    relapse_months: int = 12
    """Months after the one of closing in which benefit and legacy cost are watched; 0 for none."""
    committee_limit: Decimal | None = None
    """Planned benefit, or planned cost, from which the steering committee decides as well; ``None`` for never."""
    confirm_on_page_from: Decimal | None = None
    """Planned benefit, or planned cost, from which approvals and confirmations count on Gatepost's page only; 0 for
    always, ``None`` for never."""
    tolerance: Decimal = Decimal("0.10")
    """Share by which benefit, run-rate or cost may be off the plan before a reason is asked for."""
    tolerance_amount: Decimal = Decimal(0)
    """Amount in the policy's currency by which they may be off whatever share that is."""
    slip_days: int = 14
    """Days that the end or a milestone may lie behind the locked one before a reason is asked for."""
    slip_share: Decimal = Decimal("0.10")
    """The same as a share of the locked duration; the longer of the two counts."""
    kill_red_months: int | None = 3
    """Months of red potential until the kill switch; ``None`` for never."""
    kill_decision_days: int = 14
    """Days within which somebody has to decide after the kill switch."""
    ageing_days: int = 120
    """Days in one stage after which that is reported."""
    gate_lead_days: int = 30
    """Days before the start of the work from which the gates up to the decision are due."""
    diversion_share: Decimal = Decimal("0.5")
    """Share of the team that logs its time elsewhere from which the measure counts as diverted."""
    diversion_days: int = 14
    cost_spike: Decimal = Decimal("0.20")
    """How far a service's unit cost may lie above its trailing quarter."""
    high_value: Decimal = Decimal(500_000)
    """Net plan from which the priority of serving tickets is checked."""
    low_priorities: tuple[str, ...] = ("low", "lowest", "minor", "trivial", "4 - low", "5 - planning")
    handoff_days: int = 5
    """Days that a ticket may lie between teams before that is reported."""
    weekly_hours: Decimal = Decimal(40)
    """Hours of a person in a week."""
    overload_weeks: int = 3
    """Weeks in a row with more hours than that from which people count as overloaded."""
    done_on_word: bool = False
    """Work without child items and progress is done when its owner says so."""
    delegation_days: int = 92
    """Longest delegation."""
    owner_inactive_days: int | None = None
    """Days without an action by the owner after which that is reported; ``None`` for never."""


class RoleChangeRule(StrEnum):
    """When a change of owner, sponsor or controller in the tool counts."""

    ACCEPT = "accept"
    """When the former holder, for a new owner the sponsor, the transformation office or an administrator accepts it."""
    COOLING = "cooling"
    """When it is accepted, or after some hours in which nobody put it back."""
    TRUST = "trust"
    """At once."""


class GrantedStageRule(StrEnum):
    """What becomes of a stage that rests on the approval of somebody whose role was changed without acceptance."""

    SHUT = "shut"
    """It stays granted; the next gate is shut."""
    TAKE_BACK = "take_back"


DEFAULT_ESCALATION = (
    EscalationStep(Role.OWNER, timedelta(0)),
    EscalationStep(Role.SPONSOR, timedelta(hours=1)),
    EscalationStep(Role.STEERING_COMMITTEE, timedelta(days=1)),
)

DEFAULT_COMMAND_ROLES: Mapping[Verb, tuple[Role, ...]] = {
    Verb.HOLD: (Role.OWNER, Role.SPONSOR, Role.STEERING_COMMITTEE),
    Verb.RESUME: (Role.SPONSOR, Role.STEERING_COMMITTEE),
    Verb.CANCEL: (Role.SPONSOR, Role.STEERING_COMMITTEE),
    Verb.REASON: (Role.OWNER, Role.SPONSOR, Role.STEERING_COMMITTEE),
    Verb.REBASELINE: (Role.OWNER, Role.SPONSOR),
    Verb.KILL_CRITERIA: (Role.OWNER, Role.SPONSOR),
    Verb.DELEGATE: (Role.OWNER, Role.SPONSOR, Role.CONTROLLER),
    Verb.CONFIRM: (Role.CONTROLLER,),
    Verb.CONFIRM_LOWER: (Role.CONTROLLER,),
}
"""Which roles may give which command.  Whoever put a measure on hold may resume it as well."""

REBASELINED_FACTS = (
    FactGroup.PLAN, FactGroup.BASELINE, FactGroup.TERMS, FactGroup.SCOPE, FactGroup.PLACE, FactGroup.LOCKED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MeasureClass:
    """A class of measures with a hurdle of its own; ``None`` for the policy's number."""

    name: str
    hurdle: Decimal | None = None
    npv_hurdle: Decimal | None = None
    payback_months: int | None = None
    mandatory: bool = False
    """It has to be done, with or without a benefit: no hurdle, and its cost is what is judged."""


def _is_confirmation(rule: ApprovalRule) -> bool:
    return rule.kind is ApprovalKind.ACTUAL_EFFECT


@dataclass(frozen=True, slots=True)
class Policy:
    """Stages in their order, one gate per stage, thresholds.  Two equal policies have one version."""

    name: str
    stages: tuple[Stage, ...]
    gates: tuple[Gate, ...]
    thresholds: Thresholds = field(default_factory=Thresholds)
    lock_at: str = ""
    """The plan locks when this stage is granted; empty for never."""
    off: frozenset[str] = frozenset()
    """Codes of rules that this organisation has switched off."""
    escalation: tuple[EscalationStep, ...] = DEFAULT_ESCALATION
    command_roles: Mapping[Verb, tuple[Role, ...]] = field(default_factory=lambda: DEFAULT_COMMAND_ROLES)
    further_roles: tuple[Role, ...] = ()
    """Roles that the mapping adds to those that every measure has."""
    kept_apart: tuple[tuple[Role, Role], ...] = ()
    """Pairs of roles that one person may not hold, beside those of owner, sponsor and controller."""
    owner_may_sponsor: bool = False
    """Whether the owner of a measure may be its sponsor as well, or decide on it in the steering committee."""
    role_change: RoleChangeRule = RoleChangeRule.ACCEPT
    cooling: timedelta = timedelta(0)
    """For :attr:`RoleChangeRule.COOLING`: how long a change of a role may be objected to."""
    after_role_change: GrantedStageRule = GrantedStageRule.SHUT
    currency: str = ""
    rate_age_days: int = RATE_AGE_DAYS
    """Greatest age of an exchange rate; an older one is unknown."""
    """The reporting currency, in which thresholds are; empty: amounts are compared in their own."""
    classes: tuple[MeasureClass, ...] = ()
    """Classes of measures; without any all have the thresholds' hurdle."""
    fiscal_year_start: int = 1
    """Number of the month in which the fiscal year begins."""
    fiscal_year_named_by: YearName = YearName.FIRST
    """By which calendar year people call it: a name, and no part of the version."""
    gate_names: Mapping[str, str] = field(default_factory=dict)
    """What people call the states of a gate, by their keys, where that is another name; no part of the version."""
    version: str = field(init=False)
    closing_stage: str = field(init=False, compare=False, repr=False)
    """The stage that asks for the confirmation of the actual effect."""
    rebaseline: tuple[ApprovalRule, ...] = field(init=False, compare=False, repr=False)
    """Whoever decided on the plan decides on another one: it is not made large, or small, behind their backs."""

    def __post_init__(self) -> None:
        keys = tuple(stage.key for stage in self.stages)
        if tuple(gate.into for gate in self.gates) != keys:
            raise ValueError("a policy has exactly one gate per stage, in the same order")
        if self.lock_at and self.lock_at not in keys:
            raise ValueError(f"the plan cannot lock at {self.lock_at}, which is not a stage")
        content = repr(
            (
                self.name,
                self.stages,
                self.gates,
                sorted(asdict(self.thresholds).items()),
                self.lock_at,
                sorted(self.off),
                self.escalation,
                sorted(self.command_roles.items()),
                self.further_roles,
                self.kept_apart,
                self.owner_may_sponsor,
                self.role_change,
                self.cooling,
                self.after_role_change,
                self.currency,
                self.classes,
                self.fiscal_year_start,
            )
        )
        digest = hashlib.sha256(content.encode()).hexdigest()[:8]
        object.__setattr__(self, "version", f"{self.name}/{digest}")
        confirmed = (gate.into for gate in self.gates if any(map(_is_confirmation, gate.approvals)))
        object.__setattr__(self, "closing_stage", next(confirmed, keys[-1] if keys else ""))
        gate = self.gate(self.lock_at)
        rules = (
            (replace(rule, code="PLAN_LOCKED", depends_on=REBASELINED_FACTS) for rule in gate.approvals) if gate else ()
        )
        object.__setattr__(self, "rebaseline", tuple(rules))

    def index(self, key: str | None) -> int:
        """Position of a stage, 0 for the first; -1 for none and for a key that is not of this policy."""
        for index, stage in enumerate(self.stages):
            if stage.key == key:
                return index
        return -1

    def label(self, key: str | None) -> str:
        if key == REBASELINE:
            return "the re-baseline"
        index = self.index(key)
        return self.stages[index].label if index >= 0 else "None yet"

    def find_stage(self, text: str) -> Stage | None:
        """The stage that a person names, by key or label, in any case."""
        wanted = text.strip().casefold()
        return next((stage for stage in self.stages if wanted in {stage.key.casefold(), stage.label.casefold()}), None)

    def gate(self, key: str) -> Gate | None:
        index = self.index(key)
        return self.gates[index] if index >= 0 else None

    def is_on(self, code: str) -> bool:
        return code not in self.off

    def with_thresholds(self, thresholds: Thresholds) -> Policy:
        return replace(self, thresholds=thresholds)

    @property
    def weights(self) -> dict[str, Decimal]:
        return {stage.key: stage.weight for stage in self.stages}
