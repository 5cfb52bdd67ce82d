"""Scenarios and the proposals that a chosen one becomes (``scenarios.sql``)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Numeric, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from connector.store.database.tables.columns import METADATA, id_column, timestamp_column

SCENARIO = Table(
    "scenario",
    METADATA,
    id_column(),
    Column("name", Text, nullable=False),
    Column("people", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("because_of", Text, nullable=False, server_default=text("''")),
    Column("portfolio", Text),
    Column("program", Text),
    timestamp_column("as_of", nullable=False),
    timestamp_column("known_at"),
    Column("figures", JSONB, nullable=False),
    Column("measures", ARRAY(Text), nullable=False),
    Column("saved_by", Text, nullable=False),
    timestamp_column("saved_at", nullable=False),
    Column("chosen_by", Text),
    timestamp_column("chosen_at"),
)

SCENARIO_PROPOSAL = Table(
    "scenario_proposal",
    METADATA,
    id_column(),
    Column("scenario_id", BigInteger, ForeignKey("scenario.id"), nullable=False),
    Column("measure_id", Text, ForeignKey("measure.id"), nullable=False),
    Column("lever", Text, nullable=False),
    Column("months", Integer, nullable=False),
    Column("goal", Text, nullable=False),
    *(Column(name, Numeric, nullable=False) for name in ("relief", "given_up")),
    Column("currency", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'open'")),
    Column("proposed_by", Text, nullable=False),
    timestamp_column("proposed_at", nullable=False),
    Column("decided_by", Text),
    timestamp_column("decided_at"),
    Column("reason", Text, nullable=False, server_default=text("''")),
    Column("command", Text, nullable=False, server_default=text("''")),
    Column("given", BigInteger),
    Index("scenario_proposal_open", "measure_id", unique=True, postgresql_where=text("state IN ('open', 'giving')")),
    Index("scenario_proposal_of", "scenario_id"),
)
