"""An amount laid over months: nothing is lost, and the shape is what it is called."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.money import Money, Period
from governance.spread import SpreadShape, spread
from tests.governance.factory import eur

FIRST, FOURTH = Period(2026, 1), Period(2026, 4)


@pytest.mark.parametrize(
    ("shape", "amounts"),
    [
        pytest.param(SpreadShape.LINEAR, ["250.00", "250.00", "250.00", "250.00"], id="every month the same"),
        pytest.param(SpreadShape.FRONT, ["400.00", "300.00", "200.00", "100.00"], id="most at the front"),
        pytest.param(SpreadShape.BACK, ["100.00", "200.00", "300.00", "400.00"], id="most at the back"),
    ],
)
def test_a_shape_says_how_an_amount_is_laid_out(shape: SpreadShape, amounts: list[str]) -> None:
    assert [str(money.amount) for _, money in spread(eur("1000.00"), FIRST, FOURTH, shape)] == amounts


def test_a_plan_of_half_a_century_is_a_slip_of_the_pen() -> None:
    with pytest.raises(ValueError, match="longer than 50 years"):
        spread(eur(1), FIRST, FIRST.plus(600))


@given(st.decimals(-(10**9), 10**9, places=2), st.integers(0, 120), st.sampled_from(SpreadShape))
def test_no_shape_loses_a_cent(amount: Decimal, months: int, shape: SpreadShape) -> None:
    laid = spread(Money(amount, "EUR"), FIRST, FIRST.plus(months), shape)
    assert sum(money.amount for _, money in laid) == amount
    assert [month for month, _ in laid] == list(FIRST.until(FIRST.plus(months)))
