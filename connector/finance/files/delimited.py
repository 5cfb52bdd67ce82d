"""Delimited text: its encoding, its delimiter, its rows."""

from __future__ import annotations

import codecs
import csv
from collections import Counter
from io import StringIO

from charset_normalizer import from_bytes

from connector.finance.files.limits import MAX_CELLS, MAX_ROWS, FileRefused
from mapping.imports.cells import Row, SheetTable, without_mark

DELIMITERS = (",", ";", "\t", "|")
SAMPLE_ROWS = 200
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_WINDOWS_HOLES = frozenset(b"\x81\x8d\x8f\x90\x9d")
"""Bytes that mean nothing in Windows-1252."""


def read_delimited(name: str, content: bytes, encoding: str | None = None, delimiter: str | None = None) -> SheetTable:
    """Raises FileRefused."""
    text, notes = decode(content, encoding)
    if "\x00" in text:
        raise FileRefused("The file holds zero bytes: it is no text. Save it as CSV, or as xlsx.")
    sign = delimiter or find_delimiter(text)
    if delimiter is None:
        shown = {"\t": "tab"}.get(sign, sign)
        notes = (*notes, f'The cells are parted by "{shown}".')
    return SheetTable(name, _rows(text, sign), notes=notes)


def decode(content: bytes, encoding: str | None = None) -> tuple[str, tuple[str, ...]]:
    """The text, with what a person has to know of it.  Raises FileRefused."""
    if encoding is not None:
        try:
            return content.decode(encoding).removeprefix("\ufeff"), ()
        except LookupError:
            raise FileRefused(f'There is no encoding "{encoding}". Write utf-8 or cp1252 in the profile.') from None
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise FileRefused(f"Line {line} is not {encoding}, as the profile says. Leave encoding out.") from None
    for mark, name in _MARKS:
        if content.startswith(mark):
            try:
                return content.decode(name).removeprefix("\ufeff"), ()
            except UnicodeDecodeError:
                raise FileRefused(
                    f"The file begins as {name.removesuffix('-sig')} and is not. Save it as UTF-8."
                ) from None
    if content[:200].count(b"\x00") > len(content[:200]) // 4:
        name = "utf-16-le" if content[1:2] == b"\x00" else "utf-16-be"
        return content.decode(name, errors="replace"), (f"The file was read as {name}.",)
    try:
        return content.decode("utf-8"), ()
    except UnicodeDecodeError:
        return _not_unicode(content)


def _not_unicode(content: bytes) -> tuple[str, tuple[str, ...]]:
    """Text that is not UTF-8 throughout: Windows-1252, a mixture of both, or what its letters show it to be."""
    text, other = _by_either(content)
    unicode_signs = sum(sign > "\x7f" for sign in text) - len(other)
    if unicode_signs * 4 > len(other):
        lines = [content.count(b"\n", 0, position) + 1 for position in other[:5]]
        some = ", ".join(map(str, dict.fromkeys(lines))) + (" and more" if len(other) > 5 else "")
        return text, (f"The file mixes encodings: parts of line {some} were read as Windows-1252, the rest as UTF-8.",)
    if len(other) > len(content) // 10 and (best := from_bytes(content[:200_000]).best()) is not None:
        # Most letters are no ASCII: a script of its own, such as Cyrillic.
        return content.decode(best.encoding, "replace"), (
            f"The file was read as {best.encoding}; say encoding in the profile when it is another.",
        )
    holes = sum(content[position] in _WINDOWS_HOLES for position in other)
    if holes * 100 > len(other):
        raise FileRefused("The encoding of the file cannot be found. Save it as UTF-8, or say encoding in the profile.")
    notes = ["The file was read as Windows-1252; say encoding in the profile when it is another."]
    if holes:
        notes.append(f"{holes:,} of its bytes mean nothing there and were left out.")
    return content.decode("cp1252", "ignore"), tuple(notes)


def _by_either(content: bytes) -> tuple[str, list[int]]:
    """UTF-8, and Windows-1252 where it is not; with the positions of those bytes."""
    other: list[int] = []

    def as_windows(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        other.append(error.start)
        return content[error.start : error.start + 1].decode("cp1252", "replace"), error.start + 1

    codecs.register_error("gatepost-windows-1252", as_windows)
    return content.decode("utf-8", "gatepost-windows-1252"), other


def find_delimiter(text: str) -> str:
    """The sign that gives most rows the same number of cells, more than one; quotes count.  Raises FileRefused."""
    best, most = "", 0.0
    for sign in DELIMITERS:
        if sign not in text:
            continue
        widths: Counter[int] = Counter()
        try:
            for number, row in enumerate(csv.reader(StringIO(text, newline=""), delimiter=sign)):
                if row:
                    widths[len(row)] += 1
                if number >= SAMPLE_ROWS:
                    break
        except csv.Error:
            continue
        width, rows = max(widths.items(), key=lambda one: (one[1] * (one[0] > 1), one[0]), default=(0, 0))
        fit = rows / sum(widths.values()) * min(width, 20) ** 0.5 if width > 1 else 0.0
        if fit > most:
            best, most = sign, fit
    if not best and text.strip():
        return ","
    if not best:
        raise FileRefused("The file is empty.")
    return best


def _rows(text: str, delimiter: str) -> list[Row]:
    rows: list[Row] = []
    filled = cells = 0
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            if any(row):
                filled += 1
                cells += len(row)
                rows.append([without_mark(value) if value else None for value in row])
            else:
                rows.append([])
            if filled > MAX_ROWS or cells > MAX_CELLS or len(rows) > 2_000_000:
                raise FileRefused(
                    f"The file has more than {MAX_ROWS:,} rows or {MAX_CELLS:,} cells. Split it by month."
                )
    except csv.Error as error:
        raise FileRefused(
            f"Line {reader.line_num:,} is no delimited text: {error}. A quote may not be closed."
        ) from None
    while rows and not rows[-1]:
        rows.pop()
    if not rows:
        raise FileRefused("The file is empty.")
    return rows
