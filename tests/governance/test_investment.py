"""The decision: payback for good, net present value, hurdle by class, committee by benefit and by cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from governance.approvals import is_required
from governance.assess import assess
from governance.effects import Account, EffectKind, EffectLine, Version, sum_up
from governance.facts import Fact, Unknown
from governance.gates import MeasureClass, Policy
from governance.investment import cash_of, payback_months, present_values
from governance.money import Money, Period
from governance.presets import COMMITTEE
from governance.verdict import Outcome, Verdict
from tests.governance.factory import APPROVALS, NOW, POLICY, eur, evidence, lines, measure
from tests.governance.test_latest_estimate import ACTUAL, BENEFIT, CAPEX, ONE_OFF, PLAN, at
from tests.governance.test_plan_checks import months

TENTH = Decimal("0.1")
PILOT = (*at(PLAN, BENEFIT, {1: 10_000} | months(20_000, 5, 120)), *at(PLAN, CAPEX, {4: 1_000_000}))
"""A pilot pays in January, the investment follows in April."""
THIN = (*at(PLAN, CAPEX, {1: 1_000_000}), *at(PLAN, BENEFIT, months(20_000, 2, 61)))
"""60 months of 20,000 for a million."""


def cash(some: tuple[EffectLine, ...], contingency: Decimal = Decimal(0)) -> Mapping[int, Decimal]:
    plan = sum_up(some).plan
    assert plan is not None
    return cash_of(plan, contingency)


PAYBACKS: Mapping[str, tuple[tuple[EffectLine, ...], int | None]] = {
    "a first month that pays is forgotten when the investment comes": (PILOT, 54),
    "paid at once": (lines(PLAN, 20_000, 60_000), 3),
    "never below zero": (lines(PLAN, 20_000, 0), 1),
    "never": (lines(PLAN, 1, 60_000), None),
    "above zero, and below again at the end": ((*lines(PLAN, 20_000, 60_000), *at(PLAN, ONE_OFF, {12: 500_000})), None),
    "exactly zero at the end": ((*at(PLAN, ONE_OFF, {1: 100}), *at(PLAN, BENEFIT, {2: 50, 3: 50})), 3),
    "months without an amount count": ((*at(PLAN, ONE_OFF, {1: 100}), *at(PLAN, BENEFIT, {9: 100})), 9),
}


@pytest.mark.parametrize(("some", "expected"), PAYBACKS.values(), ids=PAYBACKS.keys())
def test_payback_is_when_the_cash_stays_above_zero(some: tuple[EffectLine, ...], expected: int | None) -> None:
    assert payback_months(cash(some)) == expected


def test_money_that_comes_later_is_worth_less() -> None:
    npv = sum(present_values(cash(THIN), TENTH, 60).values(), Decimal(0))
    assert round(npv / 1000) == -49
    assert sum(present_values(cash(THIN), Decimal(0), 60).values()) == 200_000
    assert sum(present_values(cash(THIN), TENTH, 30).values()) < npv, "what comes after the horizon does not count"


def test_a_year_at_a_tenth_is_a_factor_of_eleven_tenths() -> None:
    values = present_values({2026 * 12: Decimal(0), 2027 * 12: Decimal(1100), 2028 * 12: Decimal(1210)}, TENTH, 60)
    assert [value.quantize(Decimal("0.000001")) for value in values.values()] == [0, 1000, 1000]


def test_working_capital_is_cash_and_contingency_is_cost() -> None:
    freed = EffectLine(PLAN, EffectKind.ONE_OFF_BENEFIT, Period(2026, 1), eur(5_000), Account.CASH)
    some = (*lines(PLAN, 20_000, 60_000), freed)
    first = 2026 * 12
    assert cash(some)[first] == 20_000 - 60_000 + 5_000
    assert cash(some, TENTH)[first] == 20_000 - 66_000 + 5_000
    assert sum_up(some).plan == replace(sum_up(some).plan, net_total=Decimal(180_000))  # type: ignore[type-var]


def test_working_capital_in_another_currency_is_not_left_out_of_the_hurdle() -> None:
    """150,000 USD of stock have to be paid first, which leaves less than the hurdle of the 180,000 EUR."""
    built_up = Money(Decimal(-150_000), "USD")
    stock = EffectLine(PLAN, EffectKind.ONE_OFF_BENEFIT, Period(2026, 1), built_up, Account.CASH)
    assert hurdle_of(at_decision((*lines(PLAN, 20_000, 60_000), stock), with_thresholds())) == (
        Outcome.UNKNOWN,
        "effects in EUR and USD need a rate before they are added up",
    )


def test_booked_working_capital_in_another_currency_is_in_no_sum_of_the_verdict() -> None:
    stock = EffectLine(ACTUAL, EffectKind.ONE_OFF_BENEFIT, Period(2026, 1), Money(Decimal(-5), "USD"), Account.CASH)
    assert sum_up((*lines(ACTUAL, 20_000, 60_000), stock)) == sum_up(lines(ACTUAL, 20_000, 60_000))


# --- hurdles -----------------------------------------------------------------------------------------------------------

CLASSES = (
    MeasureClass("Growth", npv_hurdle=Decimal(1), payback_months=72),
    MeasureClass("Efficiency", hurdle=Decimal(300_000)),
    MeasureClass("Regulatory", mandatory=True),
)
FREE = replace(POLICY.thresholds, hurdle=Decimal(100_000), payback_months=72, discount_rate=TENTH)


def at_decision(some: tuple[EffectLine, ...], policy: Policy, stated: Fact[str] = None) -> Verdict:
    present = evidence("detailed", "detailed", commands=APPROVALS[:3])
    return assess(measure(effects=some, measure_class=stated), present, policy, NOW)


def hurdle_of(verdict: Verdict) -> tuple[Outcome, str]:
    results = [one for one in verdict.checklist if one.code == "BELOW_HURDLE"]
    found = next((one for one in results if one.outcome is not Outcome.MET), results[0])
    return found.outcome, found.reason


def with_thresholds(**changes: object) -> Policy:
    return POLICY.with_thresholds(replace(FREE, **changes))  # type: ignore[arg-type]


HURDLES: Mapping[str, tuple[tuple[EffectLine, ...], Policy, Fact[str], Outcome, str]] = {
    "a net hurdle alone does not see the years": (THIN, with_thresholds(), None, Outcome.MET, "200,000 EUR"),
    "an NPV hurdle does": (
        THIN, with_thresholds(npv_hurdle=Decimal(0)), None, Outcome.UNMET,
        "NPV -49,229.99 EUR at 10% over 60 months is below the hurdle of 0 EUR",
    ),
    "contingency comes on top of the cost": (
        THIN, with_thresholds(contingency=Decimal("0.2")), None, Outcome.UNMET,
        "net plan 0 EUR, with 20% contingency on its cost, is below the hurdle of 100,000 EUR",
    ),
    "a payback that does not last is none": (
        PILOT, with_thresholds(payback_months=36), None, Outcome.UNMET, "payback takes 54 months, the limit is 36",
    ),
    "the hurdle of the class": (
        THIN, replace(with_thresholds(), classes=CLASSES), "Efficiency", Outcome.UNMET,
        "net plan 200,000 EUR is below the hurdle of 300,000 EUR",
    ),
    "another class asks for NPV": (
        THIN, replace(with_thresholds(), classes=CLASSES), "growth", Outcome.UNMET,
        "NPV -49,229.99 EUR at 10% over 60 months is below the hurdle of 1 EUR",
    ),
    "what has to be done has no hurdle": (
        at(PLAN, CAPEX, {1: 5000}), replace(with_thresholds(), classes=CLASSES), "Regulatory", Outcome.MET,
        "no hurdle is asked of Regulatory",
    ),
    "no class is stated": (
        THIN, replace(with_thresholds(), classes=CLASSES), None, Outcome.UNKNOWN,
        "the measure states no class: it has to be one of Growth, Efficiency, Regulatory",
    ),
    "a class that is none": (
        THIN, replace(with_thresholds(), classes=CLASSES), "Other", Outcome.UNKNOWN,
        '"Other" is no class: it has to be one of Growth, Efficiency, Regulatory',
    ),
    "a class that cannot be read": (
        THIN, replace(with_thresholds(), classes=CLASSES), Unknown("the field is hidden"), Outcome.UNKNOWN,
        "the field is hidden",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("some", "policy", "stated", "outcome", "reason"), HURDLES.values(), ids=HURDLES.keys())
def test_the_hurdle(
    some: tuple[EffectLine, ...], policy: Policy, stated: Fact[str], outcome: Outcome, reason: str
) -> None:
    assert hurdle_of(at_decision(some, policy, stated)) == (outcome, reason)


def test_the_npv_is_a_condition_of_its_own_beside_the_hurdle() -> None:
    verdict = at_decision(THIN, HURDLES["an NPV hurdle does"][1])
    assert {one.subject for one in verdict.checklist if one.code == "BELOW_HURDLE"} == {"npv", "payback"}


def test_the_figures_of_the_decision_are_in_the_verdict() -> None:
    figures = at_decision(THIN, with_thresholds()).figures
    assert (figures.npv, figures.payback_months) == (Money(Decimal("-49229.99"), "EUR"), 51)


def test_a_class_is_part_of_what_was_approved() -> None:
    """Approved as growth; the owner then calls it regulatory, which nobody asks to earn anything."""
    policy = replace(POLICY, classes=(MeasureClass("Growth"), MeasureClass("Regulatory", mandatory=True)))
    decided = assess(measure(measure_class="Growth"), evidence(commands=APPROVALS[:3]), policy, NOW)
    assert decided.stage == "decided"
    state = decided.measure_state
    present = replace(evidence("decided", "decided", commands=decided.commands), measure_state=state)
    changed = assess(measure(measure_class="Regulatory"), present, policy, NOW)
    assert [one.reason for one in changed.blockers if one.code == "PLAN_LOCKED"] == [
        'the plan was changed after it was locked on 21 Nov 2026 (the class is "Regulatory" instead of "Growth"): '
        "put it back, or ask for it with /rebaseline REASON"
    ]


# --- the committee -----------------------------------------------------------------------------------------------------

LIMIT = with_thresholds(committee_limit=Decimal(1_000_000))
LIMITS: Mapping[str, tuple[tuple[EffectLine, ...], Policy, bool]] = {
    "little of either": (lines(PLAN, 20_000, 60_000), LIMIT, False),
    "much benefit": (at(PLAN, BENEFIT, {1: 1_000_000}), LIMIT, True),
    "five million of capex for less than a million of benefit": (
        (*at(PLAN, CAPEX, {1: 5_000_000}), *at(PLAN, BENEFIT, {2: 900_000})), LIMIT, True,
    ),
    "running cost is cost": (at(PLAN, EffectKind.RECURRING_COST, months(100_000)), LIMIT, True),
    "a cost that is taken back later is one all the same": (
        at(PLAN, CAPEX, {1: 1_000_000, 2: -900_000}), LIMIT, True,
    ),
    "below the limit but for the contingency": (
        at(PLAN, CAPEX, {1: 950_000}), with_thresholds(committee_limit=Decimal(1_000_000), contingency=TENTH), True,
    ),
    "no plan is not known to be small": ((), LIMIT, True),
}  # fmt: skip


@pytest.mark.parametrize(("some", "policy", "asked"), LIMITS.values(), ids=LIMITS.keys())
def test_the_committee_decides_on_benefit_and_on_cost(
    some: tuple[EffectLine, ...], policy: Policy, *, asked: bool
) -> None:
    assert is_required(COMMITTEE, policy, sum_up(some)) is asked


def test_versions_do_not_mix() -> None:
    assert sum_up(at(Version.ACTUAL, CAPEX, {1: 1})).plan is None
