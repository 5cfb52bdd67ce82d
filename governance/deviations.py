"""Deviation from the plan: tolerance, the request for a reason, the ladder, the kill switch.

A measure past its tolerance must carry a reason.  It is asked of the owner at once; unanswered, the sponsor is
asked after an hour and the steering committee after a day (the ladder is policy).  A reason holds for the shortfall
that it was given for; when things get worse by another tolerance, it is asked for again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from governance.effects import Effects
from governance.evidence import Statement, Verb
from governance.gates import Policy
from governance.measure import Measure
from governance.measure_state import Asked, Deviation, OffRamp, RampKind
from governance.money import Period
from governance.responsible import responsible
from governance.verdict import Colour, Event, EventKind, Figures, Status

PLACES = Decimal("0.0001")


def shortfall(effects: Effects | None) -> Decimal | None:
    """(plan − at completion) / |plan|; ``None`` when one is missing or the plan is zero."""
    if effects is None or effects.plan is None:
        return None
    plan, completion = effects.plan.total_net(), effects.at_completion()
    if completion is None or plan == 0:
        return None
    return ((plan - completion) / abs(plan)).quantize(PLACES)


@dataclass(frozen=True, slots=True)
class Deviated:
    """The deviation after this look, and what happened to it."""

    deviation: Deviation | None
    events: tuple[Event, ...] = ()


def judge_deviation(
    measure: Measure,
    effects: Effects | None,
    policy: Policy,
    before: Deviation | None,
    statements: tuple[Statement, ...],
    now: datetime,
) -> Deviated:
    """Open, keep, explain or close the deviation, and climb the ladder as far as the time has come."""
    missing, tolerance = shortfall(effects), policy.thresholds.tolerance
    if missing is None:
        # What cannot be worked out now does not make a known deviation go away.
        return Deviated(before)
    if missing <= tolerance or not policy.is_on("DEVIATION_UNEXPLAINED"):
        return Deviated(None)
    current = before or Deviation(now, missing)
    if current.explained_at is not None and missing > current.explained_at + tolerance:
        current = Deviation(now, missing)
    current = replace(current, shortfall=missing)
    explained = _reason(current, statements)
    if explained is not None:
        done = replace(
            current,
            reason=explained.text,
            reason_by=explained.person.name,
            reason_at=explained.at,
            explained_at=missing,
        )
        return Deviated(done, (Event(EventKind.EXPLAINED, explained.text, explained.person.name),))
    if current.reason:
        return Deviated(current)
    return _climb(measure, policy, current, now)


def _reason(deviation: Deviation, statements: tuple[Statement, ...]) -> Statement | None:
    """The newest accepted reason since the deviation was seen that is not the one already known."""
    found = [
        one
        for one in statements
        if one.verb is Verb.REASON and one.accepted and one.at >= deviation.since and one.at != deviation.reason_at
    ]
    newest = max(found, key=lambda one: one.at, default=None)
    if newest is None or (deviation.reason_at is not None and newest.at < deviation.reason_at):
        return None
    return newest


def _climb(measure: Measure, policy: Policy, deviation: Deviation, now: datetime) -> Deviated:
    asked = {step.responsible.role for step in deviation.asked}
    steps = tuple(
        Asked(responsible(measure, rung.role), now)
        for rung in policy.ladder
        if rung.role not in asked and now >= deviation.since + rung.after
    )
    events = tuple(
        Event(EventKind.ASKED, f"{who} asked for the reason: {deviation.shortfall:.0%} of the plan is missing")
        for who in (step.responsible.text for step in steps)
    )
    return Deviated(replace(deviation, asked=(*deviation.asked, *steps)), events)


def next_rung(deviation: Deviation | None, policy: Policy) -> datetime | None:
    """When the next person is asked, if nobody answers."""
    if deviation is None or deviation.reason:
        return None
    asked = {step.responsible.role for step in deviation.asked}
    return min((deviation.since + rung.after for rung in policy.ladder if rung.role not in asked), default=None)


def red_since(potential: Status, before: datetime | None, now: datetime) -> datetime | None:
    """Since when the potential is red; an unknown status does not end it."""
    if potential.colour is Colour.RED:
        return before or now
    return before if potential.colour is Colour.GREY else None


def kill_moment(since: datetime | None, months: int | None) -> datetime | None:
    """The same day so many months later, or the last day of that month."""
    if since is None or months is None:
        return None
    later = Period.of(since.date()).plus(months)
    return since.replace(year=later.year, month=later.month, day=min(since.day, later.last_day.day))


def kill_switch(since: datetime | None, policy: Policy, now: datetime) -> OffRamp | None:
    """On hold by the kill switch when the potential was red for too long without an approved recovery plan.

    An approved re-baseline is a recovery plan, and so is the sponsor's override; both start the clock anew.
    """
    months = policy.thresholds.kill_red_months
    moment = kill_moment(since, months)
    if since is None or moment is None or now < moment or not policy.is_on("KILL_SWITCH"):
        return None
    reason = (
        f"the potential status is red since {since:%d %b %Y}, for {months} months, and no recovery plan was approved"
    )
    return OffRamp(RampKind.KILLED, "gatepost", now, reason)


def request(deviation: Deviation, figures: Figures) -> str:
    """What the people who are asked read."""
    amounts = ""
    if figures.plan is not None and figures.at_completion is not None:
        amounts = f": {figures.at_completion} at completion of {figures.plan} planned"
    return f"{deviation.shortfall:.0%} of the plan is missing{amounts}. Why? Answer with: /reason TEXT"
