"""What leaves and enters by the interface: subscriptions with their deliveries, statements made here, kept answers."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from connector.store.database.tables.columns import METADATA, id_column, timestamp_column

SUBSCRIPTION = Table(
    "subscription",
    METADATA,
    id_column(),
    Column("name", Text, nullable=False, unique=True),
    Column("url", Text, nullable=False),
    Column("secrets", ARRAY(LargeBinary), nullable=False),
    timestamp_column("rotated_at"),
    Column("events", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("hierarchy", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("legal_entity", Text),
    Column("per_minute", Integer, nullable=False, server_default=text("300")),
    timestamp_column("disabled_at"),
    Column("disabled_reason", Text),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    timestamp_column("failing_since"),
    timestamp_column("backoff_until"),
    Column("last_error", Text),
    timestamp_column("last_delivered_at"),
    Column("created_by", Text, nullable=False),
    timestamp_column("created_at", now=True),
)

SUBSCRIPTION_DELIVERY = Table(
    "subscription_delivery",
    METADATA,
    id_column(),
    Column("subscription_id", BigInteger, ForeignKey("subscription.id", ondelete="CASCADE"), nullable=False),
    Column("message_id", Uuid, nullable=False, server_default=text("gen_random_uuid()")),
    Column("event", Text, nullable=False),
    # An event is about a measure or about a connection.
    Column("measure_id", Text, ForeignKey("measure.id")),
    Column("connection", Text, ForeignKey("connection.name", ondelete="CASCADE")),
    Column("body", Text, nullable=False),
    timestamp_column("created_at", nullable=False),
    timestamp_column("due_at", nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    Column("reason", Text),
    Column("status", SmallInteger),
    Column("response", Text),
    timestamp_column("attempted_at"),
    timestamp_column("settled_at"),
    Column("claimed_by", BigInteger),
    Column("claim_token", Uuid),
    timestamp_column("claimed_until"),
    Index(
        "subscription_delivery_waiting", "subscription_id", "due_at", "id", postgresql_where=text("state = 'waiting'")
    ),
    Index(
        "subscription_delivery_waiting_measure",
        "subscription_id",
        "measure_id",
        "id",
        postgresql_where=text("state = 'waiting'"),
    ),
    Index(
        "subscription_delivery_waiting_connection",
        "subscription_id",
        "connection",
        "id",
        postgresql_where=text("state = 'waiting' AND connection IS NOT NULL"),
    ),
    Index("subscription_delivery_claimed", "claimed_by", postgresql_where=text("claim_token IS NOT NULL")),
    Index("subscription_delivery_settled", "settled_at", postgresql_where=text("state = 'done'")),
    Index("subscription_delivery_of", "subscription_id", "id"),
    Index(
        "subscription_delivery_dead_letters", "subscription_id", "id", postgresql_where=text("state = 'dead_letter'")
    ),
    Index("subscription_delivery_attempted", "subscription_id", "attempted_at"),
)

SUBMITTED_COMMAND = Table(
    "submitted_command",
    METADATA,
    id_column(),
    Column("measure_id", Text, ForeignKey("measure.id"), nullable=False),
    Column("given_by", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("account_name", Text, nullable=False),
    Column("account_login", Text, nullable=False, server_default=text("''")),
    Column("text", Text, nullable=False),
    Column("channel", Text, nullable=False),
    timestamp_column("given_at", nullable=False),
    Index("submitted_command_of_measure", "measure_id", "id"),
)

IDEMPOTENT_RESPONSE = Table(
    "idempotent_response",
    METADATA,
    Column("caller", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request", Text, nullable=False),
    Column("status", SmallInteger),
    Column("headers", JSONB),
    Column("body", Text),
    timestamp_column("created_at", nullable=False),
    Index("idempotent_response_created", "created_at"),
)
