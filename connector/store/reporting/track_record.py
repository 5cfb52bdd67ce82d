"""Track records of owners, programs and suppliers, and the pipeline weighted with them, as the reader may see them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select, text, tuple_

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
    found = _records(connection, viewer, RecordKind.ALL, *COLUMNS)
    return (*(one for records in found.values() for one in records), *_suppliers(connection, own_entities))


def weighted(
    connection: Connection, viewer: Viewer, filters: PortfolioFilters, config: MappingConfig | None
) -> WeightedPipeline | None:
    """The pipeline of a part, weighted as the policy says; ``None`` while it says nothing of the kind."""
    rule = None if config is None else config.policy
    if rule is None or rule.pipeline_track_record == "off":
        return None
    kind = RecordKind(rule.pipeline_track_record)
    found = _records(connection, viewer, RecordKind.ALL, kind)
    records, whole = {one.name: one for one in found[kind]}, next(iter(found[RecordKind.ALL]), None)
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


def _records(connection: Connection, viewer: Viewer, *kinds: RecordKind) -> dict[RecordKind, list[TrackRecord]]:
    """By each of these, in the order of the names; every measure is read once for all of them."""
    columns = MEASURE_FIGURES.c
    promised = columns.promised_to_date
    sums = [
        func.coalesce(func.sum(promised).filter(promised > 0), 0).label("promised"),
        func.coalesce(func.sum(columns.came_to_date).filter(promised > 0), 0).label("came"),
        func.count().filter(promised > 0).label("sample"),
        func.count().label("decided"),
    ]
    names = {kind: columns[COLUMNS[kind]] for kind in kinds if kind in COLUMNS}
    grouped = [tuple_(names[kind]) if kind in names else tuple_() for kind in kinds]
    query = select(*sums, *names.values())
    query = query.where(visible_measures(viewer), promised.is_not(None))
    query = query.group_by(func.grouping_sets(*grouped)).order_by(*names.values())
    found: dict[RecordKind, list[TrackRecord]] = {kind: [] for kind in kinds}
    for row in connection.execute(query).all():
        # A name is never NULL, so the one that is there is what the row is of.
        kind = next((kind for kind in names if getattr(row, COLUMNS[kind]) is not None), RecordKind.ALL)
        found[kind].append(_record(kind, row, getattr(row, COLUMNS[kind]) if kind in COLUMNS else ""))
    return found


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
