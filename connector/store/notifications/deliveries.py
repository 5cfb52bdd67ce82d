"""Deliveries to subscribers: a row is queue, history and metric, as in the outbox.

One worker at a time serves a receiver, and of a measure or a connection only the oldest waiting event is taken, so
that a receiver hears its events in their order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, func, select, text, update

from connector.notify.delivery import EventDelivery, Receiver
from connector.notify.retry_schedule import RetryDelivery, StopRetrying
from connector.notify.webhook_sender import Accepted, NotAccepted
from connector.store.database import audit
from connector.store.database.number_order import page_by_number
from connector.store.database.reading import autocommit
from connector.store.database.tables import MEASURE, SUBSCRIPTION, SUBSCRIPTION_DELIVERY
from connector.store.queue.wake_up import TaskKind, Waker, wait_for_open_transactions
from connector.vault import Vault
from mapping.work_item import ConnectionName

RETENTION = timedelta(days=30)
"""How long a delivery that was accepted is kept, to be read and replayed."""

_RECEIVER = text("""
    SELECT s.*, s.per_minute - (SELECT count(*) FROM subscription_delivery AS d WHERE d.subscription_id = s.id
                                AND d.attempted_at > CAST(:now AS timestamptz) - interval '1 minute') AS room
    FROM subscription AS s
    WHERE s.id = :subscription AND s.disabled_at IS NULL AND (s.backoff_until IS NULL OR s.backoff_until <= :now)
      AND NOT EXISTS (SELECT 1 FROM subscription_delivery AS d
                      WHERE d.subscription_id = s.id AND d.state = 'waiting' AND d.claim_token IS NOT NULL)
    FOR NO KEY UPDATE OF s SKIP LOCKED
