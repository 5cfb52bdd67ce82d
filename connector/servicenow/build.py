"""Everything that the flow may do to one ServiceNow instance, put together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import requests

from connector.http.rate_limits import Limiter
from connector.http.tool_access import Access, Auth
from connector.http.transport import Renewal, Timeout, build_adapter, seal
from connector.servicenow.account import Accounts
from connector.servicenow.batch import ServiceNowBatch
from connector.servicenow.batched_queries import Looks
from connector.servicenow.checklist import Checklists
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.errors import classifier
from connector.servicenow.event_parser import ServiceNowDoor
from connector.servicenow.fields import TableFields
from connector.servicenow.heartbeat import ServiceNowPulse
from connector.servicenow.inspector import ServiceNowInspector
from connector.servicenow.provision import ServiceNowProvisioner
from connector.servicenow.reader import ServiceNowReader
from connector.servicenow.scanner import ServiceNowScanner
from connector.servicenow.service_directory import ServiceNowDirectory
from connector.servicenow.setup import ServiceNowSetup
from connector.servicenow.writer import ServiceNowWriter
from connector.sync.ports import Site
from mapping.work_item import Tool

BREADTH = 2
"""A batch call carries the looks for 200 records; more of them would make its inner addresses too long for proxies."""


def build_site(
    access: Access,
    *,
    timeout: Timeout,
    clock: Callable[[], datetime],
    limiter: Limiter | None = None,
    renew: Renewal | None = None,
) -> Site:
    """Everything that the flow may do to one ServiceNow instance."""
    adapter = build_adapter(
        connection=access.name,
        base_url=access.calls,
        timeout=timeout,
        classify=classifier(access.name),
        clock=clock,
        limiter=limiter,
        renew=renew,
    )
    session = seal(requests.Session(), adapter)
    if access.auth is Auth.OAUTH:
        session.headers["Authorization"] = f"Bearer {access.credential}"
    elif access.auth is Auth.APIKEY:
        session.headers["x-sn-apikey"] = access.credential
    else:
        session.auth = (access.username, access.credential)
    client = ServiceNowClient(access.calls, session)
    fields = TableFields(client, clock)
    client.check = fields.check
    accounts = Accounts(access.name, client, access.username)
    looks = Looks(access.name, client, classifier(access.name))
    reader = ServiceNowReader(access.name, access.base_url, client, fields, looks, accounts, access.username, clock)
    checklists = Checklists(access.name, client, fields, classifier(access.name))
    writer = ServiceNowWriter(access.name, client, fields, checklists, access.username)
    return Site(
        access.name,
        Tool.SERVICENOW,
        reader,
        writer,
        ServiceNowDoor(),
        directory=ServiceNowDirectory(client, fields, accounts),
        finder=reader,
        joiner=reader,
        inspector=ServiceNowInspector(access.name, client, fields),
        batch=ServiceNowBatch(access.name, client, writer, checklists, classifier(access.name)),
        setup=ServiceNowSetup(access, client, fields, accounts, adapter),
        scanner=ServiceNowScanner(client, fields, lambda: adapter.clock_skew),
        provisioner=ServiceNowProvisioner(access.name, client, fields),
        pulse=ServiceNowPulse(access.name, client, fields),
        breadth=BREADTH,
    )
