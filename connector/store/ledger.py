"""Measures, decisions and what follows from them, stored in one transaction per batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, func, select, update
from sqlalchemy.dialects.postgresql import insert

from connector.store import rows
from connector.store.inbox import mark_dirty
from connector.store.tables import (
    AUDIT,
    DECISION,
    EFFECT_LINE,
    LAST_WRITTEN,
    MEASURE,
    OUTBOX,
    WORK_ITEM,
)
from connector.store.wake import Task, Waker
from connector.store.work import give_back, held
from connector.sync.ports import Absent, Alias, Assessed, Claim, NotMapped, Outcome, Remembered, Settled
from governance.evidence import Standing
from mapping.work_item import ConnectionName, FieldName, NativeId


class SqlLedger:
    """Implements both ``Memory`` and ``Ledger`` of the flow."""

    def __init__(self, engine: Engine, waker: Waker) -> None:
        self._engine = engine
        self._waker = waker

    def recall(self, connection: ConnectionName, items: Sequence[NativeId]) -> dict[NativeId, Remembered]:
        with self._engine.connect() as transaction:
            measures = transaction.execute(
                select(MEASURE.c.native_id, MEASURE.c.stage, MEASURE.c.blockers_since).where(
                    MEASURE.c.connection == connection, MEASURE.c.native_id.in_(items)
                )
            ).all()
            written = transaction.execute(
                select(LAST_WRITTEN.c.native_id, LAST_WRITTEN.c.field, LAST_WRITTEN.c.value).where(
                    LAST_WRITTEN.c.connection == connection, LAST_WRITTEN.c.native_id.in_(items)
                )
            ).all()
        values: dict[NativeId, dict[FieldName, str | None]] = {}
        for row in written:
            values.setdefault(NativeId(row.native_id), {})[FieldName(row.field)] = row.value
        standings = {
            NativeId(row.native_id): Standing(
                row.stage, {key: datetime.fromisoformat(moment) for key, moment in row.blockers_since.items()}
            )
            for row in measures
        }
        return {
            item: Remembered(standings.get(item, Standing()), values.get(item, {}))
            for item in standings.keys() | values.keys()
        }

    def settle(self, claim: Claim, outcomes: Sequence[Outcome], mapping_version: int, now: datetime) -> Settled:
        with self._engine.begin() as transaction:
            mine = held(transaction, claim)
            names = {row["native_id"] for row in mine}
            kept = [outcome for outcome in outcomes if asked_for(outcome) in names]
            assessed = [outcome for outcome in kept if isinstance(outcome, Assessed)]
            unmapped = [outcome for outcome in kept if isinstance(outcome, NotMapped)]
            _store_items(transaction, [*assessed, *unmapped], now)
            decisions = _store_measures(transaction, assessed, mapping_version, now)
            _store_audit(transaction, assessed)
            _leave_mapping(transaction, claim.connection, unmapped)
            _note_absent(transaction, claim.connection, [o.native_id for o in kept if isinstance(o, Absent)])
            writes = _store_outbox(transaction, claim.connection, assessed)
            _supersede(transaction, claim.connection, [outcome.item.native_id for outcome in unmapped])
            settled_names = {asked_for(outcome) for outcome in kept}
            dirty = give_back(transaction, claim, [row for row in mine if row["native_id"] in settled_names])
            actual = {outcome.actual: None for outcome in kept if isinstance(outcome, Alias)}
            if actual:
                mark_dirty(transaction, claim.connection, actual)
            if dirty or actual:
                self._waker.wake(transaction, Task.RECONCILE, claim.connection)
            if writes:
                self._waker.wake(transaction, Task.DELIVER, claim.connection)
        return Settled(len(kept), decisions, writes, len(outcomes) - len(kept))


def asked_for(outcome: Outcome) -> NativeId:
    """The dirty key that an outcome answers."""
    match outcome:
        case Assessed(item=item) | NotMapped(item=item):
            return item.native_id
        case Absent(native_id=native_id):
            return native_id
        case Alias(asked=asked):
            return asked


def _store_items(transaction: Connection, outcomes: Sequence[Assessed | NotMapped], now: datetime) -> None:
    if not outcomes:
        return
    statement = insert(WORK_ITEM)
    new = statement.excluded
    transaction.execute(
        statement.on_conflict_do_update(
            index_elements=["connection", "native_id"],
            set_={
                "key": new.key,
                "url": new.url,
                "snapshot": new.snapshot,
                "version": new.version,
                "read_at": new.read_at,
                "unreachable_since": None,
            },
        ),
        [rows.work_item(outcome.item, now) for outcome in outcomes],
    )


def _store_measures(transaction: Connection, outcomes: Sequence[Assessed], mapping_version: int, now: datetime) -> int:
    if not outcomes:
        return 0
    prepared = [rows.Prepared(outcome) for outcome in outcomes]
    known = {
        row.id: row
        for row in transaction.execute(
            select(MEASURE.c.id, MEASURE.c.verdict_digest, MEASURE.c.effects_digest).where(
                MEASURE.c.id.in_([one.id for one in prepared])
            )
        )
    }
    new_rows = [rows.measure(one, mapping_version, now) for one in prepared]
    statement = insert(MEASURE)
    changed = {column: statement.excluded[column] for column in new_rows[0] if column != "id"}
    transaction.execute(
        statement.on_conflict_do_update(
            index_elements=["id"], set_=changed | {"unmapped_since": None, "unmapped_reason": None}
        ),
        new_rows,
    )
    # A verdict that says what the last one said is no decision: it would only flood the record.
    decided = [
        one
        for one, row in zip(prepared, new_rows, strict=True)
        if one.id not in known or known[one.id].verdict_digest != row["verdict_digest"]
    ]
    if decided:
        transaction.execute(DECISION.insert(), [rows.decision(one, mapping_version, now) for one in decided])
    repriced = [
        one.outcome for one in prepared if one.id not in known or known[one.id].effects_digest != one.effects_digest
    ]
    _store_effects(transaction, repriced)
    # Told with each decision and not with each look, so that one missing field does not flood the list.
    unwritable = [rows.unwritable(one.outcome) for one in decided if one.outcome.judged.comparison.unreadable]
    if unwritable:
        transaction.execute(OUTBOX.insert().values(settled_at=func.now()), unwritable)
    return len(decided)


def _store_effects(transaction: Connection, outcomes: Sequence[Assessed]) -> None:
    if not outcomes:
        return
    ids = [outcome.judged.mapped.measure.id for outcome in outcomes]
    transaction.execute(EFFECT_LINE.delete().where(EFFECT_LINE.c.measure_id.in_(ids)))
    lines = [line for outcome in outcomes for line in rows.effect_lines(outcome)]
    if lines:
        transaction.execute(EFFECT_LINE.insert(), lines)


def _store_audit(transaction: Connection, outcomes: Sequence[Assessed]) -> None:
    entries = [entry for outcome in outcomes for entry in rows.audit_entries(outcome)]
    if entries:
        transaction.execute(AUDIT.insert(), entries)


def _leave_mapping(transaction: Connection, connection: ConnectionName, outcomes: Sequence[NotMapped]) -> None:
    for outcome in outcomes:
        transaction.execute(
            update(MEASURE)
            .where(MEASURE.c.connection == connection, MEASURE.c.native_id == outcome.item.native_id)
            .values(unmapped_since=func.coalesce(MEASURE.c.unmapped_since, func.now()), unmapped_reason=outcome.reason)
        )


def _note_absent(transaction: Connection, connection: ConnectionName, items: Sequence[NativeId]) -> None:
    """An item that the tool does not show keeps its measure; the measure only says since when."""
    if items:
        transaction.execute(
            update(WORK_ITEM)
            .where(WORK_ITEM.c.connection == connection, WORK_ITEM.c.native_id.in_(items))
            .values(unreachable_since=func.coalesce(WORK_ITEM.c.unreachable_since, func.now()))
        )


def _store_outbox(transaction: Connection, connection: ConnectionName, outcomes: Sequence[Assessed]) -> int:
    _supersede(transaction, connection, [outcome.item.native_id for outcome in outcomes])
    waiting = [rows.outbox(outcome) for outcome in outcomes if outcome.judged.comparison.changes]
    if waiting:
        transaction.execute(OUTBOX.insert(), waiting)
    return len(waiting)


def _supersede(transaction: Connection, connection: ConnectionName, items: Sequence[NativeId]) -> None:
    """Older wishes for an item end here: the new comparison was made against its present state.

    A row in a worker's hands is left to it; its write is followed by an event of the tool's own.
    """
    if items:
        transaction.execute(
            update(OUTBOX)
            .where(OUTBOX.c.connection == connection, OUTBOX.c.native_id.in_(items), OUTBOX.c.state == "waiting")
            .where(OUTBOX.c.claim_token.is_(None))
            .values(state="superseded", reason="a later assessment", settled_at=func.now())
        )