""")
_CLAIM = text("""
    WITH picked AS (
        SELECT id FROM subscription_delivery AS d
        WHERE subscription_id = :subscription AND state = 'waiting' AND due_at <= :now
          AND NOT EXISTS (SELECT 1 FROM subscription_delivery AS b WHERE b.subscription_id = d.subscription_id
                          AND b.measure_id = d.measure_id AND b.state = 'waiting' AND b.id < d.id)
          AND (d.connection IS NULL
               OR NOT EXISTS (SELECT 1 FROM subscription_delivery AS b WHERE b.subscription_id = d.subscription_id
                              AND b.connection = d.connection AND b.state = 'waiting' AND b.id < d.id))
        ORDER BY due_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE subscription_delivery AS d
    SET claimed_by = :worker, claim_token = :token, claimed_until = now() + make_interval(secs => :lease),
        attempts = attempts + 1
    FROM picked AS p WHERE d.id = p.id
    RETURNING d.id, d.message_id, d.event, d.body, d.attempts
""")
_DUE = text("""
    SELECT DISTINCT d.subscription_id FROM subscription_delivery AS d JOIN subscription AS s ON s.id = d.subscription_id
    WHERE d.state = 'waiting' AND d.claim_token IS NULL AND d.due_at <= :now AND s.disabled_at IS NULL
      AND (s.backoff_until IS NULL OR s.backoff_until <= :now)
""")
_DELETE_OLD = text("""
    DELETE FROM subscription_delivery
    WHERE id IN (SELECT id FROM subscription_delivery WHERE state = 'done' AND settled_at < :before LIMIT 5000)
""")

_UNCLAIMED: Mapping[str, object] = {"claimed_by": None, "claim_token": None, "claimed_until": None}


class SqlDeliveries:
    """Implements ``connector.notify.delivery.Deliveries`` for one worker."""

    def __init__(
        self,
        engine: Engine,
        vault: Vault,
        worker: int,
        lease_seconds: int,
        batch_size: int,
        new_token: Callable[[], UUID] = uuid4,
    ) -> None:
        """``new_token`` makes the token of a new claim, see :mod:`connector.store.queue.leases`."""
        self._engine = engine
        self._vault = vault
        self._worker = worker
        self._lease = lease_seconds
        self._batch = batch_size
        self._token = new_token

    def begin(self, subscription: int) -> None:
        """Called by a starting task before its first claim; see :mod:`connector.store.queue.wake_up`."""
        with autocommit(self._engine) as session:
            wait_for_open_transactions(session, TaskKind.NOTIFY, ConnectionName(str(subscription)))

    def claim(self, subscription: int, now: datetime) -> tuple[Receiver, Sequence[EventDelivery]] | None:
        token = self._token()
        with self._engine.begin() as transaction:
            # The row stays locked until the claim is committed: two workers never take from one receiver.
            row = transaction.execute(_RECEIVER, {"subscription": subscription, "now": now}).first()
            if row is None or row.room <= 0:
                return None
            limit = min(self._batch, row.room)
            asked = {"subscription": subscription, "now": now, "limit": limit, "token": token}
            found = transaction.execute(_CLAIM, asked | {"worker": self._worker, "lease": self._lease}).all()
        if not found:
            return None
        secrets = tuple(self._vault.decrypt(sealed) for sealed in row.secrets)
        receiver = Receiver(row.id, row.name, row.url, secrets, row.rotated_at, row.failures, row.failing_since)
        batch = (EventDelivery(one.id, token, one.message_id, one.event, one.body, one.attempts) for one in found)
        return receiver, sorted(batch, key=lambda delivery: delivery.id)

    def record_accepted(self, delivery: EventDelivery, response: Accepted, now: datetime) -> None:
        """Recorded even when the claim was taken over meanwhile: the receiver has it."""
        rows = SUBSCRIPTION_DELIVERY.c
        with self._engine.begin() as transaction:
            transaction.execute(
                update(SUBSCRIPTION_DELIVERY)
                .where(rows.id == delivery.id, rows.state == "waiting")
                .values(
                    state="done",
                    reason=None,
                    status=response.status,
                    response=_plain(response.response_body),
                    attempted_at=now,
                    settled_at=now,
                    **_UNCLAIMED,
                )
            )
            _record_response(
                transaction, delivery, failures=0, failing_since=None, backoff_until=None, last_error=None,
                last_delivered_at=now,
            )  # fmt: skip

    def record_failure(
        self, delivery: EventDelivery, response: NotAccepted, step: RetryDelivery | StopRetrying, now: datetime
    ) -> None:
        failure = response.failure
        tried = {
            "status": failure.status,
            "response": _plain(response.response_body),
            "attempted_at": now,
            "reason": failure.reason,
        }
        closed: dict[str, object] = {}
        if isinstance(step, StopRetrying):
            tried |= {"state": "dead_letter", "reason": step.reason, "settled_at": now}
        else:
            tried |= {"due_at": now + timedelta(seconds=step.seconds)}
            tried |= {} if step.counts_as_attempt else {"attempts": delivery.attempts - 1}
            closed = {"backoff_until": now + timedelta(seconds=step.backoff_seconds)} if step.backoff_seconds else {}
        with self._engine.begin() as transaction:
            _settle(transaction, delivery, tried)
            _record_response(
                transaction, delivery, failures=SUBSCRIPTION.c.failures + 1, last_error=failure.reason,
                failing_since=func.coalesce(SUBSCRIPTION.c.failing_since, now), **closed,
            )  # fmt: skip

    def disable_subscription(self, delivery: EventDelivery, response: NotAccepted, reason: str, now: datetime) -> None:
        rows = SUBSCRIPTION_DELIVERY.c
        tried = {"status": response.failure.status, "response": _plain(response.response_body), "attempted_at": now}
        with self._engine.begin() as transaction:
            name = transaction.execute(select(SUBSCRIPTION.c.name).where(SUBSCRIPTION.c.id == _of(delivery))).scalar()
            _record_response(
                transaction, delivery, disabled_at=now, disabled_reason=reason, last_error=response.failure.reason
            )
            _settle(transaction, delivery, tried)
            dead_letters = transaction.execute(
                update(SUBSCRIPTION_DELIVERY)
                .where(rows.subscription_id == _of(delivery), rows.state == "waiting")
                .values(state="dead_letter", reason="the subscription was disabled", settled_at=now, **_UNCLAIMED)
            ).rowcount
            entry = {
                "actor": "gatepost",
                "action": "subscription.disabled",
                "subject": f"subscription {name}",
                "detail": {"reason": reason, "dead_letters": dead_letters},
            }
            audit.record(transaction, [entry])

    def release(self, deliveries: Sequence[EventDelivery]) -> None:
        with self._engine.begin() as transaction:
            for delivery in deliveries:
                _settle(transaction, delivery, {"attempts": delivery.attempts - 1})


def wake_due_deliveries(engine: Engine, waker: Waker, now: datetime) -> None:
    """Wake a task for each receiver that may be tried now, and forget what was taken long ago."""
    with engine.begin() as transaction:
        for subscription in transaction.execute(_DUE, {"now": now}).scalars().all():
            waker.wake(transaction, TaskKind.NOTIFY, ConnectionName(str(subscription)))
        transaction.execute(_DELETE_OLD, {"before": now - RETENTION})


def replay_for_subscription(
    engine: Engine, waker: Waker, subscription: int, delivery_ids: Sequence[int] | None, now: datetime
) -> int:
    """Send deliveries again, under the same message ids: those named, or all dead letters; returns how many."""
    rows = SUBSCRIPTION_DELIVERY.c
    chosen = (
        rows.state == "dead_letter"
        if delivery_ids is None
        else rows.id.in_(list(delivery_ids)) & (rows.state != "waiting")
    )
    with engine.begin() as transaction:
        count = transaction.execute(
            update(SUBSCRIPTION_DELIVERY)
            .where(rows.subscription_id == subscription, chosen)
            .values(state="waiting", reason="replayed", attempts=0, due_at=now, settled_at=None)
        ).rowcount
        if count:
            waker.wake(transaction, TaskKind.NOTIFY, ConnectionName(str(subscription)))
    return count


def replay_between(
    engine: Engine,
    waker: Waker,
    subscription: int,
    *,
    since: datetime,
    until: datetime | None,
    events: Sequence[str],
    now: datetime,
) -> int:
    """Send what happened in a time again, of these types or of all, under the same message ids; returns how many."""
    rows = SUBSCRIPTION_DELIVERY.c
    chosen = [rows.subscription_id == subscription, rows.created_at >= since, rows.state != "waiting"]
    chosen += [rows.created_at < until] if until is not None else []
    chosen += [rows.event.in_(events)] if events else []
    again = {"state": "waiting", "reason": "replayed", "attempts": 0, "due_at": now, "settled_at": None}
    with engine.begin() as transaction:
        count = transaction.execute(update(SUBSCRIPTION_DELIVERY).where(*chosen).values(again)).rowcount
        if count:
            waker.wake(transaction, TaskKind.NOTIFY, ConnectionName(str(subscription)))
    return count


def resend_deliveries(
    transaction: Connection, waker: Waker, delivery_ids: Sequence[int], now: datetime
) -> frozenset[int]:
    """Send dead deliveries again; returns which.  Those of a disabled subscription stay dead letters."""
    rows = SUBSCRIPTION_DELIVERY.c
    on = select(SUBSCRIPTION.c.id).where(SUBSCRIPTION.c.disabled_at.is_(None))
    sent = transaction.execute(
        update(SUBSCRIPTION_DELIVERY)
        .where(rows.id.in_(list(delivery_ids)), rows.state == "dead_letter", rows.subscription_id.in_(on))
        .values(state="waiting", reason="replayed", attempts=0, due_at=now, settled_at=None)
        .returning(rows.id, rows.subscription_id)
    ).all()
    for subscription in sorted({row.subscription_id for row in sent}):
        waker.wake(transaction, TaskKind.NOTIFY, ConnectionName(str(subscription)))
    return frozenset(row.id for row in sent)


def _of(delivery: EventDelivery) -> Any:
    rows = SUBSCRIPTION_DELIVERY.c
    return select(rows.subscription_id).where(rows.id == delivery.id).scalar_subquery()


def _settle(transaction: Connection, delivery: EventDelivery, values: Mapping[str, object]) -> None:
    """Only while the claim holds: what another worker took over is its own."""
    rows = SUBSCRIPTION_DELIVERY.c
    transaction.execute(
        update(SUBSCRIPTION_DELIVERY)
        .where(rows.id == delivery.id, rows.claim_token == delivery.token)
        .values(**values, **_UNCLAIMED)
    )


def _record_response(transaction: Connection, delivery: EventDelivery, **values: object) -> None:
    transaction.execute(update(SUBSCRIPTION).where(SUBSCRIPTION.c.id == _of(delivery)).values(**values))


def _plain(answer: str) -> str:
    """PostgreSQL stores no NUL."""
    return answer.replace("\x00", "�")


@dataclass(frozen=True, slots=True)
class DeliveryEntry:
    """A delivery, as it is shown to people."""

    id: int
    message: str
    event: str
    measure: str | None
    key: str | None
    connection: str | None
    """What it is about, when that is no measure."""
    state: str
    attempts: int
    status: int | None
    reason: str | None
    created_at: datetime
    due_at: datetime
    attempted_at: datetime | None
    settled_at: datetime | None
    body: str
    response: str | None


def find_deliveries(
    connection: Connection,
    subscription: int,
    *,
    states: Sequence[str] = (),
    events: Sequence[str] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    after: int | None = None,
    limit: int = 50,
    oldest_first: bool = False,
) -> tuple[DeliveryEntry, ...]:
    """Deliveries of a subscription in any of these states, about any of these events, newest first.

    Only those that were made from ``since`` on and before ``until``.

    On a reading connection only those of measures that the reader sees, and of connections if they run Gatepost.
    """
    rows = SUBSCRIPTION_DELIVERY.c
    query = (
        select(SUBSCRIPTION_DELIVERY, MEASURE.c.key)
        .outerjoin(MEASURE, MEASURE.c.id == rows.measure_id)
        .where(rows.subscription_id == subscription)
    )
    if states:
        query = query.where(rows.state.in_(states))
    if events:
        query = query.where(rows.event.in_(events))
    if since is not None:
        query = query.where(rows.created_at >= since)
    if until is not None:
        query = query.where(rows.created_at < until)
    page = page_by_number(query, rows.id, after=after, limit=limit, oldest_first=oldest_first)
    return tuple(
        DeliveryEntry(
            row.id, f"msg_{row.message_id.hex}", row.event, row.measure_id, row.key, row.connection, row.state,
            row.attempts, row.status, row.reason, row.created_at, row.due_at, row.attempted_at, row.settled_at,
            row.body, row.response,
        )
        for row in connection.execute(page)
    )  # fmt: skip


def counts_by_state(connection: Connection) -> dict[int, dict[str, int]]:
    """For each subscription how many deliveries are in which state."""
    rows = SUBSCRIPTION_DELIVERY.c
    query = select(rows.subscription_id, rows.state, func.count().label("n")).group_by(rows.subscription_id, rows.state)
    found: dict[int, dict[str, int]] = {}
    for row in connection.execute(query):
        found.setdefault(row.subscription_id, {})[row.state] = row.n
    return found
