"""The kill switch: when it stops a measure, until when somebody has to decide, and what was decided.

It fires on months of red potential, and on each agreed kill criterion once.  The
sponsor overrides it with ``/resume`` or stops the measure with ``/cancel``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from governance.evidence import Command, Verb
from governance.gates import Policy
from governance.held_clock import months_later
from governance.kill_evaluation import CriterionState
from governance.measure import Measure, Role
from governance.measure_state import OffRamp, OffRampKind
from governance.number_words import number_of
from governance.responsible import responsible
from governance.time_text import day_text
from governance.verdict import Event, EventKind

TO_GO_ON_OR_STOP = "/resume to go on, /cancel to stop"


def kill_switch_at(since: datetime | None, months: int | None) -> datetime | None:
    """When months of red end in the kill switch."""
    return None if since is None or months is None else months_later(since, months)


def criterion_at(state: CriterionState) -> datetime | None:
    """When the criterion stops the measure, if nothing changes; ``None`` when it does not hold or was overridden."""
    if state.since is None or state.overridden:
        return None
    return months_later(state.since, state.months)


def kill_switch(
    since: datetime | None, criteria: Iterable[CriterionState], policy: Policy, now: datetime
) -> OffRamp | None:
    """On hold by the kill switch: red for too long, or an agreed criterion holds.

    The sponsor's override starts the clock anew.  An approved re-baseline does not: by the new plan the potential may
    be better, and a month of that ends the clock like any lasting recovery.
    """
    if not policy.is_on("KILL_SWITCH"):
        return None
    reasons = []
    moment = kill_switch_at(since, policy.thresholds.kill_red_months)
    months = policy.thresholds.kill_red_months
    if since is not None and moment is not None and months is not None and now >= moment:
        reasons.append(f"the potential status is red since {day_text(since)}, for {number_of(months, 'month')}")
    reasons += [_criterion_reason(state) for state in criteria if (at := criterion_at(state)) is not None and now >= at]
    if not reasons:
        return None
    decide_by = now + timedelta(days=policy.thresholds.kill_decision_days)
    return OffRamp(OffRampKind.KILLED, "gatepost", now, "; ".join(reasons), decide_by=decide_by)


def _criterion_reason(state: CriterionState) -> str:
    since = f", since {day_text(state.since)}" if state.months and state.since else ""
    return f'the agreed kill criterion "{state.text}" holds ({state.present}{since})'


def decision_request(off_ramp: OffRamp, measure: Measure, now: datetime) -> str:
    """``sponsor M. Brandt decides by 5 Dec 2026: /resume to go on, /cancel to stop``; past it the committee as well."""
    who = responsible(measure, Role.SPONSOR).text
    if off_ramp.decide_by is None:
        return f"{who} decides: {TO_GO_ON_OR_STOP}"
    day = day_text(off_ramp.decide_by)
    if now < off_ramp.decide_by:
        return f"{who} decides by {day}: {TO_GO_ON_OR_STOP}"
    committee = responsible(measure, Role.STEERING_COMMITTEE).text
    return f"{who} had to decide by {day}: /resume to go on, or {committee} stops it with /cancel"


def overdue(off_ramp: OffRamp | None, measure: Measure, now: datetime) -> tuple[OffRamp | None, tuple[Event, ...]]:
    """Once, when the deadline has passed and nobody has decided."""
    if off_ramp is None or off_ramp.decide_by is None or off_ramp.is_overdue or now < off_ramp.decide_by:
        return off_ramp, ()
    who = responsible(measure, Role.SPONSOR).text
    committee = responsible(measure, Role.STEERING_COMMITTEE).text
    text = f"{who} has not decided about the kill switch by {day_text(off_ramp.decide_by)}; {committee} is asked"
    return replace(off_ramp, is_overdue=True), (Event(EventKind.KILL_OVERDUE, text),)


def decision_event(before: OffRamp | None, after: OffRamp | None, commands: Iterable[Command]) -> Event | None:
    """What somebody decided after the kill switch: to go on, or to stop."""
    if before is None or before.kind is not OffRampKind.KILLED or before == after:
        return None
    given = [command for command in commands if command.accepted and command.at >= before.at]
    if after is None or after.kind is OffRampKind.ON_HOLD:
        # What follows it, such as a hold and its end, decides nothing about the kill switch.
        actor = next((command.person.name for command in given if command.verb is Verb.RESUME), "gatepost")
        return Event(EventKind.KILL_OVERRIDDEN, f"Kill switch overridden: {before.reason}", actor)
    actor = next((command.person.name for command in reversed(given) if command.verb is Verb.CANCEL), "gatepost")
    return Event(EventKind.KILL_STOPPED, f"Stopped after the kill switch: {after.reason}", actor)
