"""What Gatepost knows and keeps: mappings, items, measures, money, decisions, the audit."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    Date,
    FetchedValue,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from connector.store.database.tables.columns import METADATA, id_column, timestamp_column

MAPPING_VERSION = Table(
    "mapping_version",
    METADATA,
    Column("number", Integer, Identity(always=True), primary_key=True),
    Column("digest", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    timestamp_column("created_at", now=True),
    timestamp_column("activated_at"),
    Column("state", Text, nullable=False),
    timestamp_column("superseded_at"),
    Column("restores", Integer),
    Column("moving_starts", JSONB, nullable=False, server_default=text("'{}'")),
    Column("override", Text, nullable=False, server_default=text("''")),
    Index("mapping_version_one_active", "state", unique=True, postgresql_where=text("state = 'active'")),
)

WORK_ITEM = Table(
    "work_item",
    METADATA,
    Column("connection", Text, ForeignKey("connection.name"), primary_key=True),
    Column("native_id", Text, primary_key=True),
    Column("key", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("snapshot", JSONB, nullable=False),
    Column("version", Text, nullable=False),
    timestamp_column("read_at", nullable=False),
    timestamp_column("unreachable_since"),
    Column("unreachable_reason", Text),
    Column("former_keys", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("rests_on", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Index("work_item_rests_on", "rests_on", postgresql_using="gin"),
    Index("work_item_key", "key"),
    Index("work_item_former_keys", "former_keys", postgresql_using="gin"),
    Index("work_item_read", text("read_at DESC")),
)

MEASURE = Table(
    "measure",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("connection", Text, nullable=False),
    Column("native_id", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("title", Text),
    Column("rule", Text, nullable=False),
    *(Column(name, Text) for name in ("portfolio", "program", "project", "package")),
    *(Column(name, Text) for name in ("business_unit", "legal_entity", "owner", "sponsor", "controller")),
    Column("stage", Text),
    Column("tool_stage", Text),
    *(Column(name, Text, nullable=False) for name in ("gate", "implementation", "potential")),
    Column("currency", Text),
    *(Column(name, Numeric) for name in ("plan_net", "forecast_net", "actual_net", "variance_net")),
    Column("facts", JSONB, nullable=False),
    Column("verdict", JSONB, nullable=False),
    Column("verdict_digest", Text, nullable=False),
    Column("effects_digest", Text, nullable=False),
    Column("known_digest", Text, nullable=False, server_default=text("''")),
    Column("mapping_version", Integer, ForeignKey("mapping_version.number"), nullable=False),
    Column("policy_version", Text, nullable=False),
    timestamp_column("assessed_at", nullable=False),
    timestamp_column("unmapped_since"),
    Column("unmapped_reason", Text),
    Column("measure_state", JSONB, nullable=False, server_default=text("'{}'")),
    timestamp_column("reassess_at"),
    Column("baseline_id", Text),
    timestamp_column("item_created_at"),
    Column("unvalidated_since", Date),
    Column("explanation", Text, nullable=False, server_default=text("''")),
    Column("findings", JSONB, nullable=False, server_default=text("'[]'")),
    Column("role_change_parties", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    # The accounts behind the names, made by the database from the facts.
    *(
        Column(f"{role}_id", Text, Computed(f"facts #>> '{{roles,{role},id}}'::text[]", persisted=True))
        for role in ("owner", "sponsor", "controller")
    ),
    Column("further_holders", ARRAY(Text), Computed("gatepost_further_holders(connection, facts)", persisted=True)),
    Column("waiting_for", ARRAY(Text), Computed("gatepost_keys(measure_state -> 'waiting_since')", persisted=True)),
    Column("service_names", ARRAY(Text), Computed("gatepost_names(facts -> 'services')", persisted=True)),
    Column("objective_names", ARRAY(Text), Computed("gatepost_names(facts -> 'objective')", persisted=True)),
    UniqueConstraint("connection", "native_id"),
    ForeignKeyConstraint(["connection", "native_id"], ["work_item.connection", "work_item.native_id"]),
    Index("measure_waiting_for", "waiting_for", postgresql_using="gin"),
    Index("measure_service_names", "service_names", postgresql_using="gin"),
    Index("measure_objective_names", "objective_names", postgresql_using="gin"),
    Index("measure_further_holders", "further_holders", postgresql_using="gin"),
    Index("measure_role_change_parties", "role_change_parties", postgresql_using="gin"),
    Index("measure_with_further_holders", "id", postgresql_where=text("further_holders <> '{}'")),
    Index("measure_role_changes", "id", postgresql_where=text("role_change_parties <> '{}'")),
    Index("measure_program", "program"),
    Index("measure_key", "key"),
    Index("measure_place", "portfolio", "program", "project", "package"),
    Index("measure_reassess", "reassess_at", postgresql_where=text("unmapped_since IS NULL")),
    *(Index(f"measure_{role}", f"{role}_id") for role in ("owner", "sponsor", "controller")),
    Index(
        "measure_legal_entity",
        text("lower(legal_entity)"),
        "id",
        postgresql_include=["key", "legal_entity", "unmapped_since"],
    ),
    Index("measure_unvalidated", "unvalidated_since", postgresql_where=text("unvalidated_since IS NOT NULL")),
    Index("measure_baseline", "baseline_id", postgresql_where=text("baseline_id IS NOT NULL")),
)

EFFECT_LINE = Table(
    "effect_line",
    METADATA,
    Column("measure_id", Text, ForeignKey("measure.id"), primary_key=True),
    Column("version", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("month", Date, primary_key=True),
    Column("amount", Numeric, nullable=False),
    Column("currency", Text, primary_key=True),
    Column("account", Text, primary_key=True, server_default=text("'ebitda'")),
    Column("hard", Boolean, primary_key=True, server_default=text("true")),
    Column("pl_line", Text, primary_key=True, server_default=text("''")),
    Index(
        "effect_line_month",
        *("month", "version", "currency", "kind", "measure_id"),
        postgresql_include=["amount", "account"],
    ),
)

DECISION = Table(
    "decision",
    METADATA,
    id_column(),
    Column("measure_id", Text, ForeignKey("measure.id"), nullable=False),
    timestamp_column("decided_at", nullable=False),
    Column("stage", Text),
    Column("gate", Text, nullable=False),
    Column("verdict", JSONB, nullable=False),
    Column("evidence", JSONB, nullable=False),
    Column("mapping_version", Integer, ForeignKey("mapping_version.number"), nullable=False),
    Column("policy_version", Text, nullable=False),
    Column("digest", Text, nullable=False, server_default=text("''")),
    Index("decision_of_measure", "measure_id", "id"),
)

COMMAND = Table(
    "command",
    METADATA,
    id_column(),
    Column("measure_id", Text, ForeignKey("measure.id"), nullable=False),
    # Where it was given (governance.evidence.CommandSource); each edit of a comment adds a row of the same source.
    Column("origin", Text, nullable=False),
    Column("origin_id", Text, nullable=False),
    Column("ordinal", Integer, nullable=False, server_default=text("1")),
    Column("submitted_id", BigInteger, ForeignKey("submitted_command.id")),
    Column("verb", Text, nullable=False),
    Column("person", Text, nullable=False),
    timestamp_column("given_at", nullable=False),
    timestamp_column("ruled_at", nullable=False),
    Column("accepted", Boolean, nullable=False),
    Column("role", Text),
    Column("content", JSONB, nullable=False),
    Index("command_of_measure", "measure_id", "origin", "origin_id", "ordinal", "id"),
    Index("command_submitted", "submitted_id", unique=True, postgresql_where=text("submitted_id IS NOT NULL")),
    Index("command_delegations", "verb", postgresql_where=text("verb = 'delegate'")),
)

PLAN_VERSION = Table(
    "plan_version",
    METADATA,
    Column("measure_id", Text, ForeignKey("measure.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    timestamp_column("locked_at", nullable=False),
    Column("reason", Text, nullable=False),
    Column("approved_by", JSONB, nullable=False),
    Column("lines", JSONB, nullable=False),
    Column("terms", JSONB),
    Column("rates", JSONB),
)

STATUS_DAY = Table(
    "status_day",
    METADATA,
    Column("measure_id", Text, ForeignKey("measure.id"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("stage", Text),
    *(Column(name, Text, nullable=False) for name in ("gate", "implementation", "potential")),
    Column("reasons", JSONB, nullable=False),
    *(Column(name, Numeric) for name in ("plan_net", "forecast_net", "actual_net")),
    Column("currency", Text),
)

DEPENDENCY = Table(
    "dependency",
    METADATA,
    Column("measure_id", Text, ForeignKey("measure.id"), primary_key=True),
    Column("on_connection", Text, primary_key=True),
    Column("on_name", Text, primary_key=True),
    Index("dependency_on", "on_connection", "on_name"),
)

EXCHANGE_RATE = Table(
    "exchange_rate",
    METADATA,
    Column("currency", Text, primary_key=True),
    Column("to", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("since", Date, primary_key=True),
    Column("factor", Numeric, nullable=False),
    Column("source", Text, nullable=False),
)

AUDIT = Table(
    "audit",
    METADATA,
    id_column(),
    timestamp_column("at", now=True),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'")),
    # Set by the database itself: see audit.sql of the migrations.
    Column("seq", BigInteger, nullable=False, server_default=FetchedValue()),
    Column("mapping_version", Integer),
    Column("policy_version", Text),
    Column("prev_hash", Text, nullable=False, server_default=FetchedValue()),
    Column("hash", Text, nullable=False, server_default=FetchedValue()),
    UniqueConstraint("seq", name="audit_seq"),
    Index("audit_of_subject", "subject", "id"),
    Index("audit_actor", "actor", "seq"),
    Index("audit_action", "action", "seq", postgresql_ops={"action": "text_pattern_ops"}),
    Index("audit_at", "at"),
)

AUDIT_HEAD = Table(
    "audit_head",
    METADATA,
    Column("singleton", Boolean, primary_key=True, server_default=text("true")),
    Column("seq", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
)
