"""What holds for every measure, however it is spoiled."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from governance.assess import assess
from governance.evidence import Command, CommandOrigin, CommandSource, Evidence, Verb
from governance.facts import Unknown
from governance.measure import Measure
from governance.measure_state import MeasureState
from governance.money import Period
from governance.verdict import Colour, GateState, Outcome
from tests.governance.factory import APPROVALS, BRANDT, KAYA, NOW, POLICY, WEBER, eur, evidence, measure

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


def _evidence(granted: str | None, claimed: str | None, commands: list[Command], hidden: bool) -> Evidence:
    known = replace(evidence(granted, claimed), commands=tuple(commands))
    return replace(known, children=Unknown("hidden")) if hidden else known


evidences = st.builds(
    _evidence, st.sampled_from(STAGES), st.sampled_from(STAGES), st.lists(st.sampled_from(APPROVALS)), st.booleans()
)


@given(measures, evidences)
def test_a_stage_is_granted_only_when_every_condition_before_it_is_met(some: Measure, known: Evidence) -> None:
    verdict = assess(some, known, POLICY, NOW)
    for stage in verdict.newly_granted:
        before = STAGES[STAGES.index(stage) - 1]
        at_the_gate = assess(some, replace(known, measure_state=MeasureState(before)), POLICY, NOW)
        assert stage in at_the_gate.newly_granted
    if verdict.next_stage is not None:
        assert any(result.outcome is not Outcome.MET for result in verdict.checklist)


@given(measures, evidences)
def test_a_shut_gate_always_says_why(some: Measure, known: Evidence) -> None:
    verdict = assess(some, known, POLICY, NOW)
    assert (verdict.gate is GateState.OPEN) == (not verdict.blockers)
    assert len({blocker.key for blocker in verdict.blockers}) == len(verdict.blockers)


@given(measures, evidences)
def test_the_same_input_gives_the_same_verdict(some: Measure, known: Evidence) -> None:
    assert assess(some, known, POLICY, NOW) == assess(some, known, POLICY, NOW)


@given(measures, evidences)
def test_a_granted_stage_is_never_taken_back(some: Measure, known: Evidence) -> None:
    verdict = assess(some, known, POLICY, NOW)
    assert STAGES.index(verdict.stage) >= STAGES.index(known.measure_state.stage)


command_lists = st.lists(
    st.builds(
        Command,
        st.sampled_from(Verb),
        st.sampled_from([KAYA, BRANDT, WEBER]),
        st.integers(-200, 0).map(lambda hours: NOW + timedelta(hours=hours)),
        st.uuids().map(lambda name: CommandSource(CommandOrigin.COMMENT, str(name))),
        stage=st.sampled_from(["", "rebaseline", *(stage.key for stage in POLICY.stages)]),
        amount=st.sampled_from([None, eur(160_000), eur(0)]),
        month=st.sampled_from([None, Period(2026, 10)]),
        first_month=st.sampled_from([None, Period(2026, 1)]),
        pl_line=st.just(""),
        text=st.sampled_from(["", "delay: late"]),
        delegate=st.sampled_from(["", "k", "b", "w", "x"]),
        until=st.sampled_from([None, NOW.date()]),
        problem=st.just("unclear"),
        usage=st.just("/help"),
        ruling=st.none(),
    ),
    max_size=12,
)


@given(measures, command_lists, st.sampled_from(STAGES))
def test_no_command_breaks_it_and_each_gets_a_ruling(
    some: Measure, commands: list[Command], granted: str | None
) -> None:
    """Assessment after assessment, each with the state of the one before."""
    state, given_so_far = MeasureState(granted), tuple(commands)
    for days in range(0, 200, 40):
        evidences = replace(evidence(granted, granted, commands=given_so_far), measure_state=state)
        verdict = assess(some, evidences, POLICY, NOW + timedelta(days=days))
        assert all(one.ruling is not None and one.ruling.reply for one in verdict.commands)
        assert (verdict.gate is GateState.OPEN) == (not verdict.blockers)
        if verdict.off_ramp is not None:
            assert not verdict.newly_granted
            assert verdict.gate is not GateState.OPEN
        state, given_so_far = verdict.measure_state, verdict.commands


@given(measures, command_lists)
def test_only_the_controller_closes(some: Measure, commands: list[Command]) -> None:
    without = tuple(one for one in commands if one.person != WEBER)
    assert assess(some, evidence("implemented", commands=without), POLICY, NOW).stage != "closed"


def test_a_measure_of_which_nothing_is_known_has_no_green_status() -> None:
    hidden = Unknown("hidden")
    facts = {field.name: hidden for field in fields(Measure) if field.name in SPOILED}
    verdict = assess(measure(effects=(), **facts), Evidence(tool_stage=hidden), POLICY, NOW)
    assert verdict.stage is None
    assert Colour.GREEN not in {verdict.implementation.colour, verdict.potential.colour}
