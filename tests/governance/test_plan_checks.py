"""Will the money come: the worst of in-year benefit, run-rate, lifetime benefit and cost; the same decides who is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from governance.assess import assess
from governance.effects import EffectKind, EffectLine, Version, sum_up
from governance.gates import MeasureClass
from governance.latest_estimate import LatestEstimate, latest_estimate
from governance.locked_plan import lock_plan
from governance.measure_state import MeasureState
from governance.money import Money, Period
from governance.plan_checks import plan_checks
from governance.rates import Rate, Rates
from governance.verdict import Colour, Verdict
from tests.governance.factory import NOW, POLICY, evidence, measure
from tests.governance.test_latest_estimate import (
    BENEFIT,
    CAPEX,
    FORECAST,
    ONE_OFF,
    PLAN,
    RUNNING,
    at,
    monthly,
)

Lines = tuple[EffectLine, ...]
CLASSES = replace(POLICY, classes=(MeasureClass("Growth"), MeasureClass("Regulatory", mandatory=True)))


def judged(some: Lines, policy: object = POLICY, rates: Rates | None = None, **facts: object) -> Verdict:
    """A decided measure in March 2026, its plan locked."""
    now = NOW.replace(month=3)
    state = MeasureState("decided", granted_at={"decided": now}, plan=lock_plan(some, now))
    present = replace(evidence("decided", "decided", commands=()), measure_state=state)
    return assess(measure(effects=some, end=date(2027, 12, 31), **facts), present, policy, now, rates or Rates())  # type: ignore[arg-type]


def both(kind: EffectKind, planned: Mapping[int, int], expected: Mapping[int, int]) -> Lines:
    return (*at(PLAN, kind, planned), *at(FORECAST, kind, expected))


def months(amount: int, first: int = 1, last: int = 12) -> dict[int, int]:
    return dict.fromkeys(range(first, last + 1), amount)


LIGHTS: Mapping[str, tuple[Lines, Colour, str, str]] = {
    "six months late, the same total": (
        both(BENEFIT, months(100), months(100, 7, 18)),
        Colour.RED,
        "in-year benefit FY 2026: 600 EUR of 1,200 EUR planned (50.0%)",
        "the in-year benefit FY 2026 is 50% below plan",
    ),
    "this whole year of ten is missing": (
        both(BENEFIT, months(100, 1, 120), months(100, 13, 120)),
        Colour.RED,
        "in-year benefit FY 2026: 0 EUR of 1,200 EUR planned (0.0%)",
        "the in-year benefit FY 2026 is 100% below plan",
    ),
    "a third less benefit is not made good by a third less cost": (
        (*both(BENEFIT, months(100), months(70)), *both(ONE_OFF, {1: 600}, {1: 400})),
        Colour.RED,
        "lifetime benefit 840 EUR of 1,200 EUR planned (70.0%)",
        "the lifetime benefit is 30% below plan",
    ),
    "two percent of a thin net": (
        (*both(BENEFIT, months(100), months(98)), *both(ONE_OFF, {1: 1150}, {1: 1150})),
        Colour.GREEN,
        "lifetime benefit 1,176 EUR of 1,200 EUR planned (98.0%)",
        "",
    ),
    "half as much capex again": (
        (*both(BENEFIT, months(1000), months(1000)), *both(CAPEX, {1: 1000}, {1: 1500})),
        Colour.RED,
        "cost 1,500 EUR of 1,000 EUR planned (150.0%)",
        "the cost is 50% above plan",
    ),
    "an overrun hides behind no running cost": (
        (
            *both(BENEFIT, months(3000), months(3000)),
            *both(RUNNING, months(1000), months(1000)),
            *both(CAPEX, {1: 1000}, {1: 1500}),
        ),
        Colour.RED,
        "spend 1,500 EUR of 1,000 EUR planned (150.0%)",
        "the spend is 50% above plan",
    ),
    "one euro on a million of a measure that only costs": (
        both(CAPEX, {1: 1_000_000}, {1: 1_000_001}),
        Colour.GREEN,
        "cost 1,000,001 EUR of 1,000,000 EUR planned (100.1%)",
        "",
    ),
    "94.501 percent is less than 95": (
        both(BENEFIT, {1: 100_000}, {1: 94_501}),
        Colour.AMBER,
        "lifetime benefit 94,501 EUR of 100,000 EUR planned (94.5%)",
        "",
    ),
    "94.999 percent is never shown as 95": (
        both(BENEFIT, {1: 100_000}, {1: 94_999}),
        Colour.AMBER,
        "lifetime benefit 94,999 EUR of 100,000 EUR planned (94.9%)",
        "",
    ),
    "exactly 95 percent": (
        both(BENEFIT, {1: 100_000}, {1: 95_000}),
        Colour.GREEN,
        "lifetime benefit 95,000 EUR of 100,000 EUR planned (95.0%)",
        "",
    ),
    "running cost eats the run-rate": (
        (*both(BENEFIT, months(100), months(100)), *both(RUNNING, months(10), months(90))),
        Colour.RED,
        "cost 1,080 EUR of 120 EUR planned (900.0%)",
        "the run-rate 2026-12 is 89% below plan, and the cost is 800% above plan",
    ),
    "a benefit that fades at the end": (
        both(BENEFIT, months(100, 1, 24), months(100, 1, 20) | months(60, 21, 24)),
        Colour.RED,
        "run-rate 2027-12: 720 EUR of 1,200 EUR planned (60.0%)",
        "the run-rate 2027-12 is 40% below plan",
    ),
    "a cost that nobody planned": (
        (*both(BENEFIT, months(100), months(100)), *at(FORECAST, ONE_OFF, {2: 50})),
        Colour.RED,
        "cost 50 EUR, and none was planned",
        "the cost is 50 EUR, and none was planned",
    ),
    "a plan of the next year that moves into the one after": (
        both(BENEFIT, months(100, 13, 24), months(100, 19, 30)),
        Colour.RED,
        "in-year benefit FY 2027: 600 EUR of 1,200 EUR planned (50.0%)",
        "the in-year benefit FY 2027 is 50% below plan",
    ),
    "more benefit for less cost": (
        (*both(BENEFIT, months(100), months(150)), *both(ONE_OFF, {1: 400}, {1: 300})),
        Colour.GREEN,
        "lifetime benefit 1,800 EUR of 1,200 EUR planned (150.0%)",
        "",
    ),
    "a plan of nothing": (both(BENEFIT, {1: 0}, {1: 0}), Colour.GREY, "the plan is zero", ""),
}


@pytest.mark.parametrize(("some", "colour", "figure", "deviation"), LIGHTS.values(), ids=LIGHTS.keys())
def test_the_light_is_the_worst_of_the_figures(some: Lines, colour: Colour, figure: str, deviation: str) -> None:
    verdict = judged(some)
    assert verdict.potential.colour is colour, verdict.potential.reason
    assert figure in verdict.potential.reason
    assert (verdict.deviation.text if verdict.deviation else "") == deviation
    if colour in {Colour.RED, Colour.AMBER}:
        assert verdict.potential.checks[0].colour is colour, "the worst stands first"


BILLS: Mapping[str, tuple[Lines, list[str]]] = {
    "in a year for which nothing is planned": (
        (*both(BENEFIT, months(100, -11, 0), months(100, -11, 0)), *at(FORECAST, EffectKind.LEGACY_COST, {1: 41})),
        ["lifetime benefit 1,159 EUR of 1,200 EUR planned (96.5%)", "run-rate 2025-12: 1,200 EUR as planned"],
    ),
    "in a year with a benefit": (
        (*both(BENEFIT, {1: 100}, {1: 100}), *at(FORECAST, EffectKind.LEGACY_COST, {2: 40})),
        [
            "lifetime benefit 60 EUR of 100 EUR planned (60.0%)",
            "in-year benefit FY 2026: 60 EUR of 100 EUR planned (60.0%)",
        ],
    ),
    "of a measure that only costs": (
        (*both(CAPEX, {1: 1000}, {1: 1000}), *at(FORECAST, EffectKind.LEGACY_COST, {2: 1})),
        ["cost 1,001 EUR of 1,000 EUR planned (100.1%)", "spend 1,000 EUR as planned"],
    ),
}


@pytest.mark.parametrize(("some", "texts"), BILLS.values(), ids=BILLS.keys())
def test_a_late_bill_for_the_legacy_is_compared_with_what_was_planned(some: Lines, texts: list[str]) -> None:
    effects, today = sum_up(some), date(2026, 3, 5)
    estimate = latest_estimate(effects, today)
    assert isinstance(estimate, LatestEstimate)
    assert [check.text for check in plan_checks(effects, estimate, today, 1)] == texts


EDGES: Mapping[str, tuple[int, Colour, bool]] = {
    "exactly the share of green": (95_000, Colour.GREEN, False),
    "a cent less": (94_999, Colour.AMBER, False),
    "exactly the tolerance": (90_000, Colour.AMBER, False),
    "past the tolerance": (89_999, Colour.AMBER, True),
    "exactly the share of amber": (85_000, Colour.AMBER, True),
    "less": (84_999, Colour.RED, True),
    "nothing": (0, Colour.RED, True),
    "a loss": (-5, Colour.RED, True),
}


@pytest.mark.parametrize(("expected", "colour", "asked"), EDGES.values(), ids=EDGES.keys())
def test_the_edges_belong_to_the_better_side(expected: int, colour: Colour, *, asked: bool) -> None:
    verdict = judged(both(BENEFIT, {1: 100_000}, {1: expected}))
    assert (verdict.potential.colour, verdict.deviation is not None) == (colour, asked)
    overrun = judged(both(ONE_OFF, {1: 100_000}, {1: 200_000 - expected}))
    assert (overrun.potential.colour, overrun.deviation is not None) == (colour, asked), (
        "cost is the same the other way"
    )


def test_the_whole_reason_names_each_figure_with_the_worst_first() -> None:
    some = (*both(BENEFIT, months(100), months(100, 1, 11) | {12: 40}), *both(ONE_OFF, {1: 400}, {1: 440}))
    assert judged(some).potential.reason == (
        "run-rate 2026-12: 960 EUR of 1,200 EUR planned (80.0%); cost 440 EUR of 400 EUR planned (110.0%); "
        "lifetime benefit 1,140 EUR of 1,200 EUR planned (95.0%); "
        "in-year benefit FY 2026: 1,140 EUR of 1,200 EUR planned (95.0%)"
    )
    assert judged((*both(BENEFIT, months(100), months(100)), *both(ONE_OFF, {1: 400}, {1: 300}))).potential.reason == (
        "lifetime benefit 1,200 EUR as planned; in-year benefit FY 2026: 1,200 EUR as planned; "
        "run-rate 2026-12: 1,200 EUR as planned; cost 300 EUR of 400 EUR planned (75.0%)"
    )


SHORT = both(BENEFIT, {1: 1000}, {1: 800})
DOLLARS = tuple(replace(line, money=Money(line.money.amount, "USD")) for line in SHORT)
TOLERATED: Mapping[str, tuple[Lines, int, Rates, bool]] = {
    "no amount": (SHORT, 0, Rates(), False),
    "less than the amount": (SHORT, 201, Rates(), True),
    "the amount itself": (SHORT, 200, Rates(), True),
    "more than the amount": (SHORT, 199, Rates(), False),
    "another currency, converted": (DOLLARS, 100, Rates([Rate("USD", "EUR", date(2026, 1, 1), Decimal("0.5"))]), True),
    "another currency without a rate is not known to be small": (DOLLARS, 10_000, Rates(), False),
}


@pytest.mark.parametrize(("some", "amount", "rates", "tolerated"), TOLERATED.values(), ids=TOLERATED.keys())
def test_an_amount_may_be_tolerated_whatever_share_it_is(
    some: Lines, amount: int, rates: Rates, *, tolerated: bool
) -> None:
    thresholds = replace(POLICY.thresholds, tolerance_amount=Decimal(amount))
    verdict = judged(some, replace(POLICY, currency="EUR").with_thresholds(thresholds), rates)
    assert (verdict.potential.colour is Colour.GREEN, verdict.deviation is None) == (tolerated, tolerated)


def test_the_fiscal_year_is_the_organisations() -> None:
    """A year from April: in March 2026 the benefit of April begins in the next one."""
    some = both(BENEFIT, months(100, 4, 15), months(100, 7, 18))
    verdict = judged(some, replace(POLICY, fiscal_year_start=4))
    assert "in-year benefit FY 2026: 900 EUR of 1,200 EUR planned (75.0%)" in verdict.potential.reason
    assert Period(2026, 4) > Period.of(NOW.replace(month=3).date())


def test_a_mandatory_measure_without_benefit_has_a_cost_light() -> None:
    some = both(CAPEX, {1: 1000}, {1: 1200})
    verdict = judged(some, CLASSES, measure_class="Regulatory")
    assert (verdict.potential.colour, verdict.potential.reason) == (
        Colour.RED, "cost 1,200 EUR of 1,000 EUR planned (120.0%)",
    )  # fmt: skip


def test_a_mandatory_measure_that_promises_a_benefit_is_judged_by_it() -> None:
    some = (*both(CAPEX, {1: 1000}, {1: 1000}), *both(BENEFIT, months(100), months(50)))
    assert judged(some, CLASSES, measure_class="Regulatory").potential.colour is Colour.RED


def test_a_reason_for_the_benefit_explains_no_overrun() -> None:
    before = judged(both(BENEFIT, months(100), months(70)))
    assert before.deviation is not None
    explained = replace(before.deviation, reason="volume", reason_at=NOW, explained_shortfall=Decimal("0.3"))
    some = (*both(BENEFIT, months(100), months(70)), *both(ONE_OFF, {1: 100}, {1: 200}))
    state = MeasureState("decided", plan=lock_plan(some, NOW), deviation=explained)
    present = replace(evidence("decided", "decided", commands=()), measure_state=state)
    now = NOW.replace(month=3)
    verdict = assess(measure(effects=some, end=date(2027, 12, 31)), present, POLICY, now)
    assert verdict.deviation is not None
    assert verdict.deviation.reason == ""
    assert verdict.deviation.text == "the lifetime benefit is 30% below plan, and the cost is 100% above plan"


def test_monthly_is_what_it_says() -> None:
    assert len(monthly(Version.PLAN, BENEFIT, 1)) == 12
