"""Writes that may have been made already: what a tool holds is read before it is written a second time.

A worker that dies, or loses the database, between a write and its record leaves a row that says nothing of the write.
Whoever claims the row next sees that it was tried before, reads the item, and records what is there instead of writing
it once more: people see one change in the item's history, and automation at the tool runs once.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from connector.errors import ToolError
from connector.sync.ports import ToolSite
from connector.sync.stores import OutboxRow
from mapping.marks import is_mark
from mapping.writeback import Comparison, compare

READ_TOGETHER = 100
"""A call may carry more writes than a reading has room for."""

_log = structlog.get_logger(__name__)


def already_written(site: ToolSite, batch: Sequence[OutboxRow]) -> frozenset[int]:
    """Rows tried before whose values the tool holds by now; one read for a hundred of them, none when all are new.

    Marks are left out: they are not read with an item, and whoever makes one checks first whether it is there.
    """
    tried_before = [row for row in batch if row.attempts > 1 and row.bulk_task is None and _has_only_fields(row)]
    return frozenset().union(
        *(
            _written(site, tried_before[start : start + READ_TOGETHER])
            for start in range(0, len(tried_before), READ_TOGETHER)
        )
    )


def _written(site: ToolSite, tried_before: Sequence[OutboxRow]) -> frozenset[int]:
    try:
        reading = site.reader.read(
            [row.native_id for row in tried_before], frozenset(name for row in tried_before for name in row.values)
        )
    except ToolError as error:
        # What prevents reading mostly prevents writing too; if not, writing twice is better than never.
        _log.info("earlier write not verified", connection=site.name, items=len(tried_before), why=str(error))
        return frozenset()
    written = {
        row.id
        for row in tried_before
        if (item := reading.items.get(row.native_id)) is not None
        and compare({}, item.fields, row.values) == Comparison()
    }
    if written:
        _log.info("already written", connection=site.name, items=len(written))
    return frozenset(written)


def _has_only_fields(row: OutboxRow) -> bool:
    return bool(row.values) and not any(is_mark(name) for name in row.values)
