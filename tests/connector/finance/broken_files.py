"""Files as they should not be, made by the tests themselves."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import xlsxwriter

HEAD = ("Order", "Month", "Amount")


def workbook(*rows: tuple[object, ...], change: Callable[[xlsxwriter.Workbook], None] | None = None) -> bytes:
    """One sheet with a head and rows; a text that begins with = is a formula with the result behind ``|``."""
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet("Money")
    for number, row in enumerate((HEAD, *rows)):
        for column, value in enumerate(row):
            if isinstance(value, str) and value.startswith("="):
                formula, _, result = value.partition("|")
                sheet.write_formula(number, column, formula, None, result)
            else:
                sheet.write(number, column, value)
    if change is not None:
        change(book)
    book.close()
    return out.getvalue()


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """A workbook with one more part, or with another one in its place."""
    out = BytesIO()
    with ZipFile(BytesIO(content)) as before, ZipFile(out, "w", ZIP_DEFLATED) as after:
        for known in before.namelist():
            if known != name:
                after.writestr(known, before.read(known))
        after.writestr(name, part)
    return out.getvalue()


def sheet_with(cells: str) -> bytes:
    """A workbook whose sheet holds these cells."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    text = f'<?xml version="1.0"?><worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>'
    return with_part(workbook(("4711", "2026-10", 1)), "xl/worksheets/sheet1.xml", text.encode())


def two_cells_far_apart() -> bytes:
    return sheet_with('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')


def many_empty_rows() -> bytes:
    """A table, and the last possible row with nothing but a style in it."""
    head = "".join(f'<c r="{"ABC"[i]}1" t="inlineStr"><is><t>{name}</t></is></c>' for i, name in enumerate(HEAD))
    row = (
        '<row r="2"><c r="A2" t="inlineStr"><is><t>4711</t></is></c><c r="B2" t="inlineStr"><is><t>2026-10</t></is></c>'
        '<c r="C2"><v>12.5</v></c></row>'
    )
    empty = "".join(f'<row r="{number}"><c r="A{number}" s="0"/></row>' for number in range(3, 1_048_577))
    return sheet_with(f'<row r="1">{head}</row>{row}{empty}')


def zip_bomb() -> bytes:
    return with_part(workbook(("4711", "2026-10", 1)), "xl/media/image1.bin", bytes(60_000_000))


def encrypted() -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "EncryptedPackage".encode("utf-16-le") + bytes(500)
