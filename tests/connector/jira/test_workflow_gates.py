"""Rules of native gates in a workflow's document: put in, read back, taken out, and everything else left as it is."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.jira.workflow_gates import Document, GateField, Guard, guarded, has_any, is_guarded, unguarded, update_of
from connector.sync.provision import GateStyle

GATE = GateField("customfield_10123", {"Open": "10456", "Shut": "10457", "Breach": "10458"}, "OPTIONID")
CLOSED = Guard(GATE, closed=True, passes="customfield_10124")
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
    wanted = shapes["validator_field_required_with_message"]
    assert (message["ruleKey"], set(message["parameters"])) == (wanted["ruleKey"], set(wanted["parameters"]))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(None, group("ALL", OPEN), id="nothing there"),
        pytest.param(group("ALL", OTHER), group("ALL", OTHER, OPEN), id="all of them"),
        pytest.param(
            group("ANY", OTHER, FORGE), group("ALL", OPEN, groups=(group("ANY", OTHER, FORGE),)), id="any of them"
        ),
        pytest.param(
            group("ANY", OTHER, groups=(group("ALL", FORGE),)),
            group("ALL", OPEN, groups=(group("ANY", OTHER, groups=(group("ALL", FORGE),)),)),
            id="any of them, nested",
        ),
        pytest.param({"operation": "ALL", "conditions": [OTHER]}, group("ALL", OTHER, OPEN), id="groups left out"),
    ],
)
def test_a_gate_joins_what_is_there_so_that_it_always_counts(before: Document | None, after: Document) -> None:
    """Beside an ANY group ours would be one of several that are enough; so the old group goes whole into a new one."""
    result = guarded(transition(copy.deepcopy(before)), CLOSED, "Closed")
    assert result["conditions"] == after
    assert is_guarded(result, CLOSED, "Closed")


@pytest.mark.parametrize(
    ("guard", "conditions", "validators"),
    [
        (Guard(GATE, closed=True), [OPEN], 0),
        (Guard(GATE, closed=False), [rule("!=", "10457"), rule("!=", "10458")], 0),
        (Guard(GATE, closed=False, passes="customfield_10124"), [rule("!=", "10457"), rule("!=", "10458")], 0),
        (Guard(GATE, closed=True, style=GateStyle.EXPLAIN, passes="customfield_10124"), [], 2),
        (Guard(GATE, closed=True, style=GateStyle.HIDE, passes="customfield_10124"), [OPEN], 0),
        (
            Guard(GATE, closed=True, robots_only=True),
            [OPEN, {"ruleKey": "system:restrict-from-all-users", "parameters": {"restrictMode": "users"}}],
            0,
        ),
    ],
)
def test_what_the_administrator_chose_decides_which_rules_there_are(
    guard: Guard, conditions: list[Document], validators: int
) -> None:
    result = guarded(transition(), guard, "Closed")
    assert result.get("conditions", {}).get("conditions", []) == conditions
    assert len(result["validators"]) == validators


def test_whoever_reaches_the_transition_is_told_why_it_refuses() -> None:
    required, named = CLOSED.validators("Approved (1.0)")
    assert required["parameters"]["errorMessage"] == (
        "Gatepost: the gate into Approved (1.0) is shut. The field with the blockers says why and who must act."
    )
    assert named["parameters"]["regexp"] == r"(^|, )Approved \(1\.0\)(,|$)"


def test_a_group_of_robots_passes_every_gate() -> None:
    exempt = Guard(GATE, closed=True, exempt_group="g1")
    result = guarded(transition(group("ALL", OTHER)), exempt, "Closed")
    (block,) = result["conditions"]["conditionGroups"]
    assert block["operation"] == "ANY"
    assert block["conditions"] == [{"ruleKey": "system:restrict-issue-transition", "parameters": {"groupIds": "g1"}}]
    assert block["conditionGroups"] == [group("ALL", OPEN)]
    assert unguarded(result, GATE.id, "")["conditions"] == group("ALL", OTHER)


RULES = st.sampled_from([OTHER, FORGE])
GROUPS = st.recursive(
    st.builds(lambda op, rules: group(op, *rules), st.sampled_from(["ANY", "ALL"]), st.lists(RULES, min_size=1, max_size=3)),
    lambda inner: st.builds(
        lambda op, rules, groups: group(op, *rules, groups=tuple(groups)),
        st.sampled_from(["ANY", "ALL"]), st.lists(RULES, min_size=1, max_size=2), st.lists(inner, max_size=2),
    ),
    max_leaves=6,
)  # fmt: skip
GUARDS = st.builds(
    Guard, st.just(GATE), closed=st.booleans(), style=st.sampled_from(GateStyle), passes=st.sampled_from(["", "customfield_10124"]),
    robots_only=st.booleans(), exempt_group=st.sampled_from(["", "g1"]),
)  # fmt: skip


@given(st.none() | GROUPS, GUARDS, GUARDS)
def test_in_and_out_again_leaves_what_was_there(before: Document | None, first: Guard, second: Guard) -> None:
    """Also when the gate is placed twice, or placed anew with other choices."""
    bare = transition(copy.deepcopy(before))
    once = guarded(bare, first, "Closed")
    assert guarded(once, first, "Closed") == once
    assert is_guarded(once, first, "Closed")
    second = replace(second, former_passes=first.passes)
    again = guarded(once, second, "Closed")
    assert again == guarded(bare, second, "Closed")
    out = unguarded(again, GATE.id, second.passes)
    assert (out.get("conditions"), out["validators"]) == (before, [])


def test_a_rule_that_was_stored_empty_or_taken_out_is_noticed() -> None:
    """Parameters that the tool does not know are stored empty in silence: only reading back tells."""
    placed = guarded(transition(), CLOSED, "Closed")
    stored = copy.deepcopy(placed)
    for place, one in enumerate(stored["conditions"]["conditions"]):
        one["id"] = f"given-{place}"
    assert is_guarded(stored, CLOSED, "Closed"), "the tool gives ids of its own"
    stored["conditions"]["conditions"][0]["parameters"]["fieldValue"] = ""
    assert not is_guarded(stored, CLOSED, "Closed")
    assert not is_guarded(transition(), CLOSED, "Closed")
    assert has_any(placed, GATE.id, "")
    assert not has_any(transition(group("ALL", OTHER)), GATE.id, "customfield_10124")


def test_an_update_sends_all_that_was_read_but_for_what_it_does_not_take() -> None:
    document = {
        "id": "w", "name": "ITX", "isEditable": True, "scope": {"type": "GLOBAL"}, "created": "x", "updated": None,
        "version": {"id": "v", "versionNumber": 3}, "description": "", "startPointLayout": {"x": 1.0, "y": 2.0},
        "statuses": [{"statusReference": "s1", "properties": {"k": "v"}, "layout": {"x": 0.0, "y": 0.0}, "deprecated": False}],
        "taskId": None,
    }  # fmt: skip
    one = transition(
        {"operation": "ANY", "conditions": [OTHER]}, customIssueEventId=None, properties={"jira.permission": "x"}
    )
    assert update_of(document, [one]) == {
        "id": "w", "version": {"id": "v", "versionNumber": 3}, "description": "", "startPointLayout": {"x": 1.0, "y": 2.0},
        "statuses": [{"statusReference": "s1", "properties": {"k": "v"}, "layout": {"x": 0.0, "y": 0.0}}],
        "transitions": [
            {
                "id": "21", "name": "To Done", "type": "DIRECTED", "validators": [], "actions": [],
                "properties": {"jira.permission": "x"}, "conditions": group("ANY", OTHER),
            }
        ],
    }  # fmt: skip
