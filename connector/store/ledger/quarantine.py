"""Rows of imports that match no measure: kept, given to somebody with a deadline, and decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import Connection, Row, text

from connector.store.ledger.entry_rows import entry_from_row, entry_to_row
from governance.ledger import EntryId, LedgerEntry, Posting
from governance.ledger_source import LedgerSource
from governance.money import Period

DECIDE_WITHIN = timedelta(days=5)
NOBODY = "the controller, whom nobody has named,"


@dataclass(frozen=True, slots=True)
class QuarantinedLine:
    """One stated amount that waits."""

    posting: Posting
    source: LedgerSource
    record: str = ""


@dataclass(frozen=True, slots=True)
class NewQuarantine:
    """All lines of one subject of a file, in one currency."""

    subject: str
    gap: str
    """``subject``, ``month``, ``currency`` when it is missing; ``measure`` when nothing has this name, ``several``."""
    currency: str
    lines: tuple[QuarantinedLine, ...]

    @property
    def amount(self) -> Decimal:
        return sum((line.posting.money.amount for line in self.lines), Decimal(0))

    @property
    def name(self) -> str:
        return f'"{self.subject}"' if self.subject else "rows without a name"

    @property
    def why(self) -> str:
        return _WHY[self.gap]


@dataclass(frozen=True, slots=True)
class Quarantined:
    id: int
    import_id: int
    stream: str
    subject: str
    gap: str
    amount: Decimal
    currency: str
    months: tuple[Period, ...]
    lines: int
    owner: str
    due_at: date
    file: str
    state: str = "open"

    @property
    def sentence(self) -> str:
        """``"4711-02" of 1,200 EUR matches no measure``"""
        return f"{self.name}: {_WHY[self.gap]}"

    @property
    def name(self) -> str:
        return f'"{self.subject}"' if self.subject else "rows without a name"


_WHY = {
    "measure": "matches no measure",
    "several": "is the name of several measures",
    "subject": "do not say what they belong to",
    "month": "has an amount without a month",
    "currency": "has an amount without a currency",
    "unallocated": "matches no rule",
}


def add_quarantine(
    transaction: Connection, import_id: int, stream: str, found: Sequence[NewQuarantine], owner: str, at: datetime
) -> None:
    """Keep them; what an earlier file of the stream had of the same subject is taken over, the newer amount counts."""
    for one in found:
        asked = {"stream": stream, "subject": one.subject, "gap": one.gap, "currency": one.currency}
        earlier = transaction.execute(_TAKE_OVER, asked).first()
        lines = _merged(_lines(earlier.lines) if earlier else (), one.lines)
        transaction.execute(
            _ADD,
            asked | {
                "import": import_id, "lines": orjson.dumps([_line(line) for line in lines], default=str).decode(),
                "amount": sum((line.posting.money.amount for line in lines), Decimal(0)),
                "months": sorted({line.posting.month.first_day for line in lines}),
                "owner": (earlier.owner if earlier else "") or owner,
                "due": earlier.due_at if earlier else (at + DECIDE_WITHIN).date(),
            },
        )  # fmt: skip


def end_allocated(transaction: Connection, stream: str, found: Sequence[NewQuarantine], months: set[Period]) -> None:
    """End what a bill of these months left unallocated before, and a newer one does not."""
    asked = {
        "stream": stream, "subjects": [one.subject.lower() for one in found],
        "months": [month.first_day for month in sorted(months)],
    }  # fmt: skip
    transaction.execute(_END_ALLOCATED, asked)


def _merged(before: Sequence[QuarantinedLine], new: Sequence[QuarantinedLine]) -> list[QuarantinedLine]:
    found = {}
    for line in (*before, *new):
        posting = line.posting
        key = (
            posting.version, posting.kind, posting.month, posting.account, posting.hard, posting.pl_line,
            posting.cost_centre, posting.gl_account, posting.legal_entity, posting.counterparty, line.record,
        )  # fmt: skip
        found[key] = line
    return list(found.values())


def open_quarantine(
    connection: Connection, *, month: Period | None = None, owner: str = "", limit: int = 1_000
) -> list[Quarantined]:
    """What waits for a decision, the largest first; of a month, what has an amount in it or in none.

    ``owner`` is a part of the name of whoever has to act.
    """
    asked = {"month": month.first_day if month else None, "owner": owner.lower(), "limit": limit}
    return [_quarantined(row) for row in connection.execute(_OPEN, asked)]


def read_quarantine(connection: Connection, number: int) -> tuple[Quarantined, tuple[QuarantinedLine, ...]] | None:
    row = connection.execute(_ONE, {"id": number}).first()
    return (_quarantined(row), _lines(row.content)) if row is not None else None


def decide(
    transaction: Connection, number: int, state: str, *, by: str, at: datetime, reason: str, measure: str | None = None
) -> bool:
    """Whether it was still open."""
    asked = {"id": number, "state": state, "by": by, "at": at, "reason": reason, "measure": measure}
    return transaction.execute(_DECIDE, asked).rowcount == 1


def assign(transaction: Connection, number: int, owner: str, due: date | None = None) -> bool:
    return transaction.execute(_ASSIGN, {"id": number, "owner": owner, "due": due}).rowcount == 1


def aliases(connection: Connection, stream: str) -> dict[str, str]:
    """Measure by the folded subject, as people decided it."""
    rows = connection.execute(text("SELECT subject, measure_id FROM money_alias WHERE stream = :s"), {"s": stream})
    return {row.subject: row.measure_id for row in rows}


def remember(transaction: Connection, stream: str, subject: str, measure: str, by: str, at: datetime) -> None:
    asked = {"stream": stream, "subject": subject, "measure": measure, "by": by, "at": at}
    transaction.execute(_REMEMBER, asked)


def _line(line: QuarantinedLine) -> dict[str, object]:
    epoch = datetime(1970, 1, 1)  # noqa: DTZ001 - not stored
    row = entry_to_row(LedgerEntry(EntryId(0), line.posting, line.source, epoch, ""))
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in row.items()} | {
        "record": line.record
    }


def _lines(stored: Sequence[dict[str, Any]]) -> tuple[QuarantinedLine, ...]:
    found = []
    for values in stored:
        row = dict(values)
        row["month"], row["amount"] = date.fromisoformat(row["month"]), Decimal(row["amount"])
        entry = entry_from_row(row)
        found.append(QuarantinedLine(entry.posting, entry.source, row["record"]))
    return tuple(found)


def _quarantined(row: Row[Any]) -> Quarantined:
    return Quarantined(
        row.id, row.import_id, row.stream, row.subject, row.gap, row.amount, row.currency,
        tuple(Period.of(month) for month in row.months), row.many, row.owner, row.due_at, row.file, row.state,
    )  # fmt: skip


_SELECT = """
    SELECT q.id, q.import_id, q.stream, q.subject, q.gap, q.amount, q.currency, q.months, q.owner, q.due_at, q.state,
           jsonb_array_length(q.lines) AS many, i.file
