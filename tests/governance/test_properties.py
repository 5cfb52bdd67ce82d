"""What holds for every measure, however it is spoiled."""

from __future__ import annotations

from dataclasses import fields, replace

from hypothesis import given
from hypothesis import strategies as st

from governance.assess import assess
from governance.evidence import Evidence, Statement
from governance.facts import Unknown
from governance.measure import Measure
from governance.standing import Standing
from governance.verdict import Colour, GateState, Outcome
from tests.governance.factory import APPROVALS, NOW, POLICY, evidence, measure

STAGES = (None, *(stage.key for stage in POLICY.stages))
SPOILED = (
    "title",
    "business_unit",
    "legal_entity",
    "start",
    "end",
    "rough_value",
    "baseline",
    "objective",
    "kill_criteria",
)
measures = st.builds(
    lambda names, unknown: measure(**{name: Unknown("hidden") if unknown else None for name in names}),
    st.sets(st.sampled_from(SPOILED)),
    st.booleans(),
)


def _seen(granted: str | None, claimed: str | None, statements: list[Statement], hidden: bool) -> Evidence:
    known = replace(evidence(granted, claimed), statements=tuple(statements))
    return replace(known, children=Unknown("hidden")) if hidden else known


seen = st.builds(
    _seen, st.sampled_from(STAGES), st.sampled_from(STAGES), st.lists(st.sampled_from(APPROVALS)), st.booleans()
)


@given(measures, seen)
def test_a_stage_is_granted_only_when_every_condition_before_it_is_met(some: Measure, known: Evidence) -> None:
    verdict = assess(some, known, POLICY, NOW)
    for stage in verdict.newly_granted:
        before = STAGES[STAGES.index(stage) - 1]
        at_the_gate = assess(some, replace(known, standing=Standing(before)), POLICY, NOW)
        assert stage in at_the_gate.newly_granted
    if verdict.next_stage is not None:
        assert any(result.outcome is not Outcome.MET for result in verdict.checklist)


@given(measures, seen)
def test_a_shut_gate_always_says_why(some: Measure, known: Evidence) -> None:
    verdict = assess(some, known, POLICY, NOW)
    assert (verdict.gate is GateState.OPEN) == (not verdict.blockers)
    assert len({blocker.key for blocker in verdict.blockers}) == len(verdict.blockers)


@given(measures, seen)
def test_the_same_input_gives_the_same_verdict(some: Measure, known: Evidence) -> None:
    assert assess(some, known, POLICY, NOW) == assess(some, known, POLICY, NOW)


@given(measures, seen)
def test_a_granted_stage_is_never_taken_back(some: Measure, known: Evidence) -> None:
    verdict = assess(some, known, POLICY, NOW)
    assert STAGES.index(verdict.stage) >= STAGES.index(known.standing.stage)


def test_a_measure_of_which_nothing_is_known_has_no_green_light() -> None:
    hidden = Unknown("hidden")
    facts = {field.name: hidden for field in fields(Measure) if field.name in SPOILED}
    verdict = assess(measure(effects=(), **facts), Evidence(tool_stage=hidden), POLICY, NOW)
    assert verdict.stage is None
    assert Colour.GREEN not in {verdict.implementation.colour, verdict.potential.colour}
