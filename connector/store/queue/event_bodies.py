"""Event bodies at rest: packed, because JSON shrinks to a third and every byte goes to disk twice.

PostgreSQL would pack them too, in the middle of the transaction and with a slower method; here it is done by the
thread that brought the event, while others commit.  The column is stored as it comes
(``event_bodies.sql`` of the migrations).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

_pack: Callable[[bytes, int], bytes]
try:
    # Intel's library writes zlib's format, a third as long about it, and a little smaller.
    from isal import isal_zlib

    _pack = isal_zlib.compress
except ImportError:
    # There is no build of it for every processor.
    _pack = zlib.compress

COMPRESSION_LEVEL = 1
"""Twice as fast as zlib's usual level, and a tenth larger."""

ZLIB_FIRST_BYTE = b"\x78"
"""The first byte of what zlib wrote.  A body is JSON: it begins with a brace, or with white space before it."""


def compress(body: bytes) -> bytes:
    return _pack(body, COMPRESSION_LEVEL)


def decompress(stored: bytes) -> bytes:
    """The body as it came; one that is stored as it came, too."""
    return zlib.decompress(stored) if stored[:1] == ZLIB_FIRST_BYTE else stored
