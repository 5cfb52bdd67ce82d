"""Services with their figures, and what was measured by month."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from connector.store.database.tables.columns import METADATA, timestamp_column

SERVICE = Table(
    "service",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("name", Text, nullable=False),
    *(Column(name, Text, nullable=False, server_default=text("''")) for name in ("owner", "business_unit")),
    *(Column(name, Text) for name in ("portfolio", "program", "legal_entity")),
    Column("definition", JSONB, nullable=False),
    *(
        Column(name, Text, nullable=False, server_default=text("''"))
        for name in ("objective", "source", "hurdle", "hurdle_by")
    ),
    timestamp_column("hurdle_at"),
    timestamp_column("ended_at"),
    Index("service_place", "portfolio", "program"),
    Index("service_objective", "objective", "key", postgresql_where=text("objective <> ''")),
)

SERVICE_NAME = Table(
    "service_name",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("service", Text, ForeignKey("service.key"), nullable=False),
    Index("service_name_of", "service"),
)

KPI_VALUE = Table(
    "kpi_value",
    METADATA,
    Column("subject_kind", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("kpi", Text, primary_key=True),
    Column("month", Date, primary_key=True),
    Column("value", Numeric, nullable=False),
    Column("source", Text, nullable=False),
    Column("entered_by", Text, nullable=False),
    timestamp_column("entered_at", nullable=False),
)

OBJECTIVE = Table(
    "objective",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("definition", JSONB, nullable=False),
    *(Column(name, Text, nullable=False, server_default=text("''")) for name in ("source", "stated_by")),
    timestamp_column("stated_at", nullable=False),
)

OBJECTIVE_NAME = Table(
    "objective_name",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("objective", Text, ForeignKey("objective.key", ondelete="CASCADE"), nullable=False),
    Index("objective_name_of", "objective"),
)

SERVICE_DUE = Table(
    "service_due",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False),
)

SERVICE_FIGURES = Table(
    "service_figures",
    METADATA,
    Column("service", Text, ForeignKey("service.key"), primary_key=True),
    Column("month", Date, nullable=False),
    Column("currency", Text, nullable=False),
    *(
        Column(name, Numeric)
        for name in ("cost", "demand", "unit_cost", "value_per_unit", "margin", "stranded", "trend")
    ),
    Column("blocked", Integer, nullable=False),
    Column("codes", ARRAY(Text), nullable=False),
    Column("report", JSONB, nullable=False),
    timestamp_column("made_at", nullable=False),
    Index("service_figures_cost", text("cost DESC NULLS LAST"), "service"),
    Index("service_figures_margin", "margin", "service"),
    Index("service_figures_trend", text("trend DESC NULLS LAST"), "service"),
    Index("service_figures_codes", "codes", postgresql_using="gin"),
)

SERVICE_RECORD = Table(
    "service_record",
    METADATA,
    *(Column(name, Text, primary_key=True) for name in ("connection", "item")),
    Column("service", Text, ForeignKey("service.key"), nullable=False),
    *(Column(name, Text, nullable=False) for name in ("name", "field")),
    Column("shown", Text),
    Index("service_record_of", "service"),
)

SERVICE_SETTINGS = Table(
    "service_settings",
    METADATA,
    Column("only_one", Boolean, primary_key=True, server_default=text("true")),
    Column("digest", Text, nullable=False),
    timestamp_column("made_at", nullable=False),
)

MEASURE_NAME = Table(
    "measure_name",
    METADATA,
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("measure_id", Text, ForeignKey("measure.id", ondelete="CASCADE"), primary_key=True),
    Index("measure_name_of", "measure_id"),
)

VALUE_WAIT = Table(
    "value_wait",
    METADATA,
    Column("measure_id", Text, ForeignKey("measure.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("ticket", Text, nullable=False, server_default=text("''")),
    Column("a_day", Numeric, nullable=False),
    Column("currency", Text, nullable=False),
    timestamp_column("since", nullable=False),
    Column("queued", Boolean, nullable=False),
    Column("alone", Boolean, nullable=False),
    Column("counts", Boolean, nullable=False),
    Index("value_wait_of", "measure_id"),
    Index("value_wait_place", "kind", text("lower(place)"), text("a_day DESC")),
)

TEAM_HOURS = Table(
    "team_hours",
    METADATA,
    *(Column(name, Text, primary_key=True) for name in ("kind", "team")),
    Column("month", Date, primary_key=True),
    Column("person", Text, primary_key=True, server_default=text("''")),
    Column("hours", Numeric, nullable=False),
    Column("source", Text, primary_key=True),
    Column("entered_by", Text, nullable=False),
    timestamp_column("entered_at", nullable=False),
    Index("team_hours_of", text("lower(btrim(person))"), "month", postgresql_where=text("person <> ''")),
)
