"""The guided form: what most rules say, as fields of a form, read from a mapping file and written back into it.

A form cannot say everything that a rule can.  What it cannot express (conditions, computed and translated values,
joins, role tables) is shown as *written by hand* and stays in the file as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from textwrap import dedent, indent
from typing import TypeAlias

from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from mapping.config import FactRule, PlaceRule, RoleRule, SeriesRule, WriteRule
from mapping.load import Loaded, load_mapping, shown
from mapping.problems import Problem
from mapping.yaml_edit import Path as Place
from mapping.yaml_edit import compose, find, plain, put

Path: TypeAlias = tuple[str, ...]
"""A place inside a rule."""

VERSIONS = ("plan", "forecast", "actual")
AMOUNTS = tuple(name for name in SeriesRule.model_fields if name not in {"source", "table"})
"""What a series is asked for: its amounts, and how they lie over the months."""


def _under(head: tuple[str, ...], names: Iterator[str] | tuple[str, ...]) -> Iterator[Path]:
    return ((*head, name) for name in names)


TEXTS: tuple[Path, ...] = (
    ("name",),
    ("connection",),
    *_under(("place",), tuple(PlaceRule.model_fields)),
    *_under(("roles",), tuple(RoleRule.model_fields)),
    *_under(("facts",), tuple(FactRule.model_fields)),
    *(path for version in VERSIONS for path in _under(("effects", version), AMOUNTS)),
    ("enforce",),
    *_under(("write",), tuple(WriteRule.model_fields)),
)
"""Places inside a rule that a form asks for as one text each."""

LISTS: tuple[Path, ...] = tuple(_under(("match",), ("project", "type", "table", "labels")))
"""Places that hold names, any of which counts."""

STAGES: Path = ("stage", "from_status")
OPTIONAL: tuple[Path, ...] = (("facts",), *_under(("effects",), VERSIONS))
"""Sets of keys that go with their last key; ``effects`` goes with its last version."""


@dataclass(frozen=True, slots=True)
class ByHand:
    """Something in the rule that the form does not ask for."""

    place: str
    """``facts.objective``"""
    text: str
    """As it is written in the file."""


@dataclass(frozen=True, slots=True)
class Form:
    """One rule as a form holds it; an empty text is a key that is not there."""

    texts: Mapping[Path, str]
    lists: Mapping[Path, tuple[str, ...]]
    stages: Mapping[str, str]
    by_hand: tuple[ByHand, ...] = ()

    @property
    def fixed(self) -> frozenset[str]:
        """Places that are written by hand, and that the form must not offer."""
        return frozenset(one.place for one in self.by_hand)


class Unwritable(ValueError):
    """The file is laid out in a way that a form cannot change without harm."""


def rule_names(text: str) -> tuple[str, ...] | tuple[Problem, ...]:
    """The rules of a file in their order, or its problems."""
    loaded = load_mapping(text)
    return tuple(rule.name for rule in loaded.config.measures) if isinstance(loaded, Loaded) else loaded


def read_form(text: str, place: int) -> Form:
    """The rule at a place of the file, as a form.  Raises IndexError when there is none, YAMLError."""
    rule = find(text, ("measures", place))
    if rule is None:
        raise IndexError(f"the file has no rule {place + 1}")
    by_hand = tuple(_by_hand(text, rule, ()))
    hidden = {one.place for one in by_hand}
    texts = {path: "" if shown(path) in hidden else _text(_at(rule, path)) for path in TEXTS}
    stages = {
        str(key.value): str(value.value)
        for key, value in _pairs(_at(rule, STAGES))
        if shown((*STAGES, str(key.value))) not in hidden
    }
    return Form(texts, {path: _names(_at(rule, path)) for path in LISTS}, stages, by_hand)


def write_form(text: str, place: int, wanted: Form) -> str:
    """The file with a rule changed to what the form says; nothing else in it is touched.

    Raises Unwritable when the file cannot be changed so, with what to do; YAMLError when it is none.
    """
    present, result = read_form(text, place), text
    base: Place = ("measures", place)
    try:
        for path in TEXTS:
            if shown(path) not in present.fixed and wanted.texts.get(path, "") != present.texts[path]:
                result = put(result, (*base, *path), wanted.texts.get(path) or None)
        for path in LISTS:
            names = wanted.lists.get(path, ())
            if shown(path) not in present.fixed and names != present.lists[path]:
                selector = isinstance(find(result, (*base, *path)), MappingNode)
                result = put(result, (*base, *path, *(("any",) if selector else ())), names or None)
        for status in (*present.stages, *(one for one in wanted.stages if one not in present.stages)):
            if wanted.stages.get(status) != present.stages.get(status):
                result = put(result, (*base, *STAGES, status), wanted.stages.get(status))
        result = _pruned(result, base)
        _hold(text, result, place, wanted)
    except (KeyError, ValueError, YAMLError) as error:
        raise Unwritable(
            f"The form cannot change this rule without touching more than it should ({error}). Use the editor."
        ) from error
    return result


def _hold(before: str, after: str, place: int, wanted: Form) -> None:
    """See that the change is what was asked for, and that everything around it means what it meant."""
    old, new = plain(compose(before)), plain(compose(after))
    if not isinstance(old, dict) or not isinstance(new, dict):
        raise ValueError("it is no set of keys")
    changed, left = read_form(after, place), read_form(before, place)
    lists = {path: set(names) for path, names in changed.lists.items() if shown(path) not in left.fixed}
    if (
        any(changed.texts[path] != wanted.texts.get(path, "") for path in TEXTS if shown(path) not in left.fixed)
        or any(names != set(wanted.lists.get(path, ())) for path, names in lists.items())
        or changed.stages != dict(wanted.stages)
        or {one.place: one.text for one in changed.by_hand} != {one.place: one.text for one in left.by_hand}
    ):
        raise ValueError("the rule would not mean what the form says")
    del old["measures"][place], new["measures"][place]
    if old != new:
        raise ValueError("something outside the rule would change")


def _pruned(text: str, base: Place) -> str:
    """Without the sets of keys that nothing is left in, where a rule may do without them."""
    for path in (*OPTIONAL, ("effects",)):
        node = find(text, (*base, *path))
        if isinstance(node, MappingNode) and not node.value:
            text = put(text, (*base, *path), None)
    return text


def _at(rule: Node, path: Path) -> Node | None:
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
    return tuple(str(one.value) for one in found.value) if isinstance(found, SequenceNode) else ()


_INNER = frozenset({path[:depth] for path in (*TEXTS, *LISTS, STAGES) for depth in range(1, len(path))} | {STAGES})


def _by_hand(text: str, node: Node, path: Path) -> Iterator[ByHand]:
    """Everything below a node that the form does not ask for, or not in this way."""
    for key, value in _pairs(node):
        here = (*path, str(key.value))
        if here in _INNER and isinstance(value, MappingNode):
            yield from _by_hand(text, value, here)
        elif here in LISTS and isinstance(value, MappingNode):
            others = ((inner, one) for inner, one in _pairs(value) if inner.value != "any")
            yield from (_cut(text, (*here, str(inner.value)), one) for inner, one in others)
        elif not _is_asked(path, here, value):
            yield _cut(text, here, value)


def _is_asked(path: Path, here: Path, value: Node) -> bool:
    """Whether the form asks for a value, and the value is one that a form can hold."""
    if here in LISTS:
        return isinstance(value, SequenceNode)
    return (here in TEXTS or path == STAGES) and isinstance(value, ScalarNode) and value.style not in {"|", ">"}


def _cut(text: str, path: Path, node: Node) -> ByHand:
    """The text of a value, moved to the left."""
    start, end = int(node.start_mark.index), int(node.end_mark.index)
    first, _, rest = text[start:end].rstrip().partition("\n")
    if isinstance(node, MappingNode | SequenceNode) and not node.flow_style:
        return ByHand(shown(path), dedent(f"{' ' * int(node.start_mark.column)}{first}\n{rest}").strip())
    return ByHand(shown(path), f"{first}\n{indent(dedent(rest), '  ')}".strip())
