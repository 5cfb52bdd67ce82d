"""How work flows: connections, inbox, dirty keys, outbox, sweeps, limits, workers."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from connector.store.database.tables.columns import METADATA, id_column, timestamp_column

CONNECTION = Table(
    "connection",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("tool", Text, nullable=False),
    Column("base_url", Text, nullable=False),
    Column("username", Text, nullable=False),
    Column("credential", LargeBinary, nullable=False),
    Column("webhook_secrets", ARRAY(LargeBinary), nullable=False, server_default=text("'{}'")),
    timestamp_column("old_secret_until"),
    timestamp_column("created_at", now=True),
    timestamp_column("paused_at"),
    timestamp_column("paused_until"),
    Column("paused_reason", Text),
    timestamp_column("resumed_at"),
    Column("deployment", Text, nullable=False, server_default=text("'cloud'")),
    Column("auth", Text, nullable=False, server_default=text("'basic'")),
    Column("api_url", Text),
    Column("own_account", Text),
    timestamp_column("expires_at"),
    Column("oauth", LargeBinary),
    Column("webhook_auth", ARRAY(Text), nullable=False, server_default=text("'{signature}'")),
    Column("webhook_registration", JSONB),
    Column("made_on_page", Boolean, nullable=False, server_default=text("false")),
    Column("network", LargeBinary),
)

INBOX = Table(
    "inbox",
    METADATA,
    id_column(),
    Column("connection", Text, ForeignKey("connection.name"), nullable=False),
    Column("delivery_id", Text, nullable=False),
    Column("item_index", SmallInteger, nullable=False, server_default=text("0")),
    Column("event", Text, nullable=False),
    Column("native_id", Text),
    # The event says that the item is gone.
    Column("item_deleted", Boolean, nullable=False, server_default=text("false")),
    timestamp_column("received_at", now=True),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    timestamp_column("settled_at"),
    UniqueConstraint("connection", "delivery_id", "item_index"),
    Index("inbox_pending", "connection", "native_id", "id", postgresql_where=text("state = 'pending'")),
    Index("inbox_dead_letters", "connection", "native_id", postgresql_where=text("state = 'dead_letter'")),
    Index("inbox_received", "received_at"),
)

INBOX_BODY = Table(
    "inbox_body",
    METADATA,
    Column("inbox_id", BigInteger, nullable=False),
    timestamp_column("received_at", now=True),
    Column("body", LargeBinary, nullable=False),
    Index("inbox_body_of", "inbox_id"),
    # A partition a day, made and dropped by connector.store.operations.retention, and a default one.
    postgresql_partition_by="RANGE (received_at)",
)

DIRTY_KEY = Table(
    "dirty_key",
    METADATA,
    Column("connection", Text, ForeignKey("connection.name"), primary_key=True),
    Column("native_id", Text, primary_key=True),
    Column("generation", BigInteger, nullable=False, server_default=text("1")),
    Column("inbox_id", BigInteger),
    timestamp_column("first_dirty_at", now=True),
    timestamp_column("due_at", now=True),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    Column("reason", Text),
    Column("claimed_by", BigInteger),
    Column("claim_token", Uuid),
    timestamp_column("claimed_until"),
    Column("claimed_generation", BigInteger),
    Column("claimed_inbox_id", BigInteger),
    # Items that an event marked come first: false sorts before true.
    Index(
        "dirty_key_order",
        "connection",
        text("(inbox_id IS NULL)"),
        "due_at",
        postgresql_where=text("state = 'waiting' AND claim_token IS NULL"),
    ),
    Index("dirty_key_claimed", "claimed_by", postgresql_where=text("claim_token IS NOT NULL")),
    Index("dirty_key_dead_letters", "connection", "native_id", postgresql_where=text("state = 'dead_letter'")),
)

OUTBOX = Table(
    "outbox",
    METADATA,
    id_column(),
    Column("connection", Text, ForeignKey("connection.name"), nullable=False),
    Column("native_id", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("target_values", JSONB, nullable=False),
    Column("changes", JSONB, nullable=False),
    Column("reply_comment", JSONB),
    timestamp_column("created_at", now=True),
    timestamp_column("due_at", now=True),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    Column("reason", Text),
    Column("claimed_by", BigInteger),
    Column("claim_token", Uuid),
    timestamp_column("claimed_until"),
    timestamp_column("settled_at"),
    Column("bulk_key", Text),
    Column("bulk_task", Text),
    Column("version", Text),
    Index("outbox_waiting", "connection", "due_at", "id", postgresql_where=text("state = 'waiting'")),
    Index("outbox_waiting_item", "connection", "native_id", postgresql_where=text("state = 'waiting'")),
    Index(
        "outbox_bulk_key", "connection", "bulk_key", postgresql_where=text("state = 'waiting' AND bulk_key IS NOT NULL")
    ),
    Index(
        "outbox_bulk_task",
        "connection",
        "bulk_task",
        postgresql_where=text("state = 'waiting' AND bulk_task IS NOT NULL"),
    ),
    Index("outbox_claimed", "claimed_by", postgresql_where=text("claim_token IS NOT NULL")),
    Index("outbox_dead_letters", "connection", "native_id", postgresql_where=text("state = 'dead_letter'")),
    Index("outbox_done", "settled_at", postgresql_where=text("state = 'done'")),
    Index("outbox_superseded", "settled_at", postgresql_where=text("state = 'superseded'")),
)

LAST_WRITTEN = Table(
    "last_written",
    METADATA,
    Column("connection", Text, primary_key=True),
    Column("native_id", Text, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("value", Text),
    timestamp_column("written_at", now=True),
)

WORKER = Table(
    "worker",
    METADATA,
    id_column(),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    timestamp_column("started_at", now=True),
    timestamp_column("stopped_at"),
)

RATE_LIMIT = Table(
    "rate_limit",
    METADATA,
    Column("connection", Text, ForeignKey("connection.name", ondelete="CASCADE"), primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    timestamp_column("until", nullable=False),
    Column("reason", Text, nullable=False),
)

SWEEP = Table(
    "sweep",
    METADATA,
    Column("connection", Text, ForeignKey("connection.name", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("query", Text, nullable=False),
    timestamp_column("since"),
    timestamp_column("started_at", nullable=False),
    Column("cursor", Text),
    Column("seen", Integer, nullable=False, server_default=text("0")),
    Column("marked", Integer, nullable=False, server_default=text("0")),
    Column("total", Integer),
    timestamp_column("ended_at"),
    timestamp_column("due_at", now=True),
    Column("error", Text),
)

SWEEP_SEEN = Table(
    "sweep_seen",
    METADATA,
    Column("connection", Text, primary_key=True),
    Column("native_id", Text, primary_key=True),
)

SCHEMA_COMPATIBILITY = Table(
    "schema_compatibility",
    METADATA,
    Column("singleton", Boolean, primary_key=True, server_default=text("true")),
    Column("oldest_revision", Text, nullable=False),
)

PROVISIONED_OBJECT = Table(
    "provisioned_object",
    METADATA,
    id_column(),
    Column("connection", Text, ForeignKey("connection.name", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'")),
    timestamp_column("created_at", now=True),
    UniqueConstraint("connection", "kind", "target"),
)
