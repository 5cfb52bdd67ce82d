"""Every point of the review of practice has a test that exists, a step of the live check, or a sentence why not."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT

PAGE = (ROOT / "docs/jira-live-check.md").read_text("utf-8")
ROWS = {
    int(row[0]): row[1:] for row in re.findall(r"^\| (\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", PAGE, re.MULTILINE)
}
STEPS = {
    part.strip() for row in re.findall(r"^\| ([\dA-I, ]+) \| [^|]+ \|$", PAGE, re.MULTILINE) for part in row.split(",")
}


@pytest.mark.parametrize("number", range(1, 25))
def test_each_finding_is_held(number: int) -> None:
    finding, held_by, live = (cell.strip() for cell in ROWS[number])
    tests = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", held_by)
    for file, function in tests:
        assert not function or f"def {function}(" in (ROOT / file).read_text("utf-8"), f"{finding}: {file}::{function}"
    assert tests or "not testable" in held_by, finding
    steps = [step.strip() for step in live.split(",")]
    assert live == "–" or set(steps) <= STEPS, f"{finding}: {live}"
