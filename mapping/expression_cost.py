"""What an expression may cost at most, from its tree and the bounds of what it sees.

The library has no limit of steps or time, so that the worst case is reckoned before an expression is accepted.  A step
is one comparison, or one part of a list that is copied: 20 to 200 ns as measured.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from mapping.expression_tree import Node, NodeKind

MAX_STEPS = 500_000
"""Measured: below 100 ms for the largest item there can be."""
MAX_NESTED_MACROS = 2
MAX_PATTERN_WEIGHT = 200
"""Characters of a pattern, with everything that it repeats a number of times written out."""

MAX_LIST_LENGTH = 100
MAX_TEXT_LENGTH = 4_000
MAX_PART_TEXT_LENGTH = 255
"""Characters of a text inside a list or of a person."""
MAX_INNER_LIST_LENGTH = 10
MAX_FIELDS = 1_000

_CHARACTERS_PER_CELL = 64
_STEPS_PER_ROUND = 10
_STEPS_PER_PATTERN_WEIGHT = 100
"""Patterns are compiled for each evaluation."""
_CHARACTERS_MATCHED_PER_STEP = 4
_UNICODE_CLASS_WEIGHT = 10
_RANGE_CLASS_WEIGHT = 3

_REPETITION = re.compile(r"\{\s*([0-9]+)\s*(?:(,)\s*([0-9]*)\s*)?\}")
_FLAGS = re.compile(r"\(\?[a-zA-Z-]*x")
_PROPERTY = re.compile(r"\\[pP](?:\{[^}]*\}|.)")


class TooCostly(Exception):
    """The text says what would take too long, the second one what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True)
class Size:
    """The largest that a value can be; it may be a text or a list."""

    chars: int = 0
    length: int = 0
    part: Size | None = None

    @cached_property
    def cells(self) -> int:
        """What copying it costs, in steps."""
        return 1 + self.chars // _CHARACTERS_PER_CELL + self.length * (self.part.cells if self.part else 1)

    @property
    def parts(self) -> Size:
        return self.part or SCALAR

    def joined(self, other: Size) -> Size:
        """For a value that is one or the other."""
        return self._merged(other, max(self.chars, other.chars), max(self.length, other.length))

    def plus(self, other: Size) -> Size:
        return self._merged(other, self.chars + other.chars, self.length + other.length)

    def _merged(self, other: Size, chars: int, length: int) -> Size:
        if self.part is None or other.part is None:
            return Size(chars, length, self.part or other.part)
        return Size(chars, length, self.part.joined(other.part))


SCALAR = Size(chars=_CHARACTERS_PER_CELL)
"""A number, moment or truth value, which may be written as a short text."""
_SHORT_TEXT = Size(chars=MAX_PART_TEXT_LENGTH)
_PART = Size(MAX_PART_TEXT_LENGTH, MAX_INNER_LIST_LENGTH, _SHORT_TEXT)
_FIELD = Size(MAX_TEXT_LENGTH, MAX_LIST_LENGTH, _PART)
_TEXT = Size(chars=MAX_TEXT_LENGTH)
_TEXTS = Size(length=MAX_LIST_LENGTH, part=_SHORT_TEXT)
_FIELDS = Size(length=MAX_FIELDS, part=_FIELD)
_COUNTS = Size(length=3, part=SCALAR)
_ITEM_PARTS = {"labels": _TEXTS, "components": _TEXTS, "fields": _FIELDS, "children": _COUNTS}


def check_cost(tree: Node) -> None:
    """Raises TooCostly for an expression that might hold a worker."""
    size, steps = _Reckoner().reckon(tree, {}, 0)
    if steps + size.cells > MAX_STEPS:
        raise _too_much_work()


class _Reckoner:
    """Sizes and steps of a tree; ``bound`` holds what macros bind."""

    def reckon(self, node: Node, bound: Mapping[str, Size], macros: int) -> tuple[Size, int]:
        """The largest value of a node, and the most steps that it takes."""
        if node.target is not None and node.is_macro:
            size, steps = self._macro(node, node.target, bound, macros)
        else:
            size, steps = self._plain(node, bound, macros)
        if steps > MAX_STEPS:
            # At once, because sizes that multiply would grow beyond all sense.
            raise _too_much_work()
        return size, steps

    def _plain(self, node: Node, bound: Mapping[str, Size], macros: int) -> tuple[Size, int]:
        if node.kind is NodeKind.SELECT and node.target == Node(NodeKind.NAME, "item") and "item" not in bound:
            return _ITEM_PARTS.get(node.word, _TEXT), 1
        target, steps = self.reckon(node.target, bound, macros) if node.target else (SCALAR, 0)
        parts = []
        for part in node.parts:
            size, more = self.reckon(part, bound, macros)
            parts.append(size)
            steps += more
        size, own = self._own(node, target, parts, bound)
        return size, steps + own

    def _own(self, node: Node, target: Size, parts: list[Size], bound: Mapping[str, Size]) -> tuple[Size, int]:
        match node.kind:
            case NodeKind.VALUE:
                return SCALAR, 1
            case NodeKind.TEXT:
                return Size(chars=len(node.word)), 1
            case NodeKind.NAME:
                return bound.get(node.word, SCALAR), 1
            case NodeKind.SELECT | NodeKind.INDEX:
                return target.parts, 1
            case NodeKind.LIST | NodeKind.MAP:
                part = SCALAR
                for one in parts:
                    part = part.joined(one)
                size = Size(length=len(parts), part=part)
                return size, size.cells
            case NodeKind.CHOICE:
                return parts[1].joined(parts[2]), 1
            case NodeKind.OPERATION:
                return _operation(node.word, parts)
            case NodeKind.CALL:
                return _call(node, [*([target] if node.target else []), *parts])

    def _macro(self, node: Node, target: Node, bound: Mapping[str, Size], macros: int) -> tuple[Size, int]:
        if macros == MAX_NESTED_MACROS:
            raise TooCostly(
                f"all, exists, exists_one, map and filter stand at most {MAX_NESTED_MACROS} inside one another.",
                "Ask for it in two expressions, or compute it in the tool.",
            )
        source, steps = self.reckon(target, bound, macros)
        # Of an object, the names are gone through.
        inner = {**bound, node.parts[0].word: source.parts.joined(_SHORT_TEXT)}
        rounds = source.length
        made = source.parts
        for part in node.parts[1:]:
            made, more = self.reckon(part, inner, macros + 1)
            steps += rounds * (more + _STEPS_PER_ROUND)
        if node.word not in {"map", "filter"}:
            return SCALAR, steps
        kept = made if node.word == "map" else source.parts.joined(_SHORT_TEXT)
        # The list is copied for each part that is added to it.
        return Size(length=rounds, part=kept), steps + rounds * (rounds + 1) // 2 * kept.cells


