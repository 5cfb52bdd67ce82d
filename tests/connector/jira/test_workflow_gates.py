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

from connector.jira.admin import Workflows
from connector.jira.gated_transitions import gated_transitions
from connector.jira.workflow_gates import (
    Document,
    WorkflowGate,
    add_gate_rules,
    has_any_gate_rule,
    has_gate_rules,
    remove_gate_rules,
    workflow_update,
)
from mapping.config import MappingConfig
from tests.mapping.rules import rule as measure_rule

NUMBER = "customfield_10123"
CLOSED = WorkflowGate(NUMBER)
OTHER = {"ruleKey": "system:restrict-issue-transition", "id": "r1", "parameters": {"roleIds": "10002"}}
FORGE = {
    "ruleKey": "forge:expression-condition",
    "id": "r2",
    "parameters": {"key": "ari:cloud:ecosystem::x", "config": "{}"},
}


def rule(comparator: str, level: int) -> Document:
    parameters = {
        "fieldId": NUMBER, "fieldValue": json.dumps([str(level)]), "comparator": comparator, "comparisonType": "NUMBER",
    }  # fmt: skip
    return {"ruleKey": "system:check-field-value", "parameters": parameters}


def group(operation: str, *conditions: Document, groups: tuple[Document, ...] = ()) -> Document:
    return {"operation": operation, "conditions": list(conditions), "conditionGroups": list(groups)}


def transition(conditions: Document | None = None, **more: Any) -> Document:
    whole: Document = {"id": "21", "name": "To Done", "type": "DIRECTED", "validators": [], "actions": []} | more
    return whole | ({"conditions": conditions} if conditions else {})


OPEN = rule(">=", 2)
PROGRAMS = {"ruleKey": "system:restrict-from-all-users", "parameters": {"restrictMode": "users"}}
MEMBER = {"ruleKey": "system:restrict-issue-transition", "parameters": {"groupIds": "g1"}}
SHARED = group("ANY", OPEN, groups=(group("ALL", rule("!=", 0), rule("!=", 1)),))


def test_the_rule_is_the_one_of_the_reference(shared: Path) -> None:
    """Every parameter is text, and the value is a list as JSON, whatever is compared."""
    shapes = json.loads((shared / "reference/jira-workflow-gate-payloads.json").read_text())
    known = shapes["condition_number_at_most"]
    assert (known["ruleKey"], set(known["parameters"])) == (OPEN["ruleKey"], set(OPEN["parameters"]))
    assert known["parameters"]["comparisonType"] == OPEN["parameters"]["comparisonType"] == "NUMBER"
    assert json.loads(known["parameters"]["fieldValue"]) == ["0"]


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
    result = add_gate_rules(transition(copy.deepcopy(before)), CLOSED, 2)
    assert result["conditions"] == after
    assert has_gate_rules(result, CLOSED, 2)


@pytest.mark.parametrize(
    ("guard", "conditions"),
    [
        (CLOSED, group("ALL", OPEN)),
        (WorkflowGate(NUMBER, number_required=False), group("ALL", groups=(SHARED,))),
        (WorkflowGate(NUMBER, automation_only=True), group("ALL", groups=(group("ALL", OPEN, PROGRAMS),))),
        (WorkflowGate(NUMBER, exempt_group="g1"), group("ALL", groups=(group("ANY", MEMBER, groups=(group("ALL", OPEN),)),))),
        (
            WorkflowGate(NUMBER, number_required=False, exempt_group="g1"),
            group("ALL", groups=(group("ANY", MEMBER, groups=(SHARED,)),)),
        ),
    ],
    ids=["governed alone", "shared: or empty", "programs", "exempt group", "shared, exempt group"],
)  # fmt: skip
def test_the_options_decide_which_rules_are_added(guard: WorkflowGate, conditions: Document) -> None:
    result = add_gate_rules(transition(), guard, 2)
    assert result["conditions"] == conditions
    assert result["validators"] == [], "no regular expression, and no option's id"
    assert has_gate_rules(result, guard, 2)


