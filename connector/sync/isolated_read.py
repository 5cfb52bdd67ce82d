"""A read in which one bad item, table or field does not cost the others theirs.

A tool refuses a batch as a whole: for one table that it does not show, one record that it stumbles over.  Such a batch
is taken apart, by table and then in halves, until what is bad is alone.  A limit, an outage and refused credentials are
nobody's fault among the items, and are raised.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from connector.errors import AuthenticationFailed, HostNotAllowed, RetryLater, ToolError, Unreachable
from connector.sync.ports import ReadResult
from mapping.work_item import NativeId, WorkItem

MAX_READS = 24
"""Reads into which one batch is taken apart; what is not alone by then is read again later, with the next claim."""

Read = Callable[[Sequence[NativeId]], ReadResult]


@dataclass(frozen=True, slots=True)
class IsolatedRead:
    read: ReadResult
    failed: Mapping[NativeId, ToolError] = field(default_factory=dict)


def read_apart(read: Read, items: Sequence[NativeId]) -> IsolatedRead:
    """What could be read, and why each of the others could not.  Raises ToolError that concerns the whole tool."""
    found: list[ReadResult] = []
    failed: dict[NativeId, ToolError] = {}
    waiting, reads = [list(items)], 0
    while waiting:
        part = waiting.pop(0)
        if reads >= MAX_READS:
            failed |= dict.fromkeys(part, RetryLater("not read yet: something that was read with it cannot be read"))
            continue
        reads += 1
        try:
            found.append(read(part))
        except ToolError as error:
            if _concerns_the_tool(error):
                raise
            if len(part) == 1:
                failed[part[0]] = error
            else:
                waiting += _taken_apart(part)
    return IsolatedRead(_together(found), failed)


def _concerns_the_tool(error: ToolError) -> bool:
    if isinstance(error, Unreachable):
        # A 500 may be about what was asked; no answer at all is not.
        return error.outage
    return isinstance(error, RetryLater | AuthenticationFailed | HostNotAllowed)


def _taken_apart(part: list[NativeId]) -> list[list[NativeId]]:
    by_table: dict[str, list[NativeId]] = {}
    for item in part:
        table, colon, _ = item.partition(":")
        by_table.setdefault(table if colon else "", []).append(item)
    if len(by_table) > 1:
        return list(by_table.values())
    return [part[: len(part) // 2], part[len(part) // 2 :]]


def _together(found: Sequence[ReadResult]) -> ReadResult:
    if len(found) == 1:
        return found[0]
    items: dict[NativeId, WorkItem] = {}
    reasons: dict[NativeId, str] = {}
    for one in found:
        items |= one.items
        reasons |= one.absent_reasons
    return ReadResult(
        items,
        tuple(item for one in found for item in one.absent),
        reasons,
        tuple(item for one in found for item in one.uncertain),
    )
