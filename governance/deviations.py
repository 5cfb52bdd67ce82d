"""Deviation from the plan: tolerance, the request for a reason, the escalation.

A measure whose money or time is past its tolerance must carry a reason.  It is requested from the owner at once;
unanswered, from the sponsor after an hour and from the steering committee after a day (the steps are policy).  Where a
step names nobody, the next one that does is asked in its place, and that nobody is named is a finding.  A reason holds
for the shortfall and the slip that it was given for; when one grows by another tolerance, a reason is requested again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from governance.capital import capitalised
from governance.evidence import Command, Verb
from governance.gates import Policy
from governance.held_clock import HeldClock
from governance.measure import Measure, Role
from governance.measure_state import Deviation, ReasonRequest
from governance.plan_check import PlanCheck, worst_benefit, worst_cost
from governance.responsible import Responsible, has_left, responsible
from governance.verdict import Colour, Event, EventKind, Status

DAYS_OF_A_WEEK = 7


@dataclass(frozen=True, slots=True)
class Slip:
    """Time: days behind the locked schedule (``None``: nobody can say), and how many of them are tolerated."""

    days: int | None
    tolerated: int


@dataclass(frozen=True, slots=True)
class DeviationOutcome:
    """The deviation after this assessment, and what happened to it."""

    deviation: Deviation | None
    events: tuple[Event, ...] = ()


def assess_deviation(
    measure: Measure,
    past: tuple[PlanCheck, ...] | None,
    slip: Slip,
    policy: Policy,
    before: Deviation | None,
    commands: tuple[Command, ...],
    now: datetime,
) -> DeviationOutcome:
    """Open, keep, explain or close the deviation, and take every escalation step that is due.

    ``past`` are the checks past their tolerance; ``None`` while nobody can say, which does not end a known deviation.
    """
    checks = past if past is not None else before.checks if before is not None else ()
    late = _late(slip, before)
    if not (checks or late) or not policy.is_on("DEVIATION_UNEXPLAINED"):
        return DeviationOutcome(None)
    current = (
        replace(before, checks=checks, slip_days=late) if before is not None else Deviation(now, checks, slip_days=late)
    )
    if _is_worse(current, slip, policy.thresholds.tolerance):
        current = Deviation(now, checks, slip_days=late)
    explained = _reason(current, commands)
    if explained is not None:
        explained_deviation = replace(
            current,
            reason=explained.text,
            reason_by=explained.person.name,
            reason_at=explained.at,
            explained_shortfall=current.shortfall,
            explained_overrun=current.overrun,
            explained_slip=late,
        )
        return DeviationOutcome(
            explained_deviation, (Event(EventKind.EXPLAINED, explained.text, explained.person.name),)
        )
    if current.reason:
        return DeviationOutcome(current)
    return _escalate(measure, policy, current, now)


def _is_worse(deviation: Deviation, slip: Slip, tolerance: Decimal) -> bool:
    """Whether it has grown by another tolerance since its reason was given."""
    return deviation.explained_shortfall is not None and (
        deviation.shortfall > deviation.explained_shortfall + tolerance
        or deviation.overrun > deviation.explained_overrun + tolerance
        or deviation.slip_days > deviation.explained_slip + slip.tolerated
    )


def _late(slip: Slip, before: Deviation | None) -> int:
    """The days past the tolerance, 0 for what is within it; what cannot be said now ends no known slip."""
    late = slip.days
    if late is None:
        return before.slip_days if before is not None else 0
    if late <= slip.tolerated:
        return 0
    if before is not None and 0 < before.slip_days <= late < before.slip_days + DAYS_OF_A_WEEK:
        # Late work is later every day; said anew every day it would be a decision and a write every day.
        return before.slip_days
    return late


def _reason(deviation: Deviation, commands: tuple[Command, ...]) -> Command | None:
    """The newest accepted reason since the deviation was seen that is not the one already known."""
    reasons = [
        command
        for command in commands
        if command.verb is Verb.REASON
        and command.accepted
        and command.at >= deviation.since
        and command.at != deviation.reason_at
    ]
    newest = max(reasons, key=lambda command: command.at, default=None)
    if newest is None or (deviation.reason_at is not None and newest.at < deviation.reason_at):
        return None
    return newest


def _escalate(measure: Measure, policy: Policy, deviation: Deviation, now: datetime) -> DeviationOutcome:
    """Ask whom the due steps name; where one names nobody, the next step with a person is asked in its place."""
    requested = {step.responsible.role for step in deviation.reason_requests}
    due = [
        asked
        for index, step in enumerate(policy.escalation)
        if now >= deviation.since + step.after
        and (asked := askable_from(measure, policy, index)) is not None
        and asked.role not in requested
    ]
    steps = tuple(ReasonRequest(one, now) for one in dict.fromkeys(due))
    events = tuple(
        Event(
            EventKind.REASON_REQUESTED,
            f"{who} was asked for the reason: {deviation.text}",
        )
        for who in (step.responsible.text for step in steps)
    )
    return DeviationOutcome(replace(deviation, reason_requests=(*deviation.reason_requests, *steps)), events)


def askable_from(measure: Measure, policy: Policy, index: int) -> Responsible | None:
    """Whom a step of the ladder asks: its own holder, or the next one who is there; ``None`` when nobody is."""
    steps = policy.escalation[index:]
    people = (responsible(measure, step.role) for step in steps if not has_left(measure, step.role))
    return next((one for one in people if one.name), None)


def unnamed_steps(
    measure: Measure, policy: Policy, deviation: Deviation | None, now: datetime
) -> Iterator[tuple[Role, Responsible | None]]:
    """The due steps of the ladder that name nobody, or somebody who has left, and who is asked in their place."""
    if deviation is None or deviation.reason:
        return
    for index, step in enumerate(policy.escalation):
        is_there = responsible(measure, step.role).name and not has_left(measure, step.role)
        if now >= deviation.since + step.after and not is_there:
            yield step.role, askable_from(measure, policy, index)


def next_escalation_at(deviation: Deviation | None, policy: Policy) -> datetime | None:
    """When the next person is asked, if nobody answers."""
    if deviation is None or deviation.reason:
        return None
    requested = {step.responsible.role for step in deviation.reason_requests}
    return min((deviation.since + step.after for step in policy.escalation if step.role not in requested), default=None)


def red_clock(potential: Status, before: HeldClock, now: datetime) -> HeldClock:
    """Since when the potential is red; an unknown status does not end it, nor does a better one of a few days."""
    unknown = potential.colour is Colour.GREY
    return before.run_on(holds=None if unknown else potential.colour is Colour.RED, now=now)


def reason_request_text(deviation: Deviation) -> str:
    """What the people who are asked read."""
    worst = worst_benefit(deviation.checks) or worst_cost(deviation.checks)
    amounts = f": {worst.expected} of {worst.planned} planned" if worst is not None and worst.planned.amount else ""
    text = deviation.text
    return f"{capitalised(text)}{amounts}. Why? Answer with: /reason TEXT"
