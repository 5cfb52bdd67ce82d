"""Budget locks: prepared by one person, agreed by another, who thereby corrects the budget's entries, all or none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Connection, Engine, Row, func, select, text

from connector.store.database import audit
from connector.store.database.reading import reading
from connector.store.database.tables import BUDGET_LOCK_STEP, LEDGER_ENTRY
from connector.store.ledger.entries import LedgerEntries
from connector.store.ledger.entry_rows import entry_from_row
from governance.budget_lock import (
    BudgetLock,
    BudgetLockStep,
    LockRefusal,
    LockStepKind,
    RefusedLock,
    reductions,
    refusal_to_agree,
    refusal_to_lock,
)
from governance.ledger import LedgerEntry, LedgerVersion, Refusal
from governance.ledger_source import EnteredBy
from governance.money import Money, Period
from governance.month_close import Signer

Validated: TypeAlias = "Callable[[BudgetLock], Money | RefusedLock]"
"""What is validated a month of a lock's measure now."""


class BudgetLocks:
    def __init__(self, engine: Engine, ledger: LedgerEntries) -> None:
        self._engine = engine
        self._ledger = ledger

    def steps(self, limit: int = 24) -> tuple[BudgetLockStep, ...]:
        """What was done, the newest first."""
        with reading(self._engine) as connection:
            return tuple(map(_step, connection.execute(_STEPS, {"limit": limit})))

    def waiting(self) -> tuple[BudgetLockStep, ...]:
        """What a second person has to answer."""
        with reading(self._engine) as connection:
            return tuple(map(_step, connection.execute(_WAITING, {"id": None})))

    def prepare(
        self, lock: BudgetLock, validated: Validated, *, by: Signer, now: datetime
    ) -> BudgetLockStep | RefusedLock:
        """Ask a second person to take a saving out of a budget."""
        with self._engine.begin() as transaction:
            transaction.execute(_ALONE)
            if any(one.lock.measure == lock.measure for one in map(_step, transaction.execute(_WAITING, {"id": None}))):
                return RefusedLock(LockRefusal.WAITS, "A lock of this measure waits for a second person already.")
            refusal = _refusal(transaction, lock, validated, now)
            if refusal is None and by.person is None:
                refusal = RefusedLock(
                    LockRefusal.NOT_A_PERSON, "A budget is changed by two people with an account of their own."
                )
            return refusal or _store(transaction, LockStepKind.PREPARED, lock, by, now)

    def agree(self, number: int, validated: Validated, *, by: Signer, now: datetime) -> BudgetLockStep | RefusedLock:
        """Agree, and correct the budget."""
        with self._engine.begin() as transaction:
            transaction.execute(_ALONE)
            waiting = _waits(transaction, number)
            if waiting is None:
                return _NOTHING
            refusal = refusal_to_agree(waiting, by) or _refusal(transaction, waiting.lock, validated, now)
            if refusal is not None:
                return refusal
            lock = waiting.lock
            found = reductions(lock, _budget(transaction, lock))
            if isinstance(found, RefusedLock):
                return found
            reason = f"{lock.reason} (saving of {lock.measure}; prepared by {waiting.by.login}, agreed by {by.login})"
            for one in found:
                made = self._ledger.correct_in(
                    transaction, one.entry, one.right, reason, EnteredBy(waiting.by.login), by=by.login, at=now
                )
                if isinstance(made, Refusal):
                    # Nobody else posts while this transaction holds the lock.
                    raise RuntimeError(made.sentence)
            return _store(transaction, LockStepKind.LOCKED, lock, by, now, waiting, len(found))

    def refuse(self, number: int, *, by: Signer, now: datetime) -> BudgetLockStep | RefusedLock:
        """Refuse what somebody prepared, or withdraw one's own."""
        with self._engine.begin() as transaction:
            transaction.execute(_ALONE)
            waiting = _waits(transaction, number)
            if waiting is None:
                return _NOTHING
            return _store(transaction, LockStepKind.REFUSED, waiting.lock, by, now, waiting)


