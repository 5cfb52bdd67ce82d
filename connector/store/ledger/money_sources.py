"""Sources of money in the tools: when each was swept last, and what became of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from sqlalchemy import Connection, Engine, text

from connector.store.database.reading import reading

EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class MoneySource:
    """One stream, as it was swept last."""

    stream: str
    connection: str
    swept_at: datetime
    import_id: int | None
    """The last run that changed something."""
    sentences: tuple[str, ...]
    failed: bool
    """It could not be read or posted; the first sentence says why."""


def is_due(engine: Engine, connection: str, now: datetime) -> bool:
    """Whether the sources of a connection were last swept an hour ago, or never."""
    with reading(engine) as session:
        last = session.execute(_LAST, {"connection": connection}).scalar()
    return last is None or last <= now - EVERY


def store(transaction: Connection, source: MoneySource) -> None:
    asked = {
        "stream": source.stream, "connection": source.connection, "at": source.swept_at, "import": source.import_id,
        "sentences": orjson.dumps(list(source.sentences)).decode(), "failed": source.failed,
    }  # fmt: skip
    transaction.execute(_STORE, asked)


def read_sources(connection: Connection) -> list[MoneySource]:
    return [
        MoneySource(row.stream, row.connection, row.swept_at, row.import_id, tuple(row.sentences), row.failed)
        for row in connection.execute(_READ)
    ]


@dataclass(frozen=True, slots=True)
class FailedFile:
    """A file that was to be imported, and was not."""

    stream: str
    file: str
    by: str
    at: datetime
    sentence: str


def store_unread(transaction: Connection, stream: str, connection: str, at: datetime, why: str) -> None:
    """A source that the tool did not let be read; it stays due, and keeps the time at which it was read last."""
    asked = {"stream": stream, "connection": connection, "at": at - EVERY, "sentences": orjson.dumps([why]).decode()}
    transaction.execute(_UNREAD, asked)


def forget_others(transaction: Connection, connection: str, streams: Collection[str]) -> None:
    """Sources that the mapping does not have any more wait for nobody."""
    transaction.execute(_FORGET, {"connection": connection, "streams": list(streams)})


def store_failed_file(transaction: Connection, failed: FailedFile) -> None:
    asked = {"stream": failed.stream, "file": failed.file, "by": failed.by, "at": failed.at, "why": failed.sentence}
    transaction.execute(_STORE_FAILED, asked)


def end_failed_file(transaction: Connection, stream: str, file: str) -> None:
    """The stream, or the same file under another name of a profile, is imported."""
    transaction.execute(_END_FAILED, {"stream": stream, "file": file})


def failed_files(connection: Connection) -> list[FailedFile]:
    """In the order of their streams."""
    return [
        FailedFile(row.stream, row.file, row.failed_by, row.failed_at, row.sentence)
        for row in connection.execute(_FAILED)
    ]


_LAST = text("SELECT min(swept_at) FROM money_source WHERE connection = :connection")
_STORE = text("""
    INSERT INTO money_source (stream, connection, swept_at, import_id, sentences, failed)
    VALUES (:stream, :connection, :at, :import, CAST(:sentences AS jsonb), :failed)
    ON CONFLICT (stream) DO UPDATE SET connection = excluded.connection, swept_at = excluded.swept_at,
        import_id = coalesce(excluded.import_id, money_source.import_id), sentences = excluded.sentences,
        failed = excluded.failed
""")
_READ = text("SELECT * FROM money_source ORDER BY connection, stream")
_UNREAD = text("""
    INSERT INTO money_source (stream, connection, swept_at, sentences, failed)
    VALUES (:stream, :connection, :at, CAST(:sentences AS jsonb), true)
    ON CONFLICT (stream) DO UPDATE SET sentences = excluded.sentences, failed = true
""")
_FORGET = text("DELETE FROM money_source WHERE connection = :connection AND stream <> ALL(:streams)")
_STORE_FAILED = text("""
    INSERT INTO money_failed_file (stream, file, failed_by, failed_at, sentence)
    VALUES (:stream, :file, :by, :at, :why)
    ON CONFLICT (stream) DO UPDATE SET file = excluded.file, failed_by = excluded.failed_by,
        failed_at = excluded.failed_at, sentence = excluded.sentence
""")
_END_FAILED = text("DELETE FROM money_failed_file WHERE stream = :stream OR file = :file")
_FAILED = text("SELECT * FROM money_failed_file ORDER BY stream")
