"""Connections to the tools, and their health."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from connector.http.tool_access import Auth, Deployment, WebhookAuth
from connector.people.permissions import Action, TokenScope
from connector.runtime.doctor import connection_checks
from connector.store.connections.connections import ConnectionRecord
from connector.sync.setup import Health
from mapping.work_item import Tool
from webhook_server.api.operation import ApiCall, Operation, PathParameter
from webhook_server.api.problem import Problem
from webhook_server.api.values import Model


class ConnectionModel(Model):
    """A connection, without its credential and secrets."""

    name: str
    tool: Tool
    base_url: str
    deployment: Deployment
    auth: Auth
    webhook_auth: list[WebhookAuth]
    expires_at: datetime | None = Field(description="When the credential expires, if known.")
    paused: str | None = Field(description="Why it is paused; null while it is in use.")


class ConnectionList(Model):
    items: list[ConnectionModel]


class CheckModel(Model):
    subject: str
    health: Health
    message: str
    hint: str = Field(description="What to do; empty when all is good.")


class HealthModel(Model):
    connection: str
    health: Health = Field(description="The worst of all checks.")
    checks: list[CheckModel]


class ResumeResult(Model):
    was_paused: bool


CONNECTION_PARAMETER = PathParameter("connection", "a connection's name")


def record_of(call: ApiCall) -> ConnectionRecord:
    """The connection of the path.  Raises Problem when there is none."""
    record = call.services.connections.get(call.text_parameter("connection"))
    if record is None:
        name = call.text_parameter("connection")
        raise Problem(404, f'There is no connection "{name}".', "See the list of connections.")
    return record


def list_connections(call: ApiCall) -> ConnectionList:
    return ConnectionList(items=[_connection(call, record) for record in call.services.connections.all()])


def health(call: ApiCall) -> HealthModel:
    record = record_of(call)
    checks = [
        CheckModel(subject=check.subject, health=check.health, message=check.message, hint=check.remedy.page)
        for check in connection_checks(call.services, record)
    ]
    worst = max((check.health for check in checks), key=list(Health).index, default=Health.GOOD)
    return HealthModel(connection=record.name, health=worst, checks=checks)


def resume(call: ApiCall) -> ResumeResult:
    return ResumeResult(was_paused=call.services.connections.resume(record_of(call).name, by=call.viewer.login))


def _connection(call: ApiCall, record: ConnectionRecord) -> ConnectionModel:
    return ConnectionModel(
        name=record.name,
        tool=record.tool,
        base_url=record.base_url,
        deployment=record.deployment,
        auth=record.auth,
        webhook_auth=sorted(record.webhook_auth),
        expires_at=record.expires_at,
        paused=call.services.connections.pause_reason(record.name),
    )


TAG = "connections"

OPERATIONS = (
    Operation(
        "GET",
        "/connections",
        TAG,
        "List connections",
        list_connections,
        ConnectionList,
        action=Action.OBSERVE,
        scope=TokenScope.OPERATIONS_READ,
    ),
    Operation(
        "GET",
        "/connections/{connection}/health",
        TAG,
        "Check a connection now",
        health,
        HealthModel,
        action=Action.OPERATE_CONNECTIONS,
        path_parameters=(CONNECTION_PARAMETER,),
        description="Calls the tool, which takes some seconds.",
        scope=TokenScope.OPERATIONS_READ,
    ),
    Operation(
        "POST",
        "/connections/{connection}/resume",
        TAG,
        "End a pause",
        resume,
        ResumeResult,
        scope=TokenScope.OPERATIONS_WRITE,
        action=Action.OPERATE_CONNECTIONS,
        path_parameters=(CONNECTION_PARAMETER,),
    ),
)
