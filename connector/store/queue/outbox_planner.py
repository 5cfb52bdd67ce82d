"""What a look wishes to be written, as rows of the outbox: less what is on its way already.

A look reads the tool first and is stored later.  Meanwhile a worker may be writing, or have written, what an earlier
look wished; the present state that was compared with is then older than that write.  What was judged is right all the
same, so the same values are not wished a second time; and where a write in hand says something else, the item is looked
at again once it has ended.
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
from connector.sync.stores import Assessed, Claim
from mapping.work_item import ConnectionName, FieldName, NativeId, WorkItem
from mapping.writeback import Comparison, canonical

AGAIN_SECONDS = 2
"""How soon an item is looked at again whose write is in hand and outdated."""


@dataclass(slots=True)
class Moving:
    """What is being written to one item, or was written since a look began: by field, the newest value."""

    values: dict[FieldName, str | None] = field(default_factory=dict)
    answer: object = None
    in_hand: dict[FieldName, str | None] = field(default_factory=dict)


NOTHING = Moving()


@dataclass(frozen=True, slots=True)
class Wished:
    writes: Counter[ConnectionName]
    """How many rows, by connection."""
    outdated: frozenset[NativeId]
    """Items of the claim to which a worker is writing what is no longer wanted."""


def store_wishes(transaction: Connection, claim: Claim, outcomes: Sequence[Assessed]) -> Wished:
    """To the items themselves and to those joined with them."""
    wishes = [(one, one.item, one.judged.comparison) for one in outcomes]
    wishes += [(one, item, comparison) for one in outcomes for item, comparison in one.judged.beside]
    for connection in sorted({item.connection for _, item, _ in wishes}):
        supersede(transaction, connection, [item.native_id for _, item, _ in wishes if item.connection == connection])
    moving = _moving(transaction, claim, [item for _, item, _ in wishes])
    new, outdated = [], set()
    for outcome, item, comparison in wishes:
        there = moving.get((item.connection, item.native_id), NOTHING)
        left = _left(comparison, there)
        if left.writes:
            new.append(assessment_rows.outbox(item, left))
        if _outdated(item, comparison, there):
            outdated.add(outcome.item.native_id)
    insert_many(transaction, OUTBOX, new)
    return Wished(Counter(ConnectionName(str(row["connection"])) for row in new), frozenset(outdated))


def supersede(transaction: Connection, connection: ConnectionName, items: Sequence[NativeId]) -> None:
    """Older wishes for an item end here: the new comparison was made against its present state.

    A row in a worker's hands, or in a bulk edit that the tool is carrying out, is left to its end.
    """
    if items:
        transaction.execute(
            update(OUTBOX)
            .where(OUTBOX.c.connection == connection, OUTBOX.c.native_id.in_(items), OUTBOX.c.state == "waiting")
            .where(OUTBOX.c.claim_token.is_(None), OUTBOX.c.bulk_task.is_(None))
            .values(state="superseded", reason="a later assessment", settled_at=func.now())
        )


def _left(comparison: Comparison, there: Moving) -> Comparison:
    """What of a comparison nobody is writing yet."""
    changes = tuple(
        change
        for change in comparison.changes
        if change.field not in there.values or there.values[change.field] != canonical(change.wanted)
    )
    answered = comparison.answer is not None and to_json(comparison.answer) == there.answer
    return replace(comparison, changes=changes, answer=None if answered else comparison.answer)


def _outdated(item: WorkItem, comparison: Comparison, there: Moving) -> bool:
    """Whether a write in hand will leave another value than the one that is wanted."""
    wanted = {change.field: canonical(change.wanted) for change in comparison.changes}
    return any(
        value != (wanted[name] if name in wanted else canonical(item.fields.get(name)))
        for name, value in there.in_hand.items()
    )


def _moving(
    transaction: Connection, claim: Claim, items: Sequence[WorkItem]
) -> Mapping[tuple[ConnectionName, NativeId], Moving]:
    found: dict[tuple[ConnectionName, NativeId], Moving] = {}
    asked = {
        "connections": [item.connection for item in items],
        "items": [item.native_id for item in items],
        "since": claim.since,
    }
    for row in transaction.execute(_MOVING, asked):
        one = found.setdefault((ConnectionName(row.connection), NativeId(row.native_id)), Moving())
        values = {name: canonical(value) for name, value in values_from_json(row.wanted).items()}
        one.values |= values
        one.answer = row.answer or one.answer
        if row.state == "waiting":
            one.in_hand |= values
    return found


# In the order in which they are written: of an item there is one row in hand at most, and it is the newest.
_MOVING = text("""
    WITH asked AS (SELECT DISTINCT * FROM unnest(CAST(:connections AS text[]), CAST(:items AS text[]))
                   AS a (connection, native_id)),
    moving AS (
        SELECT o.id, o.connection, o.native_id, o.wanted, o.answer, o.state FROM asked JOIN outbox AS o
            ON o.connection = asked.connection AND o.native_id = asked.native_id AND o.state = 'waiting'
        WHERE o.claim_token IS NOT NULL OR o.bulk_task IS NOT NULL
        UNION ALL
        SELECT o.id, o.connection, o.native_id, o.wanted, o.answer, o.state FROM outbox AS o
        WHERE o.state = 'done' AND o.settled_at >= :since
          AND (o.connection, o.native_id) IN (SELECT connection, native_id FROM asked)
    )
    SELECT * FROM moving ORDER BY id
""")
