"""A status in which work is done and that the mapping does not name: it was renamed, or somebody added it."""

from __future__ import annotations

import pytest

from governance.facts import Unknown
from governance.verdict import GateState
from mapping.work_item import StatusCategory
from tests.mapping.governed import assessed, decided, epic, sentences

LIVE = (
    'work in the status "Live" is done in jira-main, and the mapping does not say which stage that is'
    ". Administrator needs to act, since 11 Feb · STAGE_UNKNOWN"
)


def test_work_that_is_done_under_another_name_does_not_pass_as_work_without_a_stage() -> None:
    """The gate said Open, and nobody was told that the work had gone past it."""
    found = assessed(epic(status="Live", status_category=StatusCategory.DONE), decided())
    assert found.verdict.gate is GateState.BLOCKED
    assert sentences(found)[0] == f"Cannot move into Implemented yet: {LIVE}"


@pytest.mark.parametrize(
    ("status", "category", "stage"),
    [
        ("Live", StatusCategory.DONE, "unknown"),
        ("DONE", StatusCategory.DONE, "implemented"),
        ("In review", StatusCategory.INDETERMINATE, None),
        ("Rejected", StatusCategory.DONE, None),
    ],
    ids=["done and not named", "letter case", "not done and not named", "where cancelled work ends"],
)
def test_what_a_status_claims(status: str, category: StatusCategory, stage: str | None) -> None:
    claimed = assessed(epic(status=status, status_category=category)).mapped.tool_stage
    assert ("unknown" if isinstance(claimed, Unknown) else claimed) == stage
