"""What was measured by month: the demand of services, and KPIs of services, measures and key results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import Connection, text

from connector.store.queue.inbox import mark_dirty
from governance.measure import MeasureId
from governance.money import Period
from mapping.work_item import ConnectionName, NativeId


def kpi_name(name: str) -> str:
    """As it is stored: letter case and blanks around it do not count."""
    return name.strip().casefold()


class SubjectKind(StrEnum):
    SERVICE = "service"
    MEASURE = "measure"
    KEY_RESULT = "key_result"


@dataclass(frozen=True, slots=True)
class KpiValue:
    kind: SubjectKind
    subject: str
    """Key of a service or key result, id of a measure."""
    kpi: str
    month: Period
    value: Decimal


def store_values(transaction: Connection, values: Sequence[KpiValue], source: str, login: str, now: datetime) -> int:
    """The newest statement of a month counts; returns how many values are new or others than before."""
    if not values:
        return 0
    rows = [
        {
            "kind": one.kind.value, "subject": one.subject, "kpi": kpi_name(one.kpi), "month": one.month.first_day,
            "value": one.value, "source": source, "login": login, "now": now,
        }
        for one in {(one.kind, one.subject, kpi_name(one.kpi), one.month): one for one in values}.values()
    ]  # fmt: skip
    columns = {name: [row[name] for row in rows] for name in ("kind", "subject", "kpi", "month", "value")}
    asked = {**columns, "source": source, "login": login, "now": now}
    changed = transaction.execute(_STORE, asked).all()
    measures = {row.subject for row in changed if row.subject_kind == SubjectKind.MEASURE}
    for connection, some in sorted(_items(measures).items()):
        mark_dirty(transaction, connection, some)
    return len(changed)


def newest_of_measures(
    connection: Connection, measures: Sequence[MeasureId], last: Period
) -> dict[MeasureId, dict[str, tuple[Period, Decimal]]]:
    """The newest value of each KPI of these measures up to the month ``last``: of a later one nothing is measured."""
    found: dict[MeasureId, dict[str, tuple[Period, Decimal]]] = {}
    for row in connection.execute(_NEWEST, {"measures": list(measures), "last": last.first_day}):
        found.setdefault(MeasureId(row.subject), {})[row.kpi] = (Period.of(row.month), row.value)
    return found


@dataclass(frozen=True, slots=True)
class KpiMonth:
    """A value that was stated of a measure."""

    kpi: str
    month: Period
    value: Decimal
    source: str


def values_of_measure(connection: Connection, measure: str, limit: int = 200) -> tuple[KpiMonth, ...]:
    """Newest first, of what the reader may see."""
    rows = connection.execute(_OF_MEASURE, {"measure": measure, "limit": limit})
    return tuple(KpiMonth(row.kpi, Period.of(row.month), row.value, row.source) for row in rows)


def _items(measures: Iterable[str]) -> dict[ConnectionName, dict[NativeId, int | None]]:
    """A gate may ask for a KPI: another value may be another verdict."""
    items: dict[ConnectionName, dict[NativeId, int | None]] = {}
    for measure in measures:
        name, _, item = measure.partition("/")
        items.setdefault(ConnectionName(name), {})[NativeId(item)] = None
    return items


def subjects_by_name(connection: Connection, kind: SubjectKind, names: Iterable[str]) -> dict[str, str]:
    """Which subject each name means, by the name in lower case; names that mean nothing are absent."""
    wanted = sorted({name.strip().lower() for name in names})
    return {row.name: row.subject for row in connection.execute(_FIND[kind], {"names": wanted})}


_STORE = text("""
    INSERT INTO kpi_value (subject_kind, subject, kpi, month, value, source, entered_by, entered_at)
    SELECT one.*, :source, :login, :now
    FROM unnest(CAST(:kind AS text[]), CAST(:subject AS text[]), CAST(:kpi AS text[]), CAST(:month AS date[]),
                CAST(:value AS numeric[])) AS one
    ON CONFLICT (subject_kind, subject, kpi, month) DO UPDATE
        SET value = excluded.value, source = excluded.source, entered_by = excluded.entered_by,
            entered_at = excluded.entered_at
        WHERE kpi_value.value <> excluded.value
    RETURNING subject, subject_kind
""")
_NEWEST = text("""
    SELECT DISTINCT ON (subject, kpi) subject, kpi, month, value FROM kpi_value
    WHERE subject_kind = 'measure' AND subject = ANY (:measures) AND month <= :last ORDER BY subject, kpi, month DESC
""")
_OF_MEASURE = text("""
    SELECT kpi, month, value, source FROM kpi_value
    WHERE subject_kind = 'measure' AND subject = :measure ORDER BY month DESC, kpi LIMIT :limit
""")
_FIND = {
    SubjectKind.SERVICE: text("SELECT name, service AS subject FROM service_name WHERE name = ANY (:names)"),
    SubjectKind.MEASURE: text("""
        SELECT lower(key) AS name, min(id) AS subject FROM measure
        WHERE lower(key) = ANY (:names) AND unmapped_since IS NULL GROUP BY 1 HAVING count(*) = 1
    """),
    SubjectKind.KEY_RESULT: text("""
        SELECT lower(result ->> 'key') AS name, result ->> 'key' AS subject
        FROM objective, jsonb_array_elements(definition -> 'key_results') AS result
        WHERE lower(result ->> 'key') = ANY (:names)
    """),
}
