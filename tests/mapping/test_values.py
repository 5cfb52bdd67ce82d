"""Amounts as people write them; what is not clear is refused, not guessed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.facts import Unknown
from governance.money import Money
from mapping.values import date_of, money_of, parse_amount
from mapping.work_item import FieldValue
from tests.mapping.items import expression_scope, item

UNCLEAR = "it is not clear whether {} has decimals; write it as 1234567.89"
TOO_LARGE = "this is larger or finer than an amount of 15 digits"
NO_AMOUNT = "this is not an amount; write it as 1234567.89"


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1234.56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1.234,56", "1234.56"),
        ("1 234,56", "1234.56"),
        ("1'234'567.89", "1234567.89"),
        ("1,234,567", "1234567"),
        ("1.234.567", "1234567"),
        ("1.2M", "1200000.0"),
        ("250k", "250000"),
        ("1 250 k", "1250000"),
        ("0,125M", "125000"),
        ("12 345,678", "12345.678"),
        ("-3", "-3"),
        ("0.125", "0.125"),
        ("1234,5", "1234.5"),
    ],
)
def test_an_amount_in_any_locale(text: str, amount: str) -> None:
    assert parse_amount(text) == Decimal(amount)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1,234", UNCLEAR.format("1,234")),
        ("1.234", UNCLEAR.format("1.234")),
        ("1,250k", UNCLEAR.format("1,250")),
        ("1.250M", UNCLEAR.format("1.250")),
        ("1000 2000", NO_AMOUNT),
        ("10 20", NO_AMOUNT),
        ("1.5 2", NO_AMOUNT),
        ("1'5", NO_AMOUNT),
        ("1,23,456", UNCLEAR.format("1,23,456")),
        ("1.234,56.7", UNCLEAR.format("1.234,56.7")),
        ("a lot", NO_AMOUNT),
        ("", NO_AMOUNT),
        ("12 apples", NO_AMOUNT),
        ("NaN", NO_AMOUNT),
        ("Infinity", NO_AMOUNT),
        ("1e999", NO_AMOUNT),
        ("9" * 5000, TOO_LARGE),
        ("1000000000M", TOO_LARGE),
        ("0." + "0" * 200 + "1", TOO_LARGE),
    ],
)
def test_an_amount_that_is_not_clear_says_so(text: str, why: str) -> None:
    assert parse_amount(text) == why


@pytest.mark.parametrize(
    ("value", "money"),
    [
        (Decimal("12.5"), Money(Decimal("12.5"), "EUR")),
        ("USD 1,200.00", Money(Decimal("1200.00"), "USD")),
        ("EUR;1200.5", Money(Decimal("1200.5"), "EUR")),
        (Money(Decimal(1), "CHF"), Money(Decimal(1), "CHF")),
        ("100 EUR 200", Unknown(f'the field "Baseline" holds "100 EUR 200": {NO_AMOUNT}')),
        (None, None),
        ("", None),
        (True, Unknown('the field "Baseline" does not hold a number')),
        ("NaN", Unknown(f'the field "Baseline" holds "NaN": {NO_AMOUNT}')),
    ],
)
def test_money_has_its_own_currency_or_the_reporting_one(value: FieldValue, money: Money | Unknown | None) -> None:
    assert money_of(expression_scope(item({"Baseline": value})), "Baseline", "EUR") == money


@given(st.text(max_size=80))
def test_no_text_raises(text: str) -> None:
    parse_amount(text)
    money_of(expression_scope(item({"Baseline": text})), "Baseline", "EUR")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (Decimal("NaN"), 'the field "Benefit" holds NaN'),
        (Decimal("Infinity"), 'the field "Benefit" holds Infinity'),
        (Decimal("1e999"), 'the field "Benefit" holds 1e+999'),
        (Decimal(10**400), 'the field "Benefit" holds 1.00000e+400'),
        (Decimal("1e-999"), 'the field "Benefit" holds 1e-999'),
        (Money(Decimal("1e999"), "EUR"), 'the field "Benefit" holds 1e+999'),
        ("1" + " " * 80 + "M", 'the field "Benefit" holds "1' + " " * 59 + f'…": {NO_AMOUNT}'),
    ],
)
def test_a_number_that_is_no_amount_is_unknown(value: FieldValue, reason: str) -> None:
    assert money_of(expression_scope(item({"Benefit": value})), "Benefit", "EUR") == Unknown(reason)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-04-30", date(2026, 4, 30)),
        ("2026-04-30T23:30:00.000+0000", date(2026, 4, 30)),
        ("2026-04-30 23:30:00", date(2026, 4, 30)),
        (" ", None),
        ("2026-W18-4", "2026-W18-4"),
        ("20260430", "20260430"),
        ("2026-04-30x", "2026-04-30x"),
        ("30.04.2026", "30.04.2026"),
    ],
)
def test_a_text_that_is_not_clearly_a_date_is_unknown(text: str, day: date | str | None) -> None:
    """A week of 2026 had been read as a Monday in September."""
    found = date_of(expression_scope(item({"Due date": text})), "Due date")
    if isinstance(day, str):
        assert found == Unknown(f'the field "Due date" holds "{day}", which is not a date such as 2026-10-31')
    else:
        assert found == day
