"""Have measures assessed again: their keys are marked, and the tasks that work on them are woken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import Connection

from connector.store.queue.inbox import mark_dirty
from connector.store.queue.wake_up import TaskKind, Waker
from mapping.work_item import ConnectionName, NativeId

MAX_MARKED = 5_000
"""Keys that one statement marks; a long list would make one very long statement."""


def reassess(transaction: Connection, waker: Waker, measures: Iterable[tuple[ConnectionName, NativeId]]) -> None:
    """Mark these items and wake the task of each connection.

    All keys come before the first task: whoever stores an event locks its keys and then the task that it wakes, and
    in another order the two would wait for one another.
    """
    for connection in mark_items(transaction, measures):
        waker.wake(transaction, TaskKind.RECONCILE, connection)


def mark_items(
    transaction: Connection, measures: Iterable[tuple[ConnectionName, NativeId]]
) -> Sequence[ConnectionName]:
    """Mark these items alone; returns the connections whose task has to be woken before the transaction ends.

    For whoever changes rows that an assessment changes as well: it holds its keys, then those rows, then the task.
    """
    due: dict[ConnectionName, dict[NativeId, int | None]] = {}
    for connection, item in sorted(measures):
        due.setdefault(connection, {})[item] = None
    for connection, items in due.items():
        for part in _parts(items):
            mark_dirty(transaction, connection, part)
    return list(due)


def _parts(items: dict[NativeId, int | None]) -> Iterator[dict[NativeId, int | None]]:
    names = list(items)
    for start in range(0, len(names), MAX_MARKED):
        yield {name: items[name] for name in names[start : start + MAX_MARKED]}
