"""Currencies whose smallest coin is a thousandth: no amount is shown as another one."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from connector.finance.capitalisation_file import CapitalisedMeasure, as_csv
from governance.capitalisation import Capitalisation, SpentInPeriod, Treatment
from governance.money import Money, Period
from webhook_server.formats import Formats, parse_locale


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("12.345", "KWD", "12.345 KWD"),
        ("1234.5", "BHD", "1,234.500 BHD"),
        ("12", "KWD", "12 KWD"),
        ("12.5", "EUR", "12.50 EUR"),
        ("1200", "JPY", "1,200 JPY"),
    ],
)
def test_an_amount_in_a_sentence(amount: str, currency: str, shown: str) -> None:
    assert str(Money(Decimal(amount), currency)) == shown


def test_an_amount_on_a_page() -> None:
    written = Formats(parse_locale("en_GB"), UTC, datetime(2026, 11, 21, tzinfo=UTC))
    shown = [written.money(Money(Decimal("12.345"), currency), digits=2) for currency in ("KWD", "USD")]
    assert [one.replace("\u00a0", " ") for one in shown] == ["12.345 KWD", "12.34 USD"]
    assert written.money(Money(Decimal("12.345"), "KWD")) == "12\u00a0KWD", "no cents are asked for"


def test_the_file_of_capitalised_cost_adds_up() -> None:
    amounts = SpentInPeriod(Money(Decimal("0.125"), "KWD"), Money(Decimal("0.125"), "KWD"), Treatment.OPEX)
    found = CapitalisedMeasure("jira/1", "ITX-1", "Move", "", Capitalisation(()), (amounts,))
    line = as_csv([found], Period(2026, 10)).splitlines()[1]
    assert ",KWD,0.125,0.125,0.000," in line
    euro = SpentInPeriod(Money(Decimal(500), "EUR"), Money(Decimal(0), "EUR"), Treatment.OPEX)
    found = CapitalisedMeasure("jira/1", "ITX-1", "Move", "", Capitalisation(()), (euro,))
    assert ",EUR,500.00,0.00,0.00," in as_csv([found], Period(2026, 10)).splitlines()[1]
