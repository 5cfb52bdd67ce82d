"""Keys of items inside a sentence."""

from __future__ import annotations

from collections.abc import Sequence

SHOWN = 2


def first_keys(keys: Sequence[str], unnamed: str = "") -> str:
    """``ITX-4, ITX-7, +3``: the first two keys, how many more there are, and what is not named; empty for nothing."""
    more = f"+{len(keys) - SHOWN}" if len(keys) > SHOWN else ""
    return ", ".join(filter(None, (*keys[:SHOWN], more, unnamed)))


def keys_in_brackets(keys: Sequence[str], unnamed: str = "") -> str:
    """The same to follow a noun: `` (ITX-4, ITX-7, +3)``."""
    shown = first_keys(keys, unnamed)
    return f" ({shown})" if shown else ""
