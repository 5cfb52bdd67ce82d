"""Imports of money."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from connector.store.database.tables.columns import METADATA, id_column, timestamp_column

MONEY_FILE = Table(
    "money_file",
    METADATA,
    Column("sha256", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    timestamp_column("kept_at", now=True),
)

MONEY_PROFILE = Table(
    "money_profile",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("digest", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("author", Text, nullable=False),
    timestamp_column("created_at", now=True),
)

MONEY_IMPORT = Table(
    "money_import",
    METADATA,
    id_column(),
    Column("stream", Text, nullable=False),
    Column("profile_number", Integer),
    Column("profile_digest", Text, nullable=False, server_default=text("''")),
    Column("file", Text, nullable=False),
    Column("sha256", Text, ForeignKey("money_file.sha256")),
    Column("as_of", Date, nullable=False),
    Column("lines", BigInteger, nullable=False),
    Column("entries", BigInteger, nullable=False),
    Column("report", JSONB, nullable=False, server_default=text("'{}'")),
    Column("imported_by", Text, nullable=False),
    timestamp_column("imported_at", nullable=False),
    Column("taken_back_by", Text),
    timestamp_column("taken_back_at"),
    Column("reason", Text, nullable=False, server_default=text("''")),
    Index("money_import_stream", "stream", "id"),
    Index("money_import_file", "sha256"),
)

MONEY_STATEMENT = Table(
    "money_statement",
    METADATA,
    Column("import_id", BigInteger, ForeignKey("money_import.id"), nullable=False, primary_key=True),
    Column("key", Text, nullable=False, primary_key=True),
    Column("amount", Numeric, nullable=False),
    Column("version", Text, nullable=False),
    Column("month", Date, nullable=False),
    Index("money_statement_import", "import_id"),
)

MONEY_QUARANTINE = Table(
    "money_quarantine",
    METADATA,
    id_column(),
    Column("import_id", BigInteger, ForeignKey("money_import.id"), nullable=False),
    Column("stream", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("gap", Text, nullable=False),
    Column("lines", JSONB, nullable=False),
    Column("amount", Numeric, nullable=False),
    Column("currency", Text, nullable=False),
    Column("months", ARRAY(Date), nullable=False),
    Column("state", Text, nullable=False, server_default=text("'open'")),
    Column("owner", Text, nullable=False),
    Column("due_at", Date, nullable=False),
    Column("measure_id", Text, ForeignKey("measure.id")),
    Column("reason", Text, nullable=False, server_default=text("''")),
    Column("decided_by", Text),
    timestamp_column("decided_at"),
    Index(
        "money_quarantine_open", "stream", text("lower(subject)"), "gap", "currency", unique=True,
        postgresql_where=text("state = 'open'"),
    ),
    Index("money_quarantine_import", "import_id"),
)  # fmt: skip

MONEY_SOURCE = Table(
    "money_source",
    METADATA,
    Column("stream", Text, primary_key=True),
    Column("connection", Text, ForeignKey("connection.name", ondelete="CASCADE"), nullable=False),
    timestamp_column("swept_at", nullable=False),
    Column("import_id", BigInteger, ForeignKey("money_import.id")),
    Column("sentences", JSONB, nullable=False),
    Column("failed", Boolean, nullable=False),
)

MONEY_FAILED_FILE = Table(
    "money_failed_file",
    METADATA,
    Column("stream", Text, primary_key=True),
    Column("file", Text, nullable=False),
    Column("failed_by", Text, nullable=False),
    timestamp_column("failed_at", nullable=False),
    Column("sentence", Text, nullable=False),
)

MONEY_PROGRESS = Table(
    "money_progress",
    METADATA,
    Column("job", Text, primary_key=True),
    Column("login", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    timestamp_column("at", nullable=False),
)

MONEY_ALIAS = Table(
    "money_alias",
    METADATA,
    Column("stream", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("measure_id", Text, ForeignKey("measure.id"), nullable=False),
    Column("decided_by", Text, nullable=False),
    timestamp_column("decided_at", nullable=False),
)
