"""A measure in the currency and the fiscal year of its legal entity, beside those of the group."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from governance.books import Books, books_figures
from governance.effects import Account, EffectKind, EffectLine, Version
from governance.money import Money, Period
from governance.plan_rates import FrozenRates
from governance.rates import MissingRate, Rate, Rates

NOW = Period(2026, 6)
TODAY = date(2026, 7, 15)
"""June is over."""
RATES = Rates(
    (
        Rate("EUR", "CHF", date(2025, 1, 1), Decimal("0.9")),
        Rate("EUR", "CHF", date(2026, 7, 1), Decimal("0.8")),
        Rate("USD", "EUR", date(2026, 1, 1), Decimal("0.5")),
    )
)


def line(version: str, month: str, amount: int, kind: str = "benefit", currency: str = "EUR") -> EffectLine:
    return EffectLine(Version(version), EffectKind(kind), Period.parse(month), Money(Decimal(amount), currency))


@pytest.mark.parametrize(
    ("start", "month", "first"),
    [
        (1, Period(2026, 6), Period(2026, 1)),
        (4, Period(2026, 6), Period(2026, 4)),
        (4, Period(2026, 3), Period(2025, 4)),
        (4, Period(2026, 4), Period(2026, 4)),
        (12, Period(2026, 11), Period(2025, 12)),
    ],
)
def test_the_fiscal_year_of_a_month(start: int, month: Period, first: Period) -> None:
    assert Books("CHF", start).year_of(month) == first


LINES = (
    line("plan", "2026-03", 100), line("plan", "2026-06", 100), line("plan", "2026-07", 100), line("plan", "2027-04", 100),
    line("plan", "2026-06", 40, "capex"),
    line("forecast", "2026-06", 80), line("forecast", "2026-07", 80), line("forecast", "2027-04", 80),
    line("forecast", "2026-06", 40, "capex"),
    line("actual", "2026-06", 50),
)  # fmt: skip


@pytest.mark.parametrize(
    ("books", "whole", "in_year"),
    [
        pytest.param(Books("EUR"), (360, 170, 50, -190), (260, 90, 50, -170), id="the group: calendar year in EUR"),
        pytest.param(Books("EUR", 4), (360, 170, 50, -190), (160, 90, 50, -70),
                     id="a fiscal year from April: March is not in it, April of the next year neither"),
        pytest.param(Books("CHF", 4), (304, 137, 45, -167), (134, 73, 45, -61),
                     id="each month at its own rate: 0.9 to June, 0.8 from July"),
    ],
)  # fmt: skip
def test_the_same_measure_in_both_books(books: Books, whole: tuple[int, ...], in_year: tuple[int, ...]) -> None:
    found = books_figures(LINES, books, TODAY, RATES)
    for sums, expected in ((found.whole, whole), (found.in_year, in_year)):
        assert sums is not None
        assert (sums.plan, sums.estimate, sums.actual, sums.variance) == expected


def test_a_missing_rate_is_named_and_never_worked_out_by_way_of_another_currency() -> None:
    found = books_figures((*LINES, line("plan", "2026-06", 1, currency="USD")), Books("CHF", 4), TODAY, RATES)
    assert (found.whole, found.in_year) == (None, None)
    assert found.missing == MissingRate("USD", "CHF", Period(2026, 6))


def test_without_a_forecast_there_is_no_estimate_and_no_variance_and_cash_counts_nowhere() -> None:
    cash = EffectLine(Version.ACTUAL, EffectKind.BENEFIT, NOW, Money(Decimal(7), "EUR"), Account.CASH)
    found = books_figures((line("plan", "2026-06", 100), cash), Books("EUR"), TODAY, RATES)
    assert found.whole is not None
    assert (found.whole.plan, found.whole.estimate, found.whole.actual, found.whole.variance) == (100, None, None, None)
    assert found.last_month == Period(2026, 12)


DOLLARS = tuple(
    line(version, month, 100, currency="USD")
    for version in ("plan", "forecast")
    for month in ("2026-06", "2026-07", "2027-04")
)


def test_what_exchange_rates_did_is_a_figure_of_its_own_and_no_variance() -> None:
    """Decided at 0.6, at 0.5 since: 300 USD are 180 EUR of plan and 150 EUR now."""
    frozen = FrozenRates((Rate("USD", "EUR", date(2026, 1, 1), Decimal("0.6")),), date(2026, 5, 1))
    found = books_figures(DOLLARS, Books("EUR"), TODAY, RATES, frozen)
    assert found.whole is not None
    assert found.in_year is not None
    assert (found.whole.plan, found.whole.estimate, found.whole.fx, found.whole.variance) == (180, 150, -30, 0)
    assert (found.in_year.plan, found.in_year.fx, found.in_year.variance) == (120, -20, 0)
    undecided = books_figures(DOLLARS, Books("EUR"), TODAY, RATES)
    assert undecided.whole is not None
    assert (undecided.whole.fx, undecided.whole.variance) == (None, 0)


def test_the_books_take_the_month_that_the_legal_entity_has_closed() -> None:
    """June is booked at 50 and forecast at 80; while June is open its forecast counts."""
    found = books_figures(LINES, Books("EUR"), TODAY, RATES, closed=Period(2026, 5))
    assert found.whole is not None
    assert found.whole.estimate == 200
