"""Measures, decisions and what follows from them, stored in one transaction per batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import errors
from sqlalchemy import Connection, Engine, func, select, text, update
from sqlalchemy.exc import OperationalError

from connector.notify.alerts import AlertKind
from connector.store.database import audit
from connector.store.database.bulk_insert import insert_many, on_conflict_update
from connector.store.database.tables import (
    COMMAND,
    DECISION,
    DEPENDENCY,
    EFFECT_LINE,
    MEASURE,
    OUTBOX,
    PLAN_VERSION,
    STATUS_DAY,
    WORK_ITEM,
)
from connector.store.ledger.differences import store_differences
from connector.store.measures import verdict_history
from connector.store.notifications.alerts import raise_one_time_alert
from connector.store.notifications.event_recorder import EventRecorder
from connector.store.queue.dirty_keys import release_claim, still_claimed
from connector.store.queue.inbox import schedule_reassessment
from connector.store.queue.outbox_planner import REASSESS_SECONDS, plan_writes, supersede_writes
from connector.store.queue.reassess import reassess
from connector.store.queue.wake_up import TaskKind, Waker
from connector.store.reconcile import assessment_rows, command_rows, dependents
from connector.sync.stores import AbsentItem, AssessedItem, Claim, ItemAlias, ItemOutcome, StoreResult, UnmappedItem
from governance.verdict import EventKind
from mapping.field_edits import FieldEdit
from mapping.work_item import ConnectionName, NativeId

DEADLOCK_RETRIES = 3
"""How often a batch is stored again that the database has ended in favour of another one."""


MEASURE_IDENTITY = frozenset({"id", "connection", "native_id"})
"""Columns that other tables refer to a measure by; its id is made of the other two."""


class SqlAssessmentStore:
    """Implements the flow's ``AssessmentStore``."""

    def __init__(self, engine: Engine, waker: Waker) -> None:
        self._engine = engine
        self._waker = waker

    def store(
        self,
        claim: Claim,
        outcomes: Sequence[ItemOutcome],
        mapping_version: int,
        now: datetime,
        *,
        read_from: datetime | None = None,
        caller_writes: bool = False,
    ) -> StoreResult:
        for _ in range(DEADLOCK_RETRIES):
            try:
                return self._store(claim, outcomes, mapping_version, now, read_from, caller_writes)
            except OperationalError as error:
                # Two batches whose items depend on one another mark each other's; nothing of this one was stored.
                if not isinstance(error.orig, errors.DeadlockDetected):
                    raise
        return self._store(claim, outcomes, mapping_version, now, read_from, caller_writes)

    def _store(
        self,
        claim: Claim,
        outcomes: Sequence[ItemOutcome],
        mapping_version: int,
        now: datetime,
        read_from: datetime | None,
        caller_writes: bool,
    ) -> StoreResult:
        with self._engine.begin() as transaction:
            mine = still_claimed(transaction, claim)
            names = {row["native_id"] for row in mine}
            kept = [outcome for outcome in outcomes if dirty_key_of(outcome) in names]
            assessed = [outcome for outcome in kept if isinstance(outcome, AssessedItem)]
            unmapped = [outcome for outcome in kept if isinstance(outcome, UnmappedItem)]
            seen = [*(outcome.item for outcome in assessed), *(outcome.item for outcome in unmapped)]
            absent = [outcome.native_id for outcome in kept if isinstance(outcome, AbsentItem)]
            changed = dependents.changes(transaction, claim.connection, seen, absent)
            watch = EventRecorder(transaction, assessed)
            _store_items(transaction, [*assessed, *unmapped], read_from or now)
            entries, decisions = _store_measures(transaction, assessed, mapping_version, now)
            _mark_unmapped(transaction, claim.connection, unmapped, now)
            _mark_unreachable(transaction, claim.connection, [o for o in kept if isinstance(o, AbsentItem)])
            _report_lasting_breaches(transaction, claim.connection, assessed)
            planned = plan_writes(transaction, claim, assessed)
            supersede_writes(transaction, claim.connection, [outcome.item.native_id for outcome in unmapped])
            settled_names = {dirty_key_of(outcome) for outcome in kept}
            dirty = release_claim(transaction, claim, [row for row in mine if row["native_id"] in settled_names])
            schedule_reassessment(transaction, claim.connection, planned.outdated, REASSESS_SECONDS)
            concerned = dependents.find(transaction, claim.connection, changed)
            actual = {(claim.connection, outcome.native_id) for outcome in kept if isinstance(outcome, ItemAlias)}
            # What was read together with its evidence has been assessed by it.
            concerned -= {(claim.connection, name) for name in settled_names}
            reassess(transaction, self._waker, concerned | actual)
            if dirty:
                self._waker.wake(transaction, TaskKind.RECONCILE, claim.connection)
            written_here = {claim.connection} if caller_writes else set()
            for connection in sorted(planned.rows_by_connection.keys() - written_here):
                self._waker.wake(transaction, TaskKind.DELIVER, connection)
            watch.record(self._waker, now)
            audit.record(transaction, entries)
        return StoreResult(len(kept), decisions, sum(planned.rows_by_connection.values()), len(outcomes) - len(kept))


