"""Rules of native gates in a workflow's document: added, read back, removed, and everything else unchanged."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.jira.workflow_gates import (
    Document,
    GateField,
    WorkflowGate,
    add_gate_rules,
    has_any_gate_rule,
    has_gate_rules,
    remove_gate_rules,
    workflow_update,
)
from connector.sync.provision import GateStyle

GATE = GateField(
    "customfield_10123",
    {"Open": "10456", "Not due": "10457", "Waiting": "10458", "Blocked": "10459", "Breach": "10460"},
    "OPTIONID",
)
CLOSED = WorkflowGate(GATE, open_gate_required=True, allowed_stages="customfield_10124")
OTHER = {"ruleKey": "system:restrict-issue-transition", "id": "r1", "parameters": {"roleIds": "10002"}}
FORGE = {
    "ruleKey": "forge:expression-condition",
    "id": "r2",
    "parameters": {"key": "ari:cloud:ecosystem::x", "config": "{}"},
}


def rule(comparator: str, option: str) -> Document:
    parameters = {
        "fieldId": "customfield_10123", "fieldValue": json.dumps([option]), "comparator": comparator,
        "comparisonType": "OPTIONID",
    }  # fmt: skip
    return {"ruleKey": "system:check-field-value", "parameters": parameters}


def group(operation: str, *conditions: Document, groups: tuple[Document, ...] = ()) -> Document:
    return {"operation": operation, "conditions": list(conditions), "conditionGroups": list(groups)}


def transition(conditions: Document | None = None, **more: Any) -> Document:
    whole: Document = {"id": "21", "name": "To Done", "type": "DIRECTED", "validators": [], "actions": []} | more
    return whole | ({"conditions": conditions} if conditions else {})


OPEN = rule("=", "10456")


def test_the_rule_is_the_one_of_the_reference(shared: Path) -> None:
    """Every parameter is text, and the value is a list as JSON, whatever is compared."""
    shapes = json.loads((shared / "reference/jira-workflow-gate-payloads.json").read_text())
    assert shapes["condition_option_field_equals"] == OPEN
    message = CLOSED.validators("Closed")[0]
    expected = shapes["validator_field_required_with_message"]
    assert (message["ruleKey"], set(message["parameters"])) == (expected["ruleKey"], set(expected["parameters"]))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(None, group("ALL", OPEN), id="no rules before"),
        pytest.param(group("ALL", OTHER), group("ALL", OTHER, OPEN), id="all of them"),
        pytest.param(
            group("ANY", OTHER, FORGE), group("ALL", OPEN, groups=(group("ANY", OTHER, FORGE),)), id="any of them"
        ),
        pytest.param(
            group("ANY", OTHER, groups=(group("ALL", FORGE),)),
            group("ALL", OPEN, groups=(group("ANY", OTHER, groups=(group("ALL", FORGE),)),)),
            id="any of them, nested",
        ),
        pytest.param(
            {"operation": "ALL", "conditions": [OTHER]}, group("ALL", OTHER, OPEN), id="without the key of the groups"
        ),
    ],
)
def test_a_gate_is_added_to_existing_rules_so_that_it_always_counts(before: Document | None, after: Document) -> None:
    """Beside an ANY group ours would be one of several that are enough; so the old group is wrapped in a new one."""
    result = add_gate_rules(transition(copy.deepcopy(before)), CLOSED, "Closed")
    assert result["conditions"] == after
    assert has_gate_rules(result, CLOSED, "Closed")


@pytest.mark.parametrize(
    ("guard", "conditions", "validators"),
    [
        (WorkflowGate(GATE, open_gate_required=True), [OPEN], 0),
        (
            WorkflowGate(GATE, open_gate_required=False),
            [rule("!=", option) for option in ("10457", "10458", "10459", "10460")],
            0,
        ),
        (
            WorkflowGate(GATE, open_gate_required=False, allowed_stages="customfield_10124"),
            [rule("!=", option) for option in ("10457", "10458", "10459", "10460")],
            0,
        ),
        (
            WorkflowGate(GATE, open_gate_required=True, style=GateStyle.EXPLAIN, allowed_stages="customfield_10124"),
            [],
            2,
        ),
        (
            WorkflowGate(GATE, open_gate_required=True, style=GateStyle.HIDE, allowed_stages="customfield_10124"),
            [OPEN],
            0,
        ),
        (
            WorkflowGate(GATE, open_gate_required=True, automation_only=True),
            [OPEN, {"ruleKey": "system:restrict-from-all-users", "parameters": {"restrictMode": "users"}}],
            0,
        ),
    ],
)
def test_the_options_decide_which_rules_are_added(
    guard: WorkflowGate, conditions: list[Document], validators: int
) -> None:
    result = add_gate_rules(transition(), guard, "Closed")
    assert result.get("conditions", {}).get("conditions", []) == conditions
    assert len(result["validators"]) == validators


def test_the_message_of_a_refused_transition_names_the_reason() -> None:
    required, named = CLOSED.validators("Approved (1.0)")
    assert required["parameters"]["errorMessage"] == (
        "Gatepost: the gate into Approved (1.0) is shut. The field with the blockers shows why and who must act."
    )
    assert named["parameters"]["regexp"] == r"(^|, )Approved \(1\.0\)(,|$)"


def test_an_exempt_group_passes_every_gate() -> None:
    exempt = WorkflowGate(GATE, open_gate_required=True, exempt_group="g1")
    result = add_gate_rules(transition(group("ALL", OTHER)), exempt, "Closed")
    (block,) = result["conditions"]["conditionGroups"]
    assert block["operation"] == "ANY"
    assert block["conditions"] == [{"ruleKey": "system:restrict-issue-transition", "parameters": {"groupIds": "g1"}}]
    assert block["conditionGroups"] == [group("ALL", OPEN)]
    assert remove_gate_rules(result, GATE.id, "")["conditions"] == group("ALL", OTHER)


RULES = st.sampled_from([OTHER, FORGE])
GROUPS = st.recursive(
    st.builds(lambda op, rules: group(op, *rules), st.sampled_from(["ANY", "ALL"]), st.lists(RULES, min_size=1, max_size=3)),
    lambda inner: st.builds(
        lambda op, rules, groups: group(op, *rules, groups=tuple(groups)),
        st.sampled_from(["ANY", "ALL"]), st.lists(RULES, min_size=1, max_size=2), st.lists(inner, max_size=2),
    ),
    max_leaves=6,
)  # fmt: skip
GATES = st.builds(
    WorkflowGate, st.just(GATE), open_gate_required=st.booleans(), style=st.sampled_from(GateStyle), allowed_stages=st.sampled_from(["", "customfield_10124"]),
    automation_only=st.booleans(), exempt_group=st.sampled_from(["", "g1"]),
)  # fmt: skip


@given(st.none() | GROUPS, GATES, GATES)
def test_adding_and_removing_a_gate_restores_the_workflow(
    before: Document | None, first: WorkflowGate, second: WorkflowGate
) -> None:
    """Also when the gate is added twice, or added again with other options."""
    bare = transition(copy.deepcopy(before))
    once = add_gate_rules(bare, first, "Closed")
    assert add_gate_rules(once, first, "Closed") == once
    assert has_gate_rules(once, first, "Closed")
    second = replace(second, former_allowed_stages=first.allowed_stages)
    again = add_gate_rules(once, second, "Closed")
    assert again == add_gate_rules(bare, second, "Closed")
    out = remove_gate_rules(again, GATE.id, second.allowed_stages)
    assert (out.get("conditions"), out["validators"]) == (before, [])


def test_a_rule_that_was_stored_empty_or_removed_is_noticed() -> None:
    """Parameters that the tool does not know are silently stored empty: only reading back shows it."""
    placed = add_gate_rules(transition(), CLOSED, "Closed")
    stored = copy.deepcopy(placed)
    for position, condition in enumerate(stored["conditions"]["conditions"]):
        condition["id"] = f"given-{position}"
    assert has_gate_rules(stored, CLOSED, "Closed"), "the tool gives ids of its own"
    stored["conditions"]["conditions"][0]["parameters"]["fieldValue"] = ""
    assert not has_gate_rules(stored, CLOSED, "Closed")
    assert not has_gate_rules(transition(), CLOSED, "Closed")
    assert has_any_gate_rule(placed, GATE.id, "")
    assert not has_any_gate_rule(transition(group("ALL", OTHER)), GATE.id, "customfield_10124")


def test_an_update_sends_everything_that_it_accepts() -> None:
    document = {
        "id": "w", "name": "ITX", "isEditable": True, "scope": {"type": "GLOBAL"}, "created": "x", "updated": None,
        "version": {"id": "v", "versionNumber": 3}, "description": "", "startPointLayout": {"x": 1.0, "y": 2.0},
        "statuses": [{"statusReference": "s1", "properties": {"k": "v"}, "layout": {"x": 0.0, "y": 0.0}, "deprecated": False}],
        "taskId": None,
    }  # fmt: skip
    read = transition(
        {"operation": "ANY", "conditions": [OTHER]}, customIssueEventId=None, properties={"jira.permission": "x"}
    )
    assert workflow_update(document, [read]) == {
        "id": "w", "version": {"id": "v", "versionNumber": 3}, "description": "", "startPointLayout": {"x": 1.0, "y": 2.0},
        "statuses": [{"statusReference": "s1", "properties": {"k": "v"}, "layout": {"x": 0.0, "y": 0.0}}],
        "transitions": [
            {
                "id": "21", "name": "To Done", "type": "DIRECTED", "validators": [], "actions": [],
                "properties": {"jira.permission": "x"}, "conditions": group("ANY", OTHER),
            }
        ],
    }  # fmt: skip
