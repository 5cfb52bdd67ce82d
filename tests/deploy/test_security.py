"""Every answer of the threat model names a test, and the test exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT

TEXT = (ROOT / "deploy/security.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)))
ROWS = [line for line in TEXT.splitlines() if re.match(r"\| [STRIDE] \|", line)]


@cache
def functions_of(file: Path) -> frozenset[str]:
    return frozenset(node.name for node in ast.parse(file.read_text()).body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_named_test_exists(file: str, name: str) -> None:
    found = functions_of(ROOT / file) if (ROOT / file).exists() else frozenset()
    assert name in found, f"{file}::{name} is named in deploy/security.md"


def test_every_answer_names_a_test() -> None:
    assert [row for row in ROWS if "`tests/" not in row.split(" | ")[-1]] == []


@pytest.mark.parametrize(
    "entry",
    [
        "Webhook endpoints", "Pages", "API", "What people say in the tools", "Command line", "Calls to the tools",
        "Outgoing events, digests and alerts", "Database", "Audit", "Mapping and expressions", "Identity provider",
        "The ServiceNow app", "Supply chain",
    ],
)  # fmt: skip
def test_every_entry_is_looked_at(entry: str) -> None:
    _, _, section = TEXT.partition(f"\n## {entry}\n")
    assert re.search(r"^\| [STRIDE] \|", section.partition("\n## ")[0], re.MULTILINE)
