"""Sweeps: what nobody rang for."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field
from sqlalchemy import select

from connector.people.permissions import Action, Scope
from connector.store.database.tables import SWEEP
from connector.store.reconcile.sweeps import SqlSweeps
from connector.sync.sweep import SweepKind
from mapping.work_item import ConnectionName
from webhook_server.api.connections import CONNECTION, record_of
from webhook_server.api.operation import Call, Operation
from webhook_server.api.values import Model


class SweepModel(Model):
    connection: str
    kind: SweepKind
    began_at: datetime
    ended_at: datetime | None = Field(description="Null while it goes on.")
    seen: int
    marked: int = Field(description="New, changed or gone.")
    total: int | None
    due_at: datetime
    error: str | None


class SweepList(Model):
    items: list[SweepModel]


class NewSweep(Model):
    full: bool = Field(default=False, description="Everything, also what is no longer there.")


class Asked(Model):
    connection: str
    kind: SweepKind


def list_sweeps(call: Call) -> SweepList:
    with call.services.reading(call.viewer) as connection:
        rows = connection.execute(select(SWEEP).order_by(SWEEP.c.connection, SWEEP.c.kind)).mappings().all()
    return SweepList(items=[SweepModel(**{name: row[name] for name in SweepModel.model_fields}) for row in rows])


def begin(call: Call) -> Asked:
    record = record_of(call)
    kind = SweepKind.FULL if call.sent(NewSweep).full else SweepKind.CHANGED
    sweeps = SqlSweeps(call.services.engine, call.services.waker)
    sweeps.make_due(ConnectionName(record.name), kind)
    return Asked(connection=record.name, kind=kind)


OPERATIONS = (
    Operation("GET", "/sweeps", "sweeps", "List sweeps", list_sweeps, SweepList),
    Operation(
        "POST", "/connections/{connection}/sweeps", "sweeps", "Sweep now", begin, Asked, status=202,
        scope=Scope.ADMIN, action=Action.OPERATE, parts=(CONNECTION,), body=NewSweep,
    ),
)  # fmt: skip
