"""Exchange rates as files hold them: a table of months, and the reference rates of the European Central Bank.

The ECB gives how much of a currency one euro is (eurofxref-hist.csv: a day in each row, a currency in each column, N/A
where there was no rate), so the factor into the euro is its inverse.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from governance.money import Period
from governance.rates import Rate, RateKind
from mapping.imports.cells import CellValue, SheetTable, address, folded, is_empty, text_of
from mapping.imports.numbers import Amount, NotANumber, read_amount
from mapping.imports.periods import Span, read_span
from mapping.imports.repeated_heads import repeated_head

DIGITS = Decimal("0.0000000001")
ECB = "European Central Bank, euro foreign exchange reference rates"
COLUMNS = ("currency", "to", "month", "rate", "kind")


@dataclass(frozen=True, slots=True)
class RateProblem:
    cell: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.cell}: {self.sentence}"


def read_rates(
    sheet: SheetTable, kind: RateKind, currencies: frozenset[str], through: Period
) -> tuple[list[Rate], list[RateProblem]]:
    """The rates of a file, or with problems none.

    Of the ECB's daily rates the monthly average is taken for ``average``, and the last day's for ``closing``; of
    ``currencies``, and of the months up to ``through``, which is over.
    """
    heads = [folded(text_of(value)) for value in sheet.rows[0]] if sheet.rows else []
    if heads and heads[0] == "date" and any(len(head) == 3 for head in heads[1:]):
        return _read_ecb(sheet, heads, kind, currencies, through)
    missing = [name for name in COLUMNS[:4] if name not in heads]
    if missing:
        sentence = (
            f"The first row has to name the columns currency, to, month and rate; {', '.join(missing)} is missing. Or "
            "give the file eurofxref-hist.csv of the European Central Bank as it is."
        )
        return [], [RateProblem("A1", sentence)]
    if twice := repeated_head(heads, COLUMNS):
        cell = address(0, len(heads) - 1 - heads[::-1].index(twice))
        return [], [RateProblem(cell, f'The first row names the column "{twice}" twice. Take one of them out.')]
    return _read_table(sheet, heads, kind)


def _read_table(sheet: SheetTable, heads: list[str], kind: RateKind) -> tuple[list[Rate], list[RateProblem]]:
    rates, problems = [], []
    stated: dict[tuple[str, str, date, RateKind], tuple[str, Decimal]] = {}
    for number, row in enumerate(sheet.rows[1:], start=1):
        if all(is_empty(value) for value in row):
            continue
        cells = dict(zip(heads, [*row, *[None] * (len(heads) - len(row))], strict=False))
        codes = [text_of(cells[name]).upper() for name in ("currency", "to")]
        span, rate = read_span(cells["month"]), _rate(cells["rate"])
        word = folded(text_of(cells.get("kind"))) or kind.value
        if not all(len(code) == 3 and code.isascii() and code.isalpha() for code in codes) or codes[0] == codes[1]:
            problems.append(RateProblem(address(number, 0), "Write two different currencies of three letters."))
        elif not isinstance(span, Span) or not span.is_month:
            problems.append(RateProblem(address(number, heads.index("month")), "Write the month as 2026-10."))
        elif rate is NotANumber.AMBIGUOUS:
            told = f'"{text_of(cells["rate"])[:40]}" can be two rates. Write it with a point, such as 0.92.'
            problems.append(RateProblem(address(number, heads.index("rate")), told))
        elif not isinstance(rate, Decimal):
            problems.append(RateProblem(address(number, heads.index("rate")), "Write a rate above zero, such as 0.92."))
        elif word not in set(RateKind):
            problems.append(RateProblem(address(number, heads.index("kind")), "Write average, closing or budget."))
        else:
            found = RateKind(word)
            since = span.first.last_day if found is RateKind.CLOSING else span.first.first_day
            cell = address(number, heads.index("rate"))
            first, other = stated.setdefault((codes[0], codes[1], since, found), (cell, rate))
            if other != rate:
                told = f"The rate of {codes[0]} to {codes[1]} of that month is another one in {first}."
                problems.append(RateProblem(cell, told))
            rates.append(Rate(codes[0], codes[1], since, rate, sheet.file, found))
    return ([], problems) if problems else (rates, [])


def _rate(value: CellValue) -> Decimal | NotANumber | None:
    """A number above zero with a decimal point.

    A single comma before three digits parts decimals in one country and thousands in another: 0,925.
    """
    if isinstance(value, str) and "," in value and read_amount(value, None) is NotANumber.AMBIGUOUS:
        return NotANumber.AMBIGUOUS
    amount = read_amount(value, ".")
    return amount.number if isinstance(amount, Amount) and amount.number > 0 else None


def _read_ecb(
    sheet: SheetTable, heads: list[str], kind: RateKind, currencies: frozenset[str], through: Period
) -> tuple[list[Rate], list[RateProblem]]:
    daily: dict[tuple[str, Period], list[tuple[date, Decimal]]] = {}
    for number, row in enumerate(sheet.rows[1:], start=1):
        try:
            day = date.fromisoformat(text_of(row[0])) if row else None
        except ValueError:
            return [], [RateProblem(address(number, 0), f'"{text_of(row[0])[:40]}" is no day.')]
        if day is None:
            continue
        for column, head in enumerate(heads[1 : len(row)], start=1):
            code = head.upper()
            if code not in currencies or folded(text_of(row[column])) in {"", "n/a"}:
                continue
            rate = _rate(row[column])
            if not isinstance(rate, Decimal):
                return [], [RateProblem(address(number, column), f'"{text_of(row[column])[:40]}" is no rate.')]
            daily.setdefault((code, Period.of(day)), []).append((day, rate))
    return list(_monthly(daily, kind, through)), []


def _monthly(
    daily: dict[tuple[str, Period], list[tuple[date, Decimal]]], kind: RateKind, through: Period
) -> Iterator[Rate]:
    for (code, month), days in sorted(daily.items()):
        if month > through:
            continue
        if kind is RateKind.CLOSING:
            quoted, since = max(days)[1], month.last_day
        else:
            quoted, since = sum((rate for _, rate in days), Decimal(0)) / len(days), month.first_day
        yield Rate(code, "EUR", since, (1 / quoted).quantize(DIGITS, ROUND_HALF_EVEN), ECB, kind)
