"""The state of the next gate in one word: open, not due, waiting, blocked, or breach.

Only an open gate lets an item pass.  The other words say what the shut gate means for the work of now: nothing yet
(not due), that somebody has to decide (waiting), or that something is missing or unknown (blocked).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from governance.evidence import Evidence
from governance.facts import Unknown, known
from governance.gates import ConditionKind, Gate, Policy
from governance.measure import Measure
from governance.money import Period
from governance.role_change import CODE as ROLE_CHANGED
from governance.verdict import ApprovalState, ConditionResult, GateState, Outcome

WAITING_FOR = frozenset({ApprovalState.NOT_GIVEN, ApprovalState.QUORUM, ApprovalState.EXPIRED})
"""An approval that somebody only has to give.  One that was rejected, or that nobody can give, needs something else."""


DONE_BY_THE_WORK = frozenset(
    {
        "OPEN_WORK",
        "DEPENDENCY_OPEN",
        "CHANGE_OPEN",
        "LEGACY_COST_RUNNING",
        "ACTUALS_MISSING",
        "VALUE_NOT_REALISED",
        "EVIDENCE_MISSING",
    }
)
"""What the work itself brings about, and its months of observation.  After the decision anything else that is not met,
such as a changed plan or a deviation without a reason, is due at once."""


@dataclass(frozen=True, slots=True)
class GateDueContext:
    """What tells whether work has come to the next gate."""

    measure: Measure
    evidence: Evidence
    policy: Policy
    granted: int
    """Index of the granted stage; -1 for none."""
    granted_at: Mapping[str, datetime]
    end: date | None
    """The agreed end of the work: of the locked plan where there is one; ``None`` when it is missing or unknown."""
    now: datetime
    steady_from: Period | None = None
    """The month from which the plan is declared to be in steady state."""

    @property
    def gate(self) -> Gate | None:
        following = self.granted + 1
        return self.policy.gates[following] if following < len(self.policy.gates) else None


def shut_state(checklist: Sequence[ConditionResult], due: date | None, now: datetime) -> GateState:
    """The word for a gate that is shut; ``due`` as of :func:`gate_due`."""
    left = [result for result in checklist if result.outcome is not Outcome.MET]
    if not left or any(result.outcome is Outcome.UNKNOWN for result in left):
        return GateState.BLOCKED
    if due is not None and due > now.date():
        return GateState.NOT_DUE
    if all(result.approval is not None and result.approval.state in WAITING_FOR for result in left):
        return GateState.WAITING
    return GateState.BLOCKED


def gate_due(context: GateDueContext, checklist: Sequence[ConditionResult]) -> date | None:
    """The day from which the next gate is due; ``None`` when it is due now, or when no date says otherwise.

    * A gate that asks for actuals is due when the months of observation are over; they begin with the month in which
      the stage before it was granted, or with the declared steady state where that is later, and end early when the
      actuals are booked.  What is still paid for a retired service is due at once.
    * A gate that asks for finished work is due when the work is finished, or the day after its agreed end.
    * Every gate up to the decision is due ``gate_lead_days`` before the start of the work.

    A condition of an earlier gate that no longer holds is due at once, and so are a granted stage whose approver was
    changed without acceptance, and what the work does not bring about.
    """
    gate, policy = context.gate, context.policy
    if gate is None:
        return None
    met = Outcome.MET
    left = [result for result in checklist if result.outcome is not met]
    if any(result.stage != gate.into or result.code == ROLE_CHANGED for result in left):
        return None
    before_decision = context.granted < policy.index(policy.lock_at)
    if not before_decision and any(r.approval is None and r.code not in DONE_BY_THE_WORK for r in left):
        return None
    codes = {result.code for result in left}
    if ConditionKind.ACTUALS in gate.conditions:
        observing = "ACTUALS_MISSING" in codes and "LEGACY_COST_RUNNING" not in codes
        return _after_observation(context) if observing else None
    if ConditionKind.OPEN_WORK in gate.conditions:
        return None if _work_is_done(context) or context.end is None else context.end + timedelta(days=1)
    start = known(context.measure.start)
    if before_decision and start is not None:
        return start - timedelta(days=policy.thresholds.gate_lead_days)
    return None


def _work_is_done(context: GateDueContext) -> bool:
    children = context.evidence.children
    if isinstance(children, Unknown):
        return True
    if children is None or not children.total:
        return context.evidence.done
    return children.done == children.total


def _after_observation(context: GateDueContext) -> date | None:
    begun = context.granted_at.get(context.policy.stages[context.granted].key) if context.granted >= 0 else None
    if begun is None:
        return None
    first = Period.of(begun.date())
    if context.steady_from is not None:
        first = max(first, context.steady_from)
    return first.plus(context.policy.thresholds.observation_months).first_day
