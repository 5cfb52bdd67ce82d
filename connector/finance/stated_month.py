"""A month as a line of a file or a call of the API states it."""

from __future__ import annotations

from governance.money import Period


def stated_month(text: str) -> Period:
    """``2026-10``, or ``2026-10-01``: a spreadsheet makes a day of a month.  Raises ValueError."""
    written = text.strip()
    return Period.parse(written.removesuffix("-01") if len(written) == len("2026-10-01") else written)
