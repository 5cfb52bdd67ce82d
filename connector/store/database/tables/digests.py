"""The digest: who is told what waits for them, where, how often, and on which days it was done."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Integer, LargeBinary, SmallInteger, Table, Text, text

from connector.store.database.tables.columns import METADATA, moment

DIGEST = Table(
    "digest",
    METADATA,
    Column("person_id", BigInteger, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
    Column("target", LargeBinary, nullable=False),
    Column("often", Text, nullable=False),
    Column("hour", SmallInteger, nullable=False),
    moment("changed_at", now=True),
)

DIGEST_DAY = Table(
    "digest_day",
    METADATA,
    Column("person_id", BigInteger, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("state", Text, nullable=False),
    Column("things", Integer, nullable=False, server_default=text("0")),
    Column("tries", SmallInteger, nullable=False, server_default=text("1")),
    Column("reason", Text),
    moment("claimed_at", nullable=False),
    moment("settled_at"),
)
