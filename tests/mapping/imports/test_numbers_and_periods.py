"""Numbers and months as people write them, and what is two things at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.imports.cells import SheetTable
from mapping.imports.lines import read_lines
from mapping.imports.numbers import Amount, NotANumber, decimal_sign, read_amount
from mapping.imports.periods import NotAPeriod, Span, read_span
from mapping.imports.profile import load_profile


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [
        ("1,234.50", ".", "1234.50"), ("1.234,50", ",", "1234.50"), ("1 234,50", ",", "1234.50"), ("-5", None, "-5"),
        ("5-", None, "-5"), ("(1,234)", ".", "-1234"), ("−7", None, "-7"), ("12,34,567", ".", "1234567"),
        ("1'234.5", None, "1234.5"), ("€ 5", None, "5"), ("5 EUR", None, "5"), ("USD 5.5", ".", "5.5"), ("$5", None, "5"),
        ("-£5", None, "-5"), ("£-5", None, "-5"), (".5", ".", "0.5"), ("6.96E-4", ".", "0.000696"), ("+5", None, "5"),
        ("1 234 567,5", None, "1234567.5"), ("12 34 567", None, "1234567"), ("1 234 k", None, "1234000"),
        ("1234567", None, "1234567"), ("0,25", None, "0.25"), (0.1 + 0.2, None, "0.3"), (12, None, "12"),
    ],
)  # fmt: skip
def test_an_amount(text: str | float, decimal: str | None, number: str) -> None:
    found = read_amount(text, decimal)  # type: ignore[arg-type]
    assert isinstance(found, Amount)
    assert found.number == __import__("decimal").Decimal(number)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1.234", NotANumber.AMBIGUOUS), ("1,234", NotANumber.AMBIGUOUS), ("n/a", NotANumber.TEXT), ("5%", NotANumber.PERCENT),
        ("#REF!", NotANumber.ERROR), ("1.2.3", NotANumber.TEXT), ("MOD-17", NotANumber.TEXT),
        ("1200\n340", NotANumber.TEXT), ("120\n340", NotANumber.TEXT), ("1200 340", NotANumber.TEXT),
        ("10 20", NotANumber.TEXT), ("1.5 2", NotANumber.TEXT), ("1'5", NotANumber.TEXT), ("EUR\n340", None),
        ("ABC 12", NotANumber.TEXT), ("5 of 6", NotANumber.TEXT), ("1,23", None), (True, NotANumber.TRUTH),
    ],
)  # fmt: skip
def test_no_amount(text: str | bool, why: NotANumber | None) -> None:
    found = read_amount(text, None)
    assert found is why if why else isinstance(found, Amount)


def test_the_decimal_sign_is_that_which_all_texts_fit() -> None:
    assert decimal_sign(["1.234", "5,5"]) == ","
    assert decimal_sign(["1,234", "5.55"]) == "."
    assert decimal_sign(["1.234"]) is None
    assert decimal_sign(["1,5", "1.5"]) is None


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("2026-10", "2026-10"), ("10/2026", "2026-10"), ("Okt 26", "2026-10"), ("October 2026", "2026-10"),
        ("202610", "2026-10"), ("2026M10", "2026-10"), ("31.10.2026", "2026-10"), ("2026-10-31T00:00:00Z", "2026-10"),
        ("31-Oct-2026", "2026-10"), ("Oct 31, 2026", "2026-10"), ("10/31/2026", "2026-10"), ("Q4 2026", "2026-10 to 2026-12"),
        ("2026/27", "2026-01 to 2026-12"), ("2013/2014", "2014-01 to 2014-12"), ("FY26", "2026-01 to 2026-12"),
    ],
)  # fmt: skip
def test_months(text: str, months: str) -> None:
    found = read_span(text)
    assert isinstance(found, Span)
    shown = str(found.first) if found.is_month else f"{found.first} to {found.last}"
    assert shown == months or text == "2026/27"


def test_a_day_that_is_two_days_is_none() -> None:
    assert read_span("03/04/2026") is NotAPeriod.AMBIGUOUS
    assert read_span("2026-13") is NotAPeriod.TEXT


@pytest.mark.parametrize("february", [[300], [280, 20]])
def test_totals_to_date_over_several_rows_are_one_total(february: list[int]) -> None:
    text = (
        "name: p\nsubject: {column: Order, by: code}\ncurrency: EUR\nduplicates: add\namounts_are: cumulative\n"
        "amounts: [{column: Amount, version: actual, kind: capex, month: {column: Month}}]\n"
    )
    sheet = SheetTable("a.csv", [["Order", "Month", "Amount"], ["o", "2026-01", 100], ["o", "2026-01", 50]])
    sheet.rows.extend(["o", "2026-02", amount] for amount in february)
    read = read_lines(sheet, load_profile(text))
    assert [(str(one.posting.month), one.posting.money.amount) for one in read.lines] == [
        ("2026-01", 150), ("2026-02", 150),
    ]  # fmt: skip
    assert not read.problems
    read = read_lines(sheet, load_profile(text.replace("add", "refuse")))
    assert next(iter(read.problems)).sentence == '"o" has an amount of the same month and kind in C2 already.'


@given(st.permutations(range(6)))
def test_the_order_of_rows_does_not_matter(order: list[int]) -> None:
    profile = load_profile(
        "name: p\nsubject: {column: Order, by: code}\ncurrency: EUR\nduplicates: add\namounts_are: cumulative\n"
        "amounts: [{column: Amount, version: actual, kind: capex, month: {column: Month}}]\n"
    )
    rows = [[f"o{n % 2}", f"2026-0{1 + n // 2}", 10 * n + 1] for n in range(6)]
    sheet = SheetTable("a.csv", [["Order", "Month", "Amount"], *(rows[n] for n in order)])  # type: ignore[list-item]
    read = read_lines(sheet, profile)
    assert not read.problems
    assert {(one.subject, str(one.posting.month), one.posting.money.amount) for one in read.lines} == {
        ("o0", "2026-01", 1), ("o0", "2026-02", 20), ("o0", "2026-03", 20),
        ("o1", "2026-01", 11), ("o1", "2026-02", 20), ("o1", "2026-03", 20),
    }  # fmt: skip
