"""Events as rows: made in the transaction that stores the verdicts, so that none is lost and none is invented."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from connector.notify.measure_events import TYPES, Before, EventType, derive
from connector.notify.payload import body_of
from connector.notify.subscription_filter import Filter
from connector.store.database.json_codec import from_json
from connector.store.database.tables import MEASURE, SUBSCRIPTION, SUBSCRIPTION_DELIVERY
from connector.store.queue.wake_up import Task, Waker
from connector.store.reconcile import command_rows
from connector.store.reconcile.assessment_rows import Row
from connector.sync.stores import Assessed
from governance.facts import known
from governance.verdict import Blocker, Finding
from mapping.work_item import ConnectionName


class Watch:
    """Looks at measures before a batch is stored, and tells subscribers what the batch has changed."""

    def __init__(self, transaction: Connection, assessed: Sequence[Assessed]) -> None:
        self._transaction = transaction
        self._assessed = assessed
        self._filters = _filters(transaction) if assessed else {}
        # Without a subscriber nothing is looked at: the flow pays one small query a batch.
        self._before = _before(transaction, assessed) if self._filters else {}

    def tell(self, waker: Waker, now: datetime) -> int:
        """Store what subscribers are to be told, in order, and wake who sends it; returns the number of rows."""
        if not self._filters:
            return 0
        rows = [row for outcome in self._assessed for row in self._rows(outcome, now)]
        if rows:
            self._transaction.execute(SUBSCRIPTION_DELIVERY.insert(), rows)
        for subscription in sorted({str(row["subscription_id"]) for row in rows}):
            waker.wake(self._transaction, Task.NOTIFY, ConnectionName(subscription))
        return len(rows)

    def _rows(self, outcome: Assessed, now: datetime) -> list[Row]:
        measure, verdict = outcome.judged.mapped.measure, outcome.judged.verdict
        place = (measure.place.portfolio, measure.place.program, measure.place.project, measure.place.package)
        where, entity = tuple(known(part) for part in place), known(measure.legal_entity)
        rows: list[Row] = []
        for occasion in derive(self._before.get(measure.id), verdict, command_rows.new_statements(outcome)):
            kind = TYPES[type(occasion)]
            takers = [name for name, wanted in self._filters.items() if wanted.takes(kind, where, entity)]
            if not takers:
                continue
            item = outcome.item
            body = body_of(occasion, measure, verdict, key=item.key, url=item.url, at=now)
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


def tell_of_connection(transaction: Connection, name: str, event: EventType, body: str) -> None:
    """Store an event of a connection for whoever asked for it; the tick wakes who sends it, some seconds later."""
    for taker, wanted in _filters(transaction).items():
        if wanted.takes_connection(event):
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


def _filters(transaction: Connection) -> dict[int, Filter]:
    """The subscriptions that are on.  Shared, so that none is switched off or removed before the rows are there."""
    columns = SUBSCRIPTION.c
    query = select(columns.id, columns.events, columns.place, columns.legal_entity).where(columns.off_at.is_(None))
    return {
        row.id: Filter(frozenset(map(EventType, row.events)), tuple(row.place), row.legal_entity)
        for row in transaction.execute(query.order_by(columns.id).with_for_update(read=True, key_share=True))
    }


def _before(transaction: Connection, assessed: Sequence[Assessed]) -> dict[str, Before]:
    ids = [one.judged.mapped.measure.id for one in assessed]
    columns = MEASURE.c
    query = select(
        columns.id,
        columns.gate,
        columns.implementation,
        columns.potential,
        columns.verdict["blockers"].label("blockers"),
        columns.findings,
        columns.standing["breach"]["at"].astext.label("breached_at"),
    ).where(columns.id.in_(ids))
    return {row.id: _seen(row) for row in transaction.execute(query)}


def _seen(row: Any) -> Before:
    return Before(
        gate=row.gate,
        implementation=row.implementation,
        potential=row.potential,
        blockers=frozenset(from_json(Blocker, blocker).key for blocker in row.blockers),
        findings=frozenset(from_json(Finding, finding).key for finding in row.findings),
        breached_at=datetime.fromisoformat(row.breached_at) if row.breached_at else None,
    )
