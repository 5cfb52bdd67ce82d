"""Accounts of tools of which something is held, and how far their reports are (``personal_data.sql``)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKey, Index, Integer, Table, Text, text

from connector.store.database.tables.columns import METADATA, timestamp_column

HELD_ACCOUNT = Table(
    "held_account",
    METADATA,
    Column("connection", Text, ForeignKey("connection.name", ondelete="CASCADE"), primary_key=True),
    Column("account", Text, primary_key=True),
    timestamp_column("retrieved_at", nullable=False),
    timestamp_column("reported_at"),
    Column("due_at", DateTime(timezone=True), nullable=False, server_default=text("'-infinity'")),
    timestamp_column("closed_at"),
    Index("held_account_due", "connection", "due_at", postgresql_where=text("closed_at IS NULL")),
    Index("held_account_of", "account"),
)

ACCOUNT_REPORT = Table(
    "account_report",
    METADATA,
    Column("connection", Text, ForeignKey("connection.name", ondelete="CASCADE"), primary_key=True),
    timestamp_column("scanned_at"),
    timestamp_column("reported_at"),
    Column("cycle_seconds", Integer, CheckConstraint("cycle_seconds > 0")),
    Column("problem", Text),
    timestamp_column("problem_since"),
)
