"""Where the heads of a table stand: in which row or column, over how many rows, and of which year."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from mapping.imports.cells import CellValue, SheetTable, is_empty, text_of
from mapping.imports.numbers import NotANumber, read_amount
from mapping.imports.sampled_table import SCORED, SampledColumn, are_months, month_patterns, read_month, sampled_columns
from mapping.imports.table import Grid, make_grid
from mapping.imports.words import IDENTITY, TITLE, YEARS

HEADER_ROWS = 20


def places(sheet: SheetTable) -> Iterator[tuple[str, int, int, int | None]]:
    """Where the heads may stand, over how many rows, and the year of heads that name none."""
    for year in (None, year_of(sheet)):
        for direction in ("rows", "columns"):
            for header in headers(sheet, direction):
                yield direction, header, 1, year
                if direction == "rows" and has_second(sheet, header):
                    yield direction, header, 2, year


def has_second(sheet: SheetTable, header: int) -> bool:
    """Whether the row below heads with gaps between them holds words and months only: heads over two rows."""
    if len(sheet.rows) <= header + 1:
        return False
    first, second = sheet.rows[header - 1], sheet.rows[header]
    gaps = any(is_empty(one) for one in first[1:]) or len(first) < len(second)
    words = [one for one in second if not is_empty(one)]
    return gaps and len(words) > 1 and all(is_head(one) for one in words)


def says_no_more(sheet: SheetTable, header: int, columns: Sequence[SampledColumn], year: int | None) -> bool:
    """Whether the second row of heads names as many months and amounts by itself as both together."""
    alone = make_grid(sheet, "rows", header + 1, 1)
    if alone is None:
        return False
    by_itself, both = (
        (sum(map(len, month_patterns(one, year).values())), sum(column.is_amount for column in one))
        for one in (sampled_columns(alone, SCORED), columns)
    )
    return both[0] <= by_itself[0] and both[1] <= by_itself[1]


def is_head(value: CellValue) -> bool:
    """A word, or a month as a day or a number: what can stand in a head and is no amount."""
    if isinstance(value, date):
        return True
    text = text_of(value)
    return read_month(text) is not None or (isinstance(value, str) and read_amount(value, ".") is NotANumber.TEXT)


def year_of(sheet: SheetTable) -> int:
    """The year that the name of the file or of the sheet, or a line above the table, names, or one to correct."""
    above = [text_of(one) for row in sheet.rows[:8] for one in row[:30]]
    for text in (sheet.file, sheet.sheet, *above):
        if match := re.search(r"(?<!\d)(20\d{2})(?!\d)", text):
            return int(match[0])
    return 2026


def headers(sheet: SheetTable, direction: str) -> list[int]:
    if direction == "columns":
        return [1, 2] if len(sheet.rows) <= 400 else []
    return [
        number
        for number, row in enumerate(sheet.rows[:HEADER_ROWS], start=1)
        if are_months({text_of(one) for one in row})
        or sum(isinstance(one, str) or names_time(text_of(one)) for one in row if not is_empty(one)) >= 2
    ]


def names_time(text: str) -> bool:
    return read_month(text) is not None or bool(YEARS.fullmatch(text))


def score_of(columns: Sequence[SampledColumn], grid: Grid, year: int | None = None) -> float:
    months = {index for _, columns_ in month_patterns(columns, year).items() for index in columns_}
    amounts = sum((one.numbers - one.codes) * one.share**2 for one in columns if one.is_amount or one.index in months)
    named = any(IDENTITY.search(one.head) or TITLE.search(one.head) for one in columns)
    return amounts * (1.0 if named else 0.5) * (1.0 if not grid.transposed else 0.9)
