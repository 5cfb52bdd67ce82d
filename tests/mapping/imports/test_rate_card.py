"""Hours times dated rates, and hours without one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from mapping.imports.profile import ProfileProblem
from mapping.imports.rate_card import cost_of_hours, load_rate_card
from mapping.related_evidence import TimeEntry
from mapping.work_item import NativeId

CARD = """\
name: hours
people: {a1: developer, a2: developer, a3: Contoso}
rates:
  - {who: developer, since: 2026-01-01, rate: 80, currency: EUR}
  - {who: developer, since: 2026-10-15, rate: 90, currency: EUR}
  - {who: Contoso, since: 2026-11-01, rate: 120.50, currency: USD, internal: false}
"""


def hours(person: str, item: str, day: date, many: str, parent: str = "") -> TimeEntry:
    return TimeEntry(person, NativeId(item), NativeId(parent) if parent else None, "ITX", day, Decimal(many))


def test_each_hour_costs_the_rate_of_its_day() -> None:
    found = cost_of_hours(
        [
            hours("a1", "1", date(2026, 10, 14), "2"), hours("a1", "1", date(2026, 10, 15), "1.5"),
            hours("a1", "7", date(2026, 10, 14), "1", parent="1"), hours("a3", "1", date(2026, 11, 2), "2"),
            hours("a3", "1", date(2026, 10, 2), "4"), hours("a2", "9", date(2026, 10, 2), "8"),
        ],
        load_rate_card(CARD), "jira-main", {"1": "jira-main/1"},
    )  # fmt: skip
    assert [f"{one.posting.money} {one.posting.counterparty} {one.source}" for one in found.statements] == [
        "160 EUR  worklog developer, 2 h on 2026-10-14 at 80 EUR of 1 on jira-main",
        "135 EUR  worklog developer, 1.5 h on 2026-10-15 at 90 EUR of 1 on jira-main",
        "80 EUR  worklog developer, 1 h on 2026-10-14 at 80 EUR of 7 on jira-main",
        "241 USD Contoso worklog Contoso, 2 h on 2026-11-02 at 120.5 USD of 1 on jira-main",
    ]
    assert {f"{who} {month}": many for (who, month), many in found.missing.items()} == {"Contoso 2026-10": 4}
    assert found.elsewhere == 8
    assert len({one.key for one in found.statements}) == 4


def test_a_worklog_keeps_its_key_whatever_is_edited_of_it() -> None:
    first, edited = (
        cost_of_hours(
            [replace(hours("a1", "1", day, many), worklog="77")], load_rate_card(CARD), "jira-main", {"1": "m"}
        )
        for day, many in ((date(2026, 10, 14), "2"), (date(2026, 11, 3), "3"))
    )
    assert first.statements[0].key == edited.statements[0].key
    assert str(first.statements[0].source) == ("worklog 77 (developer, 2 h on 2026-10-14 at 80 EUR) of 1 on jira-main")


def test_a_rate_card_that_is_none_says_why() -> None:
    with pytest.raises(ProfileProblem, match=r"rates\.0\.rate: Input should be greater than 0"):
        load_rate_card(CARD.replace("rate: 80", "rate: 0"))
