"""Figures made of measures and their effect lines, for pages that have to add up all of them at once.

All of it can be made again from the measures: see :mod:`connector.store.reporting.rollups`.  A name that is not
stated is the empty text here, so that it can be part of a key.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, Integer, Numeric, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from connector.store.database.tables.columns import METADATA, id_column, timestamp_column
from governance.definitions.leakage import LeakReason
from governance.roll_up import AMOUNTS

SUMS = AMOUNTS
"""Amounts that are added up: :class:`governance.roll_up.Amounts`."""

LEAKS = tuple(f"leak_{reason.value}" for reason in LeakReason)
"""Losses of the run-rate by their reason."""
YEAR_LEAKS = tuple(f"year_leak_{reason.value}" for reason in LeakReason)
"""Losses of the fiscal year's EBITDA by their reason."""
NUMBERS = (*SUMS, *LEAKS, *YEAR_LEAKS)

MONTHLY = ("recurring", "one_off", "capex", "cash", "avoidance", "soft", "ebitda_fx", "cash_fx")
"""Columns of one month."""

FIGURES_DUE = Table(
    "figures_due",
    METADATA,
    id_column(),
    Column("measure_id", Text, nullable=False),
    timestamp_column("since", now=True),
)

FIGURES_SETTINGS = Table(
    "figures_settings",
    METADATA,
    Column("singleton", Boolean, primary_key=True, server_default=text("true")),
    Column("digest", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("first_month", Date, nullable=False),
    Column("year_named_by", Text, nullable=False),
    Column("closed_month", Date, nullable=False),
    Column("committed_from", Text, nullable=False),
    Column("rate_age_days", Integer, nullable=False),
    Column("stages", JSONB, nullable=False, server_default=text("'[]'")),
    timestamp_column("built_at", nullable=False),
    timestamp_column("refreshed_at", nullable=False),
)

FIGURES_PROGRESS = Table(
    "figures_progress",
    METADATA,
    Column("singleton", Boolean, primary_key=True, server_default=text("true")),
    Column("reason", Text, nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    timestamp_column("started_at", nullable=False),
    timestamp_column("seen_at", nullable=False),
)

MEASURE_FIGURES = Table(
    "measure_figures",
    METADATA,
    Column("measure_id", Text, primary_key=True),
    Column("group_id", Uuid, nullable=False),
    Column("curve_id", Uuid, nullable=False),
    *(Column(name, Text, nullable=False) for name in ("portfolio", "program", "project", "package")),
    *(Column(name, Text, nullable=False) for name in ("legal_entity", "business_unit", "owner", "rule")),
    *(Column(name, Text, nullable=False) for name in ("key", "title", "stage", "step")),
    # Empty when every stage was granted.
    Column("next_stage", Text, nullable=False),
    *(Column(name, Text, nullable=False) for name in ("gate", "implementation", "potential", "left_out")),
    Column("is_held_up", Boolean, nullable=False),
    # Connection and account of whoever is owner, sponsor or controller; they see the measure without a grant.
    Column("holders", ARRAY(Text), nullable=False),
    Column("missing_rate", Text),
    # Actuals count up to it, forecast after it.
    Column("closed_month", Date, nullable=False),
    *(Column(name, Numeric) for name in NUMBERS),
    Column("blockers", ARRAY(Text), nullable=False),
    Column("findings", ARRAY(Text), nullable=False),
    timestamp_column("stage_since"),
    timestamp_column("deviation_since"),
    Column("deviation_reason", Text, nullable=False),
    *(Column(name, Numeric) for name in ("promised_to_date", "came_to_date")),
    Column("pipeline_benefit", Numeric, nullable=False),
    Column("decided_owner", Text, nullable=False),
    Index("measure_figures_place", "portfolio", "program", "project", "package", "measure_id"),
    Index("measure_figures_group", "group_id"),
    Index("measure_figures_owner", "owner"),
    Index("measure_figures_unit", "business_unit"),
    Index("measure_figures_variance", "variance", "measure_id", postgresql_where=text("variance < 0")),
    Index(
        "measure_figures_delayed",
        "delayed_benefit",
        "measure_id",
        postgresql_where=text("delayed_benefit > 0"),
    ),
    Index("measure_figures_money", text("coalesce(ebitda_plan, 0)"), "measure_id"),
    Index("measure_figures_excluded", "measure_id", postgresql_where=text("missing_rate IS NOT NULL")),
    Index("measure_figures_cancelled", "measure_id", postgresql_where=text("step = 'cancelled'")),
    Index("measure_figures_breach", "measure_id", postgresql_where=text("gate = 'breach'")),
    Index("measure_figures_blocked", "measure_id", postgresql_where=text("blockers <> '{}'")),
)

# Apart from the array, because PostgreSQL looks into no array by index before a policy has let the row pass.
MEASURE_FINDING = Table(
    "measure_finding",
    METADATA,
    Column("code", Text, primary_key=True),
    Column("measure_id", Text, primary_key=True),
    Index("measure_finding_of", "measure_id"),
)

MEASURE_SERIES = Table(
    "measure_series",
    METADATA,
    Column("measure_id", Text, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("months", ARRAY(Date), nullable=False),
    *(Column(name, ARRAY(Numeric), nullable=False) for name in MONTHLY),
)

MEASURE_VALIDATED = Table(
    "measure_validated",
    METADATA,
    Column("measure_id", Text, primary_key=True),
    Column("month", Date, primary_key=True),
    Column("amount", Numeric, nullable=False),
)

ROLLUP_GROUP = Table(
    "rollup_group",
    METADATA,
    Column("group_id", Uuid, primary_key=True),
    Column("curve_id", Uuid, nullable=False),
    *(Column(name, Text, nullable=False) for name in ("portfolio", "program", "legal_entity")),
    *(Column(name, Text, nullable=False) for name in ("step", "implementation", "potential", "left_out")),
    *(Column(name, BigInteger, nullable=False) for name in ("measures", "held_up")),
    *(Column(name, Numeric) for name in NUMBERS),
    Index("rollup_group_place", "portfolio", "program"),
)

ROLLUP_MONTH = Table(
    "rollup_month",
    METADATA,
    Column("group_id", Uuid, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("month", Date, primary_key=True),
    Column("measures", BigInteger, nullable=False),
    *(Column(name, Numeric, nullable=False) for name in MONTHLY),
)

ROLLUP_VALIDATED = Table(
    "rollup_validated",
    METADATA,
    Column("group_id", Uuid, primary_key=True),
    Column("month", Date, primary_key=True),
    Column("amount", Numeric, nullable=False),
    Column("measures", BigInteger, nullable=False),
)

ROLLUP_CURVE = Table(
    "rollup_curve",
    METADATA,
    Column("curve_id", Uuid, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("month", Date, primary_key=True),
    *(Column(name, Text, nullable=False) for name in ("portfolio", "program", "legal_entity")),
    Column("measures", BigInteger, nullable=False),
    *(Column(name, Numeric, nullable=False) for name in MONTHLY),
)
