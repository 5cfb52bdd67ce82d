"""Pages advise no command line: neither in their own words nor in what they pass on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import webhook_server
from webhook_server.page_messages import ON_THE_SERVER, without_commands

TEMPLATES = Path(webhook_server.__file__).parent / "templates"
FOR_THE_OPERATOR = {"welcome.html"}
"""Read before anybody can sign in: by whoever has just started the server."""


@pytest.mark.parametrize(
    ("message", "said"),
    [
        pytest.param("Saved. Nothing else to do.", "Saved. Nothing else to do.", id="no command"),
        pytest.param(
            "There is no mapping version 7. List them with: gatepost mapping history",
            f"There is no mapping version 7. {ON_THE_SERVER}",
            id="a command at the end",
        ),
        pytest.param(
            "OAuth needs --client-id and more. Its token has ended. Renew it: gatepost connect jira",
            f"{ON_THE_SERVER} Its token has ended.",
            id="said once",
        ),
        pytest.param("Gatepost reads ITX-1 -- again.", "Gatepost reads ITX-1 -- again.", id="the name is no command"),
    ],
)
def test_a_page_says_who_can_do_it_instead_of_a_command(message: str, said: str) -> None:
    assert without_commands(message) == said


def test_no_template_advises_a_command() -> None:
    found = {
        path.relative_to(TEMPLATES).as_posix()
        for path in TEMPLATES.rglob("*.html")
        if re.search(r"\bgatepost [a-z][a-z-]+ ?[a-z-]*", path.read_text(encoding="utf-8"))
    }
    assert found <= FOR_THE_OPERATOR
