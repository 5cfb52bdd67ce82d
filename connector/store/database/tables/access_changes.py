"""Changes of access that wait, and events that are counted before they go into the audit."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Index, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY

from connector.store.database.tables.columns import METADATA, id_column, timestamp_column

ACCESS_CHANGE = Table(
    "access_change",
    METADATA,
    id_column(),
    Column("kind", Text, nullable=False),
    Column("person_id", BigInteger, ForeignKey("person.id", ondelete="CASCADE")),
    Column("role", Text),
    Column("hierarchy", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("legal_entity", Text),
    Column("connection", Text),
    Column("account", Text),
    Column("group_name", Text),
    Column("requested_by", Text, nullable=False),
    Column("requester_id", BigInteger, ForeignKey("person.id", ondelete="CASCADE")),
    timestamp_column("requested_at", nullable=False),
    timestamp_column("ends_at", nullable=False),
    Column("outcome", Text),
    timestamp_column("settled_at"),
    Column("settled_by", Text),
    Index("access_change_waiting", "id", postgresql_where=text("outcome IS NULL")),
)

COUNTED_EVENT = Table(
    "counted_event",
    METADATA,
    Column("kind", Text, primary_key=True),
    Column("since", DateTime(timezone=True), primary_key=True),
    timestamp_column("ends_at", nullable=False),
    Column("login", Text, primary_key=True),
    Column("address", Text, primary_key=True),
    Column("about", Text, primary_key=True),
    Column("example", Text, nullable=False),
    Column("times", BigInteger, nullable=False),
)
