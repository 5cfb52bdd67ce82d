"""Changes to a YAML text that touch nothing but the value that they are about.

A dump of a parsed file, even a round trip, changes the layout of what it should leave alone: columns of
comments, spaces in brackets, quotes, long lines.  A mapping is read by people and compared line by line, so the
parser only says here where each value is, and the text itself is cut there.  What is not changed stays byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

YamlPath: TypeAlias = "tuple[str | int, ...]"
NewValue: TypeAlias = "str | Sequence[str] | None"

TREES = 4
"""Trees that are kept: those of the text before a change, and of what each step of the change makes of it."""

_WORDS = frozenset({"yes", "no", "true", "false", "null", "on", "off", "~"})
_REST = re.compile(r"[^\r\n]*(?:\r\n|\n|\r|$)")


@dataclass(frozen=True, slots=True)
class YamlEntry:
    """One entry of a collection: its value, the key that holds it (none for an item of a list), and its end."""

    node: Node
    key: Node | None = None

    @property
    def start(self) -> int:
        return int((self.key or self.node).start_mark.index)

    @property
    def end(self) -> int:
        return _end(self.node)


@lru_cache(maxsize=TREES)
def compose(text: str) -> Node | None:
    """The tree of a YAML text, with marks; nobody changes it.  Raises YAMLError.

    Each of a form's values is looked up in the same text, and composing it takes a hundred times as long.
    """
    return _composed(text)


def _composed(text: str) -> Node | None:
    found: Node | None = YAML(typ="safe", pure=True).compose(text)
    return found


def find_node(text: str, path: YamlPath) -> Node | None:
    """The node at a path; ``None`` when there is none.  Raises YAMLError."""
    spot, depth = _descend(compose(text), path)
    return spot.node if spot is not None and depth == len(path) else None


def plain_value(node: Node | None) -> object:
    """What a tree means, in plain values; scalars are texts."""
    match node:
        case MappingNode():
            return {str(key.value): plain_value(value) for key, value in node.value}
        case SequenceNode():
            return [plain_value(entry) for entry in node.value]
        case ScalarNode():
            return str(node.value)
        case _:
            return None


def set_value(text: str, path: YamlPath, value: NewValue) -> str:
    """The text with a value at a path: changed, added, or taken out when it is ``None``.

    A sequence is written as a list; what it has in common with the present list stays as it is written, and what is
    new comes last.  Keys on the way that are not there yet are added.  Raises YAMLError, KeyError when an item of a
    list is not there.
    """
    spot, depth = _descend(compose(text), path)
    if spot is None or depth < len(path):
        return text if value is None else _add(text, path, depth, value)
    if value is None:
        return _remove(text, path)
    if isinstance(value, str):
        quoted = isinstance(spot.node, ScalarNode) and spot.node.style == '"'
        return _replace(text, spot, scalar(value, quoted=quoted))
    if isinstance(spot.node, SequenceNode):
        return _set_list(text, path, spot, list(value))
    return _replace(text, spot, _flow_list(value))


def scalar(value: str, *, quoted: bool = False) -> str:
    """A scalar that means this text and nothing else, in brackets as well as outside."""
    if not quoted and _is_plain(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    for sign, code in (("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        escaped = escaped.replace(sign, code)
    return f'"{escaped}"'


def _is_plain(value: str) -> bool:
    if not value or value != value.strip() or value.casefold() in _WORDS or "\n" in value or "\r" in value:
        return False
    return all(_reads_as(value, form) for form in ("[{}]", "- {}", "{{{}: 0}}", "{}: 0"))


def _reads_as(value: str, form: str) -> bool:
    """Whether a plain scalar is read as its own text in such surroundings: as an item, and as a key."""
    try:
        node = _composed(form.format(value))
    except (YAMLError, ValueError):
        return False
    inner = node.value if node is not None and len(node.value) == 1 else [None]
    node = inner[0][0] if isinstance(inner[0], tuple) else inner[0]
    if not isinstance(node, ScalarNode):
        return False
    return node.value == value and node.style is None and str(node.tag).endswith(":str")


def _descend(root: Node | None, path: YamlPath) -> tuple[YamlEntry | None, int]:
    """The innermost entry on the path that is there, and how many steps lead to it."""
    spot = None if root is None else YamlEntry(root)
    for depth, step in enumerate(path):
        inner = _step(spot.node, step) if spot is not None else None
        if inner is None:
            return spot, depth
        spot = inner
    return spot, len(path)


def _step(node: Node, step: str | int) -> YamlEntry | None:
    if isinstance(node, MappingNode):
        return next((YamlEntry(value, key) for key, value in node.value if str(key.value) == str(step)), None)
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        return YamlEntry(node.value[step])
    return None


def _entries(node: Node) -> list[YamlEntry]:
    if isinstance(node, MappingNode):
        return [YamlEntry(value, key) for key, value in node.value]
    return [YamlEntry(entry) for entry in node.value]


def _end(node: Node) -> int:
    """Where a node's own text ends: a block collection's mark stands behind the comments that follow it."""
    if _is_block(node) and node.value:
        return _entries(node)[-1].end
    return int(node.end_mark.index)


def _is_block(node: Node) -> bool:
    return isinstance(node, MappingNode | SequenceNode) and not node.flow_style


def _is_empty(node: Node) -> bool:
    """A key with nothing behind it."""
    return isinstance(node, ScalarNode) and node.start_mark.index == node.end_mark.index


def _line_end(text: str, end: int) -> int:
    """The end of the line on which something ends, with its comment and its line break."""
    found = _REST.match(text, end)
    return end if found is None or text[end - 1 : end] in {"\n", "\r"} else found.end()


def _replace(text: str, spot: YamlEntry, written: str) -> str:
    """Another value in the place of one.  What had lines of its own goes behind its key instead."""
    start, end = int(spot.node.start_mark.index), spot.end
    if spot.key is not None and (_is_empty(spot.node) or _is_block(spot.node)):
        colon = text.index(":", int(spot.key.end_mark.index)) + 1
        if _is_empty(spot.node):
            return f"{text[:colon]} {written}{text[colon:]}"
        return f"{text[:colon]} {written}{text[colon : _line_end(text, colon)]}{text[_line_end(text, end) :]}"
    if isinstance(spot.node, ScalarNode) and spot.node.style in {"|", ">"}:
        end = start + len(text[start:end].rstrip())
    return text[:start] + written + text[end:]


def _add(text: str, path: YamlPath, depth: int, value: str | Sequence[str]) -> str:
    """Add what is missing from step ``depth`` on, as one entry of the innermost mapping that is there."""
    if any(isinstance(step, int) for step in path[depth:]):
        raise KeyError(f"there is no item {path[depth]} in {path[:depth]}")
    written = scalar(value) if isinstance(value, str) else _flow_list(value)
    for step in reversed(path[depth + 1 :]):
        written = f"{{{scalar(str(step))}: {written}}}"
    entry = f"{scalar(str(path[depth]))}: {written}"
    parent, _ = _descend(compose(text), path[:depth])
    if parent is None:
        return f"{text}{entry}\n"
    if _is_empty(parent.node):
        return _replace(text, parent, f"{{{entry}}}")
    if not isinstance(parent.node, MappingNode):
        raise KeyError(f"{path[:depth]} is no set of keys")
    return _insert(text, parent.node, entry)


def _insert(text: str, parent: Node, entry: str) -> str:
    """Put an entry behind the last one of a collection."""
    if not _is_block(parent):
        close = int(parent.end_mark.index) - 1
        if not parent.value:
            return f"{text[: int(parent.start_mark.index) + 1]}{entry}{text[close:]}"
        end = _end(parent.value[-1][1] if isinstance(parent, MappingNode) else parent.value[-1])
        if not text[end:close].lstrip().startswith(","):
            return f"{text[:end]}, {entry}{text[end:]}"
        comma = text.index(",", end) + 1
        return f"{text[:comma]} {entry}{text[comma:]}"
    index = _line_end(text, _end(parent))
    newline = "\r\n" if "\r\n" in text else "\n"
    before = "" if text[:index].endswith(("\n", "\r")) else newline
    return f"{text[:index]}{before}{' ' * int(parent.start_mark.column)}{entry}{newline}{text[index:]}"


def _remove(text: str, path: YamlPath) -> str:
    """Take a key or an item out; a collection that is empty then becomes ``{}`` or ``[]``."""
    parent, _ = _descend(compose(text), path[:-1])
    if parent is None:
        return text
    entries = _entries(parent.node)
    target = [str(entry.key.value) if entry.key is not None else number for number, entry in enumerate(entries)]
    index = target.index(path[-1])
    if len(entries) == 1:
        return _replace(text, parent, "{}" if isinstance(parent.node, MappingNode) else "[]")
    here = entries[index]
    if _is_block(parent.node):
        return _remove_lines(text, parent.node, entries, index)
    if index == 0:
        return text[: here.start] + text[entries[1].start :]
    return text[: entries[index - 1].end] + text[here.end :]


def _remove_lines(text: str, parent: Node, entries: Sequence[YamlEntry], index: int) -> str:
    """Take whole lines out.  The first key of a list's item shares its line with the dash: the next one takes it."""
    start, end = entries[index].start, entries[index].end
    line = text.rfind("\n", 0, start) + 1
    if isinstance(parent, SequenceNode):
        start = text.rindex("-", 0, start)
    if text[line:start].strip():
        return text[:start] + text[entries[index + 1].start :]
    return text[:line] + text[_line_end(text, end) :]


def _set_list(text: str, path: YamlPath, spot: YamlEntry, target: list[str]) -> str:
    """A list made to hold other names: what stays is not touched, what is new comes last."""
    present = [str(node.value) if isinstance(node, ScalarNode) else "" for node in spot.node.value]
    if present == target:
        return text
    remaining = [name for name in present if name in target]
    if not remaining or len(set(present)) != len(present):
        return _replace(text, spot, _flow_list(target))
    for index in reversed(range(len(present))):
        if present[index] not in target:
            text = _remove(text, (*path, index))
    for name in target:
        parent = find_node(text, path)
        if name not in remaining and parent is not None:
            text = _insert(text, parent, f"- {scalar(name)}" if _is_block(parent) else scalar(name))
    return text


def _flow_list(names: Sequence[str]) -> str:
    return f"[{', '.join(scalar(name) for name in names)}]"
