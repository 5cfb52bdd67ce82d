"""Cells of a table as a reader gives them, and their addresses as people know them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeAlias

CellValue: TypeAlias = "str | int | float | bool | date | None"
"""What a cell holds: text, number, truth value, day (or moment), or nothing."""
Row: TypeAlias = "list[CellValue]"

ERROR_VALUES = frozenset(
    {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#GETTING_DATA", "#SPILL!", "#CALC!", "#NV"}
)
"""What a spreadsheet shows where a formula has no value."""
_SPACES = re.compile(r"\s+")
_MARKED = re.compile(r"'(?=[A-Z0-9=+@-])[^']*$")
"""Not before a small letter, nor where another one follows: 's-Hertogenbosch, 'quoted'."""


@dataclass(frozen=True, slots=True)
class SheetTable:
    """One sheet of a file, or a file without sheets."""

    file: str
    rows: list[Row]
    """From the first row of the sheet on; a row may be shorter than others, and an empty one has no cells."""
    sheet: str = ""
    """Empty for a file without sheets."""
    notes: tuple[str, ...] = ()
    """What a person has to know of how it was read."""
    hidden_rows: frozenset[int] = frozenset()
    """Rows that the sheet does not show, counted from 1."""
    hidden_columns: frozenset[int] = frozenset()
    """Columns that the sheet does not show, counted from 0."""
    formulas: frozenset[str] = field(default=frozenset(), repr=False)
    """Addresses of cells whose value is the stored one of a formula."""
    merged: tuple[tuple[int, int, int, int], ...] = ()
    """First row, first column, last row, last column of merged cells, counted from 0."""


def without_mark(text: str) -> str:
    """The text without the apostrophe by which a spreadsheet, or an export for it, marks a number or code as text."""
    return text[1:] if _MARKED.match(text) else text


def column_name(index: int) -> str:
    """``0`` → ``A``, ``27`` → ``AB``."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def address(row: int, column: int) -> str:
    """``B12`` of the row 11 and the column 1, both counted from 0."""
    return f"{column_name(column)}{row + 1}"


def text_of(value: CellValue) -> str:
    """The cell as a text on one line; a day in ISO form, a whole number without a fraction."""
    if value is None:
        return ""
    if isinstance(value, str):
        return _SPACES.sub(" ", value).strip()
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.15g}"
    return str(value)


def is_empty(value: CellValue) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def is_error(value: CellValue) -> bool:
    return isinstance(value, str) and value.strip().upper() in ERROR_VALUES


def folded(text: str) -> str:
    """How names are compared: without case, with single spaces."""
    return _SPACES.sub(" ", text.replace("\ufeff", "")).strip().casefold()
