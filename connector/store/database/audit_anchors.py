"""What anchoring the audit asks of the database: its head, what stands at an entry, where the head was last kept."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Engine, select, text
from sqlalchemy.dialects.postgresql import insert

from connector.notify.audit_anchor import Anchor
from connector.store.database import audit
from connector.store.database.tables import AUDIT_ANCHOR

ANCHOR_LOCK = 4_713_000_024
"""Key of the advisory lock that lets one process anchor at a time."""


class AnchorProblem(StrEnum):
    """Why the head of the audit was not kept in a sink."""

    UNAVAILABLE = "unavailable"
    """The sink cannot be reached, or refuses."""
    REMOVED = "removed"
    """An anchor that was kept is gone."""
    INVALID = "invalid"
    """What is kept is no anchor of this installation."""
    CUT = "cut"
    """The audit ends before the entry that was anchored."""
    REWRITTEN = "rewritten"
    """The entry that was anchored has another content."""
    BROKEN = "broken"
    """The chain itself does not hold."""


@dataclass(frozen=True, slots=True)
class AuditHead:
    """The last entry of the audit."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class SinkState:
    """What the database knows about a sink."""

    number: int
    """The last anchor that was written there."""
    seq: int
    """The entry that it names."""
    anchored_at: datetime | None
    """When the head was last kept there, or found to be."""
    tried_at: datetime | None
    problem: AnchorProblem | None
    detail: str
    since: datetime
    """From when on it has to keep the head."""


class AuditAnchors:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Whether no other process anchors just now; none does until the end."""
        # Held by the session, not by a transaction: a sink that is slow keeps none open.
        with self._engine.connect() as session:
            mine = bool(session.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": ANCHOR_LOCK}).scalar())
            session.commit()
            try:
                yield mine
            finally:
                if mine:
                    session.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ANCHOR_LOCK})
                    session.commit()

    def head(self) -> AuditHead:
        with self._engine.connect() as connection:
            row = connection.execute(_HEAD).one()
        return AuditHead(row.seq, row.hash)

    def states(self) -> Mapping[str, SinkState]:
        """By the name of the sink."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(AUDIT_ANCHOR)).all()
        return {
            row.sink: SinkState(
                row.number, row.seq, row.anchored_at, row.tried_at,
                AnchorProblem(row.problem) if row.problem else None, row.detail, row.since,
            )
            for row in rows
        }  # fmt: skip

    def hashes(self, seqs: Collection[int]) -> Mapping[int, str]:
        """The hashes of entries, of those that are there."""
        with self._engine.connect() as connection:
            return {row.seq: row.hash for row in connection.execute(_HASHES, {"seqs": list(seqs)})}

    def is_sound(self, since: int, head: AuditHead) -> bool:
        """Whether the chain holds from one entry to the head, both included."""
        with self._engine.connect() as connection:
            row = connection.execute(_BREAKS, {"since": since, "until": head.seq}).one()
        return bool(row.breaks == 0 and row.entries == head.seq - max(since, 1) + 1 and row.last_hash == head.hash)

    def first_after(self, seq: int) -> datetime | None:
        """When the first entry after another was written; ``None`` when there is none."""
        with self._engine.connect() as connection:
            return connection.execute(_FIRST_AFTER, {"seq": seq}).scalar()

    def has_closed_since(self, seq: int, closing_stages: Collection[str]) -> bool:
        """Whether a measure was decided to be in a closing stage after an entry."""
        with self._engine.connect() as connection:
            found = connection.execute(_CLOSED, {"seq": seq, "stages": list(closing_stages)})
            return found.first() is not None

    def record(self, sink: str, anchor: Anchor, now: datetime) -> None:
        """The head is kept in a sink."""
        self._store(sink, now, number=anchor.number, seq=anchor.seq, anchored_at=now, problem=None, detail="")

    def record_problem(self, sink: str, problem: AnchorProblem, detail: str, now: datetime) -> None:
        """The head could not be kept in a sink."""
        self._store(sink, now, problem=problem.value, detail=detail)

    def set_sinks(self, names: Sequence[str], now: datetime) -> None:
        """Forget sinks that are no longer among the settings, which is an entry of the audit, and await new ones."""
        with self._engine.begin() as transaction:
            before = sorted(transaction.execute(select(AUDIT_ANCHOR.c.sink)).scalars())
            if before == sorted(names):
                return
            gone = [name for name in before if name not in names]
            transaction.execute(AUDIT_ANCHOR.delete().where(AUDIT_ANCHOR.c.sink.in_(gone)))
            for name in names:
                transaction.execute(insert(AUDIT_ANCHOR).values(sink=name, since=now).on_conflict_do_nothing())
            detail = {"text": f"The head of the audit is kept in: {', '.join(sorted(names)) or 'nothing'}.",
                      "before": before, "now": sorted(names)}  # fmt: skip
            entry = {"actor": "gatepost", "action": "audit.sinks_changed", "subject": "audit", "detail": detail}
            audit.record(transaction, [entry])

    def record_restart(self, by: str, reason: str) -> None:
        """That the next anchors are of an audit which those before do not know, as an entry of it."""
        with self._engine.begin() as transaction:
            entry = {"actor": by, "action": "audit.restarted", "subject": "audit", "detail": {"text": reason}}
            audit.record(transaction, [entry])

    def _store(self, sink: str, now: datetime, **values: object) -> None:
        row = {"tried_at": now, **values}
        statement = insert(AUDIT_ANCHOR).values(sink=sink, since=now, **row)
        with self._engine.begin() as transaction:
            transaction.execute(statement.on_conflict_do_update(index_elements=["sink"], set_=row))


_HEAD = text("SELECT seq, hash FROM audit_head")
_HASHES = text("SELECT seq, hash FROM audit WHERE seq = ANY(:seqs)")
_BREAKS = text("""
    SELECT count(*) AS entries, (SELECT hash FROM audit WHERE seq = :until) AS last_hash,
           count(*) FILTER (WHERE made <> hash OR prev_hash <> before OR seq <> seq_before + 1) AS breaks
    FROM (
        SELECT seq, hash, prev_hash, lag(hash) OVER chain AS before, lag(seq) OVER chain AS seq_before,
               encode(sha256(convert_to(audit_text(audit), 'UTF8')), 'hex') AS made
        FROM audit WHERE seq BETWEEN :since AND :until WINDOW chain AS (ORDER BY seq)
    ) AS part
""")
_FIRST_AFTER = text("SELECT at FROM audit WHERE seq > :seq ORDER BY seq LIMIT 1")
_CLOSED = text("""
    SELECT 1 FROM audit WHERE seq > :seq AND action = 'measure.assessed' AND detail ->> 'stage' = ANY(:stages) LIMIT 1
""")
