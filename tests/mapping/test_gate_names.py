"""What people call the states of the gate: where it is read, and which names are refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from governance.assess import assess
from governance.explain import explain
from governance.verdict import gate_text
from mapping.config import WriteRule
from mapping.gate_names import app_property
from mapping.live_check import RuleInspection, rule_problems
from mapping.load import LoadedMapping, load_mapping
from mapping.marks import link_json
from mapping.policy import Policies
from mapping.work_item import FieldName
from mapping.writeback import target_values
from tests.governance.factory import NOW, POLICY, evidence, measure
from tests.mapping.test_governing import POLICY as HURDLE
from tests.mapping.test_governing import SOUND

GERMAN = "policy: {gate_names: {open: Offen, blocked: Gesperrt}}"


def loaded(policy: str) -> LoadedMapping:
    found = load_mapping(SOUND.replace(HURDLE, policy))
    assert isinstance(found, LoadedMapping), found
    return found


def test_a_renamed_state_is_read_everywhere_and_its_key_stays() -> None:
    policy = replace(POLICY, gate_names=Policies(loaded(GERMAN).config).base.gate_names)
    shut = assess(measure(baseline=None), evidence("identified", "identified", commands=()), policy, NOW)
    assert target_values(shut, WriteRule(gate="Gate"))[FieldName("Gate")] == "Gesperrt"
    assert "Stage Identified · gate into Detailed: Gesperrt" in list(explain(shut))
    assert '"title": "Gate into Detailed: Gesperrt"' in link_json(shut, "https://gatepost.example", "1")
    assert shut.gate.value == "blocked"
    assert gate_text("blocked", policy.gate_names) == "Gesperrt"
    assert policy.version == POLICY.version, "what a state is called decides nothing"


def test_a_state_that_has_no_other_name_keeps_its_own() -> None:
    policy = replace(POLICY, gate_names={"open": "Offen"})
    shut = assess(measure(baseline=None), evidence("identified", "identified", commands=()), policy, NOW)
    assert target_values(shut, WriteRule(gate="Gate"))[FieldName("Gate")] == "Blocked"
    assert gate_text("not_due", policy.gate_names) == "not due"


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        ("{blocked: ''}", "the name is empty. Leave the key out to keep the state's own name."),
        ("{blocked: Zu, breach: zu}", "blocked has the same name. Give each state a name of its own."),
        ("{blocked: Open}", "Open is the name of another state. Give each state a name of its own."),
        (f"{{blocked: {'x' * 41}}}", "the name has 41 characters; 40 fit."),
        ("{blocked: 'a;open:b'}", "a name has no comma, colon, semicolon or line end."),
    ],
)
def test_a_name_by_which_no_state_can_be_told_is_refused(names: str, problem: str) -> None:
    found = load_mapping(SOUND.replace(HURDLE, f"policy: {{gate_names: {names}}}"))
    assert not isinstance(found, LoadedMapping)
    assert [f"{one.message} {one.hint}".strip() for one in found] == [problem]


def test_a_state_that_does_not_exist_is_refused() -> None:
    assert not isinstance(load_mapping(SOUND.replace(HURDLE, "policy: {gate_names: {shut: Zu}}")), LoadedMapping)


def test_a_choice_has_to_offer_the_names_that_are_used() -> None:
    offered = RuleInspection(options={"Gate": ("Open", "Not due", "Waiting", "Blocked", "Breach")})
    (problem,) = rule_problems(loaded(GERMAN), 0, offered, "")
    assert problem.message == 'the field "Gate" does not offer Offen, Gesperrt.'
    renamed = RuleInspection(options={"Gate": ("Offen", "Not due", "Waiting", "Gesperrt", "Breach")})
    assert rule_problems(loaded(GERMAN), 0, renamed, "") == ()


def test_the_app_reads_the_names_from_its_property() -> None:
    names = Policies(loaded("policy: {gate_names: {not_due: Noch nicht, open: Offen}}").config).base.gate_names
    assert app_property(names) == "open:Offen;not_due:Noch nicht"
