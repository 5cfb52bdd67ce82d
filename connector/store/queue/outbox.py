"""The outbox: what Gatepost wants to write, and what became of it.  A row is queue, history and metric."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, Function, TextClause, func, text, update
from sqlalchemy.dialects.postgresql import insert

from connector.store.database.json_codec import from_json, values_from_json
from connector.store.database.reading import autocommit, reading
from connector.store.database.tables import LAST_WRITTEN, OUTBOX
from connector.store.queue.inbox import mark_dirty
from connector.store.queue.wake_up import TaskKind, Waker, wait_for_open_transactions
from connector.sync.ports import WriteResult
from connector.sync.stores import OutboxRow
from mapping.marks import Mark, stored_value
from mapping.reply_comment import WRITTEN_REPLY, ReplyComment
from mapping.work_item import ConnectionName, NativeId
from mapping.writeback import canonical

# Subqueries and not semi-joins: without statistics, as after the first installation, a join would be planned as every
# row against every other one.  "< 1" and not "= 0": PostgreSQL takes an equality for rare, and would read everything
# that waits instead of stopping at the limit.
_CLAIM = text("""
    WITH picked AS (
        SELECT id FROM outbox AS o
        WHERE connection = :connection AND state = 'waiting' AND claim_token IS NULL AND due_at <= now()
          AND (SELECT count(*) FROM outbox AS b WHERE b.connection = o.connection AND b.native_id = o.native_id
               AND b.state = 'waiting' AND (b.claim_token IS NOT NULL OR b.id < o.id)) < 1
        ORDER BY due_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE outbox AS o
    SET claimed_by = :worker, claim_token = :token, claimed_until = now() + make_interval(secs => :lease),
        attempts = attempts + 1
    FROM picked AS p WHERE o.id = p.id
    RETURNING o.id, o.native_id, o.key, o.target_values, o.reply_comment, o.attempts, o.bulk_key, o.bulk_task, o.version
""")
_CLAIM_BULK_KEY = text(
    str(_CLAIM).replace("WHERE connection =", "WHERE bulk_key = :bulk_key AND bulk_task IS NULL AND connection =")
)

_CLAIM_TASK = text(str(_CLAIM).replace("WHERE connection =", "WHERE bulk_task = :task AND connection ="))

# A row that failed or was taken back while a newer one was stored would write what is no longer wanted.
_SUPERSEDE = text("""
    WITH picked AS (
        SELECT native_id FROM outbox
        WHERE connection = :connection AND state = 'waiting' AND claim_token IS NULL AND due_at <= now()
        ORDER BY due_at, id LIMIT :limit
    )
    UPDATE outbox AS o SET state = 'superseded', reason = 'a later assessment', settled_at = now()
    WHERE connection = :connection AND state = 'waiting' AND claim_token IS NULL AND bulk_task IS NULL
      AND native_id = ANY (ARRAY(SELECT native_id FROM picked))
      AND (SELECT max(b.id) FROM outbox AS b WHERE b.connection = o.connection AND b.native_id = o.native_id
           AND b.state = 'waiting') > o.id
""")

IN_DOUBT = "@in doubt"
"""In the place of the value that was written last, from the claim of a write until its end is recorded.  The
worker may die with the tool having accepted it or not: what the field holds then is nobody's edit by hand."""

OWN_IF_PRESENT: frozenset[str] = frozenset({Mark.FLAG, Mark.BLOCKED_BY})
"""Marks that people set as well.  One that was tried and is there counts as Gatepost's own."""

_MARK_IN_DOUBT = text("""
    UPDATE last_written AS w SET value = :doubt FROM outbox AS o
    WHERE o.id = ANY(:ids) AND w.connection = o.connection AND w.native_id = o.native_id
      AND jsonb_exists(o.target_values, w.field) AND w.field <> ALL(:own)
""")
_RECORD_OWN_MARKS = text("""
    INSERT INTO last_written (connection, native_id, field, value)
    SELECT o.connection, o.native_id, f.key, f.value FROM outbox AS o, jsonb_each_text(o.target_values) AS f
    WHERE o.id = ANY(:ids) AND f.key = ANY(:own) AND f.value NOT LIKE '-%'
    ON CONFLICT (connection, native_id, field) DO UPDATE SET value = excluded.value
""")

MAX_BULK_WAIT_SECONDS = 5.0
"""How long the oldest of some rows that are alike waits for more of them."""
MASS_CHANGE = 100
"""So many rows that are alike are a mass change, whose items come as fast as the worker assesses them."""
MAX_MASS_WAIT_SECONDS = 30.0
"""How long the oldest row of a mass change waits: one call for a thousand, also where assessing them takes longer."""

# What another claim holds may be on its way to the tool: it fills no call but its own.
_EXPECTS_MORE = text("""
    WITH alike AS MATERIALIZED (
        SELECT created_at FROM outbox WHERE connection = :connection AND bulk_key = :bulk_key AND state = 'waiting'
        AND bulk_task IS NULL AND coalesce(claim_token, :token) = :token
    )
    SELECT ((SELECT 1 FROM dirty_key WHERE connection = :connection AND state = 'waiting' AND due_at <= now()
             LIMIT 1) IS NOT NULL
            OR (SELECT 1 FROM outbox WHERE connection = :connection AND bulk_key = :bulk_key AND state = 'waiting'
                AND bulk_task IS NULL AND claim_token <> :token LIMIT 1) IS NOT NULL)
       AND (SELECT count(*) < :enough
                AND min(created_at) > now() - make_interval(secs => CASE WHEN count(*) >= :mass THEN :longest_of_many
                                                                    ELSE :longest END)
            FROM alike)
""")

_UNCLAIMED = {"claimed_by": None, "claim_token": None, "claimed_until": None}


class SqlOutbox:
    def __init__(
        self, engine: Engine, waker: Waker, worker: int, lease_seconds: int, new_token: Callable[[], UUID] = uuid4
    ) -> None:
        """``new_token`` makes the token of a new claim, see :mod:`connector.store.queue.leases`."""
        self._engine = engine
        self._waker = waker
        self._worker = worker
        self._lease = lease_seconds
        self._token = new_token

    def begin(self, connection: ConnectionName) -> None:
        """Called by a starting task before its first claim; see :mod:`connector.store.queue.wake_up`."""
        with autocommit(self._engine) as session:
            wait_for_open_transactions(session, TaskKind.DELIVER, connection)

    def claim(self, connection: ConnectionName, limit: int) -> tuple[OutboxRow, ...]:
        with self._engine.begin() as transaction:
            transaction.execute(_SUPERSEDE, {"connection": connection, "limit": limit})
            return self._claim_rows(transaction, _CLAIM, connection, limit)

    def claim_bulk_key(self, connection: ConnectionName, bulk_key: str, limit: int) -> tuple[OutboxRow, ...]:
        with self._engine.begin() as transaction:
            return self._claim_rows(transaction, _CLAIM_BULK_KEY, connection, limit, bulk_key=bulk_key)

    def claim_bulk_task(self, connection: ConnectionName, task: str, limit: int) -> tuple[OutboxRow, ...]:
        with self._engine.begin() as transaction:
            return self._claim_rows(transaction, _CLAIM_TASK, connection, limit, task=task)

    def expects_more(self, connection: ConnectionName, bulk_key: str, token: UUID, enough: int) -> bool:
        with reading(self._engine) as session:
            asked = {
                "connection": connection,
                "bulk_key": bulk_key,
                "token": token,
                "enough": enough,
                "mass": MASS_CHANGE,
                "longest": MAX_BULK_WAIT_SECONDS,
                "longest_of_many": MAX_MASS_WAIT_SECONDS,
            }
            return bool(session.execute(_EXPECTS_MORE, asked).scalar_one())

    def _claim_rows(
        self, transaction: Connection, query: TextClause, connection: ConnectionName, limit: int, **more: str
    ) -> tuple[OutboxRow, ...]:
        token = self._token()
        asked = {"connection": connection, "limit": limit, "worker": self._worker, "token": token, "lease": self._lease}
        rows = transaction.execute(query, asked | more).all()
        ids = {"ids": [row.id for row in rows], "own": sorted(OWN_IF_PRESENT), "doubt": IN_DOUBT}
        if rows:
            transaction.execute(_MARK_IN_DOUBT, ids)
            transaction.execute(_RECORD_OWN_MARKS, ids)
        return tuple(
            OutboxRow(
                row.id,
                token,
                connection,
                NativeId(row.native_id),
                row.key,
                values_from_json(row.target_values),
                row.attempts,
                from_json(ReplyComment, row.reply_comment) if row.reply_comment else None,
                row.bulk_key,
                row.bulk_task,
                row.version,
            )
            for row in sorted(rows, key=lambda row: row.id)
        )

    def assign_bulk_task(self, deliveries: Sequence[OutboxRow], task: str, seconds: float) -> None:
        self._release(deliveries, bulk_task=task, due_at=func.now() + _seconds(seconds), reason="in a bulk edit")

    def write_singly(self, deliveries: Sequence[OutboxRow], reason: str) -> None:
        self._release(deliveries, bulk_task=None, bulk_key=None, due_at=func.now(), reason=reason)

    def _release(self, deliveries: Sequence[OutboxRow], *, was_attempt: bool = False, **values: object) -> None:
        """Give rows back; claiming them counted an attempt at the single row, which this may not have been."""
        if not deliveries:
            return
        with self._engine.begin() as transaction:
            for token in {delivery.token for delivery in deliveries}:
                ids = [delivery.id for delivery in deliveries if delivery.token == token]
                transaction.execute(
                    update(OUTBOX)
                    .where(OUTBOX.c.id.in_(ids), OUTBOX.c.claim_token == token)
                    .values(attempts=OUTBOX.c.attempts - (0 if was_attempt else 1), **values, **_UNCLAIMED)
                )

    def done(self, delivery: OutboxRow, written: WriteResult) -> None:
        """Record the write even when the claim was taken over meanwhile: the tool has the values."""
        with self._engine.begin() as transaction:
            if written is WriteResult.CHANGED_MEANWHILE:
                # The key comes before the write: whoever stores an assessment has the key and then supersedes writes,
                # and in another order the two would wait for one another.
                mark_dirty(transaction, delivery.connection, {delivery.native_id: None})
            transaction.execute(
                update(OUTBOX)
                .where(OUTBOX.c.id == delivery.id, OUTBOX.c.state == "waiting")
                .values(state="done", reason=written.value, settled_at=func.now(), **_UNCLAIMED)
            )
            rows = [
                {
                    "connection": delivery.connection,
                    "native_id": delivery.native_id,
                    "field": name,
                    "value": stored_value(name, canonical(value)),
                }
                for name, value in delivery.values.items()
            ]
            if delivery.reply_comment is not None:
                reply = {"field": WRITTEN_REPLY, "value": delivery.reply_comment.digest}
                rows.append({"connection": delivery.connection, "native_id": delivery.native_id, **reply})
            if rows:
                statement = insert(LAST_WRITTEN).values(rows)
                new = statement.excluded
                transaction.execute(
                    statement.on_conflict_do_update(
                        index_elements=["connection", "native_id", "field"],
                        set_={"value": new.value, "written_at": func.now()},
                    )
                )
            if written is WriteResult.CHANGED_MEANWHILE:
                self._waker.wake(transaction, TaskKind.RECONCILE, delivery.connection)

    def postpone(self, deliveries: Sequence[OutboxRow], seconds: float, reason: str, *, count: bool) -> None:
        self._release(deliveries, due_at=func.now() + _seconds(seconds), reason=reason, was_attempt=count)

    def dead_letter(self, delivery: OutboxRow, reason: str) -> None:
        with self._engine.begin() as transaction:
            transaction.execute(
                update(OUTBOX)
                .where(OUTBOX.c.id == delivery.id, OUTBOX.c.claim_token == delivery.token)
                .values(state="dead_letter", reason=reason, settled_at=func.now(), **_UNCLAIMED)
            )
            # One row says what is wrong with an item; it is tried again with each assessment, and may fail again.
            transaction.execute(
                update(OUTBOX)
                .where(OUTBOX.c.connection == delivery.connection, OUTBOX.c.native_id == delivery.native_id)
                .where(OUTBOX.c.state == "dead_letter", OUTBOX.c.id < delivery.id, OUTBOX.c.target_values != {})
                .values(state="superseded", reason="a later dead letter")
            )


def _seconds(count: float) -> Function[Any]:
    return func.make_interval(0, 0, 0, 0, 0, 0, count)
