"""Papers of the reporting calendar, their issues, and the copies of each (``papers.sql``)."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from connector.store.database.tables.columns import METADATA, id_column, timestamp_column

PAPER = Table(
    "paper",
    METADATA,
    Column("key", Text, primary_key=True),
    timestamp_column("known_since", nullable=False),
    Column("schedule", Text, nullable=False, server_default=text("''")),
    timestamp_column("paused_at"),
    Column("paused_by", Text),
    Column("paused_reason", Text),
)

PAPER_ISSUE = Table(
    "paper_issue",
    METADATA,
    id_column(),
    Column("paper", Text, ForeignKey("paper.key"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("request", Text, nullable=False, server_default=text("''")),
    Column("requested_by", Text),
    timestamp_column("cut_off", nullable=False),
    timestamp_column("due_at", nullable=False),
    Column("portfolio", Text),
    Column("program", Text),
    Column("legal_entity", Text),
    Column("missed", Boolean, nullable=False, server_default=text("false")),
    Column("report_id", Text, ForeignKey("report_snapshot.id")),
    timestamp_column("made_at", nullable=False),
    UniqueConstraint("paper", "period", "request"),
    Index("paper_issue_newest", "paper", text("due_at DESC")),
)

PAPER_COPY = Table(
    "paper_copy",
    METADATA,
    id_column(),
    Column("issue_id", BigInteger, ForeignKey("paper_issue.id"), nullable=False),
    Column("person_id", BigInteger, ForeignKey("person.id", ondelete="SET NULL")),
    Column("login", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    Column("reason", Text),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    timestamp_column("due_at", nullable=False),
    Column("claim_token", Uuid),
    timestamp_column("claimed_until"),
    timestamp_column("attempted_at"),
    timestamp_column("settled_at"),
    Column("address", Text),
    Column("title", Text),
    Column("text_sha256", Text),
    Column("documents", JSONB, nullable=False, server_default=text("'[]'")),
    UniqueConstraint("issue_id", "login"),
    Index("paper_copy_waiting", "due_at", postgresql_where=text("state IN ('waiting', 'sending')")),
    Index("paper_copy_dead_letter", "id", postgresql_where=text("state = 'dead_letter'")),
    Index("paper_copy_of", "person_id"),
)
