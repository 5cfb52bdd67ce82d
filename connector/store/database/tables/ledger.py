"""The ledger, and the close of its months."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    Date,
    ForeignKey,
    Identity,
    Index,
    Numeric,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from connector.store.database.tables.columns import METADATA, id_column, timestamp_column

LEDGER_ENTRY = Table(
    "ledger_entry",
    METADATA,
    Column("id", BigInteger, Identity(always=False), primary_key=True),
    Column("measure_id", Text, ForeignKey("measure.id")),
    Column("service", Text, nullable=False, server_default=text("''")),
    Column("version", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("month", Date, nullable=False),
    Column("amount", Numeric, nullable=False),
    Column("currency", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("hard", Boolean, nullable=False),
    Column("pl_line", Text, nullable=False, server_default=text("''")),
    Column("spend", Text),
    *(
        Column(name, Text, nullable=False, server_default=text("''"))
        for name in ("cost_centre", "gl_account", "legal_entity", "counterparty")
    ),
    Column("type", Text, nullable=False),
    Column("corrects", BigInteger, ForeignKey("ledger_entry.id")),
    Column("reverses", BigInteger, ForeignKey("ledger_entry.id")),
    Column("reason", Text, nullable=False, server_default=text("''")),
    Column("source", JSONB, nullable=False),
    Column("batch", Text, nullable=False, server_default=text("''")),
    Column("after_close", Boolean, nullable=False, server_default=text("false")),
    Column("statement", Text, nullable=False, server_default=text("''")),
    timestamp_column("entered_at", nullable=False),
    Column("entered_by", Text, nullable=False),
    Column("legal_entity_lower", Text, Computed("lower(legal_entity)", persisted=True), nullable=False),
    Column("item", Text, Computed("source ->> 'item'", persisted=True)),
    Index("ledger_entry_corrects", "corrects", unique=True, postgresql_where=text("corrects IS NOT NULL")),
    Index("ledger_entry_reverses", "reverses", unique=True, postgresql_where=text("reverses IS NOT NULL")),
    Index("ledger_entry_of_measure", "measure_id", "version", "month", postgresql_where=text("measure_id IS NOT NULL")),
    Index("ledger_entry_month", "month", "legal_entity_lower", "id"),
    Index(
        "ledger_entry_of_supplier",
        "counterparty",
        "measure_id",
        postgresql_where=text("counterparty <> '' AND measure_id IS NOT NULL"),
    ),
    Index("ledger_entry_of_entity", "legal_entity_lower", "id"),
    Index("ledger_entry_from_item", "item", postgresql_where=text("item IS NOT NULL")),
    Index(
        "ledger_entry_of_hours",
        "month",
        postgresql_where=text("version = 'actual' AND source ->> 'kind' = 'worklog'"),
    ),
    Index("ledger_entry_of_service", text("lower(service)"), "month", postgresql_where=text("service <> ''")),
    Index("ledger_entry_batch", "batch", postgresql_where=text("batch <> ''")),
    Index("ledger_entry_statement", "statement", "id", postgresql_where=text("statement <> ''")),
)

LEDGER_UNASSESSED = Table(
    "ledger_unassessed",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("measure_id", Text, ForeignKey("measure.id"), nullable=False),
    Column("month", Date, nullable=False),
    timestamp_column("entered_at", nullable=False),
    Index("ledger_unassessed_month", "month"),
    Index("ledger_unassessed_measure", "measure_id"),
)

LEDGER_DIFFERENCE = Table(
    "ledger_difference",
    METADATA,
    Column("measure_id", Text, ForeignKey("measure.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("ledger", Text, nullable=False),
    Column("tool", Text, nullable=False),
    timestamp_column("since", nullable=False),
    timestamp_column("due_at", nullable=False),
)

MONTH_CLOSE_STEP = Table(
    "month_close_step",
    METADATA,
    id_column(),
    Column("kind", Text, nullable=False),
    Column("legal_entity", Text, nullable=False),
    Column("month", Date, nullable=False),
    Column("answers", BigInteger, ForeignKey("month_close_step.id"), unique=True),
    Column("closed_through", Date),
    Column("entries", BigInteger, nullable=False, server_default=text("0")),
    Column("ledger_digest", Text, nullable=False, server_default=text("''")),
    Column("gl_cost", Numeric),
    Column("ledger_cost", Numeric),
    Column("cost_currency", Text),
    Column("checklist", JSONB, nullable=False, server_default=text("'[]'")),
    Column("reason", Text, nullable=False, server_default=text("''")),
    Column("login", Text, nullable=False),
    Column("person_id", BigInteger),
    timestamp_column("at", nullable=False),
    Index("month_close_step_of", text("lower(legal_entity)"), "id"),
)

BUDGET_LOCK_STEP = Table(
    "budget_lock_step",
    METADATA,
    id_column(),
    Column("kind", Text, nullable=False),
    Column("answers", BigInteger, ForeignKey("budget_lock_step.id"), unique=True),
    Column("measure_id", Text, ForeignKey("measure.id"), nullable=False),
    Column("cost_centre", Text, nullable=False),
    Column("month", Date, nullable=False),
    Column("amount", Numeric, nullable=False),
    Column("currency", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("entries", BigInteger, nullable=False, server_default=text("0")),
    Column("login", Text, nullable=False),
    Column("person_id", BigInteger),
    timestamp_column("at", nullable=False),
    Index("budget_lock_step_of", "measure_id", "id"),
)
