"""How far the reassessment under a new mapping is, and the items themselves, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, func, select, text, tuple_

from connector.store.database.reading import reading
from connector.store.database.tables import WORK_ITEM
from connector.store.queue.workers import count_live_workers
from mapping.work_item import ConnectionName, NativeId


@dataclass(frozen=True, slots=True)
class RemainingItems:
    """Items of one connection that are still to be assessed."""

    connection: ConnectionName
    waiting: int
    dead_letters: int
    pause_reason: str | None
    """Why the connection is paused, when it is."""


@dataclass(frozen=True, slots=True)
class ReassessmentProgress:
    total: int
    remaining: tuple[RemainingItems, ...]
    workers: int

    @property
    def waiting(self) -> int:
        return sum(one.waiting for one in self.remaining)

    @property
    def dead_letters(self) -> int:
        return sum(one.dead_letters for one in self.remaining)

    @property
    def done(self) -> int:
        return max(self.total - self.waiting - self.dead_letters, 0)


def reassessment_progress(engine: Engine, since: datetime) -> ReassessmentProgress:
    """Items that were known at an activation, and how many of them still wait for their assessment.

    What became dirty afterwards is another matter: it was read under the new version already, or will be.
    """
    with reading(engine) as connection:
        rows = connection.execute(_REMAINING, {"since": since}).all()
        total = connection.execute(_TOTAL, {"since": since}).scalar_one()
    left = tuple(
        RemainingItems(ConnectionName(row.connection), row.waiting, row.dead_letters, row.paused) for row in rows
    )
    return ReassessmentProgress(int(total), left, count_live_workers(engine))


@dataclass(frozen=True, slots=True)
class ItemPage:
    """Some items in the order of their ids, and where the next page begins (``None`` at the end)."""

    items: tuple[tuple[ConnectionName, NativeId], ...]
    next_cursor: tuple[str, str] | None


def item_page(connection: Connection, after: tuple[str, str] | None, limit: int) -> ItemPage:
    """The next items that the connection's reader may see and that the tool still shows."""
    query = select(WORK_ITEM.c.connection, WORK_ITEM.c.native_id).where(WORK_ITEM.c.unreachable_since.is_(None))
    if after is not None:
        query = query.where(tuple_(WORK_ITEM.c.connection, WORK_ITEM.c.native_id) > tuple_(*after))
    ordered = query.order_by(WORK_ITEM.c.connection, WORK_ITEM.c.native_id).limit(limit)
    rows = connection.execute(ordered).all()
    found = tuple((ConnectionName(row.connection), NativeId(row.native_id)) for row in rows)
    return ItemPage(found, (found[-1][0], found[-1][1]) if len(found) == limit else None)


def newest_items(connection: Connection, limit: int) -> tuple[tuple[ConnectionName, NativeId], ...]:
    """The items that were read last."""
    query = select(WORK_ITEM.c.connection, WORK_ITEM.c.native_id).where(WORK_ITEM.c.unreachable_since.is_(None))
    rows = connection.execute(query.order_by(WORK_ITEM.c.read_at.desc()).limit(limit))
    return tuple((ConnectionName(row.connection), NativeId(row.native_id)) for row in rows)


def items_by_key(connection: Connection, key: str) -> tuple[tuple[ConnectionName, NativeId], ...]:
    """The items that have this key, or had it."""
    query = select(WORK_ITEM.c.connection, WORK_ITEM.c.native_id).where(
        (WORK_ITEM.c.key == key.upper()) | WORK_ITEM.c.former_keys.contains([key.upper()])
    )
    return tuple((ConnectionName(row.connection), NativeId(row.native_id)) for row in connection.execute(query))


def item_count(connection: Connection) -> int:
    query = select(func.count()).select_from(WORK_ITEM).where(WORK_ITEM.c.unreachable_since.is_(None))
    return int(connection.execute(query).scalar_one())


_REMAINING = text("""
    SELECT d.connection,
           count(*) FILTER (WHERE d.state = 'waiting') AS waiting,
           count(*) FILTER (WHERE d.state = 'dead_letter') AS dead_letters,
           max(c.paused_reason) FILTER (
               WHERE c.paused_at IS NOT NULL AND (c.paused_until IS NULL OR c.paused_until > now())) AS paused
    FROM dirty_key AS d JOIN connection AS c ON c.name = d.connection
    WHERE d.first_dirty_at <= :since
    GROUP BY d.connection ORDER BY d.connection
""")
_TOTAL = text("""
    SELECT (SELECT count(*) FROM work_item)
         + (SELECT count(*) FROM dirty_key AS d WHERE d.first_dirty_at <= :since AND NOT EXISTS (
               SELECT 1 FROM work_item AS w WHERE w.connection = d.connection AND w.native_id = d.native_id))
""")
