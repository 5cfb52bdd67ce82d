"""One sheet of a workbook: typed cells below a heading, in the order of their rows.

Text is written as text, whatever it begins with, so that no title of a ticket is ever calculated as a formula
(https://owasp.org/www-community/attacks/CSV_Injection).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from textwrap import wrap
from typing import Any, TypeAlias

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

LONGEST_TEXT = 32_767
"""Characters of a cell (https://support.microsoft.com/office/excel-specifications-and-limits)."""
MAX_ROWS = 1_048_576
"""Rows of a sheet (the same page)."""
LAST_LISTED = MAX_ROWS - 10
"""The row before which a list ends, so that a sentence below it says what is not there."""
LINE_POINTS = 15
"""Height of a line of text."""
HIGHEST_ROW = 409
"""In points (the same page)."""
WIDEST_PAGE = 250
"""Characters beside each other that one page still shows readably; a wider sheet is printed over several."""
WIDE_SCALE = 60
"""Percent of the size at which such a sheet is printed."""
A4 = 9
"""The paper's number (https://xlsxwriter.readthedocs.io/page_setup.html)."""
TABLE_ROWS = 20_000
"""Up to here a list is a native table; a longer one has the same filters, and is written row by row without being held
in memory, which tables cannot be (https://xlsxwriter.readthedocs.io/working_with_memory.html)."""


LONGEST_TABLE = 50_000
"""Rows of a native table: a few measures may have many entries."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A live sum, with its present result for programs that show a workbook without calculating it."""

    text: str
    result: Decimal | int | None


Cell: TypeAlias = str | int | Decimal | date | datetime | Formula | None


@dataclass(frozen=True, slots=True)
class Formats:
    heading: Format
    heading_of_amounts: Format
    title: Format
    note: Format
    text: Format
    amount: Format
    count: Format
    day: Format
    moment: Format
    month: Format


@dataclass(frozen=True, slots=True)
class Column:
    heading: str
    width: int = 14
    is_month: bool = False
    is_amount: bool = False
    """Its head stands at the right, as its numbers do."""


def formats_of(book: Workbook) -> Formats:
    """The number formats of every sheet."""
    wrapped: dict[str, Any] = {"text_wrap": True, "valign": "top"}
    head = {**wrapped, "bold": True, "bg_color": "#E8ECF1", "bottom": 1}
    return Formats(
        heading=book.add_format(head),
        heading_of_amounts=book.add_format({**head, "align": "right"}),
        title=book.add_format({"bold": True, "font_size": 14}),
        note=book.add_format({"font_color": "#555555"}),
        text=book.add_format(wrapped),
        amount=book.add_format({"num_format": "#,##0.00;[Red]-#,##0.00", "valign": "top"}),
        count=book.add_format({"num_format": "#,##0", "valign": "top"}),
        day=book.add_format({"num_format": "yyyy-mm-dd", "valign": "top", "align": "left"}),
        moment=book.add_format({"num_format": "yyyy-mm-dd hh:mm", "valign": "top", "align": "left"}),
        month=book.add_format({"num_format": "yyyy-mm", "valign": "top", "align": "left"}),
    )


class Sheet:
    """Writes one row after the other; the rows above may no longer be changed."""

    def __init__(self, worksheet: Worksheet, formats: Formats, last_listed: int = LAST_LISTED) -> None:
        self.worksheet = worksheet
        self._formats = formats
        self._last_listed = last_listed
        self._widths: tuple[int, ...] = ()
        """Of the columns below the head, in characters."""
        self.row = 0
        """The next row, counted from 0."""

    @property
    def name(self) -> str:
        return str(self.worksheet.get_name())

    def title(self, title: str, *notes: str) -> None:
        """The heading of the sheet with what it is of."""
        self.worksheet.write_string(self.row, 0, title, self._formats.title)
        for number, note in enumerate(notes, self.row + 1):
            self.worksheet.write_string(number, 0, _text(note), self._formats.note)
        self.row += len(notes) + 2
        self.worksheet.set_landscape()
        self.worksheet.set_paper(A4)
        self.worksheet.fit_to_pages(1, 0)

    def headings(self, columns: Sequence[Column], *, freeze: int = 0) -> None:
        """The heads of columns; they stay in view, with ``freeze`` columns on the left."""
        self._widths = tuple(column.width for column in columns)
        self._make_room([column.heading for column in columns])
        for number, column in enumerate(columns):
            self.worksheet.set_column(number, number, column.width)
            self.worksheet.write_string(self.row, number, column.heading, self._heading(column))
        self.row += 1
        self.worksheet.freeze_panes(self.row, freeze)
        self.worksheet.repeat_rows(self.row - 1)
        if sum(self._widths) > WIDEST_PAGE:
            # Too wide to be read on one page: it goes over several, each with the columns that stay in view.
            self.worksheet.set_print_scale(WIDE_SCALE)
            if freeze:
                self.worksheet.repeat_columns(0, freeze - 1)

    def _heading(self, column: Column) -> Format:
        return self._formats.heading_of_amounts if column.is_amount else self._formats.heading

    def write(self, cells: Sequence[Cell], columns: Sequence[Column] = ()) -> None:
        self._make_room(cells)
        for number, cell in enumerate(cells):
            month = number < len(columns) and columns[number].is_month
            self._cell(number, cell, month=month)
        self.row += 1

    def write_list(
        self,
        name: str,
        what: str,
        columns: Sequence[Column],
        rows: Iterable[Sequence[Cell]],
        *,
        native: bool,
        most: int | None = None,
    ) -> None:
        """Write a list below the heads that were written last, as far as the sheet holds it, or the first ``most``;
        what it does not hold is not read, and a sentence below says so."""
        head, whole = self.row - 1, True
        for cells in rows:
            is_full = self.row >= self._last_listed
            if is_full or (most is not None and self.row - head > most):
                whole = False
                break
            self.write(cells, columns)
        listed = self.row - head - 1
        self.filters(name, head, columns, native=native and listed <= LONGEST_TABLE)
        if not whole:
            why = "The sheet is full" if is_full else "The list ends here"
            self.write((f"{why}: only the first {listed:,} {what} are here. Filter a part of the portfolio.",))

    def _make_room(self, cells: Sequence[Cell]) -> None:
        """The height of a row whose texts take several lines: not every program finds it when it opens the file."""
        lines = max(
            (
                _lines(cell, width)
                for cell, width in zip(cells, self._widths, strict=False)
                if isinstance(cell, str) and len(cell) > width
            ),
            default=1,
        )
        if lines > 1:
            self.worksheet.set_row(self.row, min(lines * LINE_POINTS, HIGHEST_ROW))

    def heads(self, headings: Sequence[str]) -> None:
        """Heads of a small table in the middle of a sheet: names, and amounts beside them."""
        for number, heading in enumerate(headings):
            self.worksheet.write_string(self.row, number, heading, self._heading(Column(heading, is_amount=number > 0)))
        self.row += 1

    def _cell(self, column: int, cell: Cell, *, month: bool) -> None:
        sheet, row, formats = self.worksheet, self.row, self._formats
        match cell:
            case None | "":
                return
            case str():
                sheet.write_string(row, column, _text(cell), formats.text)
            case Formula():
                result = 0 if cell.result is None else float(cell.result)
                wanted = formats.count if isinstance(cell.result, int) else formats.amount
                sheet.write_formula(row, column, cell.text, wanted, result)
            case Decimal():
                sheet.write_number(row, column, float(cell), formats.amount)
            case int():
                sheet.write_number(row, column, cell, formats.count)
            case datetime():
                # A spreadsheet has no time zones: UTC, as the heading of the sheet says.
                sheet.write_datetime(row, column, cell.replace(tzinfo=None), formats.moment)
            case date():
                sheet.write_datetime(row, column, cell, formats.month if month else formats.day)

    def filters(self, name: str, head: int, columns: Sequence[Column], *, native: bool) -> None:
        """Make the rows below a head a list that can be filtered: a native table while there are few of them."""
        last = max(self.row - 1, head + 1)
        if native and self.row > head + 1:
            heads = [{"header": column.heading, "header_format": self._heading(column)} for column in columns]
            options = {"name": name, "columns": heads, "style": "Table Style Light 1"}
            self.worksheet.add_table(head, 0, last, len(columns) - 1, options)
        else:
            self.worksheet.autofilter(head, 0, last, len(columns) - 1)


def cell_range(sheet: str, first_row: int, last_row: int, column: int) -> str:
    """``'Measures'!$C$6:$C$105``: rows and columns counted from 0."""
    name = xl_col_to_name(column, col_abs=True)
    return f"'{sheet}'!{name}${first_row + 1}:{name}${max(last_row, first_row) + 1}"


def cell_name(row: int, column: int) -> str:
    """``$A6``: the column stays when the formula is copied to the right."""
    return str(xl_rowcol_to_cell(row, column, col_abs=True))


@lru_cache(maxsize=10_000)
def _lines(text: str, width: int) -> int:
    """Lines of a text; kept, because names of people, places and rules stand in many rows."""
    return len(wrap(text, width))


def _text(text: str) -> str:
    """As a cell holds it: no longer than it may be, and no half of a character."""
    whole = text.encode("utf-8", "replace").decode()
    return whole if len(whole) <= LONGEST_TEXT else whole[: LONGEST_TEXT - 1] + "…"
