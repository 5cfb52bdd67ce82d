"""What was known of measures and since when; rows are added and never changed (``verdict_history.sql``)."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from connector.store.database.tables.columns import METADATA, id_column, timestamp_column
from connector.store.database.tables.rollups import MEASURE_FIGURES, ROLLUP_GROUP

VERDICT_VERSION = Table(
    "verdict_version",
    METADATA,
    id_column(),
    Column("measure_id", Text, ForeignKey("measure.id"), nullable=False),
    timestamp_column("known_from", nullable=False),
    *(Column(name, JSONB, nullable=False) for name in ("record", "facts", "verdict", "findings", "measure_state")),
    Column("explanation", Text, nullable=False),
    Column("effects_digest", Text, nullable=False),
    Column("mapping_version", Integer, ForeignKey("mapping_version.number"), nullable=False),
    Column("policy_version", Text, nullable=False),
    Column("removed_reason", Text),
    Column("edits", JSONB, nullable=False, server_default=text("'[]'")),
    Index("verdict_version_of", "measure_id", text("known_from DESC"), text("id DESC")),
    Index("verdict_version_age", "known_from", postgresql_using="brin"),
)

EFFECTS_VERSION = Table(
    "effects_version",
    METADATA,
    Column("measure_id", Text, ForeignKey("measure.id"), primary_key=True),
    Column("digest", Text, primary_key=True),
    timestamp_column("known_from", nullable=False),
    Column("lines", JSONB, nullable=False),
)

FIGURES_VERSION = Table(
    "figures_version",
    METADATA,
    id_column(),
    timestamp_column("known_from", nullable=False),
    Column("has_left", Boolean, nullable=False, server_default=text("false")),
    *(
        Column(column.name, column.type, nullable=column.nullable)
        for column in MEASURE_FIGURES.columns
        if column.name not in {"group_id", "curve_id"}
    ),
    Index("figures_version_of", "measure_id", text("known_from DESC"), text("id DESC")),
    Index("figures_version_age", "known_from", postgresql_using="brin"),
)

GROUP_VERSION = Table(
    "group_version",
    METADATA,
    id_column(),
    timestamp_column("known_from", nullable=False),
    Column("has_left", Boolean, nullable=False, server_default=text("false")),
    *(Column(column.name, column.type, nullable=column.nullable) for column in ROLLUP_GROUP.columns),
    Index("group_version_of", "group_id", text("known_from DESC"), text("id DESC")),
    Index("group_version_age", "known_from", postgresql_using="brin"),
)

CURVE_VERSION = Table(
    "curve_version",
    METADATA,
    id_column(),
    Column("curve_id", Uuid, nullable=False),
    timestamp_column("known_from", nullable=False),
    *(Column(name, Text, nullable=False) for name in ("portfolio", "program", "legal_entity")),
    Column("months", JSONB),
    Index("curve_version_of", "curve_id", text("known_from DESC"), text("id DESC")),
    Index("curve_version_age", "known_from", postgresql_using="brin"),
)

FIGURES_SETTINGS_VERSION = Table(
    "figures_settings_version",
    METADATA,
    id_column(),
    timestamp_column("known_from", nullable=False),
    Column("currency", Text, nullable=False),
    Column("first_month", Date, nullable=False),
    Column("year_named_by", Text, nullable=False),
    Column("closed_month", Date, nullable=False),
    Column("committed_from", Text, nullable=False),
    Column("rate_age_days", Integer, nullable=False),
)
