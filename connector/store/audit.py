"""The audit: who decided what, when, from which evidence; a chain of hashes that the database itself makes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, select, text

from connector.store.jsonable import Json, digest
from connector.store.tables import AUDIT, DECISION

PAGE = 5_000


@dataclass(frozen=True, slots=True)
class Entry:
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
class Broken:
    """Where the record does not hold, and what that means."""

    seq: int
    text: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification found; the head is what somebody may note down elsewhere, to compare with later."""

    entries: int
    decisions: int
    head: str
    broken: tuple[Broken, ...]
    role_missing: bool
    """The application works as its login: the rows are protected by triggers alone."""


def record(transaction: Connection, entries: Sequence[Mapping[str, object]]) -> None:
    """Append entries; call it last in a transaction, because it waits for all others that append."""
    if entries:
        transaction.execute(AUDIT.insert().inline(), list(entries))


class Audit:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def verify(self) -> Verified:
        """Recompute the whole chain and the digest of every decision."""
        broken: list[Broken] = []
        entries, last, previous, decided = 0, 0, "", set[str]()
        with self._engine.connect() as connection:
            for row in _stream(connection, _CHAIN):
                entries += 1
                broken += _check(row, last, previous)
                last, previous = row.seq, row.hash
                if row.action == "decided":
                    decided.add(str(row.detail["digest"]))
            head = connection.execute(_HEAD).one()
            if (head.seq, head.hash) != (last, previous):
                broken.append(Broken(last, f"the chain ends at entry {last}, but {head.seq} were written"))
            decisions = 0
            for row in _stream(connection, _DECISIONS):
                decisions += 1
                if row.digest and digest([row.verdict, row.evidence]) != row.digest:
                    broken.append(Broken(0, f"decision {row.id} of {row.measure_id} is not what was decided"))
                elif row.digest and row.digest not in decided:
                    broken.append(Broken(0, f"decision {row.id} of {row.measure_id} is not in the audit"))
            missing = connection.execute(_ROLE).scalar() != "gatepost_app"
        return Verified(entries, decisions, previous, tuple(broken), missing)

    def entries(self, subject: str | None = None, limit: int | None = None) -> Iterator[Entry]:
        """Entries in their order; of one measure, connection or mapping, or all."""
        query = select(AUDIT).order_by(AUDIT.c.seq)
        if subject is not None:
            query = query.where(AUDIT.c.subject == subject)
        if limit is not None:
            query = query.limit(limit)
        with self._engine.connect() as connection:
            result = connection.execution_options(yield_per=PAGE).execute(query)
            for row in result:
                yield Entry(
                    row.seq, row.at, row.actor, row.action, row.subject, row.detail, row.mapping_version,
                    row.policy_version, row.prev_hash, row.hash,
                )  # fmt: skip

    def decision(self, decision_digest: str) -> Row[Any] | None:
        """The whole decision behind an entry: verdict, evidence and versions."""
        with self._engine.connect() as connection:
            return connection.execute(select(DECISION).where(DECISION.c.digest == decision_digest)).first()


def _check(row: Row[Any], last: int, previous: str) -> Iterator[Broken]:
    if row.seq != last + 1:
        yield Broken(row.seq, f"between entry {last} and entry {row.seq} something is missing")
    elif row.prev_hash != previous:
        yield Broken(row.seq, f"entry {row.seq} does not follow the one before it")
    if hashlib.sha256(str(row.content).encode()).hexdigest() != row.hash:
        yield Broken(row.seq, f"entry {row.seq} was changed after it was written")


def _stream(connection: Connection, statement: str) -> Iterator[Row[Any]]:
    yield from connection.execution_options(yield_per=PAGE).execute(text(statement))


_CHAIN = "SELECT seq, prev_hash, hash, action, detail, audit_text(audit) AS content FROM audit ORDER BY seq"
_DECISIONS = "SELECT id, measure_id, digest, verdict, evidence FROM decision ORDER BY id"
_HEAD = text("SELECT seq, hash FROM audit_head")
_ROLE = text("SELECT current_user")
