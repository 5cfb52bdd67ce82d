"""Services as pages and API show them: through a connection on which only what a viewer may see is there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, text, true

from connector.people.permissions import Viewer
from connector.store.database.json_codec import from_json
from connector.store.database.tables import SERVICE, SERVICE_FIGURES
from connector.store.measures.stored_gates import StoredGates
from governance.effects import ZERO
from governance.measure_gates import MeasureGates, gates_of
from governance.service import ServiceDefinition
from governance.service_findings import ServiceFinding
from governance.service_report import ServiceReport

SORTS = {"key": None, "cost": ("cost", True), "trend": ("trend", True), "margin": ("margin", False)}
"""Column, and whether the largest comes first; what is not known comes last."""


@dataclass(frozen=True, slots=True)
class ServiceFilters:
    """Each of any of its values; without values, of all."""

    codes: Sequence[str] = ()
    """Blockers or findings."""
    business_units: Sequence[str] = ()
    text: str | None = None
    """Part of the key or name."""
    objectives: Sequence[str] = ()
    owner: str | None = None
    """Part of the owner's name."""
    left: bool = False
    """Those that have left the mapping, in place of those that are in it."""


@dataclass(frozen=True, slots=True)
class StoredService:
    """A service with the figures that were made last; ``None`` before they were made."""

    definition: ServiceDefinition
    portfolio: str | None
    program: str | None
    legal_entity: str | None
    objective: str
    source: str
    """Empty for the mapping, or else the connection."""
    hurdle_by: str
    hurdle_at: datetime | None
    report: ServiceReport | None
    """Of one that has left: the last one before.  In a list without months it has none of them."""
    made_at: datetime | None
    left_at: datetime | None = None
    """When the mapping, or the connection that it names, no longer had the service."""


@dataclass(frozen=True, slots=True)
class ServiceMeasure:
    """A measure that names the service."""

    id: str
    key: str
    title: str
    owner: str
    gates: MeasureGates


def visible_services(viewer: Viewer) -> ColumnElement[bool]:
    """A service is shown like a program: to whoever may see all of it."""
    if viewer.sees_everything:
        return true()
    grants = [grant for grant in viewer.viewing_grants if len(grant.hierarchy) <= 2]
    columns = SERVICE.c
    found = []
    for grant in grants:
        places = zip(("portfolio", "program"), grant.hierarchy, strict=False)
        levels = [func.coalesce(columns[name], "") == level for name, level in places]
        if grant.legal_entity is not None:
            levels.append(columns.legal_entity == grant.legal_entity)
        found.append(and_(true(), *levels))
    return or_(*found) if found else ~true()


def list_services(
    connection: Connection,
    viewer: Viewer,
    filters: ServiceFilters,
    sort: str = "key",
    after: int | str | None = None,
    limit: int = 50,
    *,
    months: bool = True,
) -> list[StoredService]:
    """One more than ``limit`` where there are more.

    ``after`` is the last key for the order of keys, and how many rows to pass over for the others.  Two years of
    ``months`` are most of a report: a list that shows none makes no objects of them.
    """
    query = _SELECT.where(*_where(viewer, filters)).limit(limit + 1)
    order = SORTS[sort]
    if order is None:
        query = query.order_by(SERVICE.c.key)
        if after is not None:
            query = query.where(SERVICE.c.key > str(after))
    else:
        column = SERVICE_FIGURES.c[order[0]]
        first = column.desc() if order[1] else column.asc()
        query = query.order_by(first.nulls_last(), SERVICE_FIGURES.c.service).offset(int(after or 0))
    return [_stored(row, months=months) for row in connection.execute(query).all()]


def get_service(connection: Connection, viewer: Viewer, key: str) -> StoredService | None:
    """``None`` for a key that is none, or that the viewer may not see."""
    row = connection.execute(_SELECT.where(SERVICE.c.key == key, *_where(viewer, ServiceFilters()))).first()
    return _stored(row) if row is not None else None


@dataclass(frozen=True, slots=True)
class ServiceTotals:
    """Of all services that a viewer sees."""

    services: int
    cost: Decimal
    """Σ of what is known, in the reporting currency; shared cost counts once."""
    cost_unknown: int
    stranded: Decimal
    blocked: int
    codes: dict[str, int]
    left: int = 0
    """Services that have left the mapping: in no other figure."""
    left_cost: Decimal = ZERO
    """Σ of what they cost in the last month that was known of each, in the reporting currency."""


