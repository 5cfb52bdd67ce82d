"""What of the tools is swept into the ledger: each figure has one owner, and nothing is read as it was written."""

from __future__ import annotations

import pytest

from mapping.fields import connections_of
from mapping.load import LoadedMapping, load_mapping
from tests.mapping.test_apply import MAPPING

LEDGER_RULE = MAPPING.replace("    effects:\n", "    effects:\n      actual: {from: ledger}\n", 1)


def problems(source: str, mapping: str = MAPPING) -> list[str]:
    text = mapping.replace(
        "measures:", f"ledger:\n  - {{connection: jira-main, since: 2026-01, {source}}}\nmeasures:", 1
    )
    found = load_mapping(text)
    return [] if isinstance(found, LoadedMapping) else [f"{one.message} {one.hint}" for one in found]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "cost_plans: [actual], expense_lines: {}",
            "processed expense lines are part of the actual of their cost plan: they would count twice. Leave actual "
            "out of cost_plans, or leave expense_lines out.",
        ),
        (
            "hours: card, expense_lines: {}",
            "ServiceNow makes expense lines of time cards: the same hours would count twice. Leave hours out, or take "
            "the actual of costs from hours alone.",
        ),
        (
            "benefit_plans: [actual], write: [benefit_plans]",
            "the actual of benefit_plans is read into the ledger and written from it. Leave actual out of "
            "benefit_plans, or benefit_plans out of write.",
        ),
    ],
)
def test_the_same_money_from_two_places_is_refused(source: str, message: str) -> None:
    assert message in problems(source)


def test_a_version_that_is_swept_is_read_from_nowhere_else() -> None:
    (told,) = [one for one in problems("hours: card") if "two owners" in one]
    assert told == (
        'the actual of "governed-epics" has two owners: the ledger, into which it is swept, and the tool. Write actual: {from: '
        "ledger} under effects of the rule, or leave it out here."
    )


def test_a_connection_that_only_has_money_is_swept_as_well() -> None:
    text = MAPPING.replace(
        "measures:", "ledger: [{connection: erp-snow, since: 2026-01, expense_lines: {}}]\nmeasures:", 1
    )
    found = load_mapping(text)
    assert isinstance(found, LoadedMapping)
    assert "erp-snow" in connections_of(found.config)