def _operation(sign: str, parts: list[Size]) -> tuple[Size, int]:
    if len(parts) == 1 or sign in {"&&", "||", "*", "/", "%", "-"}:
        return SCALAR, 1
    left, right = parts
    if sign == "in":
        return SCALAR, 1 + right.length * min(left.cells, right.parts.cells)
    if sign == "+":
        total = left.plus(right)
        return total, total.cells
    return SCALAR, min(left.cells, right.cells)


def _call(node: Node, given: list[Size]) -> tuple[Size, int]:
    if node.word in {"has", "size"}:
        return SCALAR, 1 + sum(one.chars // _CHARACTERS_PER_CELL for one in given)
    if node.word == "matches":
        return SCALAR, _pattern_steps(node, given[0] if given else SCALAR)
    size = SCALAR
    for one in given:
        size = size.plus(one)
    return size, size.cells


def _pattern_steps(node: Node, text: Size) -> int:
    pattern = node.parts[-1] if node.parts else None
    if pattern is None or pattern.kind is not NodeKind.TEXT:
        raise TooCostly(
            "the pattern of matches is not a text in the expression itself.",
            'Write it out: item.key.matches("^ITX-[0-9]+$").',
        )
    weight = pattern_weight(pattern.word)
    if weight > MAX_PATTERN_WEIGHT:
        raise TooCostly(
            f"the pattern of matches would have {weight} characters with its repetitions written out; "
            f"{MAX_PATTERN_WEIGHT} are the most.",
            "Use + or * instead of a number of repetitions.",
        )
    return weight * (_STEPS_PER_PATTERN_WEIGHT + text.chars // _CHARACTERS_MATCHED_PER_STEP)


def pattern_weight(pattern: str) -> int:
    """How large a regular expression is once its counted repetitions are written out.

    The library's patterns take time in proportion to this and to the text, never more.
    """
    if _FLAGS.search(pattern):
        raise TooCostly("the pattern of matches sets x, which hides what it repeats.", "Write it without (?x).")
    groups = [0]
    last = position = 0
    while position < len(pattern):
        sign = pattern[position]
        repetition = _REPETITION.match(pattern, position)
        if repetition is not None:
            times = max(int(repetition[1]), int(repetition[3] or 0), 1) + (1 if repetition[2] else 0)
            # Set, not added: what is repeated was counted once.
            groups[-1] += last * times - last
            last *= times
            position = repetition.end()
            continue
        if sign == "(":
            groups.append(1)
            position += 1
            continue
        if sign == ")" and len(groups) > 1:
            last, position = groups.pop(), position + 1
        elif sign in "*+?|^$":
            groups[-1] += 1
            position += 1
            continue
        else:
            last, position = _atom(pattern, position)
        groups[-1] += last
    return sum(groups)


def _atom(pattern: str, position: int) -> tuple[int, int]:
    """(weight, end) of a character or a class of characters."""
    if pattern[position] == "\\":
        named = _PROPERTY.match(pattern, position)
        following = pattern[position + 1 : position + 2]
        end = named.end() if named else position + 2
        return (_UNICODE_CLASS_WEIGHT if following and following in "wWdDsSpPbB" else 1), end
    if pattern[position] != "[":
        return (_UNICODE_CLASS_WEIGHT if pattern[position] in ".]" else 1), position + 1
    # Not beyond the first closing bracket: what is taken for less than the class only adds to the weight, and the
    # bracket that closes it in truth weighs as much as a class.
    end = position + 1
    while end < len(pattern) and pattern[end] != "]":
        end += 2 if pattern[end] == "\\" else 1
    negated_or_named = pattern.startswith("[^", position) or "\\" in pattern[position:end]
    return (_UNICODE_CLASS_WEIGHT if negated_or_named else _RANGE_CLASS_WEIGHT), end + 1


def _too_much_work() -> TooCostly:
    return TooCostly(
        "this would take too long for an item with long lists and texts.",
        "Go through one list only, and make no lists inside lists.",
    )
