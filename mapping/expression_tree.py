"""The tree of an expression: what it names, calls and nests, known before the library sees it.

The library (bindings to the Rust implementation) offers neither its tree nor a limit of work, so that the grammar is
read here once more: https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax.  What this does not read is
refused, whatever the library makes of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

MAX_LENGTH = 5_000
"""Characters; only so that reading the tree is bounded as well."""
MAX_NODES = 150
MAX_DEPTH = 16
"""Levels of brackets, signs and choices inside one another."""

MACROS = frozenset({"all", "exists", "exists_one", "existsOne", "map", "filter"})

_TOKEN = re.compile(
    r"""
      (?P<space>   [\t \r\n\f]+ | //[^\n]* )
    | (?P<raw>     [bB]?[rR] (?: \"{3}[\s\S]*?\"{3} | '{3}[\s\S]*?'{3} | "[^"\r\n]*" | '[^'\r\n]*' ) )
    | (?P<text>    [bB]? (?: \"{3}(?:[^\\]|\\[\s\S])*?\"{3} | '{3}(?:[^\\]|\\[\s\S])*?'{3}
                           | "(?:[^"\\\r\n]|\\.)*" | '(?:[^'\\\r\n]|\\.)*' ) )
    | (?P<number>  0x[0-9a-fA-F]+[uU]? | (?:[0-9]+\.[0-9]+|\.[0-9]+)(?:[eE][+-]?[0-9]+)? | [0-9]+[eE][+-]?[0-9]+
                 | [0-9]+[uU]? )
    | (?P<name>    [A-Za-z_][A-Za-z0-9_]* )
    | (?P<sign>    && | \|\| | [=!<>]= | [-+*/%!<>?:.,()\[\]{}] )
    """,
    re.VERBOSE,
)
_QUOTED = re.compile(r"""[bBrR]{0,2}("{3}|'{3}|"|')([\s\S]*)\1""")
_ESCAPE = re.compile(r"\\(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([\s\S]))")
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_RANKS = {
    "||": 1, "&&": 2,
    "==": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3, "in": 3,
    "+": 4, "-": 4, "*": 5, "/": 5, "%": 5,
}  # fmt: skip
_UNARY_RANK = 6
_CONSTANTS = frozenset({"true", "false", "null"})
_OPENING = frozenset("([{")
_CLOSING = frozenset(")]}")


class NodeKind(Enum):
    VALUE = auto()
    """A number, a truth value, null."""
    TEXT = auto()
    NAME = auto()
    SELECT = auto()
    """``target.word``."""
    INDEX = auto()
    """``target[part]``."""
    CALL = auto()
    """``word(parts)``, or ``target.word(parts)``."""
    OPERATION = auto()
    """A sign between or before its parts."""
    CHOICE = auto()
    """``condition ? this : that``."""
    LIST = auto()
    MAP = auto()
    """Keys and values in turn."""


@dataclass(frozen=True, slots=True)
class Node:
    kind: NodeKind
    word: str = ""
    """The name, sign or text."""
    parts: tuple[Node, ...] = ()
    target: Node | None = None

    @property
    def is_macro(self) -> bool:
        """Whether it is run once for each part of a list."""
        return (
            self.kind is NodeKind.CALL
            and self.target is not None
            and self.word in MACROS
            and len(self.parts) in {2, 3}
            and self.parts[0].kind is NodeKind.NAME
        )

    def walk(self) -> Iterator[Node]:
        """This node and all below it."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += node.parts
            if node.target is not None:
                waiting.append(node.target)


class TooLarge(Exception):
    """The tree is beyond its limits; the text says which one."""


class Unreadable(Exception):
    """This is not an expression."""


def parse_tree(source: str) -> Node:
    """The tree of an expression.  Raises TooLarge, Unreadable."""
    if len(source) > MAX_LENGTH:
        raise TooLarge(f"an expression has at most {MAX_LENGTH} characters; this one has {len(source)}.")
    tokens = list(_tokens(source))
    _check_tokens(tokens)
    parser = _Parser(tokens)
    tree = parser.expression()
    parser.expect_end()
    return tree


def _tokens(source: str) -> Iterator[tuple[str, str]]:
    position = 0
    while position < len(source):
        found = _TOKEN.match(source, position)
        if found is None:
            raise Unreadable
        position = found.end()
        if found.lastgroup not in {None, "space"}:
            yield str(found.lastgroup), found[0]


def _check_tokens(tokens: list[tuple[str, str]]) -> None:
    """Bounds that hold for what cannot be read, too, because the library is asked what is wrong with it."""
    nodes = depth = deepest = 0
    for kind, text in tokens:
        nodes += kind != "sign" or text in _RANKS or text in {"!", "?", "[", "{"}
        depth += (kind == "sign" and text in _OPENING) - (kind == "sign" and text in _CLOSING)
        deepest = max(deepest, depth)
    nodes = max(nodes, len(tokens) // 4)
    if nodes > MAX_NODES:
        raise TooLarge(f"an expression has at most {MAX_NODES} names, values and signs; this one has {nodes}.")
    if deepest > MAX_DEPTH:
        raise TooLarge(f"an expression is nested at most {MAX_DEPTH} levels deep; this one is {deepest}.")


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = [*tokens, ("end", "")]
        self._position = 0
        self._depth = 0

    def expect_end(self) -> None:
        if self._tokens[self._position][0] != "end":
            raise Unreadable

    def expression(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TooLarge(f"an expression is nested at most {MAX_DEPTH} levels deep; this one is deeper.")
        node = self._operation(1)
        if self._accept("?"):
            chosen = self._operation(1)
            self._expect(":")
            node = Node(NodeKind.CHOICE, parts=(node, chosen, self.expression()))
        self._depth -= 1
        return node

    def _operation(self, lowest: int) -> Node:
        if lowest == _UNARY_RANK:
            return self._unary()
        node = self._operation(lowest + 1)
        while _RANKS.get(self._sign()) == lowest:
            sign = self._next()[1]
            node = Node(NodeKind.OPERATION, sign, (node, self._operation(lowest + 1)))
        return node

    def _unary(self) -> Node:
        signs = []
        while self._sign() in {"!", "-"}:
            signs.append(self._next()[1])
        node = self._member()
        for sign in reversed(signs):
            node = Node(NodeKind.OPERATION, sign, (node,))
        return node

    def _member(self) -> Node:
        node = self._primary()
        while True:
            if self._accept("."):
                name = self._name()
                if self._accept("("):
                    node = Node(NodeKind.CALL, name, self._list(")"), node)
                else:
                    node = Node(NodeKind.SELECT, name, target=node)
            elif self._accept("["):
                node = Node(NodeKind.INDEX, parts=(self.expression(),), target=node)
                self._expect("]")
            else:
                return node

    def _primary(self) -> Node:
        kind, text = self._next()
        match kind, text:
            case "number", _:
                return Node(NodeKind.VALUE, text)
            case (("raw" | "text"), _):
                return Node(NodeKind.TEXT, _content(text, raw=kind == "raw"))
            case "name", word if word in _CONSTANTS:
                return Node(NodeKind.VALUE, word)
            case "name", word if word != "in":
                return Node(NodeKind.CALL, word, self._list(")")) if self._accept("(") else Node(NodeKind.NAME, word)
            case "sign", "(":
                node = self.expression()
                self._expect(")")
                return node
            case "sign", "[":
                return Node(NodeKind.LIST, parts=self._list("]"))
            case "sign", "{":
                return Node(NodeKind.MAP, parts=self._entries())
            case _:
                raise Unreadable

    def _list(self, end: str) -> tuple[Node, ...]:
        parts: list[Node] = []
        while not self._accept(end):
            if parts:
                self._expect(",")
                if end == "]" and self._accept(end):
                    break
            parts.append(self.expression())
        return tuple(parts)

    def _entries(self) -> tuple[Node, ...]:
        parts: list[Node] = []
        while not self._accept("}"):
            if parts:
                self._expect(",")
                if self._accept("}"):
                    break
            parts.append(self.expression())
            self._expect(":")
            parts.append(self.expression())
        return tuple(parts)

    def _name(self) -> str:
        kind, text = self._next()
        if kind != "name":
            raise Unreadable
        return text

    def _sign(self) -> str:
        kind, text = self._tokens[self._position]
        return text if kind == "sign" or text == "in" else ""

    def _next(self) -> tuple[str, str]:
        token = self._tokens[self._position]
        if token[0] == "end":
            raise Unreadable
        self._position += 1
        return token

    def _accept(self, sign: str) -> bool:
        if self._tokens[self._position] != ("sign", sign):
            return False
        self._position += 1
        return True

    def _expect(self, sign: str) -> None:
        if not self._accept(sign):
            raise Unreadable


def _content(quoted: str, *, raw: bool) -> str:
    found = _QUOTED.fullmatch(quoted)
    if found is None:
        raise Unreadable
    return found[2] if raw else _ESCAPE.sub(_unescaped, found[2])


def _unescaped(found: re.Match[str]) -> str:
    code = next((int(text, base) for text, base in zip(found.groups()[:4], (16, 16, 16, 8), strict=True) if text), None)
    if code is None:
        return _ESCAPED.get(found[5], found[5]) if found[5] else "\0"
    return chr(code) if code <= 0x10FFFF else "\ufffd"
