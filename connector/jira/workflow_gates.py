"""Native gates: the rules that make a workflow itself refuse, added to a workflow's document and removed again.

Pure: documents in, documents out.  The shapes are those of ``POST /workflows`` and ``POST /workflows/update``; every
parameter is text, a list is JSON inside text, and every group of conditions has to have its ``conditionGroups``.
Existing rules are preserved: where any one of several conditions was enough, the old group is wrapped as a whole in a
new group, because beside them ours would not be evaluated.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.sync.provision import GateStyle
from governance.verdict import GateState

Document = dict[str, Any]

OPEN = GateState.OPEN.label
CHECK_FIELD_RULE = "system:check-field-value"
VALIDATE_FIELD_RULE = "system:validate-field-value"
RESTRICT_ALL_USERS_RULE = "system:restrict-from-all-users"
RESTRICT_TRANSITION_RULE = "system:restrict-issue-transition"

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
class GateField:
    """The field with the state of the gate."""

    id: str
    values: Mapping[str, str]
    """Each state of the gate to what a rule compares with: the option's id, or the text itself."""
    comparison: str
    """OPTIONID or STRING."""


@dataclass(frozen=True, slots=True)
class WorkflowGate:
    """The rules that every gated transition of one workflow gets."""

    field: GateField
    open_gate_required: bool
    """Only an open gate lets through.  Else what is not shut passes as well: items that are not governed."""
    style: GateStyle = GateStyle.BOTH
    allowed_stages: str = ""
    """Id of the text field that names the stages which are open; empty when the mapping writes none."""
    former_allowed_stages: str = ""
    """The same when the gate was placed last: rules on a field that is no longer written would stop everybody."""
    automation_only: bool = False
    exempt_group: str = ""

    def conditions(self) -> list[Document]:
        rules = []
        if self.style is not GateStyle.EXPLAIN:
            if self.open_gate_required:
                rules.append(self._check("=", OPEN))
            else:
                rules += [self._check("!=", state) for state in self.field.values if state != OPEN]
            if self.automation_only:
                rules.append({"ruleKey": RESTRICT_ALL_USERS_RULE, "parameters": {"restrictMode": "users"}})
        return rules

    def validators(self, stage: str) -> list[Document]:
        """The message for transitions that are reached in another way: by a list, a bulk change, a program."""
        if self.style is GateStyle.HIDE or not self.open_gate_required or not self.allowed_stages:
            return []
        message = f"Gatepost: the gate into {stage} is shut. The field with the blockers shows why and who must act."
        required = {"ruleType": "fieldRequired", "fieldsRequired": self.allowed_stages, "ignoreContext": "false"}
        named = {
            "ruleType": "fieldMatchesRegularExpression",
            "fieldKey": self.allowed_stages,
            "regexp": f"(^|, ){_escaped(stage)}(,|$)",
        }
        return [
            {"ruleKey": VALIDATE_FIELD_RULE, "parameters": required | {"errorMessage": message}},
            {"ruleKey": VALIDATE_FIELD_RULE, "parameters": named},
        ]

    def _check(self, comparator: str, option: str) -> Document:
        return {
            "ruleKey": CHECK_FIELD_RULE,
            "parameters": {
                "fieldId": self.field.id,
                "fieldValue": json.dumps([self.field.values[option]]),
                "comparator": comparator,
                "comparisonType": self.field.comparison,
            },
        }


def add_gate_rules(transition: Document, gate: WorkflowGate, stage: str) -> Document:
    """The transition with the gate's rules, and everything that it had."""
    bare = remove_gate_rules(transition, gate.field.id, gate.allowed_stages, gate.former_allowed_stages)
    added = gate.conditions()
    old = _group(bare.get("conditions"))
    result = dict(bare)
    if added:
        root = _wrapped(old) if old else _all([])
        if gate.exempt_group:
            member = {"ruleKey": RESTRICT_TRANSITION_RULE, "parameters": {"groupIds": gate.exempt_group}}
            block = {"operation": "ANY", "conditions": [member], "conditionGroups": [_all(added)]}
            result["conditions"] = root | {"conditionGroups": [*root["conditionGroups"], block]}
        else:
            result["conditions"] = root | {"conditions": [*root["conditions"], *added]}
    result["validators"] = [*bare.get("validators", []), *gate.validators(stage)]
    return result


