"""Amounts of papers: what rounds to nothing has no sign, as on the pages."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connector.papers.words import amount, money, percent, signed


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("-0.0044", ("0.00", "0.00", "0 EUR", "0 %")),
        ("0.0044", ("0.00", "0.00", "0 EUR", "0 %")),
        ("0", ("0.00", "0.00", "0 EUR", "0 %")),
        ("-1234.5", ("−1,234.50", "−1,234.50", "−1,234 EUR", "−123450 %")),
        ("0.01", ("0.01", "+0.01", "0 EUR", "1 %")),
        ("-0.01", ("−0.01", "−0.01", "0 EUR", "−1 %")),
    ],
)
def test_an_amount_of_a_paper(value: str, shown: tuple[str, ...]) -> None:
    number = Decimal(value)
    assert (amount(number), signed(number), money(number, "EUR"), percent(number)) == shown
