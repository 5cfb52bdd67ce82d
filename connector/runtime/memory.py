"""The C library's memory, for a process that works with many threads and lives for months.

glibc gives each thread a heap of its own, up to eight for each core.  What a batch needed stays in the heap of the
thread that worked on it, and the next batch, in another thread, takes as much again: half of what a worker held was
such memory.  Python's threads compute one at a time, so one heap serves them as fast.
"""

from __future__ import annotations

import ctypes
import sys

_MMAP_THRESHOLD, _ARENA_MAX = -3, -8
"""``mallopt``'s names of its settings (https://man7.org/linux/man-pages/man3/mallopt.3.html)."""

OWN_PAGES_FROM = 128 * 1024
"""Bytes of a block that gets pages of its own, which go back to the system at once.  It is glibc's own figure at the
start; left alone it grows with the blocks that are freed, and the heap with it."""


def keep_one_heap() -> None:
    """Call it at the start of a process, before its first thread.  Without effect where the C library is no glibc."""
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_ARENA_MAX, 1)
        mallopt(_MMAP_THRESHOLD, OWN_PAGES_FROM)
