"""Reports that are kept by a number, what meetings decided on them, and the decks' template (``reports.sql``)."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from connector.store.database.tables.columns import METADATA, id_column, timestamp_column

REPORT_SNAPSHOT = Table(
    "report_snapshot",
    METADATA,
    Column("id", Text, primary_key=True),
    timestamp_column("known_at", nullable=False),
    timestamp_column("compared_at"),
    Column("filters", JSONB, nullable=False),
    Column("rates", Text, nullable=False),
    Column("mapping_version", Integer, ForeignKey("mapping_version.number")),
    Column("ledger_position", BigInteger, nullable=False),
    Column("made_by", Text, nullable=False),
    timestamp_column("made_at", nullable=False),
)

MEETING_DECISION = Table(
    "meeting_decision",
    METADATA,
    id_column(),
    Column("report_id", Text, ForeignKey("report_snapshot.id")),
    Column("measure_id", Text, ForeignKey("measure.id"), nullable=False),
    Column("command", Text, nullable=False),
    Column("minutes", Text, nullable=False),
    Column("met_on", Date, nullable=False),
    Column("entered_by", Text, nullable=False),
    timestamp_column("entered_at", nullable=False),
    Column("given", BigInteger),
    Column("given_by", Text),
    timestamp_column("given_at"),
    UniqueConstraint("measure_id", "command", "minutes"),
    Index("meeting_decision_open", "measure_id", postgresql_where=text("given IS NULL")),
)

DECK_TEMPLATE = Table(
    "deck_template",
    METADATA,
    Column("is_stored", Boolean, CheckConstraint("is_stored"), primary_key=True, server_default=text("true")),
    Column("file_name", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("front_layout", Text, nullable=False),
    Column("content_layout", Text, nullable=False),
    Column("notes", JSONB, nullable=False, server_default=text("'[]'")),
    Column("stored_by", Text, nullable=False),
    timestamp_column("stored_at", nullable=False),
)