def remove_gate_rules(transition: Document, gate: str, *allowed_stages: str) -> Document:
    """The transition without the gate's rules, as it was before."""
    result = dict(transition)
    root = _group(transition.get("conditions"))
    if root is not None:
        remaining = _without(root, gate)
        if remaining is None:
            result.pop("conditions", None)
        else:
            result["conditions"] = remaining
    result["validators"] = [
        validator
        for validator in transition.get("validators", [])
        if not any(_our_validator(validator, field) for field in allowed_stages)
    ]
    return result


def has_gate_rules(transition: Document, gate: WorkflowGate, stage: str) -> bool:
    """Whether the rules are stored as intended: read back, because a wrong parameter is silently stored empty."""
    expected = add_gate_rules(transition, gate, stage)
    pairs = [(expected.get(part) or [], transition.get(part) or []) for part in ("conditions", "validators")]
    return all(bool(_without_ids(rule) == _without_ids(other)) for rule, other in pairs)


def has_any_gate_rule(transition: Document, gate: str, allowed_stages: str) -> bool:
    """Whether the transition has any rule of a gate, right or wrong."""
    rules = list(_rules(_group(transition.get("conditions"))))
    return any(_our_condition(rule, gate) for rule in rules) or any(
        _our_validator(validator, allowed_stages) for validator in transition.get("validators", [])
    )


def _without(group: Document, gate: str) -> Document | None:
    """A group without our rules; a wrapper around a single older group is replaced by that group."""
    has_own = any(_our_condition(rule, gate) for rule in _rules(group))
    if not has_own:
        return group
    conditions = [condition for condition in group["conditions"] if not _our_condition(condition, gate)]
    automation = [condition for condition in conditions if condition.get("ruleKey") == RESTRICT_ALL_USERS_RULE]
    conditions = [condition for condition in conditions if condition not in automation]
    groups = [
        remaining
        for inner in group["conditionGroups"]
        if not _exemption(inner, gate) and (remaining := _without(inner, gate)) is not None
    ]
    if not conditions and not groups:
        return None
    if not conditions and len(groups) == 1 and group["operation"] == "ALL":
        return groups[0]
    return {"operation": group["operation"], "conditions": conditions, "conditionGroups": groups}


def _exemption(group: Document, gate: str) -> bool:
    keys = [condition.get("ruleKey") for condition in group["conditions"]]
    return keys == [RESTRICT_TRANSITION_RULE] and any(_our_condition(rule, gate) for rule in _rules(group))


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


def _our_condition(rule: Document, gate: str) -> bool:
    return rule.get("ruleKey") == CHECK_FIELD_RULE and rule.get("parameters", {}).get("fieldId") == gate


def _our_validator(rule: Document, allowed_stages: str) -> bool:
    parameters = rule.get("parameters", {})
    named = {parameters.get("fieldsRequired"), parameters.get("fieldKey")}
    return bool(allowed_stages) and rule.get("ruleKey") == VALIDATE_FIELD_RULE and allowed_stages in named


def _without_ids(value: Any) -> Any:
    """Without the ids that the tool gives to rules, so that the intended rules can be compared with the stored ones."""
    if isinstance(value, Mapping):
        return {name: _without_ids(part) for name, part in value.items() if name != "id" and part not in (None, [], {})}
    return [_without_ids(part) for part in value] if isinstance(value, list | tuple) else value


def _escaped(text: str) -> str:
    return "".join(f"\\{character}" if character in r"\.^$*+?()[]{}|" else character for character in text)


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
