"""What a reader of values does not say of a workbook: its size, its errors, what it hides, what it links to.

Workbooks of the newer kinds are ZIP files.  Their parts are searched as bytes, piece by piece: no XML is parsed, so
no entity is ever expanded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from zipfile import BadZipFile, ZipFile

from connector.finance.files.limits import MAX_PARTS, MAX_RATIO, MAX_UNPACKED_BYTES, FileRefused

PIECE = 1 << 20
OVERLAP = 4096
MOST_FOUND = 100_000


@dataclass(slots=True)
class SheetMarks:
    """What is special in one sheet."""

    errors: dict[str, str] = field(default_factory=dict)
    """Error by address."""
    formulas: set[str] = field(default_factory=set)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    is_filtered: bool = False
    protected: bool = False


@dataclass(slots=True)
class WorkbookParts:
    has_macros: bool = False
    has_links: bool = False
    sheets: dict[str, SheetMarks] = field(default_factory=dict)
    """By name of the sheet."""
    errors_unknown: bool = False
    """Error cells of this kind of file cannot be told from empty ones."""


def inspect_workbook(path: str, wanted: str) -> WorkbookParts:
    """Raises FileRefused for what is too large or damaged."""
    try:
        with ZipFile(path) as archive:
            _check_size(archive)
            names = set(archive.namelist())
            found = WorkbookParts(
                has_macros=any(name.endswith("vbaProject.bin") for name in names),
                has_links=any("/externalLinks/" in name for name in names),
            )
            if "xl/workbook.xml" in names:
                for name, part in _sheet_parts(archive):
                    if (not wanted or name == wanted) and part in names:
                        found.sheets[name] = _marks(archive, part)
            elif "xl/workbook.bin" in names:
                found.errors_unknown = True
            elif "content.xml" in names:
                found.errors_unknown = not _has_no_errors(archive)
            return found
    except BadZipFile:
        raise FileRefused("The workbook is damaged or was not sent whole. Save it again.") from None
    except (RuntimeError, NotImplementedError, EOFError, ValueError, KeyError, OSError) as error:
        if isinstance(error, FileRefused):
            raise
        raise FileRefused("The workbook is damaged, or protected by a password. Save it again without one.") from None


def _check_size(archive: ZipFile) -> None:
    parts = archive.infolist()
    if len(parts) > MAX_PARTS:
        raise FileRefused(f"The workbook has {len(parts):,} parts; at most {MAX_PARTS:,} are read.")
    total = sum(part.file_size for part in parts)
    if total > MAX_UNPACKED_BYTES:
        raise FileRefused(
            f"The workbook becomes {total // 1_000_000:,} MB when it is unpacked; at most "
            f"{MAX_UNPACKED_BYTES // 1_000_000} MB are read. Split it."
        )
    for part in parts:
        if part.file_size > 10_000_000 and part.file_size > part.compress_size * MAX_RATIO:
            raise FileRefused(
                f'The part "{part.filename[:80]}" of the workbook becomes more than {MAX_RATIO} times as large when '
                "it is unpacked: it is refused as harmful. Save the sheet as CSV."
            )


def _sheet_parts(archive: ZipFile) -> Iterator[tuple[str, str]]:
    book = archive.read("xl/workbook.xml")[:4_000_000].decode("utf-8", "replace")
    relations = archive.read("xl/_rels/workbook.xml.rels")[:4_000_000].decode("utf-8", "replace")
    targets = {}
    for tag in re.findall(r"<(?:\w+:)?Relationship\s[^>]*>", relations):
        number, target = re.search(r'\bId="([^"]*)"', tag), re.search(r'\bTarget="([^"]*)"', tag)
        if number and target:
            path = target[1]
            targets[number[1]] = path.lstrip("/") if path.startswith("/") else f"xl/{path}"
    for tag in re.findall(r"<(?:\w+:)?sheet\s[^>]*>", book):
        name, number = re.search(r'\bname="([^"]*)"', tag), re.search(r'\b\w+:id="([^"]*)"', tag)
        if name and number and number[1] in targets:
            yield _unescaped(name[1]), targets[number[1]]


def _unescaped(text: str) -> str:
    for entity, sign in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&")):
        text = text.replace(entity, sign)
    return text


_ROW = re.compile(rb'<row\b(?=[^>]*\bhidden="(?:1|true)")[^>]*\br="(\d+)"')
_COLUMN = re.compile(rb'<col\b(?=[^>]*\bhidden="(?:1|true)")(?=[^>]*\bmin="(\d+)")[^>]*\bmax="(\d+)"')
_ERROR = re.compile(
    rb'<c\b(?=[^>]*\bt="e")[^>]*\br="([A-Z]{1,3}\d+)"[^>]*>(?:<f\b[^>]*/>|<f\b[^>]*>[^<]*</f>)?<v>([^<]{1,20})'
)
_FORMULA = re.compile(rb'<c\b[^>]*\br="([A-Z]{1,3}\d+)"[^>]*>\s*<f\b')


def _marks(archive: ZipFile, part: str) -> SheetMarks:
    found, before = SheetMarks(), b""
    with archive.open(part) as stream:
        while piece := stream.read(PIECE):
            text = before + piece
            # What a marker needs stands within one cell: the end of a piece is searched again with the next.
            for row in _ROW.findall(text):
                found.hidden_rows.add(int(row))
            for first, last in _COLUMN.findall(text):
                found.hidden_columns.update(range(int(first) - 1, min(int(last), 16_384)))
            for cell, error in _ERROR.findall(text):
                if len(found.errors) < MOST_FOUND:
                    found.errors[cell.decode()] = error.decode("ascii", "replace")
            if b"<f" in text and len(found.formulas) < MOST_FOUND * 10:
                found.formulas.update(cell.decode() for cell in _FORMULA.findall(text))
            found.is_filtered = found.is_filtered or b"<autoFilter" in text
            before = text[-OVERLAP:]
    return found


def _has_no_errors(archive: ZipFile) -> bool:
    before = b""
    with archive.open("content.xml") as stream:
        while piece := stream.read(PIECE):
            text = before + piece
            if b'value-type="error"' in text or b">#DIV/0!<" in text or b">#REF!<" in text or b">#N/A<" in text:
                return False
            before = text[-200:]
    return True
