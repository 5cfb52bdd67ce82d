"""Every point of the review of the app and the client has a test that exists, or a step of the live check."""

from __future__ import annotations

import re

import pytest

from connector.servicenow.instance_check_by_hand import BY_HAND
from tests.conftest import ROOT

PAGE = (ROOT / "docs/servicenow-live-check.md").read_text("utf-8")
STEPS = set(re.findall(r"^\| ([LH]\d+) \| [^|]+ \|$", PAGE, re.MULTILINE))
ROWS = {int(row[0]): row[1:] for row in re.findall(r"^\| (\d+) \| ([^|]+) \| ([^|]+) \|$", PAGE, re.MULTILINE)}
PLACES = ("", "deploy/servicenow-app/", "deploy/servicenow-app/test/")


def exists(name: str) -> bool:
    return any((ROOT / place / name).is_file() for place in PLACES)


@pytest.mark.parametrize("number", range(1, 19))
def test_each_finding_is_held(number: int) -> None:
    finding, held_by = (cell.strip() for cell in ROWS[number])
    files = re.findall(r"`([\w./-]+\.(?:py|js|json|yaml))`", held_by)
    steps = set(re.findall(r"\b[LH]\d+\b", held_by))
    assert files or steps, finding
    assert [name for name in files if not exists(name)] == [], finding
    assert steps <= STEPS, f"{finding}: {steps - STEPS}"
    for file, words in re.findall(r"`(tests/[\w/]+\.py)` \(\*([^*]+)\*\)", held_by):
        told = (ROOT / file).read_text("utf-8").replace("_", " ").casefold()
        assert words.casefold() in told or words.split()[0].casefold() in told, f"{finding}: {words}"


def test_each_step_for_a_person_is_documented() -> None:
    assert {step.key for step in BY_HAND} <= STEPS
