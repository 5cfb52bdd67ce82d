"""Which gates are open and which is next: one answer, in which *open* never stands beside a gate that is shut."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from connector.measures.gate_check import GateCheck, check_gate
from connector.notify.measure_events import EVENT_TYPES, PreviousVerdict, derive_events
from connector.notify.payload import event_body, gates_json
from connector.store.measures.measure_lookup import MeasureExplanation
from governance.assess import assess
from governance.evidence import Evidence, Verb
from governance.explain import explain
from governance.facts import Unknown
from governance.measure_gates import gates_of
from governance.verdict import GateState, Verdict
from tests.connector.gate_answers import check_words, everything_told, told_by
from tests.governance.factory import BRANDT, NOW, POLICY, WEBER, evidence, measure, new_command

STAGES = [stage.key for stage in POLICY.stages]


def verdict_of(some: Evidence) -> Verdict:
    return assess(measure(), some, POLICY, NOW)


APPROVALS = (new_command("decided", BRANDT), new_command("decided", WEBER))
APPROVED = verdict_of(evidence("detailed", "detailed", commands=APPROVALS))
"""Just approved into Decided; its tool still has it in Detailed."""
HOLD = new_command("", BRANDT, Verb.HOLD, text="wait")

CASES = {
    "just approved": (APPROVED, ["identified", "detailed", "decided"], ("implemented", GateState.NOT_DUE)),
    "waits": (
        verdict_of(evidence("detailed", "detailed", commands=())),
        ["identified", "detailed"],
        ("decided", GateState.WAITING),
    ),
    "went ahead": (
        verdict_of(replace(evidence("identified", "decided", commands=()), tool_status="Approved")),
        ["identified"],
        ("detailed", GateState.BREACH),
    ),
    "is on hold": (
        verdict_of(evidence("detailed", "detailed", commands=(HOLD,))),
        [],
        ("decided", GateState.BLOCKED),
    ),
    "the tool's status is unknown": (
        verdict_of(replace(evidence("detailed", "detailed", commands=()), tool_stage=Unknown("no stage is mapped"))),
        [],
        ("decided", GateState.BLOCKED),
    ),
    "the tool says that it ended": (
        verdict_of(replace(evidence("detailed", "detailed", commands=()), tool_status="Rejected", ended=True)),
        [],
        ("decided", GateState.BREACH),
    ),
    "every gate is granted": (verdict_of(evidence("closed", "closed", commands=())), STAGES, None),
}


@pytest.mark.parametrize("name", CASES)
def test_what_may_be_entered_and_what_is_next(name: str) -> None:
    verdict, may_enter, following = CASES[name]
    gates = gates_of(verdict)
    assert list(gates.may_enter) == may_enter
    assert (gates.next and (gates.next.stage, gates.next.state)) == following
    assert gates.next is None or gates.next.blockers


@pytest.mark.parametrize("name", CASES)
def test_everybody_is_told_the_same(name: str) -> None:
    verdict, _, following = CASES[name]
    asked = MeasureExplanation(
        measure().id, "ITX-1", None, "", "", verdict, 1, verdict.policy_version, NOW, None, None, None
    )
    told = told_by(gates_of(verdict))
    for who, said in everything_told(verdict, asked, POLICY):
        assert said == told, who
    check_words(verdict, told, POLICY)
    if following is not None:
        answer = check_gate([asked], "ITX-1", following[0], POLICY)
        assert isinstance(answer, GateCheck)
        assert answer.state is following[1]


def test_the_event_of_an_opened_gate_names_it() -> None:
    """A receiver that deploys at *open* would otherwise take the gate behind the one that opened."""
    before = PreviousVerdict("waiting", "green", "green", frozenset(), frozenset(), None)
    (opened,) = [
        event for event in derive_events(before, APPROVED, ()) if EVENT_TYPES[type(event)].value == "gate.opened"
    ]
    data = json.loads(event_body(opened, measure(), APPROVED, key="ITX-1", url="https://x", at=NOW))["data"]
    assert data["opened"] == ["decided"]
    assert data["gates"] == json.loads(json.dumps(gates_json(gates_of(APPROVED))))
    assert data["gates"]["may_enter"] == ["identified", "detailed", "decided"]
    assert (data["gates"]["next"]["stage"], data["gates"]["next"]["state"]) == ("implemented", "not_due")
    assert data["gates"]["next"]["blockers"][0]["since"] is None
    assert "Stage Decided · gate into Decided: open · gate into Implemented: shut" in list(explain(APPROVED))
