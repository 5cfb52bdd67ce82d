"""Native gates: the rules that make a workflow itself refuse, added to a workflow's document and removed again.

Pure: documents in, documents out.  The shapes are those of ``POST /workflows`` and ``POST /workflows/update``; every
parameter is text, a list is JSON inside text, and every group of conditions has to have its ``conditionGroups``.
Existing rules are preserved: where any one of several conditions was enough, the old group is wrapped as a whole in a
new group, because beside them ours would not be evaluated.

A transition compares one number, the highest stage that the item may enter, with the stage that it leads into.  So the
way back is open from wherever a transition starts, nobody skips a stage, and an empty number refuses (decision 0046).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]

CHECK_FIELD_RULE = "system:check-field-value"
RESTRICT_ALL_USERS_RULE = "system:restrict-from-all-users"
RESTRICT_TRANSITION_RULE = "system:restrict-issue-transition"
CHECK_FIELD_PARAMETERS = ("fieldId", "fieldValue", "comparator", "comparisonType")

WORKFLOW_KEYS = (
    "id",
    "version",
    "description",
    "statuses",
    "transitions",
    "startPointLayout",
    "loopedTransitionContainerLayout",
)
"""The keys of a workflow that an update accepts."""


@dataclass(frozen=True, slots=True)
class WorkflowGate:
    """The rules that every gated transition of one workflow gets."""

    field: str
    """Id of the number field with the highest stage that the item may enter."""
    number_required: bool = True
    """An empty number refuses.  Else it lets through: items that nobody governs share the workflow."""
    automation_only: bool = False
    exempt_group: str = ""
    former_field: str = ""
    """Id of the field when the gate was placed last: rules on one that is no longer written would stop everybody."""

    def block(self, level: int) -> Document:
        """What the conditions of a transition into the stage of this number are extended by."""
        enough = self._check(">=", level)
        if self.number_required:
            core = _all([enough])
        else:
            # An empty field is unequal to every number; of a number that is there ">=" decides as well.
            empty = _all([self._check("!=", lower) for lower in range(level)])
            core = {"operation": "ANY", "conditions": [enough], "conditionGroups": [empty]}
        if self.automation_only:
            programs = {"ruleKey": RESTRICT_ALL_USERS_RULE, "parameters": {"restrictMode": "users"}}
            core = (
                _all([enough, programs])
                if self.number_required
                else {"operation": "ALL", "conditions": [programs], "conditionGroups": [core]}
            )
        if not self.exempt_group:
            return core
        member = {"ruleKey": RESTRICT_TRANSITION_RULE, "parameters": {"groupIds": self.exempt_group}}
        return {"operation": "ANY", "conditions": [member], "conditionGroups": [core]}

    def _check(self, comparator: str, level: int) -> Document:
        return {
            "ruleKey": CHECK_FIELD_RULE,
            "parameters": {
                "fieldId": self.field,
                "fieldValue": json.dumps([str(level)]),
                "comparator": comparator,
                "comparisonType": "NUMBER",
            },
        }


def add_gate_rules(transition: Document, gate: WorkflowGate, level: int) -> Document:
    """The transition with the gate's rules, and everything that it had."""
    bare = remove_gate_rules(transition, gate.field, gate.former_field)
    old, block = _group(bare.get("conditions")), gate.block(level)
    root = _wrapped(old) if old else _all([])
    if _is_single(block):
        return bare | {"conditions": root | {"conditions": [*root["conditions"], *block["conditions"]]}}
    return bare | {"conditions": root | {"conditionGroups": [*root["conditionGroups"], block]}}


def remove_gate_rules(transition: Document, *fields: str) -> Document:
    """The transition without the rules on these fields, as it was before."""
    result = dict(transition)
    root = _group(transition.get("conditions"))
    if root is not None:
        remaining = _without(root, frozenset(fields))
        if remaining is None:
            result.pop("conditions", None)
        else:
            result["conditions"] = remaining
    return result


def has_gate_rules(transition: Document, gate: WorkflowGate, level: int) -> bool:
    """Whether the rules are stored as intended: read back, because a wrong parameter is silently stored empty.

    Parameters that the tool adds to our rules by itself, ids and the order of rules do not count.
    """
    return is_same_gate(transition, add_gate_rules(transition, gate, level), gate.field)


def is_same_gate(transition: Document, other: Document, field: str) -> bool:
    """Whether two versions of a transition have the same conditions, for the field of the gate."""
    return bool(_comparable(transition.get("conditions"), field) == _comparable(other.get("conditions"), field))