def _report_lasting_breaches(
    transaction: Connection, connection: ConnectionName, assessed: Sequence[AssessedItem]
) -> None:
    """An alert for each item that went past its gate so often that it is not moved back any more."""
    for outcome in assessed:
        verdict, item = outcome.assessment.verdict, outcome.item
        if any(event.kind is EventKind.BREACH_STAYS for event in verdict.events):
            detail = {
                "key": item.key,
                "measure": outcome.assessment.mapped.measure.id,
                "status": item.status,
                "times": str(len(verdict.measure_state.breach_times)),
            }
            raise_one_time_alert(transaction, AlertKind.BREACH_STAYS, connection, detail)


def dirty_key_of(outcome: ItemOutcome) -> NativeId:
    """The dirty key that an outcome answers."""
    match outcome:
        case AssessedItem(item=item) | UnmappedItem(item=item):
            return item.native_id
        case AbsentItem(native_id=native_id):
            return native_id
        case ItemAlias(requested_id=asked):
            return asked


def _store_items(transaction: Connection, outcomes: Sequence[AssessedItem | UnmappedItem], now: datetime) -> None:
    insert_many(
        transaction, WORK_ITEM, [assessment_rows.work_item_row(outcome.item, now) for outcome in outcomes], _ITEM_AGAIN
    )


# An item that moved keeps the key that people know it by.
_ITEM_AGAIN = """
    ON CONFLICT (connection, native_id) DO UPDATE
    SET key = excluded.key, url = excluded.url, snapshot = excluded.snapshot, version = excluded.version,
        rests_on = excluded.rests_on, read_at = excluded.read_at, unreachable_since = NULL, unreachable_reason = NULL,
        former_keys = CASE WHEN work_item.key <> excluded.key AND work_item.key <> ALL (work_item.former_keys)
                        THEN array_append(work_item.former_keys, work_item.key) ELSE work_item.former_keys END
"""


def _store_measures(
    transaction: Connection, outcomes: Sequence[AssessedItem], mapping_version: int, now: datetime
) -> tuple[list[assessment_rows.Row], int]:
    """Store measures and what belongs to them; returns the audit's entries and the number of decisions."""
    if not outcomes:
        return [], 0
    prepared = [assessment_rows.PreparedAssessment(outcome) for outcome in outcomes]
    known = _previous_assessments(transaction, prepared)
    new_rows = [assessment_rows.measure_row(one, mapping_version, now) for one in prepared]
    for row in new_rows:
        row["known_digest"] = verdict_history.known_digest(row)
    _upsert_measures(transaction, new_rows)
    # A verdict that says what the last one said is no decision: it would only flood the history.
    decided = [
        one
        for one, row in zip(prepared, new_rows, strict=True)
        if one.id not in known
        or known[one.id].verdict_digest != row["verdict_digest"]
        or one.outcome.assessment.verdict.events
    ]
    decisions = {one.id: assessment_rows.decision_row(one, mapping_version, now) for one in decided}
    if decisions:
        insert_many(transaction, DECISION, list(decisions.values()))
    today = now.date()
    days = [one for one in prepared if one.id in decisions or known[one.id].assessed_at.date() < today]
    _store_days(transaction, [assessment_rows.status_day_row(one, now) for one in days])
    repriced = [one for one in prepared if one.id not in known or known[one.id].effects_digest != one.effects_digest]
    _store_effects(transaction, repriced, now)
    changed = [row for row in new_rows if row["id"] not in known or _is_news(known[str(row["id"])], row)]
    edits: dict[str, Sequence[FieldEdit]] = {
        one.id: one.outcome.assessment.edits for one in prepared if one.outcome.assessment.edits
    }
    verdict_history.store_versions(transaction, changed, edits, now)
    # Recorded with each decision and not with each assessment, so that one missing field does not flood the list.
    unwritable = [
        assessment_rows.unwritable_fields_row(one.outcome)
        for one in decided
        if one.outcome.assessment.comparison.unreadable
    ]
    insert_many(transaction, OUTBOX, [row | {"settled_at": now} for row in unwritable])
    _store_commands_and_plans(transaction, outcomes, now)
    store_differences(transaction, outcomes, now)
    entries = [
        entry for one in prepared for entry in command_rows.audit_entries(one, decisions.get(one.id), mapping_version)
    ]
    return entries, len(decisions)


