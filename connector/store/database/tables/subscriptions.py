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

from connector.store.database.tables.columns import METADATA, identity, moment

SUBSCRIPTION = Table(
    "subscription",
    METADATA,
    identity(),
    Column("name", Text, nullable=False, unique=True),
    Column("url", Text, nullable=False),
    Column("secrets", ARRAY(LargeBinary), nullable=False),
    moment("rotated_at"),
    Column("events", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("place", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("legal_entity", Text),
    Column("per_minute", Integer, nullable=False, server_default=text("300")),
    moment("off_at"),
    Column("off_reason", Text),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    moment("failing_since"),
    moment("closed_until"),
    Column("last_error", Text),
    moment("last_taken_at"),
    Column("created_by", Text, nullable=False),
    moment("created_at", now=True),
)

SUBSCRIPTION_DELIVERY = Table(
    "subscription_delivery",
    METADATA,
    identity(),
    Column("subscription_id", BigInteger, ForeignKey("subscription.id", ondelete="CASCADE"), nullable=False),
    Column("message_id", Uuid, nullable=False, server_default=text("gen_random_uuid()")),
    Column("event", Text, nullable=False),
    # An event is about a measure or about a connection.
    Column("measure_id", Text, ForeignKey("measure.id")),
    Column("connection", Text, ForeignKey("connection.name", ondelete="CASCADE")),
    Column("body", Text, nullable=False),
    moment("created_at", nullable=False),
    moment("due_at", nullable=False),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    Column("reason", Text),
    Column("status", SmallInteger),
    Column("answer", Text),
    moment("tried_at"),
    moment("settled_at"),
    Column("claimed_by", BigInteger),
    Column("claim_token", Uuid),
    moment("claimed_until"),
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
    Index("subscription_delivery_parked", "subscription_id", "id", postgresql_where=text("state = 'parked'")),
    Index("subscription_delivery_tried", "subscription_id", "tried_at"),
)

UTTERANCE = Table(
    "utterance",
    METADATA,
    identity(),
    Column("measure_id", Text, ForeignKey("measure.id"), nullable=False),
    Column("said_by", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("account_name", Text, nullable=False),
    Column("account_login", Text, nullable=False, server_default=text("''")),
    Column("words", Text, nullable=False),
    Column("via", Text, nullable=False),
    moment("said_at", nullable=False),
    Index("utterance_of_measure", "measure_id", "id"),
)

KEPT_ANSWER = Table(
    "kept_answer",
    METADATA,
    Column("caller", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request", Text, nullable=False),
    Column("status", SmallInteger),
    Column("headers", JSONB),
    Column("body", Text),
    moment("made_at", nullable=False),
    Index("kept_answer_made", "made_at"),
)
