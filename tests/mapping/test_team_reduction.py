"""Whom a changed team field no longer names, and what the record says of it."""

from __future__ import annotations

import pytest

from governance.measure import Person
from mapping.team_reduction import team_reduction
from mapping.work_item import FieldName, FieldValue

TEAM = FieldName("Team")
OSEI, LIND = Person("osei", "Kwame Osei", True), Person("lind", "Sara Lind")
CLOSED = Person("closed", "Petr Novak", False)


@pytest.mark.parametrize(
    ("before", "now", "missing"),
    [
        ((OSEI, LIND), (OSEI, LIND), None),
        ((OSEI, LIND), (LIND,), (OSEI,)),
        ((OSEI, LIND), LIND, (OSEI,)),
        ((OSEI, LIND), None, (OSEI, LIND)),
        ((OSEI,), (OSEI, LIND), None),
        ((OSEI, CLOSED), (OSEI,), None),
        ((OSEI, CLOSED), (LIND,), (OSEI,)),
        ((OSEI,), "Nobody", (OSEI,)),
        ((), None, None),
    ],
    ids=[
        "the same", "one is missing", "a field for one", "emptied", "one more", "the account was closed",
        "a closed account and another", "no longer people", "nobody before",
    ],
)  # fmt: skip
def test_who_is_missing(before: tuple[Person, ...], now: FieldValue, missing: tuple[Person, ...] | None) -> None:
    found = team_reduction(TEAM, before, now, None)
    assert (found.people if found else None) == missing


@pytest.mark.parametrize(
    ("before", "by", "text"),
    [
        ((OSEI,), LIND, 'Kwame Osei was taken out of the team by Sara Lind, in the field "Team"'),
        (
            (OSEI, LIND),
            None,
            "Kwame Osei and Sara Lind were taken out of the team by somebody whom the tool does not name, in the field "
            '"Team"',
        ),
    ],
)
def test_what_the_record_says(before: tuple[Person, ...], by: Person | None, text: str) -> None:
    found = team_reduction(TEAM, before, None, by)
    assert found is not None
    assert found.sentence == text
