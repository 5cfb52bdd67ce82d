"""What people said since the last assessment: roles, commands, re-baselines, signatures and changed terms."""

from __future__ import annotations

from dataclasses import replace

from governance.altered_commands import withdrawal_events
from governance.approvals import evaluate_approvals, rebaseline_rules
from governance.assessment import Assessment
from governance.command_rules import CommandContext, apply_commands
from governance.evidence import Verb
from governance.gates import REBASELINE
from governance.held_clock import HeldClock
from governance.kill_switch import decision_event
from governance.locked_plan import is_changed, lock_plan, rates_of_plan
from governance.locked_scope import not_lockable, terms_of
from governance.locked_terms import changed_terms
from governance.measure import Role
from governance.measure_state import (
    is_cancelled,
)
from governance.role_change import (
    observe_roles,
    role_event,
    with_acceptance,
)
from governance.validation import validation_of
from governance.verdict import Event, EventKind, Outcome


def read_roles(assessment: Assessment) -> None:
    """Notice who holds the roles now; a new holder does not count until the change is accepted."""
    before = assessment.evidence.measure_state.role_holders
    assessment.role_holders, changes = observe_roles(
        assessment.measure, before, assessment.policy, assessment.granted, assessment.now
    )
    assessment.events += map(role_event, changes)
    assessment.measure = with_acceptance(assessment.measure, assessment.role_holders)


def rule_on_commands(assessment: Assessment) -> None:
    """Rule on the commands that were given since the last assessment."""
    assessment.events += withdrawal_events(assessment.evidence.withdrawn_commands, assessment.policy)
    if not assessment.evidence.commands:
        return
    seen, changed = assessment.evidence.measure_state.facts_seen, assessment.evidence.facts_changed
    context = CommandContext(
        assessment.measure,
        assessment.policy,
        assessment.effects,
        assessment.granted,
        assessment.plan,
        assessment.off_ramp,
        seen,
        changed,
        role_holders=assessment.role_holders,
        officers=assessment.evidence.officers,
        scope_changed=assessment.scope_changed(),
        children=assessment.evidence.children,
        rates=assessment.rates,
        closed_through=assessment.evidence.closed_through,
    )
    apply_commands(assessment.evidence.commands, context)
    assessment.measure = context.measure
    killed = assessment.off_ramp
    assessment.commands, assessment.off_ramp = tuple(context.ruled_on), context.off_ramp
    assessment.events += context.events
    for start, end in context.holds:
        assessment.red = assessment.red.stood_still(start, min(end, assessment.now))
    decision = decision_event(killed, assessment.off_ramp, assessment.commands)
    if decision is not None:
        assessment.events.append(decision)
        if decision.kind is EventKind.KILL_OVERRIDDEN:
            holding = assessment.evidence.measure_state.criteria_since
            assessment.overridden_criteria |= dict.fromkeys(holding, context.restarted_at or assessment.now)
    if context.restarted_at is not None:
        # Whoever resumes a measure has its gates assessed anew, and the kill switch counts from here.
        assessment.reopened_at, assessment.red = context.restarted_at, HeldClock()


def rebaseline(assessment: Assessment) -> None:
    """Replace the locked plan by the present one once that was requested and approved as it is now."""
    plan = assessment.plan
    if plan is None:
        return
    requests = [
        command
        for command in assessment.commands
        if command.verb is Verb.REBASELINE and command.accepted and command.at > plan.at
    ]
    if not requests or not (is_changed(assessment.measure, plan) or assessment.scope_changed()):
        return
    if not_lockable(assessment.measure, assessment.evidence.children, plan.terms):
        return
    newest = requests[-1]
    rules = [
        replace(rule, above_limit=False)
        for rule in rebaseline_rules(assessment.measure, assessment.policy, plan, assessment.rates)
    ]
    results = evaluate_approvals(REBASELINE, rules, assessment.approval_context(newest.at))
    if all(result.outcome is Outcome.MET for result in results):
        by = tuple(result.actual for result in results)
        terms = terms_of(assessment.measure, assessment.evidence.children)
        assessment.use_plan(
            lock_plan(
                assessment.measure.effects,
                assessment.now,
                number=plan.number + 1,
                reason=newest.text,
                by=by,
                terms=terms,
                before=plan,
                rates=rates_of_plan(assessment.measure.effects, assessment.rates, assessment.now.date(), plan),
            )
        )
        assessment.events.append(Event(EventKind.REBASELINED, f"Plan {plan.number + 1}: {newest.text}"))


def read_signatures(assessment: Assessment) -> None:
    """What stands of what the controller signed."""
    closing = assessment.policy.closing_stage
    rejected = [
        one.at
        for one in assessment.commands
        if one.verb is Verb.REJECT
        and one.stage == closing
        and one.ruling is not None
        and one.ruling.accepted
        and one.ruling.role == Role.CONTROLLER
    ]
    assessment.validation = validation_of(
        assessment.measure, assessment.plan, assessment.commands, max(rejected, default=None)
    )


def report_changed_terms(assessment: Assessment) -> None:
    """Record each change of what was agreed, once for each new value."""
    before, plan = assessment.evidence.measure_state.changed_terms, assessment.plan
    if plan is None:
        return
    if is_cancelled(assessment.off_ramp):
        assessment.changed_terms = dict(before)
        return
    for change in changed_terms(assessment.measure, plan.terms):
        assessment.changed_terms[change.subject] = change.present
        if before.get(change.subject) != change.present:
            text = f"Changed after the decision: {change.text}"
            assessment.events.append(Event(EventKind.TERMS_CHANGED, text))
