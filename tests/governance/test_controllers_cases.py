"""Cases of a controller that meet several rules at once: years, currencies, accruals, re-baselines and signatures."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from governance.assess import assess
from governance.definitions.years import FiscalYear, YearName, exit_rate, number_of, run_rate
from governance.effects import EffectKind, EffectLine, sum_up
from governance.evidence import Verb
from governance.investment import payback_months
from governance.latest_estimate import LatestEstimate, latest_estimate
from governance.ledger import EntryType, LedgerEntry, LedgerVersion, reversal_of
from governance.ledger_sums import effect_lines
from governance.locked_plan import lock_plan
from governance.measure_state import MeasureState
from governance.money import Money, Period
from governance.month_close import CloseState, closed_after, refusal_to_accept, refusal_to_reopen
from governance.plan_checks import plan_checks
from governance.plan_rates import FrozenRates
from governance.rates import Rate
from governance.verdict import Colour, Verdict
from tests.governance.factory import BRANDT, KAYA, NOW, POLICY, WEBER, evidence, measure, new_command
from tests.governance.test_latest_estimate import (
    ACTUAL,
    BENEFIT,
    CAPEX,
    FORECAST,
    ONE_OFF,
    PLAN,
    RUNNING,
    at,
    monthly,
)
from tests.governance.test_ledger import GROUP, entry, stored
from tests.governance.test_month_close import REOPENING
from tests.governance.test_month_close import WEBER as PREPARER
from tests.governance.test_plan_checks import both, judged, months
from tests.governance.test_validation import confirm, lower
from tests.governance.test_validation import judged as implemented

DECEMBER = Period(2026, 12)
IN_JANUARY = date(2027, 1, 20)


def estimated(*lines: EffectLine, today: date = IN_JANUARY, closed: Period = DECEMBER) -> LatestEstimate:
    found = latest_estimate(sum_up(lines), today, closed)
    assert isinstance(found, LatestEstimate)
    return found


def accrued() -> list[LedgerEntry]:
    accrual = entry(
        1, "100", EntryType.ACCRUAL, kind=EffectKind.RECURRING_COST, month=DECEMBER, version=LedgerVersion.ACTUAL
    )
    return [accrual, stored(2, reversal_of(accrual))]


def test_a_reversal_in_the_next_fiscal_year_takes_no_cost_back_before_its_invoice_has_come() -> None:
    """100 of running cost, forecast and accrued in December; the accrual is reversed in January, which is open."""
    expected = monthly(FORECAST, RUNNING, 100, 12, 12)
    before_the_invoice = estimated(*expected, *effect_lines(accrued()))
    assert before_the_invoice.of(RUNNING) == {number_of(DECEMBER): 100}
    invoice = entry(3, "90", kind=EffectKind.RECURRING_COST, month=DECEMBER.plus(1))
    closed = estimated(*expected, *effect_lines([*accrued(), invoice]), closed=DECEMBER.plus(1), today=date(2027, 2, 9))
    assert closed.at_completion == -90, "100 in 2026, and 10 of it back in 2027"


def test_a_cost_that_nobody_forecast_counts_in_an_open_month() -> None:
    spent = estimated(*monthly(FORECAST, RUNNING, 100, 12, 12), *at(ACTUAL, RUNNING, {12: 100, 13: 30}))
    assert spent.at_completion == -130


def rebaselined(before: Verdict, *lines: EffectLine, when: datetime) -> Verdict:
    commands = (
        new_command("", KAYA, Verb.REBASELINE, text="new volume", at=when - timedelta(hours=3)),
        new_command("rebaseline", BRANDT, at=when - timedelta(hours=2)),
        new_command("rebaseline", WEBER, at=when - timedelta(hours=1)),
    )
    present = evidence("decided", "decided", commands=(*before.commands, *commands), updated=when)
    return assess(measure(effects=lines), replace(present, measure_state=before.measure_state), POLICY, when)


def decided(*lines: EffectLine, rates: FrozenRates | None = None) -> Verdict:
    state = MeasureState("decided", granted_at={"decided": NOW}, plan=replace(lock_plan(lines, NOW), rates=rates))
    present = replace(evidence("decided", "decided", commands=()), measure_state=state)
    return assess(measure(effects=lines), present, POLICY, NOW)


def test_two_rebaselines_leave_the_plan_of_the_decision() -> None:
    first = decided(*both(BENEFIT, months(100), months(100)))
    second = rebaselined(first, *both(BENEFIT, months(80), months(80)), when=NOW + timedelta(days=30))
    third = rebaselined(second, *both(BENEFIT, months(60), months(60)), when=NOW + timedelta(days=60))
    found = third.figures
    assert third.measure_state.plan is not None
    assert third.measure_state.plan.number == 3
    assert [one.amount if one else None for one in (found.original_plan, found.plan, found.variance_to_original)] == [
        1200, 720, -480,
    ]  # fmt: skip
    assert [one.deviation for one in found.leakage] == [-480], "the run-rate of the decision"


@pytest.mark.parametrize(("euros", "lost"), [(90, []), (45, [-540, -540])])
def test_a_rebaseline_into_another_currency_ends_no_shortfall(euros: int, lost: list[int]) -> None:
    """100 USD a month were decided at 0.90: 90 EUR are as much, and 45 EUR are half of it."""
    rate = Rate("USD", "EUR", date(2026, 1, 1), Decimal("0.90"))
    dollars = tuple(
        replace(line, money=Money(line.money.amount, "USD")) for line in both(BENEFIT, months(100), months(100))
    )
    first = decided(*dollars, rates=FrozenRates((rate,), NOW.date()))
    second = rebaselined(first, *both(BENEFIT, months(euros), months(euros)), when=NOW + timedelta(days=30))
    assert second.measure_state.plan is not None
    assert second.measure_state.plan.number == 2
    assert [one.deviation for one in second.figures.leakage] == lost


def test_amounts_in_another_currency_than_the_locked_plan_are_unknown_and_never_on_plan() -> None:
    first = decided(*both(BENEFIT, months(100), months(100)))
    dollars = tuple(replace(line, money=Money(line.money.amount, "USD")) for line in at(FORECAST, BENEFIT, months(100)))
    present = replace(evidence("decided", "decided", commands=()), measure_state=first.measure_state)
    verdict = assess(measure(effects=(*at(PLAN, BENEFIT, months(100)), *dollars)), present, POLICY, NOW)
    assert verdict.potential.colour is Colour.GREY


@pytest.mark.parametrize(("named_by", "label"), [(YearName.FIRST, "FY 2026"), (YearName.LAST, "FY 2027")])
def test_the_light_calls_a_fiscal_year_as_the_pages_do(named_by: YearName, label: str) -> None:
    """From April 2026 to March 2027."""
    policy = replace(POLICY, fiscal_year_start=4, fiscal_year_named_by=named_by)
    assert policy.version == replace(POLICY, fiscal_year_start=4).version, "a name changes no rule"
    verdict = judged(both(BENEFIT, months(100, 4, 15), months(50, 4, 15)), policy)
    assert f"in-year benefit {label}: 600 EUR of 1,200 EUR planned (50.0%)" in verdict.potential.reason
    assert FiscalYear.of(date(2027, 3, 31), 4, named_by).label == label


@pytest.mark.parametrize(
    ("expected", "colour"),
    [(1_000_001, Colour.GREEN), (1_050_000, Colour.GREEN), (1_050_001, Colour.AMBER), (1_150_001, Colour.RED)],
)
def test_a_measure_that_only_costs_is_judged_by_the_unrounded_share(expected: int, colour: Colour) -> None:
    assert judged(both(CAPEX, {1: 1_000_000}, {1: expected})).potential.colour is colour


def test_a_plan_of_zero_is_nothing_to_compare_and_what_it_costs_all_the_same_is_red() -> None:
    nothing = judged(both(BENEFIT, months(0), months(0)))
    assert (nothing.potential.colour, nothing.potential.reason) == (
        Colour.GREY, "the plan is zero, so there is nothing to compare",
    )  # fmt: skip
    assert (
        judged((*both(BENEFIT, months(0), months(0)), *both(ONE_OFF, {1: 0}, {1: 60_000}))).potential.colour
        is Colour.RED
    )


def test_payback_after_two_changes_of_sign_is_the_last_one() -> None:
    assert payback_months({0: Decimal(-10), 1: Decimal(15), 3: Decimal(-100), 4: Decimal(60), 6: Decimal(60)}) == 7
    assert payback_months({0: Decimal(-10), 1: Decimal(15), 3: Decimal(-100), 4: Decimal(60)}) is None


def test_there_is_no_run_rate_before_the_start_and_a_leap_year_has_twelve_months() -> None:
    leap = {number_of(Period(2028, month)): Decimal(100) for month in range(1, 13)}
    assert run_rate(leap, number_of(Period(2027, 12))) == 0
    assert run_rate(leap, number_of(Period(2028, 2))) == 1200
    ends_in_february = FiscalYear(Period(2027, 3), YearName.LAST)
    assert (ends_in_february.label, exit_rate(leap, ends_in_february)) == ("FY 2028", 1200)


def test_a_chain_of_three_companies_saves_what_its_last_one_saves_outside() -> None:
    """ACME AG pays ACME GmbH 30 less, that one pays ACME Ltd 20 less, and that one pays Oracle 50 less."""
    names = (*GROUP, "ACME Ltd")
    entries = [
        entry(1, "30", legal_entity="ACME AG", counterparty="ACME GmbH"),
        entry(2, "20", legal_entity="ACME GmbH", counterparty="acme ltd"),
        entry(3, "50", legal_entity="ACME Ltd", counterparty="Oracle"),
    ]
    assert [line.money.amount for line in effect_lines(entries)] == [100]
    assert [line.money.amount for line in effect_lines(entries, names)] == [50]


def test_a_correction_after_a_lower_value_leaves_nothing_validated() -> None:
    october = Period(2026, 10)
    booked = (
        *at(PLAN, BENEFIT, months(100)),
        *at(FORECAST, BENEFIT, months(100)),
        *at(ACTUAL, BENEFIT, {9: 100, 10: 100}),
    )
    signed = implemented(booked, confirm(100, Period(2026, 9), Period(2026, 9)), lower(80, october, october))
    assert signed.figures.validated is not None
    assert signed.figures.validated.amount == 180
    corrected = (*booked[:-1], replace(booked[-1], money=Money(Decimal(70), "EUR")))
    again = assess(
        measure(effects=corrected),
        replace(evidence("implemented", "implemented", commands=signed.commands), measure_state=signed.measure_state),
        POLICY, NOW,
    )  # fmt: skip
    assert again.figures.validated is not None
    assert again.figures.unvalidated is not None
    assert (again.figures.validated.amount, again.figures.unvalidated.amount) == (100, 70)


def test_a_month_that_was_closed_alone_is_reopened_by_two_people_and_none_is_closed_then() -> None:
    october = Period(2026, 10)
    state = CloseState("ACME AG", october, october)
    assert refusal_to_reopen(state, october, "wrong company code") is None
    own = refusal_to_accept(REOPENING, replace(PREPARER, login="weber.j"), REOPENING.at, "", 0)
    assert own is not None
    assert own.sentence == "You prepared it yourself: somebody else reviews it, signed in with their own name."
    assert closed_after(REOPENING, state) is None
    assert closed_after(REOPENING, replace(state, first_closed=Period(2026, 1))) == Period(2026, 9)


def test_a_year_from_october_is_called_by_the_calendar_year_in_which_it_ends() -> None:
    plan = sum_up((*at(PLAN, BENEFIT, months(100)), *at(FORECAST, BENEFIT, months(100))))
    estimate = estimated(*at(FORECAST, BENEFIT, months(100)))
    assert {check.period for check in plan_checks(plan, estimate, date(2026, 6, 1), 10, YearName.LAST)} == {
        "", "FY 2026", "2026-12",
    }  # fmt: skip
