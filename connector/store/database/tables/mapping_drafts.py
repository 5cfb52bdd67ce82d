"""Drafts of the mapping."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Table, Text, text

from connector.store.database.tables.columns import METADATA, timestamp_column

MAPPING_DRAFT = Table(
    "mapping_draft",
    METADATA,
    Column("person_id", BigInteger, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("source", Text, nullable=False),
    Column("based_on", Integer, ForeignKey("mapping_version.number")),
    Column("revision", Integer, nullable=False, server_default=text("1")),
    timestamp_column("saved_at", now=True),
)
