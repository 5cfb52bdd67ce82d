"""What a committee is asked to decide: the largest open questions, each with options and a recommendation.

Nothing is decided here, and no option is one that a person could not take on a measure's page as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from connector.papers.words import day, money
from connector.store.reporting.steering_rows import SteeringRow
from governance.capital import capitalised
from governance.effects import ZERO
from governance.evidence import Verb
from governance.money import Period
from governance.verdict import Colour

MOST = 3
"""Decisions that one meeting is asked for."""


@dataclass(frozen=True, slots=True)
class Option:
    """One way to decide, with the command that it becomes."""

    verb: Verb
    text: str


@dataclass(frozen=True, slots=True)
class DecisionAsked:
    measure: str
    key: str
    title: str
    stage: str
    """The stage that an approval would name."""
    question: str
    stake: Decimal
    """What a late or wrong decision costs, in the reporting currency."""
    options: tuple[Option, ...]
    recommended: Verb
    why: str
    deadline: date
    who: str


def decisions_asked(rows: Sequence[SteeringRow], today: date, currency: str) -> tuple[DecisionAsked, ...]:
    """Every open question, the most expensive first; a paper shows the first :data:`MOST`."""
    found = [one for row in rows if (one := _decision(row, today, currency)) is not None]
    return tuple(sorted(found, key=lambda one: (-one.stake, one.deadline, one.key)))


def _decision(row: SteeringRow, today: date, currency: str) -> DecisionAsked | None:
    if row.stopped:
        return _stopped(row, today)
    if row.is_breach:
        return _breach(row, today)
    if row.waits_for_approval and row.next_stage:
        return _approval(row, today, currency)
    if row.waits_for_reason:
        return _unexplained(row, today, currency)
    return None


def stake_of(row: SteeringRow) -> Decimal:
    """The benefit that waits, or what is missing of the plan: the larger of both; nought when neither is known."""
    amounts = row.measure.amounts
    loss = -amounts.variance if amounts.variance is not None and amounts.variance < 0 else ZERO
    return max(loss, amounts.delayed_benefit or ZERO)


def _month_end(today: date) -> date:
    return Period.of(today).plus(1).first_day - timedelta(days=1)


def _approval(row: SteeringRow, today: date, currency: str) -> DecisionAsked:
    doubtful = row.measure.potential == Colour.RED
    waits = row.measure.amounts.delayed_benefit
    why = (
        "Every other condition of the gate is met."
        if not doubtful
        else f"The benefit is red: {row.potential_reason or 'it is below the plan'}."
    )
    return _asked(
        row,
        f"Approve {row.next_label}? {money(waits, currency)} of benefit still to come this year waits for it."
        if waits
        else f"Approve {row.next_label}?",
        (
            Option(Verb.APPROVE, f"Approve {row.next_label}: the work goes on."),
            Option(Verb.HOLD, "Hold: nothing more is spent until the committee says so."),
            Option(Verb.CANCEL, "Cancel: its plan leaves the totals."),
        ),
        Verb.HOLD if doubtful else Verb.APPROVE,
        why,
        _month_end(today),
        _people(row, approvals=True),
    )


def _breach(row: SteeringRow, today: date) -> DecisionAsked:
    missing = "; ".join(one.reason for one in row.blockers[:3]) or "its gate is shut"
    return _asked(
        row,
        f"Work has gone past the gate {row.next_label}. Go on, or stop?",
        (
            Option(Verb.HOLD, "Hold until what is missing is there."),
            Option(Verb.APPROVE, f"Approve {row.next_label} now; it counts once the rest is met."),
            Option(Verb.CANCEL, "Cancel: its plan leaves the totals."),
        ),
        Verb.HOLD,
        f"Missing: {missing}.",
        today + timedelta(days=7),
        _people(row, approvals=False),
    )


def _stopped(row: SteeringRow, today: date) -> DecisionAsked:
    return _asked(
        row,
        "The kill switch has put it on hold. Stop it for good, or go on?",
        (
            Option(Verb.CANCEL, "Cancel: no more is spent, and its plan leaves the totals."),
            Option(Verb.RESUME, "Resume: the sponsor overrides the kill switch."),
            Option(Verb.HOLD, "Leave it on hold until the day below."),
        ),
        Verb.CANCEL,
        f"What was agreed as a reason to stop holds: {row.stopped}.",
        row.decide_by.date() if row.decide_by else _month_end(today),
        _people(row, approvals=False) or (f"sponsor {row.sponsor}" if row.sponsor else ""),
    )


def _unexplained(row: SteeringRow, today: date, currency: str) -> DecisionAsked:
    asked, since = row.asked[-1]
    loss = row.measure.amounts.variance
    return _asked(
        row,
        f"{capitalised(row.deviation)}, and nobody has said why."
        if row.deviation
        else "It is past its tolerance, and nobody has said why.",
        (
            Option(Verb.REASON, f"Accept it with the reason that {asked} gives in the meeting."),
            Option(Verb.HOLD, "Hold until the reason is given."),
            Option(Verb.CANCEL, "Cancel: its plan leaves the totals."),
        ),
        Verb.REASON,
        f"{capitalised(asked)} was asked on {day(since)}"
        + (f"; the plan is missed by {money(-loss, currency)}." if loss is not None and loss < 0 else "."),
        _month_end(today),
        asked,
    )


def _asked(
    row: SteeringRow,
    question: str,
    options: tuple[Option, ...],
    recommended: Verb,
    why: str,
    deadline: date,
    who: str,
) -> DecisionAsked:
    measure = row.measure
    return DecisionAsked(
        measure.id, measure.key, measure.title, row.next_stage, question, stake_of(row), options, recommended, why,
        deadline, who or "nobody is named: the owner's sponsor has to be named first",
    )  # fmt: skip


def _people(row: SteeringRow, *, approvals: bool) -> str:
    """Who must act on what is open; of an approval those who give it."""
    wanted = [one.who for one in row.blockers if one.who and (one.is_approval or not approvals)]
    return "; ".join(dict.fromkeys(wanted))
