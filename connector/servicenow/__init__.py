"""ServiceNow: client, fields, payloads, webhook, reader, writer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from connector.http import Timeout, build_session
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.directory import ServiceNowDirectory
from connector.servicenow.errors import classifier
from connector.servicenow.fields import TableFields
from connector.servicenow.inspector import ServiceNowInspector
from connector.servicenow.reader import ServiceNowReader
from connector.servicenow.webhook import ServiceNowDoor
from connector.servicenow.writer import ServiceNowWriter
from connector.sync.ports import Door, Site
from mapping.work_item import ConnectionName, Tool


def door() -> Door:
    return ServiceNowDoor()


def site(
    *,
    name: ConnectionName,
    base_url: str,
    username: str,
    credential: str,
    timeout: Timeout,
    clock: Callable[[], datetime],
) -> Site:
    """Everything that the flow may do to one ServiceNow instance."""
    session = build_session(connection=name, base_url=base_url, timeout=timeout, classify=classifier(name), clock=clock)
    session.auth = (username, credential)
    client = ServiceNowClient(base_url, session)
    fields = TableFields(client, clock)
    reader = ServiceNowReader(name, base_url, client, fields, username)
    return Site(
        name,
        Tool.SERVICENOW,
        reader,
        ServiceNowWriter(name, client, fields, username),
        door(),
        directory=ServiceNowDirectory(client, fields),
        finder=reader,
        joiner=reader,
        inspector=ServiceNowInspector(name, client, fields),
    )