def has_any_gate_rule(transition: Document, *fields: str) -> bool:
    """Whether the transition has any rule of a gate, right or wrong."""
    return any(_is_ours(rule, frozenset(fields)) for rule in _rules(_group(transition.get("conditions"))))


def _without(group: Document, fields: frozenset[str]) -> Document | None:
    """A group without our rules; a wrapper around a single older group is replaced by that group."""
    if not any(_is_ours(rule, fields) for rule in _rules(group)):
        return group
    conditions = [condition for condition in group["conditions"] if not _is_ours(condition, fields)]
    groups = [
        remaining
        for inner in group["conditionGroups"]
        if not _is_our_block(inner, fields) and (remaining := _without(inner, fields)) is not None
    ]
    if not conditions and not groups:
        return None
    if not conditions and len(groups) == 1 and group["operation"] == "ALL":
        return groups[0]
    return {"operation": group["operation"], "conditions": conditions, "conditionGroups": groups}


def _is_our_block(group: Document, fields: frozenset[str]) -> bool:
    """Made by :meth:`WorkflowGate.block` as a whole: our comparisons, and beside them only what goes with them."""
    rules = list(_rules(group))
    beside = [rule for rule in rules if not _is_ours(rule, fields)]
    return len(beside) < len(rules) and all(_goes_with_ours(rule) for rule in beside)


def _goes_with_ours(rule: Document) -> bool:
    named = {name for name, value in rule.get("parameters", {}).items() if value}
    key = rule.get("ruleKey")
    return key == RESTRICT_ALL_USERS_RULE or (key == RESTRICT_TRANSITION_RULE and named == {"groupIds"})


def _is_single(group: Document) -> bool:
    return len(group["conditions"]) == 1 and not group["conditionGroups"]


def _wrapped(group: Document) -> Document:
    """A group to which a further condition can be added that always counts."""
    if group["operation"] == "ALL":
        return dict(group)
    return {"operation": "ALL", "conditions": [], "conditionGroups": [group]}


def _all(conditions: Sequence[Document]) -> Document:
    return {"operation": "ALL", "conditions": list(conditions), "conditionGroups": []}


def _group(value: Any) -> Document | None:
    """A group with both of its lists: without ``conditionGroups`` the vendor refuses it (JRACLOUD-82794)."""
    if not isinstance(value, Mapping):
        return None
    conditions = [dict(condition) for condition in value.get("conditions") or []]
    inner = [group for part in value.get("conditionGroups") or [] if (group := _group(part)) is not None]
    if not conditions and not inner:
        return None
    return {"operation": value.get("operation", "ALL"), "conditions": conditions, "conditionGroups": inner}


def _rules(group: Document | None) -> Iterator[Document]:
    if group is not None:
        yield from group["conditions"]
        for inner in group["conditionGroups"]:
            yield from _rules(inner)


def _is_ours(rule: Document, fields: frozenset[str]) -> bool:
    identity = rule.get("parameters", {}).get("fieldId")
    return bool(identity) and rule.get("ruleKey") == CHECK_FIELD_RULE and identity in fields


def _comparable(value: Any, field: str) -> Any:
    """A group so that the intended rules can be compared with the stored ones."""
    group = _group(value)
    if group is None:
        return None
    rules = [_comparable_rule(rule, field) for rule in group["conditions"]]
    inner = [_comparable(part, field) for part in group["conditionGroups"]]
    return group["operation"], sorted(rules), sorted(inner, key=repr)


def _comparable_rule(rule: Document, field: str) -> str:
    parameters = {name: value for name, value in rule.get("parameters", {}).items() if value not in (None, "")}
    if _is_ours(rule, frozenset({field})):
        parameters = {name: value for name, value in parameters.items() if name in CHECK_FIELD_PARAMETERS}
    return json.dumps([rule.get("ruleKey"), parameters], sort_keys=True)


def workflow_update(document: Mapping[str, Any], transitions: Sequence[Document]) -> Document:
    """The update of a workflow: what was read, without what an update does not accept, with other transitions."""
    sent = {name: document[name] for name in WORKFLOW_KEYS if name in document and document[name] is not None}
    sent["statuses"] = [
        {name: value for name, value in status.items() if name != "deprecated"}
        for status in document.get("statuses", [])
    ]
    sent["transitions"] = [_normalized(transition) for transition in transitions]
    return sent


def _normalized(transition: Document) -> Document:
    """Groups completed, and nothing sent that is null."""
    cleaned = {name: value for name, value in transition.items() if value is not None}
    group = _group(transition.get("conditions"))
    cleaned.pop("conditions", None)
    return cleaned | ({"conditions": group} if group is not None else {})
