"""Where the head of the audit was last kept outside of the database."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table, Text, text

from connector.store.database.tables.columns import METADATA, timestamp_column

AUDIT_ANCHOR = Table(
    "audit_anchor",
    METADATA,
    Column("sink", Text, primary_key=True),
    Column("number", BigInteger, nullable=False, server_default=text("0")),
    Column("seq", BigInteger, nullable=False, server_default=text("0")),
    timestamp_column("anchored_at"),
    timestamp_column("tried_at"),
    Column("problem", Text),
    Column("detail", Text, nullable=False, server_default=text("''")),
    timestamp_column("since", nullable=False),
)
