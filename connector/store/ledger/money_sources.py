"""Sources of money in the tools: when each was swept last, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from sqlalchemy import Connection, Engine, text

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
    with engine.connect() as reading:
        last = reading.execute(_LAST, {"connection": connection}).scalar()
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


_LAST = text("SELECT min(swept_at) FROM money_source WHERE connection = :connection")
_STORE = text("""
    INSERT INTO money_source (stream, connection, swept_at, import_id, sentences, failed)
    VALUES (:stream, :connection, :at, :import, CAST(:sentences AS jsonb), :failed)
    ON CONFLICT (stream) DO UPDATE SET connection = excluded.connection, swept_at = excluded.swept_at,
        import_id = coalesce(excluded.import_id, money_source.import_id), sentences = excluded.sentences,
        failed = excluded.failed
""")
_READ = text("SELECT * FROM money_source ORDER BY connection, stream")
