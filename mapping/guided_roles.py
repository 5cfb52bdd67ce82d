"""Further roles in the guided form: who holds each of them, and which gates ask for its approval.

The roles stand in the rule (``roles.further``), the gates in the policy of the whole file (``policy.approvals``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ruamel.yaml.nodes import MappingNode

from mapping.yaml_edit import YamlPath, compose, find_node, plain_value, set_value

Approvals: TypeAlias = Mapping[str, Sequence[str]]
APPROVALS: YamlPath = ("policy", "approvals")
SUGGESTED_KEYS = ("business_owner", "service_owner", "risk_owner")
KEYS = frozenset({"label", "from"})


@dataclass(frozen=True, slots=True)
class FurtherRoleForm:
    """One further role as the form holds it."""

    key: str
    """``risk_owner``"""
    field: str
    """The person field that names its holder; a role without one is taken out of the rule."""
    label: str = ""
    """What it is called; empty for its key with blanks."""
    gates: tuple[str, ...] = ()
    """Stages whose gates ask for its approval."""


class TwiceNamed(ValueError):
    """Two lines of the form are about one role."""


def fits_form(value: object) -> bool:
    """Whether a role is written so that two text fields can hold it."""
    return (
        isinstance(value, Mapping)
        and set(value) <= KEYS
        and all(isinstance(text, str) and "\n" not in text for text in value.values())
    )


def read_further_roles(text: str, index: int) -> tuple[FurtherRoleForm, ...]:
    """The further roles of a rule that the form can hold, in the order of the file.  Raises YAMLError."""
    approvals = _approvals(text)
    return tuple(
        FurtherRoleForm(
            key,
            str(value.get("from", "")),
            str(value.get("label", "")),
            tuple(stage for stage, keys in approvals.items() if key in keys),
        )
        for key, value in _further(text, index).items()
        if isinstance(value, Mapping) and fits_form(value)
    )


def write_further_roles(text: str, index: int, wanted: Iterable[FurtherRoleForm]) -> str:
    """The file with these roles in the rule, and with their gates in the policy.

    A role that is left out goes from the rule; from the policy as well where no other rule has it.  Raises TwiceNamed,
    YAMLError, KeyError, ValueError.
    """
    present, roles = {role.key: role for role in read_further_roles(text, index)}, {}
    for role in wanted:
        if role.key in roles or (role.key in _further(text, index) and role.key not in present):
            raise TwiceNamed(f"the role {role.key} is there twice")
        roles[role.key] = role
    base: YamlPath = ("measures", index, "roles", "further")
    for key in present.keys() - roles.keys():
        text = set_value(text, (*base, key), None)
    for key, role in roles.items():
        before = present.get(key, FurtherRoleForm(key, ""))
        for name, new, old in (("from", role.field, before.field), ("label", role.label, before.label)):
            if new != old:
                text = set_value(text, (*base, key, name), new or None)
    elsewhere = _keys_of_all_rules(text)
    gates = {key: role.gates for key, role in roles.items()}
    gates |= {key: () for key in present if key not in roles and key not in elsewhere}
    return _write_gates(text, gates)


def without_gates_of(approvals: object, keys: Iterable[str]) -> dict[str, list[str]]:
    """What a file asks for beside these roles: what a form about them must not change."""
    left = set(keys)
    found = approvals if isinstance(approvals, Mapping) else {}
    others = {str(stage): [key for key in listed if key not in left] for stage, listed in found.items()}
    return {stage: listed for stage, listed in others.items() if listed}


def _write_gates(text: str, gates: Mapping[str, Sequence[str]]) -> str:
    approvals = _approvals(text)
    for stage in dict.fromkeys((*approvals, *(stage for stages in gates.values() for stage in stages))):
        before = approvals.get(stage, ())
        after = [key for key in before if stage in gates.get(key, (stage,))]
        after += [key for key, stages in gates.items() if stage in stages and key not in after]
        if list(before) != after:
            text = set_value(text, (*APPROVALS, stage), after or None)
    for path in (APPROVALS, APPROVALS[:1]):
        node = find_node(text, path)
        if approvals and isinstance(node, MappingNode) and not node.value:
            text = set_value(text, path, None)
    return text


def _approvals(text: str) -> Approvals:
    found = plain_value(find_node(text, APPROVALS))
    listed = found.items() if isinstance(found, dict) else ()
    return {stage: keys for stage, keys in listed if isinstance(keys, list)}


def _further(text: str, index: int) -> Mapping[str, object]:
    found = plain_value(find_node(text, ("measures", index, "roles", "further")))
    return found if isinstance(found, dict) else {}


def _keys_of_all_rules(text: str) -> frozenset[str]:
    whole = plain_value(compose(text))
    rules = whole.get("measures") if isinstance(whole, dict) else None
    return frozenset(key for index in range(len(rules or ())) for key in _further(text, index))
