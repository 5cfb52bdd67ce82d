"""Closing: closed months in a row at planned steady state, net of running cost, and never nothing of nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from governance.assess import assess
from governance.definitions.steady_state import steady_window
from governance.effects import EffectKind, EffectLine
from governance.gates import MeasureClass, Policy
from governance.locked_plan import lock_plan
from governance.measure_state import MeasureState
from governance.money import Period
from governance.verdict import Outcome, Verdict
from tests.governance.factory import NOW, POLICY, evidence, measure
from tests.governance.test_latest_estimate import ACTUAL, BENEFIT, CAPEX, FORECAST, ONE_OFF, PLAN, RUNNING, at
from tests.governance.test_plan_checks import CLASSES, months

Lines = tuple[EffectLine, ...]
ONCE = EffectKind.ONE_OFF_BENEFIT


def planned(kind: EffectKind, plan: Mapping[int, int], actual: Mapping[int, int]) -> Lines:
    return (*at(PLAN, kind, plan), *at(ACTUAL, kind, actual))


def at_closing(some: Lines, closed: Period | None = None, policy: Policy = POLICY, **facts: object) -> Verdict:
    """On 21 November 2026; October is the last month that is over."""
    state = MeasureState("implemented", plan=lock_plan(some, NOW))
    present = replace(evidence("implemented", "implemented", commands=()), measure_state=state, closed_through=closed)
    policy = CLASSES if facts else policy
    return assess(measure(effects=some, **facts), present, policy, NOW)


def results(verdict: Verdict) -> tuple[str, ...]:
    return tuple(
        one.reason
        for one in verdict.checklist
        if one.code in {"ACTUALS_MISSING", "VALUE_NOT_REALISED"} and one.outcome is not Outcome.MET
    )


NOT_YET = "the plan has not been in steady state for 3 closed months yet"
NOTHING = "there are no closed months at planned steady state to compare the value with"

CASES: Mapping[str, tuple[Lines, tuple[str, ...]]] = {
    "as planned": (planned(BENEFIT, months(100), months(100, 1, 10)), ()),
    "three months that only cost, before the benefit starts": (
        (*planned(RUNNING, months(10, 8, 24), months(10, 8, 10)), *at(PLAN, BENEFIT, months(100, 11, 24))),
        (NOT_YET, NOTHING),
    ),
    "a ramp of small months before a hundred times as much": (
        planned(BENEFIT, months(1_000, 8, 10) | months(100_000, 11, 24), months(1_000, 8, 10)),
        (NOT_YET, NOTHING),
    ),
    "hand-picked months": (
        planned(BENEFIT, months(100), {2: 100, 7: 100, 10: 100}),
        (
            "actuals are booked for 1 of the 3 months that have to be observed (Aug 2026 to Oct 2026)",
            "100 EUR of 300 EUR planned net recurring benefit from Aug 2026 to Oct 2026 is realised (33.3%)",
        ),
    ),
    "running cost nine times the plan": (
        (*planned(BENEFIT, months(100), months(100, 1, 10)), *planned(RUNNING, months(10), months(90, 1, 10))),
        ("30 EUR of 270 EUR planned net recurring benefit from Aug 2026 to Oct 2026 is realised (11.1%)",),
    ),
    "a running cost that nobody booked": (
        (*planned(BENEFIT, months(100), months(100, 1, 10)), *at(PLAN, RUNNING, months(10))),
        ("actuals are booked for 0 of the 3 months that have to be observed (Aug 2026 to Oct 2026)",),
    ),
    "a benefit that has stopped": (
        planned(BENEFIT, months(100), months(100, 1, 5)),
        (
            "actuals are booked for 0 of the 3 months that have to be observed (Jun 2026 to Aug 2026)",
            "0 EUR of 300 EUR planned net recurring benefit from Jun 2026 to Aug 2026 is realised (0%)",
        ),
    ),
    "books that are a month late": (planned(BENEFIT, months(100), months(100, 1, 9)), ()),
    "nine tenths of it": (planned(BENEFIT, months(100), months(90, 1, 10)), ()),
    "a little less than nine tenths": (
        planned(BENEFIT, months(1000), months(899, 1, 10)),
        ("2,697 EUR of 3,000 EUR planned net recurring benefit from Aug 2026 to Oct 2026 is realised (89.9%)",),
    ),
    "a benefit that comes every third month": (
        planned(BENEFIT, {3: 300, 6: 300, 9: 300, 12: 300}, {3: 300, 6: 300, 9: 300}), (),
    ),
    "a plan of two months": (planned(BENEFIT, months(100, 8, 9), months(100, 8, 9)), ()),
    "a plan that ended long ago": (planned(BENEFIT, months(100, 1, 6), months(100, 1, 6)), ()),
    "a one-off benefit that has come": ((*planned(ONCE, {5: 500}, {6: 480}), *planned(ONE_OFF, {1: 5}, {1: 5})), ()),
    "a one-off benefit that has come by half": (
        planned(ONCE, {5: 500}, {6: 250}), ("250 EUR of 500 EUR planned one-off benefit is realised (50%)",),
    ),
    "a small recurring benefit beside a large one-off one": (
        (*planned(BENEFIT, months(1), months(1, 1, 10)), *at(PLAN, ONCE, {5: 500})),
        ("0 EUR of 500 EUR planned one-off benefit is realised (0%)",),
    ),
    "a one-off benefit that is booked for the month that still runs": (
        planned(ONCE, {11: 500}, {11: 500}),
        (
            "0 EUR of 500 EUR planned one-off benefit is realised (0%), and 500 EUR is booked for months that are not "
            "closed",
        ),
    ),
    "a recurring benefit, and a one-off one of next year": (
        (*planned(BENEFIT, months(100), months(100, 1, 10)), *planned(ONCE, {13: 500}, {13: 500})),
        (
            "0 EUR of 500 EUR planned one-off benefit is realised (0%), and 500 EUR is booked for months that are not "
            "closed",
        ),
    ),
    "most of a one-off benefit in closed months": (planned(ONCE, {5: 500}, {6: 450, 11: 50}), ()),
    "a one-off benefit that is taken back before its month is closed": (
        planned(ONCE, {5: 500}, {6: 500, 11: -400}), ("100 EUR of 500 EUR planned one-off benefit is realised (20%)",),
    ),
    "nothing of nothing": (planned(CAPEX, {1: 100}, {1: 100}), ("no benefit is planned that could be realised",)),
}  # fmt: skip


@pytest.mark.parametrize(("some", "expected"), CASES.values(), ids=CASES.keys())
def test_what_is_closed_has_been_seen(some: Lines, expected: tuple[str, ...]) -> None:
    assert results(at_closing(some)) == expected


RAMPED = planned(BENEFIT, months(50, 1, 7) | months(100, 8, 24), months(50, 1, 7) | months(100, 8, 10))


@pytest.mark.parametrize(
    ("begins", "some", "expected"),
    [
        pytest.param(Period(2026, 8), RAMPED, (), id="the months after the declared beginning"),
        pytest.param(
            Period(2026, 9), RAMPED, (f"{NOT_YET}; it is declared to be from Sep 2026 on", NOTHING), id="one month less"
        ),
        pytest.param(
            Period(2027, 6), RAMPED, (f"{NOT_YET}; it is declared to be from Jun 2027 on", NOTHING), id="later"
        ),
        pytest.param(
            Period(2030, 1), RAMPED, (f"{NOT_YET}; it is declared to be from Jan 2030 on", NOTHING), id="after the plan"
        ),
        pytest.param(
            Period(2026, 8),
            planned(BENEFIT, months(1_000, 8, 10) | months(100_000, 11, 24), months(1_000, 8, 10)),
            (f"{NOT_YET}; it is declared to be from Aug 2026 on", NOTHING),
            id="no ramp is steady because somebody says so",
        ),
        pytest.param(
            Period(2026, 10), planned(BENEFIT, months(100, 1, 10), months(100, 1, 10)),
            (f"{NOT_YET}; it is declared to be from Oct 2026 on", NOTHING), id="the last month alone is not three",
        ),
    ],
)  # fmt: skip
def test_a_declared_steady_state_narrows_what_is_observed(
    begins: Period, some: Lines, expected: tuple[str, ...]
) -> None:
    state = MeasureState("implemented", plan=lock_plan(some, NOW))
    present = replace(evidence("implemented", "implemented", commands=()), measure_state=state)
    verdict = assess(measure(effects=some, steady_from=begins), present, POLICY, NOW)
    assert results(verdict) == expected
    assert verdict.steady_from == begins


def test_what_is_not_closed_by_finance_is_not_observed() -> None:
    some = planned(BENEFIT, months(100, 8, 19), months(100, 8, 10))
    assert results(at_closing(some)) == ()
    assert results(at_closing(some, Period(2026, 9))) == (NOT_YET, NOTHING)


def test_a_one_off_benefit_of_a_month_that_finance_has_not_closed_is_not_realised() -> None:
    some = planned(ONCE, {9: 500}, {9: 250, 10: 250})
    assert results(at_closing(some)) == ()
    assert results(at_closing(some, Period(2026, 9))) == (
        "250 EUR of 500 EUR planned one-off benefit is realised (50%), and 250 EUR is booked for months that are not "
        "closed",
    )


def test_the_running_cost_of_a_year_is_nine_times_the_plan() -> None:
    """The whole year is observed, and is over."""
    some = (*planned(BENEFIT, months(100), months(100)), *planned(RUNNING, months(10), months(90)))
    policy = POLICY.with_thresholds(replace(POLICY.thresholds, observation_months=12))
    assert results(at_closing(some, Period(2026, 12), policy)) == (
        "120 EUR of 1,080 EUR planned net recurring benefit from Jan 2026 to Dec 2026 is realised (11.1%)",
    )


def test_three_good_months_of_a_year_are_not_a_year() -> None:
    """February, July and November were picked, of a year that is over."""
    some = planned(BENEFIT, months(100), {2: 100, 7: 100, 11: 100})
    assert results(at_closing(some, Period(2026, 12))) == (
        "actuals are booked for 1 of the 3 months that have to be observed (Oct 2026 to Dec 2026)",
        "100 EUR of 300 EUR planned net recurring benefit from Oct 2026 to Dec 2026 is realised (33.3%)",
    )


def test_what_cannot_be_read_is_not_observed() -> None:
    unreadable = measure(
        effects=planned(BENEFIT, months(100), months(100, 1, 10)), unreadable_effects=("row 3 is no amount",)
    )
    state = MeasureState("implemented", plan=lock_plan(unreadable.effects, NOW))
    verdict = assess(
        unreadable, replace(evidence("implemented", "implemented", commands=()), measure_state=state), POLICY, NOW
    )
    unknown = [one for one in verdict.checklist if one.code in {"ACTUALS_MISSING", "VALUE_NOT_REALISED"}]
    assert [(one.outcome, one.reason) for one in unknown] == [(Outcome.UNKNOWN, "row 3 is no amount")] * 2


NEITHER = "neither a benefit nor a cost is planned: there is nothing that could be confirmed"
MANDATORY: Mapping[str, tuple[Lines, tuple[str, ...]]] = {
    "more than planned": (planned(CAPEX, {1: 100}, {1: 110}), ()),
    "exactly the agreed share": (planned(CAPEX, {1: 100}, {1: 90}), ()),
    "a little less": (planned(CAPEX, {1: 1000}, {1: 899}), ("899 EUR of 1,000 EUR planned cost is booked",)),
    "one invoice of many": (planned(CAPEX, {1: 100}, {1: 1}), ("1 EUR of 100 EUR planned cost is booked",)),
    "what is booked for the month that still runs and for next year": (
        planned(CAPEX, {1: 100}, {1: 1, 11: 49, 13: 50}),
        ("1 EUR of 100 EUR planned cost is booked, and 99 EUR is booked for months that are not closed",),
    ),
    "nothing booked": (planned(CAPEX, {1: 100}, {1: 0}), ("0 EUR of 100 EUR planned cost is booked",)),
    "cheaper than planned, and so forecast": ((*planned(CAPEX, {1: 100}, {1: 60}), *at(FORECAST, CAPEX, {1: 60})), ()),
    "more is still to come than was planned": (
        (*planned(CAPEX, {1: 100}, {1: 100}), *at(FORECAST, CAPEX, {1: 200})), ("100 EUR of 200 EUR forecast cost is booked",),
    ),
    "nothing of nothing": (planned(CAPEX, {1: 0}, {1: 0}), (NEITHER,)),
}  # fmt: skip


@pytest.mark.parametrize(("some", "expected"), MANDATORY.values(), ids=MANDATORY.keys())
def test_what_has_to_be_done_is_closed_on_its_cost(some: Lines, expected: tuple[str, ...]) -> None:
    assert results(at_closing(some, measure_class="Regulatory")) == expected
    assert MeasureClass("Regulatory", mandatory=True) in CLASSES.classes


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ([], None),
        ([-1, -1], None),
        ([10, 10, 10, 10], range(1, 4)),
        ([10, 10, 10, 3], range(1, 4)),
        ([10, 10, 10, 1, 1, 1], range(1, 4)),
        ([1, 1, 10, 10, 10, 10], range(3, 6)),
        ([10, 10], range(2)),
        ([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1], range(6, 9)),
        ([0, 0, 30, 0, 0, 30, 0, 0, 30], range(6, 9)),
    ],
)
def test_the_latest_months_at_steady_state(amounts: list[int], expected: range | None) -> None:
    assert steady_window({number: Decimal(amount) for number, amount in enumerate(amounts)}, 3) == expected
