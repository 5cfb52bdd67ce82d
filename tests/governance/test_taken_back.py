"""A stage that is taken back while the item stands in its status: nobody has moved it past a gate."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from governance.assess import assess
from governance.effects import EffectKind, EffectLine, Version
from governance.evidence import Evidence
from governance.measure import Measure
from governance.money import Period
from governance.verdict import GateState, Verdict
from tests.governance.factory import KAYA, NOW, POLICY, eur, evidence, measure

CREDIT_NOTE = EffectLine(Version.ACTUAL, EffectKind.BENEFIT, Period(2026, 10), eur(-20_000))
OTHER_ACTUALS = measure(effects=(*measure().effects, CREDIT_NOTE))


def seen(before: Verdict, some: Measure, days: int, stage: str = "closed") -> Verdict:
    known: Evidence = replace(
        evidence(None, stage, commands=before.commands, moved_by=KAYA), measure_state=before.measure_state
    )
    return assess(some, replace(known, tool_status=stage.capitalize()), POLICY, NOW + timedelta(days=days))


def breach_texts(verdict: Verdict) -> list[str]:
    return [blocker.sentence for blocker in verdict.blockers if blocker.code == "GATE_ORDER"]


def test_nobody_is_accused_of_a_move_that_was_open_to_them() -> None:
    """A credit note of October opened a closed measure again, and A. Kaya had moved it without approval."""
    closed = seen(assess(measure(), evidence(), POLICY, NOW), measure(), 1)
    assert (closed.stage, closed.gate) == ("closed", GateState.OPEN)
    first = seen(closed, OTHER_ACTUALS, 2)
    later = seen(first, OTHER_ACTUALS, 3)
    for verdict in (first, later):
        breach = verdict.measure_state.breach
        assert verdict.gate is GateState.BREACH
        assert breach is not None
        assert (breach.by, breach.text) == (None, "Closed (Closed) was taken back")
        assert breach_texts(verdict) == [
            "Closed was taken back, and this is still in Closed. Move it back to Implemented, or complete what is listed"
            " · GATE_ORDER"
        ]
    assert "Closed (Closed) was taken back while the gate into Closed is shut" in [event.text for event in first.events]


def test_whoever_moves_it_forward_again_went_past_the_gate() -> None:
    closed = seen(assess(measure(), evidence(), POLICY, NOW), measure(), 1)
    back = seen(seen(closed, OTHER_ACTUALS, 2), OTHER_ACTUALS, 3, "implemented")
    again = seen(back, OTHER_ACTUALS, 4)
    assert breach_texts(back) == []
    assert breach_texts(again) == [
        "This was moved to Closed without approval. Move it back to Implemented, or complete what is listed · GATE_ORDER"
    ]
