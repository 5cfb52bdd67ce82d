"""What the gate says after all stages are granted: its state, a breach, and the statuses of what has ended."""

from __future__ import annotations

from datetime import date

from governance.assessment import Assessment
from governance.closure import cancelled_status, without_value_status
from governance.evidence import Evidence
from governance.facts import Unknown, known
from governance.gate_state import GateDueContext, gate_due, shut_state
from governance.gates import Policy
from governance.locked_terms import as_locked
from governance.measure_state import (
    Breach,
    OffRampKind,
    is_cancelled,
)
from governance.verdict import GateState, Status


def gate_state_of(assessment: Assessment, due: date | None) -> GateState:
    if isinstance(assessment.evidence.tool_stage, Unknown):
        # Cancelled work that its tool calls done has ended, whatever the status is called.
        ended = is_cancelled(assessment.off_ramp) and assessment.evidence.done
        return GateState.NOT_DUE if ended else GateState.BLOCKED
    claimed = assessment.policy.index(assessment.evidence.tool_stage)
    if went_past_gate(assessment):
        return GateState.BREACH
    if is_cancelled(assessment.off_ramp):
        # Shut, so that no native gate lets it into a later stage; and nobody has to act.
        return GateState.NOT_DUE
    if assessment.off_ramp is not None:
        return GateState.BLOCKED
    if assessment.granted > claimed or assessment.granted + 1 == len(assessment.policy.stages):
        return GateState.OPEN
    return shut_state(assessment.checklist, due, assessment.now)


def went_past_gate(assessment: Assessment) -> bool:
    """Whether the tool's status is one that the measure may not be in: ahead of its stage, or ended unasked."""
    return assessment.is_breach() or (assessment.evidence.ended and not _may_end(assessment))


def _may_end(assessment: Assessment) -> bool:
    """Whether the tool's status may be one in which cancelled work ends."""
    stopped = assessment.off_ramp is not None and assessment.off_ramp.kind is not OffRampKind.ON_HOLD
    return stopped or assessment.lost is not None


def open_stages(assessment: Assessment) -> tuple[str, ...]:
    """A granted stage is open unless the measure is stopped, or its tool says that it ended or says nothing."""
    stopped = assessment.off_ramp is not None or (assessment.evidence.ended and not _may_end(assessment))
    if stopped or isinstance(assessment.evidence.tool_stage, Unknown):
        return ()
    return tuple(stage.key for stage in assessment.policy.stages[: assessment.granted + 1])


def allowed_stages(assessment: Assessment, gate: GateState) -> tuple[str, ...]:
    claimed = known(assessment.evidence.tool_stage)
    if gate is not GateState.OPEN or claimed is None:
        return ()
    return tuple(
        stage.label for stage in assessment.policy.stages[assessment.policy.index(claimed) + 1 : assessment.granted + 1]
    )


def highest_stage(assessment: Assessment, gate: GateState) -> int:
    """The granted stage.  While the gate is shut at most the item's own, so that it may go back and not on.

    Out of a status that stands for no stage it may go into any stage that was granted, unless it is on hold.
    """
    claimed, granted = known(assessment.evidence.tool_stage), max(assessment.granted, 0)
    if gate is GateState.OPEN or (claimed is None and assessment.off_ramp is None):
        return granted
    return min(granted, assessment.policy.index(claimed)) if claimed is not None else 0


def breach_of(assessment: Assessment, gate: GateState) -> Breach | None:
    """A breach is reported while the gate stays shut: whoever moved the item finds out why it came back."""
    before = assessment.evidence.measure_state.breach
    claimed = known(assessment.evidence.tool_stage)
    if gate is GateState.OPEN:
        return None
    status = assessment.evidence.tool_status
    if gate is GateState.NOT_DUE and is_cancelled(assessment.off_ramp):
        return None
    if gate is GateState.BREACH and assessment.evidence.ended and (before is None or before.status != status):
        into = assessment.policy.stages[min(assessment.granted + 1, len(assessment.policy.stages) - 1)].label
        return Breach(assessment.now, status, "", into)
    if gate is not GateState.BREACH or claimed is None:
        return before
    taken_back = stage_was_taken_back(assessment.evidence, assessment.granted, assessment.policy)
    # Whoever moves it there again after it was moved back has gone past the gate.
    if before is not None and before.status == status and before.taken_back is taken_back:
        return before
    into = assessment.policy.stages[assessment.granted + 1].label
    label = assessment.policy.label(claimed)
    if taken_back:
        return Breach(assessment.now, status, label, into, taken_back=True)
    return Breach(assessment.now, status, label, into, assessment.evidence.moved_by)


def stage_was_taken_back(evidence: Evidence, granted: int, policy: Policy) -> bool:
    """Whether the tool's status was open to the item, and its stage was taken back since: nobody went past a gate."""
    breach, before = evidence.measure_state.breach, policy.index(evidence.measure_state.stage)
    if breach is not None and breach.status == evidence.tool_status:
        return breach.taken_back and evidence.measure_state.in_breach
    return granted < policy.index(known(evidence.tool_stage)) <= before


def gate_due_of(assessment: Assessment) -> date | None:
    if is_cancelled(assessment.off_ramp):
        return None
    end = known(as_locked(assessment.measure, assessment.terms).end)
    context = GateDueContext(
        assessment.measure,
        assessment.evidence,
        assessment.policy,
        assessment.granted,
        assessment.granted_at,
        end,
        assessment.now,
        assessment.steady_from,
    )
    return gate_due(context, assessment.checklist)


def final_statuses(assessment: Assessment, implementation: Status, potential: Status) -> tuple[Status, Status]:
    """Both statuses; what was cancelled, or closed without value, shows no success."""
    if assessment.off_ramp is not None and is_cancelled(assessment.off_ramp):
        status = cancelled_status(assessment.off_ramp)
        return status, status
    if assessment.lost is not None:
        status = without_value_status(assessment.lost)
        return status, status
    return implementation, potential