"""
_OPEN = text(f"""
    {_SELECT} FROM money_quarantine AS q JOIN money_import AS i ON i.id = q.import_id
    WHERE q.state = 'open' AND (CAST(:month AS date) IS NULL OR :month = ANY (q.months) OR q.gap = 'month')
      AND strpos(lower(q.owner), :owner) > 0
    ORDER BY abs(q.amount) DESC, q.id LIMIT :limit
""")
_ONE = text(f"""
    {_SELECT}, q.lines AS content
    FROM money_quarantine AS q JOIN money_import AS i ON i.id = q.import_id WHERE q.id = :id
""")
_TAKE_OVER = text("""
    UPDATE money_quarantine SET state = 'superseded'
    WHERE state = 'open' AND stream = :stream AND lower(subject) = lower(:subject) AND gap = :gap
      AND currency = :currency
    RETURNING lines, owner, due_at
""")
_END_ALLOCATED = text("""
    UPDATE money_quarantine SET state = 'superseded'
    WHERE state = 'open' AND stream = :stream AND gap = 'unallocated' AND months <@ CAST(:months AS date[])
      AND lower(subject) <> ALL (CAST(:subjects AS text[]))
""")
_ADD = text("""
    INSERT INTO money_quarantine (import_id, stream, subject, gap, lines, amount, currency, months, owner, due_at)
    VALUES (:import, :stream, :subject, :gap, CAST(:lines AS jsonb), :amount, :currency, :months, :owner, :due)
""")
_DECIDE = text("""
    UPDATE money_quarantine SET state = :state, decided_by = :by, decided_at = :at, reason = :reason,
        measure_id = :measure
    WHERE id = :id AND state = 'open'
""")
_ASSIGN = text("""
    UPDATE money_quarantine SET owner = :owner, due_at = coalesce(:due, due_at) WHERE id = :id AND state = 'open'
""")
_REMEMBER = text("""
    INSERT INTO money_alias (stream, subject, measure_id, decided_by, decided_at)
    VALUES (:stream, :subject, :measure, :by, :at)
    ON CONFLICT (stream, subject) DO UPDATE SET measure_id = excluded.measure_id, decided_by = excluded.decided_by,
        decided_at = excluded.decided_at
""")


def unknown_only(connection: Connection, stream: str, found: Sequence[NewQuarantine]) -> list[NewQuarantine]:
    """Those with a line that neither waits already nor was dismissed as it is."""
    known: dict[tuple[str, str, str], set[tuple[object, ...]]] = {}
    for row in connection.execute(_KNOWN, {"stream": stream, "subjects": [one.subject.lower() for one in found]}):
        lines = known.setdefault((row.subject, row.gap, row.currency), set())
        lines.update(_content(line) for line in _lines(row.lines))
    return [
        one
        for one in found
        if not {_content(line) for line in one.lines} <= known.get((one.subject.lower(), one.gap, one.currency), set())
    ]


def _content(line: QuarantinedLine) -> tuple[object, ...]:
    return (line.posting, line.record)


_KNOWN = text("""
    SELECT lower(subject) AS subject, gap, currency, lines FROM money_quarantine
    WHERE stream = :stream AND state IN ('open', 'dismissed') AND lower(subject) = ANY (CAST(:subjects AS text[]))
""")
