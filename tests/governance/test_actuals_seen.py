"""Actuals are facts of a month: a total to date is booked where it was seen to change, and never spread."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.actuals_seen import (
    SeenTotal,
    Sighting,
    TotalChange,
    booked,
    booking_sentences,
    observe_total,
)
from governance.assess import assess
from governance.effects import EffectKind, EffectLine, Version
from governance.facts import Fact, Unknown
from governance.measure_state import MeasureState
from governance.money import Money, Period
from governance.verdict import EventKind
from tests.governance.factory import POLICY, eur, evidence, measure

FIELD = 'the field "Actual benefit"'


def at(month: int, day: int = 15) -> datetime:
    return datetime(2026, month, day, 9, tzinfo=UTC)


def seen_at(
    *sights: tuple[datetime, Fact[Money]],
) -> tuple[tuple[SeenTotal, ...], list[str]]:
    """One reading after another; the totals in the end, and each problem on the way."""
    seen: tuple[SeenTotal, ...] = ()
    problems, before = [], None
    for moment, total in sights:
        found = observe_total(FIELD, total, seen, Sighting(moment, before))
        seen, before = found.seen, moment
        problems += [found.problem] if found.problem else []
    return seen, problems


def months(seen: Sequence[SeenTotal]) -> dict[str, Decimal]:
    return {str(month): money.amount for month, money in booked(seen)}


@pytest.mark.parametrize(
    ("sights", "expected"),
    [
        pytest.param([(at(9), eur(300))], {"2026-09": 300}, id="the first sight is an opening balance of its month"),
        pytest.param(
            [(at(9), eur(300)), (at(10), eur(450))], {"2026-09": 300, "2026-10": 150}, id="a month is the difference"
        ),
        pytest.param(
            [(at(9), eur(300)), (at(10), eur(300)), (at(11), eur(300))], {"2026-09": 300}, id="no change, no booking"
        ),
        pytest.param(
            [(at(9), eur(300)), (at(10, 2), eur(400)), (at(10, 30), eur(450))],
            {"2026-09": 300, "2026-10": 150},
            id="several changes of a month are one amount",
        ),
        pytest.param(
            [(at(9), eur(300)), (at(11), eur(280))],
            {"2026-09": 300, "2026-11": -20},
            id="a decrease is a correction in the month in which it is seen",
        ),
        pytest.param([(at(9), None), (at(10), eur(5))], {"2026-10": 5}, id="an empty field is no amount"),
        pytest.param([(at(9), eur(0)), (at(10), eur(5))], {"2026-09": 0, "2026-10": 5}, id="zero is an amount"),
        pytest.param(
            [(at(9), eur(300)), (at(10), None), (at(11), eur(310))],
            {"2026-09": 300, "2026-11": 10},
            id="emptied and filled again",
        ),
        pytest.param(
            [(at(9), eur(300)), (at(10), None), (at(11), eur(100))],
            {"2026-09": 300, "2026-11": -200},
            id="emptying a field forgets nothing",
        ),
    ],
)
def test_a_total_to_date_is_booked_where_it_was_seen(
    sights: list[tuple[datetime, Fact[Money]]], expected: dict[str, int]
) -> None:
    assert months(seen_at(*sights)[0]) == expected


@pytest.mark.parametrize(
    ("present", "problem"),
    [
        pytest.param(
            None,
            'the field "Actual benefit" is empty, and it held 300 EUR on 15 Sep 2026: empty is not known to be zero; '
            "enter the total to date, or 0",
            id="emptied",
        ),
        pytest.param(
            Money(Decimal(300), "USD"),
            'the field "Actual benefit" holds 300 USD, and it held 300 EUR on 15 Sep 2026: totals in two currencies '
            "have no difference; enter the total to date in EUR",
            id="another currency",
        ),
        pytest.param(Unknown("the field is hidden"), "the field is hidden", id="not readable"),
    ],
)
def test_what_is_not_known_is_said_and_changes_no_month(present: Fact[Money], problem: str) -> None:
    seen, problems = seen_at((at(9), eur(300)), (at(10), present))
    assert (months(seen), problems) == ({"2026-09": 300}, [problem])


OPENING = (
    TotalChange(at(7), None, eur(100)),
    TotalChange(at(8, 3), eur(100), eur(150)),
    TotalChange(at(8, 20), eur(150), eur(300)),
)


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        pytest.param(OPENING, {"2026-07": 100, "2026-08": 200}, id="the months of the changes"),
        pytest.param((OPENING[2],), {"2026-05": 150, "2026-08": 150}, id="what stood there from the beginning"),
        pytest.param(OPENING[:2], {"2026-11": 300}, id="a history that does not lead to the total"),
        pytest.param((), {"2026-11": 300}, id="no history"),
        pytest.param(
            (TotalChange(at(7), None, Unknown("a lot")), *OPENING[1:]), {"2026-11": 300}, id="a value nobody can read"
        ),
        pytest.param(
            (TotalChange(at(7), None, Money(Decimal(9), "USD")), *OPENING[1:]), {"2026-11": 300}, id="two currencies"
        ),
    ],
)
def test_the_tools_history_dates_an_opening_balance(history: tuple[TotalChange, ...], expected: dict[str, int]) -> None:
    found = observe_total(FIELD, eur(300), (), Sighting(at(11), created=at(5)), history)
    assert months(found.seen) == expected


def test_what_was_read_late_is_dated_by_the_history_or_booked_when_seen() -> None:
    before, _ = seen_at((at(10, 20), eur(300)))
    late = Sighting(at(11, 2), at(10, 28))
    open_question = observe_total(FIELD, eur(400), before, late)
    assert (months(open_question.seen), open_question.undated_since) == (
        {"2026-10": 300, "2026-11": 100}, at(10, 28),
    )  # fmt: skip
    dated = observe_total(FIELD, eur(400), before, late, (TotalChange(at(10, 30), eur(300), eur(400)),))
    assert (months(dated.seen), dated.undated_since) == ({"2026-10": 400}, None)
    same_month = observe_total(FIELD, eur(400), before, Sighting(at(10, 30), at(10, 20)))
    assert same_month.undated_since is None


@pytest.mark.parametrize(
    ("before", "present", "last_read", "sentence"),
    [
        pytest.param((), eur(300), None,
                     "Actual benefit stands at 300 EUR; booked: 300 EUR in Nov 2026, the month in which it was seen first",
                     id="opening"),
        pytest.param((SeenTotal(Period(2026, 10), eur(300), at(10)),), eur(400), at(11, 1),
                     "Actual benefit went from 300 EUR to 400 EUR; booked: 100 EUR in Nov 2026", id="more"),
        pytest.param((SeenTotal(Period(2026, 11), eur(300), at(11, 2)),), eur(280), at(11, 2),
                     "Actual benefit went from 300 EUR to 280 EUR; booked: -20 EUR in Nov 2026, as a correction",
                     id="a correction of the same month"),
        pytest.param((SeenTotal(Period(2026, 10), eur(300), at(10)),), eur(400), at(10, 28),
                     "Actual benefit went from 300 EUR to 400 EUR; booked: 100 EUR in Nov 2026, the month in which it was "
                     "seen; it was read before on 28 Oct 2026", id="late"),
    ],
)  # fmt: skip
def test_each_booking_is_said(
    before: tuple[SeenTotal, ...], present: Money, last_read: datetime | None, sentence: str
) -> None:
    found = observe_total(FIELD, present, before, Sighting(at(11), last_read))
    assert list(booking_sentences({"benefit": before}, {"benefit": found.seen}, last_read)) == [sentence]
    assert list(booking_sentences({"benefit": found.seen}, {"benefit": found.seen}, last_read)) == []


def test_an_assessment_keeps_what_was_seen_and_records_it_once() -> None:
    totals = {"benefit": (SeenTotal(Period(2026, 11), eur(300), at(11)),)}
    first = assess(measure(), evidence(actuals_seen=totals), POLICY, at(11, 21))
    assert first.measure_state.actuals_seen == totals
    assert [event.text for event in first.events if event.kind is EventKind.ACTUALS_BOOKED] == [
        "Actual benefit stands at 300 EUR; booked: 300 EUR in Nov 2026, the month in which it was seen first"
    ]
    again = evidence(actuals_seen=totals, measure_state=MeasureState(actuals_seen=totals))
    second = assess(measure(), again, POLICY, at(11, 21))
    assert second.measure_state.actuals_seen == totals
    assert not [event for event in second.events if event.kind is EventKind.ACTUALS_BOOKED]


@given(st.lists(st.tuples(st.integers(0, 400), st.one_of(st.none(), st.integers(0, 9))), max_size=20))
def test_the_months_add_up_to_the_last_total_and_a_second_sight_changes_nothing(sights: list[tuple[int, int]]) -> None:
    seen: tuple[SeenTotal, ...] = ()
    last = None
    for days, amount in sorted(sights, key=lambda sight: sight[0]):
        moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=days)
        total = None if amount is None else eur(amount)
        seen = observe_total(FIELD, total, seen, Sighting(moment)).seen
        assert observe_total(FIELD, total, seen, Sighting(moment)).seen == seen
        last = amount if amount is not None else last
    assert sum((money.amount for _, money in booked(seen)), Decimal(0)) == (last or 0)
    assert [one.month for one in seen] == sorted({one.month for one in seen})


def test_a_comment_in_november_does_not_make_octobers_money_red() -> None:
    """The actual of 100 was seen in October.  In November somebody comments: the item is *updated*, the money is not."""
    seen, _ = seen_at((at(10), eur(100)))
    commented, _ = seen_at((at(10), eur(100)), (at(11), eur(100)), (at(12), eur(100)))
    lines = [EffectLine(Version.ACTUAL, EffectKind.BENEFIT, month, money) for month, money in booked(seen)]
    assert commented == seen
    assert [(str(line.month), line.money) for line in lines] == [("2026-10", eur(100))]
