"""A day as people and tools write it: ``2026-12-31``, and nothing that only a program would read as one."""

from __future__ import annotations

import re
from datetime import date

_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)


def written_date(text: str) -> date | None:
    """``None`` for anything else, such as a week (``2026-W40-1``) or a day that the month does not have."""
    found = _DAY.fullmatch(text.strip())
    if found is None:
        return None
    try:
        return date(*map(int, found.groups()))
    except ValueError:
        return None
