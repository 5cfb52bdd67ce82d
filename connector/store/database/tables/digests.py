"""The digest: who gets one, at which address, how often, and on which days it was sent."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Integer, LargeBinary, SmallInteger, Table, Text, text

from connector.store.database.tables.columns import METADATA, timestamp_column

DIGEST = Table(
    "digest",
    METADATA,
    Column("person_id", BigInteger, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
    Column("address", LargeBinary, nullable=False),
    Column("frequency", Text, nullable=False),
    Column("hour", SmallInteger, nullable=False),
    timestamp_column("changed_at", now=True),
)

DIGEST_DAY = Table(
    "digest_day",
    METADATA,
    Column("person_id", BigInteger, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("state", Text, nullable=False),
    Column("item_count", Integer, nullable=False, server_default=text("0")),
    Column("attempts", SmallInteger, nullable=False, server_default=text("1")),
    Column("reason", Text),
    timestamp_column("claimed_at", nullable=False),
    timestamp_column("settled_at"),
)
