"""Currencies: the plan keeps the rates of its decision, what a currency does is a figure of its own, and a rate has an
age at which it says nothing any more.  The amounts are those of a controller's worked examples."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from governance.definitions.leakage import LeakReason
from governance.definitions.years import FiscalYear
from governance.effects import Account, EffectKind, EffectLine, Version
from governance.hierarchy import Dimension, RollUpMeasure, roll_up
from governance.left_out import LeftOut
from governance.locked_plan import lock_plan, rates_of_plan
from governance.measure import HierarchyPath, MeasureId
from governance.measure_figures import measure_figures
from governance.money import Money, Period
from governance.plan_rates import FrozenRates, PlanRates, frozen_rates
from governance.rates import Conversion, MissingRate, Rate, RateKind, Rates
from governance.roll_up import AMOUNTS, MeasureFigures, RollUpSettings
from tests.governance.factory import POLICY

JANUARY, JULY = Period(2026, 1), Period(2026, 7)
SETTINGS = RollUpSettings("EUR", FiscalYear(JANUARY), Period(2026, 10), POLICY.weights, "decided")


def dollars(version: Version, amount: int, first: Period = JANUARY, months: int = 12) -> tuple[EffectLine, ...]:
    return tuple(
        EffectLine(version, EffectKind.BENEFIT, first.plus(n), Money(Decimal(amount), "USD")) for n in range(months)
    )


def rate(since: str, factor: str, kind: RateKind = RateKind.AVERAGE) -> Rate:
    return Rate("USD", "EUR", date.fromisoformat(since), Decimal(factor), kind=kind)


BEFORE = (rate("2026-01-01", "0.90"),)
NOW = Rates([*BEFORE, rate("2026-07-01", "0.80")])
DECIDED = FrozenRates(BEFORE, date(2026, 2, 1))
PLAN, FORECAST = dollars(Version.PLAN, 100_000), dollars(Version.FORECAST, 100_000)


def measure(*lines: EffectLine, rates: FrozenRates | None = DECIDED, **facts: object) -> RollUpMeasure:
    some = RollUpMeasure(MeasureId("m"), HierarchyPath("A"), None, None, lines, "decided", rates=rates)
    return replace(some, **facts)  # type: ignore[arg-type]


def figures(some: RollUpMeasure, rates: Rates = NOW) -> MeasureFigures:
    return measure_figures(some, SETTINGS, rates)


def test_the_locked_plan_stays_and_the_currency_is_a_figure_of_its_own() -> None:
    """USD 100k a month, the rate falls from 0.90 to 0.80 in July."""
    amounts = figures(measure(*PLAN, *FORECAST)).amounts
    assert (amounts.ebitda_plan, amounts.ebitda_estimate) == (1_080_000, 1_020_000)
    assert (amounts.variance, amounts.ebitda_fx) == (0, -60_000)
    assert (amounts.in_year_plan, amounts.in_year_fx, amounts.in_year_estimate) == (1_080_000, -60_000, 1_020_000)
    assert (amounts.run_rate_plan, amounts.run_rate_estimate, amounts.run_rate_fx) == (1_080_000, 960_000, -120_000)
    assert (amounts.in_year_loss, amounts.run_rate_loss) == (0, 0)


def test_a_real_loss_is_counted_at_the_rates_of_the_decision() -> None:
    found = figures(measure(*PLAN, *dollars(Version.FORECAST, 60_000), reason="price: dearer"))
    amounts = found.amounts
    assert (amounts.variance, amounts.ebitda_fx, amounts.ebitda_estimate) == (-432_000, -36_000, 612_000)
    assert found.in_year_losses == found.run_rate_losses == {LeakReason.PRICE: 432_000}


def test_before_the_decision_there_is_no_rate_to_compare_with() -> None:
    amounts = figures(measure(*PLAN, *FORECAST, rates=None)).amounts
    assert (amounts.ebitda_plan, amounts.ebitda_estimate, amounts.variance) == (1_020_000, 1_020_000, 0)
    assert all(getattr(amounts, name) is None for name in AMOUNTS if name.endswith("_fx"))


def test_a_measure_of_the_reporting_currency_has_no_exchange_effect() -> None:
    lines = tuple(replace(line, money=Money(line.money.amount, "EUR")) for line in (*PLAN, *FORECAST))
    amounts = figures(measure(*lines), Rates()).amounts
    assert (amounts.ebitda_plan, amounts.variance, amounts.ebitda_fx) == (1_200_000, 0, None)


def test_a_rate_that_moved_is_no_cost_to_come() -> None:
    """Forecast for January and booked in July: the same 100,000 dollars, and nothing is left to spend."""
    cost = (
        EffectLine(Version.PLAN, EffectKind.ONE_OFF_COST, JANUARY, Money(Decimal(100_000), "USD")),
        EffectLine(Version.FORECAST, EffectKind.ONE_OFF_COST, JANUARY, Money(Decimal(100_000), "USD")),
        EffectLine(Version.ACTUAL, EffectKind.ONE_OFF_COST, JULY, Money(Decimal(100_000), "USD")),
    )
    amounts = figures(measure(*cost)).amounts
    assert (amounts.one_off_plan, amounts.one_off_estimate, amounts.one_off_fx) == (-90_000, -80_000, 10_000)
    assert (amounts.variance, amounts.ebitda_actual, amounts.ebitda_actual_fx) == (0, -80_000, 10_000)


def test_a_total_and_its_lines_are_converted_with_the_same_rates() -> None:
    some = measure(*PLAN, *FORECAST)
    for version, whole in ((Version.PLAN, 1_080_000), (Version.FORECAST, 1_020_000)):
        (total,) = roll_up([some], Dimension.MEASURE, version, "EUR", NOW).values()
        assert total.money.amount == whole


def test_leakage_is_counted_from_the_plan_of_the_decision() -> None:
    """A re-baseline from 100,000 to 60,000 a month ends no leakage, and keeps the rates of the decision."""
    lower = dollars(Version.PLAN, 60_000)
    some = measure(*lower, *dollars(Version.FORECAST, 60_000), original=PLAN, reason="volume: fewer sites")
    found = figures(some)
    amounts = found.amounts
    assert (amounts.in_year_plan, amounts.in_year_original, amounts.variance) == (648_000, 1_080_000, 0)
    assert (amounts.ebitda_plan, amounts.ebitda_original) == (648_000, 1_080_000)
    assert (amounts.in_year_loss, amounts.run_rate_loss) == (432_000, 432_000)
    assert found.in_year_losses == {LeakReason.VOLUME: 432_000}
    assert amounts.in_year_fx is not None
    assert 1_080_000 - 432_000 + amounts.in_year_fx == amounts.in_year_estimate


@pytest.mark.parametrize(
    ("forecast", "reason", "losses"),
    [
        pytest.param(dollars(Version.FORECAST, 100_000, JULY), "", {"delay": 540_000}, id="six months later"),
        pytest.param(
            dollars(Version.FORECAST, 50_000, JULY), "price 60 volume 40 both",
            {"delay": 540_000, "price": 162_000, "volume": 108_000}, id="later, and less a month",
        ),
        pytest.param(
            (*FORECAST, EffectLine(Version.FORECAST, EffectKind.ONE_OFF_COST, JANUARY, Money(Decimal(50_000), "USD"))),
            "delay: so they say", {"scope": 45_000}, id="a cost that nobody planned, whatever somebody types",
        ),
        pytest.param(
            dollars(Version.FORECAST, 90_000), "delay: so they say", {"other": 108_000}, id="a delay that is none",
        ),
    ],
)  # fmt: skip
def test_delay_and_scope_are_worked_out(forecast: tuple[EffectLine, ...], reason: str, losses: dict[str, int]) -> None:
    assert figures(measure(*PLAN, *forecast, reason=reason)).in_year_losses == losses


@pytest.mark.parametrize(
    ("month", "told"),
    [
        pytest.param(Period(2027, 2), "0.9", id="the table of last year, a month after its end"),
        pytest.param(
            Period(2027, 3),
            "no rate from USD to EUR on 1 Mar 2027 that is new enough (the newest is of 1 Jan 2026)",
            id="a rate that is too old is named",
        ),
        pytest.param(Period(2025, 12), "no rate from USD to EUR on 1 Dec 2025", id="none yet"),
    ],
)
def test_a_rate_has_an_age(month: Period, told: str) -> None:
    found = Rates(BEFORE).aged(date(2028, 1, 1), 400).rate_for("USD", "EUR", month)
    assert (str(found) if isinstance(found, MissingRate) else str(found.factor.normalize())) == told


def test_a_month_to_come_is_as_old_as_today() -> None:
    assert isinstance(Rates(BEFORE).aged(date(2026, 11, 1), 400).rate_for("USD", "EUR", Period(2030, 1)), Rate)
    assert isinstance(Rates(BEFORE).aged(date(2027, 2, 6), 400).rate_for("USD", "EUR", Period(2030, 1)), MissingRate)


def test_a_rate_of_2019_does_not_serve_2026() -> None:
    found = figures(measure(*PLAN, *FORECAST, rates=None), Rates([rate("2019-01-01", "0.88")]))
    assert (found.left_out, found.amounts.ebitda_plan) == (LeftOut.NO_RATE, None)
    assert str(found.missing) == (
        "no rate from USD to EUR on 1 Jan 2026 that is new enough (the newest is of 1 Jan 2019)"
    )


def test_a_balance_is_converted_with_the_closing_rate() -> None:
    stock = tuple(
        replace(line, account=Account.CASH)
        for version in (Version.PLAN, Version.FORECAST)
        for line in dollars(version, 1000, Period(2026, 3), 1)
    )
    closing = rate("2026-03-31", "0.85", RateKind.CLOSING)
    amounts = figures(measure(*stock), Rates([*BEFORE, closing])).amounts
    assert (amounts.cash_plan, amounts.cash_estimate, amounts.cash_fx) == (900, 850, -50)
    missing = figures(measure(*stock), Rates(BEFORE)).missing
    assert str(missing) == "no closing rate from USD to EUR on 31 Mar 2026"


def test_a_plan_takes_the_budget_rate_and_where_there_is_none_the_average_rate() -> None:
    rates = Rates([rate("2026-07-01", "0.80"), *BEFORE, rate("2026-07-01", "0.95", RateKind.BUDGET)])
    plan = PlanRates(rates)
    factors = [plan.convert(Money(Decimal(1), "USD"), "EUR", month) for month in (JANUARY, JULY)]
    assert [found.money.amount for found in factors if isinstance(found, Conversion)] == [
        Decimal("0.90"), Decimal("0.95"),
    ]  # fmt: skip


def test_what_is_in_the_currency_already_needs_no_rate() -> None:
    assert PlanRates(Rates(), DECIDED).convert(Money(Decimal(7), "EUR"), "EUR", JULY) == Conversion(
        Money(Decimal(7), "EUR"), None
    )


def test_a_correction_of_a_rate_does_not_reach_a_locked_plan() -> None:
    frozen = frozen_rates({"USD"}, JANUARY, Rates(BEFORE), date(2026, 2, 1))
    corrected = Rates([rate("2026-01-01", "0.50")])
    found = PlanRates(corrected, frozen).convert(Money(Decimal(1), "USD"), "EUR", JULY)
    assert isinstance(found, Conversion)
    assert found.money.amount == Decimal("0.90")


def test_a_rate_that_nobody_knew_at_the_decision_is_the_one_recorded_for_its_day() -> None:
    frozen = frozen_rates({"USD"}, JANUARY, Rates(), date(2026, 2, 1))
    found = PlanRates(NOW, frozen).convert(Money(Decimal(1), "USD"), "EUR", JULY)
    assert isinstance(found, Conversion)
    assert found.money.amount == Decimal("0.90")
    assert isinstance(
        PlanRates(Rates([rate("2026-07-01", "0.80")]), frozen).convert(Money(Decimal(1), "USD"), "EUR", JULY),
        MissingRate,
    )


def test_a_rebaseline_keeps_the_rates_of_the_decision() -> None:
    first = frozen_rates({"USD"}, JANUARY, Rates(BEFORE), date(2026, 2, 1))
    pounds = Rate("GBP", "EUR", date(2026, 1, 1), Decimal("1.1"))
    later = frozen_rates({"USD", "GBP"}, JANUARY, Rates([*BEFORE, rate("2026-07-01", "0.80"), pounds]),
                         date(2026, 9, 1), first)  # fmt: skip
    assert later == FrozenRates((*BEFORE, pounds), date(2026, 2, 1))


def test_a_plan_that_was_emptied_in_between_has_the_rates_of_the_decision_again() -> None:
    some, decided_at = dollars(Version.PLAN, 100), datetime(2026, 2, 1, tzinfo=UTC)
    first = rates_of_plan(some, Rates(BEFORE), decided_at.date())
    plan = lock_plan(some, decided_at, rates=first)
    later = Rates([*BEFORE, rate("2026-07-01", "0.80")])
    emptied = lock_plan((), decided_at, number=2, before=plan, rates=rates_of_plan((), later, date(2026, 8, 1), plan))
    assert first == FrozenRates(BEFORE, decided_at.date())
    assert rates_of_plan(some, later, date(2026, 9, 1), emptied) == first
