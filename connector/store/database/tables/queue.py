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

from connector.store.database.tables.columns import METADATA, identity, moment

CONNECTION = Table(
    "connection",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("tool", Text, nullable=False),
    Column("base_url", Text, nullable=False),
    Column("username", Text, nullable=False),
    Column("credential", LargeBinary, nullable=False),
    Column("webhook_secrets", ARRAY(LargeBinary), nullable=False, server_default=text("'{}'")),
    moment("created_at", now=True),
    moment("paused_at"),
    moment("paused_until"),
    Column("paused_reason", Text),
    Column("deployment", Text, nullable=False, server_default=text("'cloud'")),
    Column("auth", Text, nullable=False, server_default=text("'basic'")),
    Column("api_url", Text),
    Column("own_account", Text),
    moment("expires_at"),
    Column("oauth", LargeBinary),
    Column("doors", ARRAY(Text), nullable=False, server_default=text("'{signature}'")),
    Column("webhook", JSONB),
)

INBOX = Table(
    "inbox",
    METADATA,
    identity(),
    Column("connection", Text, ForeignKey("connection.name"), nullable=False),
    Column("delivery_id", Text, nullable=False),
    Column("part", SmallInteger, nullable=False, server_default=text("0")),
    Column("event", Text, nullable=False),
    Column("native_id", Text),
    # The event says that the item is gone.
    Column("item_deleted", Boolean, nullable=False, server_default=text("false")),
    Column("body", LargeBinary),
    moment("received_at", now=True),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    moment("settled_at"),
    UniqueConstraint("connection", "delivery_id", "part"),
    Index("inbox_pending", "connection", "native_id", "id", postgresql_where=text("state = 'pending'")),
    Index("inbox_parked", "connection", "native_id", postgresql_where=text("state = 'parked'")),
    Index("inbox_received", "received_at"),
    # What a process of the version before has written; new bodies stand in INBOX_BODY.
    Index("inbox_bodied", "received_at", postgresql_where=text("body IS NOT NULL")),
)

INBOX_BODY = Table(
    "inbox_body",
    METADATA,
    Column("inbox_id", BigInteger, nullable=False),
    moment("received_at", now=True),
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
    moment("first_dirty_at", now=True),
    moment("due_at", now=True),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    Column("reason", Text),
    Column("claimed_by", BigInteger),
    Column("claim_token", Uuid),
    moment("claimed_until"),
    Column("claimed_generation", BigInteger),
    Column("claimed_inbox_id", BigInteger),
    # What an event rang for comes first: false sorts before true.
    Index(
        "dirty_key_order",
        "connection",
        text("(inbox_id IS NULL)"),
        "due_at",
        postgresql_where=text("state = 'waiting' AND claim_token IS NULL"),
    ),
    Index("dirty_key_claimed", "claimed_by", postgresql_where=text("claim_token IS NOT NULL")),
    Index("dirty_key_parked", "connection", "native_id", postgresql_where=text("state = 'parked'")),
)

OUTBOX = Table(
    "outbox",
    METADATA,
    identity(),
    Column("connection", Text, ForeignKey("connection.name"), nullable=False),
    Column("native_id", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("wanted", JSONB, nullable=False),
    Column("changes", JSONB, nullable=False),
    Column("answer", JSONB),
    moment("created_at", now=True),
    moment("due_at", now=True),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    Column("reason", Text),
    Column("claimed_by", BigInteger),
    Column("claim_token", Uuid),
    moment("claimed_until"),
    moment("settled_at"),
    Column("alike", Text),
    Column("bulk_task", Text),
    Column("version", Text),
    Index("outbox_waiting", "connection", "due_at", "id", postgresql_where=text("state = 'waiting'")),
    Index("outbox_waiting_item", "connection", "native_id", postgresql_where=text("state = 'waiting'")),
    Index("outbox_alike", "connection", "alike", postgresql_where=text("state = 'waiting' AND alike IS NOT NULL")),
    Index(
        "outbox_bulk",
        "connection",
        "bulk_task",
        postgresql_where=text("state = 'waiting' AND bulk_task IS NOT NULL"),
    ),
    Index("outbox_claimed", "claimed_by", postgresql_where=text("claim_token IS NOT NULL")),
    Index("outbox_parked", "connection", "native_id", postgresql_where=text("state = 'parked'")),
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
    moment("written_at", now=True),
)

WORKER = Table(
    "worker",
    METADATA,
    identity(),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    moment("started_at", now=True),
    moment("stopped_at"),
)

PARKING = Table(
    "parking",
    METADATA,
    Column("connection", Text, ForeignKey("connection.name", ondelete="CASCADE"), primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    moment("until", nullable=False),
    Column("reason", Text, nullable=False),
)

SWEEP = Table(
    "sweep",
    METADATA,
    Column("connection", Text, ForeignKey("connection.name", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("query", Text, nullable=False),
    moment("since"),
    moment("began_at", nullable=False),
    Column("page", Text),
    Column("seen", Integer, nullable=False, server_default=text("0")),
    Column("marked", Integer, nullable=False, server_default=text("0")),
    Column("total", Integer),
    moment("ended_at"),
    moment("due_at", now=True),
    Column("error", Text),
)

SWEEP_SEEN = Table(
    "sweep_seen",
    METADATA,
    Column("connection", Text, primary_key=True),
    Column("native_id", Text, primary_key=True),
)

SCHEMA_FLOOR = Table(
    "schema_floor",
    METADATA,
    Column("single", Boolean, primary_key=True, server_default=text("true")),
    Column("oldest", Text, nullable=False),
)

PROVISIONED = Table(
    "provisioned",
    METADATA,
    identity(),
    Column("connection", Text, ForeignKey("connection.name", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'")),
    moment("created_at", now=True),
    UniqueConstraint("connection", "kind", "target"),
)
