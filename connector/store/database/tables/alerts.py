"""Alerts to operators: sent, or still to be sent."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from connector.store.database.tables.columns import METADATA, id_column, timestamp_column

ALERT = Table(
    "alert",
    METADATA,
    id_column(),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'")),
    timestamp_column("raised_at", now=True),
    timestamp_column("ended_at"),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    Column("reason", Text),
    Column("sent_to", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    timestamp_column("due_at", now=True),
    timestamp_column("claimed_until"),
    timestamp_column("settled_at"),
    # Of one cause only one alert is open.
    Index("alert_open", "kind", "subject", unique=True, postgresql_where=text("ended_at IS NULL")),
    Index("alert_waiting", "subject", "id", postgresql_where=text("state = 'waiting'")),
)
