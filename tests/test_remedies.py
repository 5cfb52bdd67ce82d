"""No error, check, alert or note says a command, an option or a setting in its text: it is data, the ``command`` of a Remedy.

The command line prints it; pages and the API do not, without reading a sentence.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from docs.generator.messages import RAISED
from tests.commands_in_texts import command_in
from tests.conftest import ROOT

PACKAGES = ("governance", "mapping", "connector", "webhook_server", "sandbox")
NAME = re.compile(r"GATEPOST_[A-Z_]+")
"""Of a setting that is read."""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Make one with: gatepost key", "gatepost key"),
        ("Set GATEPOST_PROXY.", "GATEPOST_PROXY"),
        ("Give it with --cloud-id.", "--cloud-id"),
        ("Gatepost reads ITX-1 -- again, and gatepost.endpoint too.", ""),
    ],
)
def test_a_command_is_found_in_a_text(text: str, found: str) -> None:
    assert command_in(text) == found


@pytest.mark.parametrize("package", PACKAGES)
def test_no_text_advises_a_command_but_as_the_command_of_a_remedy(package: str) -> None:
    found = [
        f"{file.relative_to(ROOT)}:{line}: {text}"
        for file in sorted((ROOT / package).rglob("*.py"))
        for line, text in _texts(ast.parse(file.read_text(encoding="utf-8")))
        if command_in(text) and not NAME.fullmatch(text)
    ]
    assert found == []


def test_no_error_of_the_command_line_says_its_command_in_its_text() -> None:
    """An option of the command that was given may be named: only the command line has such errors."""
    found = [
        f"{file.relative_to(ROOT)}:{line}: {text}"
        for file in sorted((ROOT / "cli").rglob("*.py"))
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func) in RAISED
        for argument in call.args
        for line, text in _texts(argument)
        if command_in(text).startswith("gatepost ")
    ]
    assert found == []


def _texts(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Every text below a node with its line, … for what is put in; without docstrings and commands of remedies."""
    if isinstance(node, ast.JoinedStr):
        parts = [str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values]
        yield node.lineno, "".join(parts)
        return
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield node.lineno, node.value
        return
    for child in _children(node):
        yield from _texts(child)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "Remedy":
        yield from node.args[:1]
        yield from (word.value for word in node.keywords if word.arg != "command")
        return
    if isinstance(node, ast.keyword) and node.arg == "application":  # the program's name in the database's log
        return
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)):
            yield child
