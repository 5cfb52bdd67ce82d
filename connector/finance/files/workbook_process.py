"""Reads one sheet of a workbook in a process of its own, with limits on memory and time, and prints its rows.

Its input comes from outside and is read by native code: a workbook that asks for all of the memory ends this process
and no other.  Run as a script; it knows nothing of the rest of Gatepost.  Lines of JSON: what the workbook is, then one
list for each row (0 for an empty one), then ``end``.
"""

from __future__ import annotations

import resource
import sys
from datetime import date, datetime, time, timedelta

import orjson
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

ROWS_PER_LINE = 500


def main(path: str, wanted: str, memory: int, seconds: int, most_cells: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        _read(path, wanted, most_cells)
    except PasswordError:
        _print({"error": "password"})
    except MemoryError:
        _print({"error": "memory"})
    except (CalamineError, OSError, ValueError) as error:
        _print({"error": "unreadable", "text": str(error)[:200]})


def _read(path: str, wanted: str, most_cells: int) -> None:
    book = CalamineWorkbook.from_path(path)
    sheets = []
    for one in book.sheets_metadata:
        if one.typ is not SheetTypeEnum.WorkSheet:
            continue
        sheet = book.get_sheet_by_name(one.name)
        shown = one.visible is SheetVisibleEnum.Visible
        sheets.append((one.name, shown, sheet if sheet.end is not None else None))
    known = [{"name": name, "shown": shown, "filled": sheet is not None} for name, shown, sheet in sheets]
    chosen = [sheet for name, shown, sheet in sheets if sheet is not None and (name == wanted if wanted else shown)]
    if len(chosen) != 1 or chosen[0] is None:
        _print({"sheets": known, "sheet": None})
        return
    sheet = chosen[0]
    start, height, width = sheet.start or (0, 0), sheet.total_height, sheet.total_width
    if height * width > most_cells * 4 and width > 200:
        _print({"error": "cells"})
        return
    _print({"sheets": known, "sheet": sheet.name, "left": start[1], "merged": sheet.merged_cell_ranges or []})
    lines: list[object] = []
    for row in sheet.iter_rows():
        cells = [_cell(value) for value in row]
        while cells and cells[-1] is None:
            cells.pop()
        lines.append(cells or 0)
        if len(lines) >= ROWS_PER_LINE:
            _print(lines)
            lines = []
    _print(lines)
    _print({"end": True})


def _cell(value: object) -> object:
    if value == "":
        return None
    if isinstance(value, datetime | date):
        return {"d": value.isoformat()}
    if isinstance(value, time | timedelta):
        return str(value)
    return value


def _print(found: object) -> None:
    sys.stdout.buffer.write(orjson.dumps(found) + b"\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6]))
