"""Python's garbage collector, for a process that runs for months and makes the same short-lived objects all day.

A batch makes some hundred thousand small objects, which is a collection every few milliseconds; each of the larger
collections goes through every module that was ever imported, which measured as a third of a worker's time.  What
starting has made stays, so it is taken out of the collector's sight, and collections are made less often.
"""

from __future__ import annotations

import gc

YOUNG = 20_000
"""Objects more than were freed, before the young ones are looked through (Python's own: 700)."""
OLDER = 20
"""Collections of one generation before the next older one is looked through as well (Python's own: 10)."""


def settle() -> None:
    """Call it once, when a process has been put together."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, OLDER, OLDER)
