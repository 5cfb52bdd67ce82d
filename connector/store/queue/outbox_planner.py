"""The write requests of an assessment as rows of the outbox, without what is being written already.

An item is read first, and its assessment is stored later.  Meanwhile a worker may be writing, or have written, what an
earlier assessment requested; the present state that was compared with is then older than that write.  The verdict is
right all the same, so the same values are not requested a second time; and where a write in progress has another value,
the item is assessed again once that write has ended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection, func, text, update

from connector.store.database.bulk_insert import insert_many
from connector.store.database.json_codec import to_json, values_from_json
from connector.store.database.tables import OUTBOX
from connector.store.reconcile import assessment_rows
from connector.sync.stores import AssessedItem, Claim
from mapping.work_item import ConnectionName, FieldName, NativeId, WorkItem
from mapping.writeback import Comparison, canonical

REASSESS_SECONDS = 2
"""How soon an item is assessed again whose write in progress is outdated."""


@dataclass(slots=True)
class WritesInFlight:
    """What is being written to one item, or was written since an assessment began: by field, the newest value."""

    values: dict[FieldName, str | None] = field(default_factory=dict)
    reply_comment: object = None
    claimed: dict[FieldName, str | None] = field(default_factory=dict)


NO_WRITES = WritesInFlight()


@dataclass(frozen=True, slots=True)
class OutboxPlan:
    rows_by_connection: Counter[ConnectionName]
    """How many rows, by connection."""
    outdated: frozenset[NativeId]
    """Items of the claim to which a worker is writing what is no longer wanted."""


def plan_writes(transaction: Connection, claim: Claim, outcomes: Sequence[AssessedItem]) -> OutboxPlan:
    """To the items themselves and to those joined with them."""
    requests = [(one, one.item, one.assessment.comparison) for one in outcomes]
    requests += [(one, item, comparison) for one in outcomes for item, comparison in one.assessment.joined_writes]
    for connection in sorted({item.connection for _, item, _ in requests}):
        supersede_writes(
            transaction, connection, [item.native_id for _, item, _ in requests if item.connection == connection]
        )
    writes_in_flight = _writes_in_flight(transaction, claim, [item for _, item, _ in requests])
    new, outdated = [], set()
    for outcome, item, comparison in requests:
        in_flight = writes_in_flight.get((item.connection, item.native_id), NO_WRITES)
        left = _not_in_flight(comparison, in_flight)
        if left.has_writes:
            new.append(assessment_rows.outbox_row(item, left))
        if _outdated(item, comparison, in_flight):
            outdated.add(outcome.item.native_id)
    insert_many(transaction, OUTBOX, new)
    return OutboxPlan(Counter(ConnectionName(str(row["connection"])) for row in new), frozenset(outdated))


def supersede_writes(transaction: Connection, connection: ConnectionName, items: Sequence[NativeId]) -> None:
    """Older write requests for an item end here: the new comparison was made against its present state.

    A row that a worker has claimed, or that is in a bulk edit that the tool is carrying out, is left to its end.
    """
    if items:
        transaction.execute(
            update(OUTBOX)
            .where(OUTBOX.c.connection == connection, OUTBOX.c.native_id.in_(items), OUTBOX.c.state == "waiting")
            .where(OUTBOX.c.claim_token.is_(None), OUTBOX.c.bulk_task.is_(None))
            .values(state="superseded", reason="a later assessment", settled_at=func.now())
        )


def _not_in_flight(comparison: Comparison, in_flight: WritesInFlight) -> Comparison:
    """What of a comparison nobody is writing yet."""
    changes = tuple(
        change
        for change in comparison.changes
        if change.field not in in_flight.values or in_flight.values[change.field] != canonical(change.target)
    )
    answered = comparison.reply_comment is not None and to_json(comparison.reply_comment) == in_flight.reply_comment
    return replace(comparison, changes=changes, reply_comment=None if answered else comparison.reply_comment)


def _outdated(item: WorkItem, comparison: Comparison, in_flight: WritesInFlight) -> bool:
    """Whether a write in progress will leave another value than the target."""
    targets = {change.field: canonical(change.target) for change in comparison.changes}
    return any(
        value != (targets[name] if name in targets else canonical(item.fields.get(name)))
        for name, value in in_flight.claimed.items()
    )


def _writes_in_flight(
    transaction: Connection, claim: Claim, items: Sequence[WorkItem]
) -> Mapping[tuple[ConnectionName, NativeId], WritesInFlight]:
    found: dict[tuple[ConnectionName, NativeId], WritesInFlight] = {}
    asked = {
        "connections": [item.connection for item in items],
        "items": [item.native_id for item in items],
        "since": claim.since,
    }
    for row in transaction.execute(_WRITES_IN_FLIGHT, asked):
        one = found.setdefault((ConnectionName(row.connection), NativeId(row.native_id)), WritesInFlight())
        values = {name: canonical(value) for name, value in values_from_json(row.target_values).items()}
        one.values |= values
        one.reply_comment = row.reply_comment or one.reply_comment
        if row.state == "waiting":
            one.claimed |= values
    return found


# In the order in which they are written: of an item at most one row is being written, and it is the newest.
_WRITES_IN_FLIGHT = text("""
    WITH asked AS (SELECT DISTINCT * FROM unnest(CAST(:connections AS text[]), CAST(:items AS text[]))
                   AS a (connection, native_id)),
    moving AS (
        SELECT o.id, o.connection, o.native_id, o.target_values, o.reply_comment, o.state FROM asked JOIN outbox AS o
            ON o.connection = asked.connection AND o.native_id = asked.native_id AND o.state = 'waiting'
        WHERE o.claim_token IS NOT NULL OR o.bulk_task IS NOT NULL
        UNION ALL
        SELECT o.id, o.connection, o.native_id, o.target_values, o.reply_comment, o.state FROM outbox AS o
        WHERE o.state = 'done' AND o.settled_at >= :since
          AND (o.connection, o.native_id) IN (SELECT connection, native_id FROM asked)
    )
    SELECT * FROM moving ORDER BY id
""")
