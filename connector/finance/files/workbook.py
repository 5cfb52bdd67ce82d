"""Workbooks: xlsx, xlsm, xlsb, xls and ods, to the rows of one sheet."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

import orjson

from connector.finance.files.limits import (
    MAX_CELLS,
    MAX_ROWS,
    READER_MEMORY,
    READER_SECONDS,
    FileRefused,
    SheetNotNamed,
)
from connector.finance.files.workbook_parts import SheetMarks, WorkbookParts, inspect_workbook
from mapping.imports.cells import CellValue, Row, SheetTable, column_name, without_mark

_SCRIPT = Path(__file__).with_name("workbook_process.py")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def read_workbook(name: str, content: bytes, sheet: str | None = None) -> SheetTable:
    """The named sheet, or the only one that is shown and not empty.  Raises FileRefused."""
    if content.startswith(_OLE) and _ENCRYPTED in content:
        raise FileRefused("The workbook is protected by a password. Save it without one.")
    with NamedTemporaryFile(suffix=Path(name).suffix[:10]) as file:
        file.write(content)
        file.flush()
        parts = WorkbookParts(errors_unknown=True)
        if content.startswith(b"PK"):
            parts = inspect_workbook(file.name, sheet or "")
        head, rows = _run(file.name, sheet or "")
    found = str(head["sheet"])
    marks = parts.sheets.get(found, SheetMarks())
    _write_errors(rows, marks)
    left = head["left"] if isinstance(head["left"], int) else 0
    merged = head["merged"] if isinstance(head["merged"], list) else []
    return SheetTable(
        name, rows, found, _notes(parts, marks, head, left, sheet or ""), frozenset(marks.hidden_rows),
        frozenset(marks.hidden_columns), frozenset(marks.formulas),
        tuple((top, first, bottom, last) for (top, first), (bottom, last) in merged),
    )  # fmt: skip


def _run(path: str, sheet: str) -> tuple[dict[str, object], list[Row]]:
    command = [sys.executable, "-I", str(_SCRIPT), path, sheet, str(READER_MEMORY), str(READER_SECONDS), str(MAX_CELLS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:  # noqa: S603 - our own
        try:
            return _taken(process.stdout or (), sheet)
        finally:
            process.kill()


def _taken(lines: object, sheet: str) -> tuple[dict[str, object], list[Row]]:
    head: dict[str, object] | None = None
    rows: list[Row] = []
    filled = cells = 0
    for line in _lines(lines):
        if isinstance(line, dict):
            if "error" in line:
                raise FileRefused(_REFUSALS.get(str(line["error"]), _REFUSALS["unreadable"]))
            if "end" in line and head is not None:
                while rows and not rows[-1]:
                    rows.pop()
                return head, rows
            head = line
            if head["sheet"] is None:
                raise _which_sheet(head, sheet)
            continue
        left = int(str(head["left"])) if head else 0
        for row in line:
            rows.append([None] * left + [_cell(value) for value in row] if row else [])
            if row:
                filled += 1
                cells += len(row)
        if filled > MAX_ROWS or cells > MAX_CELLS:
            raise FileRefused(f"The sheet has more than {MAX_ROWS:,} rows or {MAX_CELLS:,} cells. Split it by month.")
    raise FileRefused(_REFUSALS["memory"])


def _lines(stream: object) -> Iterator[dict[str, object] | list[list[object]]]:
    for line in stream:  # type: ignore[attr-defined]  # the pipe of a process
        yield orjson.loads(line)


def _cell(value: object) -> CellValue:
    if isinstance(value, dict):
        text = str(value["d"])
        return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    if isinstance(value, str):
        return without_mark(value)
    return value if isinstance(value, int | float | bool) else None


_REFUSALS = {
    "password": "The workbook is protected by a password. Save it without one.",
    "memory": "The workbook needs more than 1 GB of memory or two minutes to be read: it is refused as harmful. "
    "Save the sheet as CSV.",
    "cells": "The sheet reaches over millions of empty cells. Delete what is behind the table, and save it.",
    "unreadable": "The workbook cannot be read: it is damaged, or no workbook. Save it again as xlsx.",
}


def _which_sheet(head: dict[str, object], wanted: str) -> FileRefused:
    sheets = head["sheets"] if isinstance(head["sheets"], list) else []
    filled = [str(one["name"]) for one in sheets if one["filled"]]
    names = ", ".join(f'"{one}"' for one in filled)
    if not filled:
        return FileRefused("The workbook has no sheet with anything in it.")
    if wanted:
        return FileRefused(f'There is no sheet "{wanted}" with anything in it. The sheets are {names}.')
    shown = [str(one["name"]) for one in sheets if one["filled"] and one["shown"]]
    if not shown:
        return FileRefused(
            f"Every sheet with something in it is hidden: {names}. Name the one to read in the profile, as sheet."
        )
    return SheetNotNamed(
        f"Several sheets have something in them: {names}. Name the one to read in the profile, as sheet.", tuple(shown)
    )


def _write_errors(rows: list[Row], marks: SheetMarks) -> None:
    """Error cells into their places: the reader of values gives nothing for them."""
    for cell, error in marks.errors.items():
        letters = cell.rstrip("0123456789")
        row, column = int(cell[len(letters) :]) - 1, 0
        for letter in letters:
            column = column * 26 + ord(letter) - ord("A") + 1
        if row < len(rows):
            rows[row].extend([None] * (column - len(rows[row])))
            rows[row][column - 1] = error


def _notes(parts: WorkbookParts, marks: SheetMarks, head: dict[str, object], left: int, wanted: str) -> tuple[str, ...]:
    notes = []
    sheets = head["sheets"] if isinstance(head["sheets"], list) else []
    hidden = [str(one["name"]) for one in sheets if one["filled"] and not one["shown"] and one["name"] != head["sheet"]]
    if hidden and not wanted:
        notes.append(f"Hidden sheets were not read: {', '.join(hidden[:5])}.")
    if parts.has_macros:
        notes.append("The workbook holds macros; they were not run.")
    if parts.has_links:
        notes.append("The workbook links to other files; the values are those stored when it was saved.")
    if marks.is_filtered:
        notes.append("The sheet has a filter; rows that it hides count as hidden.")
    if marks.hidden_columns - set(range(left)):
        some = ", ".join(column_name(one) for one in sorted(marks.hidden_columns)[:5])
        notes.append(f"Hidden columns: {some}.")
    if parts.errors_unknown:
        notes.append("Error cells of this kind of file may read as empty; xlsx names them.")
    return tuple(notes)
