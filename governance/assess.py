"""The one door into the domain: a measure, its evidence and the policy in; a verdict out.

Decide and explain in one pass: the list of unmet and unknown conditions *is* the decision, and the same
list is what people read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from governance.approvals import judge_approvals
from governance.conditions import run
from governance.context import Context
from governance.effects import Effects, sum_up
from governance.evidence import Evidence
from governance.facts import Unknown, known
from governance.gates import Policy
from governance.measure import Measure
from governance.money import CurrencyMismatch, Money
from governance.status import implementation_status, potential_status
from governance.verdict import Blocker, ConditionResult, Figures, GateState, Outcome, Verdict

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def assess(measure: Measure, evidence: Evidence, policy: Policy, now: datetime) -> Verdict:
    """Judge one measure at one moment.  Never raises on what a tool may hold.

    Stages are granted one after another while every condition and approval of the next gate is met; a
    stage once granted is not taken back here, but a fact that was lost shuts the next gate.
    """
    effects, problem = _add_up(measure)
    granted, newly = policy.index(evidence.standing.stage), []
    checklist = _checklist(granted, measure, evidence, policy, effects, problem)
    while checklist and all(result.outcome is Outcome.MET for result in checklist):
        granted += 1
        newly.append(policy.stages[granted].key)
        checklist = _checklist(granted, measure, evidence, policy, effects, problem)
    gate = _gate_state(granted, evidence, policy)
    following = policy.stages[granted + 1] if granted + 1 < len(policy.stages) else None
    stage = policy.stages[granted].key if granted >= 0 else None
    since = evidence.standing.blockers_since
    blockers = () if gate is GateState.OPEN else _blockers(gate, granted, checklist, evidence, policy, since, now)
    return Verdict(
        stage=stage,
        stage_label=policy.label(stage),
        newly_granted=tuple(newly),
        next_stage=following.key if following else None,
        next_stage_label=following.label if following else "",
        gate=gate,
        checklist=checklist,
        blockers=blockers,
        implementation=implementation_status(measure, evidence, policy.thresholds, now),
        potential=potential_status(measure, effects, problem, policy.thresholds),
        figures=_figures(effects),
        policy_version=policy.version,
    )


def _add_up(measure: Measure) -> tuple[Effects | None, str]:
    try:
        return sum_up(measure.effects), ""
    except CurrencyMismatch as error:
        return None, str(error)


def _checklist(
    granted: int, measure: Measure, evidence: Evidence, policy: Policy, effects: Effects | None, problem: str
) -> tuple[ConditionResult, ...]:
    """All conditions of the gates up to the next one, and the next one's own approvals."""
    if granted + 1 >= len(policy.gates):
        return ()
    results = []
    for gate in policy.gates[: granted + 2]:
        context = Context(gate.into, measure, evidence, policy, effects, problem)
        results += [run(check, context) for check in gate.checks]
    last = policy.gates[granted + 1]
    results += judge_approvals(last.into, last.approvals, measure.roles, evidence.approvals, effects, policy)
    return tuple(results)


def _gate_state(granted: int, evidence: Evidence, policy: Policy) -> GateState:
    if isinstance(evidence.tool_stage, Unknown):
        return GateState.SHUT
    claimed = policy.index(evidence.tool_stage)
    # An item begins in the first stage's status; it has not gone ahead of anything by being there.
    if claimed > max(granted, 0):
        return GateState.BREACH
    return GateState.OPEN if granted > claimed or granted + 1 == len(policy.stages) else GateState.SHUT


def _blockers(
    gate: GateState,
    granted: int,
    checklist: tuple[ConditionResult, ...],
    evidence: Evidence,
    policy: Policy,
    since: Mapping[str, datetime],
    now: datetime,
) -> tuple[Blocker, ...]:
    into = policy.stages[granted + 1] if granted + 1 < len(policy.stages) else policy.stages[granted]
    blockers = []
    if gate is GateState.BREACH:
        claimed = policy.label(known(evidence.tool_stage))
        text = (
            f"Moved to {evidence.tool_status} ({claimed}) while the gate into {into.label} is shut: "
            "move it back or meet the conditions below"
        )
        key = f"{into.key}:GATE_ORDER:status"
        blockers.append(Blocker(key, "GATE_ORDER", into.key, f"{text} · GATE_ORDER", "owner", since.get(key, now)))
    if isinstance(evidence.tool_stage, Unknown):
        key = f"{into.key}:STAGE_UNKNOWN:status"
        text = f"{into.label} is shut: {evidence.tool_stage.reason} · administrator to act · STAGE_UNKNOWN"
        blockers.append(Blocker(key, "STAGE_UNKNOWN", into.key, text, "administrator", since.get(key, now)))
    for result in checklist:
        if result.outcome is not Outcome.MET:
            first = since.get(result.key, now)
            text = sentence(into.label, result, first, now)
            blockers.append(Blocker(result.key, result.code, into.key, text, result.who, first))
    return tuple(blockers)


def sentence(label: str, result: ConditionResult, since: datetime, now: datetime) -> str:
    """A blocker as its reader meets it; the code stands at the end, for search."""
    day = f"{since.day} {MONTHS[since.month - 1]}"
    if since.year != now.year:
        day = f"{day} {since.year}"
    who = f" · {result.who} to act" if result.who else ""
    return f"{label} is shut: {result.reason}{who} · since {day} · {result.code}"


def _figures(effects: Effects | None) -> Figures:
    if effects is None:
        return Figures()
    plan, forecast, actual = effects.plan, effects.forecast, effects.actual
    completion = effects.at_completion()
    currency = next((series.currency for series in (plan, forecast, actual) if series), "")
    variance = completion - plan.total_net() if plan and completion is not None else None
    percent = None
    if plan and variance is not None and plan.total_net() != 0:
        percent = (variance / abs(plan.total_net()) * 100).quantize(Decimal("0.1"))
    return Figures(
        plan=Money(plan.total_net(), currency) if plan else None,
        forecast=Money(forecast.total_net(), currency) if forecast else None,
        actual=Money(actual.total_net(), currency) if actual else None,
        at_completion=Money(completion, currency) if completion is not None else None,
        variance=Money(variance, currency) if variance is not None else None,
        variance_percent=percent,
    )
