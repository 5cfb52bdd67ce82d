"""Pages of lists in the order of their numbers, the newest or the oldest first."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select


def page_by_number(
    query: Select[Any], number: ColumnElement[int], *, after: int | None, limit: int, oldest_first: bool = False
) -> Select[Any]:
    """The newest first, or the oldest; ``after`` is the number where the last page ended, in the same order."""
    if after is not None:
        query = query.where(number > after if oldest_first else number < after)
    return query.order_by(number if oldest_first else number.desc()).limit(limit)
