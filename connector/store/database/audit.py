"""The audit: who decided what, when, from which evidence; a chain of hashes that the database itself makes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Connection, Engine, Row, or_, select, text

from connector.store.database.bulk_insert import insert_many
from connector.store.database.json_codec import Json
from connector.store.database.number_order import page_by_number
from connector.store.database.people_in_json import nameless_digest
from connector.store.database.tables import AUDIT, DECISION

PAGE = 5_000


@dataclass(frozen=True, slots=True)
class AuditEntry:
    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Json]
    mapping_version: int | None
    policy_version: str | None
    prev_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class ChainBreak:
    """Where the record does not hold, and what that means."""

    seq: int
    text: str


@dataclass(frozen=True, slots=True)
class VerificationResult:
    """What a verification found; the head is what somebody may note down elsewhere, to compare with later."""

    entries: int
    decisions: int
    head: str
    breaks: tuple[ChainBreak, ...]
    role_missing: bool
    """The application works as its login: the rows are protected by triggers alone."""


@dataclass(frozen=True, slots=True)
class VerificationProgress:
    """How far a verification is."""

    done: int
    total: int
    breaks: int


def record(transaction: Connection, entries: Sequence[Mapping[str, object]]) -> None:
    """Append entries; call it last in a transaction, because it waits for all others that append."""
    insert_many(transaction, AUDIT, entries)


class Audit:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def verify(self) -> VerificationResult:
        """Recompute the whole chain and the digest of every decision."""
        *_, found = self.verify_with_progress()
        if not isinstance(found, VerificationResult):
            raise TypeError("a verification ends with what it found")
        return found

    def verify_with_progress(self) -> Iterator[VerificationProgress | VerificationResult]:
        """The same, telling on the way how far it is; what was found comes last."""
        broken: list[ChainBreak] = []
        entries, decisions, last, previous = 0, 0, 0, ""
        # One snapshot: what is written meanwhile is neither in the chain nor in its head.
        with self._engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
            head = connection.execute(_HEAD).one()
            for row in _stream(connection, _CHAIN):
                entries += 1
                broken += _check(row, last, previous)
                last, previous = row.seq, row.hash
                if entries % PAGE == 0:
                    yield VerificationProgress(entries, max(head.seq, entries), len(broken))
            if (head.seq, head.hash) != (last, previous):
                broken.append(ChainBreak(last, f"the chain ends at entry {last}, but {head.seq} were written"))
            for row in _stream(connection, _DECISIONS):
                decisions += 1
                if nameless_digest([row.verdict, row.evidence], row.names) != row.digest:
                    broken.append(ChainBreak(0, f"decision {row.id} of {row.measure_id} is not what was decided"))
            broken += map(_unmatched, _stream(connection, _UNMATCHED))
            missing = connection.execute(_ROLE).scalar() != "gatepost_app"
        yield VerificationResult(entries, decisions, previous, tuple(broken), missing)

    def entries(self, subject: str | None = None, limit: int | None = None) -> Iterator[AuditEntry]:
        """Entries in their order; of one measure, connection or mapping, or all."""
        query = select(AUDIT).order_by(AUDIT.c.seq)
        if subject is not None:
            query = query.where(AUDIT.c.subject == subject)
        if limit is not None:
            query = query.limit(limit)
        with self._engine.connect() as connection:
            result = connection.execution_options(yield_per=PAGE).execute(query)
            for row in result:
                yield _entry(row)

    def decision(self, decision_digest: str) -> Row[Any] | None:
        """The whole decision behind an entry: verdict, evidence and versions."""
        with self._engine.connect() as connection:
            return connection.execute(select(DECISION).where(DECISION.c.digest == decision_digest)).first()


def search(
    connection: Connection,
    *,
    subjects: Sequence[str] = (),
    actors: Sequence[str] = (),
    actions: Sequence[str] = (),
    without: Sequence[str] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    after: int | None = None,
    limit: int,
    oldest_first: bool = False,
) -> tuple[AuditEntry, ...]:
    """Entries that match, newest first; an action is a whole one or its beginning up to a point.

    ``without`` are whole actions that are left out.
    """
    entries = AUDIT.c
    query = select(AUDIT)
    if actions:
        query = query.where(or_(*map(_is_action, actions)))
    if without:
        query = query.where(entries.action.not_in(without))
    if subjects:
        query = query.where(entries.subject.in_(subjects))
    if actors:
        query = query.where(entries.actor.in_(actors))
    if since is not None:
        query = query.where(entries.at >= since)
    if until is not None:
        query = query.where(entries.at < until)
    page = page_by_number(query, entries.seq, after=after, limit=limit, oldest_first=oldest_first)
    return tuple(map(_entry, connection.execute(page)))


def _is_action(action: str) -> ColumnElement[bool]:
    return (AUDIT.c.action == action) | _starts_with(f"{action}.")


def action_names(connection: Connection) -> tuple[str, ...]:
    """Every action that stands in the audit, by its name."""
    return tuple(connection.execute(_ACTIONS).scalars())


def _starts_with(beginning: str) -> ColumnElement[bool]:
    """As a range by bytes: LIKE is not leakproof, and helps no query that works under policies."""
    after = beginning[:-1] + chr(ord(beginning[-1]) + 1)
    return AUDIT.c.action.op("~>=~", return_type=Boolean())(beginning) & AUDIT.c.action.op(
        "~<~", return_type=Boolean()
    )(after)


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(
        row.seq, row.at, row.actor, row.action, row.subject, row.detail, row.mapping_version, row.policy_version,
        row.prev_hash, row.hash,
    )  # fmt: skip


def _check(row: Row[Any], last: int, previous: str) -> Iterator[ChainBreak]:
    if row.seq != last + 1:
        yield ChainBreak(row.seq, f"between entry {last} and entry {row.seq} something is missing")
    elif row.prev_hash != previous:
        yield ChainBreak(row.seq, f"entry {row.seq} does not follow the one before it")
    if hashlib.sha256(str(row.content).encode()).hexdigest() != row.hash:
        yield ChainBreak(row.seq, f"entry {row.seq} was changed after it was written")


def _unmatched(row: Row[Any]) -> ChainBreak:
    """Of a decision and its entry in the audit one is there more often than the other."""
    if row.decided > row.recorded:
        return ChainBreak(0, f"decision {row.decision} of {row.measure} is not in the audit")
    return ChainBreak(row.seq, f"the decision of entry {row.seq} about {row.measure} is missing")


def _stream(connection: Connection, statement: str) -> Iterator[Row[Any]]:
    yield from connection.execution_options(yield_per=PAGE).execute(text(statement))


_CHAIN = "SELECT seq, prev_hash, hash, audit_text(audit) AS content FROM audit ORDER BY seq"
_DECISIONS = "SELECT id, measure_id, digest, verdict, evidence, names FROM decision ORDER BY id"
# In the database, which puts on disk what does not fit into memory.
_UNMATCHED = """
    SELECT coalesce(e.subject, d.measure_id) AS measure, coalesce(e.many, 0) AS recorded,
           coalesce(d.many, 0) AS decided, e.seq, d.decision
    FROM (
        SELECT subject, detail ->> 'digest' AS digest, coalesce(detail ->> 'stage', '') AS stage,
               detail ->> 'gate' AS gate, coalesce(mapping_version, -1) AS mapping,
               coalesce(policy_version, '') AS policy, count(*) AS many, max(seq) AS seq
        FROM audit WHERE action = 'measure.assessed' GROUP BY 1, 2, 3, 4, 5, 6
    ) AS e FULL JOIN (
        SELECT measure_id, digest, coalesce(stage, '') AS stage, gate, mapping_version AS mapping,
               policy_version AS policy, count(*) AS many, max(id) AS decision
        FROM decision GROUP BY 1, 2, 3, 4, 5, 6
    ) AS d ON d.measure_id = e.subject AND d.digest = e.digest AND d.stage = e.stage AND d.gate = e.gate
        AND d.mapping = e.mapping AND d.policy = e.policy
    WHERE coalesce(e.many, 0) <> coalesce(d.many, 0)
    ORDER BY e.seq, d.decision
"""
_HEAD = text("SELECT seq, hash FROM audit_head")
_ROLE = text("SELECT current_user")
# From one action to the next by the index: their number is small, that of the entries is not.
_ACTIONS = text("""
    WITH RECURSIVE names AS (
        (SELECT action FROM audit ORDER BY action USING ~<~ LIMIT 1)
        UNION ALL
        SELECT (SELECT a.action FROM audit AS a WHERE a.action ~>~ n.action ORDER BY a.action USING ~<~ LIMIT 1)
        FROM names AS n WHERE n.action IS NOT NULL
    ) SELECT action FROM names WHERE action IS NOT NULL ORDER BY action
""")
