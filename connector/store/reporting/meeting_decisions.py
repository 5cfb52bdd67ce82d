"""What meetings decided, until somebody who may has given it as a command; the audit keeps both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.dialects.postgresql import insert

from connector.store.database import audit
from connector.store.database.tables import MEASURE, MEETING_DECISION

DECIDED, GIVEN = "meeting.decided", "meeting.given"
"""Names of both entries in the audit."""


@dataclass(frozen=True, slots=True)
class MeetingDecision:
    id: int
    report_id: str | None
    measure: str
    key: str
    title: str
    command: str
    minutes: str
    met_on: date
    entered_by: str
    entered_at: datetime
    given: int | None
    given_by: str | None

    @property
    def text(self) -> str:
        """``Decided in the meeting of 2026-11-29, minutes SC-14: /hold until the contract is signed``"""
        return f"Decided in the meeting of {self.met_on}, minutes {self.minutes}: {self.command}"


def decisions(
    connection: Connection, *, report_id: str | None = None, only_open: bool = False, number: int | None = None
) -> tuple[MeetingDecision, ...]:
    """Those that the reader sees, the oldest first; the connection reads as them."""
    columns = MEETING_DECISION.c
    query = (
        select(MEETING_DECISION, MEASURE.c.key, MEASURE.c.title)
        .join(MEASURE, MEASURE.c.id == columns.measure_id)
        .order_by(columns.id)
    )
    if report_id is not None:
        query = query.where(columns.report_id == report_id)
    if only_open:
        query = query.where(columns.given.is_(None))
    if number is not None:
        query = query.where(columns.id == number)
    return tuple(_decision(row) for row in connection.execute(query))


def _decision(row: Any) -> MeetingDecision:
    return MeetingDecision(
        row.id, row.report_id, row.measure_id, row.key, row.title or "", row.command, row.minutes, row.met_on,
        row.entered_by, row.entered_at, row.given, row.given_by,
    )  # fmt: skip


class MeetingDecisions:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def enter(
        self,
        measure: str,
        command: str,
        minutes: str,
        met_on: date,
        *,
        report_id: str | None,
        by: str,
        now: datetime,
    ) -> int | None:
        """The number of the decision; ``None`` when the same one of the same minutes was entered before."""
        with self._engine.begin() as transaction:
            number: int | None = transaction.execute(
                insert(MEETING_DECISION)
                .values(
                    report_id=report_id, measure_id=measure, command=command, minutes=minutes, met_on=met_on,
                    entered_by=by, entered_at=now,
                )
                .on_conflict_do_nothing()
                .returning(MEETING_DECISION.c.id)
            ).scalar()  # fmt: skip
            if number is None:
                return None
            detail = {
                "text": f"Decided in the meeting of {met_on}, minutes {minutes}: {command}",
                "minutes": minutes, "met_on": met_on.isoformat(), "command": command, "report": report_id or "",
                "decision": number,
            }  # fmt: skip
            audit.record(transaction, [{"actor": by, "action": DECIDED, "subject": measure, "detail": detail}])
        return number

    def claim(self, decision: MeetingDecision, by: str, now: datetime) -> bool:
        """Take an open decision to give it; false when somebody else has it."""
        columns = MEETING_DECISION.c
        taken = update(MEETING_DECISION).where(columns.id == decision.id, columns.given.is_(None))
        with self._engine.begin() as transaction:
            return transaction.execute(taken.values(given=0, given_by=by, given_at=now)).rowcount == 1

    def release(self, decision: MeetingDecision) -> None:
        """It could not be given: it is open again."""
        self._set(decision.id, given=None, given_by=None, given_at=None)

    def record_given(self, decision: MeetingDecision, command_number: int, by: str) -> None:
        """Somebody who may has given it, as the command of that number."""
        self._set(decision.id, given=command_number)
        detail = {
            "text": f"Given as decided in the meeting of {decision.met_on}, minutes {decision.minutes}: "
            f"{decision.command}",
            "minutes": decision.minutes, "command_number": command_number, "decision": decision.id,
        }  # fmt: skip
        entry = {"actor": by, "action": GIVEN, "subject": decision.measure, "detail": detail}
        with self._engine.begin() as transaction:
            audit.record(transaction, [entry])

    def _set(self, number: int, **values: object) -> None:
        with self._engine.begin() as transaction:
            transaction.execute(update(MEETING_DECISION).where(MEETING_DECISION.c.id == number).values(**values))
