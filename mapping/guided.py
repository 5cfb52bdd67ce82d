"""The guided form: what most rules say, as fields of a form, read from a mapping file and written back into it.

A form cannot say everything that a rule can.  What it cannot express (conditions, computed and translated values,
joins, role tables) is shown as *written by hand* and stays in the file as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from textwrap import dedent, indent
from typing import TypeAlias

from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from mapping.config import FactRule, HierarchyRule, RoleRule, SeriesRule, WriteRule
from mapping.guided_roles import (
    APPROVALS,
    FurtherRoleForm,
    TwiceNamed,
    fits_form,
    read_further_roles,
    without_gates_of,
    write_further_roles,
)
from mapping.load import LoadedMapping, format_path, load_mapping
from mapping.problems import MappingFileProblem
from mapping.yaml_edit import YamlPath, compose, find_node, plain_value, set_value

RulePath: TypeAlias = tuple[str, ...]
"""A path inside a rule."""

VERSIONS = ("plan", "forecast", "actual")
AMOUNTS = tuple(name for name in SeriesRule.model_fields if name not in {"source", "table", "sign"})
"""What the form has of a series: its amounts, and how they are spread over the months."""


TICKET_PARTS = frozenset({"priority", "delay_cost", "waiting_since", "suggested_priority", "handoffs"})
"""What only a joined ticket's fields hold."""


def _under(head: tuple[str, ...], names: Iterator[str] | tuple[str, ...]) -> Iterator[RulePath]:
    return ((*head, name) for name in names)


TEXT_PATHS: tuple[RulePath, ...] = (
    ("name",),
    ("connection",),
    *_under(("hierarchy",), tuple(HierarchyRule.model_fields)),
    *_under(("roles",), tuple(name for name in RoleRule.model_fields if name != "further")),
    *_under(("facts",), tuple(field.alias or name for name, field in FactRule.model_fields.items())),
    *(path for version in VERSIONS for path in _under(("effects", version), AMOUNTS)),
    ("enforce",),
    *_under(("write",), tuple(name for name in WriteRule.model_fields if name not in TICKET_PARTS)),
)
"""Paths inside a rule that the form has a text field for."""

LIST_PATHS: tuple[RulePath, ...] = tuple(_under(("match",), ("project", "type", "table", "labels")))
"""Paths that hold names, any of which counts."""

STAGES_PATH: RulePath = ("stage", "from_status")
FURTHER_PATH: RulePath = ("roles", "further")
OPTIONAL_PATHS: tuple[RulePath, ...] = (("facts",), FURTHER_PATH, *_under(("effects",), VERSIONS))
"""Sets of keys that go with their last key; ``effects`` goes with its last version."""


@dataclass(frozen=True, slots=True)
class HandWritten:
    """Something in the rule that the form does not ask for."""

    path: str
    """``facts.objective``"""
    text: str
    """As it is written in the file."""


@dataclass(frozen=True, slots=True)
class RuleForm:
    """One rule as a form holds it; an empty text is a key that is not there."""

    texts: Mapping[RulePath, str]
    lists: Mapping[RulePath, tuple[str, ...]]
    stages: Mapping[str, str]
    further: tuple[FurtherRoleForm, ...] = ()
    """Roles beside owner, sponsor and controller."""
    hand_written: tuple[HandWritten, ...] = ()

    @property
    def hand_written_paths(self) -> frozenset[str]:
        """Paths that are written by hand, and that the form must not show as fields."""
        return frozenset(hand_written.path for hand_written in self.hand_written)


class FormCannotWrite(ValueError):
    """The file is laid out in a way that a form cannot change without harm."""


def rule_names(text: str) -> tuple[str, ...] | tuple[MappingFileProblem, ...]:
    """The rules of a file in their order, or its problems."""
    loaded = load_mapping(text)
    return tuple(rule.name for rule in loaded.config.measures) if isinstance(loaded, LoadedMapping) else loaded


def read_form(text: str, index: int) -> RuleForm:
    """The rule at a place of the file, as a form.  Raises IndexError when there is none, YAMLError."""
    rule = find_node(text, ("measures", index))
    if rule is None:
        raise IndexError(f"the file has no rule {index + 1}")
    by_hand = tuple(_hand_written(text, rule, ()))
    hidden = {hand_written.path for hand_written in by_hand}
    texts = {path: "" if format_path(path) in hidden else _text(_at(rule, path)) for path in TEXT_PATHS}
    stages = {
        str(key.value): str(value.value)
        for key, value in _pairs(_at(rule, STAGES_PATH))
        if format_path((*STAGES_PATH, str(key.value))) not in hidden
    }
    lists = {path: _names(_at(rule, path)) for path in LIST_PATHS}
    return RuleForm(texts, lists, stages, read_further_roles(text, index), by_hand)


def write_form(text: str, index: int, form: RuleForm) -> str:
    """The file with a rule changed to what the form says; nothing else in it is touched.

    Raises FormCannotWrite when the file cannot be changed so, with what to do; YAMLError when it is none.
    """
    present, result = read_form(text, index), text
    base: YamlPath = ("measures", index)
    try:
        for path in TEXT_PATHS:
            if format_path(path) not in present.hand_written_paths and form.texts.get(path, "") != present.texts[path]:
                result = set_value(result, (*base, *path), form.texts.get(path) or None)
        for path in LIST_PATHS:
            names = form.lists.get(path, ())
            if format_path(path) not in present.hand_written_paths and names != present.lists[path]:
                selector = isinstance(find_node(result, (*base, *path)), MappingNode)
                result = set_value(result, (*base, *path, *(("any",) if selector else ())), names or None)
        for status in (
            *present.stages,
            *(status for status in form.stages if status not in present.stages),
        ):
            if form.stages.get(status) != present.stages.get(status):
                result = set_value(result, (*base, *STAGES_PATH, status), form.stages.get(status))
        result = _without_empty_keys(write_further_roles(result, index, form.further), base)
        _verify_change(text, result, index, form)
    except TwiceNamed as error:
        raise FormCannotWrite(f"Nothing was saved: {error}. Give each role one line.") from error
    except (KeyError, ValueError, YAMLError) as error:
        raise FormCannotWrite(
            f"The form cannot change this rule without touching more than it should ({error}). Use the editor."
        ) from error
    return result


