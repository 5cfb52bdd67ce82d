"""Rows as CSV, as every file that a page offers has them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from connector.timestamp import timestamp_text

BYTE_ORDER_MARK = "\ufeff"
"""Without it spreadsheets read the file in the character set of their country."""

FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings of texts that a spreadsheet treats as formulas."""


def csv_rows(rows: Sequence[Sequence[object]]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows([[_cell(value) for value in row] for row in rows])
    return written.getvalue()


def _cell(value: object) -> str:
    """Amounts as plain numbers, moments as programs read them; a text that would be read as a formula is quoted."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return timestamp_text(value)
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA_PREFIXES) else text
