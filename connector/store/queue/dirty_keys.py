"""Dirty keys: which items have to be assessed, and which worker is at work on them.

A claim is a lease, not a row lock: an event for an item that is being worked on must not wait for
the tool's answer.  The event raises the key's generation; when the claim is settled, a key whose
generation is the claimed one is removed and any other stays dirty.  A claim whose worker died is
taken back (see :mod:`connector.store.queue.workers`), and its token no longer counts.

Items that an event marked come before items that are reassessed in bulk, so that a person's edit does not wait behind
100,000 items that a new mapping has made dirty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, RowMapping, func, select, text, update

from connector.store.database.reading import autocommit
from connector.store.database.tables import DIRTY_KEY, INBOX
from connector.store.queue.inbox import settle_events
from connector.store.queue.wake_up import TaskKind, wait_for_open_transactions
from connector.sync.stores import Claim, ClaimedKey
from mapping.work_item import ConnectionName, NativeId

# A claim that PostgreSQL forgets when it breaks down is none: what is stored for its keys is refused.  So its commit
# does not wait for the disk; the setting ends with the statement, which is a transaction of its own.
_CLAIM = text("""
    WITH picked AS (
        SELECT connection, native_id FROM dirty_key
        WHERE connection = :connection AND state = 'waiting' AND claim_token IS NULL AND due_at <= now()
        ORDER BY (inbox_id IS NULL), due_at LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE dirty_key AS d
    SET claimed_by = :worker, claim_token = :token, claimed_until = now() + make_interval(secs => :lease),
        claimed_generation = d.generation, claimed_inbox_id = d.inbox_id
    FROM picked AS p WHERE d.connection = p.connection AND d.native_id = p.native_id
    RETURNING d.native_id, d.attempts, now() AS since, set_config('synchronous_commit', 'off', true)
""")


class SqlDirtyKeys:
    def __init__(self, engine: Engine, worker: int, lease_seconds: int, new_token: Callable[[], UUID] = uuid4) -> None:
        """``new_token`` makes the token of a new claim, see :mod:`connector.store.queue.leases`."""
        self._engine = engine
        self._worker = worker
        self._lease = lease_seconds
        self._token = new_token

    def begin(self, connection: ConnectionName) -> None:
        """Called by a starting task before its first claim; see :mod:`connector.store.queue.wake_up`."""
        with autocommit(self._engine) as session:
            wait_for_open_transactions(session, TaskKind.RECONCILE, connection)

    def claim(self, connection: ConnectionName, limit: int) -> Claim | None:
        token = self._token()
        with autocommit(self._engine) as session:
            rows = session.execute(
                _CLAIM,
                {
                    "connection": connection,
                    "limit": limit,
                    "worker": self._worker,
                    "token": token,
                    "lease": self._lease,
                },
            ).all()
        if not rows:
            return None
        keys = tuple(ClaimedKey(NativeId(row.native_id), row.attempts) for row in rows)
        return Claim(token, connection, keys, full=len(rows) == limit, since=rows[0].since)

    def postpone(self, claim: Claim, items: Sequence[NativeId], seconds: float, reason: str, *, count: bool) -> None:
        with self._engine.begin() as transaction:
            still_claimed(transaction, claim)
            transaction.execute(
                _update_claimed(claim, items).values(
                    due_at=func.now() + func.make_interval(0, 0, 0, 0, 0, 0, seconds),
                    attempts=DIRTY_KEY.c.attempts + int(count),
                    reason=reason,
                    **UNCLAIMED,
                )
            )

    def ignore(self, claim: Claim, items: Mapping[NativeId, str]) -> None:
        with self._engine.begin() as transaction:
            asked = {"connection": claim.connection, "token": claim.token, "items": list(items)}
            for row in transaction.execute(_IGNORED, asked).all():
                if row.claimed_inbox_id is not None:
                    name, reason = NativeId(row.native_id), items[NativeId(row.native_id)]
                    _end_events(transaction, claim.connection, name, row.claimed_inbox_id, "ignored", reason)
            # One that was marked again meanwhile is looked at again, and ends in the same way.
            transaction.execute(_update_claimed(claim, list(items)).values(attempts=0, **UNCLAIMED))

    def dead_letter(self, claim: Claim, items: Sequence[NativeId], reason: str) -> None:
        with self._engine.begin() as transaction:
            still_claimed(transaction, claim)
            rows = transaction.execute(
                _update_claimed(claim, items)
                .values(state="dead_letter", attempts=DIRTY_KEY.c.attempts + 1, reason=reason)
                .returning(DIRTY_KEY.c.native_id, DIRTY_KEY.c.claimed_inbox_id)
            ).all()
            for row in rows:
                if row.claimed_inbox_id is not None:
                    _end_events(
                        transaction, claim.connection, row.native_id, row.claimed_inbox_id, "dead_letter", reason
                    )
            # A key that an event marked again meanwhile has a new state to assess: it is no dead letter.
            changed = DIRTY_KEY.c.generation != DIRTY_KEY.c.claimed_generation
            transaction.execute(
                _update_claimed(claim, items).where(changed).values(state="waiting", attempts=0, reason=None)
            )
            transaction.execute(_update_claimed(claim, items).values(**UNCLAIMED))


UNCLAIMED = {
    "claimed_by": None,
    "claim_token": None,
    "claimed_until": None,
    "claimed_generation": None,
    "claimed_inbox_id": None,
}


def still_claimed(transaction: Connection, claim: Claim) -> Sequence[RowMapping]:
    """The keys that this claim still holds, locked by item until the end of the transaction.

    A key that is missing here was taken over: its worker was thought dead.  Nothing of it may be stored.
    """
    query = (
        select(
            DIRTY_KEY.c.native_id,
            DIRTY_KEY.c.claimed_inbox_id,
            (DIRTY_KEY.c.generation == DIRTY_KEY.c.claimed_generation).label("unchanged"),
        )
        .where(DIRTY_KEY.c.connection == claim.connection, DIRTY_KEY.c.claim_token == claim.token)
        .where(DIRTY_KEY.c.native_id.in_([key.native_id for key in claim.keys]))
        .order_by(DIRTY_KEY.c.native_id)
        .with_for_update()
    )
    return transaction.execute(query).mappings().all()


def release_claim(transaction: Connection, claim: Claim, rows: Sequence[RowMapping]) -> bool:
    """End a claim whose results are stored in this transaction; returns whether a key is still dirty."""
    newest = {row["native_id"]: row["claimed_inbox_id"] for row in rows if row["claimed_inbox_id"] is not None}
    settle_events(transaction, claim.connection, newest)
    clean = [row["native_id"] for row in rows if row["unchanged"]]
    dirty = [row["native_id"] for row in rows if not row["unchanged"]]
    here = DIRTY_KEY.c.connection == claim.connection
    if clean:
        transaction.execute(DIRTY_KEY.delete().where(here, DIRTY_KEY.c.native_id.in_(clean)))
    if dirty:
        still = update(DIRTY_KEY).where(here, DIRTY_KEY.c.native_id.in_(dirty))
        transaction.execute(still.values(attempts=0, **UNCLAIMED))
    return bool(dirty)


def _update_claimed(claim: Claim, items: Sequence[NativeId]):  # type: ignore[no-untyped-def]  # an Update over our own table
    return update(DIRTY_KEY).where(
        DIRTY_KEY.c.connection == claim.connection,
        DIRTY_KEY.c.claim_token == claim.token,
        DIRTY_KEY.c.native_id.in_(list(items)),
    )


_IGNORED = text("""
    WITH mine AS (SELECT native_id, claimed_inbox_id, generation = claimed_generation AS unchanged FROM dirty_key
                  WHERE connection = :connection AND claim_token = :token AND native_id = ANY(:items)
                  ORDER BY native_id FOR UPDATE),
    ended AS (DELETE FROM dirty_key AS d USING mine AS m
              WHERE d.connection = :connection AND d.native_id = m.native_id AND m.unchanged)
    SELECT native_id, claimed_inbox_id FROM mine ORDER BY native_id
""")


def _end_events(
    transaction: Connection, connection: ConnectionName, native_id: NativeId, up_to: int, state: str, reason: str
) -> None:
    transaction.execute(
        update(INBOX)
        .where(
            INBOX.c.connection == connection,
            INBOX.c.native_id == native_id,
            INBOX.c.state == "pending",
            INBOX.c.id <= up_to,
        )
        .values(state=state, reason=reason, settled_at=func.now())
    )