def _verify_change(before: str, after: str, index: int, form: RuleForm) -> None:
    """Check that the change is the one in the form, and that everything else means what it meant."""
    old, new = plain_value(compose(before)), plain_value(compose(after))
    if not isinstance(old, dict) or not isinstance(new, dict):
        raise ValueError("it is no set of keys")
    changed, left = read_form(after, index), read_form(before, index)
    lists = {
        path: set(names) for path, names in changed.lists.items() if format_path(path) not in left.hand_written_paths
    }
    if (
        any(
            changed.texts[path] != form.texts.get(path, "")
            for path in TEXT_PATHS
            if format_path(path) not in left.hand_written_paths
        )
        or any(names != set(form.lists.get(path, ())) for path, names in lists.items())
        or changed.stages != dict(form.stages)
        or {role.key: _with_sorted_gates(role) for role in changed.further}
        != {role.key: _with_sorted_gates(role) for role in form.further}
        or {hand_written.path: hand_written.text for hand_written in changed.hand_written}
        != {hand_written.path: hand_written.text for hand_written in left.hand_written}
    ):
        raise ValueError("the rule would not mean what the form says")
    del old["measures"][index], new["measures"][index]
    keys = {role.key for role in (*left.further, *form.further)}
    _take_out_gates(old, keys)
    _take_out_gates(new, keys)
    if old != new:
        raise ValueError("something outside the rule would change")


def _with_sorted_gates(role: FurtherRoleForm) -> FurtherRoleForm:
    return replace(role, gates=tuple(sorted(role.gates)))


def _take_out_gates(mapping: dict[str, object], keys: Collection[str]) -> None:
    """Leave in the policy only what a form about these roles must not change."""
    policy = mapping.pop(str(APPROVALS[0]), {})
    if isinstance(policy, dict):
        others = without_gates_of(policy.pop(APPROVALS[1], {}), keys)
        mapping["policy"] = policy | ({"approvals": others} if others else {})


def _without_empty_keys(text: str, base: YamlPath) -> str:
    """Without the sets of keys that nothing is left in, where a rule may do without them."""
    for path in (*OPTIONAL_PATHS, ("effects",)):
        node = find_node(text, (*base, *path))
        if isinstance(node, MappingNode) and not node.value:
            text = set_value(text, (*base, *path), None)
    return text


def _at(rule: Node, path: RulePath) -> Node | None:
    node: Node | None = rule
    for step in path:
        node = next((value for key, value in _pairs(node) if str(key.value) == step), None)
    return node


def _pairs(node: Node | None) -> list[tuple[Node, Node]]:
    return list(node.value) if isinstance(node, MappingNode) else []


def _text(node: Node | None) -> str:
    return str(node.value) if isinstance(node, ScalarNode) else ""


def _names(node: Node | None) -> tuple[str, ...]:
    """A list's names; of a selector, those of which any counts."""
    found = _at(node, ("any",)) if isinstance(node, MappingNode) else node
    return tuple(str(entry.value) for entry in found.value) if isinstance(found, SequenceNode) else ()


_INNER = frozenset(
    {path[:depth] for path in (*TEXT_PATHS, *LIST_PATHS, STAGES_PATH) for depth in range(1, len(path))}
    | {STAGES_PATH, FURTHER_PATH}
)


def _hand_written(text: str, node: Node, path: RulePath) -> Iterator[HandWritten]:
    """Everything below a node that the form does not ask for, or not in this way."""
    for key, value in _pairs(node):
        here = (*path, str(key.value))
        if here in _INNER and isinstance(value, MappingNode):
            yield from _hand_written(text, value, here)
        elif here in LIST_PATHS and isinstance(value, MappingNode):
            other_keys = ((inner, entry) for inner, entry in _pairs(value) if inner.value != "any")
            yield from (_hand_written_at(text, (*here, str(inner.value)), entry) for inner, entry in other_keys)
        elif not _is_in_form(path, here, value):
            yield _hand_written_at(text, here, value)


def _is_in_form(path: RulePath, here: RulePath, value: Node) -> bool:
    """Whether the form asks for a value, and the value is one that a form can hold."""
    if here in LIST_PATHS:
        return isinstance(value, SequenceNode)
    if path == FURTHER_PATH:
        return fits_form(plain_value(value))
    return (
        (here in TEXT_PATHS or path == STAGES_PATH) and isinstance(value, ScalarNode) and value.style not in {"|", ">"}
    )


def _hand_written_at(text: str, path: RulePath, node: Node) -> HandWritten:
    """The text of a value, moved to the left."""
    start, end = int(node.start_mark.index), int(node.end_mark.index)
    first, _, rest = text[start:end].rstrip().partition("\n")
    if isinstance(node, MappingNode | SequenceNode) and not node.flow_style:
        return HandWritten(format_path(path), dedent(f"{' ' * int(node.start_mark.column)}{first}\n{rest}").strip())
    return HandWritten(format_path(path), f"{first}\n{indent(dedent(rest), '  ')}".strip())