def _previous_assessments(
    transaction: Connection, prepared: Sequence[assessment_rows.PreparedAssessment]
) -> dict[str, Any]:
    """The last assessment, by measure."""
    columns = (MEASURE.c[name] for name in ("id", "verdict_digest", "effects_digest", "known_digest", "assessed_at"))
    query = select(*columns).where(MEASURE.c.id.in_([one.id for one in prepared]))
    return {row.id: row for row in transaction.execute(query)}


def _is_news(before: Any, row: assessment_rows.Row) -> bool:
    """Whether something else is known than the newest version says."""
    return bool(before.known_digest != row["known_digest"])


def _upsert_measures(transaction: Connection, new_rows: Sequence[assessment_rows.Row]) -> None:
    back = "unmapped_since = NULL, unmapped_reason = NULL"
    # What the id says never changes, and naming it would lock the row against everything that refers to it.
    columns = tuple(name for name in new_rows[0] if name not in MEASURE_IDENTITY)
    insert_many(transaction, MEASURE, new_rows, on_conflict_update(("id",), columns, back))


def _store_commands_and_plans(transaction: Connection, outcomes: Sequence[AssessedItem], now: datetime) -> None:
    """Commands, locked plans and dependencies: rows that most assessments do not have."""
    commands = [row for outcome in outcomes for row in command_rows.command_rows(outcome, now)]
    insert_many(transaction, COMMAND, commands)
    plans = [row for outcome in outcomes if (row := command_rows.plan_version_row(outcome)) is not None]
    insert_many(transaction, PLAN_VERSION, plans)
    resting = [outcome for outcome in outcomes if outcome.dependencies is not None]
    if resting:
        ids = [outcome.assessment.mapped.measure.id for outcome in resting]
        transaction.execute(DEPENDENCY.delete().where(DEPENDENCY.c.measure_id.in_(ids)))
        insert_many(
            transaction, DEPENDENCY, [row for outcome in resting for row in command_rows.dependency_rows(outcome)]
        )


def _store_days(transaction: Connection, days: Sequence[assessment_rows.Row]) -> None:
    if days:
        insert_many(transaction, STATUS_DAY, days, on_conflict_update(("measure_id", "day"), tuple(days[0])))


def _store_effects(
    transaction: Connection, repriced: Sequence[assessment_rows.PreparedAssessment], now: datetime
) -> None:
    if not repriced:
        return
    digests: dict[str, str] = {one.id: one.effects_digest for one in repriced}
    transaction.execute(EFFECT_LINE.delete().where(EFFECT_LINE.c.measure_id.in_(list(digests))))
    lines = [line for one in repriced for line in assessment_rows.effect_line_rows(one.outcome)]
    insert_many(transaction, EFFECT_LINE, lines)
    verdict_history.store_lines(transaction, digests, lines, now)


def _mark_unmapped(
    transaction: Connection, connection: ConnectionName, outcomes: Sequence[UnmappedItem], now: datetime
) -> None:
    if outcomes:
        reasons = {outcome.item.native_id: outcome.reason for outcome in outcomes}
        verdict_history.store_removals(transaction, connection, reasons, now)
    for outcome in outcomes:
        transaction.execute(
            update(MEASURE)
            .where(MEASURE.c.connection == connection, MEASURE.c.native_id == outcome.item.native_id)
            .values(
                unmapped_since=func.coalesce(MEASURE.c.unmapped_since, func.now()),
                unmapped_reason=outcome.reason,
                # When it comes back, that is news.
                known_digest="",
            )
        )


def _mark_unreachable(transaction: Connection, connection: ConnectionName, items: Sequence[AbsentItem]) -> None:
    """An item that the tool does not show keeps its measure; the measure only says since when, and why."""
    for one in items:
        deletion = transaction.execute(_DELETED, {"connection": connection, "item": one.native_id}).first()
        transaction.execute(
            update(WORK_ITEM)
            .where(WORK_ITEM.c.connection == connection, WORK_ITEM.c.native_id == one.native_id)
            .values(
                unreachable_since=func.coalesce(WORK_ITEM.c.unreachable_since, func.now()),
                unreachable_reason="deleted: the tool's event said so" if deletion else one.reason or None,
            )
        )


# The event is still pending: it is settled at the end of this transaction.
_DELETED = text("""
    SELECT 1 FROM inbox WHERE connection = :connection AND native_id = :item AND state = 'pending'
      AND item_deleted LIMIT 1
""")
