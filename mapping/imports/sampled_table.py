"""A table as it is sampled to propose a profile: what each column holds, and which of them are months."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from mapping.imports.cells import CellValue, SheetTable, folded, is_empty, text_of
from mapping.imports.numbers import SYMBOLS, Amount, NotANumber, read_amount
from mapping.imports.periods import NotAPeriod, Span, read_span
from mapping.imports.table import Grid
from mapping.imports.words import CODE_WITH_ZEROS, MONEY, NO_SUM, NOT_MONEY, WEEK

SAMPLE = 2_000
"""Records that are read to find out what a column holds."""
SCORED = 400
"""Records by which a place of the heads is judged."""
MOST_WORDS = 12
"""Of a head that can name a month; a longer one is a text."""


def is_number(head: str) -> bool:
    amount = read_amount(head, None)
    return isinstance(amount, Amount) or amount is NotANumber.AMBIGUOUS


@dataclass(slots=True)
class SampledColumn:
    """What a column holds."""

    index: int
    head: str
    values: list[CellValue]
    numbers: int = 0
    texts: Counter[str] = field(default_factory=Counter)
    currencies: Counter[str] = field(default_factory=Counter)
    months: int = 0
    negative: int = 0
    distinct: int = 0
    codes: int = 0
    """Texts such as 0000410010, which are no amounts."""

    @property
    def share(self) -> float:
        """Of amounts among the cells that are not empty."""
        return self.numbers / len(self.values) if self.values else 0.0

    @property
    def is_of_months(self) -> bool:
        """Whether it holds days or months, and not years alone."""
        years = sum(bool(re.fullmatch(r"(19|20)\d{2}", text_of(value))) for value in self.values)
        return bool(self.values) and self.months - years >= 0.6 * len(self.values)

    @property
    def is_amount(self) -> bool:
        return (
            bool(MONEY.search(self.head))
            and not NOT_MONEY.search(self.head)
            and not NO_SUM.search(self.head)
            and self.share >= 0.3
            and self.codes * 2 < len(self.values)
            and not is_number(self.head)
        )


def sampled_columns(grid: Grid, sample: int) -> list[SampledColumn]:
    found = []
    rows = grid.rows[grid.first : grid.first + sample]
    for index, head in enumerate(grid.heads):
        if not head:
            continue
        own = folded(head)
        # A list that is printed page by page repeats its heads.
        values = [
            row[index]
            for row in rows
            if index < len(row) and not is_empty(row[index]) and folded(text_of(row[index])) != own
        ]
        column = SampledColumn(index, head, values, distinct=len({text_of(value) for value in values}))
        for value in values:
            column.codes += isinstance(value, str) and bool(CODE_WITH_ZEROS.fullmatch(value.strip()))
            amount = read_amount(value, None)
            if amount in {NotANumber.ERROR, NotANumber.SIDE}:
                # An amount belongs there: its cell is a problem, and its column is none of texts.
                column.numbers += 1
            elif isinstance(amount, Amount) or amount is NotANumber.AMBIGUOUS:
                column.numbers += 1
                if isinstance(amount, Amount):
                    column.negative += amount.number < 0
                    if amount.currency:
                        column.currencies[amount.currency] += 1
                elif isinstance(value, str):
                    column.currencies.update(code for sign, code in SYMBOLS.items() if sign in value)
            elif amount is not None and isinstance(value, str):
                column.texts[text_of(value)] += 1
            span = read_span(value) if not isinstance(value, float) else None
            column.months += span is not None and span is not NotAPeriod.TEXT
        found.append(column)
    return found


def read_month(text: str, year: int | None = None) -> Span | None:
    """The month that a head is, if it is one; a year alone is none."""
    span = read_span(text, year=None if text.isdigit() else year)
    if not isinstance(span, Span) or (text.isdigit() and len(text) != 6):
        return None
    # A year alone, or two of them, is no column of months; a quarter and a half year are.
    return span if span.is_month or (span.first.plus(11) != span.last) else None


def month_patterns(columns: Sequence[SampledColumn], year: int | None = None) -> dict[str, list[int]]:
    """The columns whose heads are a month with the same words around it, by pattern."""
    found: dict[str, list[int]] = {}
    is_numbered = year is not None and are_months({column.head for column in columns})
    for column in columns:
        if column.values and column.share < 0.3:
            continue
        if is_numbered and column.head.isdigit() and 1 <= int(column.head) <= 12:
            found.setdefault("*", []).append(column.index)
            continue
        words = column.head.split(" ")
        if WEEK.search(column.head) or NO_SUM.search(column.head):
            continue
        if len(words) > MOST_WORDS or re.search(r"\(\d+\)$", column.head):
            continue
        for first in range(len(words)):
            for last in range(min(len(words), first + 3), first, -1):
                if read_month(" ".join(words[first:last]), year) is not None:
                    pattern = " ".join((*words[:first], "*", *words[last:]))
                    found.setdefault(pattern, []).append(column.index)
                    break
            else:
                continue
            break
    return {pattern: some for pattern, some in found.items() if len(some) > 1 or pattern != "*" or len(columns) < 5}


def are_months(heads: Collection[str]) -> bool:
    """Whether the first six numbers stand beside each other: heads of months, or of periods."""
    return all(str(number) in heads for number in range(1, 7))


def month_words(head: str) -> str:
    """The part of a head that is its month."""
    words = head.split(" ")
    parts = (" ".join(words[first:last]) for first in range(len(words)) for last in range(len(words), first, -1))
    return next((part for part in parts if read_month(part) is not None), head)


def month_in(text: str) -> Span | None:
    """The month that words name, alone or behind others: Period: October 2026."""
    words = text.split(" ")
    found = [
        span
        for first in range(len(words))
        for last in range(first + 1, min(len(words), first + 3) + 1)
        if (span := read_month(" ".join(words[first:last]).strip(":,;()"))) is not None and span.is_month
    ]
    return found[0] if len({one.first for one in found}) == 1 else None


@dataclass(slots=True)
class SampledTable:
    """A table whose heads are found, and what is not sure of what is proposed for it."""

    sheet: SheetTable
    name: str
    grid: Grid
    columns: list[SampledColumn]
    direction: str
    header: int
    header_rows: int = 1
    year: int | None = None
    """Of heads that name none."""
    unsure: list[str] = field(default_factory=list)

    def say(self, sentence: str) -> None:
        if sentence not in self.unsure:
            self.unsure.append(sentence)

    def above(self) -> list[str]:
        """What stands above the heads, and in the corner of a table whose heads are months."""
        if self.direction == "columns":
            return [head for head in self.grid.heads[:1] if head]
        return [text_of(one) for row in self.sheet.rows[: self.header - 1] for one in row[:5] if not is_empty(one)]

    def heads(self) -> list[str]:
        """By position; empty where there is no column."""
        heads = {one.index: one.head for one in self.columns}
        return [heads.get(index, "") for index in range(max(heads, default=-1) + 1)]
