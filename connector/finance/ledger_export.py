"""The ledger as CSV or as a workbook, each entry with its amount in effect: what is imported again without a change."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from typing import IO

import xlsxwriter
from sqlalchemy import Connection

from connector.store.ledger.entries_in_effect import all_in_effect
from mapping.imports.exported import AMOUNT, EXPORT_COLUMNS, EXPORT_SHEET, export_row

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would take for a formula."""


def export_rows(connection: Connection) -> Iterator[tuple[str, ...]]:
    """Of every entry that corrects no other one, in the order of their numbers."""
    for entry, in_effect, key in all_in_effect(connection):
        yield export_row(entry, in_effect, key)


def write_csv(connection: Connection, out: IO[str]) -> int:
    """Returns how many entries."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(EXPORT_COLUMNS)
    count = 0
    for row in export_rows(connection):
        writer.writerow(
            cell if column == AMOUNT or not cell.startswith(FORMULA_SIGNS) else f" {cell}"
            for column, cell in enumerate(row)
        )
        count += 1
    return count


def write_workbook(connection: Connection, out: IO[bytes]) -> int:
    """Returns how many entries.  Amounts are numbers where a number holds them to the last digit, else texts."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(out, options)
    sheet = book.add_worksheet(EXPORT_SHEET)
    bold = book.add_format({"bold": True})
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(EXPORT_COLUMNS) - 1, 16)
    for column, name in enumerate(EXPORT_COLUMNS):
        sheet.write_string(0, column, name, bold)
    count = 0
    for count, row in enumerate(export_rows(connection), start=1):
        for column, cell in enumerate(row):
            if column == AMOUNT and Decimal(repr(float(cell))) == Decimal(cell):
                sheet.write_number(count, column, float(cell))
            elif cell:
                sheet.write_string(count, column, cell)
    book.close()
    return count
