"""What is reported of a service, in the field of the tool's own record of it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from connector.store.database.json_codec import values_to_json
from connector.store.database.tables import OUTBOX, SERVICE_RECORD
from connector.store.queue.outbox_planner import supersede_writes
from connector.store.reconcile.assessment_rows import change_row
from governance.service_report import ServiceReport, reported_lines
from mapping.services import ServiceRecord
from mapping.work_item import ConnectionName, FieldName, NativeId
from mapping.writeback import Change, ChangeKind, canonical, join_lines


def store_records(transaction: Connection, connection: str, records: Sequence[ServiceRecord]) -> None:
    """These records of a connection show what is reported, as they were read; others do not any more.

    A record whose name is that of a service of the mapping shows what is reported of that one: its cost stands there.
    """
    transaction.execute(SERVICE_RECORD.delete().where(SERVICE_RECORD.c.connection == connection))
    rows = [
        {
            "connection": connection, "item": one.item, "service": one.service, "name": one.name, "field": one.field,
            "shown": one.shown, "lower": one.name.strip().lower(),
        }
        for one in records
    ]  # fmt: skip
    if rows:
        transaction.execute(_ADD, rows)


def services_shown(transaction: Connection, connection: str) -> list[str]:
    """Keys of the services that a record of the connection shows."""
    return list(transaction.execute(_SHOWN, {"connection": connection}).scalars())


def plan_record_writes(transaction: Connection, key: str, report: ServiceReport) -> set[ConnectionName]:
    """Write what a service's records do not show.

    Returns the connections whose task has to be woken before the transaction ends, after all rows: whoever stores an
    assessment locks them in that order.
    """
    target = join_lines(reported_lines(report))
    planned: set[ConnectionName] = set()
    for row in transaction.execute(_RECORDS, {"service": key}).all():
        if row.shown is not None and canonical(row.shown) == canonical(target):
            continue
        connection, item, field = ConnectionName(row.connection), NativeId(row.item), FieldName(row.field)
        kind = ChangeKind.CHANGED if row.shown else ChangeKind.FIRST
        supersede_writes(transaction, connection, [item])
        transaction.execute(
            OUTBOX.insert().values(
                connection=connection, native_id=item, key=row.name, target_values=values_to_json({field: target}),
                changes=[change_row(Change(field, kind, row.shown, target, row.shown))],
            )
        )  # fmt: skip
        # Another writing follows only when something else is reported, or a sweep reads that it is not there.
        transaction.execute(_NOW_SHOWN, {"connection": connection, "item": item, "shown": target or ""})
        planned.add(connection)
    return planned


_ADD = text("""
    INSERT INTO service_record (connection, item, service, name, field, shown)
    SELECT :connection, :item, stated.key, :name, :field, CAST(:shown AS text)
    FROM service AS stated
    WHERE stated.key = coalesce(
        (SELECT n.service FROM service_name AS n JOIN service AS own ON own.key = n.service
         WHERE n.name = :lower AND own.source = '' AND own.ended_at IS NULL), :service)
    ON CONFLICT (connection, item) DO NOTHING
""")
_SHOWN = text("SELECT DISTINCT service FROM service_record WHERE connection = :connection ORDER BY 1")
_RECORDS = text(
    "SELECT connection, item, name, field, shown FROM service_record WHERE service = :service ORDER BY 1, 2"
)
_NOW_SHOWN = text("UPDATE service_record SET shown = :shown WHERE connection = :connection AND item = :item")
