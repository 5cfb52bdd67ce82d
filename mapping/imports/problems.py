"""What keeps a file out of the ledger: the cell, what is wrong with it, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

MOST_KEPT = 500
"""Problems that are kept with their text; the rest is counted."""


class ProblemCode(StrEnum):
    UNREADABLE = "unreadable"
    NO_TABLE = "no_table"
    NO_COLUMN = "no_column"
    TWO_COLUMNS = "two_columns"
    NO_MONTH_COLUMN = "no_month_column"
    NOT_A_NUMBER = "not_a_number"
    AMBIGUOUS_NUMBER = "ambiguous_number"
    ERROR_CELL = "error_cell"
    NEGATIVE = "negative"
    NO_MONTH = "no_month"
    LONG_PERIOD = "long_period"
    NO_SUBJECT = "no_subject"
    NO_CURRENCY = "no_currency"
    UNKNOWN_WORD = "unknown_word"
    DUPLICATE = "duplicate"
    HIDDEN = "hidden"
    MERGED = "merged"
    GAP = "gap"
    """Cumulative amounts with a month missing between them."""
    TOO_LONG = "too_long"
    REFUSED = "refused"
    """The ledger does not take the entry."""


@dataclass(frozen=True, slots=True)
class ImportProblem:
    code: ProblemCode
    cell: str
    """Address such as ``C7``; empty for what concerns the whole file."""
    sentence: str
    hint: str = ""

    def __str__(self) -> str:
        where = f"{self.cell}: " if self.cell else ""
        return f"{where}{self.sentence}{f' {self.hint}' if self.hint else ''}"


@dataclass(slots=True)
class Problems:
    """Problems of a file in the order in which they were found."""

    kept: list[ImportProblem] = field(default_factory=list)
    count: int = 0

    def add(self, code: ProblemCode, cell: str, sentence: str, hint: str = "") -> None:
        self.count += 1
        if len(self.kept) < MOST_KEPT:
            self.kept.append(ImportProblem(code, cell, sentence, hint))

    def __bool__(self) -> bool:
        return self.count > 0

    def __iter__(self) -> Iterator[ImportProblem]:
        return iter(self.kept)
