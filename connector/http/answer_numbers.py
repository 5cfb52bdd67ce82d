"""Numbers and pages in a tool's answers: read as what they have to be, or refused as an answer that cannot be right.

A tool, or whatever answers in its place, may send ``1e999``, a text, a negative number or the same page for ever.  None
of it may stop a worker, be taken for zero, or keep it reading without an end.
"""

from __future__ import annotations

from collections.abc import Hashable
from decimal import Decimal
from math import isfinite

from connector.errors import InvalidResponse
from connector.http.json_values import Json

LARGEST_COUNT = 100_000_000
"""Rows of one table or hits of one search; more are no count that anybody pages through."""
LARGEST_ID = 2**63 - 1
MAX_PAGES = 100_000


def whole_number(
    value: Json | None, field: str, operation: str, *, largest: int = LARGEST_COUNT, missing: int | None = None
) -> int:
    """A count or an id, also where it is sent as text; ``missing`` is what an absent one means.

    Raises InvalidResponse, which names the field, for anything that is not a whole number from 0 to ``largest``.
    """
    if value is None and missing is not None:
        return missing
    number = _exact(value)
    if number is None or not 0 <= number <= largest:
        raise InvalidResponse(
            f"The answer to {operation} has {_shown(value)} as {field}, where a whole number is expected.",
            operation=operation,
        )
    return number


def _exact(value: Json | None) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) <= len(str(LARGEST_ID)) else None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if isfinite(value) and value.is_integer() else None
    if isinstance(value, Decimal):
        return int(value) if value.is_finite() and abs(value) <= LARGEST_ID and value == int(value) else None
    return None


def _shown(value: Json | None) -> str:
    return "nothing" if value is None else f"{str(value)[:40]!r}"


class Pages:
    """Ends reading page after page when the tool does not: each page has to be another one."""

    def __init__(self, operation: str, *, largest: int = MAX_PAGES) -> None:
        self._operation = operation
        self._largest = largest
        self._seen: set[Hashable] = set()

    def next(self, page: Hashable) -> None:
        """``page`` is the token of the next page, or what is first on this one.  Raises InvalidResponse."""
        if page in self._seen or len(self._seen) >= self._largest:
            raise InvalidResponse(
                f"{self._operation} answers with the same page again and again; reading was stopped.",
                operation=self._operation,
            )
        self._seen.add(page)
