"""Stages, gates and thresholds: the policy, which is data.

The five stages and their criteria follow the default gate criteria of the practice (McKinsey Wave's
implementation levels L0 to L5 with sponsor and finance at the decision, Haertegrad 1 to 5, CAT4's degree
of implementation).  Stage numbers never travel between models; names are mapped.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from enum import StrEnum

from governance.measure import Role


class Check(StrEnum):
    """The named conditions that a gate may ask for; :mod:`governance.conditions` judges them."""

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
    PHASING = "phasing"
    DATES = "dates"
    OBJECTIVE = "objective"
    HURDLE = "hurdle"
    PAYBACK = "payback"
    KILL_CRITERIA = "kill_criteria"
    OPEN_WORK = "open_work"
    DEPENDENCIES = "dependencies"
    CHANGES = "changes"
    ACTUALS = "actuals"
    VALUE_REALISED = "value_realised"
    EVIDENCE_ATTACHED = "evidence_attached"


class ApprovalKind(StrEnum):
    APPROVAL = "approval"
    SIZE_AND_TIMING = "size_and_timing"
    """The controller's word at the decision that size and timing of the plan hold."""
    ACTUAL_EFFECT = "actual_effect"
    """The controller's signed statement of the actual effect; without it nothing is closed."""


@dataclass(frozen=True, slots=True)
class ApprovalRule:
    """One approval that a gate asks for; ``code`` is the blocker's code while it is missing."""

    role: Role
    kind: ApprovalKind = ApprovalKind.APPROVAL
    code: str = "APPROVAL_MISSING"


@dataclass(frozen=True, slots=True)
class Stage:
    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Gate:
    """The step into a stage."""

    into: str
    checks: tuple[Check, ...]
    approvals: tuple[ApprovalRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Numbers of the policy.  Shares are ratios (1 = as planned)."""

    potential_green: Decimal = Decimal("0.95")
    potential_amber: Decimal = Decimal("0.85")
    implementation_green: Decimal = Decimal("0.90")
    implementation_amber: Decimal = Decimal("0.75")
    stale_days: int = 60
    """Two monthly reporting periods without an update make the implementation status unknown."""
    hurdle: Decimal = Decimal(0)
    """Least net plan, in the currency of the measure."""
    payback_months: int = 36
    realised_share: Decimal = Decimal("0.90")
    observation_months: int = 3


@dataclass(frozen=True, slots=True)
class Policy:
    """Stages in their order, one gate per stage, thresholds.  Two equal policies have one version."""

    name: str
    stages: tuple[Stage, ...]
    gates: tuple[Gate, ...]
    thresholds: Thresholds = field(default_factory=Thresholds)
    version: str = field(init=False)

    def __post_init__(self) -> None:
        if tuple(gate.into for gate in self.gates) != tuple(stage.key for stage in self.stages):
            raise ValueError("a policy has exactly one gate per stage, in the same order")
        content = repr((self.name, self.stages, self.gates, sorted(asdict(self.thresholds).items())))
        digest = hashlib.sha256(content.encode()).hexdigest()[:8]
        object.__setattr__(self, "version", f"{self.name}/{digest}")

    def index(self, key: str | None) -> int:
        """Place of a stage, 0 for the first; -1 for none and for a key that is not of this policy."""
        for place, stage in enumerate(self.stages):
            if stage.key == key:
                return place
        return -1

    def label(self, key: str | None) -> str:
        place = self.index(key)
        return self.stages[place].label if place >= 0 else "None yet"

    def find(self, text: str) -> Stage | None:
        """The stage that a person names, by key or label, in any case."""
        wanted = text.strip().casefold()
        return next((stage for stage in self.stages if wanted in {stage.key.casefold(), stage.label.casefold()}), None)


FIVE_STAGES = (
    Stage("identified", "Identified"),
    Stage("detailed", "Detailed"),
    Stage("decided", "Decided"),
    Stage("implemented", "Implemented"),
    Stage("closed", "Closed"),
)

FIVE_GATES = (
    Gate("identified", (Check.TITLE, Check.OWNER, Check.PROGRAM, Check.ROUGH_VALUE)),
    Gate(
        "detailed",
        (
            Check.SPONSOR,
            Check.CONTROLLER,
            Check.BUSINESS_UNIT,
            Check.LEGAL_ENTITY,
            Check.SEPARATION_OF_DUTIES,
            Check.BASELINE,
            Check.PHASING,
            Check.DATES,
            Check.OBJECTIVE,
        ),
        (ApprovalRule(Role.SPONSOR),),
    ),
    Gate(
        "decided",
        (Check.HURDLE, Check.PAYBACK, Check.KILL_CRITERIA),
        (
            ApprovalRule(Role.SPONSOR),
            ApprovalRule(Role.CONTROLLER, ApprovalKind.SIZE_AND_TIMING, "CONTROLLER_SIZE"),
        ),
    ),
    Gate("implemented", (Check.OPEN_WORK, Check.DEPENDENCIES, Check.CHANGES), (ApprovalRule(Role.OWNER),)),
    Gate(
        "closed",
        (Check.ACTUALS, Check.VALUE_REALISED, Check.EVIDENCE_ATTACHED),
        (ApprovalRule(Role.CONTROLLER, ApprovalKind.ACTUAL_EFFECT, "CONTROLLER_CONFIRM"),),
    ),
)


def default_policy(thresholds: Thresholds | None = None) -> Policy:
    """Identified, Detailed, Decided, Implemented, Closed with the default gates."""
    return Policy("default-5", FIVE_STAGES, FIVE_GATES, thresholds or Thresholds())
