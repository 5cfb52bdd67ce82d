"""May a measure pass one gate?  The question that pipelines ask before they deploy.

A gate is open when :mod:`governance.measure_gates` has its stage among those that may be entered.  When neither can be
said the result is ``NoAnswer``: a pipeline stops then as well, with a reason that is not the gate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from connector.store.measures.measure_lookup import MeasureExplanation
from governance.explain import CHECKBOXES
from governance.gates import Policy, Stage
from governance.measure_gates import MeasureGates, gates_of
from governance.verdict import GateState, Outcome, Verdict


class NoAnswerReason(StrEnum):
    """Why the gate cannot be checked."""

    NO_MEASURE = "no_measure"
    AMBIGUOUS = "ambiguous"
    NO_STAGE = "no_stage"
    UNREACHABLE = "unreachable"
    UNMAPPED = "unmapped"


@dataclass(frozen=True, slots=True)
class NoAnswer:
    reason: NoAnswerReason
    problem: str
    hint: str


@dataclass(frozen=True, slots=True)
class GateCondition:
    """One condition of the next gate; ``outcome`` is met, unmet or unknown."""

    outcome: Outcome
    subject: str
    code: str
    reason: str
    who: str

    @property
    def line(self) -> str:
        mark = CHECKBOXES[self.outcome]
        if self.outcome is Outcome.MET:
            return f"{mark} {self.subject}: {self.reason}"
        return f"{mark} {self.subject}: {self.reason} · {self.who or 'nobody'} to act · {self.code}"


@dataclass(frozen=True, slots=True)
class GateCheck:
    """Whether a gate is open, and the checklist behind it."""

    open: bool
    state: GateState
    """Of the gate that was asked for: what it means for the work of now."""
    measure: str
    key: str
    title: str | None
    url: str
    stage: str
    stage_label: str
    granted_stage: str | None
    """Key of the stage that was granted last."""
    summary: str
    """The answer in one sentence."""
    gates: MeasureGates
    """All gates of the measure, as everything else says it."""
    checklist: tuple[GateCondition, ...]
    assessed_at: datetime

    @property
    def text(self) -> str:
        """For a terminal: the sentence, then the blockers, then every condition."""
        blockers = self.gates.next.blockers if self.gates.next is not None and not self.open else ()
        lines = [self.summary, *(f"- {blocker.sentence}" for blocker in blockers)]
        if not self.open and self.checklist:
            lines += ["", *dict.fromkeys(condition.line for condition in self.checklist)]
        return "\n".join(lines)


GateCheckResult: TypeAlias = GateCheck | NoAnswer


def check_gate(
    measures: Sequence[MeasureExplanation], name: str, stage_key: str, policy: Policy | None
) -> GateCheckResult:
    """Check the stored verdict; ``measures`` are those whose key or id is ``name``."""
    if not measures:
        return NoAnswer(
            NoAnswerReason.NO_MEASURE,
            f'There is no measure "{name}".',
            "Name it by its key or id. Either no event of that item came yet, or no rule of the mapping selects it.",
        )
    if len(measures) > 1:
        ids = ", ".join(measure.id for measure in measures)
        return NoAnswer(
            NoAnswerReason.AMBIGUOUS, f'"{name}" is the key of several measures.', f"Name one by its id: {ids}."
        )
    target = policy.find_stage(stage_key) if policy is not None else None
    if policy is None or target is None:
        keys = ", ".join(stage.key for stage in policy.stages) if policy is not None else "none: no mapping is active"
        return NoAnswer(NoAnswerReason.NO_STAGE, f'There is no stage "{stage_key}".', f"The stages are {keys}.")
    return _answer(measures[0], target)


def _answer(measure: MeasureExplanation, target: Stage) -> GateCheckResult:
    if measure.unmapped_reason is not None:
        problem = f"{measure.key} is no longer a measure: {measure.unmapped_reason}."
        return NoAnswer(NoAnswerReason.UNMAPPED, problem, "Its last verdict does not count.")
    if measure.unreachable_since is not None:
        why = f": {measure.unreachable_reason}" if measure.unreachable_reason else ""
        problem = f"{measure.key} is unreachable since {measure.unreachable_since:%Y-%m-%d %H:%M} UTC{why}."
        return NoAnswer(
            NoAnswerReason.UNREACHABLE, problem, "Its tool no longer shows the item; the page Connections says why."
        )
    verdict = measure.verdict
    gates = gates_of(verdict)
    is_open = target.key in gates.may_enter
    return GateCheck(
        open=is_open,
        state=GateState.OPEN if is_open else _shut_state(gates, target),
        measure=measure.id,
        key=measure.key,
        title=measure.title,
        url=measure.url,
        stage=target.key,
        stage_label=target.label,
        granted_stage=verdict.stage,
        summary=_summary(measure, gates, target),
        gates=gates,
        checklist=tuple(_conditions(verdict)),
        assessed_at=measure.assessed_at,
    )


def _summary(measure: MeasureExplanation, gates: MeasureGates, target: Stage) -> str:
    name = f"{measure.key} {measure.title or ''}".strip()
    shut = f"The gate into {target.label} is shut for {name}"
    if measure.verdict.off_ramp is not None:
        return f"{shut}: the measure is on an off-ramp."
    if target.key in gates.may_enter:
        return f"The gate into {target.label} is open for {name}."
    if gates.next is None or not gates.may_enter:
        # The tool's status is unknown, or says that it ended: whatever was granted, nothing may go on.
        return f"{shut}."
    if gates.next.stage != target.key:
        return f"{shut}: {gates.next.stage_label} comes first."
    if measure.verdict.gate_due is not None:
        return f"{shut}: it is not due before {measure.verdict.gate_due}."
    return f"{shut}."


def _shut_state(gates: MeasureGates, target: Stage) -> GateState:
    """Of a gate that is not the next one nothing is known but that others come first."""
    return gates.next.state if gates.next is not None and gates.next.stage == target.key else GateState.BLOCKED


def _conditions(verdict: Verdict) -> list[GateCondition]:
    return [
        GateCondition(
            condition.outcome,
            condition.subject.replace("_", " "),
            condition.code,
            condition.actual if condition.outcome is Outcome.MET else condition.reason,
            condition.who,
        )
        for condition in verdict.checklist
    ]
