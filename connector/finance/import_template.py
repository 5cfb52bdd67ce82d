"""The workbook to fill in, and the ledger as such a workbook: what is exported is imported without a change."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO

import xlsxwriter
from sqlalchemy import Connection, text

from governance.effects import EffectKind
from governance.ledger import LedgerVersion
from mapping.imports.template import TEMPLATE_COLUMNS, TEMPLATE_SHEET

ROWS = 5_000
"""Rows with drop-downs."""


def write_template(connection: Connection, rows: Iterable[tuple[object, ...]] = ()) -> bytes:
    """An xlsx with the columns of :data:`TEMPLATE_COLUMNS`, perhaps filled."""
    keys = [row.key for row in connection.execute(_KEYS)]
    currencies = [row.currency for row in connection.execute(_CURRENCIES)] or ["EUR"]
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet, lists = book.add_worksheet(TEMPLATE_SHEET), book.add_worksheet("Lists")
    bold, month = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
    for column, name in enumerate(TEMPLATE_COLUMNS):
        sheet.write_string(0, column, name, bold)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(TEMPLATE_COLUMNS) - 1, 16)
    sheet.set_column(3, 3, 10, month)
    choices: tuple[list[str], ...] = (
        keys,
        [one.value for one in LedgerVersion],
        [one.value for one in EffectKind],
        [],
        [],
        currencies,
    )
    for column, values in enumerate(choices):
        if not values:
            continue
        letter = "ABCDEF"[column]
        lists.write_column(0, column, values)
        source = f"=Lists!${letter}$1:${letter}${len(values)}"
        sheet.data_validation(1, column, ROWS, column, {"validate": "list", "source": source})
    lists.hide()
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            if column == 4:
                sheet.write_number(number, column, value)
            elif value:
                sheet.write_string(number, column, str(value))
    book.close()
    return out.getvalue()


_KEYS = text("SELECT DISTINCT key FROM measure WHERE unmapped_since IS NULL ORDER BY key LIMIT 10000")
_CURRENCIES = text("SELECT DISTINCT currency FROM ledger_entry ORDER BY 1")
