"""No change of the API is silent: the description is compared with the last one, and the changelog names its digest."""

from __future__ import annotations

import pytest

from docs.generator.api_lines import CHANGES, LINES, api_lines, breaking, digest
from webhook_server.api import OPERATIONS
from webhook_server.api.openapi import document

BEFORE = (
    "operation listMeasures GET /measures",
    "parameter listMeasures.q in query string",
    "property Measure.key string",
    "sent NewRate.factor string needed",
    "value Colour red",
)


def test_the_changelog_is_about_the_description_of_now() -> None:
    now, last = api_lines(document(OPERATIONS)), LINES.read_text(encoding="utf-8").splitlines()
    new = [f"new: {line}" for line in now if line not in set(last)]
    advice = "Write it into docs/automation/api-changes.md, and run: python -m docs.generator.api_lines"
    assert now == last, "\n".join([advice, *breaking(last, now), *new])
    assert f"`{digest(now)}`" in CHANGES.read_text(encoding="utf-8"), f"{advice}; the digest is {digest(now)}"


@pytest.mark.parametrize(
    ("after", "found"),
    [
        (BEFORE, []),
        ((*BEFORE, "parameter listMeasures.sort in query string"), []),
        ((*BEFORE, "property Measure.title string", "value Colour blue", "operation getX GET /x"), []),
        (BEFORE[1:], ["gone: operation listMeasures GET /measures"]),
        (
            (*BEFORE[:2], "property Measure.key integer", *BEFORE[3:]),
            ["gone: property Measure.key string"],
        ),
        (
            (*BEFORE, "parameter listMeasures.portfolio in query string needed"),
            ["needed now: parameter listMeasures.portfolio in query string needed"],
        ),
        ((*BEFORE, "sent NewRate.reason string needed"), ["needed now: sent NewRate.reason string needed"]),
        ((*BEFORE, "sent NewThing.reason string needed"), []),
    ],
)
def test_what_breaks_a_client(after: tuple[str, ...], found: list[str]) -> None:
    assert breaking(BEFORE, after) == found
