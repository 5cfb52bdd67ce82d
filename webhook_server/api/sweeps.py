"""Sweeps: searches for changes for which no event arrived."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field
from sqlalchemy import select

from connector.people.permissions import Action, TokenScope
from connector.store.database.tables import SWEEP
from connector.store.reconcile.sweeps import SqlSweeps
from connector.sync.sweep import SweepKind
from mapping.work_item import ConnectionName
from webhook_server.api.connections import CONNECTION_PARAMETER, record_of
from webhook_server.api.operation import ApiCall, Operation
from webhook_server.api.values import Model


class SweepModel(Model):
    connection: str
    kind: SweepKind
    started_at: datetime
    ended_at: datetime | None = Field(description="Null while it is running.")
    seen: int
    marked: int = Field(description="New, changed or removed.")
    total: int | None
    due_at: datetime
    error: str | None


class SweepList(Model):
    items: list[SweepModel]


class NewSweep(Model):
    full: bool = Field(default=False, description="All items, and which of them were removed.")


class SweepRequested(Model):
    connection: str
    kind: SweepKind


def list_sweeps(call: ApiCall) -> SweepList:
    with call.services.read_as(call.viewer) as connection:
        rows = connection.execute(select(SWEEP).order_by(SWEEP.c.connection, SWEEP.c.kind)).mappings().all()
    return SweepList(items=[SweepModel(**{name: row[name] for name in SweepModel.model_fields}) for row in rows])


def request_sweep(call: ApiCall) -> SweepRequested:
    record = record_of(call)
    kind = SweepKind.FULL if call.body_as(NewSweep).full else SweepKind.CHANGED
    sweeps = SqlSweeps(call.services.engine, call.services.waker)
    sweeps.make_due(ConnectionName(record.name), kind)
    return SweepRequested(connection=record.name, kind=kind)


OPERATIONS = (
    Operation(
        "GET", "/sweeps", "sweeps", "List sweeps", list_sweeps, SweepList, action=Action.OBSERVE,
        scope=TokenScope.OPERATIONS_READ,
    ),
    Operation(
        "POST", "/connections/{connection}/sweeps", "sweeps", "Start a sweep", request_sweep, SweepRequested,
        status=202, scope=TokenScope.OPERATIONS_WRITE, action=Action.OPERATE_CONNECTIONS,
        path_parameters=(CONNECTION_PARAMETER,),
        body=NewSweep,
    ),
)  # fmt: skip
