"""Native gates: the rules that make a workflow itself refuse, put into a workflow's document and taken out again.

Pure: documents in, documents out.  The shapes are those of ``POST /workflows`` and ``POST /workflows/update``; every
parameter is text, a list is JSON inside text, and every group of conditions has to have its ``conditionGroups``.
What stands there already is kept: where any one of several conditions was enough, the old group goes whole into a new
one, because beside them ours would not be asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.sync.provision import GateStyle

Document = dict[str, Any]

CHECK = "system:check-field-value"
VALIDATE = "system:validate-field-value"
ROBOTS = "system:restrict-from-all-users"
GROUP = "system:restrict-issue-transition"

SENT = (
    "id",
    "version",
    "description",
    "statuses",
    "transitions",
    "startPointLayout",
    "loopedTransitionContainerLayout",
)
"""What an update takes of a workflow as it was read."""


@dataclass(frozen=True, slots=True)
class GateField:
    """The field that says how the gate stands."""

    id: str
    values: Mapping[str, str]
    """Open, Shut, Breach to what a rule compares with: the option's id, or the word itself."""
    comparison: str
    """OPTIONID or STRING."""


@dataclass(frozen=True, slots=True)
class Guard:
    """What every gated transition of one workflow gets."""

    gate: GateField
    closed: bool
    """Only an open gate lets through.  Else what is not shut passes as well: items that are not governed."""
    style: GateStyle = GateStyle.BOTH
    passes: str = ""
    """Id of the text field that names the stages which are open; empty when the mapping writes none."""
    former_passes: str = ""
    """The same when the gate was placed last: rules on a field that is no longer written would stop everybody."""
    robots_only: bool = False
    exempt_group: str = ""

    def conditions(self) -> list[Document]:
        found = []
        if self.style is not GateStyle.EXPLAIN:
            if self.closed:
                found.append(self._check("=", "Open"))
            else:
                found += [self._check("!=", "Shut"), self._check("!=", "Breach")]
            if self.robots_only:
                found.append({"ruleKey": ROBOTS, "parameters": {"restrictMode": "users"}})
        return found

    def validators(self, stage: str) -> list[Document]:
        """Seen by whoever reaches the transition all the same: by a list, a bulk change, a program."""
        if self.style is GateStyle.HIDE or not self.closed or not self.passes:
            return []
        message = f"Gatepost: the gate into {stage} is shut. The field with the blockers says why and who must act."
        required = {"ruleType": "fieldRequired", "fieldsRequired": self.passes, "ignoreContext": "false"}
        named = {
            "ruleType": "fieldMatchesRegularExpression",
            "fieldKey": self.passes,
            "regexp": f"(^|, ){_escaped(stage)}(,|$)",
        }
        return [
            {"ruleKey": VALIDATE, "parameters": required | {"errorMessage": message}},
            {"ruleKey": VALIDATE, "parameters": named},
        ]

    def _check(self, comparator: str, word: str) -> Document:
        return {
            "ruleKey": CHECK,
            "parameters": {
                "fieldId": self.gate.id,
                "fieldValue": json.dumps([self.gate.values[word]]),
                "comparator": comparator,
                "comparisonType": self.gate.comparison,
            },
        }


def guarded(transition: Document, guard: Guard, stage: str) -> Document:
    """The transition with the gate's rules, and everything that it had."""
    bare = unguarded(transition, guard.gate.id, guard.passes, guard.former_passes)
    ours = guard.conditions()
    old = _group(bare.get("conditions"))
    result = dict(bare)
    if ours:
        root = _wrapped(old) if old else _all([])
        if guard.exempt_group:
            member = {"ruleKey": GROUP, "parameters": {"groupIds": guard.exempt_group}}
            block = {"operation": "ANY", "conditions": [member], "conditionGroups": [_all(ours)]}
            result["conditions"] = root | {"conditionGroups": [*root["conditionGroups"], block]}
        else:
            result["conditions"] = root | {"conditions": [*root["conditions"], *ours]}
    result["validators"] = [*bare.get("validators", []), *guard.validators(stage)]
    return result


def unguarded(transition: Document, gate: str, *passes: str) -> Document:
    """The transition without the gate's rules, as it was before."""
    result = dict(transition)
    root = _group(transition.get("conditions"))
    if root is not None:
        left = _without(root, gate)
        if left is None:
            result.pop("conditions", None)
        else:
            result["conditions"] = left
    result["validators"] = [
        one for one in transition.get("validators", []) if not any(_our_validator(one, field) for field in passes)
    ]
    return result


