"""Alerts: what whoever runs Gatepost was told, or has to be told still."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from connector.store.database.tables.columns import METADATA, identity, moment

ALERT = Table(
    "alert",
    METADATA,
    identity(),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'")),
    moment("raised_at", now=True),
    moment("ended_at"),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    Column("reason", Text),
    Column("told", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    moment("due_at", now=True),
    moment("claimed_until"),
    moment("settled_at"),
    # Of one cause only one alert is open.
    Index("alert_open", "kind", "subject", unique=True, postgresql_where=text("ended_at IS NULL")),
    Index("alert_waiting", "subject", "id", postgresql_where=text("state = 'waiting'")),
)
