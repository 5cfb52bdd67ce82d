"""How large a file may be, and what a file is refused with."""

from __future__ import annotations

MAX_FILE_BYTES = 50_000_000
MAX_UNPACKED_BYTES = 500_000_000
"""Of all parts of a workbook together."""
MAX_RATIO = 200
"""Times its packed size that one part of a workbook may become, where it is large."""
MAX_PARTS = 2_000
MAX_ROWS = 250_000
"""Rows with something in them."""
MAX_CELLS = 6_000_000
READER_MEMORY = 1_000_000_000
"""Bytes of address space of the process that reads a workbook."""
READER_SECONDS = 120


class FileRefused(ValueError):
    """A file that cannot be read; the message says what is wrong and what to do."""


class SheetNotNamed(FileRefused):
    """A workbook in which several sheets could be meant."""

    def __init__(self, message: str, sheets: tuple[str, ...]) -> None:
        super().__init__(message)
        self.sheets = sheets
        """Those that are shown and have something in them."""
