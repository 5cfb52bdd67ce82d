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


AWAITED = {
    "tests/cli/test_audit.py",
    "tests/connector/people/test_passwords.py",
    "tests/connector/runtime/test_address_checks.py",
    "tests/connector/runtime/test_audit_anchors.py",
    "tests/connector/store/accounts/test_token_ends.py",
    "tests/connector/store/database/test_application_login.py",
    "tests/connector/sync/test_role_change.py",
    "tests/governance/test_late_commands.py",
    "tests/governance/test_separation.py",
    "tests/mapping/test_command_history.py",
    "tests/mapping/test_neutral_text.py",
    "tests/stories/test_what_was_said.py",
    "tests/webhook_server/admin/test_second_factor.py",
    "tests/webhook_server/admin/test_signin.py",
    "tests/webhook_server/test_recent_sign_in.py",
}
"""Tests of changes that are being merged; what has come is taken off this list."""


@cache
def functions_of(file: Path) -> frozenset[str]:
    return frozenset(node.name for node in ast.parse(file.read_text()).body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_named_test_exists(file: str, name: str) -> None:
    found = functions_of(ROOT / file) if (ROOT / file).exists() else frozenset()
    if file in AWAITED and name not in found:
        pytest.skip(f"{file} has not come yet")
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
