"""Python's garbage collector, for a process that runs for months and makes the same short-lived objects all day.

A batch makes some hundred thousand small objects, which is a collection every few milliseconds; each of the larger
collections goes through every module that was ever imported, which measured as a third of a worker's time.  Objects
of the start-up stay, so they are excluded from collections, and collections run less often.
"""

from __future__ import annotations

import gc

YOUNG_THRESHOLD = 20_000
"""Objects more than were freed, before the young generation is collected (Python's own: 700)."""
OLDER_THRESHOLD = 20
"""Collections of one generation before the next older one is collected as well (Python's own: 10)."""


def tune_garbage_collection() -> None:
    """Call it once, at the end of a process's start-up."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_THRESHOLD, OLDER_THRESHOLD, OLDER_THRESHOLD)
