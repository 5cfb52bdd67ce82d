"""Cases at the edge: equality at an agreed share, the first and the last day, a policy with fewer stages."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from governance.assess import assess
from governance.effects import Version
from governance.gates import Policy
from governance.locked_terms import LockedTerms
from governance.measure_state import MeasureState
from governance.schedule import tolerated_days
from governance.verdict import GateState
from tests.governance.factory import NOW, POLICY, evidence, lines, measure
from tests.governance.test_gate_state import OPEN_CHILD, UNBOOKED, decided

SHORT: Policy = replace(POLICY, stages=POLICY.stages[-2:], gates=POLICY.gates[-2:], lock_at="implemented")
"""Implemented and Closed only."""


def test_without_a_confirmation_the_last_stage_closes() -> None:
    unconfirmed = tuple(replace(gate, approvals=()) for gate in POLICY.gates)
    assert replace(POLICY, gates=unconfirmed).closing_stage == "closed"
    assert replace(POLICY, stages=(), gates=(), lock_at="").closing_stage == ""


@pytest.mark.parametrize(
    ("end", "days"),
    [
        pytest.param(date(2026, 7, 19), 20, id="200 days, with the first and the last: a tenth"),
        pytest.param(date(2026, 7, 18), 19, id="one day less"),
        pytest.param(date(2026, 1, 2), 14, id="a short one: the agreed days"),
    ],
)
def test_the_tolerated_days_are_a_share_of_all_days_of_the_plan(end: date, days: int) -> None:
    thresholds = replace(POLICY.thresholds, slip_share=Decimal("0.1"), slip_days=14)
    assert tolerated_days(LockedTerms(date(2026, 1, 1), end), thresholds) == days


def test_after_the_decision_what_the_work_does_not_bring_about_is_due_at_once() -> None:
    dearer = (*lines(Version.PLAN, 20_000, 60_000), *lines(Version.FORECAST, 10_000, 60_000))
    verdict = decided(children=OPEN_CHILD, given=measure(effects=dearer))
    assert any(one.code == "DEVIATION_UNEXPLAINED" for one in verdict.blockers)
    assert (verdict.gate, verdict.gate_due) == (GateState.BLOCKED, None)


def test_observation_begins_with_the_first_stage_where_that_is_the_one_before_closing() -> None:
    state = MeasureState("implemented", granted_at={"implemented": NOW - timedelta(days=20)})
    present = replace(evidence("implemented", "implemented", commands=()), measure_state=state)
    verdict = assess(UNBOOKED, present, SHORT, NOW)
    assert (verdict.gate, verdict.gate_due) == (GateState.NOT_DUE, date(2027, 2, 1))