_NOTHING = RefusedLock(LockRefusal.NOTHING_WAITS, "It was answered already: reload the page.")


def _refusal(transaction: Connection, lock: BudgetLock, validated: Validated, now: datetime) -> RefusedLock | None:
    amount = validated(lock)
    if isinstance(amount, RefusedLock):
        return amount
    taken = [_step(row).lock for row in transaction.execute(_LOCKED, {"measure": lock.measure})]
    refusal = refusal_to_lock(lock, amount, taken, now.date())
    if refusal is not None:
        return refusal
    found = reductions(lock, _budget(transaction, lock))
    return found if isinstance(found, RefusedLock) else None


def _budget(transaction: Connection, lock: BudgetLock) -> Sequence[LedgerEntry]:
    """The budget of the cost centre in the measure's legal entity; corrections stand where their entries do."""
    rows = LEDGER_ENTRY.c
    entity = transaction.execute(_ENTITY, {"measure": lock.measure}).scalar() or ""
    query = select(LEDGER_ENTRY).where(
        rows.version == LedgerVersion.BUDGET.value,
        func.lower(rows.cost_centre) == func.lower(lock.cost_centre),
        rows.month.between(lock.first.first_day, lock.last.first_day),
        rows.legal_entity_lower.in_(["", func.lower(entity)]),
    )
    return [entry_from_row(row) for row in transaction.execute(query.order_by(rows.id)).mappings()]


def _store(
    transaction: Connection,
    kind: LockStepKind,
    lock: BudgetLock,
    by: Signer,
    at: datetime,
    prepared: BudgetLockStep | None = None,
    entries: int = 0,
) -> BudgetLockStep:
    row = {
        "kind": kind.value, "answers": prepared.id if prepared else None, "measure_id": lock.measure,
        "cost_centre": lock.cost_centre, "month": lock.first.first_day, "amount": lock.amount.amount,
        "currency": lock.amount.currency, "reason": lock.reason, "entries": entries, "login": by.login,
        "person_id": by.person, "at": at,
    }  # fmt: skip
    number = transaction.execute(BUDGET_LOCK_STEP.insert().values(row).returning(BUDGET_LOCK_STEP.c.id)).scalar_one()
    told = f"{lock.text}: {kind.value}{f', prepared by {prepared.by.login}' if prepared else ''}. {lock.reason}"
    detail = {"text": told, "prepared_by": prepared.by.login if prepared else None, "entries": entries}
    audit.record(
        transaction, [{"actor": by.login, "action": f"budget.{kind.value}", "subject": lock.measure, "detail": detail}]
    )
    return BudgetLockStep(number, kind, lock, by, at, prepared.id if prepared else None, entries)


def _waits(transaction: Connection, number: int) -> BudgetLockStep | None:
    row = transaction.execute(_WAITING, {"id": number}).first()
    return _step(row) if row is not None else None


def _step(row: Row[Any]) -> BudgetLockStep:
    lock = BudgetLock(
        row.measure_id, row.cost_centre, Period.of(row.month), Money(row.amount, row.currency), row.reason
    )
    return BudgetLockStep(
        row.id, LockStepKind(row.kind), lock, Signer(row.login, row.person_id), row.at, row.answers, row.entries
    )


# The same lock that whoever posts holds together with others.
_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended('ledger', 4713))")
_ENTITY = text("SELECT legal_entity FROM measure WHERE id = :measure")
_STEPS = text("SELECT * FROM budget_lock_step ORDER BY id DESC LIMIT :limit")
_LOCKED = text("SELECT * FROM budget_lock_step WHERE measure_id = :measure AND kind = 'locked' ORDER BY id")
_WAITING = text("""
    SELECT * FROM budget_lock_step AS s WHERE s.kind = 'prepared' AND (CAST(:id AS bigint) IS NULL OR s.id = :id)
      AND NOT EXISTS (SELECT 1 FROM budget_lock_step AS a WHERE a.answers = s.id)
    ORDER BY s.id DESC
""")
