"""Rates of a table, and of the European Central Bank's file."""

from __future__ import annotations

from governance.money import Period
from governance.rates import RateKind
from mapping.imports.cells import Row, SheetTable
from mapping.imports.rate_files import read_rates

OCTOBER = Period(2026, 10)


def read(*rows: str, kind: RateKind = RateKind.AVERAGE) -> list[str]:
    cells: list[Row] = [list(row.split(",")) for row in rows]
    found, problems = read_rates(SheetTable("rates.csv", cells), kind, frozenset({"USD", "JPY"}), OCTOBER)
    return [*map(str, found), *map(str, problems)]


def test_a_table_of_months() -> None:
    head = "Currency,To,Month,Rate,Kind"
    assert read(head, "usd,EUR,Oct 2026,0.92,", "CHF,EUR,2026-10,1.06,closing") == [
        "1 USD = 0.92 EUR since 2026-10-01", "1 CHF = 1.06 EUR since 2026-10-31 (closing rate)",
    ]  # fmt: skip
    assert read(head, "USD,USD,2026-10,1,", "USD,EUR,soon,1,", "USD,EUR,2026-10,-1,", "USD,EUR,2026-10,1,spot") == [
        "A2: Write two different currencies of three letters.",
        "C3: Write the month as 2026-10.",
        "D4: Write a rate above zero, such as 0.92.",
        "E5: Write average, closing or budget.",
    ]
    assert read("a,b")[0].startswith("A1: The first row has to name the columns currency, to, month and rate; ")


def test_two_rates_of_one_month_are_refused() -> None:
    head = "Currency,To,Month,Rate,Kind"
    assert read(head, "USD,EUR,2026-10,0.92,", "USD,EUR,Oct 2026,0.90,", "USD,EUR,2026-10,0.90,closing") == [
        "D3: The rate of USD to EUR of that month is another one in D2."
    ]
    assert len(read(head, "USD,EUR,2026-10,0.92,", "USD,EUR,2026-10,0.920,")) == 2, "the same twice is one rate"


def test_reference_rates_of_the_central_bank() -> None:
    rows = ("Date,USD,JPY,CYP,", "2026-11-02,1.5,N/A,N/A,", "2026-10-30,1.25,160,N/A,", "2026-10-29,0.75,N/A,N/A,")
    assert read(*rows) == ["1 JPY = 0.00625 EUR since 2026-10-01", "1 USD = 1 EUR since 2026-10-01"]
    assert read(*rows, kind=RateKind.CLOSING)[1] == "1 USD = 0.8 EUR since 2026-10-31 (closing rate)"


def test_a_comma_that_could_be_of_decimals_or_of_thousands_is_refused() -> None:
    rows: list[Row] = [["currency", "to", "month", "rate"]]
    rates: Row = ["0,925", "1,450.25", "1,085", 0.925]
    rows += [["USD", "EUR", f"2026-0{month}", rate] for month, rate in enumerate(rates, 1)]
    found, problems = read_rates(SheetTable("rates.csv", rows), RateKind.AVERAGE, frozenset(), OCTOBER)
    assert found == []
    assert [str(one) for one in problems] == [
        'D2: "0,925" can be two rates. Write it with a point, such as 0.92.',
        'D4: "1,085" can be two rates. Write it with a point, such as 0.92.',
    ]
    daily: list[Row] = [["Date", "USD"], ["2026-10-30", "1,085"]]
    found, problems = read_rates(SheetTable("ecb.csv", daily), RateKind.AVERAGE, frozenset({"USD"}), OCTOBER)
    assert [*map(str, found), *map(str, problems)] == ['B2: "1,085" is no rate.']
