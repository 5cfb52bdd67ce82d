"""Imports as they are kept: the file, the profile with its number, who and when, and what was taken back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, Row, text

from governance.statements import StatedAmount


@dataclass(frozen=True, slots=True)
class StoredProfile:
    name: str
    number: int
    digest: str
    source: str
    author: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StoredImport:
    id: int
    stream: str
    profile_number: int | None
    file: str
    sha256: str
    as_of: date
    lines: int
    entries: int
    imported_by: str
    imported_at: datetime
    taken_back_by: str
    taken_back_at: datetime | None
    reason: str
    open_rows: int
    """Rows in quarantine that wait for a decision."""

    @property
    def batch(self) -> str:
        return batch_name(self.id)


def batch_name(number: int) -> str:
    """How the entries of an import name it."""
    return f"import {number}"


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def same_import(connection: Connection, sha256: str, profile: str, digest: str) -> int | None:
    """The import of the same bytes by the same profile that counts."""
    asked = {"sha256": sha256, "profile": profile, "digest": digest}
    return connection.execute(_SAME, asked).scalar()


def keep_file(transaction: Connection, name: str, content: bytes) -> str:
    """Keep the bytes once; returns their SHA-256."""
    sha256 = sha256_of(content)
    transaction.execute(
        text("INSERT INTO money_file (sha256, name, content) VALUES (:sha256, :name, :content) ON CONFLICT DO NOTHING"),
        {"sha256": sha256, "name": name, "content": content},
    )
    return sha256


def kept_file(connection: Connection, number: int) -> tuple[str, bytes] | None:
    """Name and bytes of the file of an import."""
    row = connection.execute(_FILE, {"id": number}).first()
    return (row.file, bytes(row.content)) if row is not None else None


def add_import(
    transaction: Connection,
    *,
    stream: str,
    file: str,
    sha256: str | None,
    as_of: date,
    lines: int,
    entries: int,
    by: str,
    at: datetime,
    profile: tuple[int, str] | None = None,
    report: Mapping[str, object] | None = None,
) -> int:
    """The number of a new import; ``profile`` is its number and digest."""
    number = transaction.execute(
        _ADD,
        {
            "stream": stream, "number": profile[0] if profile else None, "digest": profile[1] if profile else "",
            "file": file, "sha256": sha256, "as_of": as_of, "lines": lines, "entries": entries, "by": by, "at": at,
            "report": orjson.dumps(report or {}, default=str).decode(),
        },
    ).scalar_one()  # fmt: skip
    return int(number)


def read_imports(
    connection: Connection, *, number: int | None = None, by: str | None = None, limit: int = 50
) -> list[StoredImport]:
    """The newest first; of everybody, or of one person."""
    return [_import(row) for row in connection.execute(_IMPORTS, {"id": number, "by": by, "limit": limit})]


def mark_taken_back(transaction: Connection, number: int, by: str, at: datetime, reason: str) -> bool:
    """Whether it counted until now; its open rows in quarantine end with it."""
    asked = {"id": number, "by": by, "at": at, "reason": reason}
    if not transaction.execute(_TAKE_BACK, asked).rowcount:
        return False
    transaction.execute(_END_QUARANTINE, asked)
    return True


def count_entries(transaction: Connection, number: int, entries: int) -> None:
    transaction.execute(
        text("UPDATE money_import SET entries = entries + :n WHERE id = :id"), {"id": number, "n": entries}
    )


def statements_without(connection: Connection, number: int) -> dict[str, object]:
    """By each key of an import: what the other imports state of it, the newest of them, or 0."""
    return {row.key: row.amount for row in connection.execute(_WITHOUT, {"id": number})}


def differing(known: Mapping[str, StatedAmount], wanted: Mapping[str, object]) -> Iterable[str]:
    """The keys whose amount in the ledger is another one."""
    return (key for key, amount in wanted.items() if key in known and known[key].amount != amount)


def save_profile(transaction: Connection, name: str, digest: str, source: str, author: str) -> StoredProfile:
    """A new number when its content changed."""
    newest = read_profile(transaction, name)
    if newest is not None and newest.digest == digest:
        return newest
    number = newest.number + 1 if newest else 1
    asked = {"name": name, "number": number, "digest": digest, "source": source, "author": author}
    return _profile(transaction.execute(_SAVE_PROFILE, asked).one())


def read_profile(connection: Connection, name: str, number: int | None = None) -> StoredProfile | None:
    """The newest, or one number of it."""
    row = connection.execute(_PROFILE, {"name": name, "number": number}).first()
    return _profile(row) if row is not None else None


def read_profiles(connection: Connection) -> list[StoredProfile]:
    """The newest of each name; rate cards, which stand there too, are none."""
    return [_profile(row) for row in connection.execute(_PROFILES)]


def _profile(row: Row[Any]) -> StoredProfile:
    return StoredProfile(row.name, row.number, row.digest, row.source, row.author, row.created_at)


def _import(row: Row[Any]) -> StoredImport:
    return StoredImport(
        row.id, row.stream, row.profile_number, row.file, row.sha256 or "", row.as_of, row.lines, row.entries,
        row.imported_by, row.imported_at, row.taken_back_by or "", row.taken_back_at, row.reason, row.open_rows,
    )  # fmt: skip


LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('import ' || CAST(:stream AS text), 4713))")
_SAME = text("""
    SELECT max(id) FROM money_import
    WHERE sha256 = :sha256 AND stream = :profile AND profile_digest = :digest AND taken_back_at IS NULL
