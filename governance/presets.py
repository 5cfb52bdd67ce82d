"""The stage models that come with Gatepost, with their default gates.

Sources: CAT4's stages of strategy implementation (five, and six with *Defined* first); McKinsey Wave's
implementation levels L0 to L5 with its approvers per level (sponsor and finance at the decision, finance at
the end); Härtegrad 1 to 5 (valueengine.de: 3 is the planning threshold, 5 is verified by controlling).  There is
no uniform definition (Haufe HI16479211), and the numbers do not mean the same: Härtegrad 3 is *decided*, Wave's
L3 is the start of implementation.  Weights of the risk-weighted pipeline follow PiPware's idea stages.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from governance.fingerprint import FactGroup
from governance.gates import ApprovalKind, ApprovalRule, ConditionKind, Gate, Policy, Stage, Thresholds
from governance.measure import Role

_HALF, _MOST, _ALL = Decimal("0.5"), Decimal("0.9"), Decimal(1)

IDEA = (ConditionKind.TITLE, ConditionKind.OWNER, ConditionKind.PROGRAM, ConditionKind.ROUGH_VALUE)
DETAIL = (
    ConditionKind.SPONSOR,
    ConditionKind.CONTROLLER,
    ConditionKind.BUSINESS_UNIT,
    ConditionKind.LEGAL_ENTITY,
    ConditionKind.SEPARATION_OF_DUTIES,
    ConditionKind.BASELINE,
    ConditionKind.BASELINE_CLAIMS,
    ConditionKind.PHASING,
    ConditionKind.DATES,
    ConditionKind.OBJECTIVE,
    ConditionKind.OVERLAPS,
)
CASE = (ConditionKind.HURDLE, ConditionKind.PAYBACK, ConditionKind.KILL_CRITERIA, ConditionKind.SCOPE)
WORK = (
    ConditionKind.PLAN_LOCK,
    ConditionKind.DEVIATION_EXPLAINED,
    ConditionKind.OPEN_WORK,
    ConditionKind.DEPENDENCIES,
    ConditionKind.CHANGES,
    ConditionKind.LEGACY_DATED,
)
EFFECT = (
    ConditionKind.LEGACY_ENDED,
    ConditionKind.ACTUALS,
    ConditionKind.VALUE_REALISED,
    ConditionKind.EVIDENCE_ATTACHED,
)

BY_OWNER = ApprovalRule(Role.OWNER)
BY_SPONSOR = ApprovalRule(Role.SPONSOR, depends_on=(FactGroup.PLAN, FactGroup.BASELINE))
DECIDED_FACTS = (FactGroup.PLAN, FactGroup.BASELINE, FactGroup.TERMS, FactGroup.PLACE, FactGroup.LOCKED)
DECISION_BY_SPONSOR = ApprovalRule(Role.SPONSOR, depends_on=DECIDED_FACTS)
SIZE = ApprovalRule(Role.CONTROLLER, ApprovalKind.SIZE_AND_TIMING, "CONTROLLER_SIZE", DECIDED_FACTS)
COMMITTEE = ApprovalRule(Role.STEERING_COMMITTEE, code="STEERCO_DECISION", depends_on=DECIDED_FACTS, above_limit=True)
ACTUAL = ApprovalRule(Role.CONTROLLER, ApprovalKind.ACTUAL_EFFECT, "CONTROLLER_CONFIRM", (FactGroup.PLACE,))


def default_policy(thresholds: Thresholds | None = None) -> Policy:
    """Identified, Detailed, Decided, Implemented, Closed."""
    return Policy(
        "five",
        (
            Stage("identified", "Identified"),
            Stage("detailed", "Detailed", Decimal("0.1")),
            Stage("decided", "Decided", _HALF),
            Stage("implemented", "Implemented", _MOST),
            Stage("closed", "Closed", _ALL),
        ),
        (
            Gate("identified", IDEA),
            Gate("detailed", DETAIL, (BY_SPONSOR,)),
            Gate("decided", CASE, (DECISION_BY_SPONSOR, SIZE, COMMITTEE)),
            Gate("implemented", WORK, (BY_OWNER,)),
            Gate("closed", EFFECT, (ACTUAL,)),
        ),
        thresholds or Thresholds(),
        lock_at="decided",
    )


def six_stages(thresholds: Thresholds | None = None) -> Policy:
    """Defined first: the idea is written down before an owner has accepted it."""
    five = default_policy(thresholds)
    return Policy(
        "six",
        (Stage("defined", "Defined"), *five.stages),
        (
            Gate("defined", (ConditionKind.TITLE, ConditionKind.PROGRAM)),
            Gate("identified", (ConditionKind.OWNER, ConditionKind.ROUGH_VALUE)),
            *five.gates[1:],
        ),
        five.thresholds,
        lock_at="decided",
    )


def levels(thresholds: Thresholds | None = None) -> Policy:
    """McKinsey Wave's L0 to L5; https://help.mckinseywavesupport.com/Getting_Started/06_Implementation_Levels"""
    return Policy(
        "levels",
        (
            Stage("l0", "L0 Idea"),
            Stage("l1", "L1 Identified"),
            Stage("l2", "L2 Validated", Decimal("0.1")),
            Stage("l3", "L3 Implement", _HALF),
            Stage("l4", "L4 Realize", _MOST),
            Stage("l5", "L5 Signed off", _ALL),
        ),
        (
            Gate("l0", (ConditionKind.TITLE, ConditionKind.PROGRAM), ()),
            Gate("l1", (ConditionKind.OWNER, ConditionKind.ROUGH_VALUE), (BY_OWNER,)),
            Gate("l2", DETAIL, (BY_SPONSOR,)),
            Gate("l3", CASE, (DECISION_BY_SPONSOR, SIZE, COMMITTEE)),
            Gate("l4", WORK, (BY_OWNER,)),
            Gate("l5", EFFECT, (ACTUAL,)),
        ),
        thresholds or Thresholds(),
        lock_at="l3",
    )


def haertegrad(thresholds: Thresholds | None = None) -> Policy:
    """Härtegrad 1 to 5; only 3 and more counts in financial planning (valueengine.de)."""
    return Policy(
        "haertegrad",
        (
            Stage("hg1", "HG1 Target adopted"),
            Stage("hg2", "HG2 Potential estimated", Decimal("0.1")),
            Stage("hg3", "HG3 Approved and planned", _HALF),
            Stage("hg4", "HG4 Operationally realised", _MOST),
            Stage("hg5", "HG5 Effect verified", _ALL),
        ),
        (
            Gate("hg1", IDEA),
            Gate("hg2", DETAIL, (BY_SPONSOR,)),
            Gate("hg3", CASE, (DECISION_BY_SPONSOR, SIZE, COMMITTEE)),
            Gate("hg4", WORK, (BY_OWNER,)),
            Gate("hg5", EFFECT, (ACTUAL,)),
        ),
        thresholds or Thresholds(),
        lock_at="hg3",
    )


PRESETS: Mapping[str, Policy] = {
    policy.name: policy for policy in (default_policy(), six_stages(), levels(), haertegrad())
}