def test_the_rules_of_others_that_look_like_ours_stay() -> None:
    own_group = group("ALL", PROGRAMS)
    result = add_gate_rules(transition(group("ALL", PROGRAMS, groups=(own_group,))), CLOSED, 2)
    assert remove_gate_rules(result, NUMBER)["conditions"] == group("ALL", PROGRAMS, groups=(own_group,))


def statuses(*names: str) -> tuple[Document, ...]:
    return tuple({"statusReference": name, "name": name} for name in names)


@pytest.mark.parametrize(
    ("kind", "sources", "into", "level"),
    [
        pytest.param("GLOBAL", (), "Analysis", 1, id="from any status: simplified workflows consist of these"),
        pytest.param("GLOBAL", (), "Backlog", None, id="into the first stage"),
        pytest.param("DIRECTED", ("Backlog",), "Analysis", 1, id="forward"),
        pytest.param("DIRECTED", ("Backlog", "Done"), "Analysis", 1, id="from several, before and after"),
        pytest.param("DIRECTED", ("Done", "Closed"), "Analysis", None, id="back only"),
        pytest.param("DIRECTED", ("Paused",), "Analysis", 1, id="from a status that stands for no stage"),
        pytest.param("INITIAL", (), "Analysis", None, id="the creation"),
    ],
)
def test_which_transitions_lead_through_a_gate(
    kind: str, sources: tuple[str, ...], into: str, level: int | None
) -> None:
    links = [{"fromStatusReference": source} for source in sources]
    document = {"transitions": [{"id": "1", "name": "Go", "type": kind, "toStatusReference": into, "links": links}]}
    read = Workflows((document,), statuses("Backlog", "Analysis", "Approved", "Done", "Closed", "Paused"))
    stages = ("identified", "detailed", "decided", "implemented", "closed")
    names = ("Backlog", "Analysis", "Approved", "Done", "Closed")
    governing = measure_rule(stage={"from_status": dict(zip(names, stages, strict=True))})
    config = MappingConfig(
        version=1, organization="N", reporting_currency="EUR", fiscal_year_start=1, measures=(governing,)
    )
    found = [transition.level for transition in gated_transitions(config, governing, read)]
    assert found == ([] if level is None else [level])


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
    WorkflowGate, st.just(NUMBER), number_required=st.booleans(), automation_only=st.booleans(),
    exempt_group=st.sampled_from(["", "g1"]),
)  # fmt: skip


@given(st.none() | GROUPS, GATES, GATES, st.sampled_from(["customfield_10123", "customfield_9"]))
def test_adding_and_removing_a_gate_restores_the_workflow(
    before: Document | None, first: WorkflowGate, second: WorkflowGate, other_field: str
) -> None:
    """Also when the gate is added twice, or added again with other options or another field."""
    bare = transition(copy.deepcopy(before))
    once = add_gate_rules(bare, first, 2)
    assert add_gate_rules(once, first, 2) == once
    assert has_gate_rules(once, first, 2)
    second = replace(second, field=other_field, former_field=first.field)
    again = add_gate_rules(once, second, 3)
    assert again == add_gate_rules(bare, second, 3)
    assert remove_gate_rules(again, second.field).get("conditions") == before


def test_a_rule_that_was_stored_empty_or_removed_is_noticed() -> None:
    """Parameters that the tool does not know are silently stored empty: only reading back shows it."""
    placed = add_gate_rules(transition(group("ALL", OTHER)), CLOSED, 2)
    stored = copy.deepcopy(placed)
    for position, condition in enumerate(stored["conditions"]["conditions"]):
        condition["id"] = f"given-{position}"
        condition["parameters"]["negate"] = "false" if condition["ruleKey"].endswith("value") else ""
    stored["conditions"]["conditions"].reverse()
    assert has_gate_rules(stored, CLOSED, 2), "the tool gives ids and parameters of its own, and orders as it likes"
    assert not has_gate_rules(stored, CLOSED, 3)
    ours = next(rule for rule in stored["conditions"]["conditions"] if rule["ruleKey"].endswith("value"))
    ours["parameters"]["fieldValue"] = ""
    assert not has_gate_rules(stored, CLOSED, 2)
    assert not has_gate_rules(transition(), CLOSED, 2)
    assert has_any_gate_rule(placed, NUMBER)
    assert not has_any_gate_rule(transition(group("ALL", OTHER)), NUMBER)


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
