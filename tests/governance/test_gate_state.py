"""The word for the next gate: what a shut gate means for the work of now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from governance.assess import assess
from governance.effects import EffectLine
from governance.evidence import Children, OpenItem, Verb
from governance.facts import Unknown
from governance.locked_plan import lock_plan
from governance.measure import Measure
from governance.measure_state import MeasureState
from governance.verdict import GateState, Verdict
from tests.governance.factory import BRANDT, NOW, POLICY, evidence, measure, new_command

TODAY = NOW.date()
OPEN_CHILD = Children(4, 3, (OpenItem("ITX-4", "Cut over", "Open"),))
ALL_DONE = Children(4, 4, ())


def decided(*, children: Children | Unknown | None, given: Measure | None = None, **extra: object) -> Verdict:
    """A measure that was decided a month ago and whose owner has not yet declared it implemented."""
    subject = given or measure()
    state = MeasureState("decided", plan=lock_plan(measure().effects, NOW - timedelta(days=30), reason="decided"))
    present = replace(evidence("decided", "decided", commands=()), children=children, measure_state=state, **extra)  # type: ignore[arg-type]
    return assess(subject, present, POLICY, NOW)


def identified(given: Measure, **extra: object) -> Verdict:
    present = replace(evidence("identified", "identified", commands=()), **extra)  # type: ignore[arg-type]
    return assess(given, present, POLICY, NOW)


def implemented(at: datetime, given: Measure, **extra: object) -> Verdict:
    state = MeasureState(
        "implemented", granted_at={"implemented": at}, plan=lock_plan(measure().effects, at, reason="d")
    )
    present = replace(evidence("implemented", "implemented", commands=()), measure_state=state, **extra)  # type: ignore[arg-type]
    return assess(given, present, POLICY, NOW)


def without_actuals() -> tuple[EffectLine, ...]:
    return tuple(line for line in measure().effects if line.version != "actual")


LATER = measure(start=TODAY + timedelta(days=31), end=TODAY + timedelta(days=200))
SOON = measure(start=TODAY + timedelta(days=30), end=TODAY + timedelta(days=200))
NO_SPONSOR = replace(LATER, roles=replace(LATER.roles, sponsor=None))
ENDED = measure(end=TODAY - timedelta(days=1))
UNBOOKED = measure(effects=without_actuals())

CASES: dict[str, tuple[Callable[[], Verdict], GateState, date | None]] = {
    "only an approval is missing": (lambda: identified(measure()), GateState.WAITING, None),
    "a condition fails": (lambda: identified(measure(objective=None)), GateState.BLOCKED, None),
    "a fact is unknown, long before the start": (
        lambda: identified(replace(LATER, objective=Unknown("it could not be read"))), GateState.BLOCKED, None,
    ),
    "the work begins in 31 days": (lambda: identified(LATER), GateState.NOT_DUE, TODAY + timedelta(days=1)),
    "the same without a sponsor": (lambda: identified(NO_SPONSOR), GateState.NOT_DUE, TODAY + timedelta(days=1)),
    "the work begins in 30 days": (lambda: identified(SOON), GateState.WAITING, None),
    "no start is known": (lambda: identified(measure(start=None)), GateState.BLOCKED, None),
    "the approval was rejected": (
        lambda: identified(measure(), commands=(new_command("detailed", BRANDT, Verb.REJECT, text="too vague"),)),
        GateState.BLOCKED, None,
    ),
    "child items are open, the end has not come": (
        lambda: decided(children=OPEN_CHILD), GateState.NOT_DUE, date(2027, 1, 1),
    ),
    "child items could not be read": (lambda: decided(children=Unknown("no answer")), GateState.BLOCKED, None),
    "child items are done": (lambda: decided(children=ALL_DONE), GateState.WAITING, None),
    "an unknown change is never waited for": (
        lambda: decided(children=OPEN_CHILD, changes=Unknown("no answer")), GateState.BLOCKED, None,
    ),
    "no end is known": (lambda: decided(children=OPEN_CHILD, given=measure(end=None)), GateState.BLOCKED, None),
    "a fact of an earlier gate was lost": (
        lambda: decided(children=OPEN_CHILD, given=measure(business_unit=None)), GateState.BLOCKED, None,
    ),
    "the months of observation run": (
        lambda: implemented(NOW - timedelta(days=20), UNBOOKED), GateState.NOT_DUE, date(2027, 2, 1),
    ),
    "the actuals of enough months are booked already": (
        lambda: implemented(NOW - timedelta(days=20), measure()), GateState.WAITING, None,
    ),
    "the months of observation are over": (
        lambda: implemented(NOW - timedelta(days=120), UNBOOKED), GateState.BLOCKED, None,
    ),
    "when it was implemented is not known": (
        lambda: assess(UNBOOKED, replace(evidence("implemented", "implemented", commands=()),
                                         measure_state=MeasureState("implemented")), POLICY, NOW),
        GateState.BLOCKED, None,
    ),
    "moved ahead of it": (
        lambda: assess(LATER, evidence("identified", "decided", commands=()), POLICY, NOW), GateState.BREACH, None,
    ),
    "what the tool shows could not be read": (
        lambda: identified(LATER, tool_stage=Unknown("no such status")), GateState.BLOCKED, None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_word_for_the_gate(name: str) -> None:
    make, state, due = CASES[name]
    verdict = make()
    assert (verdict.gate, verdict.gate_due) == (state, due)


def test_a_gate_that_is_not_due_says_from_when_it_is_and_is_assessed_again_then() -> None:
    verdict = identified(LATER)
    assert verdict.blockers[0].sentence == (
        "Detailed is not due before 22 Nov: M. Brandt has not yet given the approval"
        ". M. Brandt (sponsor) needs to act, since 21 Nov · APPROVAL_MISSING"
    )
    assert verdict.reassess_at is not None
    assert verdict.reassess_at.date() == TODAY + timedelta(days=1)


def test_only_an_open_gate_lets_pass_and_only_a_due_one_holds_up() -> None:
    assert [(state.label, state.holds_up) for state in GateState] == [
        ("Open", False),
        ("Not due", False),
        ("Waiting", True),
        ("Blocked", True),
        ("Breach", True),
    ]
