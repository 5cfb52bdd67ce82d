"""A number with what it counts: one thing is written in the singular."""

from __future__ import annotations


def number_of(count: int, one: str, many: str = "") -> str:
    """``1 month``, ``12 months``, ``1,200 entries``; ``many`` is ``one`` with an s where it is not given."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
