"""Heads that name one column twice: of the two cells of a row nobody knows which one counts."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def repeated_head(heads: Sequence[str], read: Collection[str]) -> str | None:
    """The first head of those that are ``read`` which stands a second time."""
    return next((head for place, head in enumerate(heads) if head in read and head in heads[:place]), None)