def totals(connection: Connection, viewer: Viewer, filters: ServiceFilters) -> ServiceTotals:
    figures = SERVICE_FIGURES.c
    in_force, has_left = SERVICE.c.ended_at.is_(None), SERVICE.c.ended_at.is_not(None)
    query = select(
        func.count().filter(in_force),
        func.coalesce(func.sum(figures.cost).filter(in_force), 0),
        func.count().filter(in_force, figures.cost.is_(None)),
        func.coalesce(func.sum(figures.stranded).filter(in_force), 0),
        func.count().filter(in_force, figures.blocked > 0),
        func.count().filter(has_left),
        func.coalesce(func.sum(figures.cost).filter(has_left), 0),
    )
    row = connection.execute(query.select_from(_JOINED).where(*_matching(viewer, filters))).one()
    code = func.unnest(figures.codes).label("code")
    inner = select(code).select_from(_JOINED).where(*_where(viewer, filters)).subquery()
    by_code = (
        select(inner.c.code, func.count().label("many"))
        .group_by(inner.c.code)
        .order_by(func.count().desc(), inner.c.code)
    )
    services, cost, unknown, stranded, blocked, left, left_cost = row
    codes = {found.code: found.many for found in connection.execute(by_code)}
    return ServiceTotals(services, cost, unknown, stranded, blocked, codes, left, left_cost)


def business_units(connection: Connection, viewer: Viewer) -> list[str]:
    return _values(connection, viewer, SERVICE.c.business_unit)


def served_objectives(connection: Connection, viewer: Viewer) -> list[str]:
    """Keys of the objectives that a service serves which the viewer sees."""
    return _values(connection, viewer, SERVICE.c.objective)


def _values(connection: Connection, viewer: Viewer, column: ColumnElement[str]) -> list[str]:
    query = select(column).distinct().where(*_where(viewer, ServiceFilters())).order_by(column)
    return [name for (name,) in connection.execute(query) if name]


def measures_of(connection: Connection, key: str, limit: int = 50) -> list[ServiceMeasure]:
    """The measures that name the service and that the viewer may see, those that are held up first."""
    return [
        ServiceMeasure(
            row.id, row.key, row.title or row.key, row.owner or "", gates_of(from_json(StoredGates, row.verdict))
        )
        for row in connection.execute(_MEASURES, {"service": key, "limit": limit})
    ]


def seen_measures(connection: Connection, ids: Collection[str]) -> frozenset[str]:
    """Which of these the viewer may see."""
    if not ids:
        return frozenset()
    query = text("SELECT id FROM measure WHERE id = ANY (:ids)")
    return frozenset(connection.execute(query, {"ids": list(ids)}).scalars())


def sentence_for(finding: ServiceFinding, seen: Collection[str]) -> str:
    """With the names of measures for whoever may see all of them."""
    return finding.named if finding.named and all(one in seen for one in finding.measures) else finding.sentence


def _where(viewer: Viewer, filters: ServiceFilters) -> Sequence[ColumnElement[bool]]:
    in_force = SERVICE.c.ended_at.is_not(None) if filters.left else SERVICE.c.ended_at.is_(None)
    return [in_force, *_matching(viewer, filters)]


def _matching(viewer: Viewer, filters: ServiceFilters) -> Sequence[ColumnElement[bool]]:
    """Of those that are in the mapping and of those that have left it."""
    wanted = [visible_services(viewer)]
    if filters.codes:
        wanted.append(or_(*(SERVICE_FIGURES.c.codes.contains([code]) for code in filters.codes)))
    if filters.business_units:
        wanted.append(SERVICE.c.business_unit.in_(filters.business_units))
    if filters.objectives:
        wanted.append(SERVICE.c.objective.in_(filters.objectives))
    if filters.owner:
        owner = SERVICE.c.definition["owner"].as_string()
        wanted.append(owner.icontains(filters.owner, autoescape=True))
    if filters.text:
        parts = (SERVICE.c.key, SERVICE.c.name)
        wanted.append(or_(*(one.icontains(filters.text, autoescape=True) for one in parts)))
    return wanted


def _stored(row: Row[Any], *, months: bool = True) -> StoredService:
    definition = from_json(ServiceDefinition, row.definition)
    stored = row.report if months or row.report is None else {**row.report, "months": ()}
    report = from_json(ServiceReport, stored) if stored is not None else None
    return StoredService(
        definition, row.portfolio, row.program, row.legal_entity, row.objective, row.source, row.hurdle_by,
        row.hurdle_at, report, row.made_at, row.ended_at,
    )  # fmt: skip


_JOINED = SERVICE.outerjoin(SERVICE_FIGURES, SERVICE_FIGURES.c.service == SERVICE.c.key)
_SELECT = select(SERVICE, SERVICE_FIGURES.c.report, SERVICE_FIGURES.c.made_at).select_from(_JOINED)
_MEASURES = text("""
    SELECT m.id, m.key, m.title, m.owner, m.verdict
    FROM measure AS m
    WHERE m.id IN (SELECT n.measure_id FROM service_name AS s
                   JOIN measure_name AS n ON n.kind = 'service' AND n.name = s.name WHERE s.service = :service)
    ORDER BY m.gate = 'open', m.key LIMIT :limit
""")