""")
_FILE = text("""
    SELECT i.file, f.content FROM money_import AS i JOIN money_file AS f ON f.sha256 = i.sha256 WHERE i.id = :id
""")
_ADD = text("""
    INSERT INTO money_import (stream, profile_number, profile_digest, file, sha256, as_of, lines, entries, report,
                              imported_by, imported_at)
    VALUES (:stream, :number, :digest, :file, :sha256, :as_of, :lines, :entries, CAST(:report AS jsonb), :by, :at)
    RETURNING id
""")
_IMPORTS = text("""
    SELECT i.*, (SELECT count(*) FROM money_quarantine AS q WHERE q.import_id = i.id AND q.state = 'open') AS open_rows
    FROM money_import AS i
    WHERE (CAST(:id AS bigint) IS NULL OR i.id = :id) AND (CAST(:by AS text) IS NULL OR i.imported_by = :by)
    ORDER BY i.id DESC LIMIT :limit
""")
_TAKE_BACK = text("""
    UPDATE money_import SET taken_back_by = :by, taken_back_at = :at, reason = :reason
    WHERE id = :id AND taken_back_at IS NULL
""")
_END_QUARANTINE = text("""
    UPDATE money_quarantine SET state = 'taken back', decided_by = :by, decided_at = :at, reason = :reason
    WHERE import_id = :id AND state = 'open'
""")
_WITHOUT = text("""
    SELECT mine.key, coalesce((
        SELECT s.amount FROM money_statement AS s JOIN money_import AS i ON i.id = s.import_id
        WHERE s.key = mine.key AND s.import_id <> :id AND i.taken_back_at IS NULL
        ORDER BY i.as_of DESC, i.id DESC LIMIT 1
    ), 0) AS amount
    FROM money_statement AS mine WHERE mine.import_id = :id
""")
_SAVE_PROFILE = text("""
    INSERT INTO money_profile (name, number, digest, source, author) VALUES (:name, :number, :digest, :source, :author)
    RETURNING *
""")
_PROFILE = text("""
    SELECT * FROM money_profile WHERE name = :name AND (CAST(:number AS integer) IS NULL OR number = :number)
    ORDER BY number DESC LIMIT 1
""")
_PROFILES = text("""
    SELECT DISTINCT ON (name) * FROM money_profile WHERE name NOT LIKE 'rate card %' ORDER BY name, number DESC
""")


def wait_for_answer(transaction: Connection, name: str, content: bytes, at: datetime) -> str:
    """Keep a file that was shown until somebody confirms it; those of yesterday that nobody confirmed go."""
    transaction.execute(_FORGET, {"before": at - timedelta(days=1)})
    return keep_file(transaction, name, content)


def read_waiting_file(connection: Connection, sha256: str) -> bytes | None:
    content = connection.execute(text("SELECT content FROM money_file WHERE sha256 = :s"), {"s": sha256}).scalar()
    return bytes(content) if content is not None else None


_FORGET = text("""
    DELETE FROM money_file AS f WHERE f.kept_at < :before
      AND NOT EXISTS (SELECT 1 FROM money_import AS i WHERE i.sha256 = f.sha256)
""")
