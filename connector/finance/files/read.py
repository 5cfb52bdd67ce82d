"""A file of any known kind to its rows."""

from __future__ import annotations

from pathlib import Path

from connector.finance.files.delimited import read_delimited
from connector.finance.files.limits import MAX_FILE_BYTES, FileRefused
from connector.finance.files.workbook import read_workbook
from mapping.imports.cells import SheetTable
from mapping.imports.profile import Profile

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHERS = (
    (b"%PDF", "The file is a PDF. Export the table from where the PDF comes from, as xlsx or CSV."),
    (b"\x1f\x8b", "The file is packed with gzip. Unpack it first; bills of the cloud are read as they are."),
    (b"PAR1", "The file is Parquet, which is read for bills of the cloud only."),
    (b"{\\rtf", "The file is a text document. Save its table as xlsx or CSV."),
)


def read_file(
    name: str,
    content: bytes,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> SheetTable:
    """Raises FileRefused."""
    if not content:
        raise FileRefused("The file is empty.")
    if len(content) > MAX_FILE_BYTES:
        raise FileRefused(
            f"The file has {len(content) // 1_000_000:,} MB; at most {MAX_FILE_BYTES // 1_000_000} are read. Split it."
        )
    for beginning, sentence in _OTHERS:
        if content.startswith(beginning):
            raise FileRefused(sentence)
    if content.startswith((b"PK\x03\x04", _OLE)):
        return read_workbook(name, content, sheet)
    if Path(name).suffix.lower() in {".xlsx", ".xlsm", ".xlsb", ".ods", ".xls"}:
        if content.lstrip()[:1] == b"<":
            raise FileRefused(
                "The file is a web page or XML with the name of a workbook. Open it, and save it as xlsx."
            )
        if content.startswith(b"PK"):
            raise FileRefused("The workbook is damaged or was not sent whole. Save it again.")
        if b"\x00" in content[:1000]:
            raise FileRefused("The workbook cannot be read: it is damaged, or no workbook. Save it again as xlsx.")
    return read_delimited(name, content, encoding, delimiter)


def read_by_profile(name: str, content: bytes, profile: Profile) -> SheetTable:
    """Raises FileRefused."""
    return read_file(name, content, profile.sheet, profile.encoding, profile.delimiter)
