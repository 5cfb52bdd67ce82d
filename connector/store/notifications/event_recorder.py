"""Events as rows: made in the transaction that stores the verdicts, so that none is lost and none is invented."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from connector.notify.measure_events import EVENT_TYPES, EventType, PreviousVerdict, derive_events
from connector.notify.payload import body_text, event_body
from connector.notify.subscription_filter import SubscriptionFilter
from connector.store.database.json_codec import from_json
from connector.store.database.tables import MEASURE, SUBSCRIPTION, SUBSCRIPTION_DELIVERY
from connector.store.queue.wake_up import TaskKind, Waker
from connector.store.reconcile import command_rows
from connector.store.reconcile.assessment_rows import Row
from connector.sync.stores import AssessedItem
from governance.facts import known
from governance.verdict import Blocker, Finding
from mapping.work_item import ConnectionName


class EventRecorder:
    """Reads measures before a batch is stored, and records events for subscribers about what the batch has changed."""

    def __init__(self, transaction: Connection, assessed: Sequence[AssessedItem]) -> None:
        self._transaction = transaction
        self._assessed = assessed
        self._filters = _filters(transaction) if assessed else {}
        # Without a subscriber nothing is read: the flow pays one small query a batch.
        self._before = _before(transaction, assessed) if self._filters else {}

    def record(self, waker: Waker, now: datetime) -> int:
        """Store the events for subscribers, in order, and wake who sends them; returns the number of rows."""
        if not self._filters:
            return 0
        rows = [row for outcome in self._assessed for row in self._rows(outcome, now)]
        if rows:
            self._transaction.execute(SUBSCRIPTION_DELIVERY.insert(), rows)
        for subscription in sorted({str(row["subscription_id"]) for row in rows}):
            waker.wake(self._transaction, TaskKind.NOTIFY, ConnectionName(subscription))
        return len(rows)

    def _rows(self, outcome: AssessedItem, now: datetime) -> list[Row]:
        measure, verdict = outcome.assessment.mapped.measure, outcome.assessment.verdict
        place = (
            measure.hierarchy.portfolio,
            measure.hierarchy.program,
            measure.hierarchy.project,
            measure.hierarchy.package,
        )
        where, entity = tuple(known(part) for part in place), known(measure.legal_entity)
        rows: list[Row] = []
        for occasion in derive_events(self._before.get(measure.id), verdict, command_rows.new_commands(outcome)):
            kind = EVENT_TYPES[type(occasion)]
            takers = [name for name, wanted in self._filters.items() if wanted.accepts(kind, where, entity)]
            if not takers:
                continue
            item = outcome.item
            body = event_body(occasion, measure, verdict, key=item.key, url=item.url, at=now)
            rows += [
                {
                    "subscription_id": taker,
                    "event": kind.value,
                    "measure_id": measure.id,
                    "body": body,
                    "created_at": now,
                    "due_at": now,
                }
                for taker in takers
            ]
        return rows


def record_connection_event(transaction: Connection, name: str, event: EventType, body: str) -> None:
    """Store an event of a connection for whoever asked for it; the tick wakes who sends it, some seconds later."""
    for taker, wanted in _filters(transaction).items():
        if wanted.accepts_connection(event):
            transaction.execute(
                SUBSCRIPTION_DELIVERY.insert().values(
                    subscription_id=taker,
                    event=event.value,
                    connection=name,
                    body=body,
                    created_at=func.now(),
                    due_at=func.now(),
                )
            )


def wants_audit_head(transaction: Connection) -> bool:
    """Whether any subscription that is on asks for the head of the audit."""
    return any(wanted.accepts_connection(EventType.AUDIT_HEAD) for wanted in _filters(transaction).values())


def record_audit_head(transaction: Connection, anchor: str, now: datetime) -> None:
    """Store the signed head of the audit for whoever asked for it; the tick wakes who sends it, some seconds later."""
    body = body_text(EventType.AUDIT_HEAD.value, {"anchor": anchor}, now)
    for taker, wanted in _filters(transaction).items():
        if wanted.accepts_connection(EventType.AUDIT_HEAD):
            values = {"subscription_id": taker, "event": EventType.AUDIT_HEAD.value, "body": body}
            transaction.execute(SUBSCRIPTION_DELIVERY.insert().values(**values, created_at=now, due_at=now))


def _filters(transaction: Connection) -> dict[int, SubscriptionFilter]:
    """The subscriptions that are on.  Shared, so that none is switched off or removed before the rows are there."""
    columns = SUBSCRIPTION.c
    query = select(columns.id, columns.events, columns.hierarchy, columns.legal_entity).where(
        columns.disabled_at.is_(None)
    )
    return {
        row.id: SubscriptionFilter(frozenset(map(EventType, row.events)), tuple(row.hierarchy), row.legal_entity)
        for row in transaction.execute(query.order_by(columns.id).with_for_update(read=True, key_share=True))
    }


def _before(transaction: Connection, assessed: Sequence[AssessedItem]) -> dict[str, PreviousVerdict]:
    ids = [one.assessment.mapped.measure.id for one in assessed]
    columns = MEASURE.c
    query = select(
        columns.id,
        columns.gate,
        columns.implementation,
        columns.potential,
        columns.verdict["blockers"].label("blockers"),
        columns.findings,
        columns.measure_state["breach"]["at"].astext.label("breached_at"),
    ).where(columns.id.in_(ids))
    return {row.id: _previous_verdict(row) for row in transaction.execute(query)}


def _previous_verdict(row: Any) -> PreviousVerdict:
    return PreviousVerdict(
        gate=row.gate,
        implementation=row.implementation,
        potential=row.potential,
        blockers=frozenset(from_json(Blocker, blocker).key for blocker in row.blockers),
        findings=frozenset(from_json(Finding, finding).key for finding in row.findings),
        breached_at=datetime.fromisoformat(row.breached_at) if row.breached_at else None,
    )
