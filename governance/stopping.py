"""What stops a measure, or asks for a reason: the deviation from the plan and the kill switch."""

from __future__ import annotations

from governance.assessment import Assessment
from governance.deviations import assess_deviation, red_clock
from governance.facts import Unknown
from governance.held_clock import HeldClock
from governance.kill_evaluation import CriterionContext, agreed_criteria, evaluate_criteria
from governance.kill_switch import kill_switch, overdue
from governance.measure_state import OffRampKind, is_cancelled
from governance.plan_checks import past_tolerance
from governance.verdict import Event, EventKind, Status


def watch_deviation(assessment: Assessment) -> None:
    """Only a plan that was agreed can be deviated from."""
    if is_cancelled(assessment.off_ramp) or assessment.lost is not None:
        # Nobody is asked for the reason any more: why the value does not come has been said.
        assessment.deviation = None
        return
    if assessment.plan is None or assessment.off_ramp is not None:
        return
    past = None
    if (
        assessment.effects is not None
        and assessment.effects.plan is not None
        and not isinstance(assessment.estimate, Unknown)
    ):
        past = past_tolerance(assessment.checks, assessment.policy, assessment.rates, assessment.now.date())
    outcome = assess_deviation(
        assessment.measure,
        past,
        assessment.slip(),
        assessment.policy,
        assessment.deviation,
        assessment.commands,
        assessment.now,
    )
    assessment.deviation = outcome.deviation
    assessment.events += outcome.events


def apply_kill_switch(assessment: Assessment, potential: Status) -> None:
    if assessment.plan is None or assessment.stage() == assessment.policy.closing_stage:
        assessment.red = HeldClock()
        return
    _evaluate_criteria(assessment)
    is_held = assessment.off_ramp is not None and assessment.off_ramp.kind is OffRampKind.ON_HOLD
    if assessment.off_ramp is not None and not is_held:
        assessment.off_ramp, events = overdue(assessment.off_ramp, assessment.measure, assessment.now)
        assessment.events += events
        return
    red_since = None
    if not is_held:
        assessment.red = red_clock(potential, assessment.red, assessment.now)
        red_since = assessment.red.running_since
    # A hold stops the clock of red months, and no agreed criterion: an owner may hold a measure, and decides nothing.
    killed = kill_switch(red_since, assessment.criteria, assessment.policy, assessment.now)
    if killed is not None:
        assessment.off_ramp = killed
        assessment.events.append(Event(EventKind.KILLED, killed.reason))


def _evaluate_criteria(assessment: Assessment) -> None:
    """What the agreed kill criteria say; an override holds until the criterion no longer does."""
    assessment.agreed_criteria = agreed_criteria(assessment.measure, assessment.plan, assessment.policy)
    context = CriterionContext(
        assessment.effects,
        assessment.evidence.services,
        assessment.slip().days,
        assessment.granted,
        assessment.policy,
        assessment.now.date(),
        assessment.rates,
        assessment.estimate,
    )
    before = assessment.evidence.measure_state
    clocks = {
        text: HeldClock(since, before.criteria_interrupted.get(text)) for text, since in before.criteria_since.items()
    }
    assessment.criteria = evaluate_criteria(
        assessment.agreed_criteria, context, clocks, assessment.overridden_criteria, assessment.now
    )
    still = {state.text for state in assessment.criteria if state.overridden}
    assessment.overridden_criteria = {text: at for text, at in assessment.overridden_criteria.items() if text in still}
