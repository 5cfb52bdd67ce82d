"""The last moment at which a fact may have been changed: from the item, from its history, or unknown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from governance.facts import Unknown
from mapping.fact_changes import facts_changed
from mapping.fields import fact_fields
from mapping.work_item import Tool
from tests.mapping.items import item
from tests.mapping.rules import rule

UPDATED = datetime(2026, 2, 10, tzinfo=UTC)
BEFORE = UPDATED - timedelta(hours=1)
PLAN = {"plan": {"benefit": "Planned benefit"}}
OTHERS = Unknown("amounts come from other records, which do not tell when one of them was removed")
COUNTED = Unknown("an expression counts what leaves no date behind when it goes")
CASES: dict[str, tuple[dict[str, Any], datetime | None, object]] = {
    "the item's own fields": ({"effects": PLAN}, None, UPDATED),
    "its history knows better": ({"effects": PLAN}, BEFORE, BEFORE),
    "child items": ({"effects": {"plan": {"from": "children", "benefit": "Benefit"}}}, BEFORE, OTHERS),
    "an expression over fields": ({"facts": {"baseline": {"cel": 'item.fields["A"]'}}}, BEFORE, BEFORE),
    "an expression over more": ({"facts": {"baseline": {"cel": "item.labels[0]"}}}, BEFORE, UPDATED),
    "an expression over children": ({"facts": {"baseline": {"cel": "item.children.total"}}}, BEFORE, COUNTED),
    "an expression over the time": ({"facts": {"end": {"cel": "now"}}}, BEFORE, COUNTED),
}


@pytest.mark.parametrize(("parts", "history", "expected"), CASES.values(), ids=CASES)
def test_when_facts_were_changed_last(parts: dict[str, Any], history: datetime | None, expected: object) -> None:
    assert facts_changed(item(), rule(**parts), history) == expected


def test_servicenow_dates_a_record_a_second_after_its_journal() -> None:
    assert facts_changed(item(tool=Tool.SERVICENOW), rule(), None) == UPDATED - timedelta(seconds=1)


def test_an_item_without_a_date_says_nothing() -> None:
    assert isinstance(facts_changed(item(updated=None), rule(), None), Unknown)


def test_the_history_is_asked_for_facts_and_not_for_what_gatepost_writes() -> None:
    some = rule(
        facts={"baseline": "Baseline", "start": {"cel": 'item.fields["Go-live"]'}},
        effects=PLAN,
        hierarchy={"program": "{Programme}"},
    )
    assert fact_fields(some) == {"Assignee", "Baseline", "Go-live", "Planned benefit", "Programme"}
