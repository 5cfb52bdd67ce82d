"""The capital with which a sentence begins."""

from __future__ import annotations


def capitalised(text: str) -> str:
    """With a capital at its beginning, and otherwise as it is."""
    return text[:1].upper() + text[1:]
