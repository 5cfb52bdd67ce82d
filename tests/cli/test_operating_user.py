"""Whom the audit names for a command: the operating system's user, whatever the environment says."""

from __future__ import annotations

import ast
import getpass
import os
import pwd
from pathlib import Path

import pytest

from cli.operating_user import operating_user, stated_author
from tests.command_line import Cli

ROOT = Path(__file__).parents[2]
ME = pwd.getpwuid(os.getuid()).pw_name


def test_the_environment_does_not_say_who_runs_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody-else")
    assert getpass.getuser() == "somebody-else"
    assert operating_user() == f"{ME} (command line)"
    assert stated_author("A. Weber") == f"A. Weber, entered by {ME} (command line)"
    assert stated_author(None) == f"{ME} (command line)"


def test_changes_of_a_connection_are_in_the_audit_with_who_made_them(cli: Cli) -> None:
    first = ("connection", "add", "jira-main", "--tool", "jira", "--url", "https://a.example", "--user", "bot")
    cli.ok(*first, LOGNAME="somebody-else")
    cli.ok(*first[:6], "https://b.example", *first[7:], GATEPOST_CREDENTIAL="another")
    cli.ok("connection", "rotate", "jira-main")
    exported = cli.ok("audit", "export")
    for text in (
        "jira-main at https://a.example was connected.",
        "jira-main at https://b.example was changed: address, credential.",
        "The secret of the events of jira-main was changed.",
    ):
        (line,) = [line for line in exported.splitlines() if text in line]
        assert f'"actor": "{ME} (command line)"' in line
    assert "another" not in exported


@pytest.mark.parametrize("method", ["save", "rotate_secret"])
def test_every_change_of_a_connection_by_a_person_says_who(method: str) -> None:
    found = 0
    for folder in ("cli", "webhook_server"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(f"services.connections.{method}"):
                    assert "by" in {keyword.arg for keyword in node.keywords}, f"{file}:{node.lineno}"
                    found += 1
    assert found >= 3
