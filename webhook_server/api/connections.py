"""Connections: the tools, and how they are."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from connector.http.tool_access import Auth, Deployment, DoorKind
from connector.people.permissions import Action, Scope
from connector.runtime.doctor import connection_checks
from connector.store.connections.connections import ConnectionRecord
from connector.sync.setup import Health
from mapping.work_item import Tool
from webhook_server.api.operation import Call, Operation, Part
from webhook_server.api.problem import Problem
from webhook_server.api.values import Model


class ConnectionModel(Model):
    """No credential and no secret is ever shown."""

    name: str
    tool: Tool
    base_url: str
    deployment: Deployment
    auth: Auth
    doors: list[DoorKind]
    expires_at: datetime | None = Field(description="When the credential ends, where that is known.")
    paused: str | None = Field(description="Why it is paused; null when it is in use.")


class ConnectionList(Model):
    items: list[ConnectionModel]


class CheckModel(Model):
    what: str
    health: Health
    told: str
    hint: str = Field(description="What to do; empty when all is well.")


class HealthModel(Model):
    connection: str
    health: Health = Field(description="The worst of all checks.")
    checks: list[CheckModel]


class Resumed(Model):
    was_paused: bool


CONNECTION = Part("connection", "a connection's name")


def record_of(call: Call) -> ConnectionRecord:
    """The connection that the address names.  Raises a problem."""
    record = call.services.connections.get(call.name("connection"))
    if record is None:
        name = call.name("connection")
        raise Problem(404, f'There is no connection "{name}".', "They stand in the list of connections.")
    return record


def list_connections(call: Call) -> ConnectionList:
    return ConnectionList(items=[_connection(call, one) for one in call.services.connections.all()])


def health(call: Call) -> HealthModel:
    record = record_of(call)
    checks = [
        CheckModel(what=one.what, health=one.health, told=one.told, hint=one.hint)
        for one in connection_checks(call.services, record)
    ]
    worst = max((one.health for one in checks), key=list(Health).index, default=Health.GOOD)
    return HealthModel(connection=record.name, health=worst, checks=checks)


def resume(call: Call) -> Resumed:
    return Resumed(was_paused=call.services.connections.resume(record_of(call).name, by=call.viewer.login))


def _connection(call: Call, record: ConnectionRecord) -> ConnectionModel:
    return ConnectionModel(
        name=record.name,
        tool=record.tool,
        base_url=record.base_url,
        deployment=record.deployment,
        auth=record.auth,
        doors=sorted(record.doors),
        expires_at=record.expires_at,
        paused=call.services.connections.paused(record.name),
    )


TAG = "connections"

OPERATIONS = (
    Operation("GET", "/connections", TAG, "List connections", list_connections, ConnectionList),
    Operation(
        "GET", "/connections/{connection}/health", TAG, "Look how a connection is, live", health, HealthModel,
        action=Action.OPERATE, parts=(CONNECTION,), about="Calls the tool, and so takes some seconds.",
    ),
    Operation(
        "POST", "/connections/{connection}/resume", TAG, "End a pause", resume, Resumed, scope=Scope.ADMIN,
        action=Action.OPERATE, parts=(CONNECTION,),
    ),
)  # fmt: skip