def is_guarded(transition: Document, guard: Guard, stage: str) -> bool:
    """Whether the rules stand there as they should: read back, because a wrong parameter is stored empty in silence."""
    wanted = guarded(transition, guard, stage)
    pairs = [(wanted.get(part) or [], transition.get(part) or []) for part in ("conditions", "validators")]
    return all(bool(_bare(one) == _bare(other)) for one, other in pairs)


def has_any(transition: Document, gate: str, passes: str) -> bool:
    """Whether any rule of a gate stands there, right or wrong."""
    rules = list(_rules(_group(transition.get("conditions"))))
    return any(_our_condition(one, gate) for one in rules) or any(
        _our_validator(one, passes) for one in transition.get("validators", [])
    )


def _without(group: Document, gate: str) -> Document | None:
    """A group without our rules; a wrapper that held only an older group gives that back."""
    mine = any(_our_condition(one, gate) for one in _rules(group))
    if not mine:
        return group
    conditions = [one for one in group["conditions"] if not _our_condition(one, gate)]
    robots = [one for one in conditions if one.get("ruleKey") == ROBOTS]
    conditions = [one for one in conditions if one not in robots]
    groups = [
        left
        for inner in group["conditionGroups"]
        if not _exemption(inner, gate) and (left := _without(inner, gate)) is not None
    ]
    if not conditions and not groups:
        return None
    if not conditions and len(groups) == 1 and group["operation"] == "ALL":
        return groups[0]
    return {"operation": group["operation"], "conditions": conditions, "conditionGroups": groups}


def _exemption(group: Document, gate: str) -> bool:
    keys = [one.get("ruleKey") for one in group["conditions"]]
    return keys == [GROUP] and any(_our_condition(one, gate) for one in _rules(group))


def _wrapped(group: Document) -> Document:
    """A group into which one more condition can be put that always counts."""
    if group["operation"] == "ALL":
        return dict(group)
    return {"operation": "ALL", "conditions": [], "conditionGroups": [group]}


def _all(conditions: Sequence[Document]) -> Document:
    return {"operation": "ALL", "conditions": list(conditions), "conditionGroups": []}


def _group(value: Any) -> Document | None:
    """A group with both of its lists: without ``conditionGroups`` the vendor refuses it (JRACLOUD-82794)."""
    if not isinstance(value, Mapping):
        return None
    conditions = [dict(one) for one in value.get("conditions") or []]
    inner = [group for one in value.get("conditionGroups") or [] if (group := _group(one)) is not None]
    if not conditions and not inner:
        return None
    return {"operation": value.get("operation", "ALL"), "conditions": conditions, "conditionGroups": inner}


def _rules(group: Document | None) -> Iterator[Document]:
    if group is not None:
        yield from group["conditions"]
        for inner in group["conditionGroups"]:
            yield from _rules(inner)


def _our_condition(rule: Document, gate: str) -> bool:
    return rule.get("ruleKey") == CHECK and rule.get("parameters", {}).get("fieldId") == gate


def _our_validator(rule: Document, passes: str) -> bool:
    given = rule.get("parameters", {})
    named = {given.get("fieldsRequired"), given.get("fieldKey")}
    return bool(passes) and rule.get("ruleKey") == VALIDATE and passes in named


def _bare(value: Any) -> Any:
    """Without the ids that the tool gives to rules, so that what was wanted can be compared with what is there."""
    if isinstance(value, Mapping):
        return {name: _bare(part) for name, part in value.items() if name != "id" and part not in (None, [], {})}
    return [_bare(part) for part in value] if isinstance(value, list | tuple) else value


def _escaped(text: str) -> str:
    return "".join(f"\\{one}" if one in r"\.^$*+?()[]{}|" else one for one in text)


def update_of(document: Mapping[str, Any], transitions: Sequence[Document]) -> Document:
    """The update of a workflow: what was read, without what an update does not take, with other transitions."""
    sent = {name: document[name] for name in SENT if name in document and document[name] is not None}
    sent["statuses"] = [
        {name: value for name, value in one.items() if name != "deprecated"} for one in document.get("statuses", [])
    ]
    sent["transitions"] = [_clean(one) for one in transitions]
    return sent


def _clean(transition: Document) -> Document:
    """Groups made whole, and nothing sent that is null."""
    cleaned = {name: value for name, value in transition.items() if value is not None}
    group = _group(transition.get("conditions"))
    cleaned.pop("conditions", None)
    return cleaned | ({"conditions": group} if group is not None else {})
