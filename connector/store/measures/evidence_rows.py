"""What an evidence pack takes from the tables: rows of one measure up to a moment, each as it is stored."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

Rows = Sequence[Mapping[Any, Any]]


@dataclass(frozen=True, slots=True)
class AuditText:
    """An entry of the audit as the text that its hash is made of."""

    seq: int
    hash: str
    content: str


def decisions_until(connection: Connection, measure: str, at: datetime) -> Rows:
    """Every decision, oldest first."""
    return _rows(connection, _DECISIONS, measure, at)


def commands_until(connection: Connection, measure: str, at: datetime) -> Rows:
    """Every command that was ruled on, with its ruling, oldest first."""
    return _rows(connection, _COMMANDS, measure, at)


def meeting_decisions_until(connection: Connection, measure: str, at: datetime) -> Rows:
    """What meetings decided; what was given later is not said."""
    return _rows(connection, _MEETINGS, measure, at)


def budget_locks_until(connection: Connection, measure: str, at: datetime) -> Rows:
    """Steps of savings that are taken out of a budget."""
    return _rows(connection, _LOCKS, measure, at)


def ledger_until(connection: Connection, measure: str, at: datetime) -> Rows:
    """Every entry of the ledger, corrections included, oldest first."""
    return _rows(connection, _LEDGER, measure, at)


def imports_behind(connection: Connection, batches: Collection[str], at: datetime) -> Rows:
    """The imports that ledger entries name, each with the profile by which its file was read and the file's size."""
    numbers = [int(one.removeprefix("import ")) for one in batches if one.removeprefix("import ").isdecimal()]
    return connection.execute(_IMPORTS, {"numbers": sorted(numbers), "at": at}).mappings().all()


def file_content(connection: Connection, sha256: str) -> bytes:
    return bytes(connection.execute(_FILE, {"sha256": sha256}).scalar_one())


def audit_until(connection: Connection, measure: str, at: datetime, decisions: Rows) -> tuple[AuditText, ...]:
    """The entries about a measure.

    Of its assessments those that recorded these decisions: the two are stamped by different clocks.
    """
    many = Counter(str(one["digest"]) for one in decisions)
    asked = {"measure": measure, "at": at, "digests": json.dumps(many)}
    return tuple(AuditText(row.seq, row.hash, row.content) for row in connection.execute(_AUDIT, asked))


def audit_between(connection: Connection, first: int, last: int) -> tuple[AuditText, ...]:
    """Every entry of the audit, whatever it is about."""
    rows = connection.execute(_BETWEEN, {"first": first, "last": last})
    return tuple(AuditText(row.seq, row.hash, row.content) for row in rows)


def _rows(connection: Connection, statement: Any, measure: str, at: datetime) -> Rows:
    return connection.execute(statement, {"measure": measure, "at": at}).mappings().all()


_DECISIONS = text("""
    SELECT id, decided_at, stage, gate, mapping_version, policy_version, digest, verdict, evidence, names
    FROM decision WHERE measure_id = :measure AND decided_at <= :at ORDER BY id
""")
_COMMANDS = text("""
    SELECT id, origin, origin_id, ordinal, submitted_id, verb, person, given_at, ruled_at, accepted, role, content
    FROM command WHERE measure_id = :measure AND ruled_at <= :at ORDER BY id
""")
_MEETINGS = text("""
    SELECT id, report_id, command, minutes, met_on, entered_by, entered_at,
           CASE WHEN given_at <= :at THEN given END AS given, CASE WHEN given_at <= :at THEN given_by END AS given_by,
           CASE WHEN given_at <= :at THEN given_at END AS given_at
    FROM meeting_decision WHERE measure_id = :measure AND entered_at <= :at ORDER BY id
""")
_LOCKS = text("""
    SELECT id, kind, answers, cost_centre, month, amount, currency, reason, entries, login, at
    FROM budget_lock_step WHERE measure_id = :measure AND at <= :at ORDER BY id
""")
_LEDGER = text("SELECT * FROM ledger_entry WHERE measure_id = :measure AND entered_at <= :at ORDER BY id")
_IMPORTS = text("""
    SELECT i.id, i.stream, i.profile_number, i.profile_digest, i.file, i.sha256, i.as_of, i.lines, i.imported_by,
           i.imported_at, CASE WHEN i.taken_back_at <= :at THEN i.taken_back_by END AS taken_back_by,
           CASE WHEN i.taken_back_at <= :at THEN i.taken_back_at END AS taken_back_at,
           CASE WHEN i.taken_back_at <= :at THEN i.reason ELSE '' END AS reason,
           p.source AS profile, octet_length(f.content) AS size
    FROM money_import AS i LEFT JOIN money_file AS f ON f.sha256 = i.sha256
    LEFT JOIN money_profile AS p ON p.name = i.stream AND p.number = i.profile_number
    WHERE i.id = ANY(:numbers) ORDER BY i.id
""")
_FILE = text("SELECT content FROM money_file WHERE sha256 = :sha256")
_AUDIT = text("""
    SELECT seq, hash, content FROM (
        SELECT a.seq, a.hash, audit_text(a) AS content, a.action, a.at, a.detail ->> 'digest' AS digest,
               row_number() OVER (PARTITION BY a.action, a.detail ->> 'digest' ORDER BY a.seq) AS nth
        FROM audit AS a WHERE a.subject = :measure
    ) AS one
    WHERE CASE WHEN action = 'measure.assessed' THEN nth <= coalesce(CAST(CAST(:digests AS jsonb) ->> digest AS int), 0)
               ELSE at <= :at END
    ORDER BY seq
""")
_BETWEEN = text(
    "SELECT seq, hash, audit_text(audit) AS content FROM audit WHERE seq BETWEEN :first AND :last ORDER BY seq"
)
