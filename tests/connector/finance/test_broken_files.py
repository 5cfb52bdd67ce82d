"""Thirty and more files as they should not be, each with the exact text that a person reads, or with what is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import pytest
from xlsxwriter import Workbook

from connector.finance.files.limits import FileRefused
from connector.finance.files.read import read_by_profile
from mapping.imports.lines import read_lines
from mapping.imports.profile import load_profile
from mapping.imports.stated_lines import FileLines
from tests.connector.finance import broken_files as files

PROFILE = (
    "name: broken\nsubject: {column: Order, by: code}\n"
    "amounts: [{column: Amount, version: actual, kind: capex, month: {column: Month}}]\ncurrency: EUR\n"
)
HEAD = "Order;Month;Amount\n"
ROW = ("4711", "2026-10", 12.5)


Content: TypeAlias = "str | bytes | Callable[[], bytes]"
"""What takes long to make is made by the test that needs it."""


def read(content: Content, more: str = "", name: str = "") -> FileLines:
    made = content() if callable(content) else content
    data = made.encode() if isinstance(made, str) else made
    profile = load_profile(PROFILE + more)
    kind = "xlsx" if data[:2] == b"PK" else "csv"
    return read_lines(read_by_profile(name or f"October.{kind}", data, profile), profile)


def refused(content: Content, more: str = "", name: str = "") -> list[str]:
    try:
        return [str(one) for one in read(content, more, name).problems]
    except FileRefused as error:
        return [str(error)]


NO_AMOUNT = "Correct it, or list it under no_amount in the profile when it means that there is none."
SIGN = 'Say decimal: "." or "," in the profile.'
SAVE = "Save it again as xlsx."


def hide_row(book: Workbook) -> None:
    book.worksheets()[0].set_row(1, None, None, {"hidden": True})


def hide_column(book: Workbook) -> None:
    book.worksheets()[0].set_column(2, 2, 10, None, {"hidden": True})


def filter_row(book: Workbook) -> None:
    book.worksheets()[0].autofilter(0, 0, 2, 2)
    hide_row(book)


def merge_amounts(book: Workbook) -> None:
    book.worksheets()[0].merge_range("C2:C3", 9)


def second_sheet(book: Workbook) -> None:
    book.add_worksheet("Old").write("A1", "x")


REFUSED: dict[str, tuple[Content, str, str]] = {
    "empty": ("", "", "The file is empty."),
    "only spaces": (" \n \n", "", "The file is empty."),
    "only heads": (HEAD, "", "There is no amount below the heads. Take another sheet or file, or correct the profile."),
    "no such column": (
        "Order;Month;Amounts\n1;2026-10;1\n", "", 'There is no column "Amount". Did you mean "Amounts"?',
    ),
    "heads elsewhere": (
        HEAD, "header: 9", "The file ends before row 9, where the heads should be. Correct header in the profile, or take "
        "the right sheet.",
    ),
    "text for a number": (f"{HEAD}4711;2026-10;n.a.\n", "", f'C2: There is a text where an amount belongs: "n.a.". {NO_AMOUNT}'),
    "two numbers in one": (
        f"{HEAD}4711;2026-10;1.234\n", "",
        f'C2: "1.234" is one number with a decimal point and another with a decimal comma. {SIGN}',
    ),
    "another decimal sign": (
        f"{HEAD}4711;2026-10;1.234,5\n", 'decimal: "."',
        'C2: "1.234,5" does not fit the decimal sign of the profile. Correct the cell, or decimal in the profile.',
    ),
    "broken groups": (
        f"{HEAD}4711;2026-10;1,23,4567.0\n", 'decimal: "."',
        'C2: "1,23,4567.0" does not fit the decimal sign of the profile. Correct the cell, or decimal in the profile.',
    ),
    "percent": (f"{HEAD}4711;2026-10;12 %\n", "", 'C2: "12 %" is a share, not an amount. Take another column.'),
    "negative": (
        f"{HEAD}4711;2026-10;(5)\n", "",
        "C2: -5 is negative. Write all amounts with one sign, or write negative: credit in the profile, for credit notes.",
    ),
    "two currencies": (
        f"{HEAD}4711;2026-10;£5\n", "", "C2: The cell is in GBP, and its row in EUR. Correct the one that is wrong.",
    ),
    "day or month first": (
        f"{HEAD}4711;03/04/2026;5\n", "",
        'C2: "03/04/2026" can be two days: the day or the month first. Say day_first: true or false in the profile.',
    ),
    "no month": (f"{HEAD}4711;soon;5\n", "", 'C2: "soon" is no month and no day. Write 2026-10.'),
    "no such day": (f"{HEAD}4711;31.02.2026;5\n", "", 'C2: "31.02.2026" is no month and no day. Write 2026-10.'),
    "month missing": (
        f"{HEAD}4711;;5\n", "", "C2: There is an amount, and its month is empty. Fill it in, add the row to skip, or write "
        "incomplete: quarantine in the profile.",
    ),
    "name missing": (
        f"{HEAD};2026-10;5\n", "", 'C2: There is an amount, and the cell of "Order" is empty. Fill it in, add the row to '
        "skip, or write incomplete: quarantine in the profile.",
    ),
    "a whole year": (
        f"{HEAD}4711;2026;5\n", "", "C2: The amount is of Jan 2026 to Dec 2026, not of one month. Say in the profile where it "
        "goes: longer_periods: first, last or even.",
    ),
    "twice the same": (
        f"{HEAD}4711;2026-10;5\n4711;Oct 26;6\n", "", 'C3: "4711" has an amount of the same month and kind in C2 already. '
        "Remove one of them, or write duplicates: add in the profile, when both count.",
    ),
    "a month left out": (
        f"{HEAD}4711;2026-01;5\n4711;2026-03;9\n", "amounts_are: cumulative", "C3: The amount to the end of Mar 2026 needs "
        "that of Feb 2026, which the file does not have. Import a file from the first month of the fiscal year on.",
    ),
    "unclosed quote": (
        f'{HEAD}4711;2026-10;"5\n' + "x" * 140_000, "",
        "Line 3 is no delimited text: field larger than field limit (131072). A quote may not be closed.",
    ),
    "zero bytes": (
        b"Order;Month;Amount\n4711;2026-10;5\x00\n", "",
        "The file holds zero bytes: it is no text. Save it as CSV, or as xlsx.",
    ),
    "not that encoding": (
        f"{HEAD}4711;2026-10;5\n".encode() + b"\xff", "encoding: utf-8",
        "Line 3 is not utf-8, as the profile says. Leave encoding out.",
    ),
    "no such encoding": (
        f"{HEAD}4711;2026-10;5\n", "encoding: klingon",
        'There is no encoding "klingon". Write utf-8 or cp1252 in the profile.',
    ),
    "a PDF": (
        b"%PDF-1.7 ...", "", "The file is a PDF. Export the table from where the PDF comes from, as xlsx or CSV.",
    ),
    "password": (files.encrypted(), "", "The workbook is protected by a password. Save it without one."),
    "cut off": (
        files.workbook(ROW)[:-300], "", "The workbook is damaged or was not sent whole. Save it again.",
    ),
    "no workbook inside": (
        files.with_part(b"PK\x05\x06" + bytes(18), "a.txt", b"x"), "",
        f"The workbook cannot be read: it is damaged, or no workbook. {SAVE}",
    ),
    "zip bomb": (
        files.zip_bomb, "", 'The part "xl/media/image1.bin" of the workbook becomes more than 200 times as large when it '
        "is unpacked: it is refused as harmful. Save the sheet as CSV.",
    ),
    "two cells far apart": (
        files.two_cells_far_apart, "", "The workbook needs more than 1 GB of memory or two minutes to be read: it is "
        "refused as harmful. Save the sheet as CSV.",
    ),
    "two sheets": (
        files.workbook(ROW, change=second_sheet), "",
        'Several sheets have something in them: "Money", "Old". Name the one to read in the profile, as sheet.',
    ),
    "no such sheet": (
        files.workbook(ROW), "sheet: Actuals",
        'There is no sheet "Actuals" with anything in it. The sheets are "Money".',
    ),
    "error cell": (
        files.workbook(("4711", "2026-10", "=1/0|#DIV/0!")), "",
        "C2: The cell shows the error #DIV/0!. Correct its formula, and save the file again.",
    ),
    "hidden row": (
        files.workbook(ROW, change=hide_row), "", "A2: This row is hidden and holds an amount. Show or remove it, or write "
        "hidden: read (or skip) in the profile.",
    ),
    "filtered row": (
        files.workbook(ROW, change=filter_row), "", "A2: This row is hidden and holds an amount. Show or remove it, or "
        "write hidden: read (or skip) in the profile.",
    ),
    "hidden column": (
        files.workbook(ROW, change=hide_column), "",
        'C1: The column "Amount" is hidden. Show it, or write hidden: read in the profile.',
    ),
    "merged amounts": (
        files.workbook(ROW, ("4712", "2026-10", 1), change=merge_amounts), "",
        "C2: This amount stands in merged cells: what it is of is not clear. Split the cells and write each amount into "
        "its own.",
    ),
    "a truth value": (files.workbook(("4711", "2026-10", True)), "", "C2: True is no amount. Write a number."),
    "too large": (
        f"{HEAD}4711;2026-10;{'9' * 16}\n", "",
        f"C2: {'9' * 16} is too large for an amount. Correct it, or unit in the profile.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_broken_file_is_refused_with_what_to_do(case: str) -> None:
    content, more, sentence = REFUSED[case]
    found = refused(content, more)
    assert found[:1] == [sentence]


READ: dict[str, tuple[Content, str, list[str]]] = {
    "a byte order mark": (b"\xef\xbb\xbf" + f"{HEAD}4711;2026-10;5\n".encode(), "", ["5"]),
    "UTF-16": (f"{HEAD}4711;2026-10;5\n".encode("utf-16"), "", ["5"]),
    "a delimiter within quotes": (f'{HEAD}"47;11";2026-10;"5"\n', "", ["5"]),
    "Windows-1252": (f"{HEAD}Größe;2026-10;5\n".encode("cp1252"), "", ["5"]),
    "two encodings": (
        f"{HEAD}Größe;2026-10;5\n".encode() + "Größer;2026-10;6\n".encode("cp1252"), "", ["5", "6"],
    ),
    "Cyrillic": (
        (HEAD + "".join(f"Проект внедрения системы учёта {i};2026-10;{i}\n" for i in range(1, 9))).encode("cp1251"), "",
        [str(i) for i in range(1, 9)],
    ),
    "three kinds of line ends": (b'Order;Month;Amount\r\n"a\r\r\nb";2026-10;5\rc;2026-10;6\n', "", ["5", "6"]),
    "European": (f"{HEAD}a;2026-10;1.234.567,89\nb;2026-10;1 234,5-\n", 'decimal: ","\nnegative: credit', ["1234567.89", "-1234.5"]),
    "Indian": (f"{HEAD}a;2026-10;12,34,567.50\n", "", ["1234567.50"]),
    "Swiss": (f"{HEAD}a;2026-10;1'234'567.50\n", "", ["1234567.50"]),
    "dates in shapes": (
        f"{HEAD}a;2026-10-31;1\nb;31.10.2026;2\nc;31/10/2026;3\nd;Oct-26;4\ne;October 2026;5\nf;202610;6\ng;10/2026;7\n", "",
        ["1", "2", "3", "4", "5", "6", "7"],
    ),
    "a formula": (files.workbook(("4711", "2026-10", "=5+5|10")), "", ["10"]),
    "a hidden row to skip": (files.workbook(ROW, ("a", "2026-10", 1), change=hide_row), "hidden: skip", ["1"]),
    "a number as text": (files.workbook(("4711", "2026-10", "12.50")), "", ["12.50"]),
    "macros": (files.with_part(files.workbook(ROW), "xl/vbaProject.bin", b"x"), "", ["12.5"]),
    "links": (files.with_part(files.workbook(ROW), "xl/externalLinks/externalLink1.xml", b"<x/>"), "", ["12.5"]),
    "1,048,576 rows": (files.many_empty_rows, "", ["12.5"]),
    "cumulative": (f"{HEAD}a;2026-02;9\na;2026-01;5\n", "amounts_are: cumulative", ["5", "4"]),
    "a year laid over its months": (f"{HEAD}a;2026/27;100\n", "longer_periods: even\nyear_ends: 3", ["8.33"] * 11 + ["8.37"]),
    "thousands": (f"{HEAD}a;2026-10;1.5\n", "unit: k", ["1500"]),
    "a total": (f"{HEAD}a;2026-10;1\nTotal;2026-10;1\n", "skip: [Total*]", ["1"]),
    "no amount": (f"{HEAD}a;2026-10;1\nb;2026-10;Exempt (s. 24)\n", "no_amount: ['Exempt*']", ["1"]),
}  # fmt: skip


@pytest.mark.parametrize("case", READ)
def test_a_hard_file_is_read(case: str) -> None:
    content, more, amounts = READ[case]
    found = read(content, more)
    assert list(map(str, found.problems)) == []
    lines = sorted(found.lines, key=lambda line: line.posting.month)
    assert [f"{line.posting.money.amount.normalize():f}" for line in lines] == [
        f"{float(one):g}" if float(one) < 1000 else str(one).rstrip("0").rstrip(".") if "." in one else one
        for one in amounts
    ]


NOTES = {
    "a formula": "1 amounts are the stored results of formulas; the file was not recalculated.",
    "a number as text": "1 numbers stood in the file as text.",
    "macros": "The workbook holds macros; they were not run.",
    "links": "The workbook links to other files; the values are those stored when it was saved.",
    "Windows-1252": "The file was read as Windows-1252; say encoding in the profile when it is another.",
    "two encodings": "The file mixes encodings: parts of line 3 were read as Windows-1252, the rest as UTF-8.",
    "a hidden row to skip": "1 hidden rows were left out.",
}


@pytest.mark.parametrize("case", NOTES)
def test_what_a_person_has_to_know_is_a_note(case: str) -> None:
    content, more, _ = READ[case]
    assert NOTES[case] in read(content, more).notes
