"""Writes that may have been made already: what a tool holds is looked up before it is written a second time.

A worker that dies, or loses the database, between a write and its record leaves a row that says nothing of the write.
Whoever claims the row next sees that it was tried before, asks the tool, and records what is there instead of writing
it once more: people see one change in the item's history, and automation at the tool runs once.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from connector.errors import ToolError
from connector.sync.ports import Site
from connector.sync.stores import Delivery
from mapping.marks import is_mark
from mapping.writeback import Comparison, compare

_log = structlog.get_logger(__name__)


def already_there(site: Site, batch: Sequence[Delivery]) -> frozenset[int]:
    """Rows tried before whose values the tool holds by now; one read for all of them, none when all are new.

    Marks are left out: they are not read with an item, and whoever makes one looks first whether it is there.
    """
    tried = [one for one in batch if one.attempts > 1 and one.bulk_task is None and _plain(one)]
    if not tried:
        return frozenset()
    try:
        reading = site.reader.read(
            [one.native_id for one in tried], frozenset(name for one in tried for name in one.values)
        )
    except ToolError as error:
        # What keeps us from reading mostly keeps us from writing too; if not, twice is better than never.
        _log.info("not known what was written", connection=site.name, items=len(tried), why=str(error))
        return frozenset()
    found = {
        one.id
        for one in tried
        if (item := reading.found.get(one.native_id)) is not None
        and compare({}, item.fields, one.values) == Comparison()
    }
    if found:
        _log.info("written before", connection=site.name, items=len(found))
    return frozenset(found)


def _plain(delivery: Delivery) -> bool:
    return bool(delivery.values) and not any(is_mark(name) for name in delivery.values)
