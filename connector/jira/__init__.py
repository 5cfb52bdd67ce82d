"""Jira Cloud: client, fields, payloads, webhook, reader, writer, timesheet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from connector.http import Timeout, build_session
from connector.jira.client import JiraClient
from connector.jira.errors import classifier
from connector.jira.fields import OwnAccount, SiteFields
from connector.jira.inspector import JiraInspector
from connector.jira.reader import JiraReader
from connector.jira.timesheet import JiraTimesheet
from connector.jira.webhook import JiraDoor
from connector.jira.writer import JiraWriter
from connector.sync.ports import Door, Site
from mapping.work_item import ConnectionName, Tool


def door() -> Door:
    return JiraDoor()


def site(
    *,
    name: ConnectionName,
    base_url: str,
    username: str,
    credential: str,
    timeout: Timeout,
    clock: Callable[[], datetime],
) -> Site:
    """Everything that the flow may do to one Jira Cloud site."""
    session = build_session(connection=name, base_url=base_url, timeout=timeout, classify=classifier(name), clock=clock)
    client = JiraClient(base_url, username, credential, session)
    fields, own = SiteFields(client, clock), OwnAccount(client)
    reader = JiraReader(name, base_url, client, fields, own)
    return Site(
        name,
        Tool.JIRA,
        reader,
        JiraWriter(name, client, fields, own),
        door(),
        timesheet=JiraTimesheet(client),
        finder=reader,
        joiner=reader,
        inspector=JiraInspector(name, client, fields, reader),
    )
