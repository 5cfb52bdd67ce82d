"""The outbox: what Gatepost wants to write, and what became of it.  A row is queue, history and metric."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, Function, TextClause, func, text, update
from sqlalchemy.dialects.postgresql import insert

from connector.store.inbox import mark_dirty
from connector.store.jsonable import from_json, values_from_json
from connector.store.tables import LAST_WRITTEN, OUTBOX
from connector.store.wake import Task, Waker, let_committers_pass
from connector.sync.ports import Written
from connector.sync.stores import Delivery
from mapping.answer import Answer
from mapping.marks import remembered
from mapping.work_item import ConnectionName, NativeId
from mapping.writeback import canonical

# Subqueries and not semi-joins: without statistics, as after the first installation, a join would be planned as every
# row against every other one.
_CLAIM = text("""
    WITH picked AS (
        SELECT id FROM outbox AS o
        WHERE connection = :connection AND state = 'waiting' AND claim_token IS NULL AND due_at <= now()
          AND (SELECT count(*) FROM outbox AS b WHERE b.connection = o.connection AND b.native_id = o.native_id
               AND b.state = 'waiting' AND (b.claim_token IS NOT NULL OR b.id < o.id)) = 0
        ORDER BY due_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE outbox AS o
    SET claimed_by = :worker, claim_token = :token, claimed_until = now() + make_interval(secs => :lease),
        attempts = attempts + 1
    FROM picked AS p WHERE o.id = p.id
    RETURNING o.id, o.native_id, o.key, o.wanted, o.answer, o.attempts, o.alike, o.bulk_task, o.version
""")
_CLAIM_ALIKE = text(
    str(_CLAIM).replace("WHERE connection =", "WHERE alike = :alike AND bulk_task IS NULL AND connection =")
)

# A row that failed or was taken back while a newer one was stored would write what is no longer wanted.
_SUPERSEDE = text("""
    WITH picked AS (
        SELECT native_id FROM outbox
        WHERE connection = :connection AND state = 'waiting' AND claim_token IS NULL AND due_at <= now()
        ORDER BY due_at, id LIMIT :limit
    )
    UPDATE outbox AS o SET state = 'superseded', reason = 'a later assessment', settled_at = now()
    WHERE connection = :connection AND state = 'waiting' AND claim_token IS NULL
      AND native_id = ANY (ARRAY(SELECT native_id FROM picked))
      AND (SELECT max(b.id) FROM outbox AS b WHERE b.connection = o.connection AND b.native_id = o.native_id
           AND b.state = 'waiting') > o.id
""")

_UNCLAIMED = {"claimed_by": None, "claim_token": None, "claimed_until": None}


class SqlOutbox:
    def __init__(self, engine: Engine, waker: Waker, worker: int, lease_seconds: int) -> None:
        self._engine = engine
        self._waker = waker
        self._worker = worker
        self._lease = lease_seconds

    def begin(self, connection: ConnectionName) -> None:
        """Called by a starting task before its first claim; see :mod:`connector.store.wake`."""
        with self._engine.begin() as transaction:
            let_committers_pass(transaction, Task.DELIVER, connection)

    def claim(self, connection: ConnectionName, limit: int) -> tuple[Delivery, ...]:
        with self._engine.begin() as transaction:
            transaction.execute(_SUPERSEDE, {"connection": connection, "limit": limit})
            return self._take(transaction, _CLAIM, connection, limit)

    def claim_alike(self, connection: ConnectionName, alike: str, limit: int) -> tuple[Delivery, ...]:
        with self._engine.begin() as transaction:
            return self._take(transaction, _CLAIM_ALIKE, connection, limit, alike=alike)

    def _take(
        self, transaction: Connection, query: TextClause, connection: ConnectionName, limit: int, **more: str
    ) -> tuple[Delivery, ...]:
        token = uuid4()
        asked = {"connection": connection, "limit": limit, "worker": self._worker, "token": token, "lease": self._lease}
        rows = transaction.execute(query, asked | more).all()
        return tuple(
            Delivery(
                row.id,
                token,
                connection,
                NativeId(row.native_id),
                row.key,
                values_from_json(row.wanted),
                row.attempts,
                from_json(Answer, row.answer) if row.answer else None,
                row.alike,
                row.bulk_task,
                row.version,
            )
            for row in sorted(rows, key=lambda row: row.id)
        )

    def into_bulk(self, deliveries: Sequence[Delivery], task: str, seconds: float) -> None:
        self._give_back(deliveries, bulk_task=task, due_at=func.now() + _seconds(seconds), reason="in a bulk edit")

    def singly(self, deliveries: Sequence[Delivery], reason: str) -> None:
        self._give_back(deliveries, bulk_task=None, alike=None, due_at=func.now(), reason=reason)

    def _give_back(self, deliveries: Sequence[Delivery], **values: object) -> None:
        """This was no attempt at the single row."""
        if not deliveries:
            return
        with self._engine.begin() as transaction:
            for token in {delivery.token for delivery in deliveries}:
                ids = [delivery.id for delivery in deliveries if delivery.token == token]
                transaction.execute(
                    update(OUTBOX)
                    .where(OUTBOX.c.id.in_(ids), OUTBOX.c.claim_token == token)
                    .values(attempts=OUTBOX.c.attempts - 1, **values, **_UNCLAIMED)
                )

    def done(self, delivery: Delivery, written: Written) -> None:
        """Record the write even when the claim was taken over meanwhile: the tool has the values."""
        with self._engine.begin() as transaction:
            transaction.execute(
                update(OUTBOX)
                .where(OUTBOX.c.id == delivery.id, OUTBOX.c.state == "waiting")
                .values(state="done", reason=written.value, settled_at=func.now(), **_UNCLAIMED)
            )
            if written is Written.OVERTAKEN:
                mark_dirty(transaction, delivery.connection, {delivery.native_id: None})
                self._waker.wake(transaction, Task.RECONCILE, delivery.connection)
            rows = [
                {
                    "connection": delivery.connection,
                    "native_id": delivery.native_id,
                    "field": name,
                    "value": remembered(name, canonical(value)),
                }
                for name, value in delivery.values.items()
            ]
            if not rows:
                return
            statement = insert(LAST_WRITTEN).values(rows)
            new = statement.excluded
            transaction.execute(
                statement.on_conflict_do_update(
                    index_elements=["connection", "native_id", "field"],
                    set_={"value": new.value, "written_at": func.now()},
                )
            )

    def put_off(self, deliveries: Sequence[Delivery], seconds: float, reason: str, *, count: bool) -> None:
        due = func.now() + _seconds(seconds)
        with self._engine.begin() as transaction:
            for delivery in deliveries:
                transaction.execute(
                    update(OUTBOX)
                    .where(OUTBOX.c.id == delivery.id, OUTBOX.c.claim_token == delivery.token)
                    .values(
                        due_at=due,
                        reason=reason,
                        attempts=delivery.attempts if count else delivery.attempts - 1,
                        **_UNCLAIMED,
                    )
                )

    def park(self, delivery: Delivery, reason: str) -> None:
        with self._engine.begin() as transaction:
            transaction.execute(
                update(OUTBOX)
                .where(OUTBOX.c.id == delivery.id, OUTBOX.c.claim_token == delivery.token)
                .values(state="parked", reason=reason, settled_at=func.now(), **_UNCLAIMED)
            )
            # One row tells what is wrong with an item; it is tried again with each look, and may fail again.
            transaction.execute(
                update(OUTBOX)
                .where(OUTBOX.c.connection == delivery.connection, OUTBOX.c.native_id == delivery.native_id)
                .where(OUTBOX.c.state == "parked", OUTBOX.c.id < delivery.id, OUTBOX.c.wanted != {})
                .values(state="superseded", reason="parked again later")
            )


def _seconds(count: float) -> Function[Any]:
    return func.make_interval(0, 0, 0, 0, 0, 0, count)
