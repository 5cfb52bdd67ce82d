"""Track records of owners, programs and suppliers, and the pipeline weighted with them, as the reader may see them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select, text

from connector.people.permissions import Viewer
from connector.store.database.tables import MEASURE_FIGURES
from connector.store.reporting.portfolio_filters import PortfolioFilters, live, measures_where, visible_measures
from governance.track_record import PipelinePart, RecordKind, TrackRecord, WeightedPipeline, weighted_pipeline
from mapping.config import MappingConfig

COLUMNS = {RecordKind.OWNER: "decided_owner", RecordKind.PROGRAM: "program"}
OPEN_OWNER = "owner"
"""Whose pipeline it is: who owns it now."""


def track_records(connection: Connection, viewer: Viewer, own_entities: Sequence[str]) -> tuple[TrackRecord, ...]:
    """Of all measures, and then by owner, program and supplier, each in the order of the names.

    ``own_entities`` are the group's own companies, which are nobody's supplier.
    """
    return (
        *_records(connection, viewer, RecordKind.ALL),
        *(one for kind in COLUMNS for one in _records(connection, viewer, kind)),
        *_suppliers(connection, own_entities),
    )


def weighted(
    connection: Connection, viewer: Viewer, filters: PortfolioFilters, config: MappingConfig | None
) -> WeightedPipeline | None:
    """The pipeline of a part, weighted as the policy says; ``None`` while it says nothing of the kind."""
    rule = None if config is None else config.policy
    if rule is None or rule.pipeline_track_record == "off":
        return None
    kind = RecordKind(rule.pipeline_track_record)
    records = {one.name: one for one in _records(connection, viewer, kind)}
    whole = next(iter(_records(connection, viewer, RecordKind.ALL)), None)
    name = MEASURE_FIGURES.c[OPEN_OWNER if kind is RecordKind.OWNER else "program"]
    columns = MEASURE_FIGURES.c
    query = (
        select(
            name.label("name"),
            func.coalesce(func.sum(columns.pipeline), 0).label("pipeline"),
            func.coalesce(func.sum(columns.pipeline_benefit), 0).label("benefit"),
        )
        .where(measures_where(filters), visible_measures(viewer), live(filters, MEASURE_FIGURES))
        .group_by(name)
    )
    parts = (PipelinePart(row.name, row.pipeline, row.benefit) for row in connection.execute(query))
    return weighted_pipeline(parts, records, whole, kind, rule.track_record_sample)


def _records(connection: Connection, viewer: Viewer, kind: RecordKind) -> Iterable[TrackRecord]:
    columns = MEASURE_FIGURES.c
    promised = columns.promised_to_date
    sums = [
        func.coalesce(func.sum(promised).filter(promised > 0), 0).label("promised"),
        func.coalesce(func.sum(columns.came_to_date).filter(promised > 0), 0).label("came"),
        func.count().filter(promised > 0).label("sample"),
        func.count().label("decided"),
    ]
    query = select(*sums).where(visible_measures(viewer), promised.is_not(None))
    if kind in COLUMNS:
        name = columns[COLUMNS[kind]]
        query = query.add_columns(name.label("name")).group_by(name).order_by(name)
    for row in connection.execute(query):
        yield _record(kind, row, row.name if kind in COLUMNS else "")


def _suppliers(connection: Connection, own_entities: Sequence[str]) -> Iterable[TrackRecord]:
    own = [name.casefold() for name in own_entities]
    for row in connection.execute(_SUPPLIERS, {"own": own}):
        yield _record(RecordKind.SUPPLIER, row, row.name)


def _record(kind: RecordKind, row: Row[Any], name: str) -> TrackRecord:
    return TrackRecord(kind, name, row.promised, row.came, row.sample, row.decided)


_SUPPLIERS = text("""
    WITH supplied AS (
        SELECT DISTINCT counterparty, measure_id FROM ledger_entry
        WHERE counterparty <> '' AND measure_id IS NOT NULL AND version IN ('actual', 'committed')
    )
    SELECT s.counterparty AS name,
           coalesce(sum(f.promised_to_date) FILTER (WHERE f.promised_to_date > 0), 0) AS promised,
           coalesce(sum(f.came_to_date) FILTER (WHERE f.promised_to_date > 0), 0) AS came,
           count(*) FILTER (WHERE f.promised_to_date > 0) AS sample, count(*) AS decided
    FROM supplied AS s JOIN measure_figures AS f ON f.measure_id = s.measure_id
    WHERE f.promised_to_date IS NOT NULL AND lower(s.counterparty) <> ALL (CAST(:own AS text[]))
    GROUP BY s.counterparty ORDER BY s.counterparty
""")
