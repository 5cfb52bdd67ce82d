"""Numbered versions of the mapping; one is active."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, func, select, text, update

from connector.store import audit
from connector.store.inbox import mark_all_dirty
from connector.store.tables import MAPPING_VERSION
from connector.store.wake import Task, Waker
from mapping.work_item import ConnectionName


@dataclass(frozen=True, slots=True)
class StoredMapping:
    number: int
    digest: str
    source: str
    author: str
    reason: str
    activated_at: datetime | None


class Mappings:
    def __init__(self, engine: Engine, waker: Waker) -> None:
        self._engine = engine
        self._waker = waker

    def active(self) -> StoredMapping | None:
        with self._engine.connect() as transaction:
            row = transaction.execute(select(MAPPING_VERSION).where(MAPPING_VERSION.c.state == "active")).first()
        if row is None:
            return None
        return StoredMapping(row.number, row.digest, row.source, row.author, row.reason, row.activated_at)

    def activate(self, source: str, digest: str, *, author: str, reason: str) -> StoredMapping:
        """Make a new version the active one and have every known item judged again under it.

        A version that is equal to the active one is not stored twice.
        """
        active = self.active()
        if active is not None and active.digest == digest:
            return active
        with self._engine.begin() as transaction:
            transaction.execute(
                update(MAPPING_VERSION).where(MAPPING_VERSION.c.state == "active").values(state="superseded")
            )
            row = transaction.execute(
                MAPPING_VERSION.insert()
                .values(
                    digest=digest, source=source, author=author, reason=reason, activated_at=func.now(), state="active"
                )
                .returning(MAPPING_VERSION)
            ).one()
            mark_all_dirty(transaction)
            for name in transaction.execute(_WITH_WORK).scalars().all():
                self._waker.wake(transaction, Task.RECONCILE, ConnectionName(name))
            detail = {"number": row.number, "digest": digest, "reason": reason}
            audit.record(
                transaction,
                [{"actor": author, "action": "mapping.activated", "subject": "mapping", "detail": detail}],
            )
        return StoredMapping(row.number, row.digest, row.source, row.author, row.reason, row.activated_at)


# What no rule took so far, or what was parked for want of a mapping, gets another chance as well.
_WITH_WORK = text("SELECT DISTINCT connection FROM dirty_key ORDER BY connection")
