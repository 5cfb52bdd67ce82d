"""What changed of a measure from one version to the next, in the words of its page."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connector.store.measures.known_changes import ChangedPart, KnownChange, KnownChanges, changes_of
from governance.effects import EffectKind

FIRST, SECOND, THIRD = (datetime(2026, month, 10, 9, 0, tzinfo=UTC) for month in (1, 2, 3))
BENEFIT = (EffectKind.BENEFIT, True)
Lines = list[dict[str, object]]


def lines(version: str, months: dict[str, int], kind: str = "benefit", **more: object) -> Lines:
    same = {"version": version, "kind": kind, "currency": "EUR", "account": "ebitda", "hard": True} | more
    return [{**same, "month": f"{month}-01", "amount": str(amount)} for month, amount in months.items()]


def version(at: datetime, lines_then: Lines, **facts: object) -> dict[str, object]:
    return {"known_from": at, "facts": facts, "effects_digest": str(lines_then), "lines": lines_then}


def parts_of(*versions: dict[str, object]) -> list[tuple[str, str, str]]:
    """Of versions, oldest first."""
    found = changes_of(versions[::-1], {})
    return [(part.name, part.before, part.after) for change in found for part in change.parts]


KAYA, NOVAK = ({"id": name, "name": name, "active": True} for name in ("A. Kaya", "N. Novak"))


@pytest.mark.parametrize(
    ("before", "after", "parts"),
    [
        pytest.param({"end": "2026-06-30"}, {"end": "2026-09-30"}, [("end", "2026-06-30", "2026-09-30")], id="a date"),
        pytest.param({"roles": {"owner": KAYA, "former": {}}}, {"roles": {"owner": NOVAK, "former": {"owner": KAYA}}},
                     [("owner", "A. Kaya", "N. Novak")], id="an owner, once and by name"),
        pytest.param({"end": "2026-06-30"}, {"end": {"reason": "the field is gone"}},
                     [("end", "2026-06-30", "not known: the field is gone")], id="a fact that is not known any more"),
        pytest.param({"end": "2026-06-30"}, {"end": {"reason": "no date", "entered": True}, "entered_problems": ["no date"]},
                     [("end", "2026-06-30", "not known: no date")], id="a fact that was entered wrong"),
        pytest.param({"effects_entered": False}, {"effects_entered": True, "effects_ask": True, "shares_unread_field": True}, [],
                     id="what is known of amounts that cannot be read"),
        pytest.param({}, {"milestones": {"go_live": "2026-06-30"}}, [("milestones go live", "nothing", "2026-06-30")],
                     id="a new milestone"),
        pytest.param({"baseline": {"amount": "100", "currency": "EUR"}}, {"baseline": {"amount": "90", "currency": "EUR"}},
                     [("baseline", "100 EUR", "90 EUR")], id="an amount"),
        pytest.param({"title": "A", "scope": "one"}, {"title": "A", "scope": "two"}, [], id="what is no fact of the ticket"),
    ],
)  # fmt: skip
def test_facts_that_changed(
    before: dict[str, object], after: dict[str, object], parts: list[tuple[str, str, str]]
) -> None:
    assert parts_of(version(FIRST, [], **before), version(SECOND, [], **after)) == parts


TWO = {"2026-01": 100, "2026-02": 100}


@pytest.mark.parametrize(
    ("before", "after", "part", "kinds"),
    [
        pytest.param(lines("forecast", TWO), lines("forecast", {"2026-01": 100, "2026-02": 50}),
                     ("forecast benefit", "200 EUR", "150 EUR"), {BENEFIT}, id="another sum"),
        pytest.param(lines("forecast", TWO), lines("forecast", {"2026-02": 100, "2026-03": 100}),
                     ("forecast benefit, months", "Jan 2026 to Feb 2026", "Feb 2026 to Mar 2026"), {BENEFIT},
                     id="the same sum later"),
        pytest.param(lines("forecast", TWO), lines("forecast", {"2026-01": 150, "2026-02": 50}),
                     ("forecast benefit in Jan 2026", "100 EUR", "150 EUR"), {BENEFIT}, id="the same sum in the same months"),
        pytest.param([], lines("actual", {"2026-01": 5}, "capex"), ("actual capex", "nothing", "5 EUR"),
                     {(EffectKind.CAPEX, True)}, id="a first booking"),
        pytest.param([], lines("forecast", {"2026-01": 0}), ("forecast benefit", "nothing", "0 EUR"), {BENEFIT},
                     id="a zero is not nothing"),
        pytest.param(lines("forecast", {"2026-01": 5}, hard=False), [], ("forecast benefit (soft)", "5 EUR", "nothing"),
                     {(EffectKind.BENEFIT, False)}, id="a soft amount stands apart"),
        pytest.param(lines("forecast", {"2026-01": 5}, account="cash"), lines("forecast", {"2026-01": 6}, account="cash"),
                     ("forecast benefit (cash)", "5 EUR", "6 EUR"), set(), id="cash is no part of a variance"),
    ],
)  # fmt: skip
def test_amounts_that_changed(
    before: Lines, after: Lines, part: tuple[str, str, str], kinds: set[tuple[EffectKind, bool]]
) -> None:
    (change,) = changes_of((version(SECOND, after), version(FIRST, before)), {})
    assert [(one.name, one.before, one.after) for one in change.parts] == [part]
    assert change.kinds == kinds


def test_the_newest_change_of_a_kind_and_whose_command_counted_then() -> None:
    found = changes_of(
        (
            version(THIRD, lines("forecast", {"2026-01": 50}), title="B"),
            version(SECOND, lines("forecast", {"2026-01": 50}), title="A"),
            version(FIRST, lines("forecast", {"2026-01": 100}), title="A"),
        ),
        {SECOND: ["A. Kaya (reason)"]},
    )
    assert found == (
        KnownChange(THIRD, (ChangedPart("title", "A", "B"),), frozenset(), ()),
        KnownChange(
            SECOND, (ChangedPart("forecast benefit", "100 EUR", "50 EUR"),), frozenset({BENEFIT}), ("A. Kaya (reason)",)
        ),
    )
    assert KnownChanges(found).before(BENEFIT) == found[1]
    assert KnownChanges(found).before((EffectKind.CAPEX, True)) is None
