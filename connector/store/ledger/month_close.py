"""The close of months: prepared by one person, accepted by another, and signed in the audit.

Whoever accepts holds the ledger's lock alone (:mod:`connector.store.ledger.entries`), so that the digest that is signed
is that of everything the month holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, text

from connector.store.database import audit
from connector.store.database.json_codec import to_json
from connector.store.database.reading import reading
from connector.store.database.tables import MONTH_CLOSE_STEP
from connector.store.ledger.close_checklist import close_checklist
from connector.store.ledger.closed_months import assess_again
from connector.store.ledger.entries import read_entries
from connector.store.queue.wake_up import Waker
from governance.capital import capitalised
from governance.ledger import LedgerEntry
from governance.ledger_sums import booked_cost, digest
from governance.money import Money, Period
from governance.month_close import (
    WAITING,
    CloseItem,
    CloseRefusal,
    CloseState,
    CloseStep,
    RefusedStep,
    Signer,
    StepKind,
    TieOut,
    closed_after,
    refusal_to_accept,
    refusal_to_prepare,
    refusal_to_reopen,
)
from governance.rates import Reporting


class MonthClose:
    def __init__(self, engine: Engine, waker: Waker) -> None:
        self._engine = engine
        self._waker = waker

    def state(self, legal_entity: str, now: datetime) -> CloseState:
        """Where a legal entity stands, or all together (empty)."""
        with reading(self._engine) as connection:
            return _state(connection, legal_entity, now)

    def closed_through(self, legal_entity: str) -> Period | None:
        """The last month that is closed for a legal entity, by itself or with all others."""
        with reading(self._engine) as connection:
            found = connection.execute(_CLOSED_THROUGH, {"entity": legal_entity}).scalar()
        return Period.of(found) if found is not None else None

    def legal_entities(self) -> tuple[str, ...]:
        """Those that measures, entries or steps name, in the order of their names; all together (empty) comes first."""
        with reading(self._engine) as connection:
            return tuple(dict.fromkeys(("", *connection.execute(_ENTITIES).scalars())))

    def steps(self, legal_entity: str, limit: int = 24) -> tuple[CloseStep, ...]:
        """What was done, the newest first."""
        with reading(self._engine) as connection:
            rows = connection.execute(_STEPS, {"entity": legal_entity, "limit": limit})
            return tuple(map(_step, rows))

    def step(self, number: int) -> CloseStep | None:
        with reading(self._engine) as connection:
            row = connection.execute(_STEP, {"id": number}).first()
        return _step(row) if row is not None else None

    def checklist(
        self, month: Period, legal_entity: str, reporting: Reporting, most: int | None = None
    ) -> tuple[CloseItem, ...]:
        """What is not done of a month; ``most`` lines of each kind."""
        with reading(self._engine) as connection:
            return close_checklist(connection, month, legal_entity, reporting, most)

    def prepare(
        self,
        month: Period,
        legal_entity: str,
        reporting: Reporting,
        *,
        by: Signer,
        now: datetime,
        reason: str = "",
        gl_cost: Money | None = None,
    ) -> CloseStep | RefusedStep:
        """Prepare the close of a month, for another person to accept.

        ``gl_cost`` is what the general ledger shows of the month's cost: what
        :func:`governance.ledger_sums.booked_cost` adds up here.
        """
        with self._engine.begin() as transaction:
            transaction.execute(_ALONE)
            checklist = close_checklist(transaction, month, legal_entity, reporting)
            entries = read_entries(transaction, month=month, legal_entity=legal_entity)
            tie_out = TieOut(gl_cost, booked_cost(entries, gl_cost.currency)) if gl_cost is not None else None
            state = _state(transaction, legal_entity, now)
            refusal = refusal_to_prepare(state, month, now.date(), checklist, reason, tie_out)
            if refusal is not None:
                return refusal
            step = CloseStep(
                0, StepKind.CLOSE_PREPARED, legal_entity, month, by, now, None, None, len(entries), digest(entries),
                reason.strip(), tie_out,
            )  # fmt: skip
            return _store(transaction, step, "month.close_prepared", checklist)

    def request_reopening(
        self, month: Period, legal_entity: str, reason: str, *, by: Signer, now: datetime
    ) -> CloseStep | RefusedStep:
        """Ask for the last closed month to be open again, for another person to accept."""
        with self._engine.begin() as transaction:
            transaction.execute(_ALONE)
            refusal = refusal_to_reopen(_state(transaction, legal_entity, now), month, reason)
            if refusal is not None:
                return refusal
            step = CloseStep(0, StepKind.REOPENING_REQUESTED, legal_entity, month, by, now, reason=reason.strip())
            return _store(transaction, step, "month.reopening_requested")

    def accept(self, number: int, reporting: Reporting, *, by: Signer, now: datetime) -> CloseStep | RefusedStep:
        """Close or reopen, as was prepared."""
        with self._engine.begin() as transaction:
            transaction.execute(_ALONE)
            waiting = _waiting_step(transaction, number)
            if waiting is None:
                return _NOTHING
            entries = read_entries(transaction, month=waiting.month, legal_entity=waiting.legal_entity)
            signed = digest(entries)
            closes = waiting.kind is StepKind.CLOSE_PREPARED
            checklist = close_checklist(transaction, waiting.month, waiting.legal_entity, reporting) if closes else ()
            refusal = refusal_to_accept(waiting, by, now, signed, _entered_by(entries, by), checklist)
            if refusal is not None:
                return refusal
            through = closed_after(waiting, _state(transaction, waiting.legal_entity, now))
            step = replace(
                waiting, kind=StepKind.CLOSED if closes else StepKind.REOPENED, by=by, at=now, answers=waiting.id,
                closed_through=through, entries=len(entries), ledger_digest=signed,
            )  # fmt: skip
            assess_again(transaction, self._waker, waiting.legal_entity)
            return _store(transaction, step, "month.closed" if closes else "month.reopened", checklist, waiting)

    def refuse(self, number: int, reason: str, *, by: Signer, now: datetime) -> CloseStep | RefusedStep:
        """Refuse what waits, or withdraw what one has prepared oneself."""
        with self._engine.begin() as transaction:
            transaction.execute(_ALONE)
            waiting = _waiting_step(transaction, number)
            if waiting is None:
                return _NOTHING
            own = by.person is not None and by.person == waiting.by.person
            kind = StepKind.WITHDRAWN if own else StepKind.REFUSED
            step = replace(
                waiting,
                kind=kind,
                by=by,
                at=now,
                answers=waiting.id,
                entries=0,
                ledger_digest="",
                reason=reason.strip(),
                tie_out=None,
            )
            return _store(transaction, step, f"month.{kind.value}", prepared=waiting)


_NOTHING = RefusedStep(CloseRefusal.NOTHING_WAITS, "It was answered already: reload the page.")


def _state(connection: Connection, legal_entity: str, now: datetime) -> CloseState:
    row = connection.execute(_STATE, {"entity": legal_entity}).one()
    waiting = connection.execute(_WAITING, {"entity": legal_entity}).first()
    step = _step(waiting) if waiting is not None else None
    return CloseState(
        legal_entity,
        Period.of(row.closed) if row.closed is not None else None,
        Period.of(row.first) if row.first is not None else None,
        step if step is not None and now < step.ends_at else None,
        Period.of(row.with_all) if legal_entity and row.with_all is not None else None,
    )


def _waiting_step(transaction: Connection, number: int) -> CloseStep | None:
    row = transaction.execute(_STEP, {"id": number}).first()
    step = _step(row) if row is not None else None
    answered = transaction.execute(_ANSWERED, {"id": number}).first() is not None
    return step if step is not None and step.kind in WAITING and not answered else None


def _entered_by(entries: Sequence[LedgerEntry], by: Signer) -> int:
    return sum(entry.entered_by.casefold() == by.login.casefold() for entry in entries)


def _store(
    transaction: Connection,
    step: CloseStep,
    action: str,
    checklist: Sequence[CloseItem] = (),
    prepared: CloseStep | None = None,
) -> CloseStep:
    tie_out = step.tie_out
    row = {
        "kind": step.kind.value,
        "legal_entity": step.legal_entity,
        "month": step.month.first_day,
        "answers": step.answers,
        "closed_through": step.closed_through.first_day if step.closed_through else None,
        "entries": step.entries,
        "ledger_digest": step.ledger_digest,
        "gl_cost": tie_out.stated.amount if tie_out else None,
        "ledger_cost": tie_out.booked.amount if tie_out else None,
        "cost_currency": tie_out.stated.currency if tie_out else None,
        "checklist": to_json(tuple(checklist)),
        "reason": step.reason,
        "login": step.by.login,
        "person_id": step.by.person,
        "at": step.at,
    }
    number = transaction.execute(MONTH_CLOSE_STEP.insert().values(row).returning(MONTH_CLOSE_STEP.c.id)).scalar_one()
    stored = replace(step, id=number)
    about = prepared or step
    told = f"{capitalised(about.sentence)}: {_TOLD[step.kind]}"
    detail = {
        "text": f"{told}{f', prepared by {prepared.by.login}' if prepared else ''}.",
        "month": str(step.month),
        "legal_entity": step.legal_entity,
        "entries": step.entries,
        "ledger_digest": step.ledger_digest,
        "checklist": len(checklist),
        "general_ledger": f"{tie_out.stated}, booked {tie_out.booked}" if tie_out else None,
        "reason": step.reason,
        "prepared_by": prepared.by.login if prepared else None,
    }
    subject = f"month/{step.month}/{step.legal_entity or 'all'}"
    audit.record(transaction, [{"actor": step.by.login, "action": action, "subject": subject, "detail": detail}])
    return stored


_TOLD = {
    StepKind.CLOSE_PREPARED: "prepared",
    StepKind.CLOSED: "reviewed and signed",
    StepKind.REOPENING_REQUESTED: "requested",
    StepKind.REOPENED: "accepted",
    StepKind.REFUSED: "refused",
    StepKind.WITHDRAWN: "withdrawn",
}


def _step(row: Row[Any]) -> CloseStep:
    return CloseStep(
        row.id, StepKind(row.kind), row.legal_entity, Period.of(row.month), Signer(row.login, row.person_id), row.at,
        row.answers, Period.of(row.closed_through) if row.closed_through is not None else None, row.entries,
        row.ledger_digest, row.reason,
        TieOut(Money(row.gl_cost, row.cost_currency), Money(row.ledger_cost, row.cost_currency))
        if row.cost_currency is not None else None,
    )  # fmt: skip


# The same lock that whoever posts holds together with others.
_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended('ledger', 4713))")
_CLOSED_THROUGH = text("SELECT ledger_closed_through(:entity)")
# From one name to the next by the index: there are few of them among millions of rows.
_ENTITIES = text("""
    WITH RECURSIVE of_measures (name, legal_entity) AS (
        (SELECT lower(legal_entity), legal_entity FROM measure WHERE legal_entity IS NOT NULL
         ORDER BY lower(legal_entity) LIMIT 1)
        UNION ALL
        SELECT following.* FROM of_measures, LATERAL (
            SELECT lower(m.legal_entity), m.legal_entity FROM measure AS m
            WHERE lower(m.legal_entity) > of_measures.name ORDER BY lower(m.legal_entity) LIMIT 1) AS following
    ), of_entries (name, legal_entity) AS (
        (SELECT legal_entity_lower, legal_entity FROM ledger_entry ORDER BY legal_entity_lower LIMIT 1)
        UNION ALL
        SELECT following.* FROM of_entries, LATERAL (
            SELECT e.legal_entity_lower, e.legal_entity FROM ledger_entry AS e
            WHERE e.legal_entity_lower > of_entries.name ORDER BY e.legal_entity_lower LIMIT 1) AS following
    )
    SELECT DISTINCT ON (lower(legal_entity)) legal_entity FROM (
        SELECT legal_entity FROM of_measures UNION ALL SELECT legal_entity FROM of_entries
        UNION ALL SELECT legal_entity FROM month_close_step
    ) AS named ORDER BY lower(legal_entity), legal_entity
""")
_STATE = text("""
    SELECT ledger_closed_through(:entity) AS closed, ledger_closed_through('') AS with_all,
           (SELECT min(month) FROM month_close_step
            WHERE lower(legal_entity) = lower(:entity) AND kind = 'closed') AS first
""")
_STEPS = text("SELECT * FROM month_close_step WHERE lower(legal_entity) = lower(:entity) ORDER BY id DESC LIMIT :limit")
_STEP = text("SELECT * FROM month_close_step WHERE id = :id")
_ANSWERED = text("SELECT 1 FROM month_close_step WHERE answers = :id")
_WAITING = text("""
    SELECT * FROM month_close_step AS s
    WHERE lower(s.legal_entity) = lower(:entity) AND s.kind IN ('close prepared', 'reopening requested')
      AND NOT EXISTS (SELECT 1 FROM month_close_step AS a WHERE a.answers = s.id)
    ORDER BY s.id DESC LIMIT 1
""")
