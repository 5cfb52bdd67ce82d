"""Sums over effect lines; the formulas are in ``governance/effects.py``."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.effects import EffectKind, EffectLine, Version, sum_up
from governance.money import CurrencyMismatch, Money, Period
from governance.spread import spread
from tests.governance.factory import eur, lines

periods = st.builds(Period, st.integers(2020, 2035), st.integers(1, 12))
amounts = st.decimals(-(10**9), 10**9, places=2)
effect_lines = st.builds(
    EffectLine,
    st.sampled_from(Version),
    st.sampled_from(EffectKind),
    periods,
    st.builds(Money, amounts, st.just("EUR")),
)


def test_net_is_benefit_less_all_costs() -> None:
    plan = sum_up(lines(Version.PLAN, 20_000, 60_000)).plan
    assert plan is not None
    assert (plan.total_benefit(), plan.total_net()) == (240_000, 180_000)


def test_the_in_year_effect_follows_the_fiscal_year() -> None:
    plan = sum_up(lines(Version.PLAN, 10, 0, months=24)).plan
    assert plan is not None
    assert (plan.in_year(2026), plan.in_year(2026, fiscal_year_start=10), plan.in_year(2028)) == (120, 120, 0)


def test_currencies_do_not_mix() -> None:
    with pytest.raises(CurrencyMismatch, match="EUR and USD need a rate"):
        sum_up(
            (
                *lines(Version.PLAN, 1, 1),
                EffectLine(Version.PLAN, EffectKind.CAPEX, Period(2026, 1), Money(Decimal(1), "USD")),
            )
        )


@given(st.lists(effect_lines, max_size=40), st.randoms(use_true_random=False))
def test_the_order_of_lines_does_not_matter(some: list[EffectLine], random: object) -> None:
    shuffled = list(some)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert sum_up(some) == sum_up(shuffled)


@given(amounts, periods, st.integers(0, 120))
def test_a_spread_amount_adds_up_to_itself(amount: Decimal, start: Period, months: int) -> None:
    laid = spread(Money(amount, "EUR"), start, start.plus(months))
    assert sum(money.amount for _, money in laid) == amount
    assert [month for month, _ in laid] == list(start.until(start.plus(months)))


def test_the_last_month_takes_what_rounding_leaves() -> None:
    laid = spread(eur(100), Period(2026, 1), Period(2026, 3))
    assert [str(money.amount) for _, money in laid] == ["33.33", "33.33", "33.34"]


@pytest.mark.parametrize(
    ("amount", "text"), [("1234567", "1,234,567 EUR"), ("1234.5", "1,234.50 EUR"), ("-12", "-12 EUR"), ("0", "0 EUR")]
)
def test_money_reads_as_people_write_it(amount: str, text: str) -> None:
    assert str(eur(amount)) == text


@given(periods, st.integers(-400, 400))
def test_months_count_across_years(period: Period, months: int) -> None:
    assert period.months_to(period.plus(months)) == months


@pytest.mark.parametrize("text", ["2026-13", "2026-1", "26-01", "2026/01", "", "2026-00"])
def test_a_month_is_written_in_one_way(text: str) -> None:
    with pytest.raises(ValueError, match="month"):
        Period.parse(text)
