"""Take back a granted stage: rejected, closed on other actuals, relapsed, or resting on a role that changed."""

from __future__ import annotations

from collections.abc import Sequence

from governance.assessment import Assessment
from governance.capital import capitalised
from governance.evidence import Command, Verb
from governance.facts import known
from governance.gates import ConditionKind, GrantedStageRule
from governance.legacy import CODE as LEGACY_CODE
from governance.legacy import running_services
from governance.measure import Role
from governance.measure_state import (
    is_cancelled,
)
from governance.relapse import find_relapse, months_without_benefit
from governance.relapse_rules import watch_of, watches_legacy
from governance.role_change import (
    pending,
    stages_resting_on,
    unaccepted_reason,
)
from governance.verdict import Event, EventKind


def reopen(assessment: Assessment) -> None:
    """Take back a stage that was rejected after it was granted, or closed on other actuals."""
    _reopen_for_relapse(assessment)
    stage = assessment.stage()
    if (
        stage
        and stage == assessment.policy.closing_stage
        and assessment.closed_on is not None
        and assessment.policy.is_on("CONTROLLER_CONFIRM")
        and assessment.booked_for(assessment.closed_on.first, assessment.closed_on.last) != assessment.closed_on
    ):
        _take_back(assessment, stage, "the actuals have changed since the controller confirmed them")
        assessment.closed_on = None
    _reopen_for_legacy(assessment)
    if assessment.policy.after_role_change is GrantedStageRule.TAKE_BACK:
        _take_back_changed_roles(assessment)
    unread = {command.source for command in assessment.evidence.commands if command.ruling is None}
    for command in assessment.commands:
        if command.verb is Verb.REJECT and command.accepted:
            index, when = assessment.policy.index(command.stage), assessment.granted_at.get(command.stage)
            # Written while the item was being assessed, or by the clock of a tool that is behind: no grant knew of it.
            late = command.source in unread and not _is_answered(command, assessment.commands)
            while 0 <= index <= assessment.granted and when is not None and (late or command.at > when):
                _take_back(
                    assessment,
                    assessment.policy.stages[assessment.granted].key,
                    f"{command.person.name}: {command.text}",
                )


def _is_answered(rejection: Command, commands: Sequence[Command]) -> bool:
    """Whether the same role, or of a committee the same member, has approved after it."""
    ruling = rejection.ruling
    return ruling is not None and any(
        one.verb is Verb.APPROVE
        and one.accepted
        and one.stage == rejection.stage
        and one.at > rejection.at
        and one.ruling is not None
        and one.ruling.role == ruling.role
        and (ruling.role != Role.STEERING_COMMITTEE or one.person.id == rejection.person.id)
        for one in commands
    )


def _reopen_for_relapse(assessment: Assessment) -> None:
    """Take back the closing stage when the saving did not stay; what a relapse opened is watched on."""
    stage = assessment.stage() or ""
    is_closed = stage == assessment.policy.closing_stage
    closed_at = assessment.granted_at.get(stage) if is_closed else assessment.relapsed_from
    if closed_at is None or is_cancelled(assessment.off_ramp) or assessment.lost is not None:
        return
    watch = watch_of(
        assessment.policy, assessment.evidence, assessment.commands, closed_at, assessment.now.date(), assessment.rates
    )
    if watch is None:
        return
    problem = "; ".join(assessment.measure.unreadable_effects) or assessment.effects_problem
    services = assessment.evidence.legacy if watches_legacy(assessment.policy) else None
    assessment.relapse = find_relapse(watch, assessment.effects, problem, services, assessment.posted_legacy)
    missing = months_without_benefit(assessment.relapse)
    if missing:
        assessment.count_nothing(missing)
        assessment.use_plan(assessment.plan)
    if is_closed and assessment.relapse.is_relapse:
        _take_back(assessment, stage, assessment.relapse.sentence)
        assessment.closed_on, assessment.reopened_at, assessment.relapsed_from = None, assessment.now, closed_at
        text = assessment.relapse.sentence
        assessment.events.append(Event(EventKind.RELAPSED, capitalised(text)))


def _reopen_for_legacy(assessment: Assessment) -> None:
    """Take back the closing stage when a service that had ended is active or billed again."""
    stage = assessment.stage()
    gate = assessment.policy.gate(stage or "")
    asked = gate is not None and ConditionKind.LEGACY_ENDED in gate.conditions
    if (
        stage is None
        or stage != assessment.policy.closing_stage
        or not asked
        or not assessment.policy.is_on(LEGACY_CODE)
    ):
        return
    services = known(assessment.evidence.legacy)
    still = running_services(services, assessment.now.date()) if services else None
    if still is not None:
        _take_back(assessment, stage, still.sentence())
        assessment.closed_on = None


def _take_back_changed_roles(assessment: Assessment) -> None:
    """Take back every stage that rests on the approval of somebody whose role was changed without acceptance."""
    for role, held in pending(assessment.role_holders):
        resting = stages_resting_on(role, assessment.policy, assessment.granted)
        why = unaccepted_reason(assessment.measure, role, held, assessment.policy)
        while resting and assessment.granted >= assessment.policy.index(resting[0]):
            _take_back(assessment, assessment.policy.stages[assessment.granted].key, why)


def _take_back(assessment: Assessment, stage: str, why: str) -> None:
    assessment.granted -= 1
    assessment.granted_at.pop(stage, None)
    label = assessment.policy.label(stage)
    assessment.events.append(Event(EventKind.REOPENED, f"{label} taken back: {why}", label=label))
