"""What is reported of services, for the measures that name them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from connector.store.database.json_codec import from_json
from connector.store.queue.reassess import mark_items
from governance.service_findings import ServiceBlocker, ServiceFinding
from governance.service_notes import ServiceNote
from governance.service_report import ServiceReport
from mapping.work_item import ConnectionName, NativeId


def service_notes(connection: Connection, names: Sequence[str]) -> dict[str, tuple[ServiceNote, ...]]:
    """By each name in lower case; a name that is none is absent."""
    found: dict[str, tuple[ServiceNote, ...]] = {}
    for row in connection.execute(_NOTES, {"names": list(names)}):
        report = from_json(ServiceReport, row.report)
        place = tuple(level for level in (row.portfolio, row.program) if level) if row.portfolio else ()
        found[row.name] = tuple(
            ServiceNote(row.service_name, one.code, one.sentence, row.owner, place) for one in _parts(report)
        )
    return found


def reported_before(transaction: Connection, service: str) -> tuple[tuple[str, str], ...] | None:
    """Codes and sentences of the stored report; ``None`` for none."""
    stored = transaction.execute(_REPORT, {"service": service}).scalar()
    return None if stored is None else reported(from_json(ServiceReport, stored))


def reported(report: ServiceReport) -> tuple[tuple[str, str], ...]:
    return tuple((one.code, one.sentence) for one in _parts(report))


def _parts(report: ServiceReport) -> tuple[ServiceFinding | ServiceBlocker, ...]:
    return (*report.findings, *report.blockers)


def mark_measures_of(transaction: Connection, services: Sequence[str]) -> None:
    """The measures that name a service are assessed again: what is reported of it stands in their own field.

    Those of all services at once, so that their keys are locked in one order.
    """
    if services:
        rows = transaction.execute(_MEASURES, {"services": list(services)})
        mark_items(transaction, {(ConnectionName(row.connection), NativeId(row.native_id)) for row in rows})


_NOTES = text("""
    SELECT n.name, s.name AS service_name, s.owner, s.portfolio, s.program, f.report
    FROM service_name AS n JOIN service AS s ON s.key = n.service JOIN service_figures AS f ON f.service = s.key
    WHERE n.name = ANY (:names) AND s.ended_at IS NULL ORDER BY n.name
""")
_REPORT = text("SELECT report FROM service_figures WHERE service = :service")
_MEASURES = text("""
    SELECT DISTINCT m.connection, m.native_id
    FROM service_name AS n JOIN measure AS m ON m.service_names @> ARRAY[n.name]
    WHERE n.service = ANY (:services) AND m.unmapped_since IS NULL
""")
