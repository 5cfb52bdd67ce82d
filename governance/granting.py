"""Grant stage after stage until a condition of the next gate is not met; the plan locks on the way."""

from __future__ import annotations

from governance.approvals import evaluate_approvals
from governance.assessment import Assessment
from governance.business_case import months_to_sign
from governance.claims import overclaim
from governance.condition_context import ConditionContext
from governance.conditions import evaluate
from governance.locked_plan import lock_plan, rates_of_plan
from governance.locked_scope import terms_of
from governance.relapse import months_without_benefit
from governance.relapse_rules import relapse_condition
from governance.role_change import (
    role_conditions,
)
from governance.verdict import ConditionResult, Event, EventKind, Outcome


def grant(assessment: Assessment) -> None:
    """Grant stage after stage until a condition of the next gate is not met."""
    if (
        assessment.plan is None
        and assessment.granted >= assessment.policy.index(assessment.policy.lock_at) >= 0
        and assessment.has_plan()
    ):
        _lock(assessment, "locked when it was found decided")
    # What conditions and findings ask about; neither the lines nor the baseline change while stages are granted.
    assessment.overclaim = overclaim(assessment.measure, assessment.evidence, assessment.rates)
    assessment.checklist = _conditions(assessment)
    while assessment.off_ramp is None and assessment.checklist and not assessment.next_gate_unmet:
        assessment.granted += 1
        stage, label = (
            assessment.policy.stages[assessment.granted].key,
            assessment.policy.stages[assessment.granted].label,
        )
        assessment.newly_granted.append(stage)
        assessment.granted_at[stage] = assessment.now
        assessment.events.append(Event(EventKind.GRANTED, f"{label} granted", label=label))
        if stage == assessment.policy.lock_at and assessment.plan is None:
            _lock(assessment, "locked at the decision")
        if stage == assessment.policy.closing_stage:
            assessment.closed_on = assessment.closes_on()
            # Closed once more, knowing of it; the watch begins anew.
            if assessment.relapse is not None:
                assessment.lost_months = (*assessment.lost_months, *months_without_benefit(assessment.relapse))
            assessment.relapse = None
        assessment.checklist = _conditions(assessment)


def _lock(assessment: Assessment, reason: str) -> None:
    terms = terms_of(assessment.measure, assessment.evidence.children)
    rates = rates_of_plan(assessment.measure.effects, assessment.rates, assessment.now.date())
    assessment.plan = lock_plan(assessment.measure.effects, assessment.now, reason=reason, terms=terms, rates=rates)
    assessment.events.append(Event(EventKind.PLAN_LOCKED, f"Plan 1 {reason}"))


def _conditions(assessment: Assessment) -> tuple[ConditionResult, ...]:
    """All conditions of the gates up to the next one, and the next one's own approvals."""
    policy = assessment.policy
    if assessment.granted + 1 >= len(policy.gates):
        return ()
    for gate in policy.gates[assessment.evaluated_gates : assessment.granted + 2]:
        context = ConditionContext(
            gate.into,
            assessment.measure,
            assessment.evidence,
            policy,
            assessment.effects,
            assessment.effects_problem,
            assessment.commands,
            assessment.now,
            assessment.plan,
            assessment.deviation,
            assessment.rates,
            assessment.validation,
            assessment.estimate,
            assessment.overclaim,
        )
        if gate.into == policy.closing_stage:
            assessment.months_to_sign = months_to_sign(context)
        assessment.results += _without_disabled(assessment, [evaluate(check, context) for check in gate.conditions])
        assessment.evaluated_gates += 1
    met = Outcome.MET
    assessment.unmet = any(result.outcome is not met for result in assessment.results)
    last = policy.gates[assessment.granted + 1]
    approval_context = assessment.approval_context(assessment.reopened_at)
    approvals = _without_disabled(assessment, evaluate_approvals(last.into, last.approvals, approval_context))
    approvals += role_conditions(assessment.measure, assessment.role_holders, policy, assessment.granted)
    if assessment.relapse is not None and assessment.relapse.is_relapse and last.into == policy.closing_stage:
        again = relapse_condition(
            assessment.relapse, assessment.measure, policy, assessment.commands, assessment.reopened_at
        )
        approvals = [*approvals, again]
    assessment.next_gate_unmet = any(result.outcome is not met for result in approvals) or assessment.unmet
    return (*assessment.results, *approvals)


def _without_disabled(assessment: Assessment, results: list[ConditionResult]) -> list[ConditionResult]:
    """The results of rules that are not switched off."""
    return (
        [result for result in results if result.code not in assessment.policy.off] if assessment.policy.off else results
    )
